#include "sync/folder_scanner.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "base/bytes.hpp"
#include "base/file.hpp"
#include "model/record.hpp"
#include "sync/ignore_rules.hpp"
#include "sync/text_pieces.hpp"
#include "text/utf8.hpp"

namespace shale::sync {

namespace fs = std::filesystem;

namespace {

constexpr usize block_bytes = 1u << 20;
constexpr usize binary_probe_bytes = 8u << 10;
constexpr u64 ignore_file_bytes_max = 1u << 20;

constexpr std::array<std::string_view, 73> code_extensions = {
    "ada",  "asm",   "awk",   "bash", "bzl", "c",    "cc",  "cjs", "clj", "cmake", "cpp",
    "cs",   "css",   "cu",    "cxx",  "d",   "dart", "el",  "erl", "ex",  "exs",   "f90",
    "fish", "fs",    "go",    "gql",  "h",   "hh",   "hpp", "hrl", "hs",  "html",  "hxx",
    "inl",  "ino",   "ipp",   "java", "jl",  "js",   "jsx", "kt",  "kts", "less",  "lisp",
    "lua",  "m",     "mjs",   "ml",   "mli", "mm",   "nim", "nix", "pas", "php",   "pl",
    "pm",   "proto", "ps1",   "py",   "pyi", "r",    "rb",  "rs",  "s",   "scala", "scss",
    "sh",   "sql",   "swift", "ts",   "tsx", "vue",  "zig"};

static_assert(std::is_sorted(code_extensions.begin(), code_extensions.end()));

// The path as segments name it: inside the working directory relative to it, else as given.
std::string shown_path(const fs::path& path) {
  const fs::path normal = path.lexically_normal();
  if (!normal.is_absolute()) return normal.string();
  std::error_code code;
  const fs::path relative = normal.lexically_relative(fs::current_path(code));
  const bool inside = !code && !relative.empty() && *relative.begin() != "..";
  return inside ? relative.string() : normal.string();
}

Time modification_time(const struct stat& status) {
  return {i64(status.st_mtim.tv_sec) * 1'000'000 + status.st_mtim.tv_nsec / 1000, true};
}

class Scan {
 public:
  Scan(const ScanOptions& options, const SegmentSink& sink) : options_(options), sink_(sink) {}

  Result<void> path(const fs::path& given) {
    struct stat status {};
    if (stat(given.c_str(), &status) != 0) return problem(given, last_error());
    if (S_ISREG(status.st_mode)) return file(given);
    if (!S_ISDIR(status.st_mode)) return problem(given, "it is neither a file nor a folder");
    stack_ = IgnoreStack();
    push_rules_above(given);
    return folder(given);
  }

  ScanReport take_report() { return std::move(report_); }

 private:
  static std::string last_error() { return fail_errno("", "", errno).error.message.substr(2); }

  Result<void> problem(const fs::path& path, std::string reason) {
    report_.problems.push_back({path.string(), std::move(reason)});
    return {};
  }

  // Paths of the ignore stack are absolute: rules from above the root apply as well.
  static std::string absolute(const fs::path& path) {
    std::error_code code;
    const fs::path whole = fs::absolute(path, code).lexically_normal();
    std::string text = whole.string();
    while (text.size() > 1 && text.ends_with('/')) text.pop_back();
    return text;
  }

  void push_rules(const fs::path& folder) {
    IgnoreRules rules;
    for (const char* name : {".gitignore", ".ignore"}) {  // the second wins
      std::error_code code;
      if (!fs::is_regular_file(folder / name, code)) continue;
      const auto text = read_file(folder / name, ignore_file_bytes_max);
      if (text) {
        rules.add(as_text(*text));
      } else {
        (void)problem(folder / name, text.error().message);
      }
    }
    std::string prefix = absolute(folder);
    if (!prefix.ends_with('/')) prefix += '/';
    stack_.push(std::move(prefix), std::move(rules));
  }

  // Rules of the folders above, up to the top of the git work tree the root lies in.
  void push_rules_above(const fs::path& root) {
    std::vector<fs::path> above;
    std::error_code code;
    fs::path folder = absolute(root);
    while (!fs::exists(folder / ".git", code)) {
      if (!folder.has_relative_path()) return;  // no work tree
      folder = folder.parent_path();
      above.push_back(folder);
    }
    for (auto outer = above.rbegin(); outer != above.rend(); ++outer) push_rules(*outer);
  }

  Result<void> folder(const fs::path& path) {
    auto names = list_folder(path);
    if (!names) return problem(path, names.error().message);
    std::sort(names->begin(), names->end());
    push_rules(path);
    for (const std::string& name : *names) TRY(entry(path == "." ? fs::path(name) : path / name));
    stack_.pop();
    return {};
  }

  Result<void> entry(const fs::path& path) {
    struct stat status {};
    if (lstat(path.c_str(), &status) != 0) return problem(path, last_error());
    const bool is_folder = S_ISDIR(status.st_mode);
    if (!is_folder && !S_ISREG(status.st_mode)) return {};
    if (stack_.ignores(absolute(path), is_folder)) return {};
    if (!is_folder) return file(path);
    if (path.filename() == ".git" || is_store(path)) return {};
    return folder(path);
  }

  static bool is_store(const fs::path& path) {
    std::error_code code;
    return fs::exists(path / "shale.toml", code) && fs::is_directory(path / "projects", code);
  }

  Result<void> file(const fs::path& path) {
    const std::string name = shown_path(path);
    if (!is_utf8(name)) return problem(path, "its name is not UTF-8");
    auto opened = File::open(path, File::Mode::read);
    if (!opened) return problem(path, opened.error().message);
    struct stat status {};
    if (fstat(opened->descriptor(), &status) != 0) return problem(path, last_error());
    return cut(*opened, name, modification_time(status));
  }

  Result<void> cut(const File& source, const std::string& name, Time modified) {
    const u64 bytes_max = options_.lines > 0 ? text_bytes_max : options_.piece_bytes_max;
    std::string failure;
    TextCutter cutter(bytes_max, options_.lines, [&](const TextPiece& piece) {
      return piece_found(piece, name, modified, failure);
    });
    block_.resize(block_bytes);
    for (u64 offset = 0; failure.empty();) {
      const auto got = source.read_at(offset, block_);
      if (!got) return problem(name, got.error().message);
      const std::string_view text = as_text(Bytes(block_).first(*got));
      if (offset == 0 && text.substr(0, binary_probe_bytes).find('\0') != text.npos) {
        ++report_.binaries;
        return {};
      }
      if (*got == 0) break;
      offset += *got;
      TRY(cutter.feed(text));
    }
    TRY(cutter.finish());
    if (!failure.empty()) return problem(name, failure);
    ++report_.files;
    return {};
  }

  // A piece no store would take (its path is too long for an id) is the file's problem.
  Result<void> piece_found(const TextPiece& piece, const std::string& name, Time modified,
                           std::string& failure) {
    if (!failure.empty()) return {};
    NewSegment segment;
    segment.id = name + '#' + std::to_string(piece.first_line);
    if (piece.part > 0) segment.id += '.' + std::to_string(piece.part + 1);
    segment.text = piece.text;
    segment.type = type_of_file(name);
    segment.file = name;
    segment.line_range = LineRange{u32(piece.first_line), u32(piece.last_line)};
    segment.created_at = modified;
    const auto checked = check_segment(segment);
    if (checked) return sink_(std::move(segment));
    Result<void> copy = checked;
    failure = copy.error().message;
    return {};
  }

  const ScanOptions& options_;
  const SegmentSink& sink_;
  IgnoreStack stack_;
  ScanReport report_;
  Buffer block_;
};

}  // namespace

Result<ScanReport> scan_paths(const std::vector<fs::path>& paths, const ScanOptions& options,
                              const SegmentSink& sink) {
  Scan scan(options, sink);
  for (const fs::path& path : paths) TRY(scan.path(path));
  return scan.take_report();
}

std::string type_of_file(const fs::path& path) {
  std::string extension = path.extension().string();
  if (extension == ".log") return "log";
  if (!extension.empty()) extension.erase(0, 1);
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return char(c < 0x80 ? std::tolower(c) : c); });
  const std::string name = path.filename().string();
  const bool build_file = name == "Makefile" || name == "Dockerfile" || name == "CMakeLists.txt" ||
                          name == "meson.build" || name == "BUILD";
  const bool code =
      build_file || std::binary_search(code_extensions.begin(), code_extensions.end(), extension);
  return code ? "code" : "note";
}

}  // namespace shale::sync
