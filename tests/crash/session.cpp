#include "tests/crash/session.hpp"

#include <shale/retention.hpp>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <set>

#include "store/lease.hpp"
#include "store/merger.hpp"
#include "store/options.hpp"
#include "store/project.hpp"
#include "store/publish.hpp"

namespace shale::testing {

namespace {

constexpr std::int64_t some_moment = 1'700'000'000'000'000;
// What came in bulk is older than the rules of retention allow: shards of it go whole, unless
// something in them was pinned.
constexpr std::int64_t old_moment = some_moment - std::int64_t(10) * 86'400'000'000;
const RetentionRules rules{.max_age_seconds = 86'400, .now_us = some_moment};

NewSegment segment(const std::string& id, const std::string& text) {
  NewSegment result;
  result.id = id;
  result.text = text;
  result.type = "note";
  result.created_at = Time{some_moment, true};
  result.touched_at = Time{some_moment, true};
  return result;
}

NewSegment old_segment(const std::string& id, const std::string& text) {
  NewSegment result = segment(id, text);
  result.created_at = Time{old_moment, true};
  return result;
}

// What the rules let go.
void retain(StoreOracle& oracle) {
  std::vector<std::string> gone;
  for (const auto& [id, entry] : oracle.entries()) {
    const bool is_old = entry.metadata.created_at.microseconds == old_moment;
    if (is_old && !entry.metadata.pinned) gone.push_back(id);
  }
  for (const std::string& id : gone) oracle.erase(id);
}

// As Store::project does it, without the housekeeper.
Result<std::shared_ptr<Project::State>> open_state(const std::filesystem::path& store) {
  StoreOptions options;
  options.create = true;
  options.busy_timeout = std::chrono::milliseconds(200);
  store::StoreConfig config = TRY(store::read_config(store / "shale.toml"));
  return store::open_project({store, "default", options, std::move(config),
                              std::make_shared<store::SharedCaches>(options)});
}

void stash_into(Batch& batch, StoreOracle& oracle, const NewSegment& one) {
  batch.stash(one);
  oracle.stash(one, {});
}

}  // namespace

const char* step_name(Step step) {
  constexpr const char* names[] = {"stash", "relaxed", "update", "erase",
                                   "seal",  "merge",   "bulk",   "retain"};
  return names[usize(step)];
}

Result<void> Session::create() {
  {
    StoreOptions options;
    options.create = true;
    options.analysis = "plain";
    options.tokenizer = "none";  // what is counted is no part of what a crash may leave
    const Store store = TRY(Store::open(path_, options));
    (void)TRY(store.project("default"));
  }
  return open();
}

Result<void> Session::open() {
  project_ = TRY(open_state(path_));
  return {};
}

Result<void> Session::prepare() {
  for (const Step step : {Step::stash, Step::bulk, Step::merge, Step::update, Step::erase,
                          Step::merge, Step::stash, Step::seal, Step::update, Step::stash}) {
    TRY(run(step));
  }
  // What was before the script is one state.
  states_ = {states_.back()};
  acknowledged_ = 0;
  return {};
}

Result<void> Session::run(Step step) {
  if (project_ == nullptr) TRY(open());
  StoreOracle next = states_.back();
  if (step == Step::stash || step == Step::relaxed) ++number_;
  states_.push_back(next);  // begun: a crash from here on may show it
  TRY(commit(step, states_.back()));
  if (step != Step::relaxed) acknowledged_ = states_.size() - 1;
  return {};
}

Result<void> Session::seal() {
  store::Lease lease = TRY(store::Lease::acquire(*project_, "seal"));
  return store::seal_active_log(lease);
}

Result<void> Session::commit(Step step, StoreOracle& next) {
  const std::string number = std::to_string(number_);
  const std::string filler = " of some length that fills a few sectors of the log";
  Project project(project_);
  Batch batch;
  switch (step) {
    case Step::seal:
      return seal();
    case Step::merge:
      return project.merge(false);
    case Step::retain:
      retain(next);
      (void)TRY(project.retain(rules));
      return {};
    case Step::bulk:
      for (int n = 0; n < 3; ++n) {
        stash_into(batch, next, old_segment("b" + std::to_string(n), "bulk " + number + filler));
      }
      stash_into(batch, next, old_segment("a1", "alpha by bulk " + number));
      (void)TRY(project.ingest(batch));
      return {};
    case Step::stash:
    case Step::relaxed: {
      std::string text = "alpha beta number" + number;
      for (unsigned n = 0; n < 20; ++n) text += filler;
      stash_into(batch, next, segment("a" + number, text));
      stash_into(batch, next, segment("a0", "always replaced " + number));
      stash_into(batch, next, segment("c" + number, "gamma"));
      break;
    }
    case Step::update: {
      Update update;
      update.pinned = true;
      update.tags_added = {"tag" + number};
      update.refcount_added = 1;
      for (const char* id : {"a0", "a1", "b1"}) {
        batch.update(id, update);
        next.update(id, update);
      }
      break;
    }
    case Step::erase:
      for (const char* id : {"c1", "b2"}) {
        batch.erase(id);
        next.erase(id);
      }
      stash_into(batch, next, segment("c9", "in one batch with an erase"));
      break;
  }
  (void)TRY(project.commit(batch, step == Step::relaxed ? Durability::relaxed : Durability::full));
  return {};
}

// -- checking --

u64 number(const char* text) {
  u64 value = 0;
  std::from_chars(text, text + std::strlen(text), value);
  return value;
}

std::optional<Share> share_of(const std::string& text) {
  const usize slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  const Share share{number(text.substr(0, slash).c_str()), number(text.c_str() + slash + 1)};
  return share.number < share.count ? std::optional(share) : std::nullopt;
}

std::string told(const Error& error) { return error.message + " (" + error.path + ")"; }

namespace {

// Empty, or how the project differs from the oracle.
// Who follows the changes from the first on must end with what there is.
std::string difference_of_follower(const Snapshot& now, const StoreOracle& oracle) {
  const Result<Changes> changes = now.changes();
  if (!changes) return "no changes: " + told(changes.error());
  if (!changes->faults.empty()) return "a fault of changes: " + changes->faults.front().message;
  if (changes->kept_after != 0) return "the first changes are not kept";
  std::set<std::string> followed;
  bool knows_all = true;  // an ingest no longer names what was superseded and merged away
  u64 dropped = 0;        // nor a drop what it took
  for (const ChangedBatch& batch : changes->batches) {
    knows_all = knows_all && (!batch.is_ingest || batch.changes.size() == batch.stashed);
    dropped += batch.dropped;
    const bool is_old = batch.created_first == old_moment && batch.created_last == old_moment;
    if (batch.is_drop && (batch.dropped == 0 || !is_old)) return "a drop of another time";
    for (const Change& change : batch.changes) {
      const bool was_there = followed.contains(change.id);
      const bool is_new = change.kind == ChangeKind::stashed;
      const bool fits = is_new ? !was_there || dropped > 0 : was_there || !knows_all;
      if (change.kind != ChangeKind::ingested && !fits) {
        return change.id + " is told as what it was not";
      }
      if (change.kind == ChangeKind::erased) followed.erase(change.id);
      if (change.kind != ChangeKind::erased) followed.insert(change.id);
    }
  }
  for (const auto& [id, entry] : oracle.entries()) {
    if (followed.erase(id) == 0) return "no change tells of " + id;
  }
  return followed.size() <= dropped ? std::string() : "changes tell of " + *followed.begin();
}

std::string difference(const Project& project, const StoreOracle& oracle) {
  const Result<Snapshot> now = project.snapshot();
  if (!now) return "no snapshot: " + told(now.error());
  Listing listing;
  listing.limit = 10'000;
  const Result<Page> page = now->list(listing);
  if (!page) return "no list: " + told(page.error());
  if (!page->faults.empty()) return "a fault: " + page->faults.front().message;
  if (page->segments.size() != oracle.entries().size()) {
    return std::to_string(page->segments.size()) + " segments for " +
           std::to_string(oracle.entries().size());
  }
  for (const auto& [id, entry] : oracle.entries()) {
    const auto found = now->get(id);
    if (!found) return id + ": " + told(found.error());
    if (!found->has_value()) return id + " is missing";
    if ((*found)->text() != entry.text) return id + " has another text";
    const Metadata& metadata = (*found)->metadata();
    if (!(metadata == entry.metadata)) {
      return id + " has other metadata (" + std::to_string(metadata.tags.size()) + " tags for " +
             std::to_string(entry.metadata.tags.size()) + ", refcount " +
             std::to_string(metadata.refcount) + " for " + std::to_string(entry.metadata.refcount) +
             ")";
    }
  }
  const auto answer = now->search({.text = "alpha", .limit = 1000, .snippets = false});
  if (!answer) return "no search: " + told(answer.error());
  const auto expected = oracle.search({"alpha"}, true);
  if (answer->total != expected.size() || !answer->faults.empty()) return "another search result";
  for (const Hit& hit : answer->hits) {
    if (!expected.contains(hit.id)) return hit.id + " is found and should not be";
  }
  return difference_of_follower(*now, oracle);
}

// What a step of retention that did not come to its end has left: `before`, without those that it
// was to remove and that are not there any more. Nothing where `after` is of another step.
std::optional<StoreOracle> half_retained(const Project& project, const StoreOracle& before,
                                         const StoreOracle& after) {
  StoreOracle removed = before;
  retain(removed);
  const auto now = project.snapshot();
  if (!now || removed.entries().size() != after.entries().size()) return std::nullopt;
  StoreOracle left = before;
  for (const auto& [id, entry] : before.entries()) {
    if (after.entries().contains(id)) continue;
    const auto found = now->get(id);
    if (found && !found->has_value()) left.erase(id);
  }
  return left;
}

// Opens the store as the next process would, and leaves the project open.
std::string open_again(const std::filesystem::path& store, std::shared_ptr<Project::State>& state) {
  state.reset();
  auto opened = open_state(store);
  if (!opened) return "cannot be opened: " + told(opened.error());
  state = *std::move(opened);
  if (state->is_private) {
    return "cannot be written: " + (state->damaged ? told(*state->damaged) : std::string());
  }
  return {};
}

std::string write_more(const Project& project, StoreOracle& oracle) {
  Batch batch;
  stash_into(batch, oracle, segment("more", "alpha written after the crash"));
  stash_into(batch, oracle, segment("a0", "replaced after the crash"));
  Update update;
  update.tags_added = {"after"};
  batch.update("b1", update);
  oracle.update("b1", update);
  batch.erase("a1");
  oracle.erase("a1");
  Project writer = project;
  const auto done = writer.commit(batch);
  return done ? std::string() : "takes nothing more: " + told(done.error());
}

std::string verify(const Project& project) {
  const auto verified = project.verify();
  if (!verified) return "cannot be verified: " + told(verified.error());
  return verified->faults.empty() ? std::string() : "verify: " + verified->faults.front().message;
}

}  // namespace

std::string Session::settle() {
  if (project_ == nullptr) {
    const Result<void> opened = open();
    if (!opened) return "cannot be opened: " + told(opened.error());
  }
  // A publication that failed half way is decided by the next holder of the lease.
  const auto lease = store::Lease::acquire(*project_, "settle");
  if (!lease) return "the lease cannot be had: " + told(lease.error());
  for (usize back = 0; back < 2 && back < states_.size(); ++back) {
    const StoreOracle& state = states_[states_.size() - 1 - back];
    if (difference(Project(project_), state).empty()) {
      states_.push_back(state);
      return {};
    }
  }
  if (states_.size() > 1) {
    const auto left = half_retained(Project(project_), states_[states_.size() - 2], states_.back());
    if (left && difference(Project(project_), *left).empty()) {
      states_.push_back(*left);
      return {};
    }
  }
  return "a step that failed is half there: " + difference(Project(project_), states_.back());
}

std::string check_store(const std::filesystem::path& store, const std::vector<StoreOracle>& states,
                        const Allowed& allowed) {
  std::error_code ignored;
  if (!std::filesystem::exists(store / "shale.toml", ignored)) {
    if (!allowed.may_be_missing) return "the store is gone";
    Session fresh(store);
    const Result<void> made = fresh.create();
    if (!made) return "cannot be made anew: " + told(made.error());
  }
  std::shared_ptr<Project::State> state;
  std::string problem = open_again(store, state);
  if (!problem.empty()) return problem;
  std::optional<StoreOracle> oracle;
  for (u64 at = allowed.last + 1; at-- > allowed.first && !oracle;) {
    const std::string differs = difference(Project(state), states[at]);
    if (differs.empty()) oracle = states[at];
    if (at == allowed.last) problem = differs;
    if (oracle || at == allowed.first) continue;
    const auto left = half_retained(Project(state), states[at - 1], states[at]);
    if (left && difference(Project(state), *left).empty()) oracle = left;
  }
  if (!oracle) return "none of the allowed states: " + problem;
  problem = write_more(Project(state), *oracle);
  if (problem.empty()) problem = open_again(store, state);
  if (problem.empty()) problem = difference(Project(state), *oracle);
  if (problem.empty()) problem = verify(Project(state));
  if (!problem.empty()) return "after writing more: " + problem;
  if (!allowed.merges) return {};
  const Result<void> merged = Project(state).merge(false);
  if (!merged) return "cannot be merged afterwards: " + told(merged.error());
  problem = difference(Project(state), *oracle);
  return problem.empty() ? std::string() : "after a merge: " + problem;
}

}  // namespace shale::testing
