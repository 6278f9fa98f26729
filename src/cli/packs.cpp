#include "cli/packs.hpp"

#include <fmt/format.h>

namespace shale::cli {

namespace {

template <class Parts>
Json array_of(const Parts& parts) {
  Json array = Json::array();
  for (const auto& part : parts) array.push_back(json_of(part));
  return array;
}

}  // namespace

std::string_view name_of(SkipReason reason) {
  switch (reason) {
    case SkipReason::empty:
      return "empty";
    case SkipReason::identical:
      return "identical";
    case SkipReason::alike:
      return "alike";
    case SkipReason::no_room:
      break;
  }
  return "no room";
}

Json json_of(const PackedSegment& segment) {
  return {{"id", segment.id},
          {"source", segment.source},
          {"lines", {segment.lines.first, segment.lines.last}},
          {"cut", segment.is_cut},
          {"pinned", segment.pinned},
          {"tokens", segment.tokens},
          {"score", segment.score},
          {"text", segment.text}};
}

Json json_of(const SkippedSegment& skipped) {
  Json out = {{"id", skipped.id}, {"reason", name_of(skipped.reason)}, {"of", nullptr}};
  if (!skipped.of.empty()) out["of"] = skipped.of;
  return out;
}

Json json_of(const Pack& pack) {
  return {{"used", pack.used},
          {"left", pack.left},
          {"hash", pack.hash},
          {"unchanged", pack.unchanged},
          {"segments", array_of(pack.segments)},
          {"skipped", array_of(pack.skipped)},
          {"matched", pack.matched},
          {"widened", pack.widened},
          {"partial", pack.partial},
          {"faults", json_of(pack.faults)}};
}

std::string summary_of(const Pack& pack) {
  return fmt::format("{} of {} tokens, {} segments, {} left out, hash {}", pack.used,
                     pack.used + pack.left, pack.segments.size(), pack.skipped.size(), pack.hash);
}

}  // namespace shale::cli
