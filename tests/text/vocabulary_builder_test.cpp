#include "text/vocabulary_builder.hpp"

#include "base/checksum.hpp"
#include "tests/support/catch.hpp"
#include "tests/text/vocabularies.hpp"
#include "text/vocabulary_source.hpp"

namespace shale {
namespace {

std::string refusal(const std::vector<std::string>& more) {
  const auto built = testing::image_of(more);
  if (built) return "";
  CHECK(built.error().code == ErrorCode::invalid_argument);
  return built.error().message;
}

TEST_CASE("builder: what is no vocabulary of pairs is refused, and the token is named") {
  CHECK(refusal({"ab", "abc"}).empty());
  CHECK(refusal({"ab", "cd", "ab"}) == "Token 258 of the vocabulary is there twice.");
  CHECK(refusal({"abc"}) == "Token 256 of the vocabulary is not what its bytes merge to.");
  CHECK(refusal({"ab", "bc", "abc", "abcd", "bcd", "xbcd"}) == "");
  CHECK(refusal({"abcd", "ab", "cd"}) ==
        "Token 256 of the vocabulary is not what its bytes merge to.");
}

TEST_CASE("builder: lengths that do not fit, too few tokens, a byte that is missing") {
  const Buffer classes = class_table(unicode_classes()).value();
  VocabularyTokens tokens;
  CHECK_FALSE(build_vocabulary(tokens, classes));
  for (int byte = 0; byte < 256; ++byte) tokens.bytes.push_back(char(byte));
  tokens.lengths.assign(256, 1);
  CHECK(build_vocabulary(tokens, classes));
  tokens.bytes[7] = 'a';
  const auto missing = build_vocabulary(tokens, classes);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message.find("byte 7") != std::string::npos);
  tokens.bytes += "xy";
  CHECK_FALSE(build_vocabulary(tokens, classes));
  tokens.lengths.push_back(2);
  tokens.lengths.push_back(0);
  CHECK_FALSE(build_vocabulary(tokens, classes));
}

TEST_CASE(
    "builder: every token of the vocabularies in the program is found and made of its parts") {
  for (const Vocabulary* vocabulary : {&testing::cl100k(), &testing::o200k()}) {
    const bool first = vocabulary->rules() == TokenRules::cl100k;
    const VocabularyTokens tokens =
        unpack_vocabulary(known_vocabularies()[first ? 0 : 1].data).value();
    CHECK(tokens.count() == (first ? 100'256 : 199'998));
    std::string_view rest = tokens.bytes;
    usize wrong = 0;
    for (u32 token = 0; token < tokens.count(); ++token) {
      const std::string_view bytes = rest.substr(0, tokens.lengths[token]);
      rest.remove_prefix(bytes.size());
      const TokenParts parts = vocabulary->parts(token);
      bool right = parts.length() == bytes.size() &&
                   vocabulary->longest_token(bytes.data(), bytes.data() + bytes.size()) == token;
      for (usize i = 1; i < bytes.size(); ++i) {
        right = right && vocabulary->may_join(bytes[i - 1], bytes[i]);
      }
      if (bytes.size() > 1) {
        right =
            right && vocabulary->merged(parts.left(), parts.right()) == token &&
            vocabulary->parts(parts.left()).length() + vocabulary->parts(parts.right()).length() ==
                bytes.size();
      }
      if (bytes.size() <= short_key_bytes) {
        const u64 key = short_key(bytes.data(), bytes.size());
        right = right && vocabulary->has(key, vocabulary->short_slot(key));
      } else if (bytes.size() <= middle_key_bytes) {
        const MiddleKey key = middle_key(bytes.data(), bytes.size());
        right = right && vocabulary->has(key, vocabulary->middle_slot(key));
      }
      wrong += !right;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("builder: the same tokens give the same bytes") {
  const std::vector<std::string> more = {"in", "ing", "th", "the"};
  CHECK(testing::image_of(more).value() == testing::image_of(more).value());
}

}  // namespace
}  // namespace shale
