#include "store/logged_batches.hpp"

#include <algorithm>

namespace shale::store {

namespace {

Change told_of(const delta::Change& change) {
  const std::string& id = delta::change_id(change);
  if (const auto* stash = std::get_if<delta::StashChange>(&change)) {
    return {stash->supersedes ? ChangeKind::superseded : ChangeKind::stashed, id};
  }
  const bool is_update = std::holds_alternative<delta::UpdateChange>(change);
  return {is_update ? ChangeKind::updated : ChangeKind::erased, id};
}

Result<ChangedBatch> batch_of(const delta::FrameHeader& header, Bytes payload) {
  ChangedBatch batch;
  batch.lsn = header.lsn;
  batch.committed_at = header.written_at;
  batch.pid = header.writer_pid;
  const std::vector<delta::Change> changes = TRY(delta::decode_payload(payload));
  batch.changes.reserve(changes.size());
  for (const delta::Change& change : changes) batch.changes.push_back(told_of(change));
  return batch;
}

ChangedBatch batch_of(const catalog::IngestEntry& ingest) {
  ChangedBatch batch;
  batch.lsn = ingest.lsn.value;
  batch.committed_at = ingest.committed_at;
  batch.pid = ingest.pid;
  batch.is_ingest = true;
  batch.stashed = ingest.stashed;
  batch.superseded = ingest.superseded;
  return batch;
}

ChangedBatch batch_of(const catalog::DropEntry& drop) {
  ChangedBatch batch;
  batch.lsn = drop.lsn.value;
  batch.committed_at = drop.committed_at;
  batch.pid = drop.pid;
  batch.is_drop = true;
  batch.dropped = drop.segments;
  batch.created_first = drop.created_first;
  batch.created_last = drop.created_last;
  return batch;
}

template <class Entry>
const Entry* entry_at(const std::vector<Entry>& entries, u64 lsn) {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry& entry) { return entry.lsn.value == lsn; });
  return found == entries.end() ? nullptr : &*found;
}

}  // namespace

u64 visible_end(const catalog::LogEntry& entry, Lsn committed) {
  if (entry.sealed_end != 0) return entry.sealed_end;
  const bool holds_some = committed.log_sequence() == entry.id.sequence;
  return holds_some ? committed.offset() : delta::log_header_bytes;
}

Result<void> read_batches(const delta::LogReader& log, Lsn since, u64 end,
                          const catalog::Manifest& manifest, const catalog::BatchVisitor& visit) {
  bool wants_more = true;
  const auto tell = [&](ChangedBatch&& batch) -> Result<void> {
    wants_more = TRY(visit(std::move(batch)));
    if (wants_more) return {};
    return fail(ErrorCode::cancelled, "No more is wanted");
  };
  const auto scanned = log.scan_above(
      since, end, [&](const delta::FrameHeader& header, Bytes payload) -> Result<void> {
        if (header.kind == u8(delta::FrameKind::batch)) {
          auto batch = batch_of(header, payload);
          if (batch) return tell(*std::move(batch));
          return fail_at(ErrorCode::corrupt, batch.error().message, log.path().string(),
                         Lsn{header.lsn}.offset());
        }
        if (const auto* ingest = entry_at(manifest.ingests, header.lsn)) {
          return tell(batch_of(*ingest));
        }
        if (const auto* drop = entry_at(manifest.drops, header.lsn)) return tell(batch_of(*drop));
        return {};
      });
  return wants_more ? scanned : Result<void>();
}

}  // namespace shale::store
