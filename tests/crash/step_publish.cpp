// Every state of the shared files that a commit goes through, one instruction after the other.
//
// Usage: step_publish [EVERY] (look at every EVERYth state in the second part; 1)
//
// A child commits a batch while this process runs it instruction by instruction (x86-64). After
// each one that changed CONTROL, the log or its index, a reader that has been there all the time
// must see the old contents or, once `committed` says so, the new ones, whole. Then, for each such
// state, the child counts as killed there: the files are put back as they were, in place, and
//  - a process that had the store open before reads, commits another batch, reads, verifies,
//  merges;
//  - a process that opens the store afterwards does the same, and "reboots" instead of merging;
//  - a reader that writes nothing sees the old contents or the new.
// Ends with 1 at the first violation and says where. Unpublished is what no reader may see; that a
// recovery takes in a whole frame that was never published is allowed (store/recovery.hpp).
#include <charconv>
#include <chrono>

#include "tests/crash/project_image.hpp"
#include "tests/store/store_fixture.hpp"

namespace shale::testing {
namespace {

// What is asked of a snapshot: everything in the store, and two ways to find it.
struct Seen {
  Contents contents;
  std::vector<std::string> common;  // ids of those with the word that all have
  std::vector<std::string> never;   // of those with a word that only the stepped batch has
  u64 pinned = 0;
  u64 words = 0;
  u64 sources = 0;  // those whose file passes a glob: walks all terms of every index
  bool operator==(const Seen&) const = default;
};

Seen look(const Snapshot& snapshot) {
  Seen seen;
  seen.contents = contents(snapshot);
  seen.common = found_ids(snapshot, "common");
  seen.never = found_ids(snapshot, "never");
  seen.sources = snapshot.count("file:src/*.cpp").value().count;
  seen.pinned = snapshot.count("pinned:true").value().count;
  seen.words = snapshot.sum("words", {}).value().rows.at(0).sum;
  return seen;
}
Seen look(const Project& project) { return look(project.snapshot().value()); }

const std::string stepped_id = "new";

// A batch and what it makes of what was there; each has every kind of change, to a shard and to
// the log.
struct Step {
  std::string fresh, replaced_shard, replaced_log, pinned, erased, text;

  void commit(Project project) const {
    Batch batch;
    NewSegment one = segment(fresh, "common " + text);
    one.file = "src/" + fresh + ".cpp";
    batch.stash(std::move(one));
    batch.stash(segment(replaced_shard, "common again " + text));
    batch.stash(segment(replaced_log, "common again " + text));
    batch.update(pinned, {.pinned = true});
    batch.erase(erased);
    project.commit(batch, Durability::relaxed).value();
  }
  Seen after(Seen seen) const {
    seen.contents[fresh] = "common " + text;
    seen.contents[replaced_shard] = seen.contents[replaced_log] = "common again " + text;
    seen.contents.erase(erased);
    seen.common.clear();
    seen.never.clear();
    seen.words = 0;
    ++seen.sources;
    if (replaced_shard == stepped_id) --seen.sources;  // which loses its file
    for (const auto& [id, words] : seen.contents) {
      seen.common.push_back(id);
      if (words.find(" never ") != std::string::npos) seen.never.push_back(id);
      seen.words += 1 + u64(std::count(words.begin(), words.end(), ' '));
    }
    ++seen.pinned;
    return seen;
  }
};

const Step stepped{stepped_id, "s1", "a1", "a2", "s3", "stepped words never seen before"};

// What the next writer commits: a frame that is shorter than, as long as, or longer than the one
// that may stand in its place (PROTOCOL A1), by turns. Where the stepped batch is there, it
// replaces the segment that was new in it.
Step next_step(bool stepped_is_there, usize state) {
  const std::string texts[] = {"next", "another text of the same len...",
                               "a text that is longer than that of the stepped batch, by far"};
  return {"nex", stepped_is_there ? stepped_id : "s2", "a4", "a5", "s4", texts[state % 3]};
}

class Stepper {
 public:
  explicit Stepper(usize every) : every_(every) {
    Project project = store_.open();
    fill(project, "s");
    project.merge(false).value();
    fill(project, "a");
    old_ = look(project);
    old_lsn_ = project.snapshot().value().lsn();
    new_ = stepped.after(old_);
  }

  void run() {
    step_through();
    for (usize state = 0; state <= history_.size(); state += every_) {
      try {
        kill_at(state);
      } catch (const std::exception& problem) {
        throw std::runtime_error("state " + std::to_string(state) + " of " +
                                 std::to_string(history_.size()) + ": " + problem.what());
      }
    }
    std::printf("%zu instructions, %zu distinct states, 0 violations\n", instructions_,
                history_.size() + 1);
  }

 private:
  static void fill(Project project, const std::string& stem) {
    Batch batch;
    for (int n = 0; n < 6; ++n)
      batch.stash(segment(stem + std::to_string(n), "common " + stem + std::to_string(n)));
    project.commit(batch, Durability::full).value();
  }

  // -- first part: while the writer lives --

  void step_through() {
    TracedChild child([this] {
      const Project project = store_.open();
      TracedChild::stop();
      stepped.commit(project);
      TracedChild::stop();
    });
    child.wait_for_stop();
    const Project reader = store_.open();
    image_.emplace(store_.paths(), store_.manifest().logs.back().id, store_.parent() / "vault");
    check_reader(reader);
    while (child.step()) {
      ++instructions_;
      Changes changes = image_->take_changes();
      if (changes.empty()) continue;
      history_.push_back(std::move(changes));
      check_reader(reader);
    }
    need(is_published_, "the commit was never seen");
    child.kill();
  }

  void check_reader(const Project& reader) {
    const Snapshot snapshot = reader.snapshot().value();
    const bool is_new = snapshot.lsn() != old_lsn_;
    need(is_new || !is_published_, at_instruction("a reader went back in time"));
    is_published_ = is_new;
    published_at_ = is_new ? std::min(published_at_, history_.size()) : published_at_;
    need(look(snapshot) == (is_new ? new_ : old_), at_instruction("a reader saw neither"));
  }
  std::string at_instruction(const std::string& what) const {
    return what + " at instruction " + std::to_string(instructions_) + ", state " +
           std::to_string(history_.size());
  }

  // -- second part: the writer was killed after changes [0, state) --

  void kill_at(usize state) {
    const Seen& published = state >= published_at_ ? new_ : old_;
    image_->restore_first();
    {
      const Project survivor = store_.open();
      need(look(survivor) == old_, "the store was not put back");
      image_->restore(history_, state);
      see_old_or_new(store_.open(reading()), state, "a reader that writes nothing");
      need(look(survivor) == published, "a process that was there before sees something else");
      const Seen seen = go_on(survivor, published, state, "a process that was there before");
      if (state % 2 == 0) reboot(seen);
      // From the very index that was left half written, or from the logs after a reboot.
      Project merging = state % 2 == 0 ? store_.open() : survivor;
      merging.merge(true).value();
      need(look(merging) == seen, "a merge changed something");
      need(merging.verify().value().faults.empty(), "faults after a merge");
    }
    image_->restore_first();
    image_->restore(history_, state);
    const Project opener = store_.open();
    const Seen seen = see_old_or_new(opener, state, "a process that opens the store");
    reboot(go_on(opener, seen, state, "a process that opens the store"));
  }

  // From its publication on a batch must be there; before, all or nothing of it.
  Seen see_old_or_new(const Project& project, usize state, const std::string& who) const {
    const Seen seen = look(project);
    need(seen == new_ || (seen == old_ && state < published_at_), who + " sees neither");
    return seen;
  }

  // The next writer.
  Seen go_on(const Project& writer, const Seen& before, usize state, const std::string& who) const {
    const Step step = next_step(before == new_, state);
    step.commit(writer);
    const Seen expected = step.after(before);
    need(look(writer) == expected, who + " does not see its own batch whole");
    need(look(store_.open()) == expected, "others do not see the batch of " + who);
    need(writer.verify().value().faults.empty(), "faults after the batch of " + who);
    return expected;
  }
  void reboot(const Seen& expected) const {
    store_.reboot();
    const Project project = store_.open();
    need(look(project) == expected, "a reboot changed something");
    need(project.verify().value().faults.empty(), "faults after a reboot");
  }

  TestStore store_;
  usize every_;
  Seen old_, new_;
  u64 old_lsn_ = 0;
  std::optional<ProjectImage> image_;
  std::vector<Changes> history_;  // one entry for each distinct state but the first
  usize instructions_ = 0;
  bool is_published_ = false;
  usize published_at_ = ~usize(0);  // the first state in which the new contents are seen
};

}  // namespace
}  // namespace shale::testing

int main(int count, char** arguments) {
  using namespace shale;
  const std::string every = count > 1 ? arguments[1] : "1";
  usize states = 1;
  std::from_chars(every.data(), every.data() + every.size(), states);
  testing::work_in_memory();
  try {
    testing::Stepper(std::max<usize>(states, 1)).run();
  } catch (const std::exception& problem) {
    std::printf("violation: %s\n", problem.what());
    return 1;
  }
  return 0;
}
