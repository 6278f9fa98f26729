// A file that is written piece by piece under a temporary name and then takes its own: whoever
// looks sees the old file or the new one, whole.
//
// For what is too long to be held in memory (base/file.hpp: replace_file, for what is not). Call
// order: open, append*, publish; an object that goes away before publish() removes its draft. Used
// by `export`.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "base/file.hpp"

namespace shale::exchange {

class DraftFile {
 public:
  // `path`.tmp is made, in a folder that exists.
  static Result<DraftFile> open(const std::filesystem::path& path);
  ~DraftFile();
  DraftFile(DraftFile&&) noexcept = default;
  DraftFile& operator=(DraftFile&&) = delete;

  Result<void> append(std::string_view bytes);
  // Durable and under its own name when it returns.
  Result<void> publish();
  u64 bytes() const { return bytes_; }

 private:
  DraftFile(File file, std::filesystem::path path)
      : file_(std::move(file)), path_(std::move(path)) {}

  std::optional<File> file_;  // none once published
  std::filesystem::path path_;
  u64 bytes_ = 0;
};

}  // namespace shale::exchange
