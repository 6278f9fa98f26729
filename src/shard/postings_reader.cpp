#include <algorithm>
#include <array>
#include <bit>
#include <cassert>

#include "shard/postings.hpp"

namespace shale::shard {

void append_members(const FrozenContainer& container, std::vector<u32>& docs) {
  const u32 high = u32(container.key) << 16;
  const usize begin = docs.size();
  docs.resize(begin + container.count);
  u32* out = docs.data() + begin;
  if (!container.is_bitset) {
    for (const u16 value : container.values) *out++ = high | value;
    return;
  }
  for (u32 word = 0; word < container.words.size(); ++word)
    for (u64 bits = container.words[word]; bits != 0; bits &= bits - 1)
      *out++ = high | word << 6 | u32(std::countr_zero(bits));
}

// So many exceptions lie in one extent or two: they are taken as a whole.
constexpr u32 few_exceptions = u32(extent_bytes / sizeof(TfException));

// tfs[i] = nibble skip + i, two to a byte. Whether an escape is among them.
bool expand_nibbles(Bytes bytes, u32 skip, std::span<u32> tfs) {
  usize i = 0;
  bool escaped = false;
  if (skip == 1 && !tfs.empty()) {
    tfs[i++] = u32(bytes[0]) >> 4;
    escaped = tfs[0] == nibble_escape;
  }
  const std::byte* from = bytes.data() + skip;
  u32* to = tfs.data() + i;
  const usize pairs = (tfs.size() - i) / 2;
  u32 most = 0;
  for (usize pair = 0; pair < pairs; ++pair) {
    const u32 low = u32(from[pair]) & 15, high = u32(from[pair]) >> 4;
    to[2 * pair] = low;
    to[2 * pair + 1] = high;
    most = std::max(most, std::max(low, high));
  }
  if ((tfs.size() - i) % 2 != 0) {
    tfs.back() = u32(from[pairs]) & 15;
    most = std::max(most, tfs.back());
  }
  return escaped || most == nibble_escape;
}

u32 exception_of(std::span<const TfException> exceptions, u32 rank) {
  const auto at = std::lower_bound(exceptions.begin(), exceptions.end(), rank,
                                   [](const TfException& e, u32 r) { return e.rank < r; });
  return at != exceptions.end() && at->rank == rank ? at->tf : 0;
}

Result<PostingsReader> PostingsReader::make(Views views, u32 document_count, u32 big_count) {
  if (views.big_terms.size() != u64(big_count) * sizeof(BigTerm))
    return views.big_terms.damaged(0, "has not the records the dictionary counts");
  PostingsReader reader;
  reader.views_ = std::move(views);
  reader.document_count_ = document_count;
  reader.big_count_ = big_count;
  reader.checked_ = std::make_unique<std::atomic<u64>[]>((big_count + 63) / 64);
  return reader;
}

Result<void> PostingsReader::list(const TermEntry& entry, std::vector<u32>& docs,
                                  std::vector<u32>& tfs) const {
  docs.resize(entry.df);
  tfs.resize(entry.df);
  if (entry.df == 1) {
    docs[0] = entry.doc;
    tfs[0] = entry.tf;
    return {};
  }
  ByteReader in(TRY(views_.small_lists.view(entry.list_at, entry.list_bytes)));
  u64 next = 0;
  bool fits = true;
  for (u32 i = 0; i < entry.df; ++i) {
    const u64 code = in.varint();
    const bool repeated = entry.word && code % 2 != 0;
    const u64 further = repeated ? in.varint() : 0;
    const u64 gap = entry.word ? code >> 1 : code;
    fits = fits && gap < document_count_ && next + gap < document_count_ && further <= ~u32(0) - 2;
    docs[i] = u32(next + gap);
    tfs[i] = repeated ? u32(further + 2) : 1;
    next += gap + 1;
  }
  if (!fits || !in.ok() || !in.at_end())
    return views_.small_lists.damaged(entry.list_at, "holds a list that does not decode");
  return {};
}

Result<void> PostingsReader::add_list(const TermEntry& entry, DenseSet& holders) const {
  if (entry.df == 1) {
    holders.add(entry.doc);
    return {};
  }
  ByteReader in(TRY(views_.small_lists.view(entry.list_at, entry.list_bytes)));
  u64 next = 0;
  for (u32 i = 0; i < entry.df; ++i) {
    const u64 code = in.varint();
    if (entry.word && code % 2 != 0) in.varint();
    const u64 gap = entry.word ? code >> 1 : code;
    if (gap >= document_count_ || next + gap >= document_count_) in.fail_now();
    if (!in.ok()) break;
    holders.add(u32(next + gap));
    next += gap + 1;
  }
  if (!in.ok() || !in.at_end())
    return views_.small_lists.damaged(entry.list_at, "holds a list that does not decode");
  return {};
}

namespace {

constexpr u64 top_bits = 0x8080808080808080;

// The number of a varint's groups of seven bits, each in its byte.
u64 joined(u64 groups) {
  groups &= ~top_bits;
  const u64 pairs = (groups & 0x007f007f007f007f) | (groups & 0x7f007f007f007f00) >> 1;
  const u64 fours = (pairs & 0x00003fff00003fff) | (pairs & 0x3fff00003fff0000) >> 2;
  return (fours & 0x0fffffff) | (fours & 0x0fffffff00000000) >> 4;
}

// A posting of a small list: eight bytes at a time and without a branch, since lengths cannot be
// foretold, and every wrong guess costs as much as five postings. Reads 16 bytes from `from` on.
struct ListPosting {
  ListPosting(const std::byte* from, u32 word) {
    const u64 all = load<u64>(from);
    const u64 ends = ~all & top_bits;
    const u64 later = ends & (ends - 1);
    const u32 length = u32(std::countr_zero(ends)) / 8 + 1;
    gap = joined(all & ((ends & (0 - ends)) - 1)) >> word;
    const bool has_more = (all & word) != 0;
    bytes = has_more ? u32(std::countr_zero(later)) / 8 + 1 : length;
    if (later == 0 && has_more) [[unlikely]]
      bytes = length + u32(std::countr_zero(~load<u64>(from + length % 9) & top_bits)) / 8 + 1;
  }
  u32 bytes = 0;  // of gap and frequency; 9 and more where they are no varints of up to 8
  u64 gap = 0;    // below 2^56
};

}  // namespace

// What lies beyond the last document counts as the last one until the list is found not to fit.
Result<void> PostingsReader::add_lists(u64 at, std::span<const ListShape> lists,
                                       DenseSet& holders) const {
  constexpr usize slack = 16;  // what is read from the last byte on
  std::array<std::byte, block_terms * list_bytes_max + slack> room;
  u64 bytes = 0;
  for (const ListShape& list : lists) bytes += list.bytes;
  const Bytes all = TRY(views_.small_lists.view(at, bytes));
  assert(all.size() + slack <= room.size());
  std::copy(all.begin(), all.end(), room.begin());
  std::fill_n(room.begin() + std::ptrdiff_t(all.size()), slack, std::byte(0));
  usize from = 0;
  for (const ListShape& list : lists) {
    const usize end = from + list.bytes;
    u64 next = 0;
    u32 count = 0;
    for (; count < list.df && from < end; ++count) {
      const ListPosting posting(room.data() + from, list.word ? 1 : 0);
      from += posting.bytes;
      next += posting.gap;
      holders.add(u32(std::min<u64>(next++, document_count_ - 1)));
    }
    if (count != list.df || from != end || next > document_count_)
      return views_.small_lists.damaged(at, "holds a list that does not decode");
  }
  return {};
}

Result<void> PostingsReader::add_big(u32 number, DenseSet& holders) const {
  const BigTerm term = TRY(big_term(number));
  const auto view = FrozenView::make(TRY(image(number, term)));
  if (!view) return damaged_record(number, "holds a malformed set of documents");
  FrozenView::Walk walk(*view);
  for (FrozenContainer container; walk.next(container);) holders.add(container);
  return {};
}

Unexpected PostingsReader::damaged_record(u32 number, std::string what) const {
  return views_.big_terms.damaged(u64(number) * sizeof(BigTerm), std::move(what));
}

Result<BigTerm> PostingsReader::big_term(u32 number) const {
  const u64 at = u64(number) * sizeof(BigTerm);
  const BigTerm term = load<BigTerm>(TRY(views_.big_terms.view(at, sizeof(BigTerm))).data());
  if (term.df <= small_df_max || term.df > document_count_)
    return damaged_record(number, "holds a record whose document count is out of range");
  return term;
}

Result<Bytes> PostingsReader::image(u32 number, const BigTerm& term) const {
  const u64 at = u64(term.documents_at) * frozen_alignment;
  const Bytes bytes = TRY(views_.documents.view(at, term.documents_bytes()));
  std::atomic<u64>& word = checked_[number / 64];
  const u64 bit = u64(1) << number % 64;
  if ((word.load(std::memory_order_relaxed) & bit) != 0) return bytes;
  if (!check_frozen(bytes, term.df, document_count_))
    return views_.documents.damaged(at, "holds a malformed set of documents");
  word.fetch_or(bit, std::memory_order_relaxed);
  return bytes;
}

Result<void> PostingsReader::big_documents(u32 number, const BigTerm& term,
                                           std::vector<u32>& docs) const {
  const auto view = FrozenView::make(TRY(image(number, term)));
  docs.clear();
  docs.reserve(term.df);
  if (!view) return damaged_record(number, "holds a malformed set of documents");
  FrozenView::Walk walk(*view);
  for (FrozenContainer container; walk.next(container);) append_members(container, docs);
  return {};
}

Result<Bytes> PostingsReader::nibbles(const BigTerm& term, u32 first, u32 count) const {
  const u64 begin = u64(first) / 2;
  const u64 end = (u64(first) + count + 1) / 2;
  return views_.frequencies.view(u64(term.frequencies_at) * 4 + begin, end - begin);
}

Result<std::span<const TfException>> PostingsReader::exceptions(const BigTerm& term, u32 first,
                                                                u32 end) const {
  const u64 at = u64(term.frequencies_at) * 4 + nibble_bytes(term.df);
  const u32 count = load<u32>(TRY(views_.frequencies.view(at, 4)).data());
  if (count > term.df) return views_.frequencies.damaged(at, "has more escapes than postings");
  u32 from = 0;
  u32 to = count;
  const bool are_all = end - first == term.df;
  if (!are_all && count > few_exceptions) {
    from = TRY(first_exception(at + 4, 0, count, first));
    to = TRY(first_exception(at + 4, from, count, end));
  }
  const Bytes bytes = TRY(views_.frequencies.view(at + 4 + u64(from) * sizeof(TfException),
                                                  u64(to - from) * sizeof(TfException)));
  const auto found = view_as<TfException>(bytes);
  if (found.size() != to - from) return views_.frequencies.damaged(at, "is not aligned");
  return found;
}

// The first of [begin, end) that is not below `rank`; `at` is where they lie. Looked at one by one,
// so that no more of them is verified.
Result<u32> PostingsReader::first_exception(u64 at, u32 begin, u32 end, u32 rank) const {
  while (begin < end) {
    const u32 middle = begin + (end - begin) / 2;
    const Bytes one =
        TRY(views_.frequencies.view(at + u64(middle) * sizeof(TfException), sizeof(TfException)));
    if (load<TfException>(one.data()).rank < rank) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin;
}

Result<void> PostingsReader::frequencies(const BigTerm& term, u32 first, std::span<u32> tfs) const {
  if (!term.word()) {
    std::fill(tfs.begin(), tfs.end(), 1u);
    return {};
  }
  const Bytes bytes = TRY(nibbles(term, first, u32(tfs.size())));
  if (!expand_nibbles(bytes, first % 2, tfs)) return {};
  const auto escapes = TRY(exceptions(term, first, first + u32(tfs.size())));
  auto at = std::lower_bound(escapes.begin(), escapes.end(), first,
                             [](const TfException& e, u32 rank) { return e.rank < rank; });
  for (u32 i = 0; i < tfs.size(); ++i) {
    if (tfs[i] != nibble_escape) continue;
    if (at == escapes.end() || at->rank != first + i)
      return views_.frequencies.damaged(u64(term.frequencies_at) * 4, "misses an escape");
    tfs[i] = (at++)->tf;
  }
  return {};
}

Result<void> PostingsReader::verify(u32 number, const BigTerm& term, Ends& next) const {
  if (u64(term.documents_at) * frozen_alignment != next.documents)
    return damaged_record(number, "has documents that do not follow those before");
  const u64 end = next.documents + term.documents_bytes();
  const Bytes bytes = TRY(image(number, term));
  if (!check_frozen(bytes, term.df, document_count_))
    return views_.documents.damaged(next.documents, "holds a malformed set of documents");
  next.documents = (end + frozen_alignment - 1) / frozen_alignment * frozen_alignment;
  return term.word() ? verify_frequencies(number, term, next) : Result<void>();
}

Result<void> PostingsReader::verify_frequencies(u32 number, const BigTerm& term, Ends& next) const {
  if (term.frequencies_at != next.frequencies)
    return damaged_record(number, "has frequencies that do not follow those before");
  const u64 at = next.frequencies * 4;
  const auto escapes = TRY(exceptions(term, 0, term.df));
  const Bytes bytes = TRY(views_.frequencies.view(at, nibble_bytes(term.df)));
  usize used = 0;
  for (u32 rank = 0; rank < bytes.size() * 2; ++rank) {
    const u32 nibble = u32(bytes[rank / 2]) >> (rank % 2 * 4) & 15;
    if ((nibble == 0) != (rank >= term.df))
      return views_.frequencies.damaged(at + rank / 2, "holds a wrong frequency");
    if (nibble != nibble_escape) continue;
    if (used == escapes.size() || escapes[used].rank != rank || escapes[used].tf < nibble_escape)
      return views_.frequencies.damaged(at + rank / 2, "misses an escape");
    ++used;
  }
  if (used != escapes.size())
    return views_.frequencies.damaged(at, "has escapes that nothing refers to");
  next.frequencies += (nibble_bytes(term.df) + 4 + escapes.size() * sizeof(TfException)) / 4;
  return {};
}

// Padding stands before an image, so the last one ends its section.
Result<void> PostingsReader::verify_ends(u64 lists, const Ends& ends) const {
  const u64 documents = views_.documents.size();
  if (lists != views_.small_lists.size())
    return views_.small_lists.damaged(lists, "has bytes behind the last list");
  if (ends.documents < documents || ends.documents - documents >= frozen_alignment)
    return views_.documents.damaged(ends.documents, "has bytes behind the last documents");
  if (ends.frequencies * 4 != views_.frequencies.size())
    return views_.frequencies.damaged(ends.frequencies * 4, "has bytes behind the last frequency");
  return {};
}

}  // namespace shale::shard
