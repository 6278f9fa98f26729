// All terms of several indexes as one stream, with documents renumbered as a plan says.
//
// A k-way merge in byte order: nothing is analysed again, nothing but one term's postings is in
// memory. Documents without a new number drop out; a term that loses all of them drops out too.
// Documents whose metadata was changed by an overlay leave the metadata terms of their source and
// enter those of their current metadata. Feeds shard::ShardWriter::add_term.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/index.hpp"
#include "store/document_plan.hpp"

namespace shale::store {

class TermMerge : public TermStream {
 public:
  // Sources and plan must outlive the stream.
  static Result<std::unique_ptr<TermMerge>> make(std::span<const MergeSource> sources,
                                                 const DocumentPlan& plan);
  // Views are valid until the next call.
  Result<bool> next(TermPostings& out) override;

 private:
  struct Input {
    std::unique_ptr<TermStream> stream;
    const std::vector<u32>* new_numbers = nullptr;  // null: numbers are new already
    const Patches* patches = nullptr;               // documents to skip in metadata terms
    TermPostings current;
    u64 head = 0;  // first 8 bytes of the term, big-endian: settles most comparisons
    bool done = false;
    bool taken = false;  // current went into the last answer, which may still point to it
  };
  class PatchedTerms;

  TermMerge() = default;
  Result<void> advance(Input& input);
  const Input* smallest() const;
  void gather(const Input& least);
  bool append_numbers(const Input& input, bool is_metadata);
  void append_rest(const TermPostings& from);
  void append_selected(const Input& input, bool is_metadata);
  void sort_postings();

  // The postings of one term, gathered from inputs.
  struct Gathered {
    std::vector<u32> docs;
    std::vector<u32> tfs;
    Buffer positions;
    void clear();
  };

  std::vector<Input> inputs_;
  Gathered gathered_;
  Gathered sorted_;         // of documents that come in another order than the plan's
  std::vector<u64> order_;  // for sorting: number << 32 | place
  std::vector<usize> places_;
  TermPostings current_;  // the answer, in gathered_, sorted_ or an input
  bool ascending_ = true;
};

}  // namespace shale::store
