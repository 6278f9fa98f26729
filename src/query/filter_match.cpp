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

class Matcher {
 public:
  Matcher(const IndexView& view, const Filter& filter, Bitmap among)
      : view_(view), index_(*view.index), filter_(filter), rest_(std::move(among)) {}

  Result<Bitmap> run() {
    rest_ -= view_.overlay->dead;
    if (filter_.empty() || rest_.empty()) return std::move(rest_);
    const Bitmap patched = TRY(patched_that_pass());
    // The cheap clauses first: each later one looks at what is left.
    for (const Clause& clause : filter_.clauses) {
      if (has_terms(clause.field)) keep(clause, TRY(by_terms(clause)));
    }
    for (const Clause& clause : filter_.clauses) {
      if (is_number(clause.field)) keep(clause, TRY(by_numbers(clause)));
    }
    for (const Clause& clause : filter_.clauses) {
      if (clause.field == Field::id) keep(clause, TRY(by_id(clause)));
    }
    rest_ |= patched;
    return std::move(rest_);
  }

 private:
  void keep(const Clause& clause, const Bitmap& documents) {
    if (clause.negated) {
      rest_ -= documents;
    } else {
      rest_ &= documents;
    }
  }

  // Takes the documents whose patches concern the filter out of `rest_` and judges them one by one.
  Result<Bitmap> patched_that_pass() {
    Bitmap passing;
    for (const auto& [doc, update] : view_.overlay->patches) {
      if (!concerns(filter_, update) || !rest_.contains(doc)) continue;
      rest_.remove(doc);
      const Metadata metadata = TRY(current_metadata(view_, DocNo{doc}));
      const u64 bytes = TRY(single_number(Field::bytes, doc));
      const u64 words = TRY(single_number(Field::words, doc));
      if (passes(filter_, metadata, bytes, words)) passing.add(doc);
    }
    return passing;
  }

  Result<u64> single_number(Field field, u32 doc) {
    i64 value = 0;
    TRY(index_.numbers_of(field, std::span(&doc, 1), std::span(&value, 1)));
    return value == no_number ? u64(0) : u64(value);
  }

  // -- values --

  Result<Bitmap> by_terms(const Clause& clause) {
    if (clause.field == Field::attribute) return by_attribute(clause);
    const std::string_view absent = default_value(clause.field);
    if (absent.empty()) return by_value(clause);
    if (clause.kind == Clause::Kind::present) return rest_;
    if (clause.value != absent) return exactly(metadata_term(clause.field, clause.value));
    Bitmap documents = rest_;
    documents -= TRY(all_below(metadata_term(clause.field, ""), {}));
    return documents;
  }

  Result<Bitmap> by_value(const Clause& clause) {
    if (clause.kind == Clause::Kind::equals) {
      return exactly(metadata_term(clause.field, clause.value));
    }
    if (clause.kind == Clause::Kind::present) return all_below(metadata_term(clause.field, ""), {});
    return all_below(
        metadata_term(clause.field, glob_literal_prefix(clause.value)),
        [&](std::string_view term) { return glob_match(clause.value, term.substr(1)); });
  }

  Result<Bitmap> exactly(std::string_view term) {
    const std::optional<Term> found = TRY(index_.find_term(term));
    if (!found) return Bitmap();
    return TRY(index_.documents(*found)).to_bitmap();
  }

  // Documents with any term that begins with `prefix` and is wanted.
  template <class Wanted>
  Result<Bitmap> terms_below(std::string_view prefix, Wanted&& wanted) {
    std::vector<Term> terms;
    TRY(index_.for_each_term(prefix, [&](std::string_view text, const Term& term) {
      if (wanted(text)) terms.push_back(term);
      return true;
    }));
    Bitmap documents;
    for (const Term& term : terms) documents |= TRY(index_.documents(term)).to_bitmap();
    return documents;
  }
  using Wanted = std::function<bool(std::string_view)>;
  Result<Bitmap> all_below(std::string_view prefix, const Wanted& wanted) {
    return terms_below(prefix, [&](std::string_view text) { return !wanted || wanted(text); });
  }

  // -- attributes --

  Result<Bitmap> by_attribute(const Clause& clause) {
    std::string prefix = metadata_term(Field::attribute, clause.attribute);
    prefix += '\0';
    if (clause.kind == Clause::Kind::present) return all_below(prefix, {});
    if (clause.kind == Clause::Kind::range) return by_attribute_range(clause, prefix);
    Bitmap documents;
    for (const AttributeValue& value : accepted_attributes(clause)) {
      documents |= TRY(exactly(attribute_term(clause.attribute, value)));
    }
    if (clause.value.size() < exact_value_bytes) return documents;
    return checked(clause, documents);
  }

  // A long value's term ends in a hash: its documents are looked at.
  Result<Bitmap> checked(const Clause& clause, Bitmap documents) {
    documents &= rest_;
    Filter alone;
    alone.clauses.push_back(clause);
    alone.clauses.front().negated = false;
    Bitmap equal;
    for (const u32 doc : documents.to_vector()) {
      const Metadata metadata = TRY(index_.metadata(DocNo{doc}));
      if (passes(alone, metadata, 0, 0)) equal.add(doc);
    }
    return equal;
  }

  Result<Bitmap> by_attribute_range(const Clause& clause, const std::string& prefix) {
    Bitmap documents = TRY(between(prefix, 'i', clause.low, clause.high));
    // Infinity as a bound shuts out what is no number: those lie beyond it in the order of bytes.
    documents |= TRY(between(prefix, 'd', clause.low_number.value_or(-HUGE_VAL),
                             clause.high_number.value_or(HUGE_VAL)));
    return documents;
  }

  // Terms order as their values do.
  Result<Bitmap> between(const std::string& prefix, char kind, const AttributeValue& low,
                         const AttributeValue& high) {
    const std::string first = prefix + encode_attribute_value(low);
    const std::string last = prefix + encode_attribute_value(high);
    return all_below(prefix + kind,
                     [&](std::string_view term) { return term >= first && term <= last; });
  }

  // -- numbers --

  Result<Bitmap> by_numbers(const Clause& clause) {
    if (clause.field != Field::line_first) {
      return in_column(clause.field, present_low(clause, clause.low), clause.high);
    }
    // The line range overlaps: it begins before the end and ends after the beginning.
    Bitmap documents = TRY(in_column(Field::line_first, no_number + 1, clause.high));
    documents &= TRY(in_column(Field::line_last, present_low(clause, clause.low), INT64_MAX));
    return documents;
  }

  // `absent` is the least number there is, and in no range.
  static i64 present_low(const Clause& clause, i64 low) {
    const bool any = clause.kind == Clause::Kind::present;
    return any ? no_number + 1 : std::max(low, no_number + 1);
  }

  Result<Bitmap> in_column(Field field, i64 low, i64 high) {
    const u32 count = index_.document_count();
    if (rest_.count() < count / scan_share) return in_single_reads(field, low, high);
    std::vector<i64> numbers(block_documents);
    std::vector<u32> found;
    Bitmap documents;
    for (u32 first = 0; first < count; first += block_documents) {
      const std::span<i64> block(numbers.data(), std::min(block_documents, count - first));
      TRY(index_.numbers(field, first, block));
      found.resize(block.size());
      usize size = 0;
      for (usize i = 0; i < block.size(); ++i) {  // no branch on the outcome: it is anybody's guess
        found[size] = first + u32(i);
        size += block[i] >= low && block[i] <= high ? 1 : 0;
      }
      documents.add_sorted(std::span(found).first(size));
    }
    return documents;
  }

  Result<Bitmap> in_single_reads(Field field, i64 low, i64 high) {
    const std::vector<u32> docs = rest_.to_vector();
    std::vector<i64> numbers(docs.size());
    if (!docs.empty()) TRY(index_.numbers_of(field, docs, numbers));
    std::vector<u32> found;
    for (usize i = 0; i < docs.size(); ++i) {
      if (numbers[i] >= low && numbers[i] <= high) found.push_back(docs[i]);
    }
    return Bitmap::from_sorted(found);
  }

  // -- ids --

  Result<Bitmap> by_id(const Clause& clause) {
    if (clause.kind == Clause::Kind::present) return rest_;
    Bitmap documents;
    if (clause.kind == Clause::Kind::equals) {
      const std::optional<DocNo> doc = TRY(index_.find_id(clause.value));
      if (doc) documents.add(to_index(*doc));
      return documents;
    }
    for (const u32 doc : rest_.to_vector()) {
      if (glob_match(clause.value, TRY(index_.id_of(DocNo{doc})))) documents.add(doc);
    }
    return documents;
  }

  const IndexView& view_;
  const Index& index_;
  const Filter& filter_;
  Bitmap rest_;  // live documents that have passed so far
};

}  // namespace

Result<Bitmap> matching_documents(const IndexView& view, const Filter& filter) {
  return matching_documents(view, filter, Bitmap::range(0, view.index->document_count()));
}

Result<Bitmap> matching_documents(const IndexView& view, const Filter& filter, Bitmap among) {
  return Matcher(view, filter, std::move(among)).run();
}

}  // namespace shale::query
