// count sum usage: what segments add up to, by groups; no text is read.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/all_projects.hpp"
#include "cli/answers.hpp"
#include "cli/questions.hpp"
#include "cli/verbs.hpp"
#include "exchange/times.hpp"

namespace shale::cli {

namespace {

// --- count and sum ------------------------------------------------------------------------------

struct SumOptions {
  std::string field;  // empty: segments are counted
  std::vector<std::string> by;
  std::vector<std::string> where;
  std::vector<std::string> query;
  std::string match = "all";
  bool times = false;

  bool has_query() const { return !joined(query).empty(); }
};

Result<Sum> sum_of(Context& context, const SumOptions& options) {
  const Aggregation asked{.field = options.field,
                          .by = options.by,
                          .where = joined(options.where),
                          .text = joined(options.query),
                          .match = match_of(options.match),
                          .times = options.times};
  std::vector<Sum> sums;
  for (const View& view : TRY(context.views())) {
    sums.push_back(TRY(view.snapshot.aggregate(asked)));
  }
  return merge_sums(std::move(sums));
}

std::string time_text(i64 microseconds) { return exchange::format_time({microseconds, true}); }

Json range_json(const std::optional<TimeRange>& range) {
  if (!range) return nullptr;
  return {{"first", time_text(range->first)}, {"last", time_text(range->last)}};
}

Json row_json(const SumRow& row, const SumOptions& options) {
  Json keys = Json::object();
  for (usize i = 0; i < options.by.size() && i < row.key.size(); ++i) {
    keys[options.by[i]] = row.key[i];
  }
  Json object = {{"by", keys}, {"count", row.count}};
  if (!options.field.empty()) {
    object["sum"] = row.sum;
    object["absent"] = row.absent;
  }
  if (options.times) {
    object["created"] = range_json(row.created);
    object["touched"] = range_json(row.touched);
  }
  return object;
}

void print_row(Output& output, const SumRow& row, const SumOptions& options) {
  for (const std::string& key : row.key) output.raw(printable(key) + '\t');
  std::string line = std::to_string(options.field.empty() ? row.count : row.sum);
  const auto add_times = [&](const std::optional<TimeRange>& range) {
    line += range ? '\t' + time_text(range->first) + '\t' + time_text(range->last) : "\t-\t-";
  };
  if (options.times) {
    add_times(row.created);
    add_times(row.touched);
  }
  output.line(line);
}

void print_object(Output& output, const SumOptions& options, const Sum& sum) {
  Json rows = Json::array();
  for (const SumRow& row : sum.rows) rows.push_back(row_json(row, options));
  Json object = Json::object();
  if (!options.field.empty()) object["field"] = options.field;
  object["rows"] = rows;
  object["faults"] = json_of(sum.faults);
  if (options.has_query()) {
    object["widened"] = sum.widened;
    object["partial"] = sum.partial;
  }
  output.object(object);
}

Result<Exit> sum(Context& context, const SumOptions& options) {
  const Sum sum = TRY(sum_of(context, options));
  Output& output = context.output;
  if (output.form == Form::json) {
    print_object(output, options, sum);
  } else {
    for (const SumRow& row : sum.rows) {
      if (output.form == Form::ndjson) {
        output.object(row_json(row, options));
      } else {
        print_row(output, row, options);
      }
    }
    if (sum.rows.empty() && output.is_text()) output.line("0");
    note_reach(output, sum.widened, sum.partial);
  }
  output.faults(sum.faults);
  return exit_for(true, sum.faults);
}

// One number where nothing is grouped and nothing searched.
Result<Exit> count(Context& context, const SumOptions& options) {
  if (!options.by.empty() || options.times || options.has_query()) return sum(context, options);
  Count all;
  for (const View& view : TRY(context.views())) {
    const Count one = TRY(view.snapshot.count(joined(options.where)));
    all.count += one.count;
    append(all.faults, one.faults);
  }
  if (context.output.is_text()) {
    context.output.line(std::to_string(all.count));
  } else {
    context.output.object({{"count", all.count}, {"faults", json_of(all.faults)}});
  }
  context.output.faults(all.faults);
  return exit_for(true, all.faults);
}

// --- usage --------------------------------------------------------------------------------------

struct UsageWords {
  std::vector<std::string> where;
  std::optional<u64> limit;
};

const char* word_of(Priority priority) {
  constexpr const char* names[] = {"low", "medium", "high", "urgent"};
  return names[usize(priority)];
}

const char* word_of(Advice advice) {
  constexpr const char* names[] = {"prune", "stash", "watch", "review_old", "trim_logs", "unpin"};
  return names[usize(advice)];
}

template <class T>
Json json_or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json shares_json(const std::vector<UsageShare>& shares, const char* field) {
  Json rows = Json::array();
  for (const UsageShare& share : shares) {
    rows.push_back({{field, share.value},
                    {"count", share.count},
                    {"tokens", share.tokens},
                    {"uncounted", share.uncounted},
                    {"count_percent", share.count_percent},
                    {"token_percent", share.token_percent}});
  }
  return rows;
}

Json usage_json(const Usage& usage) {
  Json advice = Json::array();
  for (const Recommendation& one : usage.recommendations) {
    advice.push_back({{"advice", word_of(one.advice)},
                      {"priority", word_of(one.priority)},
                      {"sentence", one.sentence}});
  }
  const auto seconds = [](const std::optional<i64>& age) {
    return age ? Json(double(*age) / 1e6) : Json(nullptr);
  };
  return {{"segments", usage.segments},
          {"tokens", usage.tokens},
          {"uncounted", usage.uncounted},
          {"limit", json_or_null(usage.limit)},
          {"percent", json_or_null(usage.percent)},
          {"remaining", json_or_null(usage.remaining)},
          {"pinned", {{"count", usage.pinned}, {"tokens", usage.pinned_tokens}}},
          {"types", shares_json(usage.types, "type")},
          {"tasks", shares_json(usage.tasks, "task")},
          {"tiers", shares_json(usage.tiers, "tier")},
          {"touched", range_json(usage.touched)},
          {"oldest_age_seconds", seconds(usage.oldest_age)},
          {"newest_age_seconds", seconds(usage.newest_age)},
          {"health", usage.health},
          {"recommendations", advice},
          {"faults", json_of(usage.faults)}};
}

// The largest few; the rest are counted.
void print_shares(Output& output, const char* field, const std::vector<UsageShare>& shares) {
  constexpr usize rows_max = 10;
  for (usize i = 0; i < std::min(rows_max, shares.size()); ++i) {
    const UsageShare& share = shares[i];
    const std::string value = share.value.empty() ? "-" : printable(share.value);
    output.line(fmt::format("{}\t{}\t{}\t{}\t{:.1f} %", field, value, share.count, share.tokens,
                            share.token_percent));
  }
  if (shares.size() > rows_max) {
    output.line(fmt::format("{}\t... {} more (--json)", field, shares.size() - rows_max));
  }
}

void print_usage(Output& output, const Usage& usage) {
  output.line(fmt::format("segments\t{}", usage.segments));
  output.line(fmt::format("tokens\t{}", usage.tokens));
  if (usage.uncounted > 0) output.line(fmt::format("without a count\t{}", usage.uncounted));
  if (usage.limit) {
    output.line(fmt::format("limit\t{}\t{:.1f} %\t{} remaining", *usage.limit,
                            usage.percent.value_or(0), usage.remaining.value_or(0)));
  }
  output.line(fmt::format("pinned\t{}\t{} tokens", usage.pinned, usage.pinned_tokens));
  if (usage.touched) {
    output.line(fmt::format("touched\t{}\t{}", time_text(usage.touched->first),
                            time_text(usage.touched->last)));
  }
  print_shares(output, "type", usage.types);
  print_shares(output, "task", usage.tasks);
  print_shares(output, "tier", usage.tiers);
  output.line(fmt::format("health\t{:.1f}", usage.health));
  for (const Recommendation& one : usage.recommendations) {
    output.line(
        fmt::format("{}\t{}\t{}", word_of(one.priority), word_of(one.advice), one.sentence));
  }
}

Result<Exit> usage(Context& context, const UsageWords& words) {
  const UsageOptions options{.limit = words.limit, .where = joined(words.where)};
  std::vector<Usage> parts;
  for (const View& view : TRY(context.views())) {
    parts.push_back(TRY(view.snapshot.usage(options)));
  }
  const Usage all = joined_usage(parts, options);
  if (context.output.is_text()) {
    print_usage(context.output, all);
  } else {
    context.output.object(usage_json(all));
  }
  context.output.faults(all.faults);
  return exit_for(true, all.faults);
}

// --- on the command line ------------------------------------------------------------------------

void add_sum_options(CLI::App& verb, SumOptions& options) {
  verb.add_option("--by", options.by,
                  "groups: type task file topic tag tier generation pinned day project")
      ->delimiter(',')
      ->allow_extra_args(false);
  add_where(verb, options.where);
  verb.add_option("--query", options.query, "only what this query finds, as `search` reads it")
      ->allow_extra_args(false);
  add_match(verb, options.match);
  verb.add_flag("--times", options.times, "first and last creation and touch of each group");
}

}  // namespace

void add_sum_verbs(CLI::App& app, Context& context) {
  CLI::App* counting = add_verb(app, "count", "counts segments, by groups");
  auto counted = std::make_shared<SumOptions>();
  add_sum_options(*counting, *counted);
  counting->callback([&context, counted] {
    context.action = [&context, counted] { return count(context, *counted); };
  });
  CLI::App* summing = add_verb(app, "sum", "adds up a number, by groups");
  auto summed = std::make_shared<SumOptions>();
  summing->add_option("FIELD", summed->field, "tokens, bytes, words, ...")->required();
  add_sum_options(*summing, *summed);
  summing->callback([&context, summed] {
    context.action = [&context, summed] { return sum(context, *summed); };
  });
  CLI::App* verb = add_verb(app, "usage", "what takes how many tokens, and what to do about it");
  auto words = std::make_shared<UsageWords>();
  verb->add_option("--limit", words->limit, "tokens there is room for")->check(whole_number());
  add_where(*verb, words->where);
  verb->callback(
      [&context, words] { context.action = [&context, words] { return usage(context, *words); }; });
}

}  // namespace shale::cli
