#include "model/fields.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "base/bytes.hpp"
#include "base/checksum.hpp"

namespace shale {

namespace {

struct NamedField {
  std::string_view name;
  Field field;
};

// The first name of a field is its own; the later ones are accepted as well.
constexpr std::array named_fields = {
    NamedField{"type", Field::type},
    NamedField{"task", Field::task},
    NamedField{"file", Field::file},
    NamedField{"topic", Field::topic},
    NamedField{"tag", Field::tag},
    NamedField{"tier", Field::tier},
    NamedField{"generation", Field::generation},
    NamedField{"pinned", Field::pinned},
    NamedField{"attr", Field::attribute},
    NamedField{"id", Field::id},
    NamedField{"created", Field::created},
    NamedField{"touched", Field::touched},
    NamedField{"tokens", Field::tokens},
    NamedField{"line_first", Field::line_first},
    NamedField{"line_last", Field::line_last},
    NamedField{"gc_survival_count", Field::gc_survival_count},
    NamedField{"refcount", Field::refcount},
    NamedField{"bytes", Field::bytes},
    NamedField{"words", Field::words},
    NamedField{"accessed", Field::accessed},
    NamedField{"accesses", Field::accesses},
    // the names these have in NDJSON
    NamedField{"tags", Field::tag},
    NamedField{"created_at", Field::created},
    NamedField{"touched_at", Field::touched},
};

constexpr usize attribute_bytes_max = 200;  // of a value inside its term

void append_big_endian(u64 value, std::string& out) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(char(u8(value >> shift)));
}

// Doubles in the order of their values as unsigned integers; both zeros are one.
u64 ordered_bits(double value) {
  constexpr u64 sign = u64(1) << 63;
  const u64 bits = std::bit_cast<u64>(value == 0 ? 0.0 : value);
  return (bits & sign) != 0 ? ~bits : bits | sign;
}

struct AttributeEncoder {
  std::string& out;
  void operator()(const std::string& value) const { out.append(1, 's').append(value); }
  void operator()(i64 value) const {
    out.push_back('i');
    append_big_endian(u64(value) ^ u64(1) << 63, out);
  }
  void operator()(double value) const {
    out.push_back('d');
    append_big_endian(ordered_bits(value), out);
  }
  void operator()(bool value) const { out.append(1, 'b').append(1, value ? '\1' : '\0'); }
  void operator()(const Json& value) const { out.append(1, 'j').append(value.text); }
};

void add_if(const std::optional<std::string>& value, Field field, std::vector<std::string>& out) {
  if (value) out.push_back(metadata_term(field, *value));
}

}  // namespace

std::optional<Field> field_by_name(std::string_view name) {
  for (const NamedField& entry : named_fields) {
    if (entry.name == name) return entry.field;
  }
  return std::nullopt;
}

std::string_view field_name(Field field) {
  for (const NamedField& entry : named_fields) {
    if (entry.field == field) return entry.name;
  }
  return "";
}

std::string metadata_term(Field field, std::string_view value) {
  std::string term(1, char(u8(field)));
  term.append(value);
  return term;
}

std::string encode_attribute_value(const AttributeValue& value) {
  std::string out;
  std::visit(AttributeEncoder{out}, value);
  return out;
}

std::string attribute_term(std::string_view key, const AttributeValue& value) {
  std::string term = metadata_term(Field::attribute, key);
  term.push_back('\0');
  const std::string encoded = encode_attribute_value(value);
  constexpr usize kept = 1 + attribute_bytes_max;  // type letter and value
  term.append(encoded, 0, kept);
  if (encoded.size() > kept) append_big_endian(checksum64(as_bytes(encoded)), term);
  return term;
}

std::vector<std::string> metadata_terms(const Metadata& metadata) {
  std::vector<std::string> terms;
  terms.reserve(8 + metadata.tags.size() + metadata.attrs.size());
  terms.push_back(metadata_term(Field::type, metadata.type));
  add_if(metadata.task, Field::task, terms);
  add_if(metadata.file, Field::file, terms);
  add_if(metadata.topic, Field::topic, terms);
  for (const std::string& tag : metadata.tags) terms.push_back(metadata_term(Field::tag, tag));
  if (metadata.tier != Tier::stashed) {
    terms.push_back(metadata_term(Field::tier, tier_name(metadata.tier)));
  }
  if (metadata.generation != Generation::young) {
    terms.push_back(metadata_term(Field::generation, generation_name(metadata.generation)));
  }
  if (metadata.pinned) terms.push_back(metadata_term(Field::pinned, "true"));
  for (const auto& [key, value] : metadata.attrs) terms.push_back(attribute_term(key, value));
  std::sort(terms.begin(), terms.end());
  terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
  return terms;
}

std::string_view tier_name(Tier tier) {
  switch (tier) {
    case Tier::working:
      return "working";
    case Tier::stashed:
      return "stashed";
    case Tier::archive:
      return "archive";
  }
  return "";
}

std::optional<Tier> tier_by_name(std::string_view name) {
  for (const Tier tier : {Tier::working, Tier::stashed, Tier::archive}) {
    if (tier_name(tier) == name) return tier;
  }
  return std::nullopt;
}

std::string_view generation_name(Generation generation) {
  switch (generation) {
    case Generation::young:
      return "young";
    case Generation::old:
      return "old";
  }
  return "";
}

std::optional<Generation> generation_by_name(std::string_view name) {
  for (const Generation generation : {Generation::young, Generation::old}) {
    if (generation_name(generation) == name) return generation;
  }
  return std::nullopt;
}

}  // namespace shale
