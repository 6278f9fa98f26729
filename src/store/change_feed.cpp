#include "store/change_feed.hpp"

#include <map>

#include "base/shortage.hpp"
#include "store/logged_batches.hpp"
#include "store/merge_policy.hpp"

namespace shale::store {

namespace {

constexpr int attempts_max = 100;  // folds that retire files while they are read

// Takes batches above the last one it took, in order, until they are enough.
class Told {
 public:
  Told(const ChangesQuery& query, Lsn committed)
      : last_{query.since}, limit_(query.limit), committed_(committed) {}

  Lsn last() const { return last_; }
  bool is_full() const { return answer_.more; }

  // False: no more is wanted.
  bool take(ChangedBatch&& batch) {
    if (Lsn{batch.lsn} > committed_) return false;
    if (changes_ >= limit_) {
      answer_.more = true;
      return false;
    }
    last_.value = batch.lsn;
    changes_ += batch.is_ingest ? batch.stashed : batch.changes.size() + usize(batch.is_drop);
    answer_.batches.push_back(std::move(batch));
    return true;
  }

  void add_fault(const Error& error, const std::string& project) {
    answer_.faults.push_back(fault_of(error, project, "changes"));
  }

  Changes finish(Lsn kept_after) {
    answer_.lsn = answer_.more ? last_.value : committed_.value;
    answer_.kept_after = kept_after.value;
    return std::move(answer_);
  }

 private:
  Lsn last_;
  u64 limit_;
  Lsn committed_;
  u64 changes_ = 0;
  Changes answer_;
};

class ChangeFeed {
 public:
  ChangeFeed(const Project::State& project, const View& view, const ChangesQuery& query)
      : project_(project), view_(view), told_(query, view.committed) {}

  Result<Changes> run() {
    TRY(tell_folded());
    for (usize i = 0; i < view_.edition->logs.size() && !told_.is_full(); ++i) TRY(tell_log(i));
    Changes answer = told_.finish(kept_after_);
    TRY(tell_ingested(answer));
    return answer;
  }

 private:
  Result<void> tell_folded() {
    catalog::Manifest manifest = view_.edition->manifest;
    for (int attempt = 1;; ++attempt) {
      kept_after_ = manifest.changes_after;
      const catalog::ChangesEntry* missing = TRY(tell_files(manifest));
      if (missing == nullptr) return {};
      catalog::Manifest now = TRY(catalog::read_manifest(project_.paths.manifest()));
      const bool is_retired =
          now.edition > manifest.edition && now.project_id == manifest.project_id;
      if (!is_retired || attempt == attempts_max) {
        told_.add_fault(fail_at(ErrorCode::corrupt, "A changes file is missing.",
                                project_.paths.changes(missing->id).string())
                            .error,
                        project_.name);
        missing_.push_back(missing->id);
      } else {
        manifest = std::move(now);
      }
    }
  }

  // The first file that is missing, and is not known to be.
  Result<const catalog::ChangesEntry*> tell_files(const catalog::Manifest& manifest) {
    for (const catalog::ChangesEntry& entry : manifest.changes) {
      if (entry.last <= told_.last() || is_one_of(missing_, entry.id)) continue;
      if (told_.is_full()) break;
      const auto read = catalog::read_changes(
          project_.paths.changes(entry.id), project_.project_id, entry, told_.last(),
          [&](ChangedBatch&& batch) -> Result<bool> { return told_.take(std::move(batch)); });
      if (!read && read.error().code == ErrorCode::not_found) return &entry;
      if (!read && !is_damage(read.error())) return Unexpected{read.error()};
      if (!read) told_.add_fault(read.error(), project_.name);
    }
    return nullptr;
  }

  Result<void> tell_log(usize i) {
    const catalog::LogEntry& entry = view_.edition->manifest.logs[i];
    const auto& reader = view_.edition->logs[i].reader;
    if (reader == nullptr) return {};  // a fault of the edition
    auto read = read_batches(
        *reader, told_.last(), visible_end(entry, view_.committed), view_.edition->manifest,
        [&](ChangedBatch&& batch) -> Result<bool> { return told_.take(std::move(batch)); });
    if (read || !is_damage(read.error())) return read;
    told_.add_fault(read.error(), project_.name);
    return {};
  }

  Result<void> tell_ingested(Changes& answer) {
    std::map<u64, ChangedBatch*> ingests;
    for (ChangedBatch& batch : answer.batches) {
      if (batch.is_ingest) ingests.emplace(batch.lsn, &batch);
    }
    if (ingests.empty()) return {};
    for (usize at = 0; at < view_.shard_count(); ++at) {
      const Index& shard = *view_.indexes[at].index;
      if (holds_only_older(shard.file_id(), Lsn{ingests.begin()->first})) continue;
      auto told = tell_ingested_of(shard, ingests);
      if (!told && !is_damage(told.error())) return told;
      if (!told) answer.faults.push_back(fault_of(told.error(), project_.name, "changes"));
    }
    return {};
  }

  bool holds_only_older(FileId shard, Lsn lsn) const {
    for (const catalog::ShardEntry& entry : view_.edition->manifest.shards) {
      if (entry.id == shard) return entry.as_of < lsn;
    }
    return false;
  }

  static Result<void> tell_ingested_of(const Index& shard,
                                       const std::map<u64, ChangedBatch*>& ingests) {
    std::vector<u32> docs;
    std::vector<ChangedBatch*> owners;
    for (u32 doc = 0; doc < shard.document_count(); ++doc) {
      const Lsn lsn = TRY(shard.lsn_of(DocNo{doc}));
      const auto found = ingests.find(lsn.value);
      if (found == ingests.end()) continue;
      docs.push_back(doc);
      owners.push_back(found->second);
    }
    return shard.ids_of(docs, [&](usize i, std::string_view id) -> Result<void> {
      owners[i]->changes.push_back({ChangeKind::ingested, std::string(id)});
      return {};
    });
  }

  const Project::State& project_;
  const View& view_;
  Lsn kept_after_;
  Told told_;
  std::vector<FileId> missing_;
};

}  // namespace

Result<Changes> changes_in(const Project::State& project, const View& view,
                           const ChangesQuery& query) {
  if (query.since > view.committed.value) {
    return fail(ErrorCode::invalid_argument, "Nothing has the LSN " + std::to_string(query.since) +
                                                 " yet: the newest is " +
                                                 std::to_string(view.committed.value));
  }
  return ChangeFeed(project, view, query).run();
}

}  // namespace shale::store
