// What a file or folder is that is to be imported: told by its content, not by its name alone.
//
// | format      | is |
// |---|---|
// | ndjson      | one segment a line, as `export` and `ingest` have it |
// | context     | JSON of Out of Context: a single file, one project's file, one evicted segment |
// | mdc         | a text with YAML front matter, of Out of Context 0.14 and newer |
// | docdevai    | a SQLite database of DocDevAI |
// | database    | any other SQLite database: needs a statement that says what to take |
// | parseltongue| a JSON snapshot of parseltongue |
//
// Reads the first 64 KiB of a file, and lists folders; opens no store. Used by `import`, and to say
// how to import what somebody names as a store.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/integers.hpp"

namespace shale::exchange {

enum class ImportFormat : u8 { ndjson, context, mdc, docdevai, database, parseltongue };

std::string_view format_name(ImportFormat format);
std::optional<ImportFormat> format_by_name(std::string_view name);
// "ndjson, context, ...", for messages.
std::string format_names();

struct ImportFile {
  std::string path;
  ImportFormat format = ImportFormat::ndjson;
  // The project its name stands for: files below a folder `stashed` have one. Where it is absent
  // the content decides, then `fallback`.
  std::optional<std::string> project = std::nullopt;
  std::string fallback = {};
  u64 bytes = 0;
};

struct ImportPlan {
  std::vector<ImportFile> files;
  // Files beside them that are left alone, each with the reason.
  std::vector<std::pair<std::string, std::string>> left_alone;
};

// What `path` holds. A folder: storage.json, evicted/, stashed/ and contexts/ in it, in that order
// (what comes later is newer and wins), or files of its own. invalid_argument where there is
// nothing that can be imported.
Result<ImportPlan> plan_import(const std::filesystem::path& path,
                               std::optional<ImportFormat> forced = std::nullopt);

// The beginning of a file, up to 64 KiB.
Result<std::string> read_head(const File& file);
// The first key of the object at the front that tells what it is, or nothing as far as `head` goes.
std::string deciding_key(std::string_view head);
// JSON of Out of Context: segments below keys, an array of them, or a single one.
enum class JsonShape : u8 { container, array, segment };
JsonShape shape_of(std::string_view head);
// The format of a file's beginning; `name` decides only where that says nothing.
std::optional<ImportFormat> sniff(std::string_view head, std::string_view name);

// What somebody could have taken for a store: "a file of Out of Context", ..., or nothing.
std::optional<std::string> foreign_kind(const std::filesystem::path& path);

}  // namespace shale::exchange
