// Writes a bundle, member after member, to FILE.tmp, which becomes FILE at the end.
//
// Call add() for each member, then finish(). Each is written as it comes, by the MiB. A crash
// leaves the FILE that was there before, or the new one, whole, and maybe FILE.tmp, which the next
// call of that name clears away; giving up leaves nothing. One at a time writes to a FILE: it has
// FILE.tmp locked. What the members are is for the caller to know (bundle.hpp).
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "backup/bundle_format.hpp"
#include "base/file.hpp"
#include "base/lock.hpp"

namespace shale::backup {

using ByteSink = std::function<Result<void>(Bytes bytes)>;
// Writes a member's bytes to the sink.
using FillMember = std::function<Result<void>(const ByteSink& sink)>;

class BundleWriter {
 public:
  // busy where another process is writing it.
  static Result<BundleWriter> create(const std::filesystem::path& path);
  ~BundleWriter();
  BundleWriter(BundleWriter&&) noexcept;
  BundleWriter& operator=(BundleWriter&&) = delete;

  Result<void> add(std::string path, const FillMember& fill);
  // Contents and header, synced: all but the name.
  Result<void> finish();
  // The name. Between the two the draft may be read.
  Result<void> publish();
  const std::filesystem::path& draft() const { return file_.path(); }

 private:
  BundleWriter(std::filesystem::path path, LockFile lock, File file);
  Result<void> put(Bytes bytes);
  Result<void> flush();

  std::filesystem::path path_;
  std::optional<LockFile> lock_;  // none: published, or moved from
  File file_;
  Buffer room_;  // of the member that is written, what has not reached the file
  u64 at_ = 0;   // where the next byte of the file goes
  u64 sum_ = 0;  // of the member that is written
  std::vector<BundleMember> members_;
};

}  // namespace shale::backup
