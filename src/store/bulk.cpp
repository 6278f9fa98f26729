#include "store/bulk.hpp"

#include <map>
#include <span>

#include "base/checksum.hpp"
#include "base/file.hpp"
#include "base/system.hpp"
#include "model/record.hpp"
#include "store/commit_condition.hpp"
#include "store/document_plan.hpp"
#include "store/durability.hpp"
#include "store/lease.hpp"
#include "store/lost_files.hpp"
#include "store/orphans.hpp"
#include "store/overlay_changes.hpp"
#include "store/project.hpp"
#include "store/publish.hpp"
#include "store/replay.hpp"
#include "store/shard_builder.hpp"

namespace shale::store {

namespace {

constexpr u64 piece_text_bytes = u64(80) << 20;  // a batch of 64 MiB and its last segment fit
constexpr u32 piece_documents = 200'000;
constexpr u32 piece_terms = 1u << 20;
constexpr int catch_up_attempts = 3;  // more merges than that meanwhile: the lease settles it

// A piece of the batch, indexed in anonymous memory. Texts stay where the batch has them.
class Piece {
 public:
  static Result<Piece> make(const Project::State& project) {
    Piece piece;
    piece.positions_ = project.positions;
    piece.arena_ = TRY(make_arena(project.paths, {}, false, piece_terms));
    piece.writer_ = std::make_unique<delta::IndexWriter>(piece.arena_, project.positions,
                                                         delta::FilledFor::fold);
    return piece;
  }

  // False: the piece is full.
  Result<bool> add(const delta::StashChange& stash, Analyser& analyser) {
    if (documents_ > 0 &&
        (text_bytes_ + stash.text.size() > piece_text_bytes || documents_ >= piece_documents)) {
      return false;
    }
    const delta::PreparedDocument prepared =
        delta::IndexWriter::prepare(analyser, stash.metadata, stash.text, positions_);
    if (!TRY(writer_->room_for({1, 0, 0, prepared.arena_bytes}))) {
      if (documents_ > 0) return false;
      return fail(ErrorCode::invalid_argument, "The segment does not fit an index");
    }
    writer_->begin();
    writer_->add_document(
        {&stash.metadata, stash.text_hash, u64(texts_->size()), u32(stash.text.size())}, prepared);
    // Each document is a batch of its own here; in the shard they all have the LSN of the commit.
    writer_->publish(Lsn{documents_ + 1});
    texts_->push_back(stash.text);
    text_bytes_ += stash.text.size();
    ++documents_;
    return true;
  }

  Result<MergeSource> source() const {
    const auto texts = texts_;
    auto index = TRY(delta::LogIndex::make(
        arena_, Lsn{documents_}, [texts](u64 number, u32, TextHash) -> Result<std::string> {
          return std::string((*texts)[usize(number)]);
        }));
    return MergeSource{{std::move(index), std::make_shared<const Overlay>()}, nullptr};
  }

  u64 text_bytes() const { return text_bytes_; }

 private:
  Piece() = default;
  bool positions_ = true;
  std::shared_ptr<delta::Arena> arena_;
  std::unique_ptr<delta::IndexWriter> writer_;
  std::shared_ptr<std::vector<std::string_view>> texts_ =
      std::make_shared<std::vector<std::string_view>>();
  u64 text_bytes_ = 0;
  u32 documents_ = 0;
};

class BulkIngest {
 public:
  BulkIngest(Project::State& project, const ProgressCallback& progress, std::stop_token stop)
      : project_(project), progress_(progress), stop_(std::move(stop)), drafts_(project.paths) {}

  // Shards that no manifest came to name go away again.
  ~BulkIngest() {
    std::vector<std::filesystem::path> files;
    for (const BuiltShard& built : built_) files.push_back(project_.paths.shard(built.entry.id));
    if (!files.empty()) remove_unless_named(project_.paths, files);
  }
  BulkIngest(const BulkIngest&) = delete;

  Result<Committed> run(const Batch::State& batch) {
    CommitCondition condition(batch);
    TRY(build_shards(segments_of(batch), batch.text_bytes));
    TRY(catch_up());
    TRY(condition.check(project_, *seen_));
    return commit(condition);
  }

 private:
  static std::vector<const NewSegment*> segments_of(const Batch::State& batch) {
    std::vector<const NewSegment*> segments;
    for (const Batch::State::Entry* entry : entries_that_count(batch))
      segments.push_back(&std::get<NewSegment>(*entry));
    order_by_plan(segments);
    return segments;
  }

  Result<void> build_shards(const std::vector<const NewSegment*>& segments, u64 total_bytes) {
    seen_ = TRY(settled_view(project_));
    const Time now{now_microseconds(), true};
    Analyser analyser(project_.analysis);
    u64 done = 0;
    for (usize next = 0; next < segments.size();) {
      Piece piece = TRY(Piece::make(project_));
      while (next < segments.size() && TRY(piece.add(stash_of(*segments[next], now), analyser))) {
        ++next;
      }
      TRY(build_shard_of(piece));
      done += piece.text_bytes();
      const bool go_on = !progress_ || progress_({done, total_bytes, next});
      if (!go_on || stop_.stop_requested()) {
        return fail(ErrorCode::cancelled, "The ingest was cancelled");
      }
    }
    return {};
  }

  Result<void> build_shard_of(const Piece& piece) {
    const MergeSource source = TRY(piece.source());
    const std::shared_ptr<const View> view = TRY(settled_view(project_));
    const std::vector<std::optional<Located>> replaced = TRY(look_up_in_seen(*source.view.index));
    const DocumentPlan plan = TRY(plan_documents({&source, 1}));
    BuildRequest request = build_request(project_, *view);
    request.sources = {&source, 1};
    request.plan = &plan;
    request.local_lsns = true;
    request.newest_dictionary = TRY(newest_dictionary(*view));
    request.stop = stop_;
    request.counting.replaced = replaced;
    request.counting.before = seen_.get();
    built_.push_back(TRY(build_shard(request)));
    return check_still_there(*seen_);  // of zeros, an id would seem new, or a count be taken over
  }

  // What the documents of a piece replace in the view that was there when the ingest began.
  Result<std::vector<std::optional<Located>>> look_up_in_seen(const Index& piece) {
    std::vector<std::optional<Located>> replaced(piece.document_count());
    for (u32 doc = 0; doc < replaced.size(); ++doc) {
      const std::string id = TRY(piece.id_of(DocNo(doc)));
      for (usize at = 0; at < seen_->indexes.size(); ++at) {
        const std::optional<DocNo> found = TRY(find_in(seen_->indexes[at], id));
        if (found) replaced[doc] = Located{at, *found};
      }
    }
    return replaced;
  }

  // A live version of `id`, which is superseded from then on.
  Result<std::optional<DocNo>> find_in(const IndexView& one, std::string_view id) {
    const std::optional<DocNo> found = TRY(one.index->find_id(id));
    if (!found.has_value() || one.overlay->dead.contains(to_index(*found))) {
      return std::optional<DocNo>();
    }
    superseded_[one.index->file_id()].add(to_index(*found));
    return found;
  }

  // Looks for what the ids supersede until no merge has replaced a shard meanwhile.
  Result<void> catch_up() {
    for (int attempt = 0; attempt < catch_up_attempts; ++attempt) {
      const std::shared_ptr<const View> view = TRY(settled_view(project_));
      if (seen_->edition == view->edition) break;
      TRY(look_up(view));
    }
    // What the lease would have to wait for: the overlays as they are now, and the log's sync.
    catalog::Manifest next = seen_->edition->manifest;
    TRY(hide_in_shards(*seen_, seen_->committed, next));
    return sync_project(project_);
  }

  // Adds what `view` holds and the view seen before did not.
  Result<void> look_up(const std::shared_ptr<const View>& view) {
    for (usize at = 0; at < view->indexes.size(); ++at) {
      const IndexView& one = view->indexes[at];
      const Index* before = index_of(*seen_, one.index->file_id());
      if (before == nullptr) {
        TRY(look_up_all(one));
      } else {
        TRY(look_up_new(one, before->document_count()));
      }
    }
    for (const BuiltShard& built : built_) {
      if (std::optional<Error> loss = built.shard->loss()) return Unexpected{*std::move(loss)};
    }
    TRY(check_still_there(*view));  // of zeros, nothing would seem to be superseded
    seen_ = view;
    return {};
  }

  static const Index* index_of(const View& view, FileId id) {
    for (const IndexView& one : view.indexes) {
      if (one.index->file_id() == id) return one.index.get();
    }
    return nullptr;
  }

  Result<void> look_up_all(const IndexView& one) {
    const auto look_up = [&](std::string_view id) -> Result<void> {
      TRY(find_in(one, id));
      return {};
    };
    for (const BuiltShard& built : built_) TRY(built.shard->for_each_id(look_up));
    return {};
  }

  // Documents [first, end) came in since: a log that has grown.
  Result<void> look_up_new(const IndexView& one, u32 first) {
    for (u32 doc = first; doc < one.index->document_count(); ++doc) {
      if (one.overlay->dead.contains(doc)) continue;
      const std::string id = TRY(one.index->id_of(DocNo(doc)));
      for (const BuiltShard& built : built_) {
        const std::optional<DocNo> here = TRY(built.shard->find_id(id));
        if (here.has_value()) superseded_[one.index->file_id()].add(doc);
      }
    }
    return {};
  }

  Result<Committed> commit(CommitCondition& condition) {
    Lease lease = TRY(Lease::acquire(project_, "ingest"));
    if (project_.incarnation.load() != incarnation_) {
      return fail_at(ErrorCode::io, "The store was replaced in the middle of the ingest",
                     project_.paths.folder.string());
    }
    TRY(condition.check(project_, *lease.view()));
    // What was acknowledged before must not be younger on disk than this batch.
    TRY(make_committed_durable(lease));
    TRY(make_room(lease));
    TRY(look_up(lease.view()));
    ActiveLog& active = *TRY(lease.active_log());
    delta::LogEnd end = TRY(lease.log_end());
    const u64 frame_offset = end.offset;
    const delta::FrameHeader frame =
        TRY(active.log.append(end, delta::FrameKind::advance, {}, lease.control().durable()));
    TRY(sync_advance(lease, active));
    const Lsn lsn{frame.lsn};
    hide_in_logs(*lease.view(), active, lsn);
    catalog::Manifest next = lease.view()->edition->manifest;
    TRY(hide_in_shards(*lease.view(), lsn, next));
    count_replaced(next);
    for (const BuiltShard& built : built_) add_shard(built, lsn, next);
    next.as_of = lsn;
    next.ingests.push_back({active.log.id(), lsn, frame.written_at, frame.writer_pid,
                            result_.stashed, result_.replaced});
    TRY(volatile_still_there(lease, active));
    TRY(publish_edition(lease, std::move(next),
                        catalog::LastFrame{lsn, frame.checksum, frame_offset}));
    lease.control().raise_durable(lsn);
    for (const auto& [index, docs] : superseded_) project_.accesses.supersede(index, docs);
    result_.lsn = lsn.value;
    return result_;
  }

  static Result<void> sync_advance(Lease& lease, const ActiveLog& active) {
    Result<void> synced = active.log.sync();
    if (!synced) lease.control().poison(active.log.id().sequence);
    return synced;
  }

  // Room in the active log's index for the tombstones of this batch.
  Result<void> make_room(Lease& lease) {
    u32 tombstones = 1024;  // for what may have come in since the last look
    for (const auto& log : lease.view()->logs) {
      const auto found = superseded_.find(log->file_id());
      if (found != superseded_.end()) tombstones += found->second.count();
      tombstones += log->document_count();
    }
    for (int attempt = 0; attempt < 2; ++attempt) {
      ActiveLog& active = *TRY(lease.active_log());
      if (TRY(active.index.room_for({0, tombstones, 0, 0}))) return {};
      TRY(seal_active_log(lease));
    }
    return fail(ErrorCode::busy, "Too many logs wait for a merge: merge the project first");
  }

  void hide_in_logs(const View& view, ActiveLog& active, Lsn lsn) {
    active.index.begin();
    for (const auto& log : view.logs) {
      const auto found = superseded_.find(log->file_id());
      if (found == superseded_.end()) continue;
      for (const u32 doc : found->second.to_vector()) {
        active.index.add_tombstone(log->file_id(), DocNo(doc));
        ++result_.replaced;
      }
    }
    active.index.publish(lsn);
  }

  Result<void> hide_in_shards(const View& view, Lsn as_of, catalog::Manifest& next) {
    for (usize i = 0; i < next.shards.size(); ++i) {
      const auto found = superseded_.find(next.shards[i].id);
      if (found == superseded_.end()) continue;
      Overlay overlay = *view.edition->overlays[i];
      overlay.dead |= found->second;
      TRY(drafts_.write(overlay, *view.edition->overlays[i], as_of, next.shards[i]));
    }
    return {};
  }

  void count_replaced(const catalog::Manifest& next) {
    for (const catalog::ShardEntry& entry : next.shards) {
      const auto found = superseded_.find(entry.id);
      if (found != superseded_.end()) result_.replaced += found->second.count();
    }
  }

  void add_shard(const BuiltShard& built, Lsn lsn, catalog::Manifest& next) {
    catalog::ShardEntry entry = built.entry;
    entry.base_lsn = lsn.value;
    entry.as_of = lsn;
    next.next_sequence = std::max(next.next_sequence, entry.id.sequence + 1);
    next.written_bytes += entry.file_bytes;
    next.ingested_bytes += entry.text_bytes;
    result_.stashed += entry.documents;
    result_.counted += built.counted;
    next.shards.push_back(entry);
  }

  Project::State& project_;
  const ProgressCallback& progress_;
  std::stop_token stop_;
  std::vector<BuiltShard> built_;
  OverlayDrafts drafts_;
  u64 incarnation_ = project_.incarnation.load();
  std::shared_ptr<const View> seen_;     // what superseded_ was found in
  std::map<FileId, Bitmap> superseded_;  // by index: documents the batch replaces
  Committed result_;
};

}  // namespace

Result<Committed> ingest_batch(Project::State& project, const Batch::State& batch,
                               const ProgressCallback& progress, std::stop_token stop) {
  TRY(check_batch(batch));
  if (!only_stashes(batch)) {
    return fail(ErrorCode::invalid_argument, "A bulk ingest takes new segments only");
  }
  if (batch.entries.empty()) return Committed{};
  // Shards are built before the lease is asked for: who may not write must not come that far.
  if (project.is_private) return Unexpected{Lease::acquire(project, "ingest").error()};
  Timed timed(project.figures, Operation::ingest);
  Result<Committed> done = BulkIngest(project, progress, std::move(stop)).run(batch);
  if (done) timed.add_bytes(batch.text_bytes);
  return done;
}

}  // namespace shale::store
