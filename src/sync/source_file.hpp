// One file of a mirrored folder, read whole, and whether its stamp tells its bytes from now on.
//
// The stamp is that of before the reading, and the reading is repeated where it is another one
// afterwards. A file that was changed within the clock's grain of being read may be changed again
// without its stamp telling it ("racily clean", as git has it): such a stamp is not settled, and
// the file is read again the next time.
#pragma once

#include <filesystem>
#include <string_view>

#include <shale/segment.hpp>

#include "base/bytes.hpp"
#include "base/folder.hpp"

namespace shale::sync {

struct SourceFile {
  Buffer bytes;
  FileStamp stamp;
  u64 hash = 0;             // XXH3-64 of the bytes
  bool is_settled = false;  // as long as the stamp is the same, so are the bytes
};

// More than `bytes_max` is ErrorCode::invalid_argument.
Result<SourceFile> read_source(const std::filesystem::path& path, u64 bytes_max);

// Whether a file with such a stamp, read at `read_at_ns` (since 1970), can change without its stamp
// changing.
bool is_racy(const FileStamp& stamp, i64 read_at_ns);

Time modified_at(const FileStamp& stamp);

// A NUL in the first 8 KiB.
bool is_binary(std::string_view text);

}  // namespace shale::sync
