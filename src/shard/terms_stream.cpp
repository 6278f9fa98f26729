#include "shard/terms_state.hpp"

namespace shale::shard {

// Every term in order, block by block; the vectors are used again for each.
class AllTerms : public TermStream {
 public:
  explicit AllTerms(const TermsReader::State& state) : state_(state), walk_(state.dictionary) {}

  Result<bool> next(TermPostings& out) override {
    if (!TRY(walk_.next())) return false;
    const TermEntry& entry = walk_.entry();
    TRY(state_.decode(entry, docs_, tfs_));
    const Bytes positions = TRY(positions_of(entry));
    out = {walk_.term(), docs_, tfs_, positions};
    TRY(state_.postings.views().documents.still_there());  // the writer asserts what it is given
    return true;
  }

 private:
  Result<Bytes> positions_of(const TermEntry& entry) {
    if (!state_.keeps_positions || !entry.word) return Bytes{};
    if (entry.df == 1 && entry.tf == 1)
      return Bytes{single_, usize(store_varint(single_, entry.position) - single_)};
    return state_.positions.bytes(entry.positions_at, entry.positions_bytes);
  }

  const TermsReader::State& state_;
  TermWalk walk_;
  std::vector<u32> docs_;
  std::vector<u32> tfs_;
  std::byte single_[10];
};

std::unique_ptr<TermStream> TermsReader::all() const { return std::make_unique<AllTerms>(*state_); }

}  // namespace shale::shard
