#include "text/stemmer.hpp"

#include <string>
#include <utility>

#include "tests/support/catch.hpp"

namespace shale {
namespace {

TEST_CASE("English stems") {
  Stemmer stemmer;
  const std::pair<std::string_view, std::string_view> words[] = {
      {"running", "run"},
      {"merges", "merg"},
      {"libraries", "librari"},
      {"names", "name"},
      {"news", "news"},
      {"x", "x"},
      {"some_names", "some_nam"},
      {"names2", "names2"},
      {"caf\xC3\xA9s", "caf\xC3\xA9"},  // by letters, not by bytes
      {"\xD0\xB6\xD1\x83\xD0\xBA", "\xD0\xB6\xD1\x83\xD0\xBA"}};
  for (const auto& [word, stem] : words) CHECK(std::string(stemmer.stem(word)) == stem);
}

TEST_CASE("no word loses all its letters, however long") {
  Stemmer stemmer;
  for (const std::string_view end : {"s", "ed", "ing", "y", "e", "ly", "'s", "ational"}) {
    CHECK_FALSE(stemmer.stem(end).empty());
  }
  const std::string word(255, 'a');
  CHECK(stemmer.stem(word) == word);
}

TEST_CASE("a stemmer may move") {
  Stemmer stemmer;
  Stemmer moved = std::move(stemmer);
  CHECK(moved.stem("walked") == "walk");
}

}  // namespace
}  // namespace shale
