#include "base/file_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

#include "base/system.hpp"

namespace shale {

namespace {

constexpr std::string_view prefix = "/proc/shale-memory/";
// Not to be executed, ever; asked for since Linux 6.3, where some systems demand it.
constexpr unsigned no_exec_seal = 0x0008;
constexpr u64 folder_device = ~u64(0);  // of no file

int fail_with(int problem) {
  errno = problem;
  return -1;
}

int make_memory() {
  const int descriptor = ::memfd_create("shale", MFD_CLOEXEC | no_exec_seal);
  if (descriptor >= 0 || errno != EINVAL) return descriptor;
  return ::memfd_create("shale", MFD_CLOEXEC);
}

// An open file of its own, with its own locks and its own place: not what dup() would give.
int open_again(int descriptor, int flags) {
  const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  return ::open(path.c_str(), (flags & ~(O_CREAT | O_EXCL)) | O_CLOEXEC);
}

// A file as long as it has a name; names made by link share it.
class Node {
 public:
  explicit Node(int descriptor) : descriptor_(descriptor) {}
  ~Node() { close(); }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  int descriptor() const { return descriptor_; }
  void close() noexcept {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }

 private:
  int descriptor_;
};

struct Entry {
  std::shared_ptr<Node> file;  // null: a folder
  u64 folder_number = 0;
  bool is_folder() const { return file == nullptr; }
};

// The names of a volume: "" is its root, all others begin with a slash, "/store/projects".
class Tree {
 public:
  explicit Tree(std::weak_ptr<MemoryVolume> volume) : volume_(std::move(volume)) { add_folder(""); }

  std::shared_ptr<MemoryVolume> volume() const { return volume_.lock(); }
  Entry* find(const std::string& name) {
    const auto found = entries_.find(name);
    return found == entries_.end() ? nullptr : &found->second;
  }
  // 0, or why nothing can be made under that name for want of a folder to hold it.
  int holder_problem(const std::string& name) {
    if (name.empty()) return EEXIST;
    const Entry* const holder = find(name.substr(0, name.rfind('/')));
    if (holder == nullptr) return ENOENT;
    return holder->is_folder() ? 0 : ENOTDIR;
  }
  void add_folder(const std::string& name) { entries_[name] = {nullptr, ++folders_made_}; }
  void add(const std::string& name, Entry entry) { entries_[name] = std::move(entry); }
  void remove(const std::string& name) { entries_.erase(name); }

  std::vector<std::string> names_in(const std::string& folder) const {
    std::vector<std::string> names;
    for (auto at = begin_of(folder); at != end_of(folder); ++at) {
      std::string below = at->first.substr(folder.size() + 1);
      if (below.find('/') == std::string::npos) names.push_back(std::move(below));
    }
    return names;
  }
  bool is_empty(const std::string& folder) const { return begin_of(folder) == end_of(folder); }

  void move(const std::string& from, const std::string& to) {
    std::vector<std::string> names = {from};
    for (auto at = begin_of(from); at != end_of(from); ++at) names.push_back(at->first);
    for (const std::string& name : names) {
      Entry entry = std::move(entries_.at(name));
      entries_.erase(name);
      entries_[to + name.substr(from.size())] = std::move(entry);
    }
  }

  void close_all() noexcept {
    for (auto& [name, entry] : entries_) {
      if (entry.file != nullptr) entry.file->close();
    }
  }

 private:
  using Entries = std::map<std::string, Entry>;
  // What lies below a folder is one stretch of the names: '0' comes next after '/'.
  Entries::const_iterator begin_of(const std::string& folder) const {
    return entries_.lower_bound(folder + '/');
  }
  Entries::const_iterator end_of(const std::string& folder) const {
    return entries_.lower_bound(folder + '0');
  }

  std::weak_ptr<MemoryVolume> volume_;
  Entries entries_;
  u64 folders_made_ = 0;
};

// The volumes of this process. Its mutex is held over each fork, so that the child finds it whole;
// never destroyed, because a volume may outlive every other static object.
class Table {
 public:
  static Table& instance() {
    static Table* const one = new Table();
    return *one;
  }
  std::mutex& mutex() { return mutex_; }

  u64 new_number() {
    const std::lock_guard lock(mutex_);
    return ++last_number_;
  }
  void add(u64 number, std::weak_ptr<MemoryVolume> volume) {
    const std::lock_guard lock(mutex_);
    trees_.emplace(number, std::make_unique<Tree>(std::move(volume)));
  }
  void remove(u64 number) {
    std::unique_ptr<Tree> gone;  // gives its memory back without the mutex
    const std::lock_guard lock(mutex_);
    const auto found = trees_.find(number);
    if (found == trees_.end()) return;
    gone = std::move(found->second);
    trees_.erase(found);
  }
  // Under the mutex.
  Tree* find(u64 number) {
    const auto found = is_of_parent(number) ? trees_.end() : trees_.find(number);
    return found == trees_.end() ? nullptr : found->second.get();
  }

 private:
  Table() {
    at_fork([] { instance().mutex_.lock(); }, [] { instance().mutex_.unlock(); },
            [] { instance().leave_to_parent(); });
  }
  bool is_of_parent(u64 number) const { return number <= parents_last_; }
  // In the child of a fork: nothing is allocated or freed here.
  void leave_to_parent() {
    for (auto& [number, tree] : trees_) tree->close_all();
    parents_last_ = last_number_;
    mutex_.unlock();
  }

  std::mutex mutex_;
  std::map<u64, std::unique_ptr<Tree>> trees_;
  u64 last_number_ = 0;
  u64 parents_last_ = 0;
};

// What a path means: a volume's number and a name in it.
struct Address {
  u64 volume = 0;  // 0: of none
  std::string name;
};

// Components are taken as they are written: there are no links that could lead elsewhere.
Address address_of(std::string_view path) {
  path.remove_prefix(prefix.size());
  Address address;
  const char* const end = path.data() + path.size();
  const auto [digits_end, problem] = std::from_chars(path.data(), end, address.volume);
  if (problem != std::errc() || (digits_end != end && *digits_end != '/')) return {};
  path.remove_prefix(usize(digits_end - path.data()));
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(part.size());
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      address.name.erase(address.name.empty() ? 0 : address.name.rfind('/'));
    } else {
      address.name.append("/").append(part);
    }
  }
  return address;
}

// A path looked up, with the table locked while this lives.
class Lookup {
 public:
  explicit Lookup(const char* path)
      : lock_(Table::instance().mutex()), name_(address_of(path).name), tree_(tree_of(path)) {}

  Tree* tree() const { return tree_; }
  const std::string& name() const { return name_; }
  Entry* entry() const { return tree_ == nullptr ? nullptr : tree_->find(name_); }
  // Of another path, under the same lock; null: in another volume, or none.
  std::optional<std::string> name_of(const char* path) const {
    if (tree_of(path) != tree_) return std::nullopt;
    return address_of(path).name;
  }

 private:
  static Tree* tree_of(const char* path) { return Table::instance().find(address_of(path).volume); }

  std::lock_guard<std::mutex> lock_;
  std::string name_;
  Tree* tree_;
};

int create(Tree& tree, const std::string& name, int flags) {
  if (const int problem = tree.holder_problem(name); problem != 0) return fail_with(problem);
  auto node = std::make_shared<Node>(make_memory());
  if (node->descriptor() < 0) return -1;
  // Opened before it has a name: where that fails, for want of descriptors, nothing was made.
  const int opened = open_again(node->descriptor(), flags);
  if (opened >= 0) tree.add(name, {std::move(node), 0});
  return opened;
}

int open_folder(int flags) {
  const bool has_no_name = (flags & O_TMPFILE) == O_TMPFILE;
  if (!has_no_name && (flags & O_ACCMODE) != O_RDONLY) return fail_with(EISDIR);
  return make_memory();
}

// 0, or why an entry may not be replaced by another one in a rename.
int replace_problem(Tree& tree, const Entry& moved, const std::string& to) {
  const Entry* const there = tree.find(to);
  if (there == nullptr) return 0;
  if (!there->is_folder()) return moved.is_folder() ? ENOTDIR : 0;
  if (!moved.is_folder()) return EISDIR;
  return tree.is_empty(to) ? 0 : ENOTEMPTY;
}

bool lies_in(const std::string& name, const std::string& folder) {
  return name.size() > folder.size() && name.starts_with(folder) && name[folder.size()] == '/';
}

}  // namespace

// -- volumes --

MemoryVolume::MemoryVolume(u64 number)
    : number_(number), root_(std::string(prefix) + std::to_string(number)) {}

MemoryVolume::~MemoryVolume() { Table::instance().remove(number_); }

Result<std::shared_ptr<MemoryVolume>> MemoryVolume::make() {
  const Node probe(make_memory());
  if (probe.descriptor() < 0) return fail_errno("cannot make a file of memory", {}, errno);
  const Node again(open_again(probe.descriptor(), O_RDWR));
  if (again.descriptor() < 0) {
    return fail_errno("cannot open a file of memory a second time, which needs /proc",
                      "/proc/self/fd", errno);
  }
  // The constructor is private: not for make_shared.
  const u64 number = Table::instance().new_number();
  std::shared_ptr<MemoryVolume> volume(new MemoryVolume(number));
  Table::instance().add(number, volume);
  return volume;
}

std::shared_ptr<MemoryVolume> MemoryVolume::of(const std::filesystem::path& path) {
  if (!is_memory_path(path.c_str())) return nullptr;
  const Lookup found(path.c_str());
  return found.tree() == nullptr ? nullptr : found.tree()->volume();
}

bool is_memory_path(const char* path) noexcept {
  return std::string_view(path).starts_with(prefix);
}

// -- system calls --

int memory_files::open(const char* path, int flags) {
  const Lookup found(path);
  const Entry* const entry = found.entry();
  const bool may_create = (flags & O_CREAT) != 0;
  if (entry == nullptr) {
    if (found.tree() == nullptr || !may_create) return fail_with(ENOENT);
    return create(*found.tree(), found.name(), flags);
  }
  if (may_create && (flags & O_EXCL) != 0) return fail_with(EEXIST);
  if (entry->is_folder()) return open_folder(flags);
  if ((flags & O_DIRECTORY) != 0) return fail_with(ENOTDIR);
  return open_again(entry->file->descriptor(), flags);
}

int memory_files::make_folder(const char* path) {
  const Lookup found(path);
  if (found.tree() == nullptr) return fail_with(ENOENT);
  if (found.entry() != nullptr) return fail_with(EEXIST);
  if (const int problem = found.tree()->holder_problem(found.name()); problem != 0) {
    return fail_with(problem);
  }
  found.tree()->add_folder(found.name());
  return 0;
}

int memory_files::rename(const char* from, const char* to) {
  if (!is_memory_path(from) || !is_memory_path(to)) return fail_with(EXDEV);
  const Lookup found(from);
  if (found.entry() == nullptr) return fail_with(ENOENT);
  const std::optional<std::string> target = found.name_of(to);
  if (!target.has_value()) return fail_with(EXDEV);
  Tree& tree = *found.tree();
  if (found.name().empty() || target->empty()) return fail_with(EBUSY);  // a volume's root
  if (found.name() == *target) return 0;
  if (lies_in(*target, found.name())) return fail_with(EINVAL);
  int problem = tree.holder_problem(*target);
  if (problem == 0) problem = replace_problem(tree, *found.entry(), *target);
  if (problem != 0) return fail_with(problem);
  tree.move(found.name(), *target);
  return 0;
}

int memory_files::link(const char* from, const char* to) {
  if (!is_memory_path(from) || !is_memory_path(to)) return fail_with(EXDEV);
  const Lookup found(from);
  if (found.entry() == nullptr) return fail_with(ENOENT);
  if (found.entry()->is_folder()) return fail_with(EPERM);
  const std::optional<std::string> target = found.name_of(to);
  if (!target.has_value()) return fail_with(EXDEV);
  if (found.tree()->find(*target) != nullptr) return fail_with(EEXIST);
  if (const int problem = found.tree()->holder_problem(*target); problem != 0) {
    return fail_with(problem);
  }
  found.tree()->add(*target, *found.entry());
  return 0;
}

int memory_files::remove(const char* path) {
  const Lookup found(path);
  if (found.entry() == nullptr) return fail_with(ENOENT);
  if (found.entry()->is_folder()) return fail_with(EISDIR);
  found.tree()->remove(found.name());
  return 0;
}

int memory_files::remove_folder(const char* path) {
  const Lookup found(path);
  if (found.entry() == nullptr) return fail_with(ENOENT);
  if (!found.entry()->is_folder()) return fail_with(ENOTDIR);
  if (found.name().empty()) return fail_with(EBUSY);
  if (!found.tree()->is_empty(found.name())) return fail_with(ENOTEMPTY);
  found.tree()->remove(found.name());
  return 0;
}

int memory_files::look(const char* path, struct stat& out) {
  const Lookup found(path);
  const Entry* const entry = found.entry();
  if (entry == nullptr) return fail_with(ENOENT);
  if (!entry->is_folder()) return ::fstat(entry->file->descriptor(), &out);
  out = {};
  out.st_mode = S_IFDIR | 0700;
  out.st_dev = folder_device;
  out.st_ino = entry->folder_number;
  return 0;
}

int memory_files::list(const char* path, std::vector<std::string>& names) {
  const Lookup found(path);
  if (found.entry() == nullptr) return fail_with(ENOENT);
  if (!found.entry()->is_folder()) return fail_with(ENOTDIR);
  names = found.tree()->names_in(found.name());
  return 0;
}

}  // namespace shale
