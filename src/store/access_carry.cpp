#include "store/access_carry.hpp"

#include <algorithm>

#include "base/shortage.hpp"
#include "store/access_books.hpp"
#include "store/current_view.hpp"

namespace shale::store {

namespace {

using catalog::AccessEntry;
using catalog::AccessFile;

// What is damaged is lost, and nothing else.
Result<void> unless_damaged(Result<void> result) {
  return result || is_damage(result.error()) ? Result<void>() : result;
}

class Carry {
 public:
  Carry(const AccessLock& lock, std::span<const MergeSource> sources)
      : project_(lock.project()), view_(lock.view()) {
    places_.reserve(sources.size());
    for (const MergeSource& source : sources) {
      places_.push_back(place_of(source.view.index->file_id()));
    }
  }

  Result<void> inherit() {
    AccessBooks books(project_, view_);
    for (const std::optional<usize>& at : places_) {
      if (at.has_value()) TRY(unless_damaged(books.inherit_all(*at)));
    }
    std::vector<AccessCounts::Counted> none;
    Result<void> written = books.write(none);
    project_.accesses.note_written(books.written_shards());
    return unless_damaged(std::move(written));
  }

  // Empty where nothing was ever counted.
  Result<std::vector<AccessEntry>> sum(const DocumentPlan& plan) const {
    std::vector<AccessEntry> sums;
    for (usize s = 0; s < places_.size(); ++s) {
      if (places_[s].has_value()) TRY(unless_damaged(add_source(s, plan, sums)));
    }
    return sums;
  }

 private:
  std::optional<usize> place_of(FileId id) const {
    for (usize at = 0; at < view_->indexes.size(); ++at) {
      if (view_->indexes[at].index->file_id() == id) return at;
    }
    return std::nullopt;
  }

  Result<void> add_source(usize s, const DocumentPlan& plan, std::vector<AccessEntry>& sums) const {
    const usize at = *places_[s];
    const std::vector<u32>& numbers = plan.new_numbers[s];
    const std::optional<AccessFile> file = TRY(AccessFile::open(
        access_path(project_, *view_, at), access_owner(project_, *view_, at), File::Mode::read));
    if (!file.has_value()) return {};
    sums.resize(plan.documents.size());
    return file->for_each([&](u32 doc, const AccessEntry& entry) -> Result<void> {
      const u32 number = doc < numbers.size() ? numbers[doc] : no_document;
      if (number != no_document) catalog::add_to(sums[number], entry);
      return {};
    });
  }

  Project::State& project_;
  std::shared_ptr<const View> view_;
  std::vector<std::optional<usize>> places_;  // of the sources; none: left meanwhile
};

}  // namespace

Result<void> carry_accesses(const AccessLock& lock, std::span<const MergeSource> sources,
                            std::span<const CarriedShard> shards, DraftFiles& drafts) {
  Carry carry(lock, sources);
  TRY(carry.inherit());
  for (const CarriedShard& shard : shards) {
    const std::vector<AccessEntry> sums = TRY(carry.sum(*shard.plan));
    if (sums.empty()) continue;
    const std::filesystem::path path = lock.project().paths.access(shard.id);
    TRY(AccessFile::write(path, {shard.id, sums.size()}, sums));
    TRY(drafts.guard(path));
  }
  return {};
}

Result<void> carry_left_log(const Project::State& project, const View& before, FileId left,
                            Lsn kept, const Index& next) {
  std::vector<AccessEntry> sums;
  for (usize at = before.shard_count(); at < before.indexes.size(); ++at) {
    const Index& index = *before.indexes[at].index;
    if (index.file_id() != left) continue;
    const std::optional<AccessFile> file = TRY(AccessFile::open(
        access_path(project, before, at), access_owner(project, before, at), File::Mode::read));
    if (!file.has_value()) continue;
    const auto move = [&](u32 doc, const AccessEntry& entry) -> Result<void> {
      if (doc >= index.document_count() || TRY(index.lsn_of(DocNo{doc})) <= kept) return {};
      const std::string id = TRY(index.id_of(DocNo{doc}));
      const std::optional<DocNo> now = TRY(next.find_id(id));
      if (!now.has_value()) return {};
      sums.resize(std::max<usize>(sums.size(), to_index(*now) + 1));
      catalog::add_to(sums[to_index(*now)], entry);
      return {};
    };
    TRY(file->for_each(move));
  }
  if (sums.empty()) return {};
  catalog::AccessOwner owner;
  owner.id = next.file_id();
  owner.recoveries = project.recoveries.load(std::memory_order_relaxed);
  return AccessFile::write(project.paths.log_access(owner.id), owner, sums);
}

Result<void> hand_on_accesses(Project::State& project, std::span<const CarriedShard> shards) {
  const std::shared_ptr<const View> view = TRY(current_view(project));
  AccessBooks books(project, view);
  for (usize at = 0; at < view->shard_count(); ++at) {
    const FileId id = view->indexes[at].index->file_id();
    for (const CarriedShard& shard : shards) {
      if (shard.id == id) TRY(books.inherit_all(at));
    }
  }
  std::vector<AccessCounts::Counted> none;
  Result<void> written = books.write(none);
  project.accesses.note_written(books.written_shards());
  return written;
}

}  // namespace shale::store
