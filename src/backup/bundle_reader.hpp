// Reads a bundle, member after member, and trusts nothing in it.
//
// Opening checks the header, the contents and that the members fill the file without a gap; reading
// a member checks its bytes and the zeros behind it. What the members are is for the caller to know
// (bundle.hpp). Safe from many threads.
#pragma once

#include <vector>

#include "backup/bundle_format.hpp"
#include "backup/bundle_writer.hpp"
#include "base/file.hpp"

namespace shale::backup {

class BundleReader {
 public:
  // corrupt, with the place, where it is cut, damaged or no bundle; too_new.
  static Result<BundleReader> open(const std::filesystem::path& path);

  const std::vector<BundleMember>& members() const { return members_; }
  u64 bytes() const { return bytes_; }  // of all members
  // Hands on the bytes by the MiB; the last are checked after they were handed on.
  Result<void> read(const BundleMember& member, const ByteSink& sink) const;
  // A short one, in memory.
  Result<Buffer> read_whole(const BundleMember& member, u64 bytes_max) const;
  Unexpected damaged(std::string what, u64 offset) const;

 private:
  BundleReader(File file, std::vector<BundleMember> members)
      : file_(std::move(file)), members_(std::move(members)) {
    for (const BundleMember& member : members_) bytes_ += member.bytes;
  }

  File file_;
  std::vector<BundleMember> members_;
  u64 bytes_ = 0;
};

}  // namespace shale::backup
