#include "shard/extras.hpp"

#include <algorithm>

#include "model/numbers.hpp"

namespace shale::shard {

namespace {

constexpr u32 documents_per_group = 64;

u64 parts_of(const Extras& extras) {
  u64 parts = 0;
  if (!extras.tags.empty()) parts |= extras_part::tags;
  if (!extras.attributes.empty()) parts |= extras_part::attributes;
  if (extras.sha256) parts |= extras_part::sha256;
  if (extras.tokens_computed_at) {
    parts |= extras_part::tokens_computed_at;
    if (extras.tokens_computed_at->zoned) parts |= extras_part::tokens_zoned;
  }
  if (!extras.tokenizer.empty()) parts |= extras_part::tokenizer;
  return parts;
}

void encode_value(const AttributeValue& value, ByteWriter& out) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    out.value('s');
    out.text(*text);
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    out.value('i');
    out.zigzag(*integer);
  } else if (const auto* real = std::get_if<double>(&value)) {
    out.value('d');
    out.value(*real);
  } else if (const auto* truth = std::get_if<bool>(&value)) {
    out.value('b');
    out.value(u8(*truth));
  } else {
    out.value('j');
    out.text(std::get<Json>(value).text);
  }
}

AttributeValue decode_value(ByteReader& in) {
  switch (in.value<u8>()) {
    case 's':
      return std::string(in.text());
    case 'i':
      return std::int64_t(in.zigzag());
    case 'd':
      return in.value<double>();
    case 'b': {
      const u8 truth = in.value<u8>();
      if (truth > 1) in.fail_now();
      return truth == 1;
    }
    case 'j':
      return Json{std::string(in.text())};
    default:
      in.fail_now();
      return false;
  }
}

void encode(const Extras& extras, ByteWriter& out) {
  const u64 parts = parts_of(extras);
  out.varint(parts);
  if (!extras.tags.empty()) {
    out.varint(extras.tags.size());
    for (const u32 code : extras.tags) out.varint(code);
  }
  if (!extras.attributes.empty()) {
    out.varint(extras.attributes.size());
    for (const auto& [key, value] : extras.attributes) {
      out.text(key);
      encode_value(value, out);
    }
  }
  if (extras.sha256) out.value(*extras.sha256);
  if (extras.tokens_computed_at) out.zigzag(extras.tokens_computed_at->microseconds);
  if (!extras.tokenizer.empty()) out.text(extras.tokenizer);
}

void decode_tags(ByteReader& in, std::vector<u32>& tags) {
  const u64 count = in.varint();
  if (count > in.left()) return in.fail_now();
  for (u64 i = 0; i < count; ++i) {
    const u64 code = in.varint();
    if (code > 0xffffffff) return in.fail_now();
    tags.push_back(u32(code));
  }
}

void decode_attributes(ByteReader& in, Attributes& attributes) {
  const u64 count = in.varint();
  for (u64 i = 0; i < count && in.ok(); ++i) {
    std::string key(in.text());
    if (!attributes.empty() && key <= attributes.rbegin()->first) return in.fail_now();
    attributes.emplace_hint(attributes.end(), std::move(key), decode_value(in));
  }
}

std::optional<Extras> decode(Bytes record) {
  ByteReader in(record);
  Extras extras;
  const u64 parts = in.varint();
  if (parts >= extras_part::end) return std::nullopt;
  if ((parts & extras_part::tags) != 0) decode_tags(in, extras.tags);
  if ((parts & extras_part::attributes) != 0) decode_attributes(in, extras.attributes);
  if ((parts & extras_part::sha256) != 0) extras.sha256 = in.value<Sha256>();
  if ((parts & extras_part::tokens_computed_at) != 0) {
    extras.tokens_computed_at = Time{in.zigzag(), (parts & extras_part::tokens_zoned) != 0};
  }
  if ((parts & extras_part::tokenizer) != 0) extras.tokenizer = in.text();
  if (!in.ok() || !in.at_end() || parts_of(extras) != parts) return std::nullopt;
  return extras;
}

}  // namespace

// ---- write half ----

Result<void> ExtrasWriter::add(const Extras& extras) {
  const u64 bit = documents_++ % documents_per_group;
  if (bit == 0) groups_.push_back({0, out_.size()});
  if (extras.empty()) return {};
  any_ = true;
  groups_.back().present |= u64(1) << bit;
  encode(extras, record_);
  std::byte length[10];
  const usize length_bytes = usize(store_varint(length, record_.size()) - length);
  out_.buffer().insert(out_.buffer().end(), length, length + length_bytes);
  out_.buffer().insert(out_.buffer().end(), record_.bytes().begin(), record_.bytes().end());
  record_.clear();  // not before encode(): there gcc 12 warns of an overflow that is none
  return out_.settle();
}

Result<void> ExtrasWriter::finish() {
  if (!any_) return {};
  groups_.push_back({0, out_.size()});
  out_.pad_to(8);
  const Bytes bytes = bytes_of_span(std::span<const ExtrasGroup>(groups_));
  out_.buffer().insert(out_.buffer().end(), bytes.begin(), bytes.end());
  return out_.settle();
}

// ---- read half ----

Result<ExtrasReader> ExtrasReader::make(SectionView section, u32 document_count) {
  ExtrasReader reader;
  const u64 groups = (u64(document_count) + documents_per_group - 1) / documents_per_group;
  const u64 groups_bytes = (groups + 1) * sizeof(ExtrasGroup);
  if (section.size() != 0 && (section.size() < groups_bytes || section.size() % 8 != 0)) {
    return section.damaged(0, "has a length that does not fit the number of documents");
  }
  reader.groups_at_ = section.size() == 0 ? 0 : section.size() - groups_bytes;
  reader.section_ = std::move(section);
  reader.document_count_ = document_count;
  return reader;
}

Result<Extras> ExtrasReader::extras(DocNo doc) const {
  if (to_index(doc) >= document_count_) {
    return fail(ErrorCode::invalid_argument, "There is no document of that number");
  }
  if (section_.size() == 0) return Extras();
  const u64 at = groups_at_ + u64(to_index(doc) / documents_per_group) * sizeof(ExtrasGroup);
  const Bytes bytes = TRY(section_.view(at, 2 * sizeof(ExtrasGroup)));
  const ExtrasGroup group = load<ExtrasGroup>(bytes.data());
  const u64 end = load<ExtrasGroup>(bytes.data() + sizeof(ExtrasGroup)).base;
  const u64 bit = u64(1) << to_index(doc) % documents_per_group;
  if ((group.present & bit) == 0) return Extras();
  if (group.base > end || end > groups_at_) return section_.damaged(at, "has bases out of order");
  ByteReader in(TRY(section_.view(group.base, end - group.base)));
  for (int before = std::popcount(group.present & (bit - 1)); before > 0; --before) in.text();
  const Bytes record = as_bytes(in.text());
  std::optional<Extras> extras = in.ok() ? decode(record) : std::nullopt;
  if (!extras) return section_.damaged(group.base, "has a damaged record");
  return std::move(*extras);
}

}  // namespace shale::shard
