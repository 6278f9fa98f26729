#include "shard/range_reader.hpp"

#include <algorithm>
#include <bit>
#include <optional>

#include "base/kernel.hpp"
#include "shard/frequencies.hpp"
#include "shard/part_kernels.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace shale::shard {
namespace {

constexpr u32 ranges_in_container = 65'536 / range_documents;
constexpr u32 ranges_in_rank = rank_documents / range_documents;
constexpr u32 words_in_range = range_documents / 64;
constexpr u16 no_container = 0xffff;

// A container, how many postings stand before it, and once they are needed its frequencies.
struct RankedContainer {
  FrozenContainer container;
  u32 base = 0;
  Bytes nibbles = {};  // from the byte that holds the first posting's on
  std::optional<std::span<const TfException>> escapes = std::nullopt;

  // Rank 0 of `nibbles`.
  u32 nibbles_base() const { return base - base % 2; }
  // A rank beyond its postings comes of bytes that were lost since they were verified.
  bool holds(u32 rank) const { return rank - base < container.count; }
  u32 nibble(u32 rank) const {
    const u32 at = rank - nibbles_base();
    return u32(nibbles[at / 2]) >> (at % 2 * 4) & 15;
  }
};

// The part of a container that lies in one range, and the rank of its first posting.
struct RangePart {
  u32 rank = 0;
  std::span<const u64> words;   // four, of a bitset
  std::span<const u16> values;  // all of an array
  u32 begin = 0;                // in them
  u32 count = 0;

  // Of the posting of a document that lies `offset` behind `low`, where the range begins in its
  // container; no_rank where it has none.
  u32 rank_of(u8 offset, u16 low) const;
};

RangeMask mask_plain(std::span<const u16> values) {
  RangeMask mask;
  for (const u16 value : values) mask.add(u8(value));
  return mask;
}

// Each bit shifted in all four words at once, out of those where it has no place: through memory,
// each addition would wait for the one before to the same word.
#if defined(__x86_64__)
[[gnu::target("avx2")]] RangeMask mask_vector(std::span<const u16> values) {
  const __m256i begins = _mm256_setr_epi64x(0, 64, 128, 192);
  const __m256i one = _mm256_set1_epi64x(1);
  __m256i all = _mm256_setzero_si256();
  for (const u16 value : values) {
    const __m256i shifts = _mm256_sub_epi64(_mm256_set1_epi64x(u8(value)), begins);
    all = _mm256_or_si256(all, _mm256_sllv_epi64(one, shifts));
  }
  RangeMask mask;
  std::memcpy(mask.words.data(), &all, sizeof all);
  return mask;
}
#endif

RangeMask mask_of(std::span<const u16> values) {
#if defined(__x86_64__)
  if (vector_kernel_chosen()) return mask_vector(values);
#endif
  return mask_plain(values);
}

u32 count_plain(std::span<const u64> words) {
  u32 count = 0;
  for (const u64 word : words) count += u32(std::popcount(word));
  return count;
}

// Baseline x86-64 has no popcnt, and a call for each word takes four times as long.
#if defined(__x86_64__)
[[gnu::target("popcnt")]] u32 count_popcnt(std::span<const u64> words) {
  u32 count = 0;
  for (const u64 word : words) count += u32(std::popcount(word));
  return count;
}
const auto count_bits = __builtin_cpu_supports("popcnt") ? count_popcnt : count_plain;
#else
const auto count_bits = count_plain;
#endif

u32 RangePart::rank_of(u8 offset, u16 low) const {
  if (words.empty()) {
    const usize at = find_value(values, begin, count, u16(low + offset));
    return at == count ? no_rank : rank + u32(at);
  }
  const u64 bit = u64(1) << offset % 64;
  if ((words[offset / 64] & bit) == 0) return no_rank;
  std::array<u64, words_in_range> below{};
  std::copy_n(words.begin(), offset / 64 + 1, below.begin());
  below[offset / 64] &= bit - 1;
  return rank + count_bits(below);
}

class RangeReader final : public RangePostings {
 public:
  RangeReader(const PostingsReader& postings, const BigTerm& term, const RangeMaxima& maxima,
              float average_length)
      : postings_(postings),
        term_(term),
        bounds_{maxima.scale, maxima.maxima, average_length},
        ranks_(maxima.ranks) {}

  Result<void> open(Bytes image);

  const RangeBounds& bounds() const override { return bounds_; }
  Result<void> read(u32 range, RangeBlock& out) const override;
  RangeMask members(u32 range) const override;
  Result<void> frequencies(u32 range, std::span<const u8> offsets, u32* tfs) const override;

 private:
  RankedContainer* container_of(u32 range) const;
  RangePart part_of(const RankedContainer& here, u32 range) const;
  Result<void> need_nibbles(RankedContainer& here) const;
  Result<std::span<const TfException>> escapes_of(RankedContainer& here) const;
  Unexpected misses_escape() const;

  const PostingsReader& postings_;
  BigTerm term_;
  RangeBounds bounds_;
  std::span<const u16> ranks_;
  mutable std::vector<RankedContainer> containers_;  // their frequencies come as they are read
  std::array<u16, containers_max> container_of_key_;
};

Result<void> RangeReader::open(Bytes image) {
  const auto view = FrozenView::make(image);
  if (!view) return fail(ErrorCode::corrupt, "A set of documents changed under its reader");
  container_of_key_.fill(no_container);
  containers_.reserve(view->container_count());
  FrozenView::Walk walk(*view);
  u32 base = 0;
  for (FrozenContainer container; walk.next(container); base += container.count) {
    if (container.key >= containers_max) break;
    container_of_key_[container.key] = u16(containers_.size());
    containers_.push_back({container, base});
  }
  return {};
}

RankedContainer* RangeReader::container_of(u32 range) const {
  const u32 key = range / ranges_in_container;
  const bool is_there = key < containers_max && container_of_key_[key] != no_container;
  return is_there ? &containers_[container_of_key_[key]] : nullptr;
}

Result<void> RangeReader::need_nibbles(RankedContainer& here) const {
  if (here.nibbles.empty()) [[unlikely]]
    here.nibbles = TRY(postings_.nibbles(term_, here.base, here.container.count));
  return {};
}

Result<std::span<const TfException>> RangeReader::escapes_of(RankedContainer& here) const {
  if (!here.escapes) [[unlikely]]
    here.escapes = TRY(postings_.exceptions(term_, here.base, here.base + here.container.count));
  return *here.escapes;
}

RangePart RangeReader::part_of(const RankedContainer& here, u32 range) const {
  const u32 inside = range % ranges_in_container;
  const u32 step = range / ranges_in_rank;
  const u32 jump = step < ranks_.size() ? ranks_[step] : 0;
  if (here.container.is_bitset) {
    const std::span<const u64> words = here.container.words;
    const u32 from = inside / ranges_in_rank * ranges_in_rank * words_in_range;
    const u32 to = inside * words_in_range;
    const u32 rank = here.base + jump + count_bits(words.subspan(from, to - from));
    return {rank, words.subspan(to, words_in_range), {}};
  }
  const std::span<const u16> values = here.container.values;
  const bool last_step = (inside / ranges_in_rank + 1) * ranges_in_rank == ranges_in_container ||
                         step + 1 >= ranks_.size();
  const u32 count = u32(values.size());
  const u32 limit = last_step ? count : std::min<u32>(ranks_[step + 1], count);
  const Stretch found =
      find_range(values.first(limit), std::min(jump, limit), u16(inside * range_documents));
  return {here.base + u32(found.begin),
          {},
          values,
          u32(found.begin),
          std::min(u32(found.end - found.begin), range_documents)};
}

Result<void> RangeReader::read(u32 range, RangeBlock& out) const {
  RankedContainer* const here = container_of(range);
  out.count = 0;
  if (here == nullptr) return {};
  const RangePart part = part_of(*here, range);
  u32 count = part.count;
  for (u32 word = 0; word < part.words.size(); ++word) {
    for (u64 bits = part.words[word]; bits != 0; bits &= bits - 1) {
      out.offsets[count++] = u8(word * 64 + u32(std::countr_zero(bits)));
    }
  }
  low_bytes(part.values, part.begin, part.count, out.offsets.data());
  if (!here->holds(part.rank)) return {};
  out.count = std::min(count, here->container.count - (part.rank - here->base));
  TRY(need_nibbles(*here));
  const u32 first = part.rank - here->nibbles_base();
  if (!read_nibbles(here->nibbles, first, out.count, out.tfs.data())) return {};
  const std::span<const TfException> escapes = TRY(escapes_of(*here));
  const auto before = [](const TfException& e, u32 rank) { return e.rank < rank; };
  auto at = std::lower_bound(escapes.begin(), escapes.end(), part.rank, before);
  for (u32 i = 0; i < out.count; ++i) {
    if (out.tfs[i] != nibble_escape) continue;
    if (at == escapes.end() || at->rank != part.rank + i) return misses_escape();
    out.tfs[i] = (at++)->tf;
  }
  return {};
}

RangeMask RangeReader::members(u32 range) const {
  const RankedContainer* const here = container_of(range);
  RangeMask mask;
  if (here == nullptr) return mask;
  if (!here->container.is_bitset) {
    const RangePart part = part_of(*here, range);
    return mask_of(part.values.subspan(part.begin, part.count));
  }
  // Without the rank, which takes the longest.
  const u32 at = range % ranges_in_container * words_in_range;
  std::copy_n(here->container.words.begin() + at, words_in_range, mask.words.begin());
  return mask;
}

Result<void> RangeReader::frequencies(u32 range, std::span<const u8> offsets, u32* tfs) const {
  RankedContainer* const here = container_of(range);
  if (here == nullptr) {
    std::fill_n(tfs, offsets.size(), 0u);
    return {};
  }
  TRY(need_nibbles(*here));
  const RangePart part = part_of(*here, range);
  for (const u8 offset : offsets) {
    u32& tf = *tfs++;
    tf = 0;
    const u32 rank = part.rank_of(offset, u16(range % ranges_in_container * range_documents));
    if (!here->holds(rank)) continue;
    tf = here->nibble(rank);
    if (tf != nibble_escape) continue;
    tf = exception_of(TRY(escapes_of(*here)), rank);
    if (tf == 0) return misses_escape();
  }
  return {};
}

Unexpected RangeReader::misses_escape() const {
  return postings_.views().frequencies.damaged(u64(term_.frequencies_at) * 4, "misses an escape");
}

}  // namespace

Result<std::unique_ptr<RangePostings>> make_range_reader(const PostingsReader& postings, u32 number,
                                                         const BigTerm& term,
                                                         const RangeMaxima& maxima,
                                                         float average_length) {
  auto reader = std::make_unique<RangeReader>(postings, term, maxima, average_length);
  const Bytes image = TRY(postings.image(number, term));
  TRY(reader->open(image));
  return std::unique_ptr<RangePostings>(std::move(reader));
}

}  // namespace shale::shard
