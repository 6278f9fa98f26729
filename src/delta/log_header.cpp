#include "delta/log_header.hpp"

#include <cstddef>

#include "base/checksum.hpp"

namespace shale::delta {
namespace {

u64 header_checksum(const LogHeader& header) {
  return checksum64(bytes_of(header).first(offsetof(LogHeader, checksum)));
}

}  // namespace

Buffer log_header_block(u64 project_id, FileId id) {
  LogHeader header;
  header.project_id = project_id;
  header.sequence = id.sequence;
  header.random = id.random;
  header.checksum = header_checksum(header);
  Buffer block(log_header_bytes);
  store_value(block.data(), header);
  return block;
}

Result<void> check_log_header(const File& file, u64 project_id, FileId id) {
  std::byte bytes[sizeof(LogHeader)];
  TRY(file.read_exactly(0, bytes));
  const auto header = load<LogHeader>(bytes);
  const std::string path = file.path().string();
  if (header.magic != log_magic) return fail_at(ErrorCode::corrupt, "This is not a log.", path);
  if (header.reader_version > log_version)
    return fail_at(ErrorCode::too_new, "A newer version of shale wrote this log.", path);
  if (header.checksum != header_checksum(header))
    return fail_at(ErrorCode::corrupt, "The header of this log is damaged.", path);
  const bool is_ours = header.project_id == project_id && header.sequence == id.sequence &&
                       header.random == id.random;
  if (!is_ours) return fail_at(ErrorCode::corrupt, "This is another log than expected.", path);
  return {};
}

}  // namespace shale::delta
