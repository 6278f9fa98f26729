// The `where` grammar: text -> Filter.
#include <array>
#include <charconv>
#include <cmath>

#include "query/filter.hpp"
#include "query/filter_time.hpp"
#include "text/glob.hpp"

namespace shale::query {

namespace {

// Far beyond any count or time of ours; keeps the neighbours of a bound from overflowing.
constexpr i64 number_max = i64(1) << 62;

std::optional<i64> parse_integer(std::string_view text) {
  i64 value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::optional<double> parse_double(std::string_view text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc() || stop != end || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

// A clause cut out of the text, not yet understood.
struct RawClause {
  usize position = 0;      // byte in the filter
  usize number = 0;        // counted from 1
  std::string_view whole;  // with its `-`
  bool negated = false;
  std::string_view field;
  std::string value;
  bool quoted = false;
};

Unexpected refuse(const RawClause& raw, const std::string& reason) {
  Error error(ErrorCode::invalid_argument, "Filter clause " + std::to_string(raw.number) + " (" +
                                               std::string(raw.whole) + ", byte " +
                                               std::to_string(raw.position) + "): " + reason);
  error.offset = raw.position;
  return Unexpected{std::move(error)};
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Whether a backslash there quotes the byte behind it.
bool is_escape(std::string_view text, usize at) {
  return text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == '"' || text[at + 1] == '\\');
}

// Cuts the text into clauses.
class Cutter {
 public:
  explicit Cutter(std::string_view text) : text_(text) {}

  // False at the end.
  Result<bool> next(RawClause& out) {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    if (at_ == text_.size()) return false;
    const usize begin = at_;
    const usize number = out.number + 1;
    out = RawClause{};
    out.position = begin;
    out.number = number;
    out.negated = text_[at_] == '-';
    if (out.negated) ++at_;
    const usize field_begin = at_;
    while (at_ < text_.size() && !is_space(text_[at_]) && text_[at_] != ':') ++at_;
    out.field = text_.substr(field_begin, at_ - field_begin);
    out.whole = text_.substr(begin, at_ - begin);
    if (at_ == text_.size() || text_[at_] != ':') return refuse(out, "it has no `:`.");
    ++at_;
    const bool closed = take_value(out);
    out.whole = text_.substr(begin, at_ - begin);
    if (!closed) return refuse(out, "its quotes do not match.");
    if (out.value.empty() && !out.quoted) return refuse(out, "it has no value.");
    return true;
  }

 private:
  bool take_value(RawClause& out) {
    out.quoted = at_ < text_.size() && text_[at_] == '"';
    if (!out.quoted) {
      while (at_ < text_.size() && !is_space(text_[at_])) out.value += text_[at_++];
      return true;
    }
    const usize end = at_ + quoted_bytes(text_.substr(at_));
    if (end == at_) {
      at_ = text_.size();
      return false;
    }
    for (++at_; at_ < end - 1; ++at_) {
      if (is_escape(text_, at_)) ++at_;
      out.value += text_[at_];
    }
    at_ = end;
    return at_ == text_.size() || is_space(text_[at_]);
  }

  std::string_view text_;
  usize at_ = 0;
};

struct Bound {
  enum class Op : u8 { at_least, at_most, above, below };
  Op op;
  std::string_view value;
};

std::optional<Bound> split_operator(std::string_view text) {
  using Op = Bound::Op;
  constexpr std::array<std::pair<std::string_view, Op>, 4> operators = {
      {{">=", Op::at_least}, {"<=", Op::at_most}, {">", Op::above}, {"<", Op::below}}};
  for (const auto& [sign, op] : operators) {
    if (text.starts_with(sign)) return Bound{op, text.substr(sign.size())};
  }
  return std::nullopt;
}

// [a]..[b], one of them at least.
std::optional<std::pair<std::string_view, std::string_view>> split_range(std::string_view text) {
  const usize dots = text.find("..");
  if (dots == std::string_view::npos || text.size() == 2) return std::nullopt;
  return std::pair(text.substr(0, dots), text.substr(dots + 2));
}

bool takes_globs(Field field) {
  return field == Field::type || field == Field::task || field == Field::file ||
         field == Field::topic || field == Field::tag || field == Field::id;
}

class ClauseParser {
 public:
  ClauseParser(const RawClause& raw, i64 now) : raw_(raw), now_(now) {}

  Result<Clause> parse() {
    clause_.negated = raw_.negated;
    clause_.quoted = raw_.quoted;
    TRY(set_field());
    if (raw_.value == "*" && !raw_.quoted) {
      clause_.kind = Clause::Kind::present;
      return std::move(clause_);
    }
    if (is_number(clause_.field)) {
      TRY(set_numbers());
    } else if (clause_.field == Field::attribute) {
      TRY(set_attribute());
    } else {
      TRY(set_value());
    }
    return std::move(clause_);
  }

 private:
  Result<void> set_field() {
    constexpr std::string_view attribute_prefix = "attr.";
    if (raw_.field == "lines") {
      clause_.field = Field::line_first;
      return {};
    }
    if (raw_.field.starts_with(attribute_prefix)) {
      clause_.field = Field::attribute;
      clause_.attribute = raw_.field.substr(attribute_prefix.size());
      if (clause_.attribute.empty()) return refuse(raw_, "the attribute has no name.");
      return {};
    }
    const std::optional<Field> field = field_by_name(raw_.field);
    const bool spelt_otherwise =
        field == Field::line_first || field == Field::line_last || field == Field::attribute;
    if (!field || spelt_otherwise) {
      return refuse(raw_,
                    "there is no field of that name (known: type task file tag topic tier "
                    "generation id created touched tokens pinned lines words bytes refcount "
                    "gc_survival_count accessed accesses attr.NAME).");
    }
    clause_.field = *field;
    return {};
  }

  // -- words --

  Result<void> set_value() {
    clause_.value = raw_.value;
    const bool is_glob = takes_globs(clause_.field) && !raw_.quoted && has_glob(raw_.value);
    clause_.kind = is_glob ? Clause::Kind::glob : Clause::Kind::equals;
    if (is_glob) clause_.glob.emplace(raw_.value);
    if (clause_.field == Field::tier && !tier_by_name(raw_.value)) {
      return refuse(raw_, "a tier is working, stashed or archive.");
    }
    if (clause_.field == Field::generation && !generation_by_name(raw_.value)) {
      return refuse(raw_, "a generation is young or old.");
    }
    if (clause_.field == Field::pinned && raw_.value != "true" && raw_.value != "false") {
      return refuse(raw_, "pinned is true or false.");
    }
    return {};
  }

  // -- numbers and times --

  struct Stretch {
    i64 first = 0;
    i64 last = 0;
    bool since = false;  // alone it means: from there on
  };

  Result<Stretch> stretch(std::string_view text) {
    if (clause_.field == Field::created || clause_.field == Field::touched ||
        clause_.field == Field::accessed) {
      const std::optional<TimeStretch> time = parse_time(text, now_);
      if (!time) return refuse(raw_, "this is neither a date, nor a time, nor an age like 7d.");
      clause_.from_now |= time->is_age;
      return Stretch{time->first, time->last, time->is_age};
    }
    i64 unit = 1;
    if (clause_.field == Field::bytes && !text.empty()) {
      if (text.back() == 'K' || text.back() == 'k') unit = 1 << 10;
      if (text.back() == 'M') unit = 1 << 20;
      if (unit != 1) text.remove_suffix(1);
    }
    const std::optional<i64> number = parse_integer(text);
    if (!number || *number > number_max / unit || *number < -number_max / unit) {
      return refuse(raw_, "this is not a number.");
    }
    return Stretch{*number * unit, *number * unit, false};
  }

  Result<void> set_numbers() {
    clause_.kind = Clause::Kind::range;
    const std::string_view text = raw_.value;
    if (const auto bound = split_operator(text)) {
      const Stretch value = TRY(stretch(bound->value));
      switch (bound->op) {
        case Bound::Op::at_least:
          clause_.low = value.first;
          break;
        case Bound::Op::above:
          clause_.low = value.last + 1;
          break;
        case Bound::Op::at_most:
          clause_.high = value.last;
          break;
        case Bound::Op::below:
          clause_.high = value.first - 1;
          break;
      }
      return {};
    }
    if (const auto range = split_range(text)) {
      if (!range->first.empty()) clause_.low = TRY(stretch(range->first)).first;
      if (!range->second.empty()) clause_.high = TRY(stretch(range->second)).last;
      return {};
    }
    const Stretch value = TRY(stretch(text));
    clause_.low = value.first;
    if (!value.since) clause_.high = value.last;
    return {};
  }

  // -- attributes --

  Result<void> set_attribute() {
    clause_.value = raw_.value;
    if (raw_.quoted) return {};
    const std::string_view text = raw_.value;
    if (const auto bound = split_operator(text)) {
      if (!set_bound(*bound)) return refuse(raw_, "this is not a number.");
      return make_range();
    }
    const auto range = split_range(text);
    if (!range) return {};
    // `..` between anything but numbers is text: paths hold it.
    Clause plain = clause_;
    const bool numbers = (range->first.empty() || set_bound({Bound::Op::at_least, range->first})) &&
                         (range->second.empty() || set_bound({Bound::Op::at_most, range->second}));
    if (!numbers) {
      clause_ = std::move(plain);
      return {};
    }
    return make_range();
  }

  Result<void> make_range() {
    clause_.kind = Clause::Kind::range;
    if (no_integer_) {
      clause_.low = INT64_MAX;
      clause_.high = INT64_MIN;
    }
    return {};
  }

  // Integers are compared as integers, numbers as numbers: a double does not hold nanoseconds.
  bool set_bound(Bound bound) {
    const std::optional<double> number = parse_double(bound.value);
    if (!number) return false;
    constexpr double infinity = HUGE_VAL;
    set_integer_bound(bound, *number);
    switch (bound.op) {
      case Bound::Op::at_least:
        clause_.low_number = *number;
        break;
      case Bound::Op::above:
        clause_.low_number = std::nextafter(*number, infinity);
        break;
      case Bound::Op::at_most:
        clause_.high_number = *number;
        break;
      case Bound::Op::below:
        clause_.high_number = std::nextafter(*number, -infinity);
        break;
    }
    return true;
  }

  // The integers on the right side of a bound, exactly: also where it is no integer, or beyond all.
  void set_integer_bound(const Bound& bound, double number) {
    const bool from_below = bound.op == Bound::Op::at_least || bound.op == Bound::Op::above;
    const bool itself = bound.op == Bound::Op::at_least || bound.op == Bound::Op::at_most;
    // The integer at the bound, or next to it on the right side: then it is within.
    const double rounded = from_below ? std::ceil(number) : std::floor(number);
    const std::optional<i64> written = parse_integer(bound.value);
    const bool within = itself || (!written && rounded != number);
    constexpr double beyond = 9223372036854775808.0;  // 2^63
    if (!written && (rounded >= beyond || rounded < -beyond)) {
      no_integer_ = no_integer_ || from_below == (rounded > 0);
      return;
    }
    const i64 end = written ? *written : i64(rounded);
    if (!within && end == (from_below ? INT64_MAX : INT64_MIN)) {
      no_integer_ = true;
      return;
    }
    if (from_below) {
      clause_.low = within ? end : end + 1;
    } else {
      clause_.high = within ? end : end - 1;
    }
  }

  const RawClause& raw_;
  i64 now_;
  Clause clause_;
  bool no_integer_ = false;  // an attribute's range that holds none, though it may hold numbers
};

}  // namespace

bool Filter::depends_on_now() const {
  return std::any_of(clauses.begin(), clauses.end(),
                     [](const Clause& clause) { return clause.depends_on_now(); });
}

Result<Filter> parse_filter(std::string_view where, i64 now) {
  Filter filter;
  Cutter cutter(where);
  RawClause raw;
  while (TRY(cutter.next(raw))) filter.clauses.push_back(TRY(ClauseParser(raw, now).parse()));
  return filter;
}

Result<Clause> parse_clause(std::string_view clause, i64 now) {
  Cutter cutter(clause);
  RawClause raw;
  if (!TRY(cutter.next(raw)) || raw.whole.size() != clause.size()) {
    raw.whole = clause;
    return refuse(raw, "it is not one clause alone.");
  }
  return ClauseParser(raw, now).parse();
}

std::string quoted_value(std::string_view value) {
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted += '"';
}

usize quoted_bytes(std::string_view text) {
  if (!text.starts_with('"')) return 0;
  for (usize at = 1; at < text.size(); ++at) {
    if (text[at] == '"') return at + 1;
    if (is_escape(text, at)) ++at;
  }
  return 0;
}

std::vector<AttributeValue> accepted_attributes(const Clause& clause) {
  std::vector<AttributeValue> values = {clause.value};
  if (clause.quoted) return values;
  if (const auto whole = parse_integer(clause.value)) values.emplace_back(*whole);
  if (const auto number = parse_double(clause.value)) values.emplace_back(*number);
  if (clause.value == "true" || clause.value == "false")
    values.emplace_back(clause.value == "true");
  values.emplace_back(Json{clause.value});
  return values;
}

}  // namespace shale::query
