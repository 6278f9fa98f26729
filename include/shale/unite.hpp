// Taking in what another store holds.
//
//   auto done = shale::import_store(store, "/media/laptop/notes.shale",
//                                   {.on_conflict = shale::OnConflict::newest}).value();
//   std::printf("%llu added, %llu conflicts\n", done.added, done.conflicts);
//
// The outcome is the union of both, project by project: what is erased leaves no
// trace, so that a segment one of them has is there afterwards. A segment comes with all that it
// has. Where both have an id and all that is their users' is the same (text and metadata, but for
// counts of tokens that were made by a store), nothing is written. Else it is a conflict. With
// `newest` and `both` neither the direction nor the order in which stores are united matters, and
// uniting them again changes nothing.
//
// What a segment says of a folder that is synced where it comes from (shale/sync.hpp) stays behind:
// it is that machine's, and a sync here would erase what its own folder does not have. A segment
// that a folder of this machine stands behind keeps its id and what the file says, whatever the
// policy: the next sync would make it so again.
//
// The other store is only read, as each of its projects stood when the call began. What
// others write here meanwhile is never written over: each batch is compared with what is here when
// it is made, and depends on that being so still when it is committed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include <shale/store.hpp>

namespace shale {

// What becomes of an id that both have, with different contents.
enum class OnConflict : std::uint8_t {
  refuse,  // nothing is written at all: ErrorCode::invalid_argument
  newest,  // the later touched_at stays; where they are the same, an order of the contents decides
  both,    // that one stays under the id, the other under a new one, made of id and content
  mine,
  theirs,
};

enum class Kept : std::uint8_t { mine, theirs, both };

struct Conflict {
  std::string project;  // here
  std::string id;
  Kept kept = Kept::mine;  // of no meaning under OnConflict::refuse
  std::string new_id;      // of the other one, where both are kept
};

struct StoreImportOptions {
  OnConflict on_conflict = OnConflict::refuse;
  // That project of the other store alone; absent: all of them.
  std::optional<std::string> from_project = std::nullopt;
  // Where it goes; absent: into that of the same name. invalid_argument where several projects of
  // the other store have segments: their ids would be mixed up for good.
  std::optional<std::string> project = std::nullopt;
  // Tell what would be done, and do nothing. With OnConflict::refuse conflicts are no error then.
  bool dry_run = false;
  // Told of every conflict as it is met, where it is set.
  std::function<void(const Conflict&)> on_each = {};
};

struct ImportedCounts {
  std::uint64_t added = 0;      // ids that were not here
  std::uint64_t same = 0;       // here already, the same
  std::uint64_t conflicts = 0;  // here already, and different; of these:
  std::uint64_t mine = 0;
  std::uint64_t theirs = 0;
  std::uint64_t both = 0;
  std::uint64_t synced = 0;      // `mine`, whatever the policy: a folder stands behind them
  std::uint64_t stashed = 0;     // segments written
  std::uint64_t text_bytes = 0;  // of those
  bool operator==(const ImportedCounts&) const = default;
};

struct ImportedProject : ImportedCounts {
  std::string name;  // here
  std::string from;  // there
  bool is_new = false;
  std::vector<std::string> conflicting;  // ids in their order, `conflicts_told_max` of them
  // In which settings the projects differ, a sentence each: they stay as they are here.
  std::vector<std::string> differences;
};
inline constexpr std::size_t conflicts_told_max = 100;

struct ImportedStore : ImportedCounts {
  std::vector<ImportedProject> projects;  // those that have segments there, by name
  std::vector<std::string> differences;   // of the stores' own settings
};

// Takes all segments of the store in `from` into `into`; projects are made where they are missing,
// with the settings they have there. invalid_argument where both are one store, and for a conflict
// that nobody decided; not_found where there is no such store or project; corrupt, with the file,
// where either is damaged as far as it is read. Each batch is whole or not there: what was done
// before an error, a kill, or before it was cancelled, stays, and the next call does the rest.
// Progress counts bytes of text looked at and segments written. Safe from many threads.
SHALE_API Result<ImportedStore> import_store(Store& into, const std::filesystem::path& from,
                                             const StoreImportOptions& options = {},
                                             const ProgressCallback& progress = {},
                                             std::stop_token stop = {});

}  // namespace shale
