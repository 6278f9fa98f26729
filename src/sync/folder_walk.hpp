// Which files a folder holds, all the way down, with their stamps: what `add` and `sync` go by.
//
// Leaves out what .gitignore and .ignore say (of the folder, of those below and, inside a git work
// tree, of those above), `.git`, stores of shale, and what is neither file nor folder. Links to
// folders are never followed: no loops. Folders are read by several threads; nothing is opened but
// folders and ignore files. What cannot be read is told and the walk goes on.
// Does not read the files (folder_scanner, mirror do).
#pragma once

#include <algorithm>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/folder.hpp"

namespace shale::sync {

struct WalkOptions {
  bool follow_links = false;       // to files
  bool obeys_ignore_files = true;  // .gitignore and .ignore
  unsigned threads = 0;            // 0: as many as there are cores, 8 at most
};

struct WalkedFile {
  std::string path;  // relative to the root, `/` between its parts
  FileStamp stamp;
};

struct WalkProblem {
  std::string path;  // relative to the root, "" for the root itself
  std::string reason;
  bool is_folder = false;  // nobody knows what lies below it
};

struct Walked {
  std::vector<WalkedFile> files;     // by path, the files of a folder together (path_before)
  std::vector<std::string> folders;  // that were read, "" for the root; in any order
  std::vector<WalkProblem> problems;
};

// A part of a tree: a folder, relative to the root, alone or with all below it.
struct WalkPart {
  std::string folder;
  bool is_deep = false;
};

// An error where the root itself cannot be listed.
Result<Walked> walk_folder(const std::filesystem::path& root, const WalkOptions& options = {});

// The same of parts, none of which lies in a deep one. One that is not there, or is left out by
// rules or because it lies in what is, holds nothing. not_found where the root itself has gone.
Result<Walked> walk_parts(const std::filesystem::path& root, std::span<const WalkPart> parts,
                          const WalkOptions& options = {});

// The order of a walk that takes the entries of each folder by name.
bool path_before(std::string_view a, std::string_view b);

template <class WithPath>
void sort_by_path(std::vector<WithPath>& all) {
  std::sort(all.begin(), all.end(),
            [](const WithPath& a, const WithPath& b) { return path_before(a.path, b.path); });
}

}  // namespace shale::sync
