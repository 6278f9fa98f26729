#include "store/publish.hpp"

#include "base/system.hpp"
#include "store/arenas.hpp"
#include "store/durability.hpp"
#include "store/orphans.hpp"
#include "store/replay.hpp"

namespace shale::store {

namespace {

constexpr u32 log_documents_max = 200'000;  // of the 262,144 an arena can number

}  // namespace

FileId next_file_id(catalog::Manifest& manifest) {
  return {manifest.next_sequence++, random_u64()};
}

Result<void> publish_edition(Lease& lease, catalog::Manifest next,
                             std::optional<catalog::LastFrame> last_frame) {
  Project::State& project = lease.project();
  catalog::Control& control = lease.control();
  const std::shared_ptr<const Edition> before = lease.view()->edition;
  next.edition = before->manifest.edition + 1;
  next.next_lsn = std::max(next.next_lsn, lease.view()->committed);
  if (!last_frame.has_value()) last_frame = control.last_frame();
  if (!last_frame.has_value()) {
    return fail_at(ErrorCode::corrupt, "CONTROL contradicts itself",
                   project.paths.control().string());
  }
  control.set_manifest_in_flight(next.edition);
  Result<void> written = catalog::write_manifest(project.paths.manifest(), next);
  if (!written) {
    // Where the old one certainly stands, nothing is in flight; else the next holder finds out.
    const auto standing = catalog::read_manifest(project.paths.manifest());
    if (standing && standing->edition == before->manifest.edition) {
      control.clear_manifest_in_flight();
    }
    return written;
  }
  control.begin_change();
  control.end_change({next.edition, next.logs.back().id, *last_frame});
  control.clear_manifest_in_flight();
  remove_retired(project.paths, before->manifest, next);
  return lease.refresh();
}

Result<void> seal_active_log(Lease& lease) {
  Project::State& project = lease.project();
  // Sealed means durable: a later log's sync must not vouch for this one (PROTOCOL A8).
  TRY(make_committed_durable(lease));
  const delta::LogEnd end = TRY(lease.log_end());
  if (end.offset == delta::log_header_bytes) return {};
  catalog::Manifest next = lease.view()->edition->manifest;
  catalog::LogEntry& sealed = next.logs.back();
  sealed.sealed_end = end.offset;
  sealed.checksum = end.checksum;
  sealed.last_lsn = Lsn::make(sealed.id.sequence, end.offset);
  const FileId id = next_file_id(next);
  (void)TRY(delta::LogWriter::create(project.paths.log(id), next.project_id, id));
  TRY(make_log_arena(project, id));
  next.logs.push_back({id, 0, 0, {}});
  Result<void> published = publish_edition(lease, std::move(next));
  if (!published) {
    remove_unless_named(project.paths, {project.paths.log(id), project.paths.index(id)});
    return published;
  }
  project.active.reset();
  return {};
}

Result<bool> seal_is_due(Lease& lease, u64 text_bytes, u64 documents) {
  const StoreConfig& config = lease.project().config;
  const ActiveLog& active = *TRY(lease.active_log());
  const u64 documents_now = active.index.document_count();
  const delta::LogEnd end = TRY(lease.log_end());
  if (end.offset == delta::log_header_bytes) return false;
  const i64 age = now_microseconds() - active.first_written_at;
  const bool is_old =
      active.first_written_at != 0 && age > i64(config.delta_age_seconds) * 1'000'000;
  return is_old ||
         documents_now + documents > std::min<u64>(config.delta_segments, log_documents_max) ||
         active.index.text_bytes() + text_bytes > config.delta_text_bytes ||
         end.offset > 2 * config.delta_text_bytes;
}

}  // namespace shale::store
