// The verbs, each by what it prints and how it ends; program_*_test.py has the longer stories.
#include "cli/verbs.hpp"

#include <fstream>

#include "cli/output.hpp"
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
  CHECK(has(ran.out, R"({"v":1,"stashed":2,"replaced":0,"counted":0,"bad":2,)"
                     R"("text_bytes":2,"seconds":)"));
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

TEST_CASE("verbs: import and export") {
  const Place place;
  std::filesystem::create_directories(place / "o/stashed");
  std::ofstream(place / "o/stashed/p.json")
      << R"({"segments": [{"segment_id": "a", "text": "x", "tokens": 1}, {"segment_id": ""}]})";
  const std::string folder = (place / "o").string();
  CHECK(has(place.out({"import", "--dry-run", folder}), "would stash 1 (0 replaced), 1 B from 1"));
  CHECK_FALSE(std::filesystem::exists(place / "s"));
  const Ran ran = place.run({"import", "--json", folder});
  CHECK(ran.exit == 0);
  CHECK(has(ran.out, R"({"v":1,"stashed":1,"replaced":0,"counted":0,"bad":1,"skipped":0,)"
                     R"("files":1,"damaged":0,"unread":0,"text_bytes":1,"dry_run":false,)"));
  CHECK(has(ran.err, "p.json:1: "));
  CHECK(has(place.out({"export", "--all-projects"}), R"({"id":"a","text":"x","project":"p",)"));
  CHECK(place.out({"export", "--where", "id:b", "--project", "p"}).empty());
  const std::string out = (place / "out").string();
  CHECK(
      has(place.out({"export", "--project", "p", "--format", "json", "-o", out}), "exported 1, "));
  CHECK(std::filesystem::exists(place / "out/stashed/p.json"));
  CHECK(place.run({"export", "--format", "json"}).exit == 2);
  CHECK(place.run({"import", "--format", "xml", folder}).exit == 2);
  CHECK(place.run({"import", (place / "none").string()}).exit == 5);
  std::ofstream(place / "o/stashed/p.json") << R"({"segments": [)";
  CHECK(has(place.out({"import", folder}, 3), "1 files damaged"));
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

TEST_CASE("verbs: sums and counts by groups, of what a query finds") {
  const Place place;
  const std::string lines =
      R"({"id":"a","type":"code","text":"x y","tokens":3,"created_at":"2026-03-01T00:00:00Z"})"
      "\n"
      R"({"id":"b","type":"log","text":"y z","tags":["t","u"],"created_at":"2026-03-02T00:00:00Z"})"
      "\n"
      R"({"id":"c","type":"log","text":"z","tokens":4,"project":"p"})"
      "\n";
  REQUIRE(place.run({"ingest", "--tokenizer", "none"}, lines).exit == 0);
  CHECK(place.out({"sum", "tokens", "--by", "type"}) == "code\t3\nlog\t0\n");
  CHECK(place.out({"sum", "tokens", "--query", "z"}) == "0\n");
  CHECK(place.out({"sum", "tokens", "--query", "x z", "--match", "any"}) == "3\n");
  CHECK(place.out({"count", "--by", "tag"}) == "\t1\nt\t1\nu\t1\n");
  CHECK(place.out({"count", "--query", "y"}) == "2\n");
  CHECK(place.out({"count", "--query", "y", "--by", "type", "--where", "tag:t"}) == "log\t1\n");
  CHECK(place.out({"sum", "tokens", "--by", "project", "--all-projects"}) == "p\t4\ndefault\t3\n");
  CHECK(place.out({"sum", "tokens", "--by", "project"}) == "default\t3\n");
  CHECK(place.out({"sum", "tokens", "--by", "type", "--ndjson", "--where", "type:log"}) ==
        R"({"v":1,"by":{"type":"log"},"count":1,"sum":0,"absent":1})"
        "\n");
  CHECK(has(place.out({"sum", "tokens", "--times"}),
            "3\t2026-03-01T00:00:00Z\t2026-03-02T00:00:00Z\t"));
  const std::string json = place.out({"count", "--times", "--json", "--where", "type:absent"});
  CHECK(json == R"({"v":1,"rows":[{"by":{},"count":0,"created":null,"touched":null}],"faults":[]})"
                "\n");
  CHECK(has(place.out({"sum", "tokens", "--json", "--query", "y z q", "--match", "auto"}),
            R"("rows":[{"by":{},"count":2,"sum":3,"absent":1}],"faults":[],"widened":true)"));
  CHECK(place.run({"sum", "tokens", "--match", "some"}).exit == 2);
  CHECK(place.run({"count", "--by", "colour"}).exit == 2);
}

TEST_CASE("verbs: usage") {
  const Place place;
  const std::string lines =
      "{\"id\":\"a\",\"type\":\"code\",\"text\":\"x\",\"tokens\":60,\"pinned\":true}\n"
      "{\"id\":\"b\",\"type\":\"log\",\"text\":\"y\",\"task\":\"t\"}\n"
      "{\"id\":\"c\",\"text\":\"z\",\"tokens\":5,\"project\":\"p\"}\n";
  REQUIRE(place.run({"ingest", "--tokenizer", "none"}, lines).exit == 0);
  const std::string text = place.out({"usage", "--limit", "100"});
  for (const char* line :
       {"segments\t2\n", "tokens\t60\n", "without a count\t1\n", "pinned\t1\t60 tokens\n",
        "limit\t100\t60.0 %\t40 remaining\n", "type\tcode\t1\t60\t100.0 %\n",
        "task\t-\t1\t60\t100.0 %\n", "task\tt\t1\t0\t0.0 %\n", "tier\tstashed\t2\t60\t100.0 %\n",
        "health\t50.0\n", "medium\tstash\t60.0 % of the limit"}) {
    CHECK(has(text, line));
  }
  const auto json = shale::cli::Json::parse(place.out({"usage", "--json", "--all-projects"}));
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  CHECK(keys == std::vector<std::string>{"v", "segments", "tokens", "uncounted", "limit", "percent",
                                         "remaining", "pinned", "types", "tasks", "tiers",
                                         "touched", "oldest_age_seconds", "newest_age_seconds",
                                         "health", "recommendations", "faults"});
  CHECK(json["segments"] == 3);
  CHECK(json["tokens"] == 65);
  CHECK(json["limit"].is_null());
  CHECK(json["types"][0] == shale::cli::Json({{"type", "code"},
                                              {"count", 1},
                                              {"tokens", 60},
                                              {"uncounted", 0},
                                              {"count_percent", 100.0 / 3},
                                              {"token_percent", 6000.0 / 65}}));
  const auto full = shale::cli::Json::parse(place.out({"usage", "--json", "--limit", "64"}));
  CHECK(full["recommendations"][0]["advice"] == "prune");
  CHECK(full["recommendations"][0]["priority"] == "urgent");
  CHECK(place.run({"usage", "--limit", "0"}).exit == 2);
  CHECK(place.run({"usage", "--limit", "-5"}).exit == 2);
  CHECK(has(place.out({"usage", "--where", "type:absent"}), "segments\t0\ntokens\t0\npinned\t0"));
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
  for (const char* verb :
       {"list", "count", "usage", "stats", "projects", "verify", "config", "merge"}) {
    const Ran ran = place.run({verb});
    CHECK(ran.exit == 5);
    CHECK(has(ran.err, "There is no store"));
  }
}
