// The verbs, each by what it prints and how it ends; program_*_test.py has the longer stories.
#include "cli/verbs.hpp"

#include <fstream>

#include "tests/cli/run_program.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using shale::testing::Ran;

namespace {

// A store of the test's own and calls to it.
class Place {
 public:
  Ran run(std::vector<std::string> words, std::string_view input = {}) const {
    words.insert(words.begin(), {"--store", (folder_ / "s").string()});
    return shale::testing::run_program(words, input);
  }
  std::string out(std::vector<std::string> words, int exit = 0) const {
    const Ran ran = run(std::move(words));
    INFO(ran.err);
    CHECK(ran.exit == exit);
    return ran.out;
  }
  std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }

 private:
  shale::testing::TemporaryFolder folder_;
};

bool has(const std::string& text, std::string_view part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("verbs: stash, get, update, rm") {
  const Place place;
  CHECK(place.out({"stash", "--id", "a", "--file", "f.c", "one\ntwo\nthree\n"}) == "a\n");
  CHECK(place.out({"stash", "text without an id"}).size() == 27);
  CHECK(place.out({"get", "a"}) == "one\ntwo\nthree\n");
  CHECK(place.out({"get", "a", "--lines", "2:2"}) == "two\n");
  CHECK(place.out({"get", "a", "absent"}, 1) == "one\ntwo\nthree\n");
  CHECK(has(place.out({"get", "--json", "absent"}, 1),
            R"({"v":1,"segments":[],"missing":["absent"],"faults":[]})"));
  CHECK(place.out({"update", "a", "--task", "t"}) == "updated 1\n");
  CHECK(place.out({"update", "a"}, 2).empty());
  CHECK(place.out({"pin", "a", "absent"}, 1) == "updated 1\n");
  CHECK(has(place.out({"get", "--ndjson", "a"}), R"("pinned":true)"));
  CHECK(place.out({"rm", "a"}) == "erased 1\n");
  CHECK(has(place.out({"rm", "--json", "a"}, 1), R"("erased":0,"missing":["a"])"));
}

TEST_CASE("verbs: ingest reports bad lines and goes on") {
  const Place place;
  const Ran ran =
      place.run({"ingest", "--json"},
                "{\"id\":\"a\",\"text\":\"x\"}\nnonsense\n\n{\"id\":\"\",\"text\":\"\"}\n"
                "{\"id\":\"b\",\"text\":\"y\",\"project\":\"p\"}\n");
  CHECK(ran.exit == 0);
  CHECK(has(ran.out, R"({"v":1,"stashed":2,"replaced":0,"bad":2,"text_bytes":2,"seconds":)"));
  CHECK(has(ran.err, "line 2: "));
  CHECK(has(ran.err, "line 4: "));
  CHECK(place.out({"count", "--all-projects"}) == "2\n");
  CHECK(place.out({"--project", "p", "count"}) == "1\n");
}

TEST_CASE("verbs: ingest --ack says what is safe") {
  const Place place;
  const Ran ran = place.run({"ingest", "--ack=2", "--quiet"},
                            "{\"id\":\"a\",\"text\":\"x\"}\nbad\n{\"id\":\"b\",\"text\":\"y\"}");
  CHECK(ran.exit == 0);
  CHECK(has(ran.out, "error 2 The line"));
  CHECK(has(ran.out, "\nack 2\nack 3\n"));
}

TEST_CASE("verbs: ingest --strict takes all or nothing") {
  const Place place;
  const Ran ran = place.run({"ingest", "--strict"}, "{\"id\":\"a\",\"text\":\"x\"}\nbad\n");
  CHECK(ran.exit == 2);
  CHECK(has(ran.err, "Nothing was applied"));
  CHECK(place.out({"count"}) == "0\n");
  CHECK(place.run({"ingest", "--strict"}, "{\"id\":\"a\",\"text\":\"x\"}\n").exit == 0);
  CHECK(place.run({"ingest", "--strict", "--ack"}).exit == 2);
}

TEST_CASE("verbs: add, search, list, count, sum") {
  const Place place;
  std::ofstream(place / "one.cpp") << "void slow_search(); // search\n";
  std::ofstream(place / "two.md") << "about search\n";
  const std::string folder = (place / "").string();
  CHECK(has(place.out({"add", folder + "one.cpp", folder + "two.md"}), "stashed 2 (0 replaced)"));
  CHECK(has(place.out({"search", "slow_search"}), "one.cpp:1-1  "));
  CHECK(place.out({"search", "nowhere"}, 1).empty());
  CHECK(place.out({"search", "--count", "search"}) == "2\n");
  const std::string json = place.out({"search", "--json", "search"});
  for (const char* key : {"\"v\":1", "\"hits\":[", "\"total\":2", "\"widened\":", "\"cursor\":null",
                          "\"faults\":[]", "\"microseconds\":", "\"source\":"}) {
    CHECK(has(json, key));
  }
  CHECK(has(place.out({"list", "--where", "type:code"}), "one.cpp#1\tcode\t"));
  CHECK(place.out({"list", "--where", "type:log"}, 1).empty());
  CHECK(place.out({"count", "--where", "type:note"}) == "1\n");
  CHECK(has(place.out({"sum", "bytes", "--by", "type"}), "code\t30\n"));
  CHECK(place.out({"sum", "tokens", "--where", "type:log"}) == "0\n");
}

TEST_CASE("verbs: init, projects, stats, config, verify, merge, inspect") {
  const Place place;
  CHECK(has(place.out({"init"}), "made the store"));
  CHECK(place.out({"init"}).empty());
  CHECK(std::filesystem::exists(place / "s/.gitignore"));
  CHECK(place.out({"stash", "--id", "a", "words of text"}) == "a\n");
  CHECK(place.out({"projects"}) == "default\t1\t13 B\n");
  CHECK(has(place.out({"stats"}), "write amplification"));
  CHECK(has(place.out({"stats", "--json"}), R"("write_amplification":)"));
  CHECK(has(place.out({"config"}), "analysis"));
  CHECK(has(place.out({"verify"}), "all is well"));
  CHECK(has(place.out({"merge", "--full"}), "1 segments in 1 shards"));
  CHECK(has(place.out({"verify", "--json"}), R"("faults":[],"checked_bytes":)"));
  CHECK(!place.out({"inspect", (place / "s/projects/default/MANIFEST").string()}).empty());
}

TEST_CASE("verbs: reading where there is no store") {
  const Place place;
  for (const char* verb : {"list", "count", "stats", "projects", "verify", "config", "merge"}) {
    const Ran ran = place.run({verb});
    CHECK(ran.exit == 5);
    CHECK(has(ran.err, "There is no store"));
  }
}
