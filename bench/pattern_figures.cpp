// How long words asked for by pattern take on one shard: prefixes, fuzzy words, regular
// expressions.
//
//   pattern_figures SHARD [QUERIES]           figures of each kind, as one JSON object
//   pattern_figures SHARD text QUERY...       the time and total of each query text
//
// Queries are whole searches in process (parse, plan, all documents counted, the best ten with
// their ids), warm: each runs five times and the fastest counts. The words they are made of stand
// in random documents, one of four letters or more from each, so that frequent words come often.
// Times are microseconds of the thread's processor time: what it takes where nobody else is there.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include "query/engine.hpp"
#include "shard/shard.hpp"
#include "text/query_words.hpp"

namespace {

using shale::u32;

constexpr int rounds = 5;
constexpr std::size_t letters_min = 4;

double cpu_microseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return double(now.tv_sec) * 1e6 + double(now.tv_nsec) / 1e3;
}

struct Took {
  double best = 1e12;
  std::uint64_t total = 0;
};

class Patterns {
 public:
  explicit Patterns(const char* path)
      : shard_(shale::shard::Shard::open(path, nullptr).value()),
        analysis_(
            shale::analysis_of(shard_->info().analysis, shard_->info().words_version).value()),
        views_{{shard_, std::make_shared<const shale::Overlay>()}} {}

  u32 documents() const { return shard_->document_count(); }

  std::vector<std::string> words(int count) const {
    std::mt19937 random(42);
    std::vector<std::string> words;
    for (int tries = 0; tries < 1000 * count && int(words.size()) < count; ++tries) {
      const auto doc = shale::DocNo{u32(random() % documents())};
      const auto all = shale::query_terms(shard_->text(doc).value(), analysis_);
      if (all.empty()) continue;
      const std::string& word = all[random() % all.size()];
      const bool letters =
          std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
      if (letters && word.size() >= letters_min) words.push_back(word);
    }
    return words;
  }

  Took run(const std::string& text) const {
    Took took;
    for (int round = 0; round < rounds; ++round) {
      const double start = cpu_microseconds();
      const auto answer = shale::query::search(views_, {.text = text}, analysis_).value();
      took.best = std::min(took.best, cpu_microseconds() - start);
      took.total = answer.total;
    }
    return took;
  }

 private:
  std::shared_ptr<const shale::shard::Shard> shard_;
  shale::Analysis analysis_;
  std::vector<shale::IndexView> views_;
};

double at_share(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::size_t(share * double(values.size() - 1))];
}

void print(const Patterns& patterns, const char* name, const std::vector<std::string>& queries) {
  std::vector<double> times, totals;
  for (const std::string& query : queries) {
    const Took took = patterns.run(query);
    times.push_back(took.best);
    totals.push_back(double(took.total));
  }
  std::printf(",\"%s\":{\"median\":%.0f,\"p90\":%.0f,\"p99\":%.0f,\"most\":%.0f,\"found\":%.0f}",
              name, at_share(times, .5), at_share(times, .9), at_share(times, .99),
              at_share(times, 1), at_share(totals, .5));
}

int figures(const Patterns& patterns, int count) {
  std::vector<std::string> three, four, five, near, far, inside, spread, lines;
  for (const std::string& word : patterns.words(count)) {
    three.push_back(word.substr(0, 3) + "*");
    four.push_back(word.substr(0, 4) + "*");
    if (word.size() > 5) five.push_back(word.substr(0, 5) + "*");
    near.push_back(word + "~");
    far.push_back(word + "~2");
    if (word.size() < 6) continue;
    inside.push_back("/" + word.substr(1, word.size() - 2) + "/");
    spread.push_back("/" + word.substr(0, 3) + "[a-z_]*" + word.substr(word.size() - 3) + "/");
    lines.push_back("/" + word + "\\(.*\\);/");
  }
  std::printf("{\"documents\":%u,\"words\":%zu", patterns.documents(), near.size());
  print(patterns, "prefix of 3", three);
  print(patterns, "prefix of 4", four);
  print(patterns, "prefix of 5", five);
  print(patterns, "fuzzy 1", near);
  print(patterns, "fuzzy 2", far);
  print(patterns, "regex inside a word", inside);
  print(patterns, "regex of two parts", spread);
  print(patterns, "regex over words", lines);
  std::printf("}\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: pattern_figures SHARD [QUERIES | text QUERY...]\n");
    return 2;
  }
  const Patterns patterns(argv[1]);
  if (argc < 3 || argv[2] != std::string("text")) {
    return figures(patterns, argc < 3 ? 100 : std::stoi(argv[2]));
  }
  for (int i = 3; i < argc; ++i) {
    const Took took = patterns.run(argv[i]);
    std::printf("%10.0f us %9llu  %s\n", took.best, static_cast<unsigned long long>(took.total),
                argv[i]);
  }
  return 0;
}
