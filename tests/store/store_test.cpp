#include <atomic>
#include <optional>

#include "base/checksum.hpp"
#include "catalog/text_form.hpp"
#include "store/store_state.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale {
namespace {

using namespace testing;

StoreOptions creating() {
  StoreOptions options;
  options.create = true;
  return options;
}

ErrorCode open_error(const path& at, const StoreOptions& options) {
  const auto opened = Store::open(at, options);
  REQUIRE(!opened);
  return opened.error().code;
}

TEST_CASE("creating a store leaves the store and nothing else") {
  const TemporaryFolder folder;
  const Store store = Store::open(folder / "notes", creating()).value();
  CHECK(store.path() == folder / "notes");
  CHECK(files_in(folder.path()) == std::vector<std::string>{"notes"});
  CHECK(files_in(folder / "notes") == std::vector<std::string>{"projects", "shale.toml"});
  CHECK(store.projects().value().empty());
}

TEST_CASE("opening what is not there is not_found and makes nothing") {
  const TemporaryFolder folder;
  CHECK(open_error(folder / "missing", {}) == ErrorCode::not_found);
  StoreOptions options = creating();
  options.read_only = true;
  CHECK(open_error(folder / "missing", options) == ErrorCode::not_found);
  CHECK(files_in(folder.path()).empty());
}

TEST_CASE("a folder that is no store is refused, whatever the options") {
  const TemporaryFolder folder;
  write_text(folder / "letter.txt", "dear");
  CHECK(open_error(folder.path(), {}) == ErrorCode::not_found);
  CHECK(open_error(folder.path(), creating()) == ErrorCode::not_found);
  CHECK(open_error(folder / "letter.txt", creating()) == ErrorCode::not_found);
  CHECK(files_in(folder.path()) == std::vector<std::string>{"letter.txt"});
}

TEST_CASE("an empty folder can become a store") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "empty");
  CHECK(open_error(folder / "empty", {}) == ErrorCode::not_found);
  CHECK(Store::open(folder / "empty", creating()).has_value());
  CHECK(files_in(folder.path()) == std::vector<std::string>{"empty"});
}

TEST_CASE("options that make no sense create no store") {
  const TemporaryFolder folder;
  StoreOptions options = creating();
  options.shard_by = "week";
  CHECK(open_error(folder / "notes", options) == ErrorCode::invalid_argument);
  CHECK(files_in(folder.path()).empty());
}

TEST_CASE("a second open finds the options of the first") {
  const TemporaryFolder folder;
  StoreOptions options = creating();
  options.shard_by = "month";
  options.index = "terms";
  const std::string config = Store::open(folder / "notes", options).value().config();
  CHECK(config.find("shard_by = \"month\"") != std::string::npos);
  CHECK(Store::open(folder / "notes", creating()).value().config() == config);
  write_text(folder / "notes" / "shale.toml", "no_such_option = 1\n");
  CHECK(open_error(folder / "notes", {}) == ErrorCode::invalid_argument);
}

TEST_CASE("project names may be anything from 1 to 255 bytes") {
  const TemporaryFolder folder;
  std::string long_name;
  for (int i = 0; i < 127; ++i) long_name += "\xc3\xa4";
  std::vector<std::string> names = {"Notes", "notes", ".", "..", "a/b", "\xc3\xa4 %", long_name};
  {
    const Store store = Store::open(folder / "notes", creating()).value();
    for (const std::string& name : names) {
      Project project = store.project(name).value();
      CHECK(project.name() == name);
      stash(project, "id", "text of " + name);
    }
    CHECK(store.project("").error().code == ErrorCode::invalid_argument);
    CHECK(store.project(std::string(256, 'x')).error().code == ErrorCode::invalid_argument);
  }
  const Store store = Store::open(folder / "notes").value();
  std::sort(names.begin(), names.end());
  CHECK(store.projects().value() == names);
  for (const std::string& name : names) {
    CHECK(text_of(store.project(name).value(), "id") == "text of " + name);
  }
  CHECK(std::distance(std::filesystem::directory_iterator(folder / "notes" / "projects"), {}) ==
        std::ptrdiff_t(names.size()));
}

TEST_CASE("two handles of one project are one") {
  const TemporaryFolder folder;
  const Store store = Store::open(folder / "notes", creating()).value();
  const Project a = store.project("default").value();
  const Project b = store.project("default").value();
  stash(a, "id", "one");
  CHECK(text_of(b, "id") == "one");
}

TEST_CASE("handles outlive the store they came from") {
  const TemporaryFolder folder;
  std::optional<Store> store = Store::open(folder / "notes", creating()).value();
  std::optional<Project> project = store->project("default").value();
  stash(*project, "id", "one");
  const Snapshot snapshot = project->snapshot().value();
  const Segment segment = snapshot.get("id").value().value();
  store.reset();
  project.reset();
  CHECK(text_of(snapshot, "id") == "one");
  CHECK(segment.text() == "one");
}

TEST_CASE("a MANIFEST of a newer version is refused and nothing is touched") {
  const TestStore store;
  stash(store.open(), "id", "text");
  std::string text = read_text(store.paths().manifest());
  text.replace(0, text.find('\n'), "shale-manifest 9 9");
  text.resize(text.rfind("checksum "));
  text += "checksum " + hex16(checksum64(as_bytes(text))) + "\n";
  write_text(store.paths().manifest(), text);
  const auto before = listing_of(store.path());
  for (const bool read_only : {false, true}) {
    StoreOptions options;
    options.read_only = read_only;
    const Store opened = Store::open(store.path(), options).value();
    const auto project = opened.project("default");
    REQUIRE(!project);
    CHECK(project.error().code == ErrorCode::too_new);
  }
  CHECK(listing_of(store.path()) == before);
}

TEST_CASE("the version is a version") { CHECK(std::string(version()).find('.') == 1); }

TEST_CASE("cleared caches hold nothing, and every answer is as before") {
  const TemporaryFolder folder;
  const Store store = Store::open(folder / "notes", creating()).value();
  Project project = store.project("default").value();
  stash_many(project, "a", 20);
  project.merge(true).value();
  const Snapshot now = project.snapshot().value();
  const auto ask = [&] {
    return text_of(now, "a7") + std::to_string(now.search({.text = "number"}).value().total);
  };
  const std::string before = ask();
  ask();
  CHECK(store.stats().segments.entries > 0);
  CHECK(store.stats().segments.hits > 0);
  CHECK(store.stats().results.entries == 1);
  CHECK(store.stats().results.hits == 1);
  CHECK(store.stats().pages.misses > 0);
  Store(store).clear_caches();
  CHECK(store.stats().segments.entries == 0);
  CHECK(store.stats().segments.bytes == 0);
  CHECK(store.stats().results.entries == 0);
  CHECK(store.state().caches->pages->window_count() == 0);
  CHECK(ask() == before);
}

TEST_CASE("commits that nobody waits for are told, and there when the store is closed") {
  const TemporaryFolder folder;
  std::atomic<int> told = 0;
  {
    const Store store = Store::open(folder / "notes", creating()).value();
    Project project = store.project("default").value();
    const auto count = [&](const Result<Committed>& done) { told += done ? 1 : 0; };
    for (int n = 0; n < 100; ++n) {
      project.stash_async(segment("a" + std::to_string(n), "text"), count).value();
    }
    Batch batch;
    batch.erase("a1");
    project.commit_async(std::move(batch), count, Durability::relaxed).value();
  }
  CHECK(told == 101);
  const Store again = Store::open(folder / "notes").value();
  CHECK(count_of(again.project("default").value()) == 99);
}

TEST_CASE("a project that outlives its store commits at once, where a thread would have") {
  const TemporaryFolder folder;
  std::optional<Project> project;
  project = Store::open(folder / "notes", creating()).value().project("default").value();
  int told = 0;
  project
      ->stash_async(segment("a", "text"),
                    [&](const Result<Committed>& done) { told += done ? 1 : 0; })
      .value();
  CHECK(told == 1);
  CHECK(count_of(*project) == 1);
}

}  // namespace
}  // namespace shale
