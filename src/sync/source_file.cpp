#include "sync/source_file.hpp"

#include "base/checksum.hpp"
#include "base/file.hpp"
#include "base/system.hpp"

namespace shale::sync {

namespace {

constexpr int readings_max = 4;
constexpr usize binary_probe_bytes = 8u << 10;
constexpr i64 second_ns = 1'000'000'000;
// Two ticks of the slowest kernel clock (100 Hz): files are stamped with the time of the last tick.
constexpr i64 grain_ns = 20'000'000;
// Whole seconds are all that some file systems keep, FAT even ones.
constexpr i64 coarse_grain_ns = 2 * second_ns;
constexpr i64 nanoseconds_per_microsecond = 1000;

// Up to the end of the file, which may have moved since its length was asked for.
Result<Buffer> read_whole(const File& file, u64 expected, u64 bytes_max) {
  Buffer bytes(expected + 1);
  for (usize end = 0;;) {
    const usize got = TRY(file.read_at(end, MutableBytes(bytes).subspan(end)));
    end += got;
    if (end > bytes_max) return fail(ErrorCode::invalid_argument, "it is too long");
    const bool is_at_end = got == 0 || (end == expected && end < bytes.size());
    if (is_at_end) {
      bytes.resize(end);
      return bytes;
    }
    if (end == bytes.size()) bytes.resize(end * 2);
  }
}

}  // namespace

bool is_racy(const FileStamp& stamp, i64 read_at_ns) {
  const i64 grain = stamp.modified_ns % second_ns == 0 ? coarse_grain_ns : grain_ns;
  return stamp.modified_ns > read_at_ns - grain;
}

Time modified_at(const FileStamp& stamp) {
  return {stamp.modified_ns / nanoseconds_per_microsecond, true};
}

bool is_binary(std::string_view text) {
  return text.substr(0, binary_probe_bytes).find('\0') != std::string_view::npos;
}

Result<SourceFile> read_source(const std::filesystem::path& path, u64 bytes_max) {
  const File file = TRY(File::open(path, File::Mode::read));
  SourceFile source;
  for (int reading = 0; reading < readings_max; ++reading) {
    const i64 now_ns = now_microseconds() * nanoseconds_per_microsecond;
    source.stamp = TRY(stamp_of(file));
    source.bytes = TRY(read_whole(file, source.stamp.bytes, bytes_max));
    const bool is_whole = source.bytes.size() == source.stamp.bytes;
    source.is_settled = is_whole && !is_racy(source.stamp, now_ns);
    const FileStamp after = TRY(stamp_of(file));
    if (is_whole && after == source.stamp) break;
    source.is_settled = false;
  }
  source.hash = checksum64(source.bytes);
  return source;
}

}  // namespace shale::sync
