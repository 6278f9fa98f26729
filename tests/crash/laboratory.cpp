// The crash laboratory: `./run prove processes` and the test `crash states` run it.
//
//   laboratory [--seed N] [--random N] [--length N] [--share I/N] [--nested N] [--keep DIR]
//              [--stride N] [--stop-at N] [--folder DIR]
//
// Runs every sequence of up to `length` steps on a new store and on one with a past, records what
// each last step does to the disk, makes every state that a power cut may leave at each point of it
// (crash_states.hpp, both profiles), and checks each (session.hpp). Of some states the recovery is
// recorded too, and a crash in it checked the same way, two deep. Prints one line of JSON; exits 1
// after the first violation, which --keep leaves in a folder.
#include <malloc.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "tests/crash/crash_states.hpp"
#include "tests/crash/session.hpp"

namespace shale::testing {
namespace {

using std::filesystem::path;

constexpr u64 merge_every = 5;  // states that are merged afterwards

struct Options {
  u64 seed = 20261128;
  int random_per_point = 4;
  usize length = 3;
  Share share;            // of the sequences
  u64 nested_every = 40;  // states between two whose recovery is crashed
  u64 stride = 1;         // of the states: every so many
  u64 states_max = ~u64(0);
  path keep;
  path folder = "/dev/shm";
};

// A boot id of its own for every restart.
std::string new_boot() {
  static u64 number = 0;
  char text[37];
  std::snprintf(text, sizeof text, "%08llx-0000-4000-8000-%012llx",
                static_cast<unsigned long long>(++number),
                static_cast<unsigned long long>(::getpid()));
  return text;
}

class Laboratory {
 public:
  explicit Laboratory(const Options& options) : options_(options) {
    work_ = options.folder / ("shale-lab-" + std::to_string(::getpid()));
    std::filesystem::create_directories(work_);
  }
  ~Laboratory() { std::filesystem::remove_all(work_); }
  Laboratory(const Laboratory&) = delete;

  int run() {
    usize number = 0;
    for (const bool with_past : {false, true}) {
      for (const std::vector<Step>& steps : sequences()) {
        if (number++ % options_.share.count != options_.share.number || is_over()) continue;
        explore(steps, with_past);
      }
    }
    report();
    return violation_.empty() ? 0 : 1;
  }

 private:
  bool is_over() const { return !violation_.empty() || states_ >= options_.states_max; }

  // The empty one creates the store; shorter ones first.
  std::vector<std::vector<Step>> sequences() const {
    std::vector<std::vector<Step>> all = {{}};
    for (usize from = 0, length = 1; length <= options_.length; ++length) {
      const usize end = all.size();
      for (; from < end; ++from) {
        for (const Step step : all_steps) {
          all.push_back(all[from]);
          all.back().push_back(step);
        }
      }
    }
    return all;
  }

  // Records the last step of the sequence; those before it are other sequences' last ones.
  void explore(const std::vector<Step>& steps, bool with_past) {
    if (steps.empty() && with_past) return;
    const path root = work_ / "session";
    std::filesystem::remove_all(root);
    std::filesystem::create_directories(root);
    RecordingFileSystem recorder(root, new_boot());
    FileSystem::use(&recorder);
    Session session(root / "store");
    usize first = 0;
    Result<void> done = session.create();
    if (done && with_past) done = session.prepare();
    for (usize n = 0; done && n < steps.size(); ++n) {
      // Relaxed steps before the last one stay un-synced, and so part of what may be lost.
      first = recorder.record().operations.size();
      recorder.mark(session.acknowledged(), session.begun() + 1);
      done = session.run(steps[n]);
    }
    recorder.mark(session.acknowledged(), session.begun());
    session.close();
    FileSystem::use(nullptr);
    sequence_ = with_past ? "with a past:" : "new:";
    for (const Step step : steps) sequence_ += std::string(" ") + step_name(step);
    if (!done) {
      violation_ = sequence_ + ": the session itself failed: " + done.error().message;
      return;
    }
    const bool creates = steps.empty();
    const Record record = recorder.take();
    for (const Profile profile : {Profile::posix, Profile::linux_journal}) {
      CrashStates states(record, profile, options_.seed, options_.random_per_point);
      for (usize point = first; point <= record.operations.size(); ++point) {
        states.at(point, [&](const CrashState& state) {
          if (!is_over() && offered_++ % options_.stride == 0) {
            visit(state, session.states(), creates, 0);
          }
        });
      }
    }
  }

  void visit(const CrashState& state, const std::vector<StoreOracle>& oracle, bool creates,
             int depth) {
    const path root = work_ / ("state" + std::to_string(depth));
    state.write_to(root);
    ++states_;
    ++by_depth_[depth];
    // A later step of the script may not have been begun when the crash came.
    const u64 last = std::min<u64>(state.begun, oracle.size() - 1);
    if (options_.keep != path()) state.write_to(options_.keep);
    const bool goes_deeper = depth < 2 && by_depth_[depth] % options_.nested_every == 0;
    std::optional<RecordingFileSystem> recorder;
    std::optional<RestartedFileSystem> restarted;
    if (goes_deeper) {
      FileSystem::use(&recorder.emplace(root, new_boot()));
    } else {
      FileSystem::use(&restarted.emplace(root, new_boot()));
    }
    const Allowed allowed{state.acknowledged, last, creates, states_ % merge_every == 0};
    const std::string problem = check_store(root / "store", oracle, allowed);
    FileSystem::use(nullptr);
    if (!problem.empty()) {
      violation_ = sequence_ + ": at operation " + std::to_string(state.point) + ", " + state.kind +
                   ", depth " + std::to_string(depth) + ": " + problem;
      return;
    }
    if (goes_deeper) crash_again(state, recorder->take(), oracle, creates, depth + 1);
  }

  // What the check did first was to recover: a crash in the middle of that. Its own commits are
  // beyond what the oracle knows, so only the calls up to the first of them count.
  void crash_again(const CrashState& before, const Record& record,
                   const std::vector<StoreOracle>& oracle, bool creates, int depth) {
    Record recovery;
    recovery.base = record.base;
    recovery.volatile_files = record.volatile_files;
    for (const Operation& operation : record.operations) {
      if (is_log_frame(operation)) break;
      recovery.operations.push_back(operation);
    }
    const Profile profile = states_ % 2 == 0 ? Profile::posix : Profile::linux_journal;
    CrashStates states(recovery, profile, options_.seed + states_, 1);
    for (usize point = 0; point <= recovery.operations.size(); ++point) {
      states.at(point, [&](CrashState state) {
        if (is_over()) return;
        state.acknowledged = before.acknowledged;
        state.begun = before.begun;
        visit(state, oracle, creates, depth);
      });
    }
  }

  // A frame of a batch, not the header and zeros a new log begins with.
  static bool is_log_frame(const Operation& operation) {
    return operation.kind == Operation::Kind::write && operation.offset >= 4096 &&
           operation.bytes.size() < 4096 && operation.bytes.starts_with("FRAM");
  }

  void report() const {
    std::printf("{\"states\":%llu,\"recovery_states\":%llu,\"twice\":%llu,\"violation\":\"%s\"}\n",
                static_cast<unsigned long long>(by_depth_[0]),
                static_cast<unsigned long long>(by_depth_[1]),
                static_cast<unsigned long long>(by_depth_[2]), violation_.c_str());
  }

  const Options& options_;
  path work_;
  u64 offered_ = 0;
  u64 states_ = 0;
  u64 by_depth_[3] = {};
  std::string sequence_;
  std::string violation_;
};

std::optional<Options> parse(int count, char** words) {
  Options options;
  for (int at = 1; at + 1 < count; at += 2) {
    const std::string name = words[at];
    const char* const value = words[at + 1];
    if (name == "--seed") {
      options.seed = number(value);
    } else if (name == "--random") {
      options.random_per_point = int(number(value));
    } else if (name == "--length") {
      options.length = number(value);
    } else if (name == "--share") {
      const std::optional<Share> share = share_of(value);
      if (!share) return std::nullopt;
      options.share = *share;
    } else if (name == "--nested") {
      options.nested_every = number(value);
    } else if (name == "--stride") {
      options.stride = number(value);
    } else if (name == "--stop-at") {
      options.states_max = number(value);
    } else if (name == "--keep") {
      options.keep = value;
    } else if (name == "--folder") {
      options.folder = value;
    } else {
      return std::nullopt;
    }
  }
  return count % 2 == 1 ? std::optional(options) : std::nullopt;
}

}  // namespace
}  // namespace shale::testing

int main(int count, char** words) {
  const auto options = shale::testing::parse(count, words);
  if (!options) {
    std::fprintf(stderr, "usage: see the top of tests/crash/laboratory.cpp\n");
    return 2;
  }
  // States are checked by the hundred thousand: memory is kept instead of given back each time.
  mallopt(M_MMAP_THRESHOLD, 64 << 20);
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
  return shale::testing::Laboratory(*options).run();
}
