#include "store/result_cache.hpp"

#include <limits>

#include "base/bytes.hpp"
#include "base/checksum.hpp"

namespace shale::store {

namespace {

void add(std::string& key, u64 number) {
  key += std::to_string(number);
  key += ' ';
}

// With its length before it, so that no two questions make one key.
void add(std::string& key, std::string_view text) {
  add(key, text.size());
  key += text;
}

void add_state(std::string& key, const View& view) {
  const catalog::Manifest& manifest = view.edition->manifest;
  add(key, manifest.project_id);
  add(key, manifest.edition);
  add(key, manifest.logs.empty() ? 0 : manifest.logs.back().id.random);
  add(key, view.committed.value);
}

void add_question(std::string& key, const Query& query) {
  add(key, query.text);
  add(key, query.where);
  add(key, u64(query.match));
  add(key, query.limit);
  add(key, query.snippets ? 1 : 0);
  add(key, query.widen_below.value_or(std::numeric_limits<u64>::max()));
  for (const std::string& facet : query.facets) add(key, facet);
  add(key, query.facet_rows);
  add(key, query.cursor);
}

u64 bytes_of(const std::string& text) { return text.capacity() + sizeof(std::string); }

u64 weight_of(const std::string& key, const Answer& answer) {
  u64 bytes = sizeof answer + key.size() + bytes_of(answer.cursor) + bytes_of(answer.page);
  for (const Hit& hit : answer.hits) {
    bytes += sizeof hit + hit.id.size() + hit.snippet.size() + hit.type.size();
    bytes += hit.file.value_or("").size() + hit.spans.size() * sizeof(Span);
  }
  for (const Facet& facet : answer.facets) {
    for (const FacetRow& row : facet.rows) bytes += sizeof row + row.value.size();
  }
  return bytes;
}

}  // namespace

ResultCache::ResultCache(u64 bytes_max, std::chrono::milliseconds ttl)
    : ttl_(ttl), is_on_(bytes_max > 0), answers_(bytes_max, bytes_max) {}

u64 ResultCache::KeyHash::operator()(const std::string& key) const {
  return checksum64(as_bytes(key));
}

std::optional<std::string> ResultCache::key_of(const View& view, bool moved,
                                               const Query& query) const {
  if (!is_on_ || query.explain || query.recency) return std::nullopt;
  std::string key;
  add_state(key, view);
  add(key, moved ? 1 : 0);
  if (ttl_.count() > 0) {
    // Another key each time so long has passed: what is kept is told so long at most.
    add(key, u64(std::chrono::steady_clock::now().time_since_epoch() / ttl_));
  }
  add_question(key, query);
  return key;
}

void ResultCache::keep(const std::string& key, const Answer& answer) {
  if (answer.partial || !answer.faults.empty()) return;
  answers_.insert(key, std::make_shared<const Answer>(answer), weight_of(key, answer));
}

}  // namespace shale::store
