#include "shard/dictionary.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

namespace shale::shard {
namespace {

constexpr u8 long_key = 0xff;
constexpr u64 positions_bytes_max = u64(1) << 40;

u64 head_of(std::string_view term) {
  u64 head = 0;
  std::memcpy(&head, term.data(), std::min<usize>(term.size(), 8));
  return __builtin_bswap64(head);
}

usize common_prefix(std::string_view a, std::string_view b) {
  const usize most = std::min(a.size(), b.size());
  usize at = 0;
  while (at < most && a[at] == b[at]) ++at;
  return at;
}

u32 stretches_of(u32 blocks) { return (blocks + stretch_blocks - 1) / stretch_blocks; }

}  // namespace

// -- writing --

Result<void> DictionaryWriter::add(std::string_view term, const TermEntry& entry) {
  assert(term.size() <= term_bytes_max);
  assert(term_count_ == 0 || last_ < term);  // ascending, each once
  if (term_count_ % block_terms == 0) {
    if (term_count_ != 0) {
      end_block();
      TRY(blocks_.settle());
      TRY(heads_.settle());
    }
    begin_block(term, entry);
  } else {
    add_key(term);
  }
  add_entry(entry);
  last_ = term;
  ++term_count_;
  return {};
}

void DictionaryWriter::begin_block(std::string_view term, const TermEntry& entry) {
  if (stretch_used_ == 0) stretch_.blocks_at = blocks_at_;
  stretch_.heads[stretch_used_] = head_of(term);
  block_.varint(entry.list_at);
  block_.varint(entry.big);
  if (positions_) block_.varint(entry.positions_at);
  block_.text(term);
}

void DictionaryWriter::add_key(std::string_view term) {
  const usize lcp = common_prefix(last_, term);
  const usize suffix = term.size() - lcp;
  if (lcp < 16 && suffix <= 16 && !(lcp == 15 && suffix == 16)) {
    block_.value(u8(lcp << 4 | (suffix - 1)));
  } else {
    block_.value(long_key);
    block_.varint(lcp);
    block_.varint(suffix);
  }
  block_.raw(as_bytes(term.substr(lcp)));
}

void DictionaryWriter::add_entry(const TermEntry& entry) {
  const bool placed = positions_ && entry.word;
  const bool once = entry.df == 1 && entry.tf == 1;
  block_.varint(once ? 0 : entry.df);
  if (entry.df == 1) block_.varint(entry.doc);
  if (entry.df == 1 && !once) block_.varint(entry.tf);
  if (entry.df > 1 && entry.df <= small_df_max) block_.varint(entry.list_bytes);
  if (placed) block_.varint(once ? entry.position : entry.positions_bytes);
}

void DictionaryWriter::end_block() {
  blocks_.buffer().insert(blocks_.buffer().end(), block_.bytes().begin(), block_.bytes().end());
  blocks_at_ += block_.size();
  block_.clear();
  stretch_.ends[stretch_used_] = u32(blocks_at_ - stretch_.blocks_at);
  if (++stretch_used_ == stretch_blocks) end_stretch();
}

void DictionaryWriter::end_stretch() {
  tops_.push_back(stretch_.heads[0]);
  for (u32 i = stretch_used_; i < stretch_blocks; ++i) {
    stretch_.heads[i] = ~u64(0);
    stretch_.ends[i] = stretch_.ends[stretch_used_ - 1];
  }
  const Bytes bytes = bytes_of(stretch_);
  heads_.buffer().insert(heads_.buffer().end(), bytes.begin(), bytes.end());
  stretch_used_ = 0;
}

Result<void> DictionaryWriter::finish(u32 big_count) {
  if (term_count_ != 0) end_block();
  if (stretch_used_ != 0) end_stretch();
  const DictionaryTrailer trailer{term_count_, big_count};
  for (const Bytes bytes : {bytes_of_span<u64>(tops_), bytes_of(trailer)})
    heads_.buffer().insert(heads_.buffer().end(), bytes.begin(), bytes.end());
  TRY(blocks_.settle());
  return heads_.settle();
}

// -- reading: one block --

BlockCursor::BlockCursor(Bytes block, u32 terms, u32 document_count, bool positions)
    : in_(block), terms_(terms), document_count_(document_count), positions_(positions) {
  entry_.list_at = in_.varint();
  entry_.big = u32(in_.varint());
  if (positions_) entry_.positions_at = in_.varint();
  // Sums of places stay far from the end of u64, whatever the bytes say.
  if ((entry_.list_at | entry_.positions_at) >> 48 != 0) in_.fail_now();
}

bool BlockCursor::next() {
  if (index_ + 1 == terms_ || !in_.ok()) return false;
  ++index_;
  entry_.list_at += entry_.list_bytes;
  entry_.positions_at += entry_.positions_bytes;
  if (entry_.df > small_df_max) ++entry_.big;
  read_key();
  read_entry();
  return in_.ok();
}

void BlockCursor::read_key() {
  u64 lcp = 0;
  u64 suffix = 0;
  if (index_ == 0) {
    suffix = in_.varint();
  } else if (const u8 key = in_.value<u8>(); key != long_key) {
    lcp = key >> 4;
    suffix = (key & 15) + 1;
  } else {
    lcp = in_.varint();
    suffix = in_.varint();
    if (suffix == 0) in_.fail_now();
  }
  if (lcp > length_ || suffix > term_bytes_max - lcp) return in_.fail_now();
  lcp_ = u32(lcp);
  length_ = u32(lcp + suffix);
  suffix_ = as_text(in_.raw(suffix));
  if (lcp == 0) entry_.word = is_word(suffix_);
}

void BlockCursor::read_entry() {
  const u64 kind = in_.varint();
  entry_.list_bytes = 0;
  entry_.position = 0;
  entry_.positions_bytes = 0;
  entry_.df = u32(std::max<u64>(kind, 1));
  if (std::max<u64>(kind, 1) > document_count_) return in_.fail_now();
  if (kind <= 1) return read_single(kind == 0);
  if (kind <= small_df_max) {
    const u64 bytes = in_.varint();
    if (bytes > list_bytes_max) return in_.fail_now();
    entry_.list_bytes = u32(bytes);
  }
  if (positions_ && entry_.word) entry_.positions_bytes = in_.varint();
  if (entry_.positions_bytes > positions_bytes_max) in_.fail_now();
}

void BlockCursor::read_single(bool once) {
  const u64 doc = in_.varint();
  const u64 tf = once ? 1 : in_.varint();
  if (doc >= document_count_ || tf == 0 || tf > ~u32(0)) return in_.fail_now();
  entry_.doc = u32(doc);
  entry_.tf = u32(tf);
  if (!positions_ || !entry_.word) return;
  const u64 value = in_.varint();  // a position, or the length of many
  if (value > (once ? u64(~u32(0)) : positions_bytes_max)) return in_.fail_now();
  if (once)
    entry_.position = u32(value);
  else
    entry_.positions_bytes = value;
}

// -- reading: the whole --

Result<Dictionary> Dictionary::make(const SectionView& heads, const SectionView& blocks,
                                    u32 document_count, bool positions) {
  Dictionary result(heads, blocks);
  result.document_count_ = document_count;
  result.positions_ = positions;
  if (heads.size() < sizeof(DictionaryTrailer)) return heads.damaged(0, "has no trailer");
  const u64 trailer_at = heads.size() - sizeof(DictionaryTrailer);
  const Bytes trailer = TRY(heads.view(trailer_at, sizeof(DictionaryTrailer)));
  result.trailer_ = load<DictionaryTrailer>(trailer.data());
  const u64 count = stretches_of(result.block_count());
  if (trailer_at != count * (sizeof(HeadStretch) + 8) || result.trailer_.term_count > ~u32(63))
    return heads.damaged(trailer_at, "has a term count that does not fit its heads");
  const Bytes tops = TRY(heads.view(count * sizeof(HeadStretch), count * 8));
  result.tops_.resize(count);
  if (count != 0) std::memcpy(result.tops_.data(), tops.data(), tops.size());
  return result;
}

Unexpected Dictionary::damaged_block(u32 number, std::string what) const {
  const Result<const HeadStretch*> place = stretch(number / stretch_blocks);
  if (!place) return Unexpected{place.error()};
  const u32 index = number % stretch_blocks;
  return blocks_.damaged((*place)->blocks_at + (index == 0 ? 0 : (*place)->ends[index - 1]),
                         std::move(what));
}

Result<const HeadStretch*> Dictionary::stretch(u32 number) const {
  const u64 at = u64(number) * sizeof(HeadStretch);
  const Bytes bytes = TRY(heads_.view(at, sizeof(HeadStretch)));
  const auto found = view_as<HeadStretch>(bytes);
  if (found.empty()) return heads_.damaged(at, "is not aligned");
  return &found[0];
}

Result<Bytes> Dictionary::block_bytes(u32 number) const {
  const HeadStretch* place = TRY(stretch(number / stretch_blocks));
  const u32 index = number % stretch_blocks;
  const u32 begin = index == 0 ? 0 : place->ends[index - 1];
  if (begin > place->ends[index] || place->blocks_at > blocks_.size())
    return heads_.damaged(u64(number / stretch_blocks) * sizeof(HeadStretch),
                          "has ends of blocks that do not ascend");
  return blocks_.view(place->blocks_at + begin, place->ends[index] - begin);
}

Result<BlockCursor> Dictionary::block(u32 number) const {
  const Bytes bytes = TRY(block_bytes(number));
  const u32 terms = std::min(block_terms, trailer_.term_count - number * block_terms);
  return BlockCursor(bytes, terms, document_count_, positions_);
}

Result<std::string_view> Dictionary::first_term(u32 block) const {
  ByteReader in(TRY(block_bytes(block)));
  for (int skip = positions_ ? 3 : 2; skip > 0; --skip) in.varint();
  const std::string_view term = in.text();
  if (!in.ok()) return damaged_block(block, "has a block whose first term runs over its end");
  return term;
}

// How many of [0, high) begin at or before `term`, those below `low` being known to; number i
// stands for the block first_block + i * blocks_each. Only equal heads leave anything to do.
Result<u32> Dictionary::count_not_after(u32 low, u32 high, u32 blocks_each, u32 first_block,
                                        std::string_view term) const {
  while (low < high) {
    const u32 middle = low + (high - low) / 2;
    const std::string_view first = TRY(first_term(first_block + middle * blocks_each));
    if (first <= term)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

Result<u32> Dictionary::blocks_not_after(std::string_view term) const {
  const u64 head = head_of(term);
  const auto [low, high] = std::equal_range(tops_.begin(), tops_.end(), head);
  const u32 stretches = TRY(count_not_after(u32(low - tops_.begin()), u32(high - tops_.begin()),
                                            stretch_blocks, 0, term));
  if (stretches == 0) return 0u;
  const u32 first_block = (stretches - 1) * stretch_blocks;
  const HeadStretch* place = TRY(stretch(stretches - 1));
  const u64* const begin = place->heads;
  const u64* const end = begin + std::min(stretch_blocks, block_count() - first_block);
  const auto [first, last] = std::equal_range(begin, end, head);
  return first_block +
         TRY(count_not_after(u32(first - begin), u32(last - begin), 1, first_block, term));
}

Result<Dictionary::Found> Dictionary::locate(std::string_view term) const {
  const u32 blocks = TRY(blocks_not_after(term));
  if (blocks == 0) return Found{};
  BlockCursor cursor = TRY(block(blocks - 1));
  const u32 first = (blocks - 1) * block_terms;
  usize matched = 0;  // bytes the current term (which is before `term`) has in common with it
  while (cursor.next()) {
    if (cursor.lcp() > matched) continue;
    if (cursor.lcp() < matched) return Found{first + cursor.index(), false, {}};
    const std::string_view rest = term.substr(matched);
    const std::string_view suffix = cursor.suffix();
    const usize common = common_prefix(suffix, rest);
    if (common == suffix.size() && common == rest.size())
      return Found{first + cursor.index(), true, cursor.entry()};
    const bool before =
        common == suffix.size() || (common < rest.size() && u8(suffix[common]) < u8(rest[common]));
    if (!before) return Found{first + cursor.index(), false, {}};
    matched += common;
  }
  if (!cursor.ok()) return damaged_block(blocks - 1, "has a block that does not decode");
  return Found{std::min(first + block_terms, term_count()), false, {}};
}

Result<u32> Dictionary::block_of(std::string_view term, u32 number) const {
  const u32 following = number + 1;
  if (following >= block_count()) return number;
  const HeadStretch* place = TRY(stretch(following / stretch_blocks));
  if (place->heads[following % stretch_blocks] > head_of(term)) return number;
  return std::max(number + 1, TRY(blocks_not_after(term))) - 1;
}

Result<TermEntry> Dictionary::entry_at(u32 ordinal) const {
  assert(ordinal < term_count());
  BlockCursor cursor = TRY(block(ordinal / block_terms));
  for (u32 i = 0; i <= ordinal % block_terms; ++i)
    if (!cursor.next())
      return damaged_block(ordinal / block_terms, "has a block that does not decode");
  return cursor.entry();
}

Result<void> Dictionary::verify_heads() const {
  u64 blocks_at = 0;
  for (u32 i = 0; i < tops_.size(); ++i) TRY(verify_stretch(i, blocks_at));
  if (blocks_at != blocks_.size())
    return blocks_.damaged(blocks_at, "has bytes behind the last block");
  return {};
}

Result<void> Dictionary::verify_stretch(u32 number, u64& blocks_at) const {
  const HeadStretch* place = TRY(stretch(number));
  const u64 at = u64(number) * sizeof(HeadStretch);
  const u32 first_block = number * stretch_blocks;
  const u32 used = std::min(stretch_blocks, block_count() - first_block);
  if (place->blocks_at != blocks_at || place->heads[0] != tops_[number])
    return heads_.damaged(at, "has heads that do not follow those before");
  for (u32 i = 0; i < used; ++i) {
    const std::string_view first = TRY(first_term(first_block + i));
    if (head_of(first) != place->heads[i])
      return heads_.damaged(at + 8 * i, "has a head that is not that of its block");
  }
  for (u32 i = used; i < stretch_blocks; ++i)
    if (place->heads[i] != ~u64(0) || place->ends[i] != place->ends[used - 1])
      return heads_.damaged(at + 8 * i, "has heads behind the last block");
  blocks_at += place->ends[used - 1];
  return {};
}

Result<void> TermWalk::skip_to(std::string_view term) {
  if (block_ == 0) return {};
  const u32 target = TRY(dictionary_->block_of(term, block_ - 1));
  if (target == block_ - 1) return {};
  block_ = target;
  cursor_.reset();
  return {};
}

Result<bool> TermWalk::next() {
  while (!cursor_ || !cursor_->next()) {
    if (cursor_ && !cursor_->ok())
      return dictionary_->damaged_block(block_ - 1, "has a block that does not decode");
    if (block_ >= dictionary_->block_count()) return false;
    cursor_.emplace(TRY(dictionary_->block(block_++)));
  }
  term_.replace(cursor_->lcp(), std::string::npos, cursor_->suffix());
  return true;
}

}  // namespace shale::shard
