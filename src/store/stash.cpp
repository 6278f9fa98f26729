#include "store/stash.hpp"

#include <map>
#include <unordered_map>

#include "base/system.hpp"
#include "store/bulk.hpp"
#include "store/commit_condition.hpp"
#include "store/count_rules.hpp"
#include "store/current_view.hpp"
#include "store/durability.hpp"
#include "store/lease.hpp"
#include "store/lost_files.hpp"
#include "store/merge_policy.hpp"
#include "store/merger.hpp"
#include "store/project.hpp"
#include "store/publish.hpp"
#include "text/analysis.hpp"

namespace shale::store {

namespace {

// How long a writer waits for the merge lock before he looks whether it is needed still.
constexpr std::chrono::milliseconds fold_patience{5};

// What a change is aimed at: the version that is live when the batch is applied.
struct Target {
  bool alive = false;
  FileId index;
  DocNo doc{};
};

class BatchWriter {
 public:
  explicit BatchWriter(std::vector<delta::Change> changes) : changes_(std::move(changes)) {}

  // Without any lock: terms of every text, and the frame's payload. What the thread's analyser
  // knows of words stays for its next batch.
  void prepare(const Project::State& project) {
    Analyser& analyser = thread_analyser(project.analysis);
    prepared_.resize(changes_.size());
    for (usize i = 0; i < changes_.size(); ++i) {
      if (const auto* stash = std::get_if<delta::StashChange>(&changes_[i])) {
        prepared_[i] =
            delta::IndexWriter::prepare(analyser, stash->metadata, stash->text, project.positions);
        text_bytes_ += stash->text.size();
        ++size_.documents;
        size_.arena_bytes += prepared_[i].arena_bytes;
      } else if (const auto* update = std::get_if<delta::UpdateChange>(&changes_[i])) {
        ++size_.updates;
        size_.arena_bytes += delta::IndexWriter::arena_bytes_of(update->update);
      }
      ++size_.tombstones;
    }
    analyser.trim();
    payload_ = delta::encode_payload(changes_);
  }

  bool has_sealed() const { return has_sealed_; }
  u64 text_bytes() const { return text_bytes_; }

  Result<Committed> write(Lease& lease) {
    if (TRY(seal_is_due(lease, text_bytes_, size_.documents))) TRY(seal(lease));
    // Before targets are looked for: sealing may leave the log, and move versions to another.
    ActiveLog& active = *TRY(make_room(lease));
    TRY(find_targets(*lease.view()));
    TRY(check_still_there(*lease.view()));  // of zeros, an id would seem to be new
    if (changes_.empty()) {
      result_.lsn = lease.view()->committed.value;
      return result_;
    }
    delta::LogEnd end = TRY(lease.log_end());
    const u64 frame_offset = end.offset;
    const delta::FrameHeader frame =
        TRY(active.log.append(end, delta::FrameKind::batch, payload_, lease.control().durable()));
    if (active.first_written_at == 0) active.first_written_at = frame.written_at;
    const Lsn lsn{frame.lsn};
    add_to_index(active, frame_offset + sizeof frame);
    active.index.publish(lsn);
    TRY(volatile_still_there(lease, active));
    lease.control().publish_committed(lsn, frame.checksum, frame_offset);
    TRY(volatile_still_there(lease, active));
    note_superseded(lease.project());
    result_.lsn = lsn.value;
    return result_;
  }

 private:
  // Changes whose id has no live version drop out: they would be no records.
  Result<void> find_targets(const View& view) {
    std::vector<delta::Change> kept;
    std::vector<delta::PreparedDocument> prepared;
    std::unordered_map<std::string, bool> stashed;  // ids that an earlier change here makes live
    bool dropped = false;
    for (usize i = 0; i < changes_.size(); ++i) {
      const std::string& id = delta::change_id(changes_[i]);
      Target target = TRY(live_version(view, id));
      const bool is_stash = std::holds_alternative<delta::StashChange>(changes_[i]);
      const auto here = stashed.find(id);
      const bool alive = here != stashed.end() ? here->second : target.alive;
      if (!is_stash && !alive && !view.edition->faults.empty()) {
        // It may stand in what cannot be read: that is not the same as "missing".
        const Fault& fault = view.edition->faults.front();
        return fail_at(ErrorCode::corrupt, "'" + id + "' cannot be looked for: " + fault.message,
                       fault.file, fault.offset);
      }
      if (!is_stash && !alive) {
        result_.missing.push_back(id);
        dropped = true;
        continue;
      }
      count(changes_[i], alive);
      auto* const stash = std::get_if<delta::StashChange>(&changes_[i]);
      if (stash != nullptr && alive) delta::mark_superseding(*stash, payload_);
      stashed[id] = !std::holds_alternative<delta::EraseChange>(changes_[i]);
      targets_.push_back(target);
      kept.push_back(std::move(changes_[i]));
      prepared.push_back(std::move(prepared_[i]));
    }
    changes_ = std::move(kept);
    prepared_ = std::move(prepared);
    if (dropped) payload_ = delta::encode_payload(changes_);
    return {};
  }

  static Result<Target> live_version(const View& view, const std::string& id) {
    const std::optional<Located> found = TRY(find_live(view, id));
    if (!found.has_value()) return Target{};
    return Target{true, view.indexes[found->index].index->file_id(), found->doc};
  }

  void count(const delta::Change& change, bool alive) {
    if (std::holds_alternative<delta::StashChange>(change)) {
      ++result_.stashed;
      result_.replaced += u64(alive);
    } else if (std::holds_alternative<delta::UpdateChange>(change)) {
      ++result_.updated;
    } else {
      ++result_.erased;
    }
  }

  Result<void> seal(Lease& lease) {
    const usize waiting = sealed_logs(lease.view()->edition->manifest).size();
    if (waiting >= sealed_logs_max) {
      return fail_at(ErrorCode::busy,
                     std::to_string(waiting) + " sealed logs wait for a merge that does not come",
                     lease.project().paths.log_folder().string());
    }
    has_sealed_ = true;
    return seal_active_log(lease);
  }

  // The active log with room in its index for this batch; a full one is sealed.
  Result<ActiveLog*> make_room(Lease& lease) {
    for (int attempt = 0; attempt < 2; ++attempt) {
      ActiveLog& active = *TRY(lease.active_log());
      if (TRY(active.index.room_for(size_))) return &active;
      TRY(seal(lease));
    }
    return fail(ErrorCode::invalid_argument, "The batch is too large for one log: split it");
  }

  void add_to_index(ActiveLog& active, u64 payload_offset) {
    const FileId own = active.log.id();
    std::unordered_map<std::string, DocNo> added;
    active.index.begin();
    for (usize i = 0; i < changes_.size(); ++i) {
      const std::string& id = delta::change_id(changes_[i]);
      Target target = targets_[i];
      const auto here = added.find(id);
      if (here != added.end()) target = {true, own, here->second};
      if (const auto* stash = std::get_if<delta::StashChange>(&changes_[i])) {
        if (target.alive) active.index.add_tombstone(target.index, target.doc);
        added[id] = active.index.add_document(
            {&stash->metadata, stash->text_hash, payload_offset + stash->text_offset,
             u32(stash->text.size())},
            prepared_[i]);
      } else if (const auto* update = std::get_if<delta::UpdateChange>(&changes_[i])) {
        active.index.add_update(target.index, target.doc, update->update);
      } else {
        active.index.add_tombstone(target.index, target.doc);
      }
    }
  }

  // Whatever was counted of the versions that are dead now belongs to those that took their place.
  void note_superseded(Project::State& project) const {
    std::map<FileId, Bitmap> superseded;
    for (usize i = 0; i < targets_.size(); ++i) {
      const bool stays = std::holds_alternative<delta::UpdateChange>(changes_[i]);
      if (targets_[i].alive && !stays) superseded[targets_[i].index].add(to_index(targets_[i].doc));
    }
    for (const auto& [index, docs] : superseded) project.accesses.supersede(index, docs);
  }

  std::vector<delta::Change> changes_;
  std::vector<delta::PreparedDocument> prepared_;
  std::vector<Target> targets_;
  delta::IndexWriter::BatchSize size_;
  u64 text_bytes_ = 0;
  Buffer payload_;
  bool has_sealed_ = false;
  Committed result_;
};

bool fold_is_overdue(const View& view) {
  return sealed_logs(view.edition->manifest).size() >= sealed_logs_max;
}

// The lease. Before the writer has to be refused for want of a fold it is given back: he folds what
// waits, or waits for the one who does. A fold that fails is for the next merger to tell.
Result<Lease> lease_to_commit(Project::State& project) {
  const auto deadline = std::chrono::steady_clock::now() + project.options.busy_timeout;
  for (bool tried_enough = false;;) {
    {
      Lease lease = TRY(Lease::acquire(project, "commit"));
      if (tried_enough || !fold_is_overdue(*lease.view())) return lease;
    }
    const Result<bool> folded = fold_sealed(project, sealed_logs_max, fold_patience);
    tried_enough = !folded || std::chrono::steady_clock::now() >= deadline;
  }
}

// Counts that the versions before have of the same texts. The newest view will do, whatever is
// committed meanwhile: a count is that of its text. After an error those in `changes` mean nothing.
Result<void> take_over_counts(Project::State& project, std::vector<delta::Change>& changes) {
  if (project.config.tokenizer == no_tokenizer) return {};
  const std::shared_ptr<const View> view = TRY(current_view(project));
  for (delta::Change& change : changes) {
    auto* const stash = std::get_if<delta::StashChange>(&change);
    if (stash == nullptr || stash->metadata.tokens) continue;
    const std::optional<Located> before = TRY(find_live(*view, stash->metadata.id));
    if (!before) continue;
    TRY(take_over_count(view->indexes[before->index], before->doc, stash->text_hash,
                        project.config.tokenizer, stash->metadata));
  }
  return check_still_there(*view);
}

bool is_bulk(const Project::State& project, const Batch::State& batch) {
  return (batch.text_bytes > project.config.delta_text_bytes ||
          batch.entries.size() > project.config.delta_segments) &&
         only_stashes(batch);
}

// Texts view the batch.
Result<BatchWriter> writer_of(Project::State& project, const Batch::State& batch) {
  const Time now{now_microseconds(), true};
  std::vector<delta::Change> changes = changes_of(batch, now);
  if (!take_over_counts(project, changes)) changes = changes_of(batch, now);  // to be counted, then
  BatchWriter writer(std::move(changes));
  writer.prepare(project);
  return writer;
}

// What a batch did, and the log that was active then.
struct Written {
  Committed done;
  FileId log;
};

Result<Written> write_under(Lease& lease, BatchWriter& writer) {
  Committed done = TRY(writer.write(lease));
  return Written{std::move(done), lease.view()->edition->logs.back().id};
}

// Without the lease: others write on while this one waits for the disk.
Result<Committed> acknowledge(Project::State& project, const BatchWriter& writer, Written written,
                              Durability durability) {
  const Lsn lsn{written.done.lsn};
  const bool is_in_log = lsn != Lsn{} && lsn.log_sequence() == written.log.sequence;
  if (is_in_log && durability == Durability::full) {
    TRY(make_durable(project, written.log, lsn));
  } else if (is_in_log) {
    // Release: the housekeeper who sees it sees what was published before it.
    project.sync_wanted.store(true, std::memory_order_release);
  }
  if (writer.has_sealed()) project.fold_wanted.store(true, std::memory_order_relaxed);
  return std::move(written.done);
}

Operation operation_of(Durability durability) {
  return durability == Durability::full ? Operation::commit_full : Operation::commit_relaxed;
}

}  // namespace

Result<Committed> commit_made(Project::State& project, const MakeBatch& make,
                              Durability durability) {
  Timed timed(project.figures, operation_of(durability));
  Batch batch;
  std::optional<BatchWriter> writer;
  Written written;
  {
    Lease lease = TRY(lease_to_commit(project));
    batch = TRY(make(lease.view()));
    TRY(check_batch(batch.state()));
    writer.emplace(TRY(writer_of(project, batch.state())));
    written = TRY(write_under(lease, *writer));
  }
  timed.add_bytes(writer->text_bytes());
  return acknowledge(project, *writer, std::move(written), durability);
}

Result<Committed> commit_batch(Project::State& project, const Batch::State& batch,
                               Durability durability) {
  TRY(check_batch(batch));
  if (is_bulk(project, batch)) return ingest_batch(project, batch, {}, {});
  Timed timed(project.figures, operation_of(durability));
  BatchWriter writer = TRY(writer_of(project, batch));
  CommitCondition condition(batch);
  if (batch.unchanged_since) {
    const std::shared_ptr<const View> view = TRY(current_view(project));
    TRY(condition.check(project, *view));
  }
  Written written;
  {
    Lease lease = TRY(lease_to_commit(project));
    TRY(condition.check(project, *lease.view()));
    written = TRY(write_under(lease, writer));
  }
  timed.add_bytes(writer.text_bytes());
  return acknowledge(project, writer, std::move(written), durability);
}

}  // namespace shale::store
