// An Index of plain vectors: the test double of shards and logs. Slow, simple, and without any code
// of theirs; it can also be told to fail. Terms come from model/fields and text/analysis.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "base/checksum.hpp"
#include "model/bm25.hpp"
#include "model/fields.hpp"
#include "model/overlay.hpp"
#include "text/analysis.hpp"
#include "text/letters.hpp"

namespace shale::query::testing {

struct Document {
  Metadata metadata;
  std::string text;
};

// Which call of an index answers an error.
enum class Failing : u8 { none, documents, numbers, frequencies, ids };

// A word by ranges, its bounds rounded as coarsely as those of a shard.
class MemoryRanges : public RangePostings {
 public:
  MemoryRanges(const std::vector<u32>& docs, const std::vector<u32>& tfs,
               const std::vector<u32>& lengths, float average_length)
      : maxima_(range_count(u32(lengths.size()))) {
    std::vector<float> most(maxima_.size());
    for (usize i = 0; i < docs.size(); ++i) {
      tfs_[docs[i]] = tfs[i];
      const float part = bm25_score(1, tfs[i], bm25_norm(lengths[docs[i]], average_length));
      most[docs[i] / range_documents] = std::max(most[docs[i] / range_documents], part);
    }
    const float scale = *std::max_element(most.begin(), most.end()) / 255 * 1.00001f;
    for (usize i = 0; i < most.size(); ++i) {
      maxima_[i] = u8(std::min(255.0f, std::ceil(most[i] / scale)));
    }
    bounds_ = {scale, maxima_, average_length};
  }
  const RangeBounds& bounds() const override { return bounds_; }
  Result<void> read(u32 range, RangeBlock& out) const override {
    ++reads;
    out.count = 0;
    auto at = tfs_.lower_bound(range * range_documents);
    for (; at != tfs_.end() && at->first / range_documents == range; ++at) {
      out.offsets[out.count] = u8(at->first);
      out.tfs[out.count++] = at->second;
    }
    return {};
  }
  RangeMask members(u32 range) const override {
    RangeMask mask;
    auto at = tfs_.lower_bound(range * range_documents);
    for (; at != tfs_.end() && at->first / range_documents == range; ++at) mask.add(u8(at->first));
    return mask;
  }
  Result<void> frequencies(u32 range, std::span<const u8> offsets, u32* tfs) const override {
    for (const u8 offset : offsets) {
      const auto at = tfs_.find(range * range_documents + offset);
      *tfs++ = at == tfs_.end() ? 0 : at->second;
    }
    return {};
  }
  static inline u32 reads = 0;

 private:
  std::vector<u8> maxima_;
  RangeBounds bounds_;
  std::map<u32, u32> tfs_;
};

class MemoryPositions : public PositionCursor {
 public:
  MemoryPositions(const Index& index, const Term& term) : index_(index), term_(term) {}
  Result<void> read(u32 doc, std::vector<u32>& positions) override {
    positions = TRY(index_.positions(term_, DocNo{doc}));
    return {};
  }

 private:
  const Index& index_;
  Term term_;
};

class MemoryIndex : public Index {
 public:
  explicit MemoryIndex(std::vector<Document> documents, Analysis analysis = {})
      : documents_(std::move(documents)) {
    Analyser analyser(analysis);
    for (u32 doc = 0; doc < documents_.size(); ++doc) {
      analyser.analyse(documents_[doc].text);
      words_.push_back(analyser.word_count());
      word_count_ += analyser.word_count();
      for (const AnalysedTerm& term : analyser.terms()) {
        const auto positions = analyser.positions(term);
        postings_[std::string(analyser.term(term))][doc].assign(positions.begin(), positions.end());
      }
      for (const std::string& term : metadata_terms(documents_[doc].metadata)) {
        postings_[term][doc] = {0};
      }
    }
    for (auto& entry : postings_) by_handle_.push_back(&entry);
  }

  bool keeps_lengths = true;
  u32 listed_below = 8;        // KeptLengths
  u32 range_df_min = ~u32(0);  // words of so many documents are had by ranges too
  Failing failing = Failing::none;
  ErrorCode failing_code = ErrorCode::corrupt;
  int failing_errno = 0;

  FileId file_id() const override { return {7, 7}; }
  u32 document_count() const override { return u32(documents_.size()); }
  bool has_positions() const override { return true; }
  u64 word_count() const override { return word_count_; }

  Result<std::optional<Term>> find_term(std::string_view term) const override {
    const auto at =
        std::lower_bound(by_handle_.begin(), by_handle_.end(), term,
                         [](const Entry* e, std::string_view t) { return e->first < t; });
    if (at == by_handle_.end() || (*at)->first != term) return std::optional<Term>();
    return std::optional(Term{u64(at - by_handle_.begin()), u32((*at)->second.size())});
  }
  Result<void> for_each_term(std::string_view prefix, const TermVisitor& visit) const override {
    for (usize i = 0; i < by_handle_.size(); ++i) {
      if (!by_handle_[i]->first.starts_with(prefix)) continue;
      if (!visit(by_handle_[i]->first, {i, u32(by_handle_[i]->second.size())})) break;
    }
    return {};
  }
  Result<DocumentSet> documents(const Term& term) const override {
    TRY(maybe_fail(Failing::documents));
    std::vector<u32> docs;
    for (const auto& [doc, positions] : by_handle_[term.handle]->second) docs.push_back(doc);
    return DocumentSet::from_sorted(docs);
  }
  // As an index in byte order may, it believes what a filter says of the words that follow.
  Result<void> add_holders(std::string_view prefix, TermFilter* filter,
                           DenseSet& holders) const override {
    TRY(maybe_fail(Failing::documents));
    std::string next, behind;
    for (const Entry* entry : by_handle_) {
      const std::string_view term = entry->first;
      if (!term.starts_with(prefix) || term < behind) continue;
      next.clear();
      const bool wanted = filter == nullptr || filter->wants(term.substr(prefix.size()), next);
      if (!next.empty()) behind = std::string(prefix) + next;
      if (!wanted) continue;
      for (const auto& [doc, positions] : entry->second) holders.add(doc);
    }
    return {};
  }
  // Groups of three terms; nothing but what it was asked for is in them.
  static constexpr usize group_terms = 3;
  u32 term_group_count() const override {
    return u32((by_handle_.size() + group_terms - 1) / group_terms);
  }
  Result<void> add_groups(std::string_view piece, DenseSet& groups) const override {
    for (usize i = 0; i < by_handle_.size(); ++i) {
      std::string word = by_handle_[i]->first;
      if (word.starts_with(form_tag)) word.erase(0, 1);
      const bool holds = piece.empty() ? word.size() >= long_word_bytes
                                       : decomposed(word).find(piece) != std::string::npos;
      if (holds) groups.add(u32(i / group_terms));
    }
    return {};
  }
  Result<void> add_holders_in(const DenseSet& groups, TermFilter& filter,
                              DenseSet& holders) const override {
    TRY(maybe_fail(Failing::documents));
    std::string next;
    for (usize i = 0; i < by_handle_.size(); ++i) {
      if (!groups.contains(u32(i / group_terms))) continue;
      if (!filter.wants(by_handle_[i]->first, next)) continue;
      for (const auto& [doc, positions] : by_handle_[i]->second) holders.add(doc);
    }
    return {};
  }
  Result<void> frequencies(const Term& term, std::span<const u32> docs,
                           std::span<u32> tfs) const override {
    TRY(maybe_fail(Failing::frequencies));
    for (usize i = 0; i < docs.size(); ++i) {
      const auto& postings = by_handle_[term.handle]->second;
      const auto at = postings.find(docs[i]);
      tfs[i] = at == postings.end() ? 0 : u32(at->second.size());
    }
    return {};
  }
  Result<void> postings(const Term& term, std::vector<u32>& docs,
                        std::vector<u32>& tfs) const override {
    TRY(maybe_fail(Failing::frequencies));
    docs.clear();
    tfs.clear();
    for (const auto& [doc, positions] : by_handle_[term.handle]->second) {
      docs.push_back(doc);
      tfs.push_back(u32(positions.size()));
    }
    return {};
  }
  Result<std::unique_ptr<RangePostings>> range_postings(const Term& term) const override {
    if (term.df < range_df_min) return std::unique_ptr<RangePostings>();
    std::vector<u32> docs, tfs;
    TRY(postings(term, docs, tfs));
    const CorpusStatistics own{document_count(), word_count()};
    return std::unique_ptr<RangePostings>(
        std::make_unique<MemoryRanges>(docs, tfs, words_, own.average_length()));
  }
  Result<std::unique_ptr<PositionCursor>> position_cursor(const Term& term) const override {
    return std::unique_ptr<PositionCursor>(std::make_unique<MemoryPositions>(*this, term));
  }
  Result<std::vector<u32>> positions(const Term& term, DocNo doc) const override {
    return by_handle_[term.handle]->second.at(to_index(doc));
  }
  std::unique_ptr<TermStream> all_terms() const override { return nullptr; }

  Result<void> numbers(Field field, u32 first, std::span<i64> out) const override {
    TRY(maybe_fail(Failing::numbers));
    for (usize i = 0; i < out.size(); ++i) out[i] = number(field, first + u32(i));
    return {};
  }
  Result<void> numbers_of(Field field, std::span<const u32> docs,
                          std::span<i64> out) const override {
    TRY(maybe_fail(Failing::numbers));
    for (usize i = 0; i < docs.size(); ++i) out[i] = number(field, docs[i]);
    return {};
  }
  Result<void> lengths(u32 first, std::span<u32> out) const override {
    TRY(maybe_fail(Failing::numbers));
    for (usize i = 0; i < out.size(); ++i) out[i] = words_[first + i];
    return {};
  }
  Result<void> lengths_of(std::span<const u32> docs, std::span<u32> out) const override {
    TRY(maybe_fail(Failing::numbers));
    for (usize i = 0; i < docs.size(); ++i) out[i] = words_[docs[i]];
    return {};
  }
  Result<std::span<const u32>> range_lengths(u32 range) const override {
    TRY(maybe_fail(Failing::numbers));
    if (!keeps_lengths) return std::span<const u32>();
    const u32 first = range * range_documents;
    return std::span(words_).subspan(first,
                                     std::min<usize>(range_documents, words_.size() - first));
  }
  Result<KeptLengths> kept_lengths() const override {
    TRY(maybe_fail(Failing::numbers));
    if (!keeps_lengths) return KeptLengths();
    if (shortest_.empty()) {
      for (u32 doc = 0; doc < words_.size(); ++doc) {
        if (words_[doc] < listed_below) shortest_.push_back(doc);
      }
      std::stable_sort(shortest_.begin(), shortest_.end(),
                       [&](u32 a, u32 b) { return words_[a] < words_[b]; });
    }
    return KeptLengths{words_, shortest_, listed_below};
  }
  // Codes are 1000 + the document that has the value first: neither dense nor from 0.
  Result<void> codes(Field field, u32 first, std::span<u32> out) const override {
    for (usize i = 0; i < out.size(); ++i) {
      const auto value = string_value(field, first + u32(i));
      out[i] = no_code;
      for (u32 doc = 0; value && out[i] == no_code; ++doc) {
        if (string_value(field, doc) == value) out[i] = 1000 + doc;
      }
    }
    return {};
  }
  Result<std::string> code_value(Field field, u32 code) const override {
    return string_value(field, code - 1000).value();
  }

  Result<std::optional<DocNo>> find_id(std::string_view id) const override {
    for (u32 doc = document_count(); doc-- > 0;) {
      if (documents_[doc].metadata.id == id) return std::optional(DocNo{doc});
    }
    return std::optional<DocNo>();
  }
  Result<std::string> id_of(DocNo doc) const override {
    TRY(maybe_fail(Failing::ids));
    return documents_[to_index(doc)].metadata.id;
  }
  Result<Lsn> lsn_of(DocNo doc) const override { return Lsn{to_index(doc) + 1}; }
  Result<Metadata> metadata(DocNo doc) const override { return documents_[to_index(doc)].metadata; }
  Result<TextHash> text_hash(DocNo doc) const override {
    return checksum128(as_bytes(documents_[to_index(doc)].text));
  }
  Result<std::string> text(DocNo doc) const override { return documents_[to_index(doc)].text; }

  const Document& document(u32 doc) const { return documents_[doc]; }
  u32 words(u32 doc) const { return words_[doc]; }

 private:
  using Postings = std::map<u32, std::vector<u32>>;
  using Entry = std::pair<const std::string, Postings>;

  Result<void> maybe_fail(Failing call) const {
    if (failing != call) return {};
    Unexpected planted = fail_at(failing_code, "A planted failure.", "planted.shard", 42);
    planted.error.errno_value = failing_errno;
    return planted;
  }

  i64 number(Field field, u32 doc) const {
    const Metadata& m = documents_[doc].metadata;
    switch (field) {
      case Field::created:
        return m.created_at.microseconds;
      case Field::touched:
        return m.touched_at.microseconds;
      case Field::tokens:
        return m.tokens ? i64(*m.tokens) : no_number;
      case Field::line_first:
        return m.line_range ? i64(m.line_range->first) : no_number;
      case Field::line_last:
        return m.line_range ? i64(m.line_range->last) : no_number;
      case Field::gc_survival_count:
        return m.gc_survival_count;
      case Field::refcount:
        return m.refcount;
      case Field::bytes:
        return i64(documents_[doc].text.size());
      case Field::words:
        return words_[doc];
      default:
        return no_number;
    }
  }

  std::optional<std::string> string_value(Field field, u32 doc) const {
    const Metadata& m = documents_[doc].metadata;
    switch (field) {
      case Field::type:
        return m.type;
      case Field::task:
        return m.task;
      case Field::file:
        return m.file;
      default:
        return m.topic;
    }
  }

  std::vector<Document> documents_;
  std::vector<u32> words_;
  mutable std::vector<u32> shortest_;
  u64 word_count_ = 0;
  std::map<std::string, Postings> postings_;
  std::vector<Entry*> by_handle_;
};

inline IndexView view_of(std::shared_ptr<const MemoryIndex> index, Overlay overlay = {}) {
  return {std::move(index), std::make_shared<const Overlay>(std::move(overlay))};
}

}  // namespace shale::query::testing
