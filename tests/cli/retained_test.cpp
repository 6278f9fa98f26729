#include "cli/retained.hpp"

#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::cli;

TEST_CASE("retained: sizes") {
  CHECK(parse_size("0") == 0);
  CHECK(parse_size("17") == 17);
  CHECK(parse_size("3k") == 3 << 10);
  CHECK(parse_size("3MB") == 3 << 20);
  CHECK(parse_size("10GiB") == u64(10) << 30);
  CHECK(parse_size("16777215T") == u64(16'777'215) << 40);
  for (const char* text :
       {"", "G", "-1", "1.5G", "1X", "1GBs", "1b", " 1", "16777216T", "18446744073709551616"}) {
    INFO(text);
    CHECK_FALSE(parse_size(text));
  }
}

TEST_CASE("retained: ages in seconds") {
  CHECK(parse_age_seconds("0") == 0);
  CHECK(parse_age_seconds("90s") == 90);
  CHECK(parse_age_seconds("90d") == 90 * 86'400);
  for (const char* text : {"", "90", "d", "-1d", "1y"}) {
    INFO(text);
    CHECK_FALSE(parse_age_seconds(text));
  }
}

TEST_CASE("retained: as JSON, every rule has its row") {
  RetentionPlan plan;
  plan.rows.push_back({"max_age", 2, 30, 4});
  plan.segments = 2;
  plan.text_bytes = 30;
  plan.tokens = 4;
  plan.pinned = 1;
  plan.left = 5;
  plan.shards_dropped = 6;
  CHECK(json_of(plan).dump() ==
        R"({"segments":2,"text_bytes":30,"tokens":4,"pinned":1,"left":5,"shards_dropped":6,)"
        R"("rows":[{"rule":"max_age","segments":2,"text_bytes":30,"tokens":4}]})");
}
