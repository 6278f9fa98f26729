// Taking in what another store holds, or what files of other programs do, and giving it out.
//
//   auto got = shale::import_files(store, {{"storage.json", "notes.ndjson"}}).value();
//   shale::export_to(store, "all.ndjson").value();
//
// Files are of the formats that README "Import and export" names; of one id the last one stays.
//
//   auto done = shale::import_store(store, "/media/laptop/notes.shale",
//                                   {.on_conflict = shale::OnConflict::newest}).value();
//   std::printf("%llu added, %llu conflicts\n", done.added, done.conflicts);
//
// Of another store the outcome is the union of both, project by project: what is erased leaves no
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

// -- files --

struct FileImportOptions {
  // What the files are, where their content does not say: ndjson, context, mdc, docdevai, sqlite,
  // parseltongue.
  std::string format = {};
  // What to take of SQLite databases: a SELECT that gives `id` and `text`.
  std::string sql = {};
  std::optional<std::string> project = std::nullopt;  // takes all, whatever the files say
  bool with_deleted = false;  // documents that DocDevAI has only marked as deleted, too
  bool dry_run = false;       // read and check all, count, write nothing
  // Told of what cannot be taken, `file:line: reason`, and of what is passed over.
  std::function<void(const std::string&)> warn = {};
};

struct ImportedFiles {
  std::uint64_t stashed = 0;
  std::uint64_t replaced = 0;     // of those, how many superseded a version
  std::uint64_t counted = 0;      // texts whose tokens were counted
  std::uint64_t text_bytes = 0;   // of what is stashed
  std::uint64_t files = 0;        // read, to the end or to where they are damaged
  std::uint64_t bad = 0;          // segments refused
  std::uint64_t skipped = 0;      // segments and files passed over by rule
  std::uint64_t damaged = 0;      // files that are cut off or not of their format
  std::uint64_t unreadable = 0;   // files the system would not read
  std::uint64_t undecidable = 0;  // files whose project only FileImportOptions::project can say
  std::vector<std::string> projects = {};  // that were written to
};

// Stashes what the files, and the files in the folders, hold. What is wrong with one of them is
// told and counted, and leaves the others alone; so is a segment that cannot be taken. An error is
// one of the call (no such path or format), of the store, or cancelled: what was stashed before
// stays. Batches are those of `ingest`. Progress counts bytes read and segments taken.
SHALE_API Result<ImportedFiles> import_files(Store& into,
                                             std::span<const std::filesystem::path> paths,
                                             const FileImportOptions& options = {},
                                             const ProgressCallback& progress = {},
                                             std::stop_token stop = {});

enum class ExportFormat : std::uint8_t {
  ndjson,   // a file of one segment a line, which loses nothing
  context,  // a folder with stashed/PROJECT.json, as Out of Context has it
};

struct ExportOptions {
  ExportFormat format = ExportFormat::ndjson;
  std::string where = {};                  // `field:value` clauses, as of a search
  std::vector<std::string> projects = {};  // empty: all
  bool durable_only = false;               // nothing that a power cut could take back
};

struct Exported {
  std::uint64_t segments = 0;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  // Of what ExportFormat::context has no place for, how much there is: "the attributes of 3".
  std::string losses = {};
  std::vector<Fault> faults = {};  // what could not be read, and is not there
};

// Writes what one snapshot of each project shows, oldest first, in bounded memory. A file appears
// under its name when it is whole. Progress counts bytes and segments written.
SHALE_API Result<Exported> export_to(const Store& store, const std::filesystem::path& path,
                                     const ExportOptions& options = {},
                                     const ProgressCallback& progress = {},
                                     std::stop_token stop = {});

}  // namespace shale
