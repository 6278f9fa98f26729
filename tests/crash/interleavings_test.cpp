// A merge or a bulk ingest, and another process that changes a document of its inputs at every call
// it makes on the way: what is carried over, whatever comes between (PROTOCOL A9 to A12).
//
// The other process is another handle here, with locks of its own, called from inside the n-th call
// on the disk. Where the merger has the lease just then it is refused, as it should be. Then the
// same with the merger killed at a later call: nothing the other was promised may be gone.
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "base/file_system.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::testing {
namespace {

// Calls `act` once, in front of the n-th call that changes or syncs something, and ends the process
// at another one (0: never). Calls made by `act` itself are not counted.
class Interrupting : public FileSystem {
 public:
  Interrupting(u64 act_at, u64 end_at, std::function<void()> act)
      : act_at_(act_at), end_at_(end_at), act_(std::move(act)) {
    FileSystem::use(this);
  }
  ~Interrupting() override { FileSystem::use(nullptr); }
  u64 calls() const { return calls_; }

  ssize_t write(int descriptor, const iovec* pieces, int count, off_t offset) override {
    call();
    return FileSystem::write(descriptor, pieces, count, offset);
  }
  int sync_data(int) override {
    call();
    return 0;  // no power is cut here
  }
  int sync_folder(int) override {
    call();
    return 0;
  }
  int rename(const char* from, const char* to) override {
    call();
    return FileSystem::rename(from, to);
  }
  int remove(const char* path) override {
    call();
    return FileSystem::remove(path);
  }

 private:
  void call() {
    if (is_inside_) return;
    ++calls_;
    if (calls_ == act_at_) {
      is_inside_ = true;
      act_();
      is_inside_ = false;
    }
    if (calls_ == end_at_) ::_exit(99);
  }

  u64 act_at_;
  u64 end_at_;
  std::function<void()> act_;
  u64 calls_ = 0;
  bool is_inside_ = false;
};

enum class Change { upsert, erase, pin };
enum class Work { merge, full_merge, bulk };

struct Expected {
  Contents contents;
  bool is_pinned = false;
};

// X lives in a shard; the log that is folded holds an erase, an update and a new version of others.
void fill(const TestStore& store) {
  Project project = store.open();
  stash_many(project, "s", 3);
  stash(project, "x", "old x");
  project.merge(false).value();
  erase(project, "s0");
  stash(project, "s1", "new s1");
  stash(project, "y", "in the log");
}

bool change(const Project& project, Change what) {
  Project other = project;
  Batch batch;
  if (what == Change::upsert) batch.stash(segment("x", "new x"));
  if (what == Change::erase) batch.erase("x");
  if (what == Change::pin) {
    Update update;
    update.pinned = true;
    batch.update("x", update);
  }
  return other.commit(batch, Durability::full).has_value();
}

Result<void> work(const TestStore& store, Work what) {
  Project project(TRY(store.try_state(patience(50))));
  if (what == Work::merge) return project.merge(false);
  if (what == Work::full_merge) return project.merge(true);
  Batch batch;
  batch.stash(segment("s2", "bulk s2"));
  batch.stash(segment("z", "bulk z"));
  (void)TRY(project.ingest(batch));
  return {};
}

// What must be there once the change was acknowledged, or was not.
void check(const TestStore& store, Work what, Change changed, bool is_changed, bool is_done) {
  const Project project = store.open();
  Contents all = contents(project);
  // A bulk ingest that was killed happened wholly or not at all.
  const bool bulk_happened = all.contains("z");
  if (is_done) CHECK(bulk_happened == (what == Work::bulk));
  Contents expected = {{"s1", "new s1"}, {"s2", "text s number 2"}, {"y", "in the log"}};
  if (bulk_happened) {
    expected["s2"] = "bulk s2";
    expected["z"] = "bulk z";
  }
  const bool is_erased = is_changed && changed == Change::erase;
  if (!is_erased) expected["x"] = is_changed && changed == Change::upsert ? "new x" : "old x";
  CHECK(all == expected);
  CHECK(count_of(project, "pinned:true") == u64(is_changed && changed == Change::pin));
  CHECK(found_ids(project, "x").size() == u64(!is_erased));
  CHECK(project.verify().value().faults.empty());
}

TEST_CASE("a change at every call of a merge or bulk ingest is carried over", "[crash]") {
  const Work what = GENERATE(Work::merge, Work::full_merge, Work::bulk);
  const Change changed = GENERATE(Change::upsert, Change::erase, Change::pin);
  u64 acknowledged = 0;
  u64 calls = 1;
  for (u64 at = 1; at <= calls; ++at) {
    const TestStore store;
    fill(store);
    const Project other = store.open(patience(0));
    bool is_changed = false;
    {
      Interrupting disk(at, 0, [&] { is_changed = change(other, changed); });
      const Result<void> done = work(store, what);
      INFO((done ? std::string("done") : done.error().message));
      REQUIRE(done);
      calls = disk.calls();
    }
    INFO("work " << int(what) << " change " << int(changed) << " at call " << at << " of " << calls
                 << (is_changed ? ", acknowledged" : ", refused"));
    check(store, what, changed, is_changed, true);
    store.reboot();
    check(store, what, changed, is_changed, true);
    acknowledged += is_changed;
  }
  // What takes long is done without the lease: the other process is not kept waiting.
  CHECK(acknowledged >= calls / 3);
}

TEST_CASE("and is not lost where the merger is killed later", "[crash]") {
  const Work what = GENERATE(Work::merge, Work::bulk);
  const Change changed = GENERATE(Change::upsert, Change::erase, Change::pin);
  bool has_ended = true;
  for (u64 end = 2; has_ended; ++end) {
    // The change comes at some call before the end, at another one each time.
    const u64 at = 1 + (end * 7) % (end - 1);
    const TestStore store;
    fill(store);
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const ::pid_t child = ::fork();
    if (child == 0) {
      const Project other = store.open(patience(0));
      Interrupting disk(at, end, [&] {
        const char said = change(other, changed) ? 'y' : 'n';
        if (::write(ends[1], &said, 1) != 1) ::_exit(1);
      });
      ::_exit(work(store, what) ? 0 : 1);
    }
    ::close(ends[1]);
    char said = 'n';
    REQUIRE(::read(ends[0], &said, 1) == 1);
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(WIFEXITED(status));
    has_ended = WEXITSTATUS(status) == 99;
    INFO("change at " << at << ", killed at " << end);
    if (!has_ended) REQUIRE(WEXITSTATUS(status) == 0);
    check(store, what, changed, said == 'y', !has_ended);
    store.reboot();
    check(store, what, changed, said == 'y', !has_ended);
  }
}

}  // namespace
}  // namespace shale::testing
