#include "shard/terms_state.hpp"

namespace shale::shard {

// Goes through all terms once and checks that each structure begins where the one before ended.
class TermsVerifier {
 public:
  explicit TermsVerifier(const TermsReader::State& state) : state_(state) {}

  Result<void> run() {
    TRY(state_.dictionary.verify_heads());
    TermWalk walk(state_.dictionary);
    while (TRY(walk.next())) {
      TRY(check_order(walk));
      TRY(check_places(walk));
      TRY(state_.decode(walk.entry(), docs_, tfs_));
      if (walk.entry().df > small_df_max) TRY(check_big(walk.entry()));
      TRY(check_positions(walk.entry()));
      pass(walk.entry());
      trigrams_.add(walk.term());
      last_ = walk.term();
    }
    if (terms_ != state_.dictionary.term_count())
      return state_.dictionary.damaged_block(0, "misses terms");
    return check_ends();
  }

 private:
  Result<void> check_order(const TermWalk& walk) {
    const std::string& term = walk.term();
    const u32 lcp = walk.cursor().lcp();
    const bool first = walk.cursor().index() == 0;
    const bool ascends = terms_ == 0 || last_ < term;
    const bool shortest = first || lcp == last_.size() || last_[lcp] != term[lcp];
    if (!ascends || !shortest)
      return state_.dictionary.damaged_block(walk.block(), "has terms out of order");
    const bool last = walk.cursor().index() + 1 == block_terms ||
                      walk.ordinal() + 1 == state_.dictionary.term_count();
    if (last && !walk.cursor().at_end())
      return state_.dictionary.damaged_block(walk.block(),
                                             "has bytes behind the block's last term");
    return {};
  }

  Result<void> check_places(const TermWalk& walk) {
    const TermEntry& entry = walk.entry();
    const bool positions = !state_.keeps_positions || entry.positions_at == positions_;
    if (entry.list_at != lists_ || entry.big != bigs_ || !positions)
      return state_.dictionary.damaged_block(walk.block(),
                                             "has postings that do not follow those before");
    return {};
  }

  Result<void> check_big(const TermEntry& entry) {
    const BigTerm term = TRY(state_.postings.big_term(entry.big));
    TRY(state_.postings.verify(entry.big, term, ends_));
    const bool ranged = entry.word && entry.df >= range_df_min;
    const bool placed = entry.word && state_.keeps_positions;
    const bool fits = term.range_number == (ranged ? ranges_ : no_place) &&
                      term.position_ends_at == (placed ? u32(groups_) : no_place) &&
                      term.positions_at() == (placed ? positions_ : 0);
    if (!fits) return state_.postings.damaged_record(entry.big, "has a record with wrong places");
    if (ranged) TRY(state_.ranges.verify(ranges_++, docs_));
    return {};
  }

  Result<void> check_positions(const TermEntry& entry) {
    if (!state_.keeps_positions || !entry.word) return {};
    if (entry.df == 1 && entry.tf == 1) return {};
    const u64 at = entry.positions_at;
    if (entry.df <= small_df_max) return state_.positions.verify(at, entry.positions_bytes, tfs_);
    const u32 ends_at = u32(groups_);
    groups_ += groups_of(entry.df);
    return state_.positions.verify_groups(at, entry.positions_bytes, ends_at, tfs_);
  }

  void pass(const TermEntry& entry) {
    ++terms_;
    lists_ += entry.list_bytes;
    bigs_ += entry.df > small_df_max;
    positions_ += entry.positions_bytes;
  }

  Result<void> check_ends() {
    if (bigs_ != state_.dictionary.big_count())
      return state_.postings.damaged_record(bigs_, "has records that nothing refers to");
    TRY(state_.postings.verify_ends(lists_, ends_));
    TRY(state_.ranges.verify_end(ranges_));
    TRY(state_.trigrams.verify(trigrams_));
    return state_.positions.verify_ends(positions_, groups_);
  }

  const TermsReader::State& state_;
  TrigramsWriter trigrams_{1};
  std::string last_;
  std::vector<u32> docs_;
  std::vector<u32> tfs_;
  u32 terms_ = 0;
  u64 lists_ = 0;
  u32 bigs_ = 0;
  u64 positions_ = 0;
  u64 groups_ = 0;
  u32 ranges_ = 0;
  PostingsReader::Ends ends_;
};

Result<void> TermsReader::verify() const { return TermsVerifier(*state_).run(); }

}  // namespace shale::shard
