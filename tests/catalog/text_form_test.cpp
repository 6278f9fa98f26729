#include "catalog/text_form.hpp"

#include <random>

#include "tests/support/catch.hpp"

namespace shale::catalog {
namespace {

TEST_CASE("numbers go there and back") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    const u64 value = random() >> (random() % 64);
    CHECK(parse_hex16(hex16(value)) == value);
    CHECK(parse_decimal(std::to_string(value)) == value);
  }
  CHECK(hex16(0) == "0000000000000000");
  CHECK(hex16(0x0123456789abcdef) == "0123456789abcdef");
  CHECK(parse_decimal("18446744073709551615") == ~u64(0));
}

TEST_CASE("a value has one spelling") {
  for (const char* text :
       {"", "1", "000000000000000A", "00000000000000000", "000000000000000g", "+00000000000000f"}) {
    INFO(text);
    CHECK_FALSE(parse_hex16(text));
  }
  for (const char* text :
       {"", "01", "00", "+1", "-1", " 1", "1 ", "1x", "0x1", "18446744073709551616"}) {
    INFO(text);
    CHECK_FALSE(parse_decimal(text));
  }
  CHECK(parse_decimal("0") == 0u);
}

TEST_CASE("escapes go there and back") {
  std::string all;
  std::string escaped;
  for (int byte = 0; byte < 256; ++byte) {
    all += char(byte);
    append_escape(escaped, char(byte));
  }
  CHECK(escaped.substr(0, 6) == "%00%01");
  CHECK(decode_percent(escaped) == all);
  CHECK(decode_percent("a%41b") == "aAb");
  for (const char* text : {"%", "%4", "a%", "%4G", "%g4", "%%41", "%4A"}) {
    INFO(text);
    CHECK_FALSE(decode_percent(text));
  }
}

}  // namespace
}  // namespace shale::catalog
