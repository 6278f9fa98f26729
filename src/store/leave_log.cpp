#include "store/leave_log.hpp"

#include "store/access_carry.hpp"
#include "store/arenas.hpp"
#include "store/orphans.hpp"
#include "store/publish.hpp"
#include "store/replay.hpp"

namespace shale::store {

namespace {

struct MovedFrame {
  delta::FrameKind kind = delta::FrameKind::batch;
  Buffer payload;
};

// What the log holds up to `durable`, and the published frames behind it.
struct Tail {
  catalog::LogEntry sealed;
  u64 frames_kept = 0;
  Lsn last;  // of the frames read
  std::vector<MovedFrame> moved;
};

class LogLeaver {
 public:
  explicit LogLeaver(Lease& lease)
      : lease_(lease),
        project_(lease.project()),
        manifest_(lease.view()->edition->manifest),
        left_(manifest_.logs.back().id) {}

  Result<void> run() {
    const Tail tail = TRY(read_tail());
    manifest_.logs.pop_back();
    if (tail.frames_kept > 0) manifest_.logs.push_back(tail.sealed);
    const FileId id = next_file_id(manifest_);
    Result<void> done = move_tail(tail, id);
    if (!done) {
      remove_unless_named(project_.paths, {project_.paths.log(id), project_.paths.index(id),
                                           project_.paths.log_access(id)});
    }
    return done;
  }

 private:
  Result<void> move_tail(const Tail& tail, FileId id) {
    const std::shared_ptr<const View> base = TRY(view_without_tail());
    const std::optional<catalog::LastFrame> last = TRY(write_log(id, tail));
    manifest_.logs.push_back({id, 0, 0, {}});
    TRY(index_log(*base, tail.sealed.last_lsn));
    TRY(publish_edition(lease_, manifest_, last));
    if (last.has_value()) lease_.control().raise_durable(last->lsn);
    project_.active.reset();
    return {};
  }

  Result<Tail> read_tail() const {
    const Lsn durable = lease_.control().durable();
    const Lsn committed = lease_.view()->committed;
    Tail tail;
    tail.sealed = {left_, delta::log_header_bytes, left_.random, {}};
    const auto log =
        TRY(delta::LogReader::open(project_.paths.log(left_), manifest_.project_id, left_));
    TRY(log.scan(0, [&](const delta::FrameHeader& header, Bytes payload) -> Result<void> {
      const Lsn lsn{header.lsn};
      if (lsn > committed) return {};  // of a writer that was killed before it published
      tail.last = lsn;
      if (lsn <= durable) {
        tail.sealed = {left_, lsn.offset(), header.checksum, lsn};
        ++tail.frames_kept;
      } else {
        tail.moved.push_back(
            {delta::FrameKind(header.kind), Buffer(payload.begin(), payload.end())});
      }
      return {};
    }));
    if (tail.last == committed || committed.log_sequence() != left_.sequence) return tail;
    return fail_at(ErrorCode::io, "A log could not be synced, and what was written to it is gone",
                   log.path().string(), tail.last.offset());
  }

  // The edition to come without its new log: in it, every change of the tail finds what it found
  // when it was committed.
  Result<std::shared_ptr<const View>> view_without_tail() const {
    auto edition = std::make_shared<Edition>(*lease_.view()->edition);
    edition->manifest = manifest_;
    if (manifest_.logs.size() < edition->logs.size()) edition->logs.pop_back();
    return make_view(edition, 0, lease_.view()->committed, nullptr);
  }

  // Nothing: the new log has no frame.
  Result<std::optional<catalog::LastFrame>> write_log(FileId id, const Tail& tail) const {
    auto log = TRY(delta::LogWriter::create(project_.paths.log(id), manifest_.project_id, id));
    delta::LogEnd end{delta::log_header_bytes, id.random};
    std::optional<catalog::LastFrame> last;
    for (const MovedFrame& frame : tail.moved) {
      const u64 offset = end.offset;
      const delta::FrameHeader header =
          TRY(log.append(end, frame.kind, frame.payload, tail.sealed.last_lsn));
      last = catalog::LastFrame{Lsn{header.lsn}, header.checksum, offset};
    }
    TRY(log.sync());
    return last;
  }

  Result<void> index_log(const View& base, Lsn kept) const {
    ReplayRequest request;
    request.paths = project_.paths;
    request.base = &base;
    request.manifest = &manifest_;
    request.boot = project_.boot;
    request.in_files = !project_.is_alone;
    const ReplayedLog log = TRY(replay_log(request, manifest_.logs.back()));
    keep_arena(project_, log.log.id, log.log.arena);
    if (!log.scan.damaged) return carry_counts(log, kept);
    return fail_at(ErrorCode::corrupt, "The new log does not hold what was written to it",
                   project_.paths.log(manifest_.logs.back().id).string(), log.scan.damaged_at);
  }

  // Who read what is a hint: it holds up no writer.
  Result<void> carry_counts(const ReplayedLog& log, Lsn kept) const {
    const auto no_texts = [](u64, u32, TextHash) { return Result<std::string>(std::string()); };
    const auto index = TRY(delta::LogIndex::make(log.log.arena, log.scan.last, no_texts));
    static_cast<void>(carry_left_log(project_, *lease_.view(), left_, kept, *index));
    return {};
  }

  Lease& lease_;
  Project::State& project_;
  catalog::Manifest manifest_;  // the next one, as it grows
  FileId left_;
};

}  // namespace

Result<void> leave_log(Lease& lease) { return LogLeaver(lease).run(); }

}  // namespace shale::store
