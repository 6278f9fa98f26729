#include "model/fields.hpp"

#include <algorithm>
#include <limits>

#include "base/bytes.hpp"
#include "base/checksum.hpp"
#include "tests/model/random_records.hpp"
#include "tests/support/catch.hpp"

namespace shale {
namespace {

using namespace std::string_literals;
using Strings = std::vector<std::string>;

TEST_CASE("every field has a name of its own that finds it") {
  usize known = 0;
  for (u32 number = 0; number < 256; ++number) {
    const Field field{u8(number)};
    const std::string_view name = field_name(field);
    if (name.empty()) continue;
    ++known;
    CAPTURE(name);
    CHECK(field_by_name(name) == field);
  }
  CHECK(known == 21);
  CHECK(field_name(Field::tag) == "tag");
  CHECK(field_name(Field::created) == "created");
  CHECK(field_by_name("tags") == Field::tag);
  CHECK(field_by_name("created_at") == Field::created);
  CHECK(field_by_name("touched_at") == Field::touched);
  for (const std::string_view name : {"", "Type", "typ", "type ", "text", "attr.x"}) {
    CAPTURE(name);
    CHECK_FALSE(field_by_name(name).has_value());
  }
}

TEST_CASE("fields have terms or numbers, the id neither") {
  CHECK(has_terms(Field::type));
  CHECK(has_terms(Field::attribute));
  CHECK_FALSE(has_terms(Field::id));
  CHECK_FALSE(is_number(Field::id));
  CHECK(is_number(Field::created));
  CHECK(is_number(Field::words));
  CHECK_FALSE(is_number(Field::attribute));
}

TEST_CASE("names of tiers and generations") {
  for (const Tier tier : {Tier::working, Tier::stashed, Tier::archive}) {
    CHECK(tier_by_name(tier_name(tier)) == tier);
  }
  CHECK(tier_name(Tier::archive) == "archive");
  CHECK_FALSE(tier_by_name("Archive").has_value());
  CHECK_FALSE(tier_by_name("").has_value());
  for (const Generation generation : {Generation::young, Generation::old}) {
    CHECK(generation_by_name(generation_name(generation)) == generation);
  }
  CHECK(generation_name(Generation::old) == "old");
  CHECK_FALSE(generation_by_name("").has_value());
}

TEST_CASE("metadata terms begin below any word, with the field's number") {
  CHECK(metadata_term(Field::type, "note") == "\1note");
  CHECK(metadata_term(Field::tag, "") == "\5");
  CHECK(attribute_term("k", std::string("v")) == "\x09k\0sv"s);
  CHECK(attribute_term("k", true) == "\x09k\0b\1"s);
  CHECK(attribute_term("k", i64(1)) == "\x09k\0i\x80\0\0\0\0\0\0\1"s);
  CHECK(attribute_term("", Json{"null"}) == "\x09\0jnull"s);
}

TEST_CASE("encoded numbers sort as their values") {
  const i64 integers[] = {std::numeric_limits<i64>::min(), -70000, -2, -1, 0, 1, 2, 255, 256, 70000,
                          std::numeric_limits<i64>::max()};
  const double doubles[] = {
      std::numeric_limits<double>::lowest(), -1e10, -1.5, -1, -1e-300, 0, 1e-300, 1, 1.5, 2, 1e10,
      std::numeric_limits<double>::max()};
  for (usize i = 1; i < std::size(integers); ++i) {
    CHECK(encode_attribute_value(integers[i - 1]) < encode_attribute_value(integers[i]));
  }
  for (usize i = 1; i < std::size(doubles); ++i) {
    CHECK(encode_attribute_value(doubles[i - 1]) < encode_attribute_value(doubles[i]));
  }
  CHECK(encode_attribute_value(-0.0) == encode_attribute_value(0.0));
  CHECK(encode_attribute_value(false) < encode_attribute_value(true));
  CHECK(encode_attribute_value(std::string("a")) < encode_attribute_value(std::string("ab")));
  CHECK(encode_attribute_value(i64(1)).size() == 9);
}

TEST_CASE("random numbers sort as their values") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  testing::Random random(seed);
  for (int round = 0; round < 5000; ++round) {
    const i64 a = testing::random_i64(random);
    const i64 b = testing::random_i64(random);
    REQUIRE((encode_attribute_value(a) < encode_attribute_value(b)) == (a < b));
    const double x = double(a) / 3;
    const double y = double(b) * 1e-9;
    REQUIRE((encode_attribute_value(x) < encode_attribute_value(y)) == (x < y));
  }
}

TEST_CASE("long attribute values are cut at 200 bytes and told apart by their hash") {
  const std::string prefix(200, 'x');
  const auto term = [](const std::string& value) { return attribute_term("k", value); };
  CHECK(term(prefix) == "\x09k\0s"s + prefix);
  const std::string longer = term(prefix + "1");
  CHECK(longer.size() == 4 + 200 + 8);
  CHECK(longer.starts_with("\x09k\0s"s + prefix));
  const u64 hash = checksum64(as_bytes("s" + prefix + "1"));
  CHECK(u8(longer.back()) == u8(hash));
  CHECK(longer != term(prefix + "2"));
  CHECK(term(prefix + "1" + std::string(100000, 'y')).size() == 4 + 200 + 8);
  CHECK(attribute_term("k", Json{std::string(300, '1')}).size() == 4 + 200 + 8);
}

TEST_CASE("terms of a segment: every value, defaults without a term") {
  Metadata metadata;
  metadata.id = "m1";
  CHECK(metadata_terms(metadata) == Strings{"\1note"});
  metadata.type = "code";
  metadata.task = "T";
  metadata.file = "";
  metadata.topic = "topic";
  metadata.tags = {"z", "a", "z"};
  metadata.tier = Tier::working;
  metadata.generation = Generation::old;
  metadata.pinned = true;
  metadata.attrs = {{"k", i64(0)}, {"a", std::string("v")}};
  CHECK(metadata_terms(metadata) == Strings{"\1code", "\2T", "\3", "\4topic", "\5a", "\5z",
                                            "\6working", "\7old", "\10true",
                                            "\x09"
                                            "a\0sv"s,
                                            "\x09k\0i\x80\0\0\0\0\0\0\0"s});
  metadata.file = std::string(4096, 'f');  // kept whole
  CHECK(metadata_terms(metadata)[2].size() == 4097);
}

TEST_CASE("terms of random segments ascend and begin below any word") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  testing::Random random(seed);
  for (int round = 0; round < 1000; ++round) {
    const Metadata metadata = testing::random_metadata(random);
    const Strings terms = metadata_terms(metadata);
    for (usize i = 0; i < terms.size(); ++i) {
      REQUIRE(u8(terms[i][0]) < u8(first_text_byte));
      if (i > 0) REQUIRE(terms[i - 1] < terms[i]);
    }
    REQUIRE(
        std::binary_search(terms.begin(), terms.end(), metadata_term(Field::type, metadata.type)));
    for (const auto& [key, value] : metadata.attrs) {
      REQUIRE(std::binary_search(terms.begin(), terms.end(), attribute_term(key, value)));
    }
  }
}

TEST_CASE("forms are neither words nor what an update takes away") {
  CHECK(is_metadata_term(metadata_term(Field::type, "note")));
  CHECK(is_metadata_term(metadata_term(Field::attribute, "")));
  CHECK_FALSE(is_metadata_term(std::string(1, form_tag) + "names"));
  CHECK_FALSE(is_metadata_term("names"));
  CHECK_FALSE(is_metadata_term(""));
  CHECK(u8(form_tag) < u8(first_text_byte));
  CHECK(u8(form_tag) > u8(Field::attribute));
}

}  // namespace
}  // namespace shale
