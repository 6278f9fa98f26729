// Inputs of a merge as they occur: two shards with dead and patched documents, a sealed log and the
// active one with changes to all of them, filled at random; and what a naive scan says of them.
//
// Every document of a source is read one by one here, its words by the scan of store_oracle.hpp:
// nothing of the code under test. Used by the tests of document_plan, term_merge, shard_builder.
#pragma once

#include "model/record.hpp"
#include "store/document_plan.hpp"
#include "store/lease.hpp"
#include "store/publish.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/store/store_oracle.hpp"

namespace shale::testing {

// term -> document -> positions (for metadata terms a single 0)
using Terms = std::map<std::string, std::map<u32, std::vector<u32>>>;

inline std::vector<store::MergeSource> sources_of(const store::View& view) {
  std::vector<store::MergeSource> sources;
  for (const IndexView& one : view.indexes) {
    sources.push_back({one, std::dynamic_pointer_cast<const shard::Shard>(one.index)});
  }
  return sources;
}

inline void seal(const std::shared_ptr<Project::State>& state) {
  store::Lease lease = store::Lease::acquire(*state, "seal").value();
  store::seal_active_log(lease).value();
}

// Folds the sealed logs into a shard of their own.
inline void fold(const std::shared_ptr<Project::State>& state) {
  seal(state);
  store::run_merge(*state, *store::next_merge(view_of(state)->edition->manifest, ~u64(0)), {})
      .value();
}

class MergeInputs {
 public:
  explicit MergeInputs(unsigned seed) : random_(seed), state_(store_.state()) {
    for (int part = 0; part < 4; ++part) {
      for (int step = 0; step < 40; ++step) change();
      if (part < 2) fold(state_);
      if (part == 2) seal(state_);
    }
    view_ = view_of(state_);
    sources_ = sources_of(*view_);
  }

  const std::vector<store::MergeSource>& sources() const { return sources_; }
  const std::shared_ptr<Project::State>& state() const { return state_; }
  const store::View& view() const { return *view_; }

 private:
  unsigned pick(unsigned below) { return unsigned(random_() % below); }

  void change() {
    const Project project(state_);
    const std::string id = "id" + std::to_string(pick(70));
    const unsigned kind = pick(10);
    if (kind == 0) {
      erase(project, id);
    } else if (kind < 4) {
      Update changes;
      if (pick(2)) changes.pinned = pick(2) == 0;
      if (pick(2)) changes.tags_added = {"added" + std::to_string(pick(3))};
      if (pick(3) == 0)
        changes.file = std::optional<std::string>("moved" + std::to_string(pick(3)));
      if (pick(4) == 0) changes.file = std::optional<std::string>();
      if (pick(4) == 0) changes.type = "changed";
      update(project, id, changes);
    } else {
      stash(project, random_segment(id));
    }
  }

  NewSegment random_segment(const std::string& id) {
    NewSegment one = segment(id, "");
    for (unsigned n = pick(40); n > 0; --n)
      one.text += "w" + std::to_string(pick(pick(2) ? 5 : 60)) + " ";
    if (pick(2)) one.file = "src/file" + std::to_string(pick(6)) + ".cpp";
    if (pick(2)) one.task = "task" + std::to_string(pick(3));
    if (pick(2)) one.line_range = LineRange{pick(500), 500};
    if (pick(2)) one.tags = {"t" + std::to_string(pick(4))};
    one.created_at = Time{some_moment + std::int64_t(pick(1000)) * 20'000'000'000, true};
    return one;
  }

  std::mt19937 random_;
  TestStore store_;
  std::shared_ptr<Project::State> state_;
  std::shared_ptr<const store::View> view_;
  std::vector<store::MergeSource> sources_;
};

// What the terms of the planned documents must be.
inline Terms naive_terms(const std::vector<store::MergeSource>& sources,
                         const store::DocumentPlan& plan) {
  Terms terms;
  for (u32 number = 0; number < plan.documents.size(); ++number) {
    const store::PlannedDocument from = plan.documents[number];
    const IndexView& view = sources[from.source].view;
    for (const std::string& term :
         metadata_terms(current_metadata(view, DocNo(from.doc)).value())) {
      terms[term][number] = {0};
    }
    u32 position = 0;
    for (const std::string& word : plain_words(view.index->text(DocNo(from.doc)).value())) {
      terms[word][number].push_back(position++);
    }
  }
  return terms;
}

// A stream as a map; throws where it is not in byte order.
inline Terms terms_of(TermStream& stream, bool positions) {
  Terms terms;
  TermPostings term;
  std::string last;
  while (stream.next(term).value()) {
    if (!terms.empty() && term.term <= last) throw std::runtime_error("terms are not in order");
    last = term.term;
    ByteReader in(term.positions);
    for (usize i = 0; i < term.docs.size(); ++i) {
      if (i > 0 && term.docs[i] <= term.docs[i - 1]) throw std::runtime_error("docs not in order");
      std::vector<u32>& places = terms[last][term.docs[i]];
      const bool kept = positions && !term.positions.empty();
      u32 position = 0;
      for (u32 n = 0; n < term.tfs[i]; ++n) {
        if (kept) position = n == 0 ? u32(in.varint()) : position + u32(in.varint());
        places.push_back(kept ? position : 0);
      }
    }
  }
  return terms;
}

}  // namespace shale::testing
