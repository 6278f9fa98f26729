#include "exchange/mdc_file.hpp"

#include <filesystem>

#include "base/bytes.hpp"
#include "exchange/front_matter.hpp"

namespace shale::exchange {

namespace {

constexpr std::string_view fence = "---";
// The longest text, and its metadata.
constexpr u64 file_bytes_max = text_bytes_max + metadata_bytes_max;

// Takes the first line off, with its end.
std::string_view take_line(std::string_view& rest) {
  const usize end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

void skip_empty_line(std::string_view& rest) {
  std::string_view behind = rest;
  if (!rest.empty() && take_line(behind).empty()) rest = behind;
}

std::string stem_of(const ImportFile& file) {
  return std::filesystem::path(file.path).stem().string();
}

// Puts a key where it belongs; what its field cannot hold becomes an attribute.
void set_key(NewSegment& segment, const std::string& key, FrontValue value) {
  const bool is_name = key == "name" && value.text && !value.text->empty();
  if (is_name) {
    segment.id = *value.text;
  } else if (!set_field(segment, key, value)) {
    segment.attrs.insert_or_assign(key, std::move(value.value));
  }
}

}  // namespace

MdcParts split_mdc(std::string_view text) {
  std::string_view rest = text;
  if (take_line(rest) != fence) return {.body = text};
  const std::string_view front = rest;
  while (!rest.empty()) {
    const usize front_bytes = usize(rest.data() - front.data());
    if (take_line(rest) != fence) continue;
    skip_empty_line(rest);
    return {.front = front.substr(0, front_bytes), .body = rest};
  }
  return {.body = text};
}

MdcImporter::MdcImporter(const ImportPlan& plan) {
  for (const ImportFile& file : plan.files) {
    if (file.format == ImportFormat::mdc) stems_.insert(stem_of(file));
  }
}

void MdcImporter::settle_id(ImportRun& run, const ImportFile& file, NewSegment& segment) {
  const std::string stem = stem_of(file);
  if (segment.id.empty() || segment.id == stem) return void(segment.id = stem);
  if (!stems_.contains(segment.id) && names_.insert(segment.id).second) return;
  run.warn({file.path},
           "another file has the name that this one gives itself; it is taken under that of the "
           "file.");
  segment.attrs.insert_or_assign("name", segment.id);
  segment.id = stem;
}

Result<void> MdcImporter::import(ImportRun& run, const ImportFile& file) {
  auto bytes = read_file(file.path, file_bytes_max);
  if (!bytes && bytes.error().code == ErrorCode::corrupt) {
    run.refuse({file.path}, "The text is longer than any may be.");
    return {};
  }
  if (!bytes) return Unexpected{std::move(bytes).error()};
  TRY(run.advance(bytes->size()));
  const std::string_view whole = as_text(*bytes);
  MdcParts parts = split_mdc(whole);
  FrontMatter front;
  if (parts.front) {
    auto parsed = parse_front_matter(std::string(*parts.front));
    if (parsed) {
      front = *std::move(parsed);
    } else {
      run.warn({file.path}, "the front matter is no YAML, so the text is the whole file: " +
                                parsed.error().message);
      parts.body = whole;
    }
  }
  NewSegment segment;
  segment.text = parts.body;
  for (auto& [key, value] : front) set_key(segment, key, std::move(value));
  settle_id(run, file, segment);
  return run.take({file.path}, run.project_of(std::nullopt), std::move(segment));
}

}  // namespace shale::exchange
