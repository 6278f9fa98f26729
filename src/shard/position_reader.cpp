#include "shard/position_reader.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>

#include "shard/frequencies.hpp"
#include "shard/part_kernels.hpp"
#include "shard/terms_state.hpp"

namespace shale::shard {
namespace {

// Positions of neighbouring postings, one behind the other: as many of posting first + i as
// before[i + 1] - before[i] says, which outlives the run.
class Run {
 public:
  Run() = default;
  Run(Bytes bytes, u32 first, std::span<const u32> before)
      : bytes_(bytes), first_(first), before_(before) {}
  u32 next() const { return first_ + next_; }  // the first posting that may be read

  // The positions of some postings, ascending.
  bool read(std::span<const u32> postings, PositionLists& lists) {
    Bytes bytes = bytes_;
    u32 next = next_;
    u32* out = lists.room(bytes.size() + positions_slack);
    for (const u32 posting : postings) {
      const u32 index = posting - first_;
      if (index < next || usize(index) + 1 >= before_.size()) return false;
      const usize begin = skip_varints(bytes, before_[index] - before_[next]);
      if (begin == no_bytes) return false;
      next = index + 1;
      const u32 tf = before_[next] - before_[index];
      const usize count = read_positions(bytes.subspan(begin), tf, out);
      if (count == no_bytes) return false;
      bytes = bytes.subspan(begin + count);
      out += tf;
      lists.add(tf);
    }
    bytes_ = bytes;
    next_ = next;
    return true;
  }

 private:
  Bytes bytes_;  // from those of posting first_ + next_ on
  u32 first_ = 0;
  u32 next_ = 0;
  std::span<const u32> before_;
};

// before[i] = the sum of the first i frequencies. It wraps where they are damaged, and nowhere
// else: there are as many bytes of positions, fewer than 2^32.
void add_up(std::span<const u32> tfs, u32* before) {
  before[0] = 0;
  std::partial_sum(tfs.begin(), tfs.end(), before + 1);
}

// What is read by lists, read document by document.
class ByLists : public PositionCursor {
 public:
  Result<void> read(u32 doc, std::vector<u32>& positions) final {
    TRY(read_all({&doc, 1}, lists_));
    const std::span<const u32> list = lists_.of(0);
    positions.assign(list.begin(), list.end());
    return {};
  }

 private:
  PositionLists lists_;
};

class SingleReader final : public ByLists {
 public:
  explicit SingleReader(u32 position) : position_(position) {}
  Result<void> read_all(std::span<const u32> docs, PositionLists& lists) override {
    lists.clear();
    for (usize i = 0; i < docs.size(); ++i) {
      *lists.room(1) = position_;
      lists.add(1);
    }
    return {};
  }

 private:
  u32 position_;
};

class ListReader final : public ByLists {
 public:
  ListReader(PositionSources sources, const TermEntry& entry) : sources_(sources), entry_(entry) {}

  Result<void> open() {
    std::vector<u32> tfs;
    TRY(sources_.postings.list(entry_, docs_, tfs));
    before_.resize(tfs.size() + 1);
    add_up(tfs, before_.data());
    run_ =
        Run(TRY(sources_.positions.bytes(entry_.positions_at, entry_.positions_bytes)), 0, before_);
    return {};
  }
  Result<void> read_all(std::span<const u32> docs, PositionLists& lists) override {
    lists.clear();
    for (const u32 doc : docs) {
      const auto at = std::lower_bound(docs_.begin() + run_.next(), docs_.end(), doc);
      const bool is_there = at != docs_.end() && *at == doc;
      const u32 index = u32(at - docs_.begin());
      if (!is_there || !run_.read({&index, 1}, lists))
        return sources_.positions.damaged(entry_.positions_at, "has positions that do not decode");
    }
    return {};
  }

 private:
  PositionSources sources_;
  TermEntry entry_;
  std::vector<u32> docs_;
  std::vector<u32> before_;  // the occurrences before each of them, and in all
  Run run_;
};

class BigReader final : public ByLists {
 public:
  BigReader(PositionSources sources, u32 number, const BigTerm& term, const FrozenView& view,
            std::span<const u16> jumps)
      : sources_(sources), number_(number), term_(term), view_(view), walk_(view_), jumps_(jumps) {}
  BigReader(const BigReader&) = delete;

  // Ranks of a container's documents are found together.
  Result<void> read_all(std::span<const u32> docs, PositionLists& lists) override {
    std::array<u32, 256> ranks;
    lists.clear();
    while (!docs.empty()) {
      const u16 key = u16(docs.front() >> 16);
      if (!TRY(find_container(key))) return damaged_documents();
      usize count = 1;
      while (count < std::min(docs.size(), ranks.size()) && docs[count] >> 16 == key) ++count;
      ranker_->next(docs.first(count), ranks.data());
      for (u32& rank : std::span(ranks).first(count)) {
        if (rank >= container_.count) return damaged_documents();
        rank += base_;
      }
      TRY(read_postings(std::span(ranks).first(count), lists));
      docs = docs.subspan(count);
    }
    return {};
  }

 private:
  static constexpr u32 no_group = ~u32(0);

  Result<bool> find_container(u16 key) {
    if (is_open_ && container_.key >= key) return container_.key == key;
    do {
      if (is_open_) base_ += container_.count;
      is_open_ = walk_.next(container_);
      if (!is_open_) return false;
    } while (container_.key < key);
    TRY(open_container());
    return container_.key == key;
  }

  // What tells of the groups its postings stand in.
  Result<void> open_container() {
    ranker_.emplace(container_, jumps_of(jumps_, container_.key));
    const u32 end = base_ + container_.count;
    if (container_.count == 0 || end > term_.df) return damaged_documents();
    const u32 last = (end - 1) / group_postings;
    first_group_ = base_ / group_postings;
    const u32 first = first_group_ * group_postings;
    nibbles_ = TRY(sources_.postings.nibbles(
        term_, first, std::min((last + 1) * group_postings, term_.df) - first));
    ends_ = TRY(sources_.positions.ends(term_.position_ends_at, first_group_, last));
    return {};
  }

  // Group by group.
  Result<void> read_postings(std::span<const u32> ranks, PositionLists& lists) {
    while (!ranks.empty()) {
      const u32 group = ranks.front() / group_postings;
      usize count = 1;
      while (count < ranks.size() && ranks[count] / group_postings == group) ++count;
      if (group != group_) TRY(load_group(group));
      if (!run_.read(ranks.first(count), lists)) return damaged();
      ranks = ranks.subspan(count);
    }
    return {};
  }

  Result<void> load_group(u32 group) {
    const u32 first = group * group_postings;
    const u32 size = std::min(group_postings, term_.df - first);
    const Bytes nibbles = nibbles_.subspan(usize(group - first_group_) * group_postings / 2);
    if (add_up_nibbles(nibbles, size, before_)) {
      u32 tfs[group_postings];
      TRY(sources_.postings.frequencies(term_, first, {tfs, size}));
      add_up({tfs, size}, before_);
    }
    const Bytes bytes = TRY(sources_.positions.group(term_.positions_at(), ends_, group));
    run_ = Run(bytes, first, {before_, size + 1});
    group_ = group;
    return {};
  }

  Unexpected damaged() const {
    return sources_.positions.damaged(term_.positions_at(), "has a group that does not decode");
  }

  Unexpected damaged_documents() const {
    return sources_.postings.damaged_record(number_, "names a set without a document it has");
  }

  PositionSources sources_;
  u32 number_;
  BigTerm term_;
  FrozenView view_;
  FrozenView::Walk walk_;
  std::span<const u16> jumps_;
  FrozenContainer container_;
  std::optional<ContainerRanker> ranker_;
  bool is_open_ = false;
  u32 base_ = 0;         // postings before the container
  u32 first_group_ = 0;  // of the container, and of nibbles_
  Bytes nibbles_;
  GroupEnds ends_;
  u32 group_ = no_group;
  u32 before_[group_postings + 1 + part_slack];  // the occurrences before each posting of group_
  Run run_;
};

Result<std::unique_ptr<PositionCursor>> make_big(PositionSources sources, u32 number) {
  const BigTerm term = TRY(sources.postings.big_term(number));
  const auto view = FrozenView::make(TRY(sources.postings.image(number, term)));
  if (!view) return sources.postings.damaged_record(number, "names a malformed set of documents");
  std::span<const u16> jumps;
  if (term.range_number != no_place) jumps = TRY(sources.ranges.ranks(term.range_number));
  return std::unique_ptr<PositionCursor>(
      std::make_unique<BigReader>(sources, number, term, *view, jumps));
}

}  // namespace

Result<std::unique_ptr<PositionCursor>> make_position_reader(PositionSources sources,
                                                             const Term& term) {
  const TermHandle handle{term.handle};
  if (handle.kind() == HandleKind::big) return make_big(sources, handle.number());
  const TermEntry entry = TRY(sources.dictionary.entry_at(handle.number()));
  if (entry.df == 1 && entry.tf == 1) {
    return std::unique_ptr<PositionCursor>(std::make_unique<SingleReader>(entry.position));
  }
  auto reader = std::make_unique<ListReader>(sources, entry);
  TRY(reader->open());
  return std::unique_ptr<PositionCursor>(std::move(reader));
}

}  // namespace shale::shard
