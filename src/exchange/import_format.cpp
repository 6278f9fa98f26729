#include "exchange/import_format.hpp"

#include <algorithm>
#include <iterator>

#include "base/bytes.hpp"
#include "base/file.hpp"
#include "exchange/json_stream.hpp"

namespace shale::exchange {

namespace fs = std::filesystem;

namespace {

constexpr usize head_bytes = 64u << 10;
constexpr std::string_view sqlite_magic("SQLite format 3\0", 16);
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view spaces = " \t\r\n";

struct FormatName {
  ImportFormat format;
  std::string_view name;
  std::string_view kind;  // of a file, for people
};
constexpr FormatName format_table[] = {
    {ImportFormat::ndjson, "ndjson", "a file of NDJSON"},
    {ImportFormat::context, "context", "a file of Out of Context"},
    {ImportFormat::mdc, "mdc", "a context of Out of Context"},
    {ImportFormat::docdevai, "docdevai", "a database of DocDevAI"},
    {ImportFormat::database, "sqlite", "a SQLite database"},
    {ImportFormat::parseltongue, "parseltongue", "a snapshot of parseltongue"},
};

std::string_view without_mark(std::string_view head) {
  if (head.starts_with(byte_order_mark)) head.remove_prefix(byte_order_mark.size());
  return head;
}

std::string_view without_leading_spaces(std::string_view text) {
  const usize first = text.find_first_not_of(spaces);
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

constexpr std::string_view container_keys[] = {"segments", "projects"};
constexpr std::string_view segment_keys[] = {"segment_id", "id", "text", "text_base64"};
constexpr std::string_view graph_keys[] = {"nodes", "edges"};

template <usize count>
bool is_one_of(const std::string_view (&keys)[count], std::string_view key) {
  return std::find(std::begin(keys), std::end(keys), key) != std::end(keys);
}

bool decides(std::string_view key) {
  return is_one_of(container_keys, key) || is_one_of(segment_keys, key) ||
         is_one_of(graph_keys, key);
}

// Takes the value at the front of `rest`; nothing where `rest` ends in it.
std::optional<std::string_view> take_value(std::string_view& rest) {
  rest = without_leading_spaces(rest);
  const usize end = rest.empty() ? ValueEnd::npos : ValueEnd().step(rest);
  if (end == ValueEnd::npos) return std::nullopt;
  const std::string_view value = rest.substr(0, end);
  rest = without_leading_spaces(rest.substr(end));
  return value;
}

// Whether the object at the front ends on the line it begins on.
bool is_one_line(std::string_view text) {
  return text.substr(0, ValueEnd().step(text)).find('\n') == std::string_view::npos;
}

bool has_extension(std::string_view name, std::string_view extension) {
  return name.size() > extension.size() && name.ends_with(extension);
}

std::string without(std::string name, std::string_view ending) {
  if (has_extension(name, ending)) name.resize(name.size() - ending.size());
  return name;
}

// The name before the original set the file aside, or while it wrote it.
std::string own_name(const fs::path& path) {
  return without(without(path.filename().string(), ".tmp"), ".corrupt");
}

// The project that a file of one project is named after.
std::string stem_of(const fs::path& path) {
  std::string name = own_name(path);
  for (const std::string_view ending : {".json", ".ndjson", ".jsonl"}) {
    name = without(std::move(name), ending);
  }
  return name;
}

u64 size_of(const fs::path& path) {
  std::error_code ignored;
  const auto bytes = fs::file_size(path, ignored);
  return ignored ? 0 : u64(bytes);
}

ImportFile file_of(const fs::path& path, ImportFormat format) {
  return {
      .path = path.string(), .format = format, .fallback = stem_of(path), .bytes = size_of(path)};
}

// Where the original keeps one file for each project.
ImportFile file_in_stash(const fs::path& path, ImportFormat format) {
  ImportFile file = file_of(path, format);
  file.project = file.fallback;
  return file;
}

Result<ImportFile> plan_file(const fs::path& path, std::optional<ImportFormat> forced) {
  std::optional<ImportFormat> format = forced;
  if (!format) {
    const File file = TRY(File::open(path, File::Mode::read));
    format = sniff(TRY(read_head(file)), own_name(path));
  }
  if (!format) {
    return fail_at(
        ErrorCode::invalid_argument,
        "This is of no format that shale knows: name it with --format (" + format_names() + ").",
        path.string());
  }
  const bool in_stash = fs::absolute(path).parent_path().filename() == "stashed";
  return in_stash && *format != ImportFormat::mdc ? file_in_stash(path, *format)
                                                  : file_of(path, *format);
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

// Adds what is to be imported of a folder of the original's.
class FolderPlan {
 public:
  explicit FolderPlan(ImportPlan& plan) : plan_(plan) {}

  Result<void> storage(const fs::path& folder) {
    const fs::path single = folder / "storage.json";
    if (TRY(path_exists(single))) plan_.files.push_back(file_of(single, ImportFormat::context));
    if (is_folder(folder / "evicted")) TRY(evicted(folder / "evicted"));
    if (is_folder(folder / "stashed")) TRY(stashed(folder / "stashed"));
    if (is_folder(folder / "contexts")) TRY(contexts(folder / "contexts"));
    return {};
  }

  Result<void> evicted(const fs::path& folder) {
    for (const std::string& name : TRY(list_folder(folder))) {
      if (has_extension(name, ".json")) {
        plan_.files.push_back(file_of(folder / name, ImportFormat::context));
      } else {
        leave(folder / name);
      }
    }
    return {};
  }

  Result<void> stashed(const fs::path& folder) {
    for (const std::string& name : TRY(list_folder(folder))) {
      if (has_extension(name, ".json")) {
        plan_.files.push_back(file_in_stash(folder / name, ImportFormat::context));
      } else if (has_extension(name, ".ndjson") || has_extension(name, ".jsonl")) {
        plan_.files.push_back(file_in_stash(folder / name, ImportFormat::ndjson));
      } else {
        leave(folder / name);
      }
    }
    return {};
  }

  Result<void> contexts(const fs::path& folder) {
    for (const std::string& name : TRY(list_folder(folder))) {
      if (has_extension(name, ".mdc"))
        plan_.files.push_back(file_of(folder / name, ImportFormat::mdc));
    }
    return {};
  }

 private:
  void leave(const fs::path& path) {
    const std::string name = path.filename().string();
    std::string reason = "is no file of segments: left alone.";
    if (name.ends_with(".corrupt")) {
      reason = "was set aside as damaged: left alone; import it by its name to take what it holds.";
    } else if (name.ends_with(".tmp")) {
      reason = "is what an interrupted write left: left alone.";
    }
    plan_.left_alone.emplace_back(path.string(), std::move(reason));
  }

  ImportPlan& plan_;
};

Result<void> plan_folder(const fs::path& folder, std::optional<ImportFormat> forced,
                         ImportPlan& plan) {
  FolderPlan adding(plan);
  const std::string name = fs::absolute(folder).lexically_normal().filename().string();
  if (name == "stashed") return adding.stashed(folder);
  if (name == "evicted") return adding.evicted(folder);
  TRY(adding.storage(folder));
  TRY(adding.contexts(folder));
  for (const char* inner : {".out_of_context", "out_of_context"}) {
    if (is_folder(folder / inner)) TRY(adding.storage(folder / inner));
  }
  if (!plan.files.empty() || !forced) return {};
  for (const std::string& file : TRY(list_folder(folder))) {
    if (!is_folder(folder / file)) plan.files.push_back(file_of(folder / file, *forced));
  }
  return {};
}

}  // namespace

Result<std::string> read_head(const File& file) {
  std::string head(head_bytes, '\0');
  head.resize(TRY(file.read_at(0, std::as_writable_bytes(std::span(head)))));
  return head;
}

std::string_view format_name(ImportFormat format) {
  for (const FormatName& entry : format_table) {
    if (entry.format == format) return entry.name;
  }
  return "unknown";
}

std::optional<ImportFormat> format_by_name(std::string_view name) {
  for (const FormatName& entry : format_table) {
    if (entry.name == name) return entry.format;
  }
  return std::nullopt;
}

std::string format_names() {
  std::string names;
  for (const FormatName& entry : format_table) {
    names.append(names.empty() ? "" : ", ").append(entry.name);
  }
  return names;
}

std::string deciding_key(std::string_view head) {
  std::string_view rest = without_leading_spaces(without_mark(head));
  if (!rest.starts_with('{')) return {};
  rest.remove_prefix(1);
  while (true) {
    const auto key = take_value(rest);
    if (!key || key->size() < 2 || key->front() != '"') return {};
    const std::string_view name = key->substr(1, key->size() - 2);
    if (decides(name)) return std::string(name);
    if (!rest.starts_with(':')) return {};
    rest.remove_prefix(1);
    if (!take_value(rest) || !rest.starts_with(',')) return {};
    rest.remove_prefix(1);
  }
}

JsonShape shape_of(std::string_view head) {
  if (without_leading_spaces(without_mark(head)).starts_with('[')) return JsonShape::array;
  return is_one_of(segment_keys, deciding_key(head)) ? JsonShape::segment : JsonShape::container;
}

std::optional<ImportFormat> sniff(std::string_view head, std::string_view name) {
  if (head.starts_with(sqlite_magic)) return ImportFormat::database;
  if (has_extension(name, ".mdc")) return ImportFormat::mdc;
  const std::string_view text = without_leading_spaces(without_mark(head));
  if (without_mark(head).starts_with("---\n") || without_mark(head).starts_with("---\r\n")) {
    return ImportFormat::mdc;
  }
  if (has_extension(name, ".ndjson") || has_extension(name, ".jsonl")) return ImportFormat::ndjson;
  if (text.starts_with('[')) return ImportFormat::context;
  const std::string key = deciding_key(head);
  if (is_one_of(graph_keys, key)) return ImportFormat::parseltongue;
  if (is_one_of(segment_keys, key) && is_one_line(text)) return ImportFormat::ndjson;
  if (!key.empty() || has_extension(name, ".json")) return ImportFormat::context;
  return std::nullopt;
}

Result<ImportPlan> plan_import(const fs::path& path, std::optional<ImportFormat> forced) {
  ImportPlan plan;
  if (!TRY(path_exists(path))) {
    return fail_at(ErrorCode::not_found, "There is no such file or folder.", path.string());
  }
  if (!is_folder(path)) {
    plan.files.push_back(TRY(plan_file(path, forced)));
    return plan;
  }
  TRY(plan_folder(path, forced, plan));
  if (plan.files.empty() && plan.left_alone.empty()) {
    return fail_at(ErrorCode::invalid_argument,
                   "There is nothing to import in this folder: no storage.json, stashed/, evicted/ "
                   "or contexts/, and no .mdc files.",
                   path.string());
  }
  return plan;
}

std::optional<std::string> foreign_kind(const fs::path& path) {
  const auto plan = plan_import(path);
  if (!plan || plan->files.empty()) return std::nullopt;
  if (is_folder(path)) return std::string("a folder of Out of Context");
  for (const FormatName& entry : format_table) {
    if (entry.format == plan->files.front().format) return std::string(entry.kind);
  }
  return std::nullopt;
}

}  // namespace shale::exchange
