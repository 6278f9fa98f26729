// Queries that a shard's own documents suggest, drawn at random with a fixed seed: what every
// figure of search is measured with.
//
// Words of a query stand together in a random document. By how frequent they are: H in 2 % of the
// documents or more, M in 0.1 to 2 %, L in ten or more; `HML` is a query of one of each. Phrases
// are words in a row, prefixes the beginnings of longer words, fuzzy words have one letter changed,
// and a filter asks for the topic of the document that its words come from. No part of the product.
#pragma once

#include <map>
#include <random>
#include <string>
#include <vector>

#include "shard/shard.hpp"
#include "text/analysis.hpp"

namespace shale::bench {

struct SampledQuery {
  std::string kind;  // a pattern of H, M and L, or phrase, prefix, fuzzy
  std::vector<std::string> words;
  std::string topic = {};  // of a filtered query

  // As the query language has it.
  std::string text() const;
  std::string where() const { return topic.empty() ? "" : "topic:" + topic; }
};

class QuerySampler {
 public:
  explicit QuerySampler(const shard::Shard& shard);

  // Of every pattern, or of `only` where it is not empty.
  std::vector<SampledQuery> by_pattern(int per_pattern, const std::string& only = "");
  std::vector<SampledQuery> phrases(int count);   // two or three words
  std::vector<SampledQuery> prefixes(int count);  // three to five letters
  std::vector<SampledQuery> fuzzy(int count);     // words of five letters or more
  std::vector<SampledQuery> filtered(int count);  // one or two words, M or L

 private:
  DocNo random_document();
  u32 below(u32 n) { return u32(random_() % n); }
  char class_of(const std::string& word);
  char find_class(const std::string& word) const;
  bool pick(DocNo doc, SampledQuery& query);
  template <class Make>
  std::vector<SampledQuery> sample(int count, const Make& make);

  const shard::Shard& shard_;
  Analysis analysis_;
  std::mt19937 random_;
  std::map<std::string, char> classes_;
};

}  // namespace shale::bench
