// The fields of a segment: one table that filter, sort, sum, columns and the README follow.
//
// Filterable string values are indexed as *metadata terms*: a tag byte below 0x20, which no word
// of text can begin with, then the value. Shard and delta keep them in the same dictionary and
// posting lists as words, so a filter is a posting list and needs no machinery of its own. Forms
// (form_tag) are kept there in the same way.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <shale/segment.hpp>

#include "base/integers.hpp"

namespace shale {

enum class Field : u8 {
  // indexed by value (metadata terms); the number is the tag byte
  type = 1,
  task = 2,
  file = 3,
  topic = 4,
  tag = 5,
  tier = 6,        // `stashed` is the default and has no term
  generation = 7,  // `young` is the default and has no term
  pinned = 8,      // "true"; false has no term
  attribute = 9,   // key, 0, then encode_attribute_value
  // numbers, read from columns
  id = 32,
  created = 33,  // microseconds since 1970 UTC
  touched = 34,
  tokens = 35,
  line_first = 36,
  line_last = 37,
  gc_survival_count = 38,
  refcount = 39,
  bytes = 40,     // of the text
  words = 41,     // terms counted in the text: the length BM25 uses
  accessed = 42,  // when it was last read, microseconds since 1970; absent where never
  accesses = 43,  // how often
};

// Words of a filter, a sort key or a sum: "type", "task", ... ; nothing for unknown names. Also
// takes the NDJSON names tags, created_at and touched_at; Field::attribute is "attr".
std::optional<Field> field_by_name(std::string_view name);
std::string_view field_name(Field field);
constexpr bool has_terms(Field field) { return u8(field) < 32; }
constexpr bool is_number(Field field) { return u8(field) > u8(Field::id); }
// Kept beside the indexes: no metadata, and no update of a segment, says anything of them.
constexpr bool is_of_accesses(Field field) { return u8(field) >= u8(Field::accessed); }

inline constexpr char first_text_byte = 0x20;  // metadata terms begin below this, words do not
// The tag byte of a *form*: a spelling of the text whose term is its stem (text/expansion.hpp). It
// is kept like a metadata term, documents alone, and sorts between those and the words; but it
// belongs to the text, and no update changes it.
inline constexpr char form_tag = 0x1f;
inline constexpr i64 no_number = INT64_MIN;  // "absent" in a block of numbers

// Whether a term is one that an update of the metadata may take away.
constexpr bool is_metadata_term(std::string_view term) {
  return !term.empty() && u8(term[0]) < u8(first_text_byte) && term[0] != form_tag;
}

// The metadata term of a value.
std::string metadata_term(Field field, std::string_view value);
// The metadata term of an attribute; values over 200 bytes are cut there and get the XXH3 (8 bytes,
// big-endian) of the whole encoded value behind, so equality on them must be checked against the
// attribute itself.
std::string attribute_term(std::string_view key, const AttributeValue& value);
// Type letter and a form whose byte order is the order of values: s text, i and d 8 bytes
// big-endian with the sign arranged, b one byte, j text.
std::string encode_attribute_value(const AttributeValue& value);
// All metadata terms of a segment, in ascending order, none twice.
std::vector<std::string> metadata_terms(const Metadata& metadata);

std::string_view tier_name(Tier tier);
std::optional<Tier> tier_by_name(std::string_view name);
std::string_view generation_name(Generation generation);
std::optional<Generation> generation_by_name(std::string_view name);

}  // namespace shale
