#include "text/intern_table.hpp"

#include "tests/support/catch.hpp"
#include "text/term_hash.hpp"

namespace shale {
namespace {

u32 add(InternTable& table, const std::string& text) {
  return table.find_or_add(text, term_hash(text));
}

TEST_CASE("strings get numbers and keep them while the table grows") {
  InternTable table;
  for (int round = 0; round < 2; ++round) {
    for (u32 i = 0; i < 5000; ++i) {
      const std::string text = std::string(i % 40, 'x') + std::to_string(i);
      REQUIRE(add(table, text) == i);
      REQUIRE(table.text(i) == text);
      REQUIRE(table.entry(i).hash == term_hash(text));
    }
  }
  CHECK(table.size() == 5000);
  CHECK(add(table, "") == 5000);
  CHECK(add(table, "") == 5000);
}

TEST_CASE("strings of one hash are told apart") {
  InternTable table;
  CHECK(table.find_or_add("a", 7) == 0);
  CHECK(table.find_or_add("b", 7) == 1);
  CHECK(table.find_or_add("a", 7) == 0);
  CHECK(table.find_or_add("a", 8) == 2);  // a hash is a property of the string: the caller's word
}

TEST_CASE("marks hold until the next ones begin") {
  InternTable table;
  add(table, "one");
  add(table, "two");
  table.begin_marks();
  CHECK(table.mark(1, 7) == std::pair<u32, bool>(7, true));
  CHECK(table.mark(1, 8) == std::pair<u32, bool>(7, false));
  CHECK(table.mark(0, 9) == std::pair<u32, bool>(9, true));
  table.begin_marks();
  CHECK(table.mark(1, 3) == std::pair<u32, bool>(3, true));
}

TEST_CASE("a cleared table is a new one and holds no memory") {
  InternTable table;
  for (u32 i = 0; i < 5000; ++i) add(table, std::to_string(i));
  CHECK(table.memory_bytes() > 5000 * sizeof(InternTable::Entry));
  table.clear();
  CHECK(table.size() == 0);
  CHECK(table.memory_bytes() < 100);
  CHECK(add(table, "7") == 0);
}

}  // namespace
}  // namespace shale
