#include "tests/text/vocabularies.hpp"

#include "text/vocabulary_source.hpp"

namespace shale::testing {
namespace {

struct Built {
  explicit Built(usize number)
      : image(build_vocabulary(unpack_vocabulary(known_vocabularies()[number].data).value(),
                               class_table(unicode_classes()).value())
                  .value()),
        vocabulary(Vocabulary::view(image).value()) {}
  Buffer image;
  Vocabulary vocabulary;
};

}  // namespace

const Vocabulary& cl100k() {
  static const Built built(0);
  return built.vocabulary;
}

const Vocabulary& o200k() {
  static const Built built(1);
  return built.vocabulary;
}

Result<Buffer> image_of(const std::vector<std::string>& more, TokenRules rules) {
  VocabularyTokens tokens;
  tokens.rules = rules;
  for (int byte = 0; byte < 256; ++byte) tokens.bytes.push_back(char(byte));
  tokens.lengths.assign(256, 1);
  for (const std::string& token : more) {
    tokens.bytes += token;
    tokens.lengths.push_back(u8(token.size()));
  }
  return build_vocabulary(tokens, class_table(unicode_classes()).value());
}

u64 merged_by_definition(const Vocabulary& vocabulary, std::string_view piece) {
  std::vector<u32> tokens;
  for (const char& byte : piece) tokens.push_back(vocabulary.longest_token(&byte, &byte + 1));
  while (true) {
    u32 least = no_token;
    usize at = 0;
    for (usize i = 0; i + 1 < tokens.size(); ++i) {
      const u32 merged = vocabulary.merged(tokens[i], tokens[i + 1]);
      if (merged < least) least = merged, at = i;
    }
    if (least == no_token) return tokens.size();
    tokens[at] = least;
    tokens.erase(tokens.begin() + std::ptrdiff_t(at) + 1);
  }
}

}  // namespace shale::testing
