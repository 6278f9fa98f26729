#include "sync/analyses.hpp"

#include <shale/sync.hpp>

#include "store/project_state.hpp"
#include "sync/derived_ids.hpp"
#include "sync/mirror_state.hpp"

namespace shale::sync {

namespace {

constexpr std::string_view analyser_key = "analyser";

// The hash of a file as a snapshot has it; nothing where it is not synced.
Result<std::optional<u64>> hash_in(const KnownPieces& pieces, std::string_view file) {
  const std::optional<Metadata> first = TRY(pieces.first_of(file));
  const std::optional<KnownFile> known = first ? known_file(*first) : std::nullopt;
  return known ? std::optional(known->hash) : std::nullopt;
}

}  // namespace

std::string analysis_id(std::string_view file, std::string_view analyser) {
  return derived_id("analysis", std::string(analyser) + ':' + std::string(file));
}

}  // namespace shale::sync

namespace shale {

Result<NewSegment> analysis_of(const Snapshot& snapshot, std::string_view file,
                               std::string_view analyser, std::string text) {
  const sync::KnownPieces pieces(snapshot.state().view);
  const std::optional<u64> hash = TRY(sync::hash_in(pieces, file));
  if (!hash) {
    return fail(ErrorCode::not_found, "No file '" + std::string(file) + "' is synced here");
  }
  NewSegment segment;
  segment.id = sync::analysis_id(file, analyser);
  segment.type = "analysis";
  segment.file = std::string(file);
  segment.text = std::move(text);
  segment.attrs.emplace(sync::analyser_key, std::string(analyser));
  segment.attrs.emplace(sync::attribute::hash, i64(*hash));
  return segment;
}

Result<bool> has_fresh_analysis(const Snapshot& snapshot, std::string_view file,
                                std::string_view analyser) {
  const store::View& view = *snapshot.state().view;
  const auto found = TRY(store::find_live(view, sync::analysis_id(file, analyser)));
  if (!found) return false;
  const Metadata metadata =
      TRY(current_metadata(store::stored_indexes(view)[found->index], found->doc));
  const sync::KnownPieces pieces(snapshot.state().view);
  const std::optional<u64> hash = TRY(sync::hash_in(pieces, file));
  return hash && sync::number_attribute(metadata, sync::attribute::hash) == i64(*hash);
}

}  // namespace shale
