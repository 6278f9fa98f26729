// Every call of a session failing, in every way: `./run prove processes`, and by samples a test.
//
//   faults [--share I/N] [--stride N] [--only CALL] [--folder DIR]
//
// A session (session.hpp) is run once to count its calls, then once for each call, way of failing
// and errno (faulty_disk.hpp). A step that fails is an error, never half there, and was not
// acknowledged; once the failure is gone the same handles go on, the next process finds what was
// acknowledged, and so does one after a power cut. The same for a disk that is full at every 4 KB
// of a merge, and for a process that has no descriptors left. Prints one line of JSON; exits 1
// after the first violation. Under a sanitizer it finds what leaks on those ways.
#include <sys/resource.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstring>
#include <functional>
#include <optional>

#include "tests/crash/crash_states.hpp"
#include "tests/crash/faulty_disk.hpp"
#include "tests/crash/session.hpp"

namespace shale::testing {
namespace {

using std::filesystem::path;

constexpr Step script[] = {Step::stash, Step::update, Step::relaxed, Step::erase,
                           Step::seal,  Step::stash,  Step::bulk,    Step::retain,
                           Step::bulk,  Step::update, Step::merge,   Step::stash};
constexpr const char* boot = "00000001-0000-4000-8000-000000000001";
constexpr const char* next_boot = "00000002-0000-4000-8000-000000000001";

struct Options {
  Share share;  // of the runs
  u64 stride = 1;
  std::optional<Call> only;  // this kind of call alone, or all of them and the rest
  path folder = "/dev/shm";
};

class Faults {
 public:
  explicit Faults(const Options& options)
      : options_(options),
        folder_(options.folder / ("shale-faults-" + std::to_string(::getpid()))) {}
  ~Faults() { std::filesystem::remove_all(folder_); }
  Faults(const Faults&) = delete;

  int run() {
    for (const Call call : all_calls) {
      if (options_.only && *options_.only != call) continue;
      for (const Failure failure : ways_of(call)) {
        for (const int problem : {ENOSPC, EIO}) {
          if (failure == Failure::killed && problem == EIO) continue;  // no errno to be seen
          fail_each({call, 0, failure, problem});
        }
      }
    }
    if (!options_.only) fill_disk();
    if (!options_.only) take_descriptors();
    if (runs_ == 0 && violation_.empty()) violation_ = "nothing was run";
    std::printf("{\"runs\":%llu,\"full_disk\":%llu,\"descriptors\":%llu,\"violation\":\"%s\"}\n",
                static_cast<unsigned long long>(runs_), static_cast<unsigned long long>(full_),
                static_cast<unsigned long long>(descriptors_), violation_.c_str());
    return violation_.empty() ? 0 : 1;
  }

 private:
  static std::vector<Failure> ways_of(Call call) {
    std::vector<Failure> ways = {Failure::once, Failure::forever, Failure::killed};
    if (call == Call::write) ways.push_back(Failure::shorted);
    if (call == Call::sync) ways.push_back(Failure::lost);
    return ways;
  }

  path store() const { return folder_ / "root" / "store"; }
  path root() const { return folder_ / "root"; }
  void clear() const {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(root());
  }
  bool is_mine() {
    return number_++ % (options_.share.count * options_.stride) == options_.share.number;
  }

  void fail_each(FailingCall failing) {
    u64 calls = 1;
    for (failing.at = 0; failing.at <= calls && violation_.empty(); ++failing.at) {
      if (failing.at > 0 && !is_mine()) continue;
      clear();
      ++runs_;
      std::string problem = failing.failure == Failure::killed && failing.at > 0
                                ? run_killed(failing)
                                : run_failing(failing, calls);
      if (problem.empty()) continue;
      violation_ = std::string(call_name(failing.call)) + " " + std::to_string(failing.at) +
                   " fails " + failure_name(failing.failure) + " with " +
                   std::strerror(failing.problem) + ": " + problem;
    }
  }

  // The script up to its first error, which is what the failure must lead to, or nothing at all.
  static std::optional<Error> play(Session& session, const std::function<void()>& after_step) {
    Result<void> done = session.create();
    if (done) after_step();
    for (const Step step : script) {
      if (!done) break;
      done = session.run(step);
      if (done) after_step();
    }
    return done ? std::nullopt : std::optional(done.error());
  }

  std::string run_failing(const FailingCall& failing, u64& calls) const {
    FaultyDisk disk(root(), boot, failing);
    FileSystem::use(&disk);
    Session session(store());
    std::string problem;
    bool is_checked = false;
    const std::optional<Error> error = play(session, [&] {
      // Later steps may save by chance what was lost: a fold takes it from the pages in memory.
      if (failing.failure != Failure::lost || !disk.happened() || is_checked) return;
      is_checked = true;
      problem = check_cut(session, disk.record());
      FileSystem::use(&disk);
    });
    const std::string failed_at = "step " + std::to_string(session.begun());
    if (!problem.empty()) {
      problem = "at " + failed_at + ", " + problem;
    } else if (failing.at == 0) {
      calls = disk.count(failing.call);
      if (error) problem = "the session fails by itself: " + error->message;
    } else if (error && !disk.happened()) {
      problem = "an error though nothing failed: " + error->message;
    }
    disk.repair();
    if (problem.empty()) problem = go_on(session, error.has_value());
    session.close();
    FileSystem::use(nullptr);
    if (problem.empty()) problem = check_restarts(session, disk.record());
    if (!problem.empty() && error) problem += "; " + failed_at + " had said: " + told(*error);
    return problem;
  }

  // With the handles that saw the failing.
  static std::string go_on(Session& session, bool failed) {
    if (failed && session.begun() == 0) {
      const Result<void> made = session.create();
      if (!made) return "cannot be made once the failure is gone: " + made.error().message;
    }
    std::string problem = session.settle();
    if (!problem.empty()) return problem;
    for (const Step step : {Step::stash, Step::seal, Step::merge, Step::update}) {
      const Result<void> done = session.run(step);
      if (!done)
        return std::string(step_name(step)) + " after the failure: " + done.error().message;
    }
    return session.settle();
  }

  // In the same boot, and after a power cut.
  std::string check_restarts(const Session& session, const Record& record) const {
    const Allowed allowed{session.acknowledged(), session.begun(), false, true};
    const std::string problem = check_in(root(), boot, session.states(), allowed);
    return problem.empty() ? check_cut(session, record) : "the next process: " + problem;
  }

  // After a power cut now.
  std::string check_cut(const Session& session, const Record& record) const {
    const Allowed allowed{session.acknowledged(), session.begun(), false, true};
    std::string problem;
    CrashStates states(record, Profile::posix, 1, 1);
    states.at(record.operations.size(), [&](const CrashState& state) {
      if (!problem.empty()) return;
      state.write_to(folder_ / "cut");
      problem = check_in(folder_ / "cut", next_boot, session.states(), allowed);
      if (!problem.empty()) problem = "after a power cut (" + state.kind + "): " + problem;
    });
    return problem;
  }

  static std::string check_in(const path& root, const char* boot_id,
                              const std::vector<StoreOracle>& states, const Allowed& allowed) {
    RestartedFileSystem restarted(root, boot_id);
    FileSystem::use(&restarted);
    std::string problem = check_store(root / "store", states, allowed);
    FileSystem::use(nullptr);
    return problem;
  }

  // In a child, which says on a pipe what it was promised. What it would have come to hold is known
  // from a session of the same script.
  std::string run_killed(const FailingCall& failing) const {
    int ends[2];
    if (::pipe(ends) != 0) return "no pipe";
    const ::pid_t child = ::fork();
    if (child == 0) {
      FaultyDisk disk(root(), boot, failing);
      FileSystem::use(&disk);
      Session session(store());
      const auto tell = [&] {
        const u64 said[2] = {session.acknowledged(), session.begun()};
        if (::write(ends[1], said, sizeof said) != sizeof said) ::_exit(1);
      };
      ::_exit(play(session, tell) ? 1 : 0);
    }
    ::close(ends[1]);
    Allowed allowed{0, 0, true, true};
    u64 said[2];
    bool is_made = false;
    while (::read(ends[0], said, sizeof said) == sizeof said) {
      is_made = true;
      allowed.first = said[0];
      allowed.last = said[1];
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (!WIFEXITED(status)) return "the child died of a signal";
    const bool was_killed = WEXITSTATUS(status) == FaultyDisk::killed_status;
    if (!was_killed && WEXITSTATUS(status) != 0) return "the child failed otherwise";
    allowed.may_be_missing = !is_made;
    // Killed is not cut: a relaxed step that returned is there too.
    allowed.first = allowed.last;
    if (was_killed && is_made) allowed.last = std::min(allowed.last + 1, u64(std::size(script)));
    return check_in(root(), boot, script_states(), allowed);
  }

  const std::vector<StoreOracle>& script_states() const {
    if (script_states_.empty()) {
      const path aside = folder_.string() + "-aside";
      std::filesystem::create_directories(aside);
      Session session(aside / "store");
      (void)play(session, [] {});
      script_states_ = session.states();
      std::filesystem::remove_all(aside);
    }
    return script_states_;
  }

  // Goes on with what failed, and looks at all there is as the next process does.
  std::string end_of_session(Session& session, bool failed) {
    std::string problem = go_on(session, failed);
    session.close();
    FileSystem::use(nullptr);
    const Allowed allowed{session.begun(), session.begun(), false, true};
    return problem.empty() ? check_in(root(), boot, session.states(), allowed) : problem;
  }

  // A merge on a disk that has room for 4 KB more each time, until it comes through.
  void fill_disk() {
    for (u64 room = 0; violation_.empty(); room += 4096) {
      clear();
      RestartedFileSystem before(root(), boot);
      FileSystem::use(&before);
      Session session(store());
      Result<void> done = session.create();
      if (done) done = session.prepare();
      FullDisk disk(root(), boot, room);
      FileSystem::use(&disk);
      if (done) done = session.run(Step::merge);
      const bool was_full = disk.was_full();
      disk.repair();
      std::string problem = done || was_full ? session.settle() : "the session fails by itself";
      if (problem.empty()) problem = end_of_session(session, !done);
      if (!problem.empty()) violation_ = "room for " + std::to_string(room) + ": " + problem;
      ++full_;
      if (done && !was_full) return;
    }
  }

  // A process that may open so many files, from none to enough.
  void take_descriptors() {
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    for (rlim_t most = 4; violation_.empty(); ++most) {
      clear();
      RestartedFileSystem disk(root(), boot);
      FileSystem::use(&disk);
      Session session(store());
      rlimit now = before;
      now.rlim_cur = most;
      ::setrlimit(RLIMIT_NOFILE, &now);
      const std::optional<Error> error = play(session, [] {});
      ::setrlimit(RLIMIT_NOFILE, &before);
      std::string problem;
      if (error && error->errno_value != EMFILE) problem = "another error: " + error->message;
      if (problem.empty()) problem = end_of_session(session, error.has_value());
      if (!problem.empty()) violation_ = std::to_string(most) + " descriptors: " + problem;
      ++descriptors_;
      if (!error) return;
    }
  }

  const Options& options_;
  path folder_;
  u64 number_ = 0;
  u64 runs_ = 0;
  u64 full_ = 0;
  u64 descriptors_ = 0;
  std::string violation_;
  mutable std::vector<StoreOracle> script_states_;
};

std::optional<Options> parse(int count, char** words) {
  Options options;
  for (int at = 1; at + 1 < count; at += 2) {
    const std::string name = words[at];
    const std::string value = words[at + 1];
    if (name == "--share") {
      const std::optional<Share> share = share_of(value);
      if (!share) return std::nullopt;
      options.share = *share;
    } else if (name == "--stride") {
      options.stride = std::max(number(words[at + 1]), u64(1));
    } else if (name == "--only") {
      for (const Call call : all_calls) {
        if (value == call_name(call)) options.only = call;
      }
      if (!options.only) return std::nullopt;
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
    std::fprintf(stderr, "usage: see the top of tests/crash/faults.cpp\n");
    return 2;
  }
  return shale::testing::Faults(*options).run();
}
