#include "cli/joined_cursor.hpp"

#include "base/base64.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::cli;

TEST_CASE("joined cursor: what is joined comes apart again") {
  for (const ProjectCursors& cursors :
       {ProjectCursors{}, ProjectCursors{{"default", "AQx-_"}},
        ProjectCursors{{"a b\"\n", "AQ"}, {"\xC3\xA9", ""}, {"", "AQ"}}}) {
    const std::string text = join_cursors(cursors);
    CHECK(is_joined_cursor(text));
    CHECK(split_cursor(text).value() == cursors);
    CHECK(text.find_first_of(" \n\"'") == std::string::npos);
  }
}

TEST_CASE("joined cursor: anything else is refused") {
  const auto of = [](std::string_view list) { return "all." + encode_base64(list); };
  for (const std::string& text :
       {std::string(), std::string("all"), std::string("all."), std::string("all.?"),
        std::string("AQAB"), of("x"), of("{}"), of("[1]"), of(R"([["a"]])"), of(R"([["a",1]])"),
        of(R"([["a","b","c"]])"), of(R"([["a","b"])")}) {
    INFO(text);
    const auto read = split_cursor(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ErrorCode::invalid_argument);
    CHECK(read.error().message.find("--all-projects") != std::string::npos);
  }
  CHECK_FALSE(is_joined_cursor("AQAB"));
  CHECK(is_joined_cursor("all.?"));
}
