// Making a project equal to a folder: the segments of its files follow what the files hold.
//
//   auto done = shale::sync_with(notes, "src", {.prefix = "src/"}).value();
//   std::printf("%llu changed, %llu bytes read\n", done.changed, done.bytes_read);
//
// Each file becomes segments that concatenate to it byte for byte: functions and classes, sections
// under headings, or runs of lines. All segments of a file are replaced together. What the project
// holds besides (other prefixes, segments stashed by hand, analyses of the same files) stays.
//
// A file is read where its size, time of change or inode are not those of the last time, and where
// it was changed too shortly before it was read for the time to tell a later change (its hash
// decides then). Segments keep their ids, and with them pins, tags, tier and counts: those of the
// same text, then those of the same name, in place. A file that was renamed keeps its segments.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <shale/store.hpp>

namespace shale {

// How files are cut.
enum class Chunking : std::uint8_t {
  automatic,  // by what their names say they are: headings, symbols, else lines
  whole,      // a file is one segment, where it is not too long for that
  lines,      // SyncOptions::lines each
  symbols,    // functions and classes (SyncOptions::uses_ctags)
  headings,   // sections of Markdown
};

// Called with each segment that is about to be written, and the whole file it is a part of: may set
// its metadata. Not its id, text, file or line range, nor attributes that begin with a dot.
using DescribeSegment = std::function<void(std::string_view file_text, NewSegment& segment)>;

struct SyncOptions {
  // Stands before the paths of the folder's files: "lib/" where a project holds several folders.
  // The segments of one prefix are those of one folder; another prefix's are not touched.
  std::string prefix = {};
  Chunking chunking = Chunking::automatic;
  std::uint64_t lines = 40;                  // of a segment, where they are cut by lines
  std::uint64_t file_bytes_max = 16u << 20;  // longer ones are not taken
  std::vector<std::string> only = {};        // globs of paths: files that match none are not
  std::vector<std::string> without = {};     // taken, nor those that match one of these
  bool follow_links = false;                 // links to files are taken as files
  bool obeys_ignore_files = true;            // .gitignore and .ignore
  bool read_all = false;                     // trust no stamp: read every file
  bool dry_run = false;                      // tell what would be done, and do nothing
  // Where Universal Ctags is in $PATH, files of languages that shale itself does not know (Ruby,
  // PHP, Lua, shell, ...) are cut by its symbols: it runs as a child process. Without it, by lines:
  // off, a folder is cut alike on every machine.
  bool uses_ctags = true;
  DescribeSegment describe = {};
};

enum class FileChange : std::uint8_t { added, changed, removed, renamed };

struct SyncedFile {
  std::string path;  // as segments have it in `file`
  FileChange change = FileChange::added;
  std::string before = {};  // the path a renamed file had
  bool operator==(const SyncedFile&) const = default;
};

struct SyncProblem {
  std::string path;
  std::string reason;
};

struct Synced {
  std::uint64_t scanned = 0;    // files of the folder that are taken
  std::uint64_t unchanged = 0;  // of those, known and the same
  std::uint64_t changed = 0;
  std::uint64_t added = 0;
  std::uint64_t removed = 0;  // known, and not in the folder any more
  std::uint64_t renamed = 0;
  std::uint64_t passed_over = 0;  // binaries, empty files, those that are too long
  std::uint64_t files_read = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t stashed = 0;  // segments written
  std::uint64_t updated = 0;  // segments that stay, with other lines or another path, say
  std::uint64_t erased = 0;
  std::vector<SyncedFile> files;      // those that were not as before, by path
  std::vector<SyncProblem> problems;  // what could not be read: stays as it is in the project
  std::vector<std::string> warnings;  // what kept nothing from being done
};

// Makes the segments of options.prefix those of the files in `folder`. not_found where there is no
// such folder (nothing is removed then); busy where another process syncs the same prefix. What was
// done before an error, or before it was cancelled, stays: each file is as it was or as it is now,
// and the next call goes on. Progress counts bytes read. Safe from many threads.
SHALE_API Result<Synced> sync_with(Project& project, const std::filesystem::path& folder,
                                   const SyncOptions& options = {},
                                   const ProgressCallback& progress = {},
                                   std::stop_token stop = {});

// The same, and keeps it so while the folder changes, until `told` answers false or `stop` is asked
// for: that is no error. `told` gets what each pass did that changed anything, and the first one.
// What is saved is found within a few tens of milliseconds, wherever the kernel tells what happens
// in folders (inotify: not on network disks); where it tells of too much at once, or cannot watch
// so many folders, the whole folder is looked at again.
SHALE_API Result<void> watch_folder(Project& project, const std::filesystem::path& folder,
                                    const SyncOptions& options,
                                    const std::function<bool(const Synced&)>& told,
                                    std::stop_token stop = {});

// How the file that a segment is a part of stands now.
enum class SourceState : std::uint8_t {
  unknown,  // no file of a folder that was synced on this machine, or damage hides its stamp
  same,     // as the segments have it
  changed,
  gone,
};

// Of each of `files`, as segments of the snapshot name them. Looks at size, time and inode, and
// reads a file only where those were not yet to be relied on.
SHALE_API Result<std::vector<SourceState>> source_states(const Snapshot& snapshot,
                                                         std::span<const std::string> files);

// What `analyser` made of a synced file, as a segment to stash: type "analysis", the file in
// `file`, the analyser in the attribute `analyser`, and the hash of the bytes that the snapshot has
// of the file. A later one for the same file and analyser has the same id and takes its place.
// not_found where the file is not synced.
SHALE_API Result<NewSegment> analysis_of(const Snapshot& snapshot, std::string_view file,
                                         std::string_view analyser, std::string text);

// Whether there is such a segment, of the bytes that the snapshot has of the file now. Reads no
// text.
SHALE_API Result<bool> has_fresh_analysis(const Snapshot& snapshot, std::string_view file,
                                          std::string_view analyser);

// What a file (or whatever else a tool tells apart) depends on: includes, imports, calls.
struct Dependencies {
  std::string from;
  std::vector<std::string> to;
};

// Keeps dependencies in the project, for dependents_of and `sync --plan`: those of each `from` take
// the place of what it had, all of them at once or, after an error, none. Entries of one `from` add
// up; one without any `to` depends on nothing. Kept as segments of type "dependencies", without
// text, that have `from` in `file` and each `to` as a tag; mirrors, merges and backups leave them
// as they are. Those of a synced file that goes do not count while it is not there.
// invalid_argument where a path is empty, no UTF-8 or longer than field_bytes_max, or where those
// of one `from` come to more than metadata_bytes_max.
SHALE_API Result<void> set_dependencies(Project& project, std::span<const Dependencies> all);

// What `from` depends on, in the order it was set; nothing where that was never set.
SHALE_API Result<std::optional<std::vector<std::string>>> dependencies_of(const Snapshot& snapshot,
                                                                          std::string_view from);

// Who depends on one of `changed`, directly or through others, without those themselves; sorted.
// Costs what is found, not what is kept. An error where a part of the project cannot be read:
// nobody who has to be told may be missing.
SHALE_API Result<std::vector<std::string>> dependents_of(const Snapshot& snapshot,
                                                         std::span<const std::string> changed);

}  // namespace shale
