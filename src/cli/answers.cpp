#include "cli/answers.hpp"

#include <fmt/format.h>

#include "exchange/ndjson_writer.hpp"
#include "exchange/times.hpp"

namespace shale::cli {

namespace {

constexpr std::string_view match_colour = "\033[1;31m";
constexpr std::string_view no_colour = "\033[0m";

std::string lines_text(const std::optional<LineRange>& lines) {
  return lines ? fmt::format(":{}-{}", lines->first, lines->last) : std::string();
}

}  // namespace

std::string place_of(const Hit& hit, const std::string& shown_id) {
  return hit.file ? *hit.file + lines_text(hit.line_range) : shown_id;
}

std::string_view name_of(SourceState source) {
  switch (source) {
    case SourceState::unknown:
      return "";
    case SourceState::same:
      return "same";
    case SourceState::changed:
      return "changed";
    case SourceState::gone:
      return "gone";
  }
  return "";
}

Json json_of(const ProjectHit& found, const std::string& shown_id) {
  const Hit& hit = found.hit;
  Json spans = Json::array();
  for (const Span& span : hit.spans) spans.push_back({span.begin, span.end});
  Json out = {{"id", shown_id},         {"project", found.project}, {"score", hit.score},
              {"snippet", hit.snippet}, {"spans", spans},           {"file", nullptr},
              {"line_range", nullptr},  {"type", hit.type},         {"tokens", nullptr}};
  if (hit.file) out["file"] = *hit.file;
  if (hit.line_range) out["line_range"] = {hit.line_range->first, hit.line_range->last};
  if (hit.tokens) out["tokens"] = *hit.tokens;
  const std::string_view source = name_of(found.source);
  out["source"] = source.empty() ? Json(nullptr) : Json(source);
  return out;
}

std::string snippet_text(const Hit& hit, bool colours) {
  std::string plain = printable(hit.snippet);
  if (!colours) return plain;
  std::string out;
  usize done = 0;
  for (const Span& span : hit.spans) {
    if (span.begin < done || span.end < span.begin || span.end > plain.size()) continue;
    out.append(plain, done, span.begin - done).append(match_colour);
    out.append(plain, span.begin, span.end - span.begin).append(no_colour);
    done = span.end;
  }
  return out.append(plain, done);
}

std::string segment_json(const Metadata& metadata, std::optional<std::string_view> text,
                         const std::string& project, const std::string& shown_id) {
  std::string out;
  if (shown_id == metadata.id) {
    exchange::append_segment(out, metadata, {.text = text, .project = project});
    return out;
  }
  Metadata renamed = metadata;
  renamed.id = shown_id;
  exchange::append_segment(out, renamed, {.text = text, .project = project});
  return out;
}

std::string with_access(std::string segment, const Access& access) {
  segment.pop_back();  // its brace
  segment += fmt::format(",\"accesses\":{}", access.count);
  if (access.count != 0) {
    const Time last{access.last_seconds * 1'000'000, true};
    segment += fmt::format(",\"accessed_at\":\"{}\"", exchange::format_time(last));
  }
  return segment + '}';
}

std::string listing_line(const Metadata& metadata, const std::string& shown_id) {
  const std::string file = metadata.file ? *metadata.file + lines_text(metadata.line_range) : "-";
  return fmt::format("{}\t{}\t{}\t{}", printable(shown_id), printable(metadata.type),
                     printable(file), exchange::format_time(metadata.created_at));
}

std::string segments_object(const std::vector<std::string>& segments, const Json& further) {
  std::string out = "{\"v\":1,\"segments\":[";
  for (usize i = 0; i < segments.size(); ++i) {
    if (i > 0) out += ',';
    out += segments[i];
  }
  out += ']';
  for (const auto& [key, value] : further.items()) {
    out += ',' + to_text(Json(key)) + ':' + to_text(value);
  }
  return out + '}';
}

}  // namespace shale::cli
