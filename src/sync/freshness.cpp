#include "sync/freshness.hpp"

#include "base/shortage.hpp"
#include "store/project_state.hpp"
#include "sync/source_file.hpp"

namespace shale::sync {

namespace fs = std::filesystem;

namespace {

// What a stamp does not tell, the bytes do.
bool has_known_bytes(const fs::path& path, const KnownFile& known) {
  const auto source = read_source(path, known.stamp.bytes);
  return source && source->bytes.size() == known.stamp.bytes && source->hash == known.hash;
}

}  // namespace

Freshness::Freshness(const Snapshot& snapshot)
    : volatile_folder_(snapshot.state().project->paths.volatile_folder()),
      pieces_(snapshot.state().view) {}

const std::string& Freshness::root_of(const std::string& prefix) {
  const auto [found, is_new] = roots_.try_emplace(prefix);
  if (is_new) found->second = MirrorNotes::load(notes_path(volatile_folder_, prefix)).root();
  return found->second;
}

Result<SourceState> Freshness::of(const std::string& file) {
  const auto known = states_.find(file);
  if (known != states_.end()) return known->second;
  Result<SourceState> state = look(file);
  // It is told beside an answer that stands without it.
  if (!state && is_damage(state.error())) state = SourceState::unknown;
  states_.emplace(file, TRY(state));
  return state;
}

Result<SourceState> Freshness::look(const std::string& file) {
  const std::optional<Metadata> first = TRY(pieces_.first_of(file));
  const std::optional<KnownFile> known = first ? known_file(*first) : std::nullopt;
  if (!known) return SourceState::unknown;
  const std::string prefix(text_attribute(*first, attribute::mirror).value_or(""));
  const std::string& root = root_of(prefix);
  if (root.empty() || !file.starts_with(prefix)) return SourceState::unknown;
  const fs::path path = fs::path(root) / file.substr(prefix.size());
  const auto stamp = stamp_at(path);
  if (!stamp) return SourceState::unknown;  // it may not be looked at
  if (!stamp->has_value()) return SourceState::gone;
  if (known->is_settled && known->stamp == **stamp) return SourceState::same;
  if (known->stamp.bytes != (*stamp)->bytes) return SourceState::changed;
  return has_known_bytes(path, *known) ? SourceState::same : SourceState::changed;
}

}  // namespace shale::sync

namespace shale {

Result<std::vector<SourceState>> source_states(const Snapshot& snapshot,
                                               std::span<const std::string> files) {
  std::vector<SourceState> states;
  if (files.empty()) return states;
  sync::Freshness freshness(snapshot);
  states.reserve(files.size());
  for (const std::string& file : files) states.push_back(TRY(freshness.of(file)));
  return states;
}

}  // namespace shale
