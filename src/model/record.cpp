#include "model/record.hpp"

#include <cmath>

#include "text/utf8.hpp"

namespace shale {

namespace {

// Flags of an encoded Metadata. `zoned` bits belong to the time of their name.
namespace metadata_flag {
constexpr u32 task = 1u << 0;
constexpr u32 file = 1u << 1;
constexpr u32 topic = 1u << 2;
constexpr u32 line_range = 1u << 3;
constexpr u32 tags = 1u << 4;
constexpr u32 created_zoned = 1u << 5;
constexpr u32 touched_zoned = 1u << 6;
constexpr u32 pinned = 1u << 7;
constexpr u32 tier_shift = 8;  // two bits
constexpr u32 old = 1u << 10;
constexpr u32 gc_survival_count = 1u << 11;
constexpr u32 refcount = 1u << 12;
constexpr u32 tokens = 1u << 13;
constexpr u32 tokenizer = 1u << 14;
constexpr u32 tokens_computed = 1u << 15;
constexpr u32 tokens_computed_zoned = 1u << 16;
constexpr u32 sha256 = 1u << 17;
constexpr u32 attrs = 1u << 18;
constexpr u32 known = (1u << 19) - 1;
}  // namespace metadata_flag

// Flags of an encoded Update. `_value` says that what is set is a value, not its removal.
namespace update_flag {
constexpr u32 type = 1u << 0;
constexpr u32 task = 1u << 1;
constexpr u32 task_value = 1u << 2;
constexpr u32 file = 1u << 3;
constexpr u32 file_value = 1u << 4;
constexpr u32 topic = 1u << 5;
constexpr u32 topic_value = 1u << 6;
constexpr u32 line_range = 1u << 7;
constexpr u32 line_range_value = 1u << 8;
constexpr u32 tags_added = 1u << 9;
constexpr u32 tags_removed = 1u << 10;
constexpr u32 touched = 1u << 11;
constexpr u32 touched_zoned = 1u << 12;
constexpr u32 pinned = 1u << 13;
constexpr u32 pinned_value = 1u << 14;
constexpr u32 tier = 1u << 15;
constexpr u32 tier_shift = 16;  // two bits
constexpr u32 generation = 1u << 18;
constexpr u32 old = 1u << 19;
constexpr u32 gc_survival = 1u << 20;
constexpr u32 refcount = 1u << 21;
constexpr u32 tokens = 1u << 22;
constexpr u32 tokenizer = 1u << 23;
constexpr u32 tokens_computed = 1u << 24;
constexpr u32 tokens_computed_zoned = 1u << 25;
constexpr u32 attrs_set = 1u << 26;
constexpr u32 attrs_removed = 1u << 27;
constexpr u32 known = (1u << 28) - 1;
}  // namespace update_flag

constexpr u32 flag_if(bool condition, u32 flag) { return condition ? flag : 0; }

// ---- writing ----

void write_range(const LineRange& range, ByteWriter& out) {
  out.varint(range.first);
  out.varint(range.last);
}

void write_strings(const std::vector<std::string>& strings, ByteWriter& out) {
  out.varint(strings.size());
  for (const std::string& text : strings) out.text(text);
}

struct ValueWriter {
  ByteWriter& out;
  void operator()(const std::string& value) const { out.value(u8('s')), out.text(value); }
  void operator()(i64 value) const { out.value(u8('i')), out.zigzag(value); }
  void operator()(double value) const { out.value(u8('d')), out.value(value); }
  void operator()(bool value) const { out.value(u8('b')), out.value(u8(value)); }
  void operator()(const Json& value) const { out.value(u8('j')), out.text(value.text); }
};

void write_attributes(const Attributes& attrs, ByteWriter& out) {
  out.varint(attrs.size());
  for (const auto& [key, value] : attrs) {
    out.text(key);
    std::visit(ValueWriter{out}, value);
  }
}

u32 flags_of(const Metadata& m) {
  using namespace metadata_flag;
  return flag_if(m.task.has_value(), task) | flag_if(m.file.has_value(), file) |
         flag_if(m.topic.has_value(), topic) | flag_if(m.line_range.has_value(), line_range) |
         flag_if(!m.tags.empty(), tags) | flag_if(m.created_at.zoned, created_zoned) |
         flag_if(m.touched_at.zoned, touched_zoned) | flag_if(m.pinned, pinned) |
         u32(m.tier) << tier_shift | flag_if(m.generation == Generation::old, old) |
         flag_if(m.gc_survival_count != 0, gc_survival_count) | flag_if(m.refcount != 0, refcount) |
         flag_if(m.tokens.has_value(), tokens) | flag_if(!m.tokenizer.empty(), tokenizer) |
         flag_if(m.tokens_computed_at.has_value(), tokens_computed) |
         flag_if(m.tokens_computed_at && m.tokens_computed_at->zoned, tokens_computed_zoned) |
         flag_if(m.sha256.has_value(), sha256) | flag_if(!m.attrs.empty(), attrs);
}

u32 flags_of(const Update& u) {
  using namespace update_flag;
  return flag_if(u.type.has_value(), type) | flag_if(u.task.has_value(), task) |
         flag_if(u.task && *u.task, task_value) | flag_if(u.file.has_value(), file) |
         flag_if(u.file && *u.file, file_value) | flag_if(u.topic.has_value(), topic) |
         flag_if(u.topic && *u.topic, topic_value) | flag_if(u.line_range.has_value(), line_range) |
         flag_if(u.line_range && *u.line_range, line_range_value) |
         flag_if(!u.tags_added.empty(), tags_added) |
         flag_if(!u.tags_removed.empty(), tags_removed) |
         flag_if(u.touched_at.has_value(), touched) |
         flag_if(u.touched_at && u.touched_at->zoned, touched_zoned) |
         flag_if(u.pinned.has_value(), pinned) | flag_if(u.pinned.value_or(false), pinned_value) |
         flag_if(u.tier.has_value(), tier) | u32(u.tier.value_or(Tier::working)) << tier_shift |
         flag_if(u.generation.has_value(), generation) |
         flag_if(u.generation == Generation::old, old) |
         flag_if(u.gc_survival_added != 0, gc_survival) | flag_if(u.refcount_added != 0, refcount) |
         flag_if(u.tokens.has_value(), tokens) | flag_if(u.tokenizer.has_value(), tokenizer) |
         flag_if(u.tokens_computed_at.has_value(), tokens_computed) |
         flag_if(u.tokens_computed_at && u.tokens_computed_at->zoned, tokens_computed_zoned) |
         flag_if(!u.attrs_set.empty(), attrs_set) |
         flag_if(!u.attrs_removed.empty(), attrs_removed);
}

// ---- reading: what is wrong makes the reader fail, and the whole record with it ----

std::string read_text(ByteReader& in) {
  const std::string_view text = in.text();
  if (!is_utf8(text)) in.fail_now();
  return std::string(text);
}

u32 read_u32(ByteReader& in) {
  const u64 value = in.varint();
  if (value > UINT32_MAX) in.fail_now();
  return u32(value);
}

LineRange read_range(ByteReader& in) {
  const u32 first = read_u32(in);
  return {first, read_u32(in)};
}

// An empty list is never written: its flag is absent instead.
u64 read_count(ByteReader& in) {
  const u64 count = in.varint();
  if (count == 0 || count > in.left()) in.fail_now();
  return in.ok() ? count : 0;
}

std::vector<std::string> read_strings(ByteReader& in) {
  std::vector<std::string> strings;
  const u64 count = read_count(in);
  for (u64 i = 0; i < count && in.ok(); ++i) strings.push_back(read_text(in));
  return strings;
}

AttributeValue read_value(ByteReader& in) {
  switch (in.value<u8>()) {
    case 's':
      return read_text(in);
    case 'i':
      return in.zigzag();
    case 'd': {
      const auto value = in.value<double>();
      if (!std::isfinite(value)) in.fail_now();
      return value;
    }
    case 'b': {
      const u8 value = in.value<u8>();
      if (value > 1) in.fail_now();
      return value == 1;
    }
    case 'j':
      return Json{read_text(in)};
    default:
      in.fail_now();
      return false;
  }
}

Attributes read_attributes(ByteReader& in) {
  Attributes attrs;
  const u64 count = read_count(in);
  for (u64 i = 0; i < count && in.ok(); ++i) {
    std::string key = read_text(in);
    const bool ascending = attrs.empty() || attrs.rbegin()->first < key;
    if (!ascending) in.fail_now();
    AttributeValue value = read_value(in);
    if (in.ok()) attrs.emplace_hint(attrs.end(), std::move(key), std::move(value));
  }
  return attrs;
}

Tier read_tier(u32 flags, u32 shift, ByteReader& in) {
  const u32 number = flags >> shift & 3;
  if (number > u32(Tier::archive)) in.fail_now();
  return number > u32(Tier::archive) ? Tier::stashed : Tier(number);
}

// A flag that means nothing without another one must not stand alone.
bool stands_alone(u32 flags, u32 dependent, u32 owner) {
  return (flags & dependent) != 0 && (flags & owner) == 0;
}

bool flags_agree(u32 flags) {
  using namespace update_flag;
  return (flags & ~known) == 0 && !stands_alone(flags, task_value, task) &&
         !stands_alone(flags, file_value, file) && !stands_alone(flags, topic_value, topic) &&
         !stands_alone(flags, line_range_value, line_range) &&
         !stands_alone(flags, touched_zoned, touched) &&
         !stands_alone(flags, pinned_value, pinned) &&
         !stands_alone(flags, 3u << tier_shift, tier) && !stands_alone(flags, old, generation) &&
         !stands_alone(flags, tokens_computed_zoned, tokens_computed);
}

}  // namespace

void encode_metadata(const Metadata& m, ByteWriter& out) {
  out.value(flags_of(m));
  out.text(m.id);
  out.text(m.type);
  out.zigzag(m.created_at.microseconds);
  out.zigzag(m.touched_at.microseconds);
  if (m.task) out.text(*m.task);
  if (m.file) out.text(*m.file);
  if (m.topic) out.text(*m.topic);
  if (m.line_range) write_range(*m.line_range, out);
  if (!m.tags.empty()) write_strings(m.tags, out);
  if (m.gc_survival_count != 0) out.varint(m.gc_survival_count);
  if (m.refcount != 0) out.varint(m.refcount);
  if (m.tokens) out.varint(*m.tokens);
  if (!m.tokenizer.empty()) out.text(m.tokenizer);
  if (m.tokens_computed_at) out.zigzag(m.tokens_computed_at->microseconds);
  if (m.sha256) out.value(*m.sha256);
  if (!m.attrs.empty()) write_attributes(m.attrs, out);
}

std::optional<Metadata> decode_metadata(ByteReader& in) {
  using namespace metadata_flag;
  Metadata m;
  const u32 flags = in.value<u32>();
  const auto has = [flags](u32 flag) { return (flags & flag) != 0; };
  if (has(~known) || stands_alone(flags, tokens_computed_zoned, tokens_computed)) in.fail_now();
  m.id = read_text(in);
  m.type = read_text(in);
  m.created_at = {in.zigzag(), has(created_zoned)};
  m.touched_at = {in.zigzag(), has(touched_zoned)};
  if (has(task)) m.task = read_text(in);
  if (has(file)) m.file = read_text(in);
  if (has(topic)) m.topic = read_text(in);
  if (has(line_range)) m.line_range = read_range(in);
  if (has(tags)) m.tags = read_strings(in);
  m.pinned = has(pinned);
  m.tier = read_tier(flags, tier_shift, in);
  m.generation = has(old) ? Generation::old : Generation::young;
  if (has(gc_survival_count)) m.gc_survival_count = read_u32(in);
  if (has(refcount)) m.refcount = read_u32(in);
  if (has(tokens)) m.tokens = read_u32(in);
  if (has(tokenizer)) m.tokenizer = read_text(in);
  if (has(tokens_computed)) m.tokens_computed_at = Time{in.zigzag(), has(tokens_computed_zoned)};
  if (has(sha256)) m.sha256 = in.value<Sha256>();
  if (has(attrs)) m.attrs = read_attributes(in);
  return in.ok() ? std::optional(std::move(m)) : std::nullopt;
}

void encode_update(const Update& u, ByteWriter& out) {
  out.value(flags_of(u));
  if (u.type) out.text(*u.type);
  if (u.task && *u.task) out.text(**u.task);
  if (u.file && *u.file) out.text(**u.file);
  if (u.topic && *u.topic) out.text(**u.topic);
  if (u.line_range && *u.line_range) write_range(**u.line_range, out);
  if (!u.tags_added.empty()) write_strings(u.tags_added, out);
  if (!u.tags_removed.empty()) write_strings(u.tags_removed, out);
  if (u.touched_at) out.zigzag(u.touched_at->microseconds);
  if (u.gc_survival_added != 0) out.zigzag(u.gc_survival_added);
  if (u.refcount_added != 0) out.zigzag(u.refcount_added);
  if (u.tokens) out.varint(*u.tokens);
  if (u.tokenizer) out.text(*u.tokenizer);
  if (u.tokens_computed_at) out.zigzag(u.tokens_computed_at->microseconds);
  if (!u.attrs_set.empty()) write_attributes(u.attrs_set, out);
  if (!u.attrs_removed.empty()) write_strings(u.attrs_removed, out);
}

std::optional<Update> decode_update(ByteReader& in) {
  using namespace update_flag;
  Update u;
  const u32 flags = in.value<u32>();
  const auto has = [flags](u32 flag) { return (flags & flag) != 0; };
  const auto text_or_none = [&](u32 value_flag) {
    return has(value_flag) ? std::optional(read_text(in)) : std::nullopt;
  };
  if (!flags_agree(flags)) in.fail_now();
  if (has(type)) u.type = read_text(in);
  if (has(task)) u.task.emplace(text_or_none(task_value));
  if (has(file)) u.file.emplace(text_or_none(file_value));
  if (has(topic)) u.topic.emplace(text_or_none(topic_value));
  if (has(line_range)) u.line_range.emplace();
  if (has(line_range_value)) u.line_range = std::optional(read_range(in));
  if (has(tags_added)) u.tags_added = read_strings(in);
  if (has(tags_removed)) u.tags_removed = read_strings(in);
  if (has(touched)) u.touched_at = Time{in.zigzag(), has(touched_zoned)};
  if (has(pinned)) u.pinned = has(pinned_value);
  if (has(tier)) u.tier = read_tier(flags, tier_shift, in);
  if (has(generation)) u.generation = has(old) ? Generation::old : Generation::young;
  if (has(gc_survival)) u.gc_survival_added = in.zigzag();
  if (has(refcount)) u.refcount_added = in.zigzag();
  if (has(tokens)) u.tokens = read_u32(in);
  if (has(tokenizer)) u.tokenizer = read_text(in);
  if (has(tokens_computed)) u.tokens_computed_at = Time{in.zigzag(), has(tokens_computed_zoned)};
  if (has(attrs_set)) u.attrs_set = read_attributes(in);
  if (has(attrs_removed)) u.attrs_removed = read_strings(in);
  return in.ok() ? std::optional(std::move(u)) : std::nullopt;
}

}  // namespace shale
