#include "cli/program.hpp"

#include "tests/cli/run_program.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using shale::testing::Ran;
using shale::testing::run_program;

namespace {

bool has(const std::string& text, std::string_view part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("program: version and help go to stdout") {
  CHECK(run_program({"--version"}).out.starts_with("shale 0."));
  CHECK(has(run_program({"--version", "--json"}).out, R"({"v":1,"version":")"));
  const Ran overview = run_program({"help"});
  CHECK(overview.exit == 0);
  CHECK(has(overview.out, "search"));
  CHECK(overview.err.empty());
  CHECK(run_program({"--help"}).out == overview.out);
  const Ran verb = run_program({"help", "search"});
  CHECK(has(verb.out, "Examples:"));
  CHECK(run_program({"search", "--help"}).out == verb.out);
}

TEST_CASE("program: usage errors exit 2, on stderr, and in JSON where that was asked for") {
  for (const std::vector<std::string>& words : {std::vector<std::string>{},
                                                {"dance"},
                                                {"search", "--limit", "many"},
                                                {"get"},
                                                {"search", "--nonsense"},
                                                {"help", "dance"},
                                                {"search", "--match", "some", "x"}}) {
    const Ran ran = run_program(words);
    CHECK(ran.exit == 2);
    CHECK(ran.out.empty());
    CHECK(has(ran.err, "shale: "));
  }
  const Ran json = run_program({"search", "--json", "--nonsense"});
  CHECK(json.exit == 2);
  CHECK(has(json.out, R"({"v":1,"error":{"code":"invalid_argument","message":")"));
}

TEST_CASE("program: global options stand before or behind the verb") {
  const shale::testing::TemporaryFolder folder;
  const std::string store = (folder / "s").string();
  CHECK(run_program({"--store", store, "stash", "--id", "a", "words"}).exit == 0);
  CHECK(run_program({"count", "--store", store}).out == "1\n");
  CHECK(run_program({"--store=" + store, "count", "--json"}).out ==
        "{\"v\":1,\"count\":1,\"faults\":[]}\n");
}

TEST_CASE("program: an empty value is a value") {
  const shale::testing::TemporaryFolder folder;
  const std::string store = (folder / "s").string();
  CHECK(run_program({"--store", store, "stash", "--id", "a", "--task=", "words"}).exit == 0);
  CHECK(has(run_program({"--store", store, "get", "--ndjson", "a"}).out, R"("task":"")"));
}

TEST_CASE("program: after -- everything is query, brackets and verbs are words") {
  const shale::testing::TemporaryFolder folder;
  const std::string store = (folder / "s").string();
  const std::vector<std::string> stash = {"--store", store, "stash", "--id", "a", "list [a,b] x"};
  CHECK(run_program(stash).exit == 0);
  CHECK(run_program({"--store", store, "search", "list"}).exit == 0);
  CHECK(run_program({"--store", store, "search", "x", "[a,b]"}).exit == 0);
  CHECK(run_program({"--store", store, "search", "--", "--json"}).exit == 1);
  CHECK(run_program({"--store", store, "search", "--where", "type:note", "--", "list", "-absent"})
            .exit == 0);
  CHECK(run_program({"--store", store, "search", "--", "list", "-x"}).exit == 1);  // not x
}
