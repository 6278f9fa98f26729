// A filter over a whole view: posting lists for values, columns for numbers, ids last.
#include <algorithm>
#include <cmath>

#include "query/filter.hpp"
#include "query/values.hpp"
#include "text/glob.hpp"

namespace shale::query {

namespace {

constexpr u32 block_documents = 4096;
// Below one candidate in 8 documents single reads beat a scan of the column.
constexpr u32 scan_share = 8;
// Attribute values longer than about 200 bytes are cut in their terms (model/fields.hpp).
constexpr usize exact_value_bytes = 190;

std::string_view default_value(Field field) {
  switch (field) {
    case Field::tier:
      return tier_name(Tier::stashed);
    case Field::generation:
      return generation_name(Generation::young);
    case Field::pinned:
      return "false";
    default:
      return {};
  }
}

// Terms below a prefix, asked for as a whole.
class WantedTerms final : public TermFilter {
 public:
  using Wanted = std::function<bool(std::string_view term)>;
  WantedTerms(std::string_view prefix, const Wanted& wanted)
      : prefix_bytes_(prefix.size()), term_(prefix), wanted_(wanted) {}
  bool wants(std::string_view rest, std::string& /*next*/) override {
    term_.resize(prefix_bytes_);
    term_ += rest;
    return wanted_(term_);
  }

 private:
  usize prefix_bytes_;
  std::string term_;
  const Wanted& wanted_;
};

class Matcher {
 public:
  Matcher(const IndexView& view, const Filter& filter, std::optional<DocumentSet> among)
      : view_(view), index_(*view.index), filter_(filter), among_(std::move(among)) {}

  Result<DocumentSet> run() {
    const Clause* const first = TRY(start());
    rest_ = without(rest_, DocumentSet::copy_of(view_.overlay->dead));
    if (filter_.empty() || rest_.empty()) return std::move(rest_);
    const DocumentSet patched = TRY(patched_that_pass());
    // The cheap clauses first: each later one looks at what is left.
    for (const Clause& clause : filter_.clauses) {
      if (has_terms(clause.field) && &clause != first) keep(clause, TRY(by_terms(clause)));
    }
    for (const Clause& clause : filter_.clauses) {
      const bool is_column = is_number(clause.field) && !is_of_accesses(clause.field);
      if (is_column) keep(clause, TRY(by_numbers(clause)));
    }
    for (const Clause& clause : filter_.clauses) {
      if (clause.field == Field::id) keep(clause, TRY(by_id(clause)));
    }
    rest_ = either(rest_, patched);
    for (const Clause& clause : filter_.clauses) {
      if (is_of_accesses(clause.field)) keep(clause, TRY(by_numbers(clause)));
    }
    return std::move(rest_);
  }

 private:
  static DocumentSet both(const DocumentSet& a, const DocumentSet& b) {
    const DocumentSet* const sets[] = {&a, &b};
    return DocumentSet::intersection_of(sets);
  }
  static DocumentSet either(const DocumentSet& a, const DocumentSet& b) {
    const DocumentSet* const sets[] = {&a, &b};
    return DocumentSet::union_of(sets);
  }
  static DocumentSet without(const DocumentSet& a, const DocumentSet& b) {
    return DocumentSet::difference_of(a, b);
  }

  // Where all documents are asked about and none is patched, one value's list is a start that lies
  // there already: its clause is done with then.
  Result<const Clause*> start() {
    const auto is_start = [](const Clause& clause) {
      return has_terms(clause.field) && clause.field != Field::attribute && !clause.negated &&
             clause.kind == Clause::Kind::equals && default_value(clause.field).empty();
    };
    const auto& clauses = filter_.clauses;
    const auto first = std::find_if(clauses.begin(), clauses.end(), is_start);
    const bool is_free = !among_.has_value() && view_.overlay->patches.empty();
    if (is_free && first != clauses.end()) {
      rest_ = TRY(by_terms(*first));
      return &*first;
    }
    rest_ = among_ ? *std::move(among_) : DocumentSet::range(0, index_.document_count());
    return nullptr;
  }

  void keep(const Clause& clause, const DocumentSet& documents) {
    rest_ = clause.negated ? without(rest_, documents) : both(rest_, documents);
  }

  // Takes the documents whose patches concern the filter out of `rest_` and judges them one by one.
  // But for what is said of accesses: a patch says nothing of them.
  Result<DocumentSet> patched_that_pass() {
    Filter judging = filter_;
    std::erase_if(judging.clauses, [](const Clause& one) { return is_of_accesses(one.field); });
    std::vector<u32> judged, passing;
    for (const auto& [doc, update] : view_.overlay->patches) {
      if (!concerns(filter_, update) || !rest_.contains(doc)) continue;
      judged.push_back(doc);
      const Metadata metadata = TRY(judges(Field::tokens) ? counted_metadata(view_, DocNo{doc})
                                                          : current_metadata(view_, DocNo{doc}));
      const u64 bytes = TRY(single_number(Field::bytes, doc));
      const u64 words = TRY(single_number(Field::words, doc));
      if (passes(judging, metadata, bytes, words)) passing.push_back(doc);
    }
    rest_ = without(rest_, DocumentSet::from_sorted(judged));
    return DocumentSet::from_sorted(passing);
  }

  bool judges(Field field) const {
    return std::any_of(filter_.clauses.begin(), filter_.clauses.end(),
                       [&](const Clause& clause) { return clause.field == field; });
  }

  Result<u64> single_number(Field field, u32 doc) {
    i64 value = 0;
    TRY(index_.numbers_of(field, std::span(&doc, 1), std::span(&value, 1)));
    return value == no_number ? u64(0) : u64(value);
  }

  // -- values --

  Result<DocumentSet> by_terms(const Clause& clause) {
    if (clause.field == Field::attribute) return by_attribute(clause);
    const std::string_view absent = default_value(clause.field);
    if (absent.empty()) return by_value(clause);
    if (clause.kind == Clause::Kind::present) return rest_;
    if (clause.value != absent) return exactly(metadata_term(clause.field, clause.value));
    return without(rest_, TRY(all_below(metadata_term(clause.field, ""), {})));
  }

  Result<DocumentSet> by_value(const Clause& clause) {
    if (clause.kind == Clause::Kind::equals) {
      return exactly(metadata_term(clause.field, clause.value));
    }
    if (clause.kind == Clause::Kind::present) return all_below(metadata_term(clause.field, ""), {});
    return all_below(metadata_term(clause.field, glob_literal_prefix(clause.value)),
                     [&](std::string_view term) { return clause.glob->matches(term.substr(1)); });
  }

  Result<DocumentSet> exactly(std::string_view term) {
    const std::optional<Term> found = TRY(index_.find_term(term));
    if (!found) return DocumentSet();
    return index_.documents(*found);
  }

  // Documents with any term that begins with `prefix` and is wanted.
  Result<DocumentSet> all_below(std::string_view prefix, const WantedTerms::Wanted& wanted) {
    auto holders = std::make_shared<DenseSet>(index_.document_count());
    WantedTerms filter(prefix, wanted);
    TRY(index_.add_holders(prefix, wanted ? &filter : nullptr, *holders));
    return DocumentSet::sharing(std::move(holders));
  }

  // -- attributes --

  Result<DocumentSet> by_attribute(const Clause& clause) {
    std::string prefix = metadata_term(Field::attribute, clause.attribute);
    prefix += '\0';
    if (clause.kind == Clause::Kind::present) return all_below(prefix, {});
    if (clause.kind == Clause::Kind::range) return by_attribute_range(clause, prefix);
    DocumentSet documents;
    for (const AttributeValue& value : accepted_attributes(clause)) {
      documents = either(documents, TRY(exactly(attribute_term(clause.attribute, value))));
    }
    if (clause.value.size() < exact_value_bytes) return documents;
    return checked(clause, documents);
  }

  // A long value's term ends in a hash: its documents are looked at.
  Result<DocumentSet> checked(const Clause& clause, const DocumentSet& documents) {
    Filter alone;
    alone.clauses.push_back(clause);
    alone.clauses.front().negated = false;
    std::vector<u32> equal;
    for (const u32 doc : both(documents, rest_).to_vector()) {
      const Metadata metadata = TRY(index_.metadata(DocNo{doc}));
      if (passes(alone, metadata, 0, 0)) equal.push_back(doc);
    }
    return DocumentSet::from_sorted(equal);
  }

  Result<DocumentSet> by_attribute_range(const Clause& clause, const std::string& prefix) {
    // Infinity as a bound shuts out what is no number: those lie beyond it in the order of bytes.
    return either(TRY(between(prefix, 'i', clause.low, clause.high)),
                  TRY(between(prefix, 'd', clause.low_number.value_or(-HUGE_VAL),
                              clause.high_number.value_or(HUGE_VAL))));
  }

  // Terms order as their values do.
  Result<DocumentSet> between(const std::string& prefix, char kind, const AttributeValue& low,
                              const AttributeValue& high) {
    const std::string first = prefix + encode_attribute_value(low);
    const std::string last = prefix + encode_attribute_value(high);
    return all_below(prefix + kind,
                     [&](std::string_view term) { return term >= first && term <= last; });
  }

  // -- numbers --

  Result<DocumentSet> by_numbers(const Clause& clause) {
    if (clause.field != Field::line_first) {
      return in_column(clause.field, present_low(clause, clause.low), clause.high);
    }
    // The line range overlaps: it begins before the end and ends after the beginning.
    return both(TRY(in_column(Field::line_first, no_number + 1, clause.high)),
                TRY(in_column(Field::line_last, present_low(clause, clause.low), INT64_MAX)));
  }

  // `absent` is the least number there is, and in no range.
  static i64 present_low(const Clause& clause, i64 low) {
    const bool any = clause.kind == Clause::Kind::present;
    return any ? no_number + 1 : std::max(low, no_number + 1);
  }

  Result<DocumentSet> in_column(Field field, i64 low, i64 high) {
    const u32 count = index_.document_count();
    if (rest_.count() < count / scan_share) return in_single_reads(field, low, high);
    std::vector<i64> numbers(block_documents);
    std::vector<u32> found(count);
    usize size = 0;
    for (u32 first = 0; first < count; first += block_documents) {
      const std::span<i64> block(numbers.data(), std::min(block_documents, count - first));
      TRY(index_.numbers(field, first, block));
      for (usize i = 0; i < block.size(); ++i) {  // no branch on the outcome: it is anybody's guess
        found[size] = first + u32(i);
        size += block[i] >= low && block[i] <= high ? 1 : 0;
      }
    }
    return DocumentSet::from_sorted(std::span(found).first(size));
  }

  Result<DocumentSet> in_single_reads(Field field, i64 low, i64 high) {
    const std::vector<u32> docs = rest_.to_vector();
    std::vector<i64> numbers(docs.size());
    if (!docs.empty()) TRY(index_.numbers_of(field, docs, numbers));
    std::vector<u32> found;
    for (usize i = 0; i < docs.size(); ++i) {
      if (numbers[i] >= low && numbers[i] <= high) found.push_back(docs[i]);
    }
    return DocumentSet::from_sorted(found);
  }

  // -- ids --

  Result<DocumentSet> by_id(const Clause& clause) {
    if (clause.kind == Clause::Kind::present) return rest_;
    std::vector<u32> documents;
    if (clause.kind == Clause::Kind::equals) {
      const std::optional<DocNo> doc = TRY(index_.find_id(clause.value));
      if (doc) documents.push_back(to_index(*doc));
      return DocumentSet::from_sorted(documents);
    }
    const std::vector<u32> all = rest_.to_vector();
    TRY(index_.ids_of(all, [&](usize i, std::string_view id) -> Result<void> {
      if (clause.glob->matches(id)) documents.push_back(all[i]);
      return {};
    }));
    return DocumentSet::from_sorted(documents);
  }

  const IndexView& view_;
  const Index& index_;
  const Filter& filter_;
  std::optional<DocumentSet> among_;  // what is asked about; nothing: all documents
  DocumentSet rest_;                  // live documents that have passed so far
};

}  // namespace

Result<DocumentSet> matching_documents(const IndexView& view, const Filter& filter) {
  return Matcher(view, filter, std::nullopt).run();
}

Result<DocumentSet> matching_documents(const IndexView& view, const Filter& filter,
                                       DocumentSet among) {
  return Matcher(view, filter, std::move(among)).run();
}

}  // namespace shale::query
