#include "unite/content.hpp"

#include <array>

#include "base/checksum.hpp"
#include "base/hex.hpp"
#include "model/record.hpp"
#include "sync/mirror_state.hpp"
#include "text/utf8.hpp"
#include "text/vocabulary_cache.hpp"

namespace shale::unite {

namespace {

namespace attribute = sync::attribute;

constexpr std::array folder_keys = {attribute::mirror,   attribute::part,  attribute::size,
                                    attribute::modified, attribute::inode, attribute::hash};
constexpr u64 id_seed = 0x756e697465;  // of the checksum in ids

// The rule of store/count_rules: who names one of our vocabularies and the time is one of us.
bool is_counted_here(const Metadata& metadata) {
  return metadata.tokens && metadata.tokens_computed_at && is_known_vocabulary(metadata.tokenizer);
}

Content content(Metadata metadata, TextHash text) {
  Content content;
  content.touched = metadata.touched_at.microseconds;
  content.text = text;
  metadata.id.clear();
  if (is_counted_here(metadata)) {
    metadata.tokens.reset();
    metadata.tokenizer.clear();
    metadata.tokens_computed_at.reset();
  }
  ByteWriter out;
  encode_metadata(metadata, out);
  content.rest = std::move(out.buffer());
  return content;
}

}  // namespace

bool is_synced(const Metadata& metadata) {
  return sync::text_attribute(metadata, attribute::mirror).has_value();
}

Metadata without_folder(Metadata metadata) {
  if (!is_synced(metadata)) return metadata;
  for (const std::string_view key : folder_keys) metadata.attrs.erase(std::string(key));
  return metadata;
}

Content content_of(const Version& version) {
  return content(without_folder(version.metadata), version.text);
}

Content content_beside_file(const Version& version) {
  Metadata metadata = without_folder(version.metadata);
  metadata.created_at = {};
  metadata.touched_at = {};
  metadata.line_range.reset();
  return content(std::move(metadata), version.text);
}

std::string id_beside(std::string_view id, const Content& content) {
  constexpr usize ending_bytes = 17;
  ByteWriter out;
  out.text(id);
  out.value(content.text);
  out.raw(content.rest);
  const std::string ending = '~' + hex16(checksum64(out.bytes(), id_seed));
  return std::string(id.substr(0, character_border(id, id_bytes_max - ending_bytes))) + ending;
}

}  // namespace shale::unite
