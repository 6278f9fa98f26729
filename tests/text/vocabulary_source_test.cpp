#include "text/vocabulary_source.hpp"

#include "base/base64.hpp"
#include "tests/support/catch.hpp"

namespace shale {
namespace {

TEST_CASE("source: the vocabularies in the program") {
  REQUIRE(known_vocabularies().size() == 2);
  const auto& cl100k = known_vocabularies()[0];
  const auto& o200k = known_vocabularies()[1];
  CHECK(cl100k.name == "cl100k_base");
  CHECK(o200k.name == "o200k_base");
  CHECK(packed_header(cl100k.data).value().tokens == 100'256);
  CHECK(packed_header(o200k.data).value().rules == TokenRules::o200k);
  const VocabularyTokens tokens = unpack_vocabulary(cl100k.data).value();
  CHECK(tokens.bytes.size() == 643'830);
  CHECK(tokens.source[0] == 0x22);
  CHECK(unpack_vocabulary(o200k.data).value().bytes.size() == 1'397'670);
}

TEST_CASE("source: data that are cut or changed are refused, here or by the builder") {
  const Buffer classes = class_table(unicode_classes()).value();
  const Bytes data = known_vocabularies()[0].data;
  for (const usize bytes :
       {usize(0), usize(10), usize(55), usize(56), usize(1000), data.size() - 1}) {
    CHECK_FALSE(unpack_vocabulary(data.first(bytes)));
  }
  for (usize at = 0; at < 24; ++at) {
    Buffer changed(data.begin(), data.end());
    changed[at] ^= std::byte(0x80);
    const auto tokens = unpack_vocabulary(changed);
    CHECK((!tokens || !build_vocabulary(*tokens, classes)));
  }
}

std::string ranks(usize count) {
  std::string text;
  for (usize i = 0; i < count; ++i) {
    text += encode_base64(std::string(1, char(i))) + ' ' + std::to_string(i) + '\n';
  }
  return text;
}

TEST_CASE("source: a file of ranks") {
  const VocabularyTokens tokens =
      parse_ranks(ranks(256) + "dGhl 256\r\n\ndGhlbg== 257", TokenRules::o200k).value();
  CHECK(tokens.count() == 258);
  CHECK(tokens.rules == TokenRules::o200k);
  CHECK(tokens.lengths[256] == 3);
  CHECK(std::string_view(tokens.bytes).substr(256) == "thethen");
  CHECK(tokens.source == digest_of_ranks(ranks(256) + "dGhl 256\r\n\ndGhlbg== 257"));
}

TEST_CASE("source: a line of ranks that is none is named") {
  const auto refusal = [](const std::string& text) {
    const auto parsed = parse_ranks(text, TokenRules::cl100k);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == ErrorCode::invalid_argument);
    return parsed.error().message;
  };
  CHECK(refusal("AA==") == "Line 1 of the ranks has no rank.");
  CHECK(refusal("AA== 0\n!! 1") == "Line 2 of the ranks has no token in base64.");
  CHECK(refusal("AA== 0\n 1") == "Line 2 of the ranks has no token in base64.");
  CHECK(refusal("AA== x") == "Line 1 of the ranks has a rank that is no number.");
  CHECK(refusal("AA== 0x") == "Line 1 of the ranks has a rank that is no number.");
  CHECK(refusal("AA== 0\nAQ== 2") == "Line 2 of the ranks has another rank than the next one.");
  CHECK(refusal(encode_base64(std::string(256, 'a')) + " 0") ==
        "Line 1 of the ranks has a token of over 255 bytes.");
}

}  // namespace
}  // namespace shale
