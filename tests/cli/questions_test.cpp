#include "cli/questions.hpp"

#include <CLI/CLI.hpp>

#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::cli;

TEST_CASE("questions: damage outranks an empty answer") {
  CHECK(exit_for(true, {}) == Exit::ok);
  CHECK(exit_for(false, {}) == Exit::nothing_found);
  CHECK(exit_for(true, {Fault{}}) == Exit::damaged);
  CHECK(exit_for(false, {Fault{}}) == Exit::damaged);
}

TEST_CASE("questions: words are joined, faults added") {
  CHECK(joined({}) == "");
  CHECK(joined({"a"}) == "a");
  CHECK(joined({"a b", "", "c"}) == "a b  c");
  std::vector<Fault> faults(1);
  append(faults, {Fault{}, Fault{}});
  CHECK(faults.size() == 3);
}

TEST_CASE("questions: a filter may be given in pieces") {
  CLI::App app;
  std::vector<std::string> where;
  add_where(app, where);
  app.parse(std::vector<std::string>{"type:b", "--where", "type:a", "--where"});
  CHECK(where == std::vector<std::string>{"type:a", "type:b"});
}

TEST_CASE("questions: a match mode is one of three") {
  CLI::App app;
  std::string match = "auto";
  add_match(app, match);
  CHECK(match_of(match) == Match::auto_);
  app.parse(std::vector<std::string>{"all", "--match"});
  CHECK(match_of(match) == Match::all);
  CHECK(match_of("any") == Match::any);
  CHECK_THROWS_AS(app.parse(std::vector<std::string>{"most", "--match"}), CLI::ValidationError);
}
