// The `where` grammar: `field:value` clauses, all of which must hold.
//
//   where   = { [ "-" ] clause }
//   clause  = field ":" value | field ":" op number-or-time | field ":" [a] ".." [b]
//   field   = type task file tag topic tier generation id created touched tokens pinned lines
//             words bytes refcount gc_survival_count accessed accesses attr.NAME
//   op      = ">=" "<=" ">" "<"
//   value   = word | "quoted, with \" and \\"; file, id, tag, task, topic, type take globs
//             (text/glob.hpp) unless quoted; "*" alone: the field has any value
// Times are RFC 3339 dates or moments (2026-03-01, 2026-03-01T12:00:00Z; filter_time.hpp) or ages
// (7d, 12h, 30m: that long before now; alone: since then). Bytes take K, M (1024). `lines:120`
// means: the line range holds line 120; `lines:100..120`: it holds one of these. An unquoted
// attribute value equals text, integer, number, boolean and json of that spelling, a quoted one
// text only. A field that is absent passes no clause but a negated one. Unlike query text this is a
// language with errors: they name the clause.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/index.hpp"
#include "model/overlay.hpp"
#include "text/glob.hpp"

namespace shale::query {

struct Clause {
  enum class Kind : u8 { equals, glob, present, range };
  Field field = Field::type;
  Kind kind = Kind::equals;
  bool negated = false;
  bool quoted = false;               // the value stood in quotes
  std::string attribute;             // key, where field is attribute
  std::string value;                 // equals, glob
  std::optional<Glob> glob;          // `value`, where kind is glob
  i64 low = INT64_MIN;               // range, inclusive; numbers, times and integer attributes.
  i64 high = INT64_MAX;              // `lines` is line_first: the line range overlaps [low, high]
  std::optional<double> low_number;  // range over an attribute
  std::optional<double> high_number;
  bool from_now = false;  // a bound is an age: another moment, another range

  // Whether another moment may find other documents in the same state of a project: reads are
  // counted without a commit.
  bool depends_on_now() const {
    return from_now || field == Field::accessed || field == Field::accesses;
  }
};

struct Filter {
  std::vector<Clause> clauses;
  bool empty() const { return clauses.empty(); }
  bool depends_on_now() const;
};

// `now` (microseconds since 1970) is what ages count from.
Result<Filter> parse_filter(std::string_view where, i64 now);
// One clause with nothing around it, for a text that holds other things as well (parser.hpp).
Result<Clause> parse_clause(std::string_view clause, i64 now);
// A value in quotes, as a filter spells it: equality with these very bytes.
std::string quoted_value(std::string_view value);
// The bytes of the quoted value that `text` begins with, quotes included; 0 where there is none or
// nothing closes it.
usize quoted_bytes(std::string_view text);

// The attribute values that an `equals` clause of an attribute accepts.
std::vector<AttributeValue> accepted_attributes(const Clause& clause);

// Whether one segment's metadata passes; text_bytes and words are its numbers.
bool passes(const Filter& filter, const Metadata& metadata, u64 text_bytes, u64 words);

// Whether an update can change what the filter says of a segment.
bool concerns(const Filter& filter, const Update& update);

// The live documents of a view that pass: posting lists and columns for unpatched documents,
// passes() for patched ones.
Result<DocumentSet> matching_documents(const IndexView& view, const Filter& filter);
// The same among some documents only: cheaper the fewer they are.
Result<DocumentSet> matching_documents(const IndexView& view, const Filter& filter,
                                       DocumentSet among);

}  // namespace shale::query
