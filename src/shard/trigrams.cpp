#include "shard/trigrams.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

#include "model/index.hpp"
#include "text/letters.hpp"

namespace shale::shard {
namespace {

constexpr u32 group_terms = group_blocks * block_terms;
constexpr u32 no_letter = ~u32(0);

u32 letter_of(char c) {
  if (c >= 'a' && c <= 'z') return u32(c - 'a');
  return c == '_' ? trigram_letters - 1 : no_letter;
}

// Calls f(code) for each trigram of a word, in order.
template <class F>
void for_each_trigram(std::string_view word, F&& f) {
  u32 code = 0;
  u32 letters = 0;
  for (const char c : word) {
    const u32 letter = letter_of(c);
    if (letter == no_letter) {
      letters = 0;
      continue;
    }
    code = (code * trigram_letters + letter) % trigram_codes;
    if (++letters >= 3) f(code);
  }
}

// Gaps are about group_count / count, geometrically distributed: k = log2(ln 2 * mean) is best.
u32 rice_parameter(u32 count, u32 group_count) {
  const u64 share = u64(group_count) * 11 / 16 / count;
  return share == 0 ? 0 : u32(std::bit_width(share)) - 1;
}

class BitWriter {
 public:
  explicit BitWriter(Buffer& out) : out_(out) {}
  void put(u64 bits, u32 count) {
    for (u32 i = 0; i < count; ++i) {
      if (used_ % 8 == 0) out_.push_back(std::byte(0));
      out_.back() |= std::byte((bits >> i & 1) << used_++ % 8);
    }
  }

 private:
  Buffer& out_;
  usize used_ = 0;
};

class BitReader {
 public:
  explicit BitReader(Bytes bytes) : bytes_(bytes) {}
  bool ok() const { return at_ <= bytes_.size() * 8; }
  bool at_end() const {
    return ok() && bytes_.size() * 8 - at_ < 8 &&
           (at_ % 8 == 0 || u32(bytes_.back()) >> at_ % 8 == 0);
  }
  u32 bit() {
    const usize at = at_++;
    return at / 8 < bytes_.size() ? u32(bytes_[at / 8]) >> at % 8 & 1 : 0;
  }
  u32 bits(u32 count) {
    u32 value = 0;
    for (u32 i = 0; i < count; ++i) value |= bit() << i;
    return value;
  }

 private:
  Bytes bytes_;
  usize at_ = 0;
};

void append_list(Bytes gaps, u32 count, u32 group_count, Buffer& out) {
  ByteWriter head;
  head.varint(count);
  out.insert(out.end(), head.bytes().begin(), head.bytes().end());
  const u32 parameter = rice_parameter(count, group_count);
  BitWriter bits(out);
  ByteReader in(gaps);
  for (u32 i = 0; i < count; ++i) {
    const u64 gap = in.varint();
    for (u64 ones = gap >> parameter; ones > 0; --ones) bits.put(1, 1);
    bits.put(0, 1);
    bits.put(gap, parameter);
  }
}

// False where the bytes are no list.
bool decode_list(Bytes bytes, u32 group_count, DenseSet& groups) {
  ByteReader in(bytes);
  const u64 count = in.varint();
  if (!in.ok() || count == 0 || count > group_count) return false;
  const u32 parameter = rice_parameter(u32(count), group_count);
  BitReader bits(bytes.subspan(in.position()));
  u64 next = 0;
  for (u64 i = 0; i < count; ++i) {
    u64 gap = 0;
    while (bits.bit() != 0) gap += u64(1) << parameter;
    gap += bits.bits(parameter);
    if (!bits.ok() || next + gap >= group_count) return false;
    groups.add(u32(next + gap));
    next += gap + 1;
  }
  return bits.at_end();
}

}  // namespace

// -- writing --

TrigramsWriter::TrigramsWriter(u32 terms_min)
    : terms_min_(terms_min), seen_(trigram_codes / 64 + 1), lists_(trigram_codes + 1) {}

void TrigramsWriter::add(std::string_view term) {
  if (is_word(term)) {
    add_word(term);
  } else if (term.front() == form_tag) {
    add_word(term.substr(1));
  }
  if (++terms_ % group_terms == 0) end_group();
}

// What a word shares with the one before it has been seen: of the sorted terms of a dictionary
// that is most of them.
void TrigramsWriter::add_word(std::string_view word) {
  const auto see = [&](u32 code) { seen_[code / 64] |= u64(1) << code % 64; };
  if (word.size() >= long_word_bytes) see(trigram_codes);
  if (!is_ascii(word)) return for_each_trigram(decomposed(word), see);
  const auto* const end =
      std::mismatch(word.begin(), word.end(), seen_word_.begin(), seen_word_.end()).first;
  const usize shared = usize(end - word.begin());
  for_each_trigram(word.substr(shared < 2 ? 0 : shared - 2), see);
  seen_word_ = word;
}

void TrigramsWriter::end_group() {
  const u32 group = (terms_ - 1) / group_terms;
  for (usize i = 0; i < seen_.size(); ++i) {
    for (u64 word = seen_[i]; word != 0; word &= word - 1) {
      List& list = lists_[i * 64 + usize(std::countr_zero(word))];
      std::byte gap[10];
      list.gaps.insert(list.gaps.end(), gap, store_varint(gap, group - list.next));
      list.next = group + 1;
      ++list.count;
    }
    seen_[i] = 0;
  }
  seen_word_.clear();
}

void TrigramsWriter::encode(Buffer& out) {
  if (terms_ < std::max(terms_min_, 1u)) return;
  if (terms_ % group_terms != 0) end_group();
  TrigramsHeader header;
  header.group_count = (terms_ + group_terms - 1) / group_terms;
  std::vector<u32> ends;
  std::vector<u16> codes;
  Buffer lists;
  for (u32 code = 0; code < lists_.size(); ++code) {
    if (lists_[code].count == 0) continue;
    append_list(lists_[code].gaps, lists_[code].count, header.group_count, lists);
    ends.push_back(u32(lists.size()));
    codes.push_back(u16(code));
  }
  header.list_count = u32(codes.size());
  for (const Bytes bytes :
       {bytes_of(header), bytes_of_span<u32>(ends), bytes_of_span<u16>(codes), Bytes(lists)})
    out.insert(out.end(), bytes.begin(), bytes.end());
}

// -- reading --

Result<TrigramsReader> TrigramsReader::make(const SectionView& section, u32 group_count) {
  TrigramsReader reader(section);
  if (section.size() == 0) return reader;
  reader.header_ = load<TrigramsHeader>(TRY(section.view(0, sizeof(TrigramsHeader))).data());
  const TrigramsHeader& header = reader.header_;
  reader.lists_at_ = sizeof(TrigramsHeader) + u64(header.list_count) * (4 + 2);
  if (header.group_count != group_count || header.list_count > trigram_codes + 1 ||
      reader.lists_at_ > section.size())
    return section.damaged(0, "has a header that does not fit the dictionary");
  return reader;
}

Result<Bytes> TrigramsReader::list(u32 number) const {
  const u64 at = sizeof(TrigramsHeader) + u64(number) * 4;
  const u32 begin = number == 0 ? 0 : load<u32>(TRY(section_.view(at - 4, 4)).data());
  const u32 end = load<u32>(TRY(section_.view(at, 4)).data());
  if (begin > end) return section_.damaged(at, "has ends of lists that do not ascend");
  return section_.view(lists_at_ + begin, end - begin);
}

Result<bool> TrigramsReader::add_list(u32 code, DenseSet& groups) const {
  const u64 codes_at = sizeof(TrigramsHeader) + u64(header_.list_count) * 4;
  const Bytes codes = TRY(section_.view(codes_at, u64(header_.list_count) * 2));
  u32 low = 0, high = header_.list_count;
  while (low < high) {
    const u32 middle = low + (high - low) / 2;
    if (load<u16>(codes.data() + 2 * usize(middle)) < code)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == header_.list_count || load<u16>(codes.data() + 2 * usize(low)) != code) return false;
  const Bytes bytes = TRY(list(low));
  if (!decode_list(bytes, header_.group_count, groups))
    return section_.damaged(codes_at + 2 * u64(low), "has a list of groups that does not decode");
  return true;
}

Result<void> TrigramsReader::add_groups(std::string_view piece, DenseSet& groups) const {
  if (section_.size() == 0) {
    groups.add_all();
    return {};
  }
  assert(groups.limit() == header_.group_count);
  if (piece.empty()) {
    TRY(add_list(trigram_codes, groups));
    return {};
  }
  std::vector<u32> codes;
  for_each_trigram(piece, [&](u32 code) { codes.push_back(code); });
  DenseSet all(header_.group_count);
  all.add_all();
  for (const u32 code : codes) {
    DenseSet some(header_.group_count);
    TRY(add_list(code, some));
    all &= some;
  }
  groups |= all;
  return {};
}

Result<void> TrigramsReader::verify(TrigramsWriter& writer) const {
  if (section_.size() == 0) return {};  // written by a version that had none, or of few terms
  Buffer expected;
  writer.encode(expected);
  const Bytes found = TRY(section_.view(0, section_.size()));
  const auto [mine, theirs] =
      std::mismatch(found.begin(), found.end(), expected.begin(), expected.end());
  if (mine == found.end() && theirs == expected.end()) return {};
  return section_.damaged(u64(mine - found.begin()), "disagrees with the terms");
}

}  // namespace shale::shard
