#include "shard/frequencies.hpp"

#include <algorithm>
#include <bit>
#include <optional>

namespace shale::shard {
namespace {

struct RankState {
  u32 at;
  u32 rank;
};

// First index >= `at` whose value is >= `low`.
inline u32 gallop(std::span<const u16> values, u32 at, u16 low) {
  const u32 size = u32(values.size());
  u32 step = 1;
  u32 begin = at;
  while (at < size && values[at] < low) {
    begin = at + 1;
    at += step;
    step *= 2;
  }
  const auto first = values.begin() + begin;
  return u32(std::lower_bound(first, values.begin() + std::min(at, size), low) - values.begin());
}

void array_ranks(std::span<const u16> values, u32& at, std::span<const u32> docs, u32* ranks) {
  for (usize i = 0; i < docs.size(); ++i) {
    const u16 low = u16(docs[i]);
    if (at < values.size() && values[at] < low) at = gallop(values, at + 1, low);
    ranks[i] = at < values.size() && values[at] == low ? at : no_rank;
  }
}

// One body for both twins: baseline x86-64 has no popcnt and counts bits four times as slowly.
[[gnu::always_inline]] inline void bitset_ranks(std::span<const u64> words,
                                                std::span<const u16> jumps, RankState& state,
                                                std::span<const u32> docs, u32* ranks) {
  u32 word = state.at;
  u32 rank = state.rank;
  for (usize i = 0; i < docs.size(); ++i) {
    const u32 low = docs[i] & 0xffff;
    const u32 target = low >> 6;
    if (const u32 jump = low >> 10; target - word > 16 && jump < jumps.size()) {
      word = jump << 4;
      rank = jumps[jump];
    }
    for (; word < target; ++word) rank += u32(std::popcount(words[word]));
    const u64 bit = u64(1) << (low & 63);
    const u64 bits = words[target];
    ranks[i] = (bits & bit) != 0 ? rank + u32(std::popcount(bits & (bit - 1))) : no_rank;
  }
  state = {word, rank};
}

void bitset_ranks_plain(std::span<const u64> words, std::span<const u16> jumps, RankState& state,
                        std::span<const u32> docs, u32* ranks) {
  bitset_ranks(words, jumps, state, docs, ranks);
}

#if defined(__x86_64__)
[[gnu::target("popcnt")]] void bitset_ranks_popcnt(std::span<const u64> words,
                                                   std::span<const u16> jumps, RankState& state,
                                                   std::span<const u32> docs, u32* ranks) {
  bitset_ranks(words, jumps, state, docs, ranks);
}
const auto bitset_ranks_here =
    __builtin_cpu_supports("popcnt") ? bitset_ranks_popcnt : bitset_ranks_plain;
#else
const auto bitset_ranks_here = bitset_ranks_plain;
#endif

// Looks up the postings of one container after the other.
class FrequencyLookup {
 public:
  FrequencyLookup(const PostingsReader& postings, const BigTerm& term)
      : postings_(postings), term_(term) {}
  Result<void> container(const FrozenContainer& container, std::span<const u16> jumps, u32 base,
                         std::span<const u32> docs, std::span<u32> tfs);

 private:
  Result<void> escape(u32 rank, u32& tf);

  const PostingsReader& postings_;
  const BigTerm& term_;
  u32 base_ = 0;  // of the container, as the others
  u32 count_ = 0;
  std::optional<std::span<const TfException>> escapes_;
};

Result<void> FrequencyLookup::container(const FrozenContainer& container,
                                        std::span<const u16> jumps, u32 base,
                                        std::span<const u32> docs, std::span<u32> tfs) {
  constexpr usize block = 256;
  base_ = base;
  count_ = container.count;
  escapes_.reset();
  u32 ranks[block];
  Bytes nibbles;
  if (term_.word()) nibbles = TRY(postings_.nibbles(term_, base, container.count));
  ContainerRanker ranker(container, jumps);
  for (usize begin = 0; begin < docs.size(); begin += block) {
    const usize count = std::min(block, docs.size() - begin);
    ranker.next(docs.subspan(begin, count), ranks);
    for (usize i = 0; i < count; ++i) {
      u32& tf = tfs[begin + i];
      tf = ranks[i] == no_rank ? 0 : 1;
      if (ranks[i] >= container.count || !term_.word()) continue;
      const u32 rank = base % 2 + ranks[i];
      tf = u32(nibbles[rank / 2]) >> (rank % 2 * 4) & 15;
      if (tf == nibble_escape) [[unlikely]]
        TRY(escape(base + ranks[i], tf));
    }
  }
  return {};
}

Result<void> FrequencyLookup::escape(u32 rank, u32& tf) {
  if (!escapes_) escapes_ = TRY(postings_.exceptions(term_, base_, base_ + count_));
  tf = exception_of(*escapes_, rank);
  if (tf != 0) return {};
  return postings_.views().frequencies.damaged(u64(term_.frequencies_at) * 4, "misses an escape");
}

}  // namespace

std::span<const u16> jumps_of(std::span<const u16> ranks, u16 key) {
  const usize begin = usize(key) * 64;
  if (begin >= ranks.size()) return {};
  return ranks.subspan(begin, std::min<usize>(64, ranks.size() - begin));
}

void ContainerRanker::next(std::span<const u32> docs, u32* ranks) {
  if (!container_->is_bitset) return array_ranks(container_->values, at_, docs, ranks);
  RankState state{at_, rank_};
  bitset_ranks_here(container_->words, jumps_, state, docs, ranks);
  at_ = state.at;
  rank_ = state.rank;
}

Result<void> frequencies_of(const PostingsReader& postings, u32 number, const BigTerm& term,
                            std::span<const u16> jumps, std::span<const u32> docs,
                            std::span<u32> tfs) {
  const auto view = FrozenView::make(TRY(postings.image(number, term)));
  if (!view) return postings.damaged_record(number, "names a malformed set of documents");
  FrequencyLookup lookup(postings, term);
  FrozenView::Walk walk(*view);
  usize at = 0;
  u32 base = 0;
  for (FrozenContainer container; at < docs.size() && walk.next(container);) {
    while (at < docs.size() && docs[at] >> 16 < container.key) tfs[at++] = 0;
    const u32 last = u32(container.key) << 16 | 0xffff;
    const auto end = std::upper_bound(docs.begin() + at, docs.end(), last);
    const usize count = usize(end - docs.begin()) - at;
    if (count != 0)
      TRY(lookup.container(container, jumps_of(jumps, container.key), base, docs.subspan(at, count),
                           tfs.subspan(at, count)));
    at += count;
    base += container.count;
  }
  std::fill(tfs.begin() + at, tfs.end(), 0u);
  return {};
}

Result<u32> rank_of(const PostingsReader& postings, u32 number, const BigTerm& term, u32 doc) {
  const auto view = FrozenView::make(TRY(postings.image(number, term)));
  if (!view) return postings.damaged_record(number, "names a malformed set of documents");
  FrozenView::Walk walk(*view);
  u32 base = 0;
  for (FrozenContainer container; walk.next(container); base += container.count) {
    if (container.key != doc >> 16) continue;
    u32 rank = no_rank;
    ContainerRanker(container).next({&doc, 1}, &rank);
    return rank == no_rank ? no_rank : base + rank;
  }
  return no_rank;
}

}  // namespace shale::shard
