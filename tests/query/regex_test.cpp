#include "query/regex.hpp"

#include "query/parser.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

TEST_CASE("regex: matches anywhere in a text, any bytes") {
  const auto regex = Regex::make("merge\\(.*delta");
  REQUIRE(regex != nullptr);
  CHECK(regex->matches("x = Merge(the DELTA);"));
  CHECK_FALSE(regex->matches("merge(\ndelta"));
  CHECK(regex->matches(std::string_view("\xff\0merge(delta", 13)));
  CHECK_FALSE(regex->is_within_word());
  CHECK_FALSE(regex->matches_everything());
}

TEST_CASE("regex: case counts where the pattern has an upper-case letter") {
  CHECK(Regex::make("getUser")->matches("getUser"));
  CHECK_FALSE(Regex::make("getUser")->matches("getuser"));
  CHECK_FALSE(Regex::make("getUser")->is_within_word());
  CHECK(Regex::make("getuser")->matches("getUser"));
  CHECK(Regex::make("getuser")->is_within_word());
}

TEST_CASE("regex: what is none, and what is too large") {
  for (const char* pattern : {"(", "a{2,1}", "[b-a]", "*", "\\", "\xff", "(?<a>x)", "a\\1", "(?=a)",
                              "x{1001}", "((a{100}){100}){100}", "[[:none:]]"}) {
    INFO(pattern);
    CHECK(Regex::make(pattern) == nullptr);
  }
  std::string longest;
  while (longest.size() + 5 <= regex_bytes_max) longest += "(\\pL)";
  Regex::make(longest);  // one or none: it ends
}

TEST_CASE("regex: what matches everything") {
  for (const char* pattern : {".*", "a*", "(|a)", "x?", "[ab]{0,3}"}) {
    INFO(pattern);
    CHECK(Regex::make(pattern)->matches_everything());
  }
  for (const char* pattern : {".", "a+", "^$", "\\b", "^", "(?m)$"}) {
    INFO(pattern);
    CHECK_FALSE(Regex::make(pattern)->matches_everything());
  }
}

TEST_CASE("regex: atoms say where a match is possible") {
  const auto regex = Regex::make("(slow|quick) +merge.*x");
  const auto atoms = regex->atoms();
  const auto mask = [&](std::vector<std::string> there) {
    u64 bits = 0;
    for (usize i = 0; i < atoms.size(); ++i) {
      for (const std::string& one : there) bits |= u64(atoms[i] == one ? 1 : 0) << i;
    }
    return bits;
  };
  REQUIRE(atoms.size() >= 2);
  CHECK_FALSE(regex->may_match(0));
  CHECK(regex->may_match(~u64(0)));
  for (const std::string& atom : atoms) {
    CHECK(atom.size() >= 3);
    CHECK(std::string_view("slow quick merge").find(atom.substr(0, 3)) != std::string_view::npos);
  }
  CHECK_FALSE(regex->may_match(mask({"slow "})));
  CHECK(Regex::make("a.b")->may_match(0));
  // No twins with a long s: the words are folded.
  REQUIRE(Regex::make("classes")->atoms().size() == 1);
  CHECK(Regex::make("classes")->atoms()[0] == "classes");
  CHECK(
      Regex::make("classes")->matches("cla\xC5\xBF"
                                      "ses"));
  std::string many = "a0bc";
  for (int i = 1; i < 90; ++i) many += "|a" + std::to_string(i) + "bcd";
  const auto of_many = Regex::make(many);
  REQUIRE(of_many != nullptr);
  CHECK(of_many->atoms().size() <= Regex::atoms_max);
  CHECK(of_many->may_match(0) == (of_many->atoms().size() == Regex::atoms_max));
}

}  // namespace
}  // namespace shale::query::testing
