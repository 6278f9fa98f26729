// The documents of an index whose text has a match of a regular expression.
//
// First the words: where a match lies within one word (Regex::is_within_word), the dictionary alone
// answers, in an index whose terms are the words themselves (analysis `plain`). Else literals of
// the pattern (its atoms) lead over the dictionary to the documents that may match, and their texts
// are read, in document order. That work is bounded by PatternLimits, over all patterns and indexes
// of one search: documents whose texts were not looked at any more are `unknown` and the answer is
// partial. A text that cannot be read is unknown too, and a fault.
//
// What a text says decides; two things words do not tell: İ is an i in words, and case is then
// ignored by the words' folding. One per search, one thread; used by search and view_search.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <shale/query.hpp>

#include "base/dense_set.hpp"
#include "model/overlay.hpp"
#include "query/regex.hpp"
#include "text/analysis.hpp"

namespace shale::query {

struct PatternLimits {
  u32 patterns = 8;    // distinct ones in a query; further ones are words
  u32 texts = 20'000;  // looked at
  u64 bytes = u64(16) << 20;
  u64 cpu_us = 40'000;  // of the thread, on words and texts: what patterns made to be slow run into
};

struct PatternMatches {
  DenseSet docs;     // dead ones may be among them
  DenseSet unknown;  // live, not looked at; none is in `docs`
  u32 count = 0;     // of docs
};

class PatternSearch {
 public:
  explicit PatternSearch(Analysis analysis, PatternLimits limits = {});
  ~PatternSearch();
  // Whether it is a regular expression: what the parser asks.
  bool accepts(std::string_view pattern);
  // Of an accepted pattern.
  std::shared_ptr<const Regex> regex(std::string_view pattern) const;
  // Found once for each index.
  Result<std::shared_ptr<const PatternMatches>> find(const IndexView& view,
                                                     std::string_view pattern);
  // Whether some answer has unknown documents.
  bool is_partial() const { return is_partial_; }
  const std::vector<Fault>& faults() const { return faults_; }

 private:
  class Finder;
  bool is_spent() const;

  Analysis analysis_;
  PatternLimits limits_;
  u64 started_us_ = 0;
  u32 texts_ = 0;
  u64 bytes_ = 0;
  bool is_partial_ = false;
  std::vector<Fault> faults_;
  std::map<std::string, std::shared_ptr<const Regex>, std::less<>> regexes_;
  std::map<std::pair<const Index*, std::string>, std::shared_ptr<const PatternMatches>> found_;
};

}  // namespace shale::query
