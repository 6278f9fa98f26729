// The garbage collector's plan as shale/gc.hpp says it, written down plainly: over structs, every
// pair looked at, all sorted as a whole. And random segments to plan over.
//
// Shares no code with the library's, and is quadratic: 10,000 segments take seconds. The oracle of
// the tests of gc_plan and of the store, and of bench/gc_figures.
#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <shale/gc.hpp>

namespace shale::testing {

// -- the plan --

inline bool plain_is_root(const Metadata& one, const GcOptions& options) {
  constexpr std::int64_t hour_us = 3'600'000'000;
  if (!options.task.empty() && one.type == "message" && one.task == options.task) return true;
  if (!options.file.empty() && one.file == options.file) return true;
  return one.type == "decision" && one.created_at.microseconds > *options.now_us - hour_us;
}

inline bool plain_has_edge(const Metadata& from, const Metadata& to) {
  for (const std::string& tag : from.tags) {
    if (tag == "ref:" + to.id) return true;
  }
  return from.topic && !from.topic->empty() && from.topic == to.topic;
}

inline double plain_score(const Metadata& one, std::int64_t now) {
  const std::int64_t age = std::max<std::int64_t>(now - one.touched_at.microseconds, 0);
  double type = 0.5;
  if (one.type == "log") type = 1.0;
  if (one.type == "note") type = 0.8;
  if (one.type == "message") type = 0.3;
  if (one.type == "summary") type = 0.2;
  if (one.type == "decision") type = 0.1;
  return 0.4 * (double(age) / 86'400e6) + 0.3 * type + 0.2 / (double(one.refcount) + 1) +
         0.1 * (one.generation == Generation::old ? 1.0 : 0.3);
}

// `segments` are those that `where` finds; options.now_us is set. Without LSN.
inline GcPlan plain_gc_plan(const std::vector<Metadata>& segments, const GcOptions& options) {
  GcPlan plan;
  plan.considered = segments.size();
  std::vector<bool> reached(segments.size());
  std::vector<std::size_t> to_visit;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (!plain_is_root(segments[i], options)) continue;
    reached[i] = true;
    to_visit.push_back(i);
  }
  plan.roots = to_visit.size();
  while (!to_visit.empty()) {
    const std::size_t from = to_visit.back();
    to_visit.pop_back();
    for (std::size_t to = 0; to < segments.size(); ++to) {
      if (reached[to] || !plain_has_edge(segments[from], segments[to])) continue;
      reached[to] = true;
      to_visit.push_back(to);
    }
  }
  plan.reachable = std::size_t(std::count(reached.begin(), reached.end(), true));
  std::vector<GcCandidate> all;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const Metadata& one = segments[i];
    if (reached[i]) continue;
    if (one.pinned) {
      ++plan.pinned;
      continue;
    }
    const double score = plain_score(one, *options.now_us);
    const GcAction action = score > 0.7 ? GcAction::erase : GcAction::stash;
    const bool stays = action == GcAction::stash && one.tier != Tier::working;
    if (score <= 0.4 || stays) {
      ++plan.kept;
    } else {
      all.push_back({one.id, one.type, score, action, one.tokens});
    }
  }
  std::sort(all.begin(), all.end(), [](const GcCandidate& a, const GcCandidate& b) {
    if (a.score != b.score) return a.score > b.score;
    if (a.tokens.value_or(0) != b.tokens.value_or(0)) {
      return a.tokens.value_or(0) > b.tokens.value_or(0);
    }
    return a.id < b.id;
  });
  for (const GcCandidate& one : all) {
    if (options.target_tokens > 0 && plan.tokens_freed >= options.target_tokens) {
      ++plan.kept;
      continue;
    }
    plan.candidates.push_back(one);
    plan.tokens_freed += one.tokens.value_or(0);
    plan.uncounted += one.tokens ? 0 : 1;
  }
  return plan;
}

// What they differ in but for LSN and faults; empty: in nothing.
inline std::string difference_of(const GcPlan& a, const GcPlan& b) {
  if (a.considered != b.considered) return "considered";
  if (a.roots != b.roots) return "roots";
  if (a.reachable != b.reachable) return "reachable";
  if (a.pinned != b.pinned) return "pinned";
  if (a.kept != b.kept) return "kept";
  if (a.tokens_freed != b.tokens_freed) return "tokens freed";
  if (a.uncounted != b.uncounted) return "uncounted";
  if (a.candidates.size() != b.candidates.size()) return "the number of candidates";
  for (std::size_t i = 0; i < a.candidates.size(); ++i) {
    if (a.candidates[i] != b.candidates[i]) return "candidate " + std::to_string(i);
  }
  return {};
}

// -- random segments --

// Few values of everything, so that edges meet and scores are equal; times within three days before
// now() and an hour behind it.
class GcMaker {
 public:
  explicit GcMaker(std::uint32_t seed) : random_(seed) {}

  static constexpr std::int64_t now() { return 1'800'000'000'000'000; }
  std::uint32_t below(std::uint32_t n) { return std::uint32_t(random_() % n); }
  bool chance(std::uint32_t percent) { return below(100) < percent; }

  static std::string id(std::uint32_t number) { return "s" + std::to_string(number); }

  // Of `ids` segments, some of which may not be there.
  Metadata metadata(std::uint32_t number, std::uint32_t ids) {
    Metadata one;
    one.id = id(number);
    one.type = type();
    if (chance(60)) one.task = "task" + std::to_string(below(8));
    if (chance(60)) one.file = "file" + std::to_string(below(20));
    one.topic = topic(ids);
    if (chance(40)) one.tags.push_back(reference(ids));
    if (chance(10)) one.tags.push_back("other" + std::to_string(below(5)));
    if (chance(10)) add_tag(one.tags, reference(ids));
    one.created_at = {moment(), true};
    one.touched_at = {moment(), true};
    one.pinned = chance(10);
    one.tier = chance(70) ? Tier::working : chance(50) ? Tier::stashed : Tier::archive;
    one.generation = chance(50) ? Generation::young : Generation::old;
    one.refcount = chance(50) ? 0 : below(4);
    if (chance(85)) one.tokens = below(6) * 10;
    if (one.tokens) one.tokenizer = "unknown";
    return one;
  }

  Update update(std::uint32_t ids) {
    Update u;
    if (chance(20)) u.type = type();
    if (chance(20)) u.task = "task" + std::to_string(below(8));
    if (chance(20)) u.file = std::optional<std::string>();
    if (chance(30)) u.topic = topic(ids);
    if (chance(30)) u.tags_added = {reference(ids)};
    if (chance(30)) u.tags_removed = {reference(ids)};
    if (chance(20)) u.pinned = chance(50);
    if (chance(20)) u.tier = chance(70) ? Tier::working : Tier::stashed;
    if (chance(20)) u.generation = chance(50) ? Generation::young : Generation::old;
    if (chance(20)) u.touched_at = Time{moment(), true};
    if (chance(20)) u.tokens = below(60);
    if (chance(20)) u.refcount_added = 1;
    return u;
  }

  GcOptions options() {
    GcOptions options;
    options.now_us = now();
    if (chance(70)) options.task = "task" + std::to_string(below(9));
    if (chance(70)) options.file = "file" + std::to_string(below(22));
    if (chance(50)) options.target_tokens = 1 + below(500);
    if (chance(30)) options.where = "";
    return options;
  }

 private:
  std::string type() {
    static const char* const types[] = {"log",     "note",     "code",  "message",
                                        "summary", "decision", "paper", "paper2"};
    return types[below(8)];
  }
  std::optional<std::string> topic(std::uint32_t ids) {
    if (chance(40)) return std::nullopt;
    return chance(10) ? std::string() : "topic" + std::to_string(below(ids / 8 + 2));
  }
  std::string reference(std::uint32_t ids) {
    if (chance(5)) return "ref:";
    return "ref:" + id(below(ids + ids / 10 + 1));
  }
  static void add_tag(std::vector<std::string>& tags, std::string tag) {
    if (std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.push_back(std::move(tag));
  }
  std::int64_t moment() {
    return now() + 3'600'000'000 - std::int64_t(below(3 * 24)) * 3'600'000'000;
  }

  std::mt19937 random_;
};

}  // namespace shale::testing
