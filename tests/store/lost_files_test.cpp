#include "store/lost_files.hpp"

#include <shale/stats.hpp>

#include "store/lease.hpp"
#include "store/merger.hpp"
#include "store/project_stats.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/guarded_child.hpp"
#include "tests/support/need.hpp"

namespace shale::store {
namespace {

using namespace testing;

constexpr u64 page = 4096;

void guarded(const std::function<void()>& body) { CHECK(end_of_guarded(body) == 0); }

void cut(const path& file, u64 bytes) { std::filesystem::resize_file(file, bytes); }

bool tells_of(const std::vector<Fault>& faults, const path& file) {
  return std::any_of(faults.begin(), faults.end(), [&](const Fault& fault) {
    return fault.file == file.string() && !fault.message.empty() && fault.project == "default";
  });
}

// Long texts of many words, so that the shard has every section and more than a page of each.
void stash_words(Project project, const std::string& stem, int count) {
  Batch batch;
  for (int n = 0; n < count; ++n) {
    std::string text = "common " + stem;
    for (int w = 0; w < 30; ++w) text += " w" + std::to_string((n * 31 + w * 7) % 2000);
    NewSegment one = segment(stem + std::to_string(n), text);
    one.file = "src/" + stem + std::to_string(n % 50) + ".cpp";
    one.tokens = u32(n);
    batch.stash(std::move(one));
  }
  project.commit(batch, Durability::relaxed).value();
}

// Two shards, "lost" and "kept", of `count` documents each, and a log with one.
struct TwoShards {
  explicit TwoShards(int count) : count_(count) {
    Project project = store.open();
    stash_words(project, "lost", count);
    project.merge(false).value();
    stash_words(project, "kept", count);
    project.merge(false).value();
    stash(project, "new", "common new");
    file = store.paths().shard(store.manifest().shards.at(0).id);
  }
  TestStore store;
  int count_;
  path file;
};

// Everything there is to ask: none may crash or answer with something made of zeros, and whatever
// leaves the lost shard out has to say so.
void ask_everything(const Snapshot& snapshot, const TwoShards& two) {
  const u64 all = 2 * u64(two.count_) + 1;
  const u64 rest = u64(two.count_) + 1;
  const auto whole_or_told = [&](u64 count, const std::vector<Fault>& faults, const char* what) {
    const bool told = tells_of(faults, two.file);
    need(told ? count == rest : count == all, what + std::string(" ") + std::to_string(count));
  };
  const Answer found = snapshot.search({.text = "common", .limit = 1000}).value();
  whole_or_told(found.total, found.faults, "search");
  const Answer rare = snapshot.search({.text = "w14 common"}).value();
  need(rare.total > 0, "search for two words");
  const Count count = snapshot.count("type:code -tag:x").value();
  need(count.count == 0, "nothing is code");
  const Count everything = snapshot.count("created:>=2020-01-01").value();
  whole_or_told(everything.count, everything.faults, "count");
  const Page page_of =
      snapshot.list({.where = "file:src/*.cpp", .sort = "tokens", .limit = 1000}).value();
  whole_or_told(page_of.total + 1, page_of.faults, "list");
  const std::vector<std::string> by = {"file"};
  const Sum sum = snapshot.sum("tokens", by).value();
  u64 counted = 0;
  for (const SumRow& row : sum.rows) counted += row.count;
  whole_or_told(counted, sum.faults, "sum");
  const std::vector<std::string> ids = {"lost3", "kept3", "new"};
  const Fetched fetched = snapshot.get_many(ids).value();
  need(fetched.segments.size() == 3 || tells_of(fetched.faults, two.file), "get_many");
  need(text_of(snapshot, "kept7").starts_with("common kept"), "get of the rest");
  const auto one = snapshot.get("lost7");
  need(!one || (one->has_value() && (*one)->text().starts_with("common lost")), "get");
}

// A segment that was decoded before is whole, and may be told as long as it is kept.
void require_told(const Snapshot& snapshot, const TwoShards& two, bool was_read) {
  // Numbers that differ: of a column with one value nothing has to be read (shard/columns.hpp).
  const Count count = snapshot.count("tokens:>=0").value();
  need(tells_of(count.faults, two.file) && count.count == u64(two.count_), "a fault in count");
  const Answer found = snapshot.search({.text = "common"}).value();
  need(tells_of(found.faults, two.file), "a fault in search");
  const auto one = snapshot.get("lost7");
  const bool is_told = !one && one.error().path == two.file.string();
  need(is_told || (was_read && one && (*one)->text().starts_with("common lost")), "a get");
}

TEST_CASE("a shard cut under a reader, at every page: faults, the rest, and no crash") {
  for (u64 kept = 0;; ++kept) {
    const TwoShards two(60);
    const u64 bytes = std::filesystem::file_size(two.file);
    if (kept * page >= bytes) {
      CHECK(kept > 4);
      return;
    }
    INFO("pages kept: " << kept);
    guarded([&] {
      Project project = two.store.open();
      const Snapshot snapshot = project.snapshot().value();
      if (kept % 2 == 0) ask_everything(snapshot, two);  // its extents are verified by now
      cut(two.file, kept * page);
      ask_everything(snapshot, two);
      // Another snapshot: the shard is opened again if it was lost, and is then too short.
      const Snapshot later = project.snapshot().value();
      ask_everything(later, two);
      const Verified verified = project.verify().value();
      need(tells_of(verified.faults, two.file), "a fault in verify");
      need(verified.checked_bytes > 0, "the rest verified");
      need(project.stats().value().segments > u64(two.count_), "stats");
      // Nothing is lost for good in memory: what is at the path counts, in a new process too.
      Project fresh = two.store.open();
      require_told(fresh.snapshot().value(), two, false);
    });
  }
}

TEST_CASE("a shard lost while it is in use is told by the very answer, and by all later ones") {
  const TwoShards two(400);
  guarded([&] {
    Project project = two.store.open(reading());
    const Snapshot snapshot = project.snapshot().value();
    ask_everything(snapshot, two);
    cut(two.file, page);
    require_told(snapshot, two, true);
    require_told(snapshot, two, true);
    require_told(project.snapshot().value(), two, true);
    ask_everything(snapshot, two);
  });
}

TEST_CASE("zeros never stay in the cache of decoded segments") {
  const TwoShards two(60);
  const path copy = two.store.parent() / "copy";
  std::filesystem::copy_file(two.file, copy);
  guarded([&] {
    Project project = two.store.open();
    const Snapshot snapshot = project.snapshot().value();
    need(snapshot.count("tokens:>=0").value().count == 120, "all are there");
    cut(two.file, 0);
    need(!snapshot.get("lost5"), "lost");
    need(tells_of(snapshot.list({}).value().faults, two.file), "told");
    std::filesystem::rename(copy, two.file);
    const Snapshot later = project.snapshot().value();
    need(later.get("lost5").value().value().metadata().tokens == 5u, "as it was");
    ask_everything(later, two);
    const Snapshot fresh = two.store.open().snapshot().value();
    need(fresh.count("created:>=2020-01-01").value().count == 121, "whole again");
  });
}

// One store whose first shard is cut at every page in turn, each time under another child, and then
// put back. In the last turn nothing is cut: then `after` must read, whose answer says how much.
void at_every_page(const TwoShards& two, const std::function<void(const IndexView&)>& before,
                   const std::function<u32(const IndexView&, ActiveSegments&)>& after) {
  const std::string bytes = read_text(two.file);
  for (u64 kept = 0; kept * page < bytes.size() + page; ++kept) {
    INFO("pages kept: " << kept);
    guarded([&] {
      const auto state = two.store.state();
      const IndexView one = view_of(state)->indexes[0];
      before(one);
      const bool is_whole = kept * page >= bytes.size();
      if (!is_whole) cut(two.file, kept * page);
      const u32 read = after(one, state->caches->segments);
      need(read > 0 || !is_whole, "what is whole is read");
    });
    write_text(two.file, bytes);
  }
}

// The page that is lost may be the last one a document's decoding looks at.
TEST_CASE("at whatever page a document is lost, no part of it is kept as if it were whole") {
  const TwoShards two(1000);
  const auto at = [](u32 n) { return DocNo(n * 37 % 1000); };
  std::vector<Segment> whole;
  at_every_page(
      two,
      [&](const IndexView& one) {
        ActiveSegments elsewhere(u64(1) << 30, 5000);
        for (u32 n = 0; n < 1000; ++n)
          whole.push_back(
              read_segment(one, at(n), one.index->id_of(at(n)).value(), elsewhere).value());
      },
      [&](const IndexView& one, ActiveSegments& cache) {
        u32 read = 0;
        for (u32 n = 0; n < 1000; ++n) {
          const auto now = read_segment(one, at(n), whole[n].id(), cache);
          if (!now) continue;
          ++read;
          need(now->metadata() == whole[n].metadata() && now->text() == whole[n].text() &&
                   now->text_hash() == whole[n].text_hash(),
               "document " + std::to_string(n) + " is made of zeros");
        }
        return read;
      });
}

// A set is read where it lies: what is lost is zeros, and the index says so.
TEST_CASE("at whatever page a set of documents is lost, it is an error, whole, or told as lost") {
  const TwoShards two(1000);
  std::map<std::string, std::pair<Term, std::vector<u32>>> whole;
  at_every_page(
      two,
      [&](const IndexView& one) {
        for (const char* const word : {"common", "lost", "w7", "w14", "w1001"}) {
          const auto term = one.index->find_term(word).value();
          if (!term) continue;
          whole.emplace(word, std::pair(*term, one.index->documents(*term).value().to_vector()));
        }
        need(whole.size() > 2, "words");
      },
      [&](const IndexView& one, ActiveSegments&) {
        u32 read = 0;
        for (const auto& [word, known] : whole) {
          const auto now = one.index->documents(known.first);
          if (!now) continue;
          ++read;
          const std::vector<u32> docs = now->to_vector();
          need(std::is_sorted(docs.begin(), docs.end(), std::less_equal<>()), "not ascending");
          need(docs == known.second || one.index->loss().has_value(),
               "the documents of " + word + " are made of zeros");
        }
        return read;
      });
}

TEST_CASE("a merge that meets a lost shard publishes nothing") {
  const TwoShards two(60);
  const u64 bytes = std::filesystem::file_size(two.file);
  for (u64 kept = 0; kept * page < bytes; kept += 2) {
    const TwoShards fresh(60);
    guarded([&] {
      const auto state = fresh.store.state();
      Project project(state);
      ask_everything(project.snapshot().value(), fresh);
      const u64 edition = fresh.store.manifest().edition;
      MergePlan plan;
      for (const auto& entry : view_of(state)->edition->manifest.shards)
        plan.shards.push_back(entry.id);
      cut(fresh.file, kept * page);
      const Result<MergeEnd> merged = run_merge(*state, plan, {});
      need(!merged, "the merge fails");
      need(merged.error().code == ErrorCode::io || merged.error().code == ErrorCode::corrupt,
           "with the code of damage");
      need(fresh.store.manifest().edition == edition, "nothing published");
      need(files_in(fresh.store.paths().shard_folder(), ".shard").size() == 2, "nothing left over");
    });
  }
}

TEST_CASE("a commit and a bulk ingest that meet a lost shard change nothing") {
  const TwoShards two(60);
  guarded([&] {
    const auto state = two.store.state();
    Project project(state);
    const Snapshot before = project.snapshot().value();
    ask_everything(before, two);
    cut(two.file, 0);
    Batch batch;
    batch.stash(segment("lost5", "again"));
    const auto failed = project.commit(batch);
    need(!failed && failed.error().path == two.file.string(), "the commit fails");
    // With the next view the shard is known to be unreadable, as after a restart.
    need(project.commit(batch).value().replaced == 0, "then it is as if it never was");
    need(text_of(project, "lost5") == "again", "and the store goes on");
  });
  const TwoShards other(60);
  guarded([&] {
    Project project = other.store.open();
    ask_everything(project.snapshot().value(), other);
    cut(other.file, 0);
    Batch batch;
    for (int n = 0; n < 10; ++n) batch.stash(segment("lost" + std::to_string(n), "bulk"));
    need(!project.ingest(batch), "the ingest fails");
    need(files_in(other.store.paths().shard_folder(), ".shard").size() == 2, "nothing left over");
  });
}

// -- the shared files --

path index_of(const TestStore& store) {
  return store.paths().index(store.manifest().logs.back().id);
}

TEST_CASE("an index cut under readers and writers at every page is made anew") {
  const TestStore sample;
  stash_words(sample.open(), "a", 20);
  const u64 bytes = std::filesystem::file_size(index_of(sample));
  for (u64 kept = 0; kept * page < bytes; kept += kept < 8 ? 1 : 37) {
    INFO("pages kept: " << kept);
    for (const bool writer_first : {false, true}) {
      const TestStore store;
      stash_words(store.open(), "a", 20);
      guarded([&] {
        Project reader = store.open();
        Project writer = store.open();
        const Snapshot before = reader.snapshot().value();
        need(before.count().value().count == 20, "all are there");
        stash(writer, "b", "common b");
        cut(index_of(store), kept * page);
        if (writer_first) {
          Batch batch;
          batch.stash(segment("c", "common c"));
          const auto done = writer.commit(batch, Durability::relaxed);
          need(done || done.error().code == ErrorCode::io, "the commit succeeds or says io");
          if (!done)
            need(writer.commit(batch, Durability::relaxed).has_value(), "the next one does");
        }
        // The old snapshot: everything, or a fault for its log.
        const Answer old = before.search({.text = "common", .limit = 100}).value();
        need(old.total == 20 || (old.total == 0 && !old.faults.empty()), "the old snapshot");
        const u64 wanted = writer_first ? 22 : 21;
        Answer now = reader.snapshot().value().search({.text = "common", .limit = 100}).value();
        if (now.total != wanted) {
          need(!now.faults.empty(), "the answer that met it says so");
          now = reader.snapshot().value().search({.text = "common", .limit = 100}).value();
        }
        need(now.total == wanted && now.faults.empty(), "then all is there again");
        stash(writer, "d", "common d");
        need(found_ids(reader, "common").size() == wanted + 1, "and goes on");
        need(text_of(reader, "a7").starts_with("common a"), "texts");
        need(reader.verify().value().faults.empty(), "verified");
      });
    }
  }
}

TEST_CASE("CONTROL cut under readers and writers is made anew") {
  for (const u64 kept : {u64(0), u64(1), u64(100)}) {
    const TestStore store;
    stash_words(store.open(), "a", 20);
    guarded([&] {
      Project reader = store.open();
      Project writer = store.open();
      const Snapshot before = reader.snapshot().value();
      cut(store.paths().control(), kept);
      need(before.count().value().count == 20, "a snapshot needs no CONTROL");
      if (kept == 1) need(found_ids(reader, "common").size() == 20, "a reader first");
      Batch batch;
      batch.stash(segment("b", "common b"));
      const auto done = writer.commit(batch);
      need(done || done.error().code == ErrorCode::io, "the commit succeeds or says io");
      if (!done) need(writer.commit(batch).has_value(), "the next one does");
      need(found_ids(reader, "common").size() == 21, "readers follow");
      stash(reader, "c", "common c", Durability::full);
      need(found_ids(writer, "common").size() == 22, "both ways");
    });
  }
}

// Between two stores of a commit, which no test can time: at each of its steps.
TEST_CASE("a writer asks for what was lost before it commits, and gives the index up") {
  const TestStore store;
  stash(store.open(), "a", "common a");
  guarded([&] {
    const auto state = store.state();
    const auto other = store.state();
    need(view_of(other)->committed.value != 0, "another process is there");
    {
      Lease lease = Lease::acquire(*state, "test").value();
      ActiveLog& active = *lease.active_log().value();
      need(volatile_still_there(lease, active).has_value(), "nothing lost");
      need(active.index.room_for({1, 0, 0, 1000}).value(), "room");
      cut(index_of(store), 0);
      Analyser analyser;
      Metadata metadata;
      metadata.id = "b";
      const auto prepared = delta::IndexWriter::prepare(analyser, metadata, "common b", true);
      active.index.begin();
      active.index.add_document({&metadata, {}, 0, 8}, prepared);
      active.index.publish(Lsn{lease.view()->committed.value + 1});
      const Result<void> there = volatile_still_there(lease, active);
      need(!there && there.error().code == ErrorCode::io, "lost");
      need(lease.control().replaced(), "given up for everybody");
    }
    need(found_ids(Project(other), "common") == std::vector<std::string>{"a"}, "recovered");
    stash(Project(state), "c", "common c");
    need(found_ids(Project(other), "common").size() == 2, "goes on");
  });
}

TEST_CASE("what is gone is told from what is damaged, and a view without it is whole") {
  const TwoShards two(60);
  guarded([&] {
    const auto state = two.store.state();
    const auto view = view_of(state);
    need(!has_lost(*view) && !has_lost_shard(*view->edition), "nothing lost");
    need(!index_is_gone(*view->edition) && check_still_there(*view).has_value(), "nothing gone");
    const Index& index = *view->indexes[0].index;
    std::vector<i64> numbers(two.count_);
    need(index.numbers(Field::tokens, 0, numbers).has_value(), "verified by now");
    cut(two.file, 0);
    need(!index.find_id("lost1"), "an error, not an answer");
    need(!index.numbers(Field::tokens, 0, numbers), "nor from what was verified before");
    need(has_lost(*view) && has_lost_shard(*view->edition), "lost");
    need(check_still_there(*view).error().path == two.file.string(), "which");
    std::vector<Fault> faults;
    const View rest = without_lost(*view, "default", faults);
    need(rest.indexes.size() == 2 && rest.logs.size() == 1 && rest.shard_count() == 1, "the rest");
    need(tells_of(faults, two.file) && faults[0].section == "shard", "told");
    int asked = 0;
    const auto answer = ask_what_is_there(*view, "default", [&](const View& v, const auto& known) {
      ++asked;
      if (asked == 1) cut(index_of(two.store), 0);
      for (const IndexView& one : v.indexes) (void)one.index->find_id("new");
      return std::pair(v.indexes.size(), known.size());
    });
    need(asked == 2 && answer == std::pair(usize(1), usize(2)), "asked again without the log");
    need(index_is_gone(*view->edition), "gone");
  });
}

}  // namespace
}  // namespace shale::store
