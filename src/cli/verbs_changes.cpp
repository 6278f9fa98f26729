// changes: what was stashed, superseded, updated and erased, by whom and when; once, or as it
// happens.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "base/system.hpp"
#include "catalog/text_form.hpp"
#include "cli/interrupt.hpp"
#include "cli/verbs.hpp"
#include "exchange/times.hpp"
#include "query/filter_time.hpp"

namespace shale::cli {

namespace {

constexpr u64 page_changes = 100'000;  // asked for at once
constexpr std::chrono::milliseconds look_again{50};

struct ChangesOptions {
  std::string since;
  std::vector<std::string> ids;
  bool follow = false;
};

// Where to begin: behind an LSN, or with the first batch of a moment.
struct Start {
  u64 lsn = 0;
  i64 time = std::numeric_limits<i64>::min();
  bool names_lsn = false;
};

Result<Start> start_of(const std::string& since) {
  Start start;
  if (since.empty()) return start;
  if (const std::optional<u64> lsn = catalog::parse_decimal(since)) {
    start.lsn = *lsn;
    start.names_lsn = true;
    return start;
  }
  const auto stretch = query::parse_time(since, now_microseconds());
  if (!stretch) {
    return fail(
        ErrorCode::invalid_argument,
        "--since takes an LSN, a time (2026-03-01T12:00Z) or an age (2h), not \"" + since + "\".");
  }
  start.time = stretch->first;
  return start;
}

std::string_view name_of(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::stashed:
      return "stashed";
    case ChangeKind::superseded:
      return "superseded";
    case ChangeKind::updated:
      return "updated";
    case ChangeKind::erased:
      return "erased";
    case ChangeKind::ingested:
      break;
  }
  return "ingested";
}

class Teller {
 public:
  Teller(Context& context, const ChangesOptions& options, Start start)
      : context_(context), options_(options), start_(start), lsn_(start.lsn) {}

  // What there is up to now.
  Result<void> tell(const Project& project) {
    const Snapshot snapshot = TRY(context_.snapshot_of(project));
    // What was told before it was durable is no mistake of who asks.
    const bool waits = context_.globals.durable_only && snapshot.lsn() < lsn_;
    bool more = !waits && (snapshot.lsn() > lsn_ || !has_told_);
    while (more) {
      const Changes changes = TRY(snapshot.changes({.since = lsn_, .limit = page_changes}));
      if (!has_told_) warn_of_missed(changes.kept_after);
      has_told_ = true;
      for (const ChangedBatch& batch : changes.batches) print(batch);
      for (const Fault& fault : changes.faults) add_fault(fault);
      kept_after_ = changes.kept_after;
      lsn_ = changes.lsn;
      more = changes.more && !interrupted();
    }
    return {};
  }

  // The one object of --json: of what was told since the last one.
  void end_object() {
    if (context_.output.form != Form::json) return;
    context_.output.object({{"batches", std::exchange(batches_, Json::array())},
                            {"lsn", lsn_},
                            {"kept_after", kept_after_},
                            {"faults", json_of(faults_)}});
  }

  bool has_batches() const { return !batches_.empty(); }
  bool has_faults() const { return !faults_.empty(); }

 private:
  void warn_of_missed(u64 kept_after) {
    if (!start_.names_lsn || kept_after <= lsn_) return;
    context_.output.warning(
        fmt::format("what was changed up to LSN {} is not kept any more", kept_after));
  }

  // Each answer brings what is damaged in the project: told once.
  void add_fault(const Fault& fault) {
    const bool is_known = std::any_of(faults_.begin(), faults_.end(), [&](const Fault& one) {
      return one.file == fault.file && one.offset == fault.offset && one.message == fault.message;
    });
    if (is_known) return;
    faults_.push_back(fault);
    context_.output.faults({fault});
  }

  bool is_wanted(const Change& change) const {
    return options_.ids.empty() ||
           std::find(options_.ids.begin(), options_.ids.end(), change.id) != options_.ids.end();
  }

  void print(const ChangedBatch& batch) {
    if (batch.committed_at < start_.time) return;
    const std::string time = exchange::format_time({batch.committed_at, true});
    Json changes = Json::array();
    for (const Change& change : batch.changes) {
      if (!is_wanted(change)) continue;
      if (context_.output.is_text()) {
        context_.output.line(fmt::format("{}\t{}\t{}\t{}\t{}", batch.lsn, time, batch.pid,
                                         name_of(change.kind), printable(change.id)));
      } else if (context_.output.form == Form::ndjson) {
        context_.output.object({{"lsn", batch.lsn},
                                {"committed_at", time},
                                {"pid", batch.pid},
                                {"change", name_of(change.kind)},
                                {"id", change.id}});
      } else {
        changes.push_back({{"change", name_of(change.kind)}, {"id", change.id}});
      }
    }
    if (batch.is_drop) print_drop(batch, time);
    const bool is_wanted_one = batch.is_drop || options_.ids.empty() || !changes.empty();
    if (context_.output.form != Form::json || !is_wanted_one) return;
    Json one = {{"lsn", batch.lsn}, {"committed_at", time}, {"pid", batch.pid}};
    if (batch.is_ingest) {
      one["ingest"] = {{"stashed", batch.stashed}, {"superseded", batch.superseded}};
    }
    if (batch.is_drop) one["drop"] = json_of_drop(batch);
    one["changes"] = std::move(changes);
    batches_.push_back(std::move(one));
  }

  // What went with whole shards: told to who asks for some ids, too, as any of them may have.
  void print_drop(const ChangedBatch& batch, const std::string& time) {
    const auto created = [](i64 at) { return exchange::format_time({at, true}); };
    if (context_.output.is_text()) {
      context_.output.line(fmt::format("{}\t{}\t{}\tdropped\t{} segments created from {} to {}",
                                       batch.lsn, time, batch.pid, batch.dropped,
                                       created(batch.created_first), created(batch.created_last)));
    } else if (context_.output.form == Form::ndjson) {
      context_.output.object({{"lsn", batch.lsn},
                              {"committed_at", time},
                              {"pid", batch.pid},
                              {"change", "dropped"},
                              {"drop", json_of_drop(batch)}});
    }
  }

  static Json json_of_drop(const ChangedBatch& batch) {
    return {{"segments", batch.dropped},
            {"created_first", exchange::format_time({batch.created_first, true})},
            {"created_last", exchange::format_time({batch.created_last, true})}};
  }

  Context& context_;
  const ChangesOptions& options_;
  Start start_;
  u64 lsn_;
  u64 kept_after_ = 0;
  bool has_told_ = false;
  Json batches_ = Json::array();
  std::vector<Fault> faults_;
};

// Until Ctrl-C, which is how it ends.
Result<Exit> follow(Context& context, const Project& project, Teller& teller) {
  watch_for_interrupt();
  while (!interrupted()) {
    TRY(teller.tell(project));
    if (teller.has_batches()) teller.end_object();
    context.output.flush();
    std::this_thread::sleep_for(look_again);
  }
  return Exit::interrupted;
}

Result<Exit> changes(Context& context, const ChangesOptions& options) {
  Teller teller(context, options, TRY(start_of(options.since)));
  for (const Project& project : TRY(context.projects_to_read(false))) {
    if (options.follow) return follow(context, project, teller);
    TRY(teller.tell(project));
  }
  teller.end_object();
  return teller.has_faults() ? Exit::damaged : Exit::ok;
}

}  // namespace

void add_changes_verb(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(app, "changes", "who stashed, superseded, updated and erased what");
  auto options = std::make_shared<ChangesOptions>();
  verb->add_option("--since", options->since,
                   "behind this LSN; or from a time (2026-03-01T12:00Z) or an age (2h) on");
  verb->add_option("--id", options->ids, "only what became of these");
  verb->add_flag("--follow", options->follow, "goes on until Ctrl-C, as things happen");
  verb->add_flag("--durable", context.globals.durable_only, "only what no power cut can take back");
  verb->callback([&context, options] {
    context.action = [&context, options] { return changes(context, *options); };
  });
}

}  // namespace shale::cli
