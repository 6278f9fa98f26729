#include "sync/folder_scanner.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "base/bytes.hpp"
#include "base/file.hpp"
#include "model/record.hpp"
#include "sync/folder_walk.hpp"
#include "sync/source_file.hpp"
#include "sync/text_pieces.hpp"
#include "text/utf8.hpp"

namespace shale::sync {

namespace fs = std::filesystem;

namespace {

constexpr usize block_bytes = 1u << 20;

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

class Scan {
 public:
  Scan(const ScanOptions& options, const SegmentSink& sink) : options_(options), sink_(sink) {}

  Result<void> path(const fs::path& given) {
    struct stat status {};
    if (stat(given.c_str(), &status) != 0) return problem(given, last_error());
    if (S_ISREG(status.st_mode)) return file(given);
    if (!S_ISDIR(status.st_mode)) return problem(given, "it is neither a file nor a folder");
    return folder(given);
  }

  ScanReport take_report() { return std::move(report_); }

 private:
  static std::string last_error() { return fail_errno("", "", errno).error.message.substr(2); }

  Result<void> problem(const fs::path& path, std::string reason) {
    report_.problems.push_back({path.string(), std::move(reason)});
    return {};
  }

  Result<void> folder(const fs::path& path) {
    const auto walked = walk_folder(path);
    if (!walked) return problem(path, walked.error().message);
    for (const WalkProblem& one : walked->problems) TRY(problem(path / one.path, one.reason));
    for (const WalkedFile& one : walked->files) TRY(file(path / one.path));
    return {};
  }

  Result<void> file(const fs::path& path) {
    const std::string name = shown_path(path);
    if (!is_utf8(name)) return problem(path, "its name is not UTF-8");
    auto opened = File::open(path, File::Mode::read);
    if (!opened) return problem(path, opened.error().message);
    const auto stamp = stamp_of(*opened);
    if (!stamp) return problem(path, stamp.error().message);
    return cut(*opened, name, modified_at(*stamp));
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
      if (offset == 0 && is_binary(text)) {
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
