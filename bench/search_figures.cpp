// Ranked search over one shard beside block-max WAND and MaxScore on the same lists, in one process
// and one thread: what `./run prove search` prints.
//
//   search_figures rank SHARD [PER_PATTERN [K [PATTERN]]]
//
// Queries are words that stand together in a random document, by how frequent they are: H in 2 % of
// the documents or more, M 0.1 to 2 %, L in ten documents or more. Every algorithm runs five times
// per query, interleaved, and the fastest counts; all must agree on the scores. Prints one JSON
// object; times in microseconds.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "bench/block_max.hpp"
#include "model/bm25.hpp"
#include "query/engine.hpp"
#include "query/union_ranker.hpp"
#include "shard/shard.hpp"
#include "text/query_words.hpp"

namespace {

using shale::u32;
using Clock = std::chrono::steady_clock;

constexpr int rounds = 5;
const std::vector<std::string> patterns = {"H",   "M",    "L",    "HH",   "HM",   "HL",  "MM",
                                           "ML",  "LL",   "HHH",  "HHM",  "HMM",  "HML", "MMM",
                                           "MML", "HHHH", "HHMM", "HMML", "MMMM", "MMLL"};

struct BenchQuery {
  std::string pattern;
  std::vector<std::string> words;
  std::vector<shale::Term> terms = {};
};

class Collection {
 public:
  explicit Collection(const char* path)
      : shard_(shale::shard::Shard::open(path, nullptr).value()),
        average_length_(shale::CorpusStatistics{shard_->document_count(), shard_->word_count()}
                            .average_length()) {
    std::vector<u32> lengths(shard_->document_count());
    for (u32 first = 0; first < lengths.size(); first += 4096) {
      const std::size_t count = std::min<std::size_t>(4096, lengths.size() - first);
      shard_->lengths(first, std::span(lengths).subspan(first, count)).value();
    }
    for (const u32 length : lengths) norms_.push_back(shale::bm25_norm(length, average_length_));
  }

  const shale::shard::Shard& shard() const { return *shard_; }
  float average_length() const { return average_length_; }
  std::span<const float> norms() const { return norms_; }
  float idf(u32 df) const { return shale::bm25_idf(shard_->document_count(), df); }

  char class_of(const std::string& word) {
    const auto known = classes_.find(word);
    if (known != classes_.end()) return known->second;
    return classes_[word] = find_class(word);
  }

  const shale::bench::BlockMaxList& block_max(const std::string& word) {
    const auto known = lists_.find(word);
    if (known != lists_.end()) return known->second;
    const shale::Term term = shard_->find_term(word).value().value();
    std::vector<u32> docs, tfs;
    shard_->postings(term, docs, tfs).value();
    return lists_.try_emplace(word, docs, tfs, idf(term.df), norms_).first->second;
  }

  // Of one pattern, or of all where it is empty.
  std::vector<BenchQuery> queries(int per_pattern, const std::string& only) {
    std::mt19937 random(42);
    std::vector<BenchQuery> made;
    for (const std::string& pattern : patterns) {
      if (!only.empty() && pattern != only) continue;
      int count = 0;
      for (int tries = 0; tries < 20'000 && count < per_pattern; ++tries) {
        BenchQuery query{pattern, {}};
        if (!pick(random, query)) continue;
        // No algorithm's dictionary is part of what is measured.
        for (const std::string& word : query.words) {
          query.terms.push_back(shard_->find_term(word).value().value());
        }
        made.push_back(std::move(query));
        ++count;
      }
    }
    return made;
  }

 private:
  char find_class(const std::string& word) const {
    if (word.size() < 2 || word[0] < 'a' || word[0] > 'z') return 0;
    const auto term = shard_->find_term(word).value();
    const u32 documents = shard_->document_count();
    if (!term || term->df < 10) return 0;
    if (term->df >= documents / 50) return 'H';
    return term->df >= documents / 1000 ? 'M' : 'L';
  }

  bool pick(std::mt19937& random, BenchQuery& query) {
    const auto doc = shale::DocNo{u32(random() % shard_->document_count())};
    std::vector<std::string> words = shale::query_terms(shard_->text(doc).value(), analysis_);
    std::shuffle(words.begin(), words.end(), random);
    for (const char wanted : query.pattern) {
      const auto at = std::find_if(words.begin(), words.end(), [&](const std::string& word) {
        return class_of(word) == wanted;
      });
      if (at == words.end()) return false;
      query.words.push_back(*at);
      words.erase(at);
    }
    return true;
  }

  std::shared_ptr<const shale::shard::Shard> shard_;
  shale::Analysis analysis_ = shale::analysis_of(shard_->info().analysis).value();
  float average_length_;
  std::vector<float> norms_;
  std::map<std::string, char> classes_;
  std::map<std::string, shale::bench::BlockMaxList> lists_;
};

// Best first, scores alone.
using Scores = std::vector<float>;

Scores scores_of(const std::vector<shale::bench::ScoredDoc>& documents) {
  Scores scores;
  for (const auto& one : documents) scores.push_back(one.score);
  return scores;
}

struct Algorithm {
  const char* name;
  std::function<Scores(const BenchQuery&)> run;
  std::vector<double> best = {};
};

Scores rank_union(Collection& collection, const BenchQuery& query, std::size_t k) {
  std::vector<shale::query::WeightedWord> words;
  std::vector<std::pair<std::vector<u32>, std::vector<u32>>> lists(query.words.size());
  for (const shale::Term& term : query.terms) {
    shale::query::WeightedWord word;
    word.weight = collection.idf(term.df);
    word.df = term.df;
    word.ranges = collection.shard().range_postings(term).value();
    auto& [docs, tfs] = lists[words.size()];
    if (word.ranges == nullptr) collection.shard().postings(term, docs, tfs).value();
    word.docs = docs;
    word.tfs = tfs;
    words.push_back(std::move(word));
  }
  shale::query::BestScores best(k);
  std::vector<shale::query::ScoredDocument> found;
  shale::query::rank_union(collection.shard(), words, collection.average_length(), nullptr, best,
                           found)
      .value();
  Scores scores;
  for (const auto& one : found) scores.push_back(one.score);
  std::sort(scores.begin(), scores.end(), std::greater<>());
  scores.resize(std::min(scores.size(), k));
  return scores;
}

bool agree(const Scores& a, const Scores& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::abs(a[i] - b[i]) > 1e-4f * std::max(1.0f, a[i])) return false;
  }
  return true;
}

double at_share(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::size_t(share * double(values.size() - 1))];
}

void print(const std::vector<BenchQuery>& queries, const Algorithm& algorithm) {
  double sum = 0;
  std::map<std::string, std::vector<double>> groups;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    sum += algorithm.best[i];
    groups[std::to_string(queries[i].words.size()) + " words"].push_back(algorithm.best[i]);
    groups[queries[i].pattern].push_back(algorithm.best[i]);
  }
  std::printf("\"%s\":{\"median\":%.1f,\"mean\":%.1f,\"p99\":%.0f", algorithm.name,
              at_share(algorithm.best, .5), sum / double(queries.size()),
              at_share(algorithm.best, .99));
  for (const auto& [name, values] : groups) {
    std::printf(",\"%s\":%.1f", name.c_str(), at_share(values, .5));
  }
  std::printf("}");
}

std::vector<const shale::bench::BlockMaxList*> lists_of(Collection& collection,
                                                        const BenchQuery& query) {
  std::vector<const shale::bench::BlockMaxList*> lists;
  for (const std::string& word : query.words) lists.push_back(&collection.block_max(word));
  return lists;
}

int rank(const char* path, int per_pattern, std::size_t k, const std::string& pattern) {
  Collection collection(path);
  const std::vector<BenchQuery> queries = collection.queries(per_pattern, pattern);
  const auto lists = [&](const BenchQuery& q) { return lists_of(collection, q); };
  std::vector<Algorithm> algorithms = {
      {"block-max WAND",
       [&](const BenchQuery& q) {
         return scores_of(shale::bench::block_max_wand(lists(q), collection.norms(), k));
       }},
      {"block-max MaxScore",
       [&](const BenchQuery& q) {
         return scores_of(shale::bench::block_max_maxscore(lists(q), collection.norms(), k));
       }},
      {"range maxima", [&](const BenchQuery& q) { return rank_union(collection, q, k); }}};
  std::size_t disagreed = 0;
  for (const BenchQuery& query : queries) {
    std::vector<Scores> answers(algorithms.size());
    for (Algorithm& algorithm : algorithms) algorithm.best.push_back(1e9);
    for (int round = 0; round < rounds; ++round) {
      for (std::size_t i = 0; i < algorithms.size(); ++i) {
        lists(query);  // built outside the time taken
        const Clock::time_point start = Clock::now();
        answers[i] = algorithms[i].run(query);
        const double took = std::chrono::duration<double, std::micro>(Clock::now() - start).count();
        algorithms[i].best.back() = std::min(algorithms[i].best.back(), took);
      }
    }
    for (const Scores& answer : answers) disagreed += agree(answer, answers[0]) ? 0 : 1;
  }
  std::printf("{\"documents\":%u,\"queries\":%zu,\"k\":%zu,\"disagreed\":%zu,",
              collection.shard().document_count(), queries.size(), k, disagreed);
  for (std::size_t i = 0; i < algorithms.size(); ++i) {
    if (i > 0) std::printf(",");
    print(queries, algorithms[i]);
  }
  std::printf("}\n");
  return disagreed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string verb = argc > 1 ? argv[1] : "";
  if (verb == "rank" && argc >= 3 && argc <= 6) {
    return rank(argv[2], argc > 3 ? std::stoi(argv[3]) : 60,
                argc > 4 ? std::size_t(std::stoul(argv[4])) : 10, argc > 5 ? argv[5] : "");
  }
  std::fprintf(stderr, "usage: search_figures rank SHARD [PER_PATTERN [K [PATTERN]]]\n");
  return 2;
}
