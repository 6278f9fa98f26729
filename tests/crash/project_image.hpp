// The bytes of a project that a commit changes (CONTROL, the active log and its index), watched
// while another process changes them, and put back later, in place.
//
// CONTROL knows its device and inode, and processes have the files mapped: so every file gets a
// second name at first, under which it is found again after a recovery has replaced it, and its
// bytes are written into it. Not a backup: shards and sealed logs are never changed in place.
// Used by step_publish.cpp.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "catalog/control.hpp"
#include "catalog/file_names.hpp"
#include "delta/arena_format.hpp"
#include "tests/crash/traced_child.hpp"

namespace shale::testing {

namespace fs = std::filesystem;

// A file mapped for reading and writing, with room for what it may grow to.
class Window {
 public:
  Window(fs::path path, usize bytes_max) : path_(std::move(path)), bytes_max_(bytes_max) {
    const File file = File::open(path_, File::Mode::read_write).value();
    void* const at =
        ::mmap(nullptr, bytes_max_, PROT_READ | PROT_WRITE, MAP_SHARED, file.descriptor(), 0);
    need(at != MAP_FAILED, "cannot map " + path_.string());
    data_ = static_cast<std::byte*>(at);
  }
  ~Window() { ::munmap(data_, bytes_max_); }
  Window(const Window&) = delete;

  std::byte* data() const { return data_; }
  const fs::path& path() const { return path_; }
  usize file_bytes() const { return std::min<usize>(fs::file_size(path_), bytes_max_); }

 private:
  fs::path path_;
  usize bytes_max_;
  std::byte* data_ = nullptr;
};

// One change of the watched bytes: what became what it is now.
struct Change {
  usize window = 0;
  usize offset = 0;
  Buffer bytes;
};
using Changes = std::vector<Change>;

class ProjectImage {
 public:
  ProjectImage(const catalog::ProjectPaths& paths, FileId active_log, const fs::path& vault)
      : folder_(paths.folder),
        vault_(vault),
        control_(paths.control(), catalog::control_bytes),
        index_(paths.index(active_log), usize(16) << 20),
        log_(paths.log(active_log), usize(256) << 10) {
    keep_names();
    for (usize i = 0; i < 3; ++i) first_.emplace_back(copy_of(i));
    shadow_ = first_;
  }

  // What changed since the last call; empty: nothing.
  Changes take_changes() {
    Changes changes;
    for (usize i = 0; i < 3; ++i) {
      const usize used = used_bytes(i);
      if (shadow_[i].size() < used) shadow_[i].resize(used);
      if (std::memcmp(shadow_[i].data(), window(i).data(), used) == 0) continue;
      add_change(i, used, changes);
    }
    return changes;
  }

  // -- putting back --

  // Files, names and bytes as they were when this object was made.
  void restore_first() {
    restore_names();
    shadow_ = first_;
    write_shadow();
  }
  // The bytes as they were after changes [0, count), while processes have the files open.
  void restore(const std::vector<Changes>& history, usize count) {
    shadow_ = first_;
    for (usize state = 0; state < count; ++state) {
      for (const Change& change : history[state]) {
        Buffer& bytes = shadow_[change.window];
        bytes.resize(std::max(bytes.size(), change.offset + change.bytes.size()));
        std::copy(change.bytes.begin(), change.bytes.end(),
                  bytes.begin() + std::ptrdiff_t(change.offset));
      }
    }
    write_shadow();
  }

 private:
  const Window& window(usize i) const { return i == 0 ? control_ : i == 1 ? index_ : log_; }

  // Of the index what its header says is in use: bytes behind it are void.
  usize used_bytes(usize i) const {
    const usize bytes = window(i).file_bytes();
    if (i != 1) return bytes;
    const auto& header = *object_at<delta::ArenaHeader>(index_.data(), 0);
    return std::min<usize>(bytes, usize(delta::load_acquire(header.heap_end)));
  }
  Buffer copy_of(usize i) const {
    return Buffer(window(i).data(), window(i).data() + used_bytes(i));
  }

  void add_change(usize i, usize used, Changes& changes) {
    const std::byte* const now = window(i).data();
    Buffer& before = shadow_[i];
    usize begin = 0;
    while (before[begin] == now[begin]) ++begin;
    usize end = used;
    while (before[end - 1] == now[end - 1]) --end;
    changes.push_back({i, begin, Buffer(now + begin, now + end)});
    std::copy(now + begin, now + end, before.begin() + std::ptrdiff_t(begin));
  }

  void write_shadow() {
    for (usize i = 0; i < 3; ++i) {
      std::copy(shadow_[i].begin(), shadow_[i].end(), window(i).data());
      const usize left = window(i).file_bytes() - shadow_[i].size();
      std::fill_n(window(i).data() + shadow_[i].size(), left, std::byte(0));
    }
  }

  std::vector<fs::path> files() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
      if (entry.is_regular_file()) found.push_back(entry.path());
    }
    return found;
  }
  void keep_names() {
    fs::create_directories(vault_);
    for (const fs::path& file : files()) {
      const fs::path kept = vault_ / std::to_string(kept_.size());
      fs::create_hard_link(file, kept);
      kept_[file] = kept;
    }
  }
  void restore_names() {
    for (const fs::path& file : files()) {
      const auto kept = kept_.find(file);
      if (kept == kept_.end() || !fs::equivalent(file, kept->second)) fs::remove(file);
    }
    for (const auto& [file, kept] : kept_) {
      if (!fs::exists(file)) fs::create_hard_link(kept, file);
    }
  }

  fs::path folder_;
  fs::path vault_;
  Window control_;
  Window index_;
  Window log_;
  std::map<fs::path, fs::path> kept_;
  std::vector<Buffer> first_;   // of each window
  std::vector<Buffer> shadow_;  // as last seen, or last put back
};

}  // namespace shale::testing
