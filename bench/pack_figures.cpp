// Packs over random queries of a store: whether any is over its budget, how full they are, how long
// they take, and a digest of all their bytes to compare builds by.
//
//   pack_figures STORE COUNT SEED [TOKENIZER]
//
// A query is one to four words, or two in a row as a phrase, of a random document; now and then it
// is empty. Budgets are log-uniform from 100 to 32,000. The time is that of COUNT / 10 packs of
// 8,000 tokens. `enough`: something that matched had no room, so the pack could have been full; the
// unused shares are of those. Prints one JSON object; times in microseconds of the thread
// (figures.hpp). Ends with 1 where a pack is over by the counter applied to its body, or says it
// used something else.
#include <chrono>
#include <cmath>
#include <filesystem>
#include <random>

#include <shale/shale.hpp>

#include "bench/figures.hpp"
#include "pack/selection.hpp"
#include "pack/tokenizers.hpp"
#include "shard/shard.hpp"
#include "text/query_words.hpp"

namespace {

using namespace shale::bench;
using shale::u32;
using shale::u64;

constexpr double budget_min = 100, budget_max = 32'000;

// Words of the shards' documents.
class Questions {
 public:
  Questions(const std::filesystem::path& folder, u32 seed) : random_(seed) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() == ".shard") paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    for (const auto& path : paths) {
      shards_.push_back(shale::shard::Shard::open(path, nullptr).value());
    }
  }
  bool empty() const { return shards_.empty(); }

  std::string text() {
    if (below(50) == 0) return {};
    for (;;) {
      const auto& shard = *shards_[below(u32(shards_.size()))];
      const auto analysis = shale::analysis_of(shard.info().analysis).value();
      const auto text = shard.text(shale::DocNo{below(shard.document_count())}).value();
      const auto words = shale::query_words(text, analysis);
      if (words.size() < 8) continue;
      if (below(8) == 0) {
        const u32 first = below(u32(words.size()) - 1);
        return '"' + words[first].surface + ' ' + words[first + 1].surface + '"';
      }
      std::string query;
      for (u32 i = 1 + below(4); i-- > 0;) {
        query.append(query.empty() ? "" : " ").append(words[below(u32(words.size()))].surface);
      }
      return query;
    }
  }
  u64 budget() {
    const double share = double(below(1u << 20)) / double(1u << 20);
    return u64(budget_min * std::exp(share * std::log(budget_max / budget_min)));
  }
  u32 below(u32 n) { return u32(random_() % n); }

 private:
  std::vector<std::shared_ptr<const shale::shard::Shard>> shards_;
  std::mt19937 random_;
};

bool is_enough(const shale::Pack& pack) {
  const auto had_no_room = [](const auto& one) { return one.reason == shale::SkipReason::no_room; };
  return pack.matched > pack.segments.size() + pack.skipped.size() ||
         std::any_of(pack.skipped.begin(), pack.skipped.end(), had_no_room) ||
         std::any_of(pack.segments.begin(), pack.segments.end(),
                     [](const auto& one) { return one.is_cut; });
}

struct Figures {
  std::size_t over = 0, wrong = 0, empty = 0;
  std::size_t uneven = 0;      // the body is not the sum of its blocks
  std::vector<double> unused;  // shares, where enough matched
  std::size_t segments = 0, cut = 0;
  std::size_t skipped[4] = {};
  std::string digest;

  void add(const shale::Pack& pack, u64 budget, const shale::CountTokens& count) {
    const u64 tokens = count(pack.body);
    over += tokens > budget ? 1 : 0;
    wrong += tokens != pack.used || pack.used + pack.left != budget ? 1 : 0;
    empty += pack.body.empty() ? 1 : 0;
    if (is_enough(pack)) unused.push_back(double(pack.left) / double(budget));
    segments += pack.segments.size();
    u64 sum = 0;
    for (const auto& one : pack.segments) {
      cut += one.is_cut ? 1 : 0;
      sum += one.tokens;
    }
    uneven += sum != tokens ? 1 : 0;
    for (const auto& one : pack.skipped) ++skipped[std::size_t(one.reason)];
    digest = shale::pack::hash_of(digest + pack.hash);
  }
};

shale::PackQuery query_of(Questions& questions, const char* tokenizer) {
  shale::PackQuery query{.text = questions.text(), .match = shale::Match::auto_};
  query.tokenizer = tokenizer;
  if (questions.below(4) == 0) query.match = shale::Match::any;
  if (questions.below(2) == 0) query.format = shale::PackFormat::markdown;
  return query;
}

int measure(const std::filesystem::path& path, int count, u32 seed, const char* tokenizer) {
  const auto store = shale::Store::open(path, {.read_only = true}).value();
  const auto now = store.project("default").value().snapshot().value();
  Questions questions(path / "projects" / "default" / "shards", seed);
  if (questions.empty()) return 2;
  const shale::CountTokens counter = shale::pack::token_counter_for(tokenizer).value();
  Figures figures;
  for (int i = 0; i < count; ++i) {
    shale::PackQuery query = query_of(questions, tokenizer);
    query.tokens = questions.budget();
    figures.add(now.pack(query).value(), query.tokens, counter);
  }
  std::vector<double> times, clock_times;
  for (int i = 0; i < std::max(count / 10, 1); ++i) {
    const shale::PackQuery query = query_of(questions, tokenizer);
    const auto start = std::chrono::steady_clock::now();
    times.push_back(microseconds_of([&] { (void)now.pack(query).value(); }));
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
    clock_times.push_back(took.count());
  }
  std::printf("{\"packs\":%d,\"over\":%zu,\"miscounted\":%zu,\"uneven\":%zu,", count, figures.over,
              figures.wrong, figures.uneven);
  std::printf("\"empty\":%zu,\"enough\":%zu,", figures.empty, figures.unused.size());
  std::printf("\"unused_median\":%.4f,\"unused_p95\":%.4f,\"segments\":%zu,\"cut\":%zu,",
              at_share(figures.unused, .5), at_share(figures.unused, .95), figures.segments,
              figures.cut);
  std::printf("\"blank\":%zu,\"identical\":%zu,\"alike\":%zu,\"no_room\":%zu,", figures.skipped[0],
              figures.skipped[1], figures.skipped[2], figures.skipped[3]);
  std::printf("\"pack_of_8000\":{%s},\"wall_median\":%.1f,\"digest\":\"%s\"}\n",
              shares_of(times).c_str(), at_share(clock_times, .5), figures.digest.c_str());
  return figures.over + figures.wrong == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4 || argc > 5) {
    std::fprintf(stderr, "usage: pack_figures STORE COUNT SEED [TOKENIZER]\n");
    return 2;
  }
  return measure(argv[1], std::stoi(argv[2]), u32(std::stoul(argv[3])),
                 argc > 4 ? argv[4] : "o200k_base");
}
