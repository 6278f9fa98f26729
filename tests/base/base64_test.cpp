#include "base/base64.hpp"

#include <random>

#include "base/integers.hpp"
#include "tests/support/catch.hpp"

using namespace shale;

TEST_CASE("base64: the examples of RFC 4648") {
  const std::pair<const char*, const char*> examples[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : examples) {
    CHECK(encode_base64(bytes) == text);
    REQUIRE(decode_base64(text));
    CHECK(*decode_base64(text) == bytes);
  }
  CHECK(decode_base64("Zg") == "f");
  CHECK(decode_base64("Zm8") == "fo");
}

TEST_CASE("base64: anything else is refused") {
  for (const char* text : {"Z", "Zm9vY", "Zm 9", "Zm9v\n",
                           "Zg=", "Z===", "====", "Zh==", "Zm9=", "Zm9v====", "-_-_", "Zg==Zg=="}) {
    INFO(text);
    CHECK_FALSE(decode_base64(text));
  }
}

TEST_CASE("base64: random bytes come back") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (usize size = 0; size < 300; ++size) {
    std::string bytes(size, '\0');
    for (char& c : bytes) c = char(random());
    const auto back = decode_base64(encode_base64(bytes));
    REQUIRE(back);
    REQUIRE(*back == bytes);
  }
}

TEST_CASE("base64: what can be read is the only spelling of its bytes") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  constexpr std::string_view some = "AQgwZ019+/zB=-\n \xC3";
  int read = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string text(random() % 9, ' ');
    for (char& c : text) c = some[random() % (i % 2 == 0 ? 12 : some.size())];
    INFO(text);
    const auto bytes = decode_base64(text);
    if (!bytes) continue;
    ++read;
    const std::string again = encode_base64(*bytes);
    const auto unpadded = again.find_last_not_of('=') + 1;
    REQUIRE((text == again || text == again.substr(0, unpadded)));
  }
  CHECK(read > 1000);
}
