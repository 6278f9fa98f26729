// A store in a folder of the test's own, and what tests do to one: fill it, look into it, damage
// its files, end its "boot", run a second process on it.
//
// Projects are opened through store::open_project, not Store::project: no housekeeper runs beside a
// test that did not ask for one. Not an oracle: that is store_oracle.hpp. Used by tests/store only.
#pragma once

#include <shale/stats.hpp>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "base/system.hpp"
#include "catalog/control.hpp"
#include "catalog/manifest.hpp"
#include "store/current_view.hpp"
#include "store/merge_policy.hpp"
#include "store/merger.hpp"
#include "store/project.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale::testing {

using std::filesystem::path;
using Contents = std::map<std::string, std::string>;  // id -> text

inline constexpr std::int64_t some_moment = 1'700'000'000'000'000;  // 2023-11-14

inline void write_text(const path& file, std::string_view text) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(text.data(), std::streamsize(text.size()));
  if (!out.flush()) throw std::runtime_error("cannot write " + file.string());
}

inline std::string read_text(const path& file) {
  const Buffer bytes = read_file(file, u64(1) << 30).value();
  return std::string(as_text(bytes));
}

inline void flip_byte(const path& file, u64 offset) {
  std::string bytes = read_text(file);
  bytes.at(offset) = char(bytes[offset] ^ 0x5a);
  // In place, as a failing disk would: the file keeps its inode.
  std::fstream out(file, std::ios::binary | std::ios::in | std::ios::out);
  out.seekp(std::streamoff(offset)).put(bytes[offset]);
  if (!out.flush()) throw std::runtime_error("cannot change " + file.string());
}

// Size and time of change of every file under a folder, by its path.
inline std::map<std::string, std::pair<u64, std::int64_t>> listing_of(const path& folder) {
  std::map<std::string, std::pair<u64, std::int64_t>> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const u64 size = entry.is_regular_file() ? entry.file_size() : 0;
    files[entry.path().string()] = {size, entry.last_write_time().time_since_epoch().count()};
  }
  return files;
}

inline std::vector<std::string> files_in(const path& folder, const std::string& ending = "") {
  std::vector<std::string> names;
  const std::vector<std::string> all = list_folder(folder).value();
  for (const std::string& name : all) {
    if (name.ends_with(ending)) names.push_back(name);
  }
  return names;
}

// What most tests of a store want: words are terms as they stand, and nobody counts tokens.
inline store::StoreConfig plain_config() {
  store::StoreConfig config;
  config.analysis = "plain";
  config.tokenizer = "none";
  return config;
}
inline store::StoreConfig counting_config(const std::string& tokenizer = "o200k_base") {
  store::StoreConfig config = plain_config();
  config.tokenizer = tokenizer;
  return config;
}

class TestStore {
 public:
  explicit TestStore(const store::StoreConfig& config = plain_config()) : path_(folder_ / "store") {
    std::filesystem::create_directories(path_ / "projects");
    set_config(config);
  }

  const std::filesystem::path& path() const { return path_; }
  const std::filesystem::path& parent() const { return folder_.path(); }
  void set_config(const store::StoreConfig& config) const {
    write_text(path_ / "shale.toml", store::format_config(config));
  }

  Result<std::shared_ptr<Project::State>> try_state(StoreOptions options = {},
                                                    std::string name = "default") const {
    options.create = !options.read_only;
    return store::open_project({path_, std::move(name), options,
                                store::read_config(path_ / "shale.toml").value(),
                                std::make_shared<store::SharedCaches>(options)});
  }
  std::shared_ptr<Project::State> state(const StoreOptions& options = {}) const {
    return try_state(options).value();
  }
  Project open(const StoreOptions& options = {}) const { return Project(state(options)); }

  catalog::ProjectPaths paths() const { return {path_ / "projects" / "default"}; }
  catalog::Manifest manifest() const { return catalog::read_manifest(paths().manifest()).value(); }
  std::filesystem::path active_log() const { return paths().log(manifest().logs.back().id); }

  // What a reboot does to a store nobody has open: what is volatile means nothing any more.
  void reboot() const { std::filesystem::remove(paths().control()); }

 private:
  TemporaryFolder folder_;
  std::filesystem::path path_;
};

// CONTROL as another process would map it.
inline catalog::Control control_of(const TestStore& store) {
  const catalog::ControlIdentity identity{store.manifest().project_id, boot_id().value()};
  return *catalog::Control::open(store.paths().control(), identity).value().control;
}

inline StoreOptions reading() {
  StoreOptions options;
  options.read_only = true;
  return options;
}

inline StoreOptions patience(int milliseconds) {
  StoreOptions options;
  options.busy_timeout = std::chrono::milliseconds(milliseconds);
  return options;
}

inline store::StoreConfig sealing_after(u64 segments) {
  store::StoreConfig config = plain_config();
  config.delta_segments = segments;
  return config;
}

// -- changing --

inline NewSegment segment(std::string id, std::string text) {
  NewSegment result;
  result.id = std::move(id);
  result.text = std::move(text);
  result.created_at = Time{some_moment, true};
  result.touched_at = Time{some_moment, true};
  return result;
}

inline Committed stash(Project project, const NewSegment& one,
                       Durability durability = Durability::relaxed) {
  Batch batch;
  batch.stash(one);
  return project.commit(batch, durability).value();
}
inline Committed stash(Project project, const std::string& id, const std::string& text,
                       Durability durability = Durability::relaxed) {
  return stash(std::move(project), segment(id, text), durability);
}
// `count` segments <stem>0, <stem>1, ... in one batch.
inline Committed stash_many(Project project, const std::string& stem, int count) {
  Batch batch;
  for (int n = 0; n < count; ++n) {
    batch.stash(segment(stem + std::to_string(n), "text " + stem + " number " + std::to_string(n)));
  }
  return project.commit(batch, Durability::relaxed).value();
}
inline Committed update(Project project, const std::string& id, const Update& changes) {
  Batch batch;
  batch.update(id, changes);
  return project.commit(batch, Durability::relaxed).value();
}
inline Committed erase(Project project, const std::string& id) {
  Batch batch;
  batch.erase(id);
  return project.commit(batch, Durability::relaxed).value();
}
inline Committed ingest(Project project, const std::vector<NewSegment>& segments) {
  Batch batch;
  for (const NewSegment& one : segments) batch.stash(one);
  return project.ingest(batch).value();
}

// -- looking --

inline std::string text_of(const Snapshot& snapshot, const std::string& id) {
  const auto found = snapshot.get(id).value();
  return found.has_value() ? std::string(found->text()) : "(none)";
}
inline std::string text_of(const Project& project, const std::string& id) {
  return text_of(project.snapshot().value(), id);
}
inline Metadata metadata_of_id(const Project& project, const std::string& id) {
  return project.snapshot().value().get(id).value().value().metadata();
}
inline u64 count_of(const Project& project, std::string_view where = {}) {
  return project.snapshot().value().count(where).value().count;
}
inline Contents contents(const Snapshot& snapshot) {
  Listing all;
  all.limit = 1'000'000;
  Contents result;
  const Page page = snapshot.list(all).value();
  for (const Metadata& metadata : page.segments) {
    result[metadata.id] = text_of(snapshot, metadata.id);
  }
  return result;
}
inline Contents contents(const Project& project) { return contents(project.snapshot().value()); }

inline std::vector<std::string> found_ids(const Snapshot& snapshot, const std::string& text) {
  Query query;
  query.text = text;
  query.limit = 1000;
  query.snippets = false;
  std::vector<std::string> ids;
  const Answer answer = snapshot.search(query).value();
  for (const Hit& hit : answer.hits) ids.push_back(hit.id);
  std::sort(ids.begin(), ids.end());
  return ids;
}
inline std::vector<std::string> found_ids(const Project& project, const std::string& text) {
  return found_ids(project.snapshot().value(), text);
}

inline std::shared_ptr<const store::View> view_of(const std::shared_ptr<Project::State>& state) {
  return store::current_view(*state).value();
}

// Merges all shards of the manifest, leaving the logs alone.
inline void merge_shards_only(const std::shared_ptr<Project::State>& state) {
  store::MergePlan plan;
  for (const auto& entry : view_of(state)->edition->manifest.shards)
    plan.shards.push_back(entry.id);
  store::run_merge(*state, plan, {}).value();
}

// -- another process --

// A child of fork that runs `body` with its end of a pipe and is killed when the object goes away.
// Make it while no store is open: a child must open its own handles.
class Child {
 public:
  explicit Child(const std::function<void(int pipe)>& body) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("pipe failed");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends[0]);
      int status = 0;
      try {
        body(ends[1]);
      } catch (...) {
        status = 1;
      }
      ::_exit(status);
    }
    ::close(ends[1]);
    read_end_ = ends[0];
  }
  ~Child() {
    kill();
    ::close(read_end_);
  }
  Child(const Child&) = delete;

  // Waits for `count` bytes from the child; false: it ended before.
  bool hears(int count) const {
    char byte = 0;
    for (; count > 0; --count) {
      if (::read(read_end_, &byte, 1) != 1) return false;
    }
    return true;
  }
  void kill() {
    if (ended_) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    ended_ = true;
  }
  // Exit status; -1 for a signal.
  int wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    ended_ = true;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::int64_t pid() const { return pid_; }
  static void say(int pipe) {
    const char byte = 1;
    if (::write(pipe, &byte, 1) != 1) ::_exit(2);
  }

 private:
  ::pid_t pid_ = 0;
  int read_end_ = -1;
  bool ended_ = false;
};

}  // namespace shale::testing
