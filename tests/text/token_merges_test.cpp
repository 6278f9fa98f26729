// Tokens from the left, against byte-pair encoding as it is defined.
#include "text/token_merges.hpp"

#include <random>

#include "tests/support/catch.hpp"
#include "tests/text/vocabularies.hpp"

namespace shale {
namespace {

std::string random_piece(std::mt19937& random, usize longest) {
  static const std::vector<std::string_view> alphabets = {"ab",
                                                          "-",
                                                          "-=",
                                                          "abcdefghijklmnopqrstuvwxyz",
                                                          "etaoin ",
                                                          "0123456789",
                                                          "\xE4\xB8\xAD\xE6\x96\x87\xE3\x81\x8B",
                                                          " \n",
                                                          "\xF0\x9F\x99\x82\xEF\xBF\xBD",
                                                          "\x01!#\x05\xEF\xBF\xBD\x80"};
  const std::string_view letters = alphabets[random() % alphabets.size()];
  std::string piece;
  for (usize left = 1 + random() % longest; left > 0; --left) {
    piece += letters[random() % letters.size()];
  }
  return piece;
}

TEST_CASE("merges: as many tokens as the definition has, of random pieces") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (const Vocabulary* vocabulary : {&testing::cl100k(), &testing::o200k()}) {
    PieceEncoder encoder(*vocabulary);
    for (int i = 0; i < 6000; ++i) {
      const std::string piece = random_piece(random, i % 50 == 0 ? 300 : 24);
      INFO(piece);
      REQUIRE(encoder.count(piece) == testing::merged_by_definition(*vocabulary, piece));
    }
  }
}

TEST_CASE("merges: small vocabularies in which the longest token is often the wrong one") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 60; ++round) {
    std::vector<std::string> more;
    std::vector<std::string> known = {"a", "b", "c"};
    Buffer image = testing::image_of({}).value();
    while (more.size() < 25) {
      more.push_back(known[random() % known.size()] + known[random() % known.size()]);
      auto built = more.back().size() < 20 ? testing::image_of(more)
                                           : Result<Buffer>(fail(ErrorCode::io, ""));
      if (built) {
        image = *std::move(built);
        known.push_back(more.back());
      } else {
        more.pop_back();
      }
    }
    const Vocabulary vocabulary = Vocabulary::view(image).value();
    PieceEncoder encoder(vocabulary);
    for (int i = 0; i < 300; ++i) {
      std::string piece;
      for (u32 left = 1 + u32(random() % 40); left > 0; --left) piece += "abc"[random() % 3];
      INFO(piece);
      REQUIRE(encoder.count(piece) == testing::merged_by_definition(vocabulary, piece));
    }
  }
}

TEST_CASE("merges: long pieces take time in proportion to their length") {
  PieceEncoder encoder(testing::o200k());
  std::string piece;
  std::mt19937 random(7);
  while (piece.size() < 200'000) piece += char('a' + random() % 26);
  const u64 tokens = encoder.count(piece);
  CHECK(tokens > piece.size() / 3);
  CHECK(tokens < piece.size());
}

}  // namespace
}  // namespace shale
