#include "shard/code_table.hpp"

#include <map>
#include <random>
#include <set>

#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::shard;

TEST_CASE("a code is the ordinal within the field") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  std::set<std::string> terms;
  for (int i = 0; i < 4000; ++i) {
    const u8 tag = u8(1 + random() % 9);
    terms.insert(std::string(1, char(tag)) + std::to_string(random() % 3000));
    terms.insert("word" + std::to_string(random() % 1000));
  }
  terms.insert("\x03");  // an empty value is a value
  CodeTable table;
  std::map<std::string, u32> ordinals;
  for (const std::string& term : terms) {
    ordinals.emplace(term, u32(ordinals.size()));
    table.add(term);
  }
  const CodeRanges ranges = table.ranges();
  for (u8 tag = 1; tag <= coded_fields; ++tag) {
    u32 count = 0;
    for (const auto& [term, ordinal] : ordinals) {
      if (u8(term[0]) != tag) continue;
      const auto code = table.code(Field(tag), term.substr(1));
      REQUIRE(code);
      CHECK(ranges[tag - 1u].first + *code == ordinal);
      CHECK(*code == count++);
    }
    CHECK(ranges[tag - 1u].count == count);
    CHECK(!table.code(Field(tag), "never"));
  }
  CHECK(table.code(Field::file, "") == 0u);
  CHECK(!table.code(Field::attribute, "1"));
}

TEST_CASE("a field without values has no codes") {
  CodeTable table;
  CHECK(!table.code(Field::type, "code"));
  table.add("\x01note");
  table.add("\x06working");
  table.add("");
  table.add("word");
  CHECK(table.code(Field::type, "note") == 0u);
  CHECK(!table.code(Field::task, "note"));
  CHECK(!table.code(Field::tier, "working"));
  CHECK(table.ranges()[1].count == 0);
  CHECK(has_codes(Field::tag));
  CHECK(!has_codes(Field::tier));
  CHECK(!has_codes(Field::created));
}
