// A scripted session on a store and what must be true of the store after each of its steps.
//
// Steps are those of a project's life: stash, update, erase, seal, merge, bulk ingest, retention.
// Each begins behind the one before it and says how many of them a power cut may not take any more.
// All of a step is there or nothing, but of retention: there each segment that the rules let go is
// there or not, and whatever they keep is.
// `check_store` opens whatever a crash left, compares it with the states that are allowed, writes
// more, opens it again and compares again. One project, no background thread: the same steps make
// the same calls. Used by the crash laboratory and by the fault tests.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tests/store/store_oracle.hpp"

namespace shale::testing {

enum class Step : std::uint8_t { stash, relaxed, update, erase, seal, merge, bulk, retain };
inline constexpr Step all_steps[] = {Step::stash, Step::relaxed, Step::update, Step::erase,
                                     Step::seal,  Step::merge,   Step::bulk,   Step::retain};
const char* step_name(Step step);
std::string told(const Error& error);  // with its path
u64 number(const char* text);          // of a command line; 0 where it is none

// Which part of a program's work is to be done: `number` of `count`, from 0.
struct Share {
  u64 number = 0;
  u64 count = 1;
};
std::optional<Share> share_of(const std::string& text);  // "I/N"

class Session {
 public:
  explicit Session(std::filesystem::path store) : path_(std::move(store)) {}

  // Makes the store and its project.
  Result<void> create();
  // A life before the script: two shards with overlays, a log that is sealed, one that is not.
  Result<void> prepare();
  Result<void> run(Step step);
  void close() { project_.reset(); }
  // After a step that failed: finds out whether it happened, which it may not have by half. Empty,
  // or what is wrong.
  std::string settle();

  // After step n (0: before the first): what the store holds.
  const std::vector<StoreOracle>& states() const { return states_; }
  u64 acknowledged() const { return acknowledged_; }  // steps that a power cut may not take
  u64 begun() const { return states_.size() - 1; }

 private:
  Result<void> open();
  Result<void> commit(Step step, StoreOracle& next);
  Result<void> seal();

  std::filesystem::path path_;
  std::shared_ptr<Project::State> project_;
  std::vector<StoreOracle> states_ = {StoreOracle()};
  u64 acknowledged_ = 0;
  unsigned number_ = 0;  // of steps that changed something
};

// Which of its states a store may hold, and what is asked of it afterwards.
struct Allowed {
  u64 first = 0;
  u64 last = 0;
  bool may_be_missing = false;  // nothing was promised yet
  bool merges = true;
};
// Empty where all is well, else what is not. The store holds one of `states` [first, last], whole,
// without faults; afterwards it takes more, and where that is asked for, merges.
std::string check_store(const std::filesystem::path& store, const std::vector<StoreOracle>& states,
                        const Allowed& allowed);

}  // namespace shale::testing
