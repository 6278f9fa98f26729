#include "delta/log_writer.hpp"

#include <algorithm>

#include "base/system.hpp"
#include "delta/log_header.hpp"

namespace shale::delta {
namespace {

constexpr u64 first_zeros = u64(256) << 10;  // a log of a few notes stays small
constexpr u64 small_step = u64(1) << 20;
constexpr u64 large_step = u64(4) << 20;  // once the log itself is that long

// Where the zeros end once `wanted` bytes are needed: always some beyond.
u64 zeros_until(u64 wanted) {
  if (wanted < first_zeros) return first_zeros;
  const u64 step = wanted <= large_step ? small_step : large_step;
  return (wanted / step + 1) * step;
}

}  // namespace

Result<LogWriter> LogWriter::create(const std::filesystem::path& path, u64 project_id, FileId id) {
  LogWriter writer(TRY(File::open(path, File::Mode::create_new)), id, log_header_bytes);
  const Result<void> begun = writer.begin(project_id);
  if (begun) return writer;
  (void)remove_file(path);  // no manifest names it
  return Unexpected{begun.error()};
}

Result<void> LogWriter::begin(u64 project_id) {
  TRY(file_.write_at(0, log_header_block(project_id, id_)));
  TRY(zero_ahead(log_header_bytes + 1));
  TRY(sync());
  const std::filesystem::path folder = file_.path().parent_path();
  return sync_folder(folder.empty() ? "." : folder);
}

Result<LogWriter> LogWriter::open(const std::filesystem::path& path, u64 project_id, FileId id) {
  File file = TRY(File::open(path, File::Mode::read_write));
  TRY(check_log_header(file, project_id, id));
  const u64 size = TRY(file.size());
  return LogWriter(std::move(file), id, size);
}

// Zeros go behind the end of the file only, wherever another process has moved it: what is written
// there may be its frames. The file grows under the lease alone, so the size cannot move here.
Result<void> LogWriter::zero_ahead(u64 wanted) {
  if (wanted <= zeroed_) return {};
  zeroed_ = TRY(file_.size());
  static const Buffer zeros(small_step);
  const u64 end = zeros_until(wanted);
  while (zeroed_ < end) {
    const u64 bytes = std::min<u64>(end - zeroed_, zeros.size());
    TRY(file_.write_at(zeroed_, Bytes(zeros).first(bytes)));
    zeroed_ += bytes;
  }
  return {};
}

Result<FrameHeader> LogWriter::append(LogEnd& end, FrameKind kind, Bytes payload, Lsn durable) {
  if (payload.size() > frame_bytes_max)
    return fail(ErrorCode::invalid_argument, "A batch must stay below 1 GiB.");
  const u64 total = frame_total_bytes(payload.size());
  FrameHeader header;
  header.lsn = Lsn::make(id_.sequence, end.offset + total).value;
  header.durable_lsn = durable.value;
  header.previous = end.checksum;
  header.written_at = now_microseconds();
  header.writer_pid = u32(process_id());
  header.kind = u8(kind);
  seal_frame(header, payload);

  TRY(zero_ahead(end.offset + total));
  static constexpr std::byte padding[8] = {};
  const Bytes pieces[] = {bytes_of(header), payload,
                          Bytes(padding).first(total - sizeof header - payload.size())};
  TRY(file_.write_pieces(end.offset, pieces));
  end.offset += total;
  end.checksum = header.checksum;
  return header;
}

Result<void> LogWriter::sync() const { return file_.sync_data(); }

}  // namespace shale::delta
