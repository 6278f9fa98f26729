// An Index that answers as another one does: what is between them overrides what it changes.
//
// Used by store/counted_log, and by tests that watch an index or make it fail.
#pragma once

#include "model/index.hpp"

namespace shale {

class ForwardingIndex : public Index {
 public:
  explicit ForwardingIndex(std::shared_ptr<const Index> index) : index_(std::move(index)) {}
  const Index& behind() const { return *index_; }

  std::optional<Error> loss() const override { return index_->loss(); }
  FileId file_id() const override { return index_->file_id(); }
  u32 document_count() const override { return index_->document_count(); }
  bool has_positions() const override { return index_->has_positions(); }
  u64 word_count() const override { return index_->word_count(); }

  Result<std::optional<Term>> find_term(std::string_view term) const override {
    return index_->find_term(term);
  }
  Result<void> for_each_term(std::string_view prefix, const TermVisitor& visit) const override {
    return index_->for_each_term(prefix, visit);
  }
  Result<DocumentSet> documents(const Term& term) const override { return index_->documents(term); }
  Result<void> add_holders(std::string_view prefix, TermFilter* filter,
                           DenseSet& holders) const override {
    return index_->add_holders(prefix, filter, holders);
  }
  u32 term_group_count() const override { return index_->term_group_count(); }
  Result<void> add_groups(std::string_view piece, DenseSet& groups) const override {
    return index_->add_groups(piece, groups);
  }
  Result<void> add_holders_in(const DenseSet& groups, TermFilter& filter,
                              DenseSet& holders) const override {
    return index_->add_holders_in(groups, filter, holders);
  }
  Result<void> frequencies(const Term& term, std::span<const u32> docs,
                           std::span<u32> tfs) const override {
    return index_->frequencies(term, docs, tfs);
  }
  Result<void> postings(const Term& term, std::vector<u32>& docs,
                        std::vector<u32>& tfs) const override {
    return index_->postings(term, docs, tfs);
  }
  Result<std::unique_ptr<RangePostings>> range_postings(const Term& term) const override {
    return index_->range_postings(term);
  }
  Result<std::unique_ptr<PositionCursor>> position_cursor(const Term& term) const override {
    return index_->position_cursor(term);
  }
  Result<std::vector<u32>> positions(const Term& term, DocNo doc) const override {
    return index_->positions(term, doc);
  }
  std::unique_ptr<TermStream> all_terms() const override { return index_->all_terms(); }

  Result<void> numbers(Field field, u32 first, std::span<i64> out) const override {
    return index_->numbers(field, first, out);
  }
  Result<void> numbers_of(Field field, std::span<const u32> docs,
                          std::span<i64> out) const override {
    return index_->numbers_of(field, docs, out);
  }
  Result<void> lengths(u32 first, std::span<u32> out) const override {
    return index_->lengths(first, out);
  }
  Result<void> lengths_of(std::span<const u32> docs, std::span<u32> out) const override {
    return index_->lengths_of(docs, out);
  }
  Result<std::span<const u32>> range_lengths(u32 range) const override {
    return index_->range_lengths(range);
  }
  Result<KeptLengths> kept_lengths() const override { return index_->kept_lengths(); }
  Result<void> codes(Field field, u32 first, std::span<u32> out) const override {
    return index_->codes(field, first, out);
  }
  Result<std::string> code_value(Field field, u32 code) const override {
    return index_->code_value(field, code);
  }

  Result<std::optional<DocNo>> find_id(std::string_view id) const override {
    return index_->find_id(id);
  }
  Result<std::string> id_of(DocNo doc) const override { return index_->id_of(doc); }
  Result<void> ids_of(std::span<const u32> docs, const IdVisitor& visit) const override {
    return index_->ids_of(docs, visit);
  }
  Result<Lsn> lsn_of(DocNo doc) const override { return index_->lsn_of(doc); }
  Result<Metadata> metadata(DocNo doc) const override { return index_->metadata(doc); }
  Result<Metadata> counted_metadata(DocNo doc) const override {
    return index_->counted_metadata(doc);
  }
  Result<Summary> summary(DocNo doc) const override { return index_->summary(doc); }
  Result<TextHash> text_hash(DocNo doc) const override { return index_->text_hash(doc); }
  Result<std::string> text(DocNo doc) const override { return index_->text(doc); }

 private:
  std::shared_ptr<const Index> index_;
};

}  // namespace shale
