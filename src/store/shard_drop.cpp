#include "store/shard_drop.hpp"

#include <algorithm>

#include "store/durability.hpp"
#include "store/lost_files.hpp"
#include "store/merge_policy.hpp"
#include "store/publish.hpp"

namespace shale::store {

namespace {

const IndexView* find_index(const View& view, FileId id) {
  for (const IndexView& one : view.indexes) {
    if (one.index->file_id() == id) return &one;
  }
  return nullptr;
}

const catalog::ShardEntry* find_entry(const catalog::Manifest& manifest, FileId id) {
  const auto found = std::find_if(manifest.shards.begin(), manifest.shards.end(),
                                  [&](const auto& entry) { return entry.id == id; });
  return found == manifest.shards.end() ? nullptr : &*found;
}

// What was dead is dead, and what was changed the same: nothing was pinned, or touched.
bool is_as_it_was(const IndexView& before, const IndexView& now) {
  if (before.overlay == now.overlay) return true;
  Bitmap revived = before.overlay->dead;
  revived -= now.overlay->dead;
  return revived.empty() && before.overlay->patches == now.overlay->patches;
}

std::vector<u32> died_since(const IndexView& before, const IndexView& now) {
  if (before.overlay == now.overlay) return {};
  Bitmap died = now.overlay->dead;
  died -= before.overlay->dead;
  return died.to_vector();
}

bool still_fits(const View& chosen_in, const View& now, const DropCandidate& candidate) {
  const IndexView& before = chosen_in.indexes[candidate.at];
  const FileId id = before.index->file_id();
  const IndexView* const after = find_index(now, id);
  const catalog::ShardEntry* const entry = find_entry(now.edition->manifest, id);
  return after != nullptr && entry != nullptr && may_be_dropped(now.edition->manifest, *entry) &&
         is_as_it_was(before, *after);
}

catalog::DropEntry entry_of(const std::vector<DropCandidate>& dropped,
                            const delta::FrameHeader& frame, FileId log) {
  catalog::DropEntry entry;
  entry.log = log;
  entry.lsn.value = frame.lsn;
  entry.committed_at = frame.written_at;
  entry.pid = frame.writer_pid;
  entry.created_first = dropped.front().created_first;
  entry.created_last = dropped.front().created_last;
  for (const DropCandidate& one : dropped) {
    entry.segments += one.segments;
    entry.created_first = std::min(entry.created_first, one.created_first);
    entry.created_last = std::max(entry.created_last, one.created_last);
  }
  return entry;
}

// The log's frame, durable: with MANIFEST its LSN becomes the newest there is. The index of the log
// takes no note of it: no document is in it, and a replay makes nothing of it either.
Result<delta::FrameHeader> write_advance(Lease& lease, ActiveLog& active, u64& frame_offset) {
  delta::LogEnd end = TRY(lease.log_end());
  frame_offset = end.offset;
  const delta::FrameHeader frame =
      TRY(active.log.append(end, delta::FrameKind::advance, {}, lease.control().durable()));
  Result<void> synced = active.log.sync();
  if (!synced) lease.control().poison(active.log.id().sequence);
  TRY(std::move(synced));
  return frame;
}

}  // namespace

bool may_be_dropped(const catalog::Manifest& manifest, const catalog::ShardEntry& entry) {
  return std::all_of(manifest.logs.begin(), manifest.logs.end(),
                     [&](const auto& log) { return entry.as_of.log_sequence() < log.id.sequence; });
}

Result<std::vector<DropCandidate>> drop_shards(Project::State& project, const View& chosen_in,
                                               u64 incarnation,
                                               const std::vector<DropCandidate>& candidates) {
  Lease lease = TRY(Lease::acquire(project, "retain"));
  if (project.incarnation.load() != incarnation) {
    return fail_at(ErrorCode::busy, "The store was replaced while its rules were applied",
                   project.paths.manifest().string());
  }
  // What an unlink takes must have gone for good: no batch that a power cut takes back spoke of it.
  TRY(make_committed_durable(lease));
  std::vector<DropCandidate> dropped;
  std::vector<FileId> ids;
  for (const DropCandidate& candidate : candidates) {
    if (!still_fits(chosen_in, *lease.view(), candidate)) continue;
    const IndexView& before = chosen_in.indexes[candidate.at];
    dropped.push_back(candidate);
    ids.push_back(before.index->file_id());
    dropped.back().died = died_since(before, *find_index(*lease.view(), ids.back()));
    dropped.back().segments -= dropped.back().died.size();
  }
  if (dropped.empty()) return dropped;
  TRY(check_still_there(chosen_in));  // what was chosen from zeros must stay
  TRY(check_still_there(*lease.view()));
  ActiveLog& active = *TRY(lease.active_log());
  u64 frame_offset = 0;
  const delta::FrameHeader frame = TRY(write_advance(lease, active, frame_offset));
  catalog::Manifest next = lease.view()->edition->manifest;
  std::erase_if(next.shards, [&](const auto& entry) { return is_one_of(ids, entry.id); });
  next.as_of.value = frame.lsn;
  next.drops.push_back(entry_of(dropped, frame, active.log.id()));
  TRY(volatile_still_there(lease, active));
  TRY(publish_edition(lease, std::move(next),
                      catalog::LastFrame{Lsn{frame.lsn}, frame.checksum, frame_offset}));
  lease.control().raise_durable(Lsn{frame.lsn});
  return dropped;
}

}  // namespace shale::store
