#include "cli/identifiers.hpp"

#include <set>
#include <thread>

#include "tests/support/catch.hpp"

using shale::cli::make_identifier;

TEST_CASE("identifiers: 26 characters, all different, in the order they were made") {
  std::set<std::string> seen;
  std::string last;
  for (int i = 0; i < 5000; ++i) {
    const std::string id = make_identifier();
    REQUIRE(id.size() == 26);
    REQUIRE(id.find_first_not_of("0123456789abcdefghjkmnpqrstvwxyz") == std::string::npos);
    REQUIRE(id > last);
    REQUIRE(seen.insert(id).second);
    last = id;
    if (i % 1000 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
}

TEST_CASE("identifiers: those of a later moment sort later, whoever made them") {
  const std::string early = make_identifier().substr(0, 10);
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  CHECK(make_identifier().substr(0, 10) > early);
}
