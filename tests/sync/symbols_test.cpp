#include "sync/symbols.hpp"

#include <random>

#include "tests/support/catch.hpp"
#include "tests/sync/chunk_checks.hpp"
#include "tests/sync/definition_checks.hpp"

using namespace shale;
using namespace shale::sync;
using namespace shale::testing;

namespace {

constexpr std::string_view ruby =
    "require 'x'\n"
    "# of A\n"
    "class A\n"
    "  def f\n"
    "    1\n"
    "  end\n"
    "\n"
    "  def g\n"
    "  end\n"
    "end\n"
    "def h\n"
    "end\n";

const std::vector<Symbol> ruby_symbols{
    {"h", "method", 11, 12}, {"A", "class", 3, 10}, {"f", "method", 4, 6}, {"g", "method", 8, 9}};

Names found(std::string_view text, const std::vector<Symbol>& symbols) {
  const auto definitions = definitions_of(text, symbols);
  const std::string wrong = defect(text, definitions);
  return wrong.empty() ? outline(definitions) : Names{"defect: " + wrong};
}

}  // namespace

TEST_CASE("symbols: in any order they are definitions, members in their classes") {
  CHECK(found(ruby, ruby_symbols) == Names{"A", "A.f", "A.g", "h"});
  CHECK(found(ruby, {}).empty());
  CHECK(found("", ruby_symbols).empty());
}

TEST_CASE("symbols: what lies in a function is a part of it") {
  CHECK(found(ruby, {{"f", "function", 3, 9}, {"g", "function", 4, 6}, {"h", "method", 11, 12}}) ==
        Names{"f", "h"});
}

TEST_CASE("symbols: one without an end reaches to the next") {
  const auto definitions =
      definitions_of(ruby, std::vector<Symbol>{{"f", "method", 4, 0}, {"g", "method", 8, 0}});
  REQUIRE(definitions.size() == 2);
  CHECK(definitions[0].end == definitions[1].begin);
  CHECK(definitions[1].end == ruby.size());
}

TEST_CASE("symbols: lines that are not there, and overlaps") {
  CHECK(found(ruby, {{"x", "method", 0, 2}, {"y", "method", 13, 14}, {"z", "method", 12, 99}}) ==
        Names{"z"});
  CHECK(found(ruby, {{"A", "class", 3, 6}, {"B", "class", 5, 12}}) == Names{"A", "A.B"});
  CHECK(found(ruby, {{"f", "method", 3, 4}, {"A", "class", 3, 10}}) == Names{"A"});
  CHECK(found(ruby, {{"A", "class", 3, 1}, {"B", "class", 4, 4}}) == Names{"A", "B"});
}

TEST_CASE("symbols: a file is cut by them") {
  const auto names = [](const ChunkRules& rules) {
    return names_of(chunk_text("a.rb", ruby, rules, ruby_symbols));
  };
  CHECK(names({}) == Names{"A", "h"});
  CHECK(names({.members_from = 40}) == Names{"A", "A.f", "A.g", "h"});
  CHECK(names({.chunking = Chunking::whole}) == Names{""});
  const auto chunks = chunk_text("a.rb", ruby, {.bytes_min = 5}, ruby_symbols);
  CHECK(chunks[1].text.starts_with("# of A\n"));
  CHECK(chunks[1].kind == "class");
}

TEST_CASE("symbols: whatever they are, a text is cut into itself") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 500; ++round) {
    std::vector<Symbol> symbols(random() % 8);
    for (Symbol& symbol : symbols) {
      symbol = {random() % 4 == 0 ? "" : "x", random() % 2 == 0 ? "class" : "method",
                u32(random() % 15), u32(random() % 15)};
    }
    const std::string_view text = ruby.substr(0, random() % (ruby.size() + 1));
    REQUIRE(defect(text, definitions_of(text, symbols)) == "");
    const ChunkRules rules{.bytes_min = random() % 20, .members_from = random() % 60};
    REQUIRE(defect(text, chunk_text("a.rb", text, rules, symbols), rules.bytes_max) == "");
  }
}
