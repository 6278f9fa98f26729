// Ranked search over one shard, in one process and one thread: what `./run prove search` prints.
//
//   search_figures rank SHARD [PER_PATTERN [K [PATTERN]]]   any of the words, by the ranker alone
//   search_figures kinds SHARD [COUNT [PER_PATTERN [KIND]]] what else a query may be, by the engine
//
// Beside them block-max WAND, MaxScore and conjunction on the same lists. Every algorithm has five
// turns per query, interleaved, in each of which it runs some times in a row, and the fastest run
// counts (there are fewer where a query takes long); all must agree on scores and counts, or the
// program ends with 1. The yardstick's lists lie ready, its queries are parsed, no id is read
// there; so it is with `range maxima` and `every word`, while what `engine` does beyond that counts
// against it. Prints one JSON object; times in microseconds (figures.hpp).
#include <cmath>
#include <functional>

#include "bench/block_max.hpp"
#include "bench/figures.hpp"
#include "bench/sampled_queries.hpp"
#include "model/bm25.hpp"
#include "query/engine.hpp"
#include "query/parser.hpp"
#include "query/view_search.hpp"

namespace {

using namespace shale::bench;
using shale::u32;

constexpr int rounds = 5;
constexpr double patience_us = 500'000;  // for all rounds of a query

class Collection {
 public:
  explicit Collection(const char* path)
      : shard_(shale::shard::Shard::open(path, nullptr).value()),
        view_{shard_, std::make_shared<shale::Overlay>()},
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

  const shale::Term& term(const std::string& word) {
    const auto known = terms_.find(word);
    if (known != terms_.end()) return known->second;
    return terms_.emplace(word, shard_->find_term(word).value().value()).first->second;
  }

  shale::query::RankedAnswer search(const SampledQuery& query, shale::Match match,
                                    std::size_t limit) const {
    shale::Query asked;
    asked.text = query.text();
    asked.match = match;
    asked.limit = limit;
    return shale::query::search(std::span(&view_, 1), asked, analysis_).value();
  }

  // What ranks a query once its words are known: as far as the yardstick's lists are.
  struct Prepared {
    shale::query::Plan plan;
    std::optional<shale::query::ViewSearch> search;
    std::vector<float> weights;
  };
  const Prepared& prepared(const SampledQuery& query) {
    const auto [at, is_new] = prepared_.try_emplace(query.text());
    Prepared& made = at->second;
    if (!is_new) return made;
    const auto parsed = shale::query::parse_query(at->first, 0, nullptr);
    made.plan = shale::query::make_plan(parsed.root, analysis_, true);
    made.search.emplace(view_, made.plan).look_up().value();
    std::vector<shale::u64> df(made.plan.units.size(), 0);
    made.search->add_df(df).value();
    for (const shale::u64 one : df) made.weights.push_back(idf(u32(one)));
    return made;
  }

  std::vector<const BlockMaxList*> lists_of(const SampledQuery& query) {
    std::vector<const BlockMaxList*> lists;
    for (const std::string& word : query.words) lists.push_back(&list_of(word));
    return lists;
  }

 private:
  const BlockMaxList& list_of(const std::string& word) {
    const auto known = lists_.find(word);
    if (known != lists_.end()) return known->second;
    const shale::Term term = shard_->find_term(word).value().value();
    std::vector<u32> docs, tfs;
    shard_->postings(term, docs, tfs).value();
    return lists_.try_emplace(word, docs, tfs, idf(term.df), norms_).first->second;
  }

  std::shared_ptr<const shale::shard::Shard> shard_;
  shale::IndexView view_;
  shale::Analysis analysis_ = shale::analysis_of(shard_->info().analysis).value();
  float average_length_;
  std::vector<float> norms_;
  std::map<std::string, BlockMaxList> lists_;
  std::map<std::string, shale::Term> terms_;
  std::map<std::string, Prepared> prepared_;
};

// Scores best first, and how many documents there are where that was asked.
struct Found {
  std::vector<float> scores;
  std::size_t total = 0;

  bool agrees(const Found& other) const {
    if (scores.size() != other.scores.size() || total != other.total) return false;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const float slack = 1e-4f * std::max(1.0f, scores[i]);
      if (std::abs(scores[i] - other.scores[i]) > slack) return false;
    }
    return true;
  }
};

Found found_of(const std::vector<ScoredDoc>& documents, std::size_t total = 0) {
  Found found{{}, total};
  for (const ScoredDoc& one : documents) found.scores.push_back(one.score);
  return found;
}

Found found_of(const shale::query::RankedAnswer& answer) {
  Found found{{}, answer.total};
  for (const shale::query::Ranked& hit : answer.hits) found.scores.push_back(hit.score);
  return found;
}

std::vector<float> best_scores(const std::vector<shale::query::ScoredDocument>& found,
                               std::size_t k) {
  std::vector<float> scores;
  for (const auto& one : found) scores.push_back(one.score);
  std::sort(scores.begin(), scores.end(), std::greater<>());
  scores.resize(std::min(scores.size(), k));
  return scores;
}

struct Algorithm {
  const char* name;
  std::function<Found(const SampledQuery&)> run;
  std::vector<double> best = {};  // microseconds of each query
};

// Of the same queries; says how many answers differ from the first algorithm's.
std::size_t run_all(Collection& collection, const std::vector<SampledQuery>& queries,
                    std::vector<Algorithm>& algorithms) {
  std::size_t disagreed = 0;
  for (const SampledQuery& query : queries) {
    std::vector<Found> answers(algorithms.size());
    for (Algorithm& algorithm : algorithms) algorithm.best.push_back(1e9);
    double spent = 0;
    for (int round = 0; round < rounds && spent < patience_us; ++round) {
      if (algorithms.size() > 1) {  // made outside the time taken
        collection.lists_of(query);
        collection.prepared(query);
      }
      for (std::size_t i = 0; i < algorithms.size(); ++i) {
        const double took = warm_microseconds_of([&] { answers[i] = algorithms[i].run(query); });
        algorithms[i].best.back() = std::min(algorithms[i].best.back(), took);
        spent += took;
      }
    }
    for (const Found& answer : answers) disagreed += answer.agrees(answers[0]) ? 0 : 1;
  }
  return disagreed;
}

void print(const std::vector<SampledQuery>& queries, const Algorithm& algorithm) {
  std::map<std::string, std::vector<double>> groups;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    groups[std::to_string(queries[i].words.size()) + " words"].push_back(algorithm.best[i]);
    groups[queries[i].kind].push_back(algorithm.best[i]);
  }
  std::printf(",\"%s\":{%s", algorithm.name, shares_of(algorithm.best).c_str());
  for (const auto& [name, values] : groups) {
    std::printf(",\"%s\":%.1f", name.c_str(), at_share(values, .5));
  }
  std::printf("}");
}

// -- any of the words --

Found rank_union(Collection& collection, const SampledQuery& query, std::size_t k) {
  std::vector<shale::query::WeightedWord> words;
  std::vector<std::pair<std::vector<u32>, std::vector<u32>>> lists(query.words.size());
  for (const std::string& name : query.words) {
    const shale::Term term = collection.term(name);  // no dictionary is part of what is measured
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
  return {best_scores(found, k)};
}

int rank(const char* path, int per_pattern, std::size_t k, const std::string& pattern) {
  Collection collection(path);
  const std::vector<SampledQuery> queries =
      QuerySampler(collection.shard()).by_pattern(per_pattern, pattern);
  const auto lists = [&](const SampledQuery& q) { return collection.lists_of(q); };
  std::vector<Algorithm> algorithms = {
      {"block-max WAND",
       [&](const SampledQuery& q) {
         return found_of(block_max_wand(lists(q), collection.norms(), k));
       }},
      {"block-max MaxScore",
       [&](const SampledQuery& q) {
         return found_of(block_max_maxscore(lists(q), collection.norms(), k));
       }},
      {"range maxima", [&](const SampledQuery& q) { return rank_union(collection, q, k); }}};
  const std::size_t disagreed = run_all(collection, queries, algorithms);
  std::printf("{\"documents\":%u,\"queries\":%zu,\"k\":%zu,\"disagreed\":%zu",
              collection.shard().document_count(), queries.size(), k, disagreed);
  for (const Algorithm& algorithm : algorithms) print(queries, algorithm);
  std::printf("}\n");
  return disagreed == 0 ? 0 : 1;
}

// -- whatever else --

constexpr std::size_t hits_wanted = 10;

// One kind of query, each algorithm on all of its queries.
std::size_t measure(const char* name, Collection& collection,
                    const std::vector<SampledQuery>& queries, std::vector<Algorithm> algorithms) {
  const std::size_t disagreed = run_all(collection, queries, algorithms);
  std::printf(",\"%s\":{\"queries\":%zu", name, queries.size());
  for (const Algorithm& algorithm : algorithms) print(queries, algorithm);
  std::printf("}");
  std::fflush(stdout);
  return disagreed;
}

Found all_of_them(Collection& collection, const SampledQuery& query) {
  const Collection::Prepared& asked = collection.prepared(query);
  const shale::query::Matches matches = asked.search->matches({}).value();
  shale::query::BestScores best(hits_wanted);
  std::vector<shale::query::ScoredDocument> found;
  asked.search->score(matches, asked.weights, collection.average_length(), hits_wanted, best, found)
      .value();
  return {best_scores(found, hits_wanted), matches.count};
}

std::vector<Algorithm> conjunctions(Collection& collection) {
  const auto lists = [&](const SampledQuery& q) { return collection.lists_of(q); };
  return {{"block-max, then a count",
           [&, lists](const SampledQuery& q) {
             const auto best = block_max_and(lists(q), collection.norms(), hits_wanted);
             return found_of(best, count_and(lists(q)));
           }},
          {"block-max, counting",
           [&, lists](const SampledQuery& q) {
             std::size_t total = 0;
             const auto best =
                 block_max_and_counted(lists(q), collection.norms(), hits_wanted, total);
             return found_of(best, total);
           }},
          {"every word", [&](const SampledQuery& q) { return all_of_them(collection, q); }},
          {"engine", [&](const SampledQuery& q) {
             return found_of(collection.search(q, shale::Match::all, hits_wanted));
           }}};
}

std::vector<Algorithm> engine(Collection& collection, shale::Match match, std::size_t limit) {
  return {{"engine", [&collection, match, limit](const SampledQuery& q) {
             return found_of(collection.search(q, match, limit));
           }}};
}

shale::u64 terms_of(const shale::shard::Shard& shard) {
  shale::u64 count = 0;
  shard
      .for_each_term("",
                     [&](std::string_view, const shale::Term&) {
                       ++count;
                       return true;
                     })
      .value();
  return count;
}

// Queries are drawn of every kind, measured or not, so that those of one are always the same.
int kinds(const char* path, int count, int per_pattern, const std::string& only) {
  Collection collection(path);
  QuerySampler sampler(collection.shard());
  const std::vector<SampledQuery> words = sampler.by_pattern(per_pattern);
  const std::vector<SampledQuery> phrases = sampler.phrases(count);
  const std::vector<SampledQuery> prefixes = sampler.prefixes(count);
  const std::vector<SampledQuery> fuzzy = sampler.fuzzy(count / 4);
  std::printf("{\"documents\":%u,\"terms\":%llu", collection.shard().document_count(),
              static_cast<unsigned long long>(terms_of(collection.shard())));
  std::size_t disagreed = 0;
  const auto measure_kind = [&](const char* name, const std::vector<SampledQuery>& queries,
                                std::vector<Algorithm> algorithms) {
    if (!only.empty() && only != name) return;
    disagreed += measure(name, collection, queries, std::move(algorithms));
  };
  const auto all = engine(collection, shale::Match::all, hits_wanted);
  measure_kind("and", words, conjunctions(collection));
  measure_kind("or", words, engine(collection, shale::Match::any, hits_wanted));
  measure_kind("count of or", words, engine(collection, shale::Match::any, 0));
  measure_kind("phrase", phrases, all);
  measure_kind("prefix", prefixes, all);
  measure_kind("fuzzy", fuzzy, all);
  std::printf(",\"disagreed\":%zu}\n", disagreed);
  return disagreed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string verb = argc > 1 ? argv[1] : "";
  const auto number = [&](int at, int otherwise) {
    return argc > at ? std::stoi(argv[at]) : otherwise;
  };
  if (verb == "rank" && argc >= 3 && argc <= 6) {
    return rank(argv[2], number(3, 60), std::size_t(number(4, 10)), argc > 5 ? argv[5] : "");
  }
  if (verb == "kinds" && argc >= 3 && argc <= 6) {
    return kinds(argv[2], number(3, 400), number(4, 20), argc > 5 ? argv[5] : "");
  }
  std::fprintf(stderr,
               "usage: search_figures rank SHARD [PER_PATTERN [K [PATTERN]]] | "
               "kinds SHARD [COUNT [PER_PATTERN [KIND]]]\n");
  return 2;
}
