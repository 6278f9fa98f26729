// What a process did to the files under one folder, call by call, in order: written down on the way
// to the kernel, so that crash states can be made of it (crash_states.hpp).
//
// A record begins with an image of the folder, all of it durable, and goes on with one Operation
// for each call that changes a disk or syncs it. Files are known by nodes of the record's own,
// never by their names: renaming a folder moves what is in it. What is written through a map
// (volatile/) has no operations; its bytes are copied at each mark instead, because no recovery may
// believe them. Used by the crash laboratory and the fault tests; not safe for two recorders at a
// time.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/file_system.hpp"

namespace shale::testing {

// A file's bytes; zeros at its end are counted, not kept: logs are mostly zeros.
struct FileBytes {
  std::string bytes;
  u64 size = 0;
  void write(u64 offset, std::string_view piece);
};

using NodeNo = u32;  // 0 is the root folder

struct Node {
  bool is_folder = false;
  std::map<std::string, NodeNo> entries;  // of a folder
  FileBytes content;                      // of a file
};

struct Operation {
  enum class Kind : u8 {
    create,       // `node` under `name` in `folder`, a file or a folder
    write,        // `bytes` at `offset` of `node`
    extend,       // `node` gets zeros from `offset` up to `offset` + `count`
    sync_data,    // of `node`
    sync_folder,  // of `node`
    rename,       // `name` of `folder` becomes `to_name` of `to_folder`
    link,         // `node` under one more name, `name` in `folder`
    remove,       // `name` of `folder`
    mark,         // the session's: `count` of its steps must survive, `offset` have begun
  };
  Kind kind = Kind::mark;
  NodeNo node = 0;
  NodeNo folder = 0;
  NodeNo to_folder = 0;
  std::string name;
  std::string to_name;
  u64 offset = 0;
  u64 count = 0;
  std::string bytes;
  bool is_folder = false;  // of create
  bool grows = false;      // of write and extend: the file got longer
  bool is_lost = false;    // of write and extend: a sync failed, and no later one brings it back

  bool is_name() const {
    return kind == Kind::create || kind == Kind::rename || kind == Kind::link ||
           kind == Kind::remove;
  }
  bool is_data() const { return kind == Kind::write || kind == Kind::extend; }
};

struct Record {
  std::map<NodeNo, Node> base;
  std::vector<Operation> operations;
  // Files written through maps, by path under the root, as they were at operation `first` of each.
  std::vector<std::pair<usize, std::map<std::string, std::string>>> volatile_files;
};

// Whether it is written through maps, and its bytes are no recovery's to believe.
bool is_volatile(const std::filesystem::path& file);

// Reads a folder into nodes, the folder itself as number 0.
std::map<NodeNo, Node> read_nodes(const std::filesystem::path& root);

// A restart: the kernel's boot id reads as `boot`. Nothing is synced: no power is cut under it.
class RestartedFileSystem : public FileSystem {
 public:
  RestartedFileSystem(const std::filesystem::path& root, const std::string& boot);
  ~RestartedFileSystem() override;
  int open(const char* path, int flags, mode_t rights) override;
  int sync_data(int) override { return 0; }
  int write_back(int, off_t, off_t, unsigned) override { return 0; }
  int sync_folder(int) override { return 0; }

 private:
  std::string boot_file_;
};

// Records while it is in use.
class RecordingFileSystem : public RestartedFileSystem {
 public:
  RecordingFileSystem(std::filesystem::path root, const std::string& boot);

  void mark(u64 acknowledged, u64 begun);
  Record take() { return std::move(record_); }
  const Record& record() const { return record_; }

  int open(const char* path, int flags, mode_t rights) override;
  ssize_t write(int descriptor, const iovec* pieces, int count, off_t offset) override;
  ssize_t copy_range(int source, off_t* from, int target, off_t* to, usize bytes) override;
  int allocate(int descriptor, off_t offset, off_t bytes) override;
  int sync_data(int descriptor) override;
  int sync_folder(int descriptor) override;
  int make_folder(const char* path, mode_t rights) override;
  int rename(const char* from, const char* to) override;
  int link(const char* from, const char* to) override;
  int remove(const char* path) override;
  int remove_folder(const char* path) override;

 protected:
  // The pages of the file that no sync has covered are lost for good.
  void lose_unsynced(int descriptor);

 private:
  using Identity = std::pair<u64, u64>;  // device, inode
  struct Place {
    NodeNo folder = 0;
    std::string name;
  };
  bool place_of(const char* path, Place& place) const;
  bool node_of(int descriptor, NodeNo& node) const;
  void add(Operation operation);
  int removed(const char* path, int answer);
  void add_create(const char* path, bool is_folder);
  void copy_volatile_files();

  std::filesystem::path root_;
  std::map<Identity, NodeNo> known_;
  NodeNo next_ = 1;
  Record record_;
  std::map<NodeNo, u64> sizes_;
};

}  // namespace shale::testing
