#include "text/distinct_words.hpp"

#include "tests/support/catch.hpp"
#include "text/term_hash.hpp"

namespace shale {
namespace {

using Strings = std::vector<std::string>;

struct Collected {
  WordScanner scanner;
  DistinctWords distinct;

  void collect(std::string_view text) {
    scanner.scan(text);
    distinct.collect(scanner.data(), scanner.words());
  }
  Strings found() const {
    Strings words;
    for (const AnalysedTerm& word : distinct.found()) {
      words.emplace_back(scanner.data() + word.begin, word.bytes);
      CHECK(word.hash == term_hash(words.back()));
    }
    return words;
  }
};

TEST_CASE("distinct words are numbered in order of first occurrence and counted") {
  Collected text;
  text.collect("to be or not to be: to_be");
  CHECK(text.found() == Strings{"to", "be", "or", "not", "to_be"});
  const std::span<const u32> numbers = text.distinct.numbers();
  CHECK(std::vector<u32>(numbers.begin(), numbers.end()) == std::vector<u32>{0, 1, 2, 3, 0, 1, 4});
  CHECK(text.distinct.found()[0].tf == 2);
  CHECK(text.distinct.found()[2].tf == 1);
  text.collect("");
  CHECK(text.found().empty());
  CHECK(text.distinct.numbers().empty());
}

TEST_CASE("the table grows within a text, and the next text finds it empty") {
  std::string many;
  Strings names;
  for (u32 i = 0; i < 5000; ++i) {
    names.push_back("name" + std::to_string(i) + (i % 3 == 0 ? "_that_is_longer_than_short" : ""));
    many += names.back() + " " + names[i / 2] + " ";
  }
  Collected text;
  for (int round = 0; round < 3; ++round) {
    text.collect(many);
    CHECK(text.found() == names);
    text.collect("name7 other");
    CHECK(text.found() == Strings{"name7", "other"});
  }
  CHECK(text.distinct.memory_bytes() > 5000 * sizeof(AnalysedTerm));
}

}  // namespace
}  // namespace shale
