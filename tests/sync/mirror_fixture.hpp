// A folder and a store beside it that is made equal to it, for the tests of sync.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <shale/shale.hpp>

#include "base/bytes.hpp"
#include "base/file.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale::testing {

// A piece as it stands in a project.
struct Piece {
  u32 first_line = 0;
  i64 part = 0;
  u32 last_line = 0;
  std::string text;
  std::string name;
  auto operator<=>(const Piece&) const = default;
};

using Pieces = std::map<std::string, std::vector<Piece>>;  // by file, in order

inline Piece piece_of(const Segment& segment) {
  const Metadata& metadata = segment.metadata();
  const auto part = metadata.attrs.find(".part");
  const auto name = metadata.attrs.find("name");
  Piece piece;
  piece.first_line = metadata.line_range ? metadata.line_range->first : 0;
  piece.last_line = metadata.line_range ? metadata.line_range->last : 0;
  piece.part = part == metadata.attrs.end() ? 0 : std::get<i64>(part->second);
  piece.name = name == metadata.attrs.end() ? "" : std::get<std::string>(name->second);
  piece.text = segment.text();
  return piece;
}

class Mirrored {
 public:
  Mirrored()
      : project_(Store::open(folder_.path() / "store", {.create = true, .tokenizer = "none"})
                     .value()
                     .project("default")
                     .value()) {
    std::filesystem::create_directories(root());
  }

  std::filesystem::path root() const { return folder_.path() / "root"; }
  Project& project() { return project_; }

  void file(const std::string& name, std::string_view text) const {
    std::filesystem::create_directories((root() / name).parent_path());
    std::ofstream(root() / name, std::ios::binary) << text;
  }
  // A file whose stamp tells every later change of it.
  void old_file(const std::string& name, std::string_view text) const {
    file(name, text);
    age(name);
  }
  void age(const std::string& name) const {
    const auto time = std::filesystem::last_write_time(root() / name);
    constexpr auto age = std::chrono::seconds(10) - std::chrono::microseconds(1);
    std::filesystem::last_write_time(root() / name, time - age);
  }

  Synced sync(const SyncOptions& options = {}) {
    return sync_with(project_, root(), options).value();
  }

  std::vector<Segment> segments() const {
    const Snapshot now = project_.snapshot().value();
    std::vector<Segment> result;
    const Page page = now.list({.sort = "-id", .limit = 1'000'000}).value();
    for (const Metadata& metadata : page.segments) result.push_back(*now.get(metadata.id).value());
    return result;
  }
  std::vector<std::string> ids() const {
    std::vector<std::string> result;
    for (const Segment& segment : segments()) result.push_back(segment.id());
    return result;
  }
  Pieces pieces() const {
    Pieces result;
    for (const Segment& segment : segments())
      result[segment.metadata().file.value_or("")].push_back(piece_of(segment));
    for (auto& [file, pieces] : result) std::sort(pieces.begin(), pieces.end());
    return result;
  }
  // What the pieces of each file come to.
  std::map<std::string, std::string> texts() const {
    std::map<std::string, std::string> result;
    const Pieces all = pieces();
    for (const auto& [file, some] : all)
      for (const Piece& piece : some) result[file] += piece.text;
    return result;
  }
  Metadata metadata(const std::string& id) const {
    return project_.snapshot().value().get(id).value()->metadata();
  }

 private:
  TemporaryFolder folder_;
  Project project_;
};

}  // namespace shale::testing
