#include "exchange/context_file.hpp"

#include <algorithm>
#include <cctype>

#include "base/bytes.hpp"
#include "base/checksum.hpp"
#include "base/hex.hpp"
#include "exchange/json_stream.hpp"
#include "exchange/line_reader.hpp"
#include "exchange/ndjson_reader.hpp"

namespace shale::exchange {

namespace {

constexpr usize stem_bytes_max = 200;  // a file name may have 255, with .json.tmp behind it

// `name_2025-12`
bool is_monthly(std::string_view stem) {
  constexpr std::string_view pattern = "_dddd-dd";
  if (stem.size() <= pattern.size()) return false;
  stem.remove_prefix(stem.size() - pattern.size());
  return std::equal(pattern.begin(), pattern.end(), stem.begin(), [](char wanted, char c) {
    return wanted == 'd' ? c >= '0' && c <= '9' : c == wanted;
  });
}

JsonStream::Take choose_in_container(const JsonStream::Path& path) {
  using Take = JsonStream::Take;
  const bool in_projects = !path.empty() && path[0] == "projects";
  if (path.empty() || (in_projects && path.size() < 3)) return Take::enter;
  if (path.back() != "segments") return Take::skip;
  return path.size() == 1 || in_projects ? Take::each : Take::skip;
}

JsonStream::Choose choose_for(JsonShape shape) {
  using Take = JsonStream::Take;
  if (shape == JsonShape::container) return choose_in_container;
  const Take take = shape == JsonShape::array ? Take::each : Take::whole;
  return [take](const JsonStream::Path&) { return take; };
}

// What the readers of objects and of lines have in common: one segment after the other, each to its
// project.
class SegmentFile {
 public:
  // `names_project`: the file's name stands for a project where its segments name none.
  SegmentFile(ImportRun& run, const ImportFile& file, bool names_project)
      : run_(run), file_(file), names_project_(names_project) {}

  // `above`: the project that the keys above the segment name.
  Result<void> take(std::string_view text, u64 line, const std::string* above) {
    auto parsed = reader_.read(text);
    if (parsed && !parsed->has_id) {
      parsed = fail(ErrorCode::invalid_argument, "The segment has no id.");
    }
    if (!parsed) return refuse(line, about_segment(std::move(parsed).error().message));
    const std::optional<std::string> project = decide(*parsed, above);
    if (!project) return {};
    return run_.take({file_.path, line}, *project, std::move(parsed->segment));
  }

  Result<void> refuse(u64 line, std::string_view reason) {
    run_.refuse({file_.path, line}, reason);
    return {};
  }

  // Whether nothing of the file can be taken before the user says which project it is.
  bool is_undecidable() const { return is_undecidable_; }

  Result<void> finish() {
    if (is_undecidable_) {
      run_.refuse_undecidable(file_.path,
                              "is it a project of that name, or one month of a project? Say which "
                              "with --project. Nothing of it is taken.");
    }
    if (strangers_ > 0) {
      run_.warn({file_.path}, std::to_string(strangers_) +
                                  " segments name another project than the one they stand in; they "
                                  "keep that name as the attribute project_id.");
    }
    return {};
  }

 private:
  // Nothing where only the user can say.
  std::optional<std::string> decide(NdjsonLine& parsed, const std::string* above) {
    if (run_.options().project) return run_.options().project;
    if (above == nullptr && !file_.project) return natural(parsed);
    if (above == nullptr && !decided_) decide_by_name(parsed.project);
    if (above == nullptr && !decided_) return is_undecidable_ = true, std::nullopt;
    const std::string& project = above != nullptr ? *above : *decided_;
    if (parsed.project && *parsed.project != project) {
      ++strangers_;
      parsed.segment.attrs.insert_or_assign("project_id", *parsed.project);
    }
    return project;
  }

  std::string natural(const NdjsonLine& parsed) const {
    if (parsed.project || !names_project_) return run_.project_of(parsed.project);
    return run_.project_of(file_.fallback);
  }

  // By the file's name, and by what its first segment says of it.
  void decide_by_name(const std::optional<std::string>& named) {
    if (named && project_file_stem(*named) == *file_.project) {
      decided_ = named;
    } else if (!is_monthly(*file_.project)) {
      decided_ = file_.project;
    }
  }

  ImportRun& run_;
  const ImportFile& file_;
  NdjsonReader reader_;
  std::optional<std::string> decided_;
  bool names_project_;
  bool is_undecidable_ = false;
  u64 strangers_ = 0;
};

// Tells the run how far a reader has come.
class Advance {
 public:
  explicit Advance(ImportRun& run) : run_(run) {}
  Result<void> to(u64 bytes) {
    const u64 more = bytes - told_;
    told_ = bytes;
    return run_.advance(more);
  }

 private:
  ImportRun& run_;
  u64 told_ = 0;
};

}  // namespace

Result<void> import_context(ImportRun& run, const ImportFile& file) {
  const File input = TRY(File::open(file.path, File::Mode::read));
  const JsonShape shape = shape_of(TRY(read_head(input)));
  JsonStream stream(input.descriptor(), file.path, line_bytes_max, choose_for(shape));
  SegmentFile segments(run, file, shape == JsonShape::container);
  Advance advance(run);
  while (!segments.is_undecidable()) {
    auto value = stream.next();
    TRY(advance.to(stream.bytes_read()));
    if (!value) {
      TRY(segments.finish());
      return Unexpected{std::move(value).error()};
    }
    if (value->state == JsonStream::State::end) break;
    if (value->state == JsonStream::State::too_long) {
      TRY(segments.refuse(value->line, "The segment is longer than any may be."));
      continue;
    }
    const bool in_projects = stream.path().size() > 1;
    TRY(segments.take(value->text, value->line, in_projects ? &stream.path()[1] : nullptr));
  }
  return segments.finish();
}

Result<void> import_ndjson(ImportRun& run, const ImportFile& file) {
  const File input = TRY(File::open(file.path, File::Mode::read));
  LineReader lines(input.descriptor(), file.path, line_bytes_max);
  SegmentFile segments(run, file, false);
  Advance advance(run);
  while (!segments.is_undecidable()) {
    const auto line = TRY(lines.next());
    TRY(advance.to(lines.bytes_read()));
    if (line.state == LineReader::State::end) break;
    if (line.state == LineReader::State::too_long) {
      TRY(segments.refuse(line.number, "The line is longer than any may be."));
    } else if (line.text.find_first_not_of(" \t") != std::string_view::npos) {
      TRY(segments.take(line.text, line.number, nullptr));
    }
  }
  return segments.finish();
}

std::string project_file_stem(std::string_view project) {
  std::string stem;
  for (const char c : project) {
    const bool leads_with_dot = c == '.' && stem.empty();
    if (c == '/' || c == '%' || u8(c) < 0x20 || u8(c) == 0x7F || leads_with_dot) {
      stem += '%';
      append_hex(stem, u8(c));
    } else {
      stem += c;
    }
  }
  if (stem.size() <= stem_bytes_max) return stem;
  const TextHash hash = checksum128(as_bytes(project));
  return "%h" + hex16(hash.high) + hex16(hash.low);
}

}  // namespace shale::exchange
