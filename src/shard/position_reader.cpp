#include "shard/position_reader.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

#include "shard/frequencies.hpp"
#include "shard/terms_state.hpp"

namespace shale::shard {
namespace {

// Positions of neighbouring postings, one behind the other.
class Run {
 public:
  Run() = default;
  Run(Bytes bytes, u32 first) : bytes_(bytes), next_(first) {}
  u32 next() const { return next_; }

  // The positions of posting `index`, not before next(); `tfs` are those of postings `first` on.
  bool read(u32 index, std::span<const u32> tfs, u32 first, std::vector<u32>& positions) {
    const auto from = tfs.begin() + (next_ - first);
    const auto to = tfs.begin() + (index - first);
    const auto skipped = varints_bytes(bytes_, std::accumulate(from, to, u64(0)));
    if (!skipped) return false;
    bytes_ = bytes_.subspan(*skipped);
    next_ = index;
    return decode_positions(bytes_, 0, *to, positions);
  }

 private:
  Bytes bytes_;
  u32 next_ = 0;
};

class SingleReader final : public PositionCursor {
 public:
  explicit SingleReader(u32 position) : position_(position) {}
  Result<void> read(u32, std::vector<u32>& positions) override {
    positions.assign(1, position_);
    return {};
  }

 private:
  u32 position_;
};

class ListReader final : public PositionCursor {
 public:
  ListReader(PositionSources sources, const TermEntry& entry) : sources_(sources), entry_(entry) {}

  Result<void> open() {
    TRY(sources_.postings.list(entry_, docs_, tfs_));
    run_ = Run(TRY(sources_.positions.bytes(entry_.positions_at, entry_.positions_bytes)), 0);
    return {};
  }
  Result<void> read(u32 doc, std::vector<u32>& positions) override {
    const auto from = docs_.begin() + run_.next();
    const auto at = std::lower_bound(from, docs_.end(), doc);
    const bool is_there = at != docs_.end() && *at == doc;
    if (is_there && run_.read(u32(at - docs_.begin()), tfs_, 0, positions)) return {};
    return sources_.positions.damaged(entry_.positions_at, "has positions that do not decode");
  }

 private:
  PositionSources sources_;
  TermEntry entry_;
  std::vector<u32> docs_;
  std::vector<u32> tfs_;
  Run run_;
};

class BigReader final : public PositionCursor {
 public:
  BigReader(PositionSources sources, const BigTerm& term, const FrozenView& view)
      : sources_(sources), term_(term), view_(view), walk_(view_) {}
  BigReader(const BigReader&) = delete;

  Result<void> read(u32 doc, std::vector<u32>& positions) override {
    const u32 rank = rank_of(doc);
    if (rank >= term_.df) return damaged();
    if (rank / group_postings != group_) TRY(load_group(rank / group_postings));
    const std::span<const u32> tfs(tfs_, group_size_);
    const u32 first = group_ * group_postings;
    return run_.read(rank, tfs, first, positions) ? Result<void>() : damaged();
  }

 private:
  static constexpr u32 no_group = ~u32(0);

  u32 rank_of(u32 doc) {
    while (!is_open_ || container_.key < doc >> 16) {
      if (is_open_) base_ += container_.count;
      is_open_ = walk_.next(container_);
      if (!is_open_) return no_rank;
      ranker_.emplace(container_);
    }
    u32 rank = no_rank;
    if (container_.key == doc >> 16) ranker_->next({&doc, 1}, &rank);
    return rank == no_rank ? no_rank : base_ + rank;
  }

  Result<void> load_group(u32 group) {
    group_size_ = std::min(group_postings, term_.df - group * group_postings);
    TRY(sources_.postings.frequencies(term_, group * group_postings, {tfs_, group_size_}));
    const Bytes bytes =
        TRY(sources_.positions.group(term_.positions_at(), term_.position_ends_at, group));
    run_ = Run(bytes, group * group_postings);
    group_ = group;
    return {};
  }

  Unexpected damaged() const {
    return sources_.positions.damaged(term_.positions_at(), "has a group that does not decode");
  }

  PositionSources sources_;
  BigTerm term_;
  FrozenView view_;
  FrozenView::Walk walk_;
  FrozenContainer container_;
  std::optional<ContainerRanker> ranker_;
  bool is_open_ = false;
  u32 base_ = 0;  // postings before the container
  u32 group_ = no_group;
  u32 group_size_ = 0;
  u32 tfs_[group_postings];
  Run run_;
};

Result<std::unique_ptr<PositionCursor>> make_big(PositionSources sources, u32 number) {
  const BigTerm term = TRY(sources.postings.big_term(number));
  const auto view = FrozenView::make(TRY(sources.postings.image(number, term)));
  if (!view) return sources.postings.damaged_record(number, "names a malformed set of documents");
  return std::unique_ptr<PositionCursor>(std::make_unique<BigReader>(sources, term, *view));
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
