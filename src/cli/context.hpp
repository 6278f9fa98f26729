// What every verb gets: the options common to all, the output, and the way to its store.
//
// Opens stores for reading and for changing what is there (a missing one is an error with advice)
// and for writing (a missing one is made). Used by all verbs; program.cpp fills it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <shale/shale.hpp>

#include "base/error.hpp"
#include "cli/output.hpp"

namespace shale::cli {

struct Globals {
  std::string store;
  std::string project = "default";
  bool project_given = false;
  bool all_projects = false;
  bool no_merge = false;
  bool any_file_system = false;
  bool durable_only = false;  // reading verbs: nothing that a power cut could take back
  std::string verb;           // the one that runs: what `who` shows others
};

// What a store that has to be made is made with.
struct CreateOptions {
  std::string analysis = "english";
  std::string tokenizer = "o200k_base";
  std::string shard_by = "none";
  std::string index = "positions";
};

// One project's view of a reading verb.
struct View {
  std::string project;
  Snapshot snapshot;
};

class Context {
 public:
  Globals globals;
  Output output;
  std::function<Result<Exit>()> action;  // of the verb found on the command line

  Result<Store> store_to_read() const;
  Result<Store> store_to_write(const CreateOptions& create = {}) const;
  // Where input goes: as store_to_write(). A dry run only reads it; nothing where there is none.
  Result<std::optional<Store>> store_to_fill(const CreateOptions& create, bool is_dry_run) const;
  Result<Project> project_to_write() const;
  // For verbs that change what is there: a store is not made, nor is a project. Nothing where the
  // default project was never written.
  Result<std::optional<Project>> project_to_change() const;
  // The projects a reading verb is about; none where the default project was never written.
  Result<std::vector<Project>> projects_to_read(bool all) const;
  Result<std::vector<View>> views() const;
  Result<Snapshot> snapshot_of(const Project& project) const;

  // One bounded step of upkeep at the end of a verb that wrote. Its failure takes nothing back
  // of what was written, so it is a warning.
  void keep_up(Project& project) const;

 private:
  Result<std::vector<Project>> projects_of(const Store& store, bool all) const;
  // The one that is named, in a store that is there; nothing where it is the default by default.
  Result<std::optional<Project>> named_project(const Store& store) const;
};

// `id`, or `project/id` where several projects are shown.
std::string shown_id(const Context& context, const std::string& project, const std::string& id);

}  // namespace shale::cli
