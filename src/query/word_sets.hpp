// The documents of an index that hold a word with some beginning, or like another: what a prefix
// and a fuzzy word find, each looked up once in a search, however often it is asked for.
//
// A fuzzy word is put to the whole dictionary: two edits take 15 ms of 100,000 texts of code. So
// that no query takes dozens of times as long, later ones are expanded as long as FuzzyLimits
// allow; the first one always is. One that is not finds its own spelling, in every index, and the
// answer is partial. One per search, one thread; used by search and view_search.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/dense_set.hpp"
#include "base/thread_time.hpp"
#include "model/index.hpp"
#include "query/plan.hpp"

namespace shale::query {

struct FuzzyLimits {
  u32 words = 4;        // distinct ones
  u64 cpu_us = 10'000;  // of the thread since the search began; a further word begins before that
};

class WordSets {
 public:
  explicit WordSets(FuzzyLimits limits = {}) : limits_(limits), started_us_(thread_time_us()) {}

  // Of a prefix or a fuzzy word. Words are terms, and spellings whose term is a stem.
  Result<std::shared_ptr<const DenseSet>> find(const Index& index, const Unit& unit);
  // Whether a fuzzy word was not expanded.
  bool is_partial() const { return is_partial_; }

 private:
  using Word = std::pair<std::string, u32>;  // text, edits; none for a prefix
  struct Key {
    const Index* index;
    Word word;
    auto operator<=>(const Key&) const = default;
  };
  bool expands(const Word& word);

  FuzzyLimits limits_;
  u64 started_us_;
  bool is_partial_ = false;
  std::map<Word, bool> expanded_;  // of fuzzy words, whether they are
  std::map<Key, std::shared_ptr<const DenseSet>> found_;
};

}  // namespace shale::query
