#include "bench/sampled_queries.hpp"

#include <algorithm>

#include "text/query_words.hpp"

namespace shale::bench {
namespace {

constexpr u32 seed = 42;
constexpr int tries_each = 400;  // of a query before its kind is given up
constexpr const char* patterns[] = {"H",   "M",    "L",    "HH",   "HM",   "HL",  "MM",
                                    "ML",  "LL",   "HHH",  "HHM",  "HMM",  "HML", "MMM",
                                    "MML", "HHHH", "HHMM", "HMML", "MMMM", "MMLL"};

// What all engines take for one word, and a reader for a word.
bool is_plain_word(const std::string& word) {
  return word.size() >= 2 && word.size() <= 40 &&
         std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

}  // namespace

std::string SampledQuery::text() const {
  std::string joined;
  for (const std::string& word : words) joined.append(joined.empty() ? "" : " ").append(word);
  if (kind == "phrase") return '"' + joined + '"';
  if (kind == "prefix") return joined + '*';
  return kind == "fuzzy" ? joined + '~' : joined;
}

QuerySampler::QuerySampler(const shard::Shard& shard)
    : shard_(shard), analysis_(analysis_of(shard.info().analysis).value()), random_(seed) {}

DocNo QuerySampler::random_document() { return DocNo{below(shard_.document_count())}; }

char QuerySampler::class_of(const std::string& word) {
  const auto known = classes_.find(word);
  if (known != classes_.end()) return known->second;
  return classes_[word] = find_class(word);
}

char QuerySampler::find_class(const std::string& word) const {
  if (word.size() < 2 || word[0] < 'a' || word[0] > 'z') return 0;
  const auto term = shard_.find_term(word).value();
  const u32 documents = shard_.document_count();
  if (!term || term->df < 10) return 0;
  if (term->df >= documents / 50) return 'H';
  return term->df >= documents / 1000 ? 'M' : 'L';
}

// Words of the document for the classes of the query's kind.
bool QuerySampler::pick(DocNo doc, SampledQuery& query) {
  std::vector<std::string> words = query_terms(shard_.text(doc).value(), analysis_);
  std::shuffle(words.begin(), words.end(), random_);
  for (const char wanted : query.kind) {
    const auto at = std::find_if(words.begin(), words.end(),
                                 [&](const std::string& word) { return class_of(word) == wanted; });
    if (at == words.end()) return false;
    query.words.push_back(*at);
    words.erase(at);
  }
  return true;
}

// `make` fills in a query of a random document, or says that it has none.
template <class Make>
std::vector<SampledQuery> QuerySampler::sample(int count, const Make& make) {
  std::vector<SampledQuery> made;
  for (int tries = 0; tries < tries_each * count && int(made.size()) < count; ++tries) {
    SampledQuery query;
    if (make(random_document(), query)) made.push_back(std::move(query));
  }
  return made;
}

std::vector<SampledQuery> QuerySampler::by_pattern(int per_pattern, const std::string& only) {
  std::vector<SampledQuery> all;
  for (const char* pattern : patterns) {
    if (!only.empty() && pattern != only) continue;
    const auto made = sample(per_pattern, [&](DocNo doc, SampledQuery& query) {
      query.kind = pattern;
      return pick(doc, query);
    });
    all.insert(all.end(), made.begin(), made.end());
  }
  return all;
}

std::vector<SampledQuery> QuerySampler::phrases(int count) {
  return sample(count, [&](DocNo doc, SampledQuery& query) {
    const std::vector<QueryWord> words = query_words(shard_.text(doc).value(), analysis_);
    const u32 size = 2 + below(3) / 2;
    if (words.size() <= size) return false;
    query.kind = "phrase";
    const u32 first = below(u32(words.size()) - size);
    for (u32 i = first; i < first + size; ++i) query.words.push_back(words[i].surface);
    return std::all_of(query.words.begin(), query.words.end(), is_plain_word);
  });
}

std::vector<SampledQuery> QuerySampler::prefixes(int count) {
  return sample(count, [&](DocNo doc, SampledQuery& query) {
    const std::vector<QueryWord> words = query_words(shard_.text(doc).value(), analysis_);
    if (words.empty()) return false;
    const std::string& word = words[below(u32(words.size()))].surface;
    query.kind = "prefix";
    query.words = {word.substr(0, 3 + below(3))};
    return word.size() >= 6 && is_plain_word(word);
  });
}

std::vector<SampledQuery> QuerySampler::fuzzy(int count) {
  return sample(count, [&](DocNo doc, SampledQuery& query) {
    const std::vector<QueryWord> words = query_words(shard_.text(doc).value(), analysis_);
    if (words.empty()) return false;
    std::string word = words[below(u32(words.size()))].surface;
    if (word.size() < 5 || !is_plain_word(word)) return false;
    word[below(u32(word.size()))] = char('a' + below(26));
    query.kind = "fuzzy";
    query.words = {word};
    return true;
  });
}

std::vector<SampledQuery> QuerySampler::filtered(int count) {
  return sample(count, [&](DocNo doc, SampledQuery& query) {
    static constexpr const char* kinds[] = {"M", "L", "MM", "ML"};
    query.kind = kinds[below(4)];
    query.topic = shard_.metadata(doc).value().topic.value_or("");
    return !query.topic.empty() && pick(doc, query);
  });
}

}  // namespace shale::bench
