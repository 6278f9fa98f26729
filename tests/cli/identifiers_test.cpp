#include "cli/identifiers.hpp"

#include <cstdio>
#include <set>
#include <thread>

#include "base/integers.hpp"
#include "base/system.hpp"
#include "tests/cli/run_program.hpp"
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

TEST_CASE("identifiers: the first ten characters are the milliseconds since 1970") {
  constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  const auto now_ms = [] { return shale::u64(shale::now_microseconds()) / 1000; };
  for (int i = 0; i < 20; ++i) {
    const shale::u64 before = now_ms();
    const std::string id = make_identifier();
    const shale::u64 after = now_ms();
    shale::u64 made = 0;
    for (const char c : id.substr(0, 10)) made = made * 32 + alphabet.find(c);
    CHECK(made >= before);
    CHECK(made <= after);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

TEST_CASE("identifiers: two processes in one millisecond make different ones") {
  std::set<std::string> random_parts;
  for (int i = 0; i < 200; ++i) random_parts.insert(make_identifier().substr(18));
  CHECK(random_parts.size() == 200);  // 40 bits: a repetition once in 50 million runs
  const auto of_a_child = [] {
    return shale::testing::run_captured([] {
      std::printf("%s", make_identifier().c_str());
      return 0;
    });
  };
  CHECK(of_a_child().out.substr(18) != of_a_child().out.substr(18));
}
