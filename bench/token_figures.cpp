// Figures of counting tokens, as JSON lines on the standard output.
//
//   token_figures check ROWS             lines {count of cl100k_base, of o200k_base, base64}: how
//                                        many there are and how many are counted otherwise
//   token_figures speed VOCABULARY FILE...   MB/s of each file, texts of 64 KiB, one thread
//   token_figures open VOCABULARY        microseconds to open it and count a word, image in the
//                                        page cache; the cache folder is the user's
//   token_figures kept SHARD             nanoseconds to read the kept count of one document
// `./run prove tokens` runs them. Times are those of the thread on its core (figures.hpp).
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>

#include "base/base64.hpp"
#include "base/file.hpp"
#include "bench/figures.hpp"
#include "shard/shard.hpp"
#include "text/token_counter.hpp"
#include "text/utf8.hpp"
#include "text/vocabulary_cache.hpp"

namespace {

using namespace shale;

constexpr usize text_bytes = 64 * 1024;
constexpr int rounds = 7;

void need(const Result<void>& result) {
  if (result) return;
  std::cerr << result.error().message << '\n';
  std::exit(1);
}

template <class T>
T need(Result<T> result) {
  if (!result) {
    std::cerr << result.error().message << '\n';
    std::exit(1);
  }
  return *std::move(result);
}

const Vocabulary& vocabulary_named(const std::string& name) {
  return *need(VocabularyCache::instance().open(name));
}

int check(const std::string& path) {
  TokenCounter cl100k(vocabulary_named("cl100k_base"));
  TokenCounter o200k(vocabulary_named("o200k_base"));
  std::ifstream file(path);
  u64 rows = 0, bytes = 0, cl100k_differ = 0, o200k_differ = 0;
  for (std::string line; std::getline(file, line); ++rows) {
    std::istringstream fields(line);
    u64 first = 0, second = 0;
    std::string text;
    fields >> first >> second >> text;
    const auto decoded = decode_base64(text == "=" ? "" : text);
    if (!decoded) {
      std::cerr << "line " << rows + 1 << " is no base64\n";
      return 1;
    }
    bytes += decoded->size();
    cl100k_differ += cl100k.count(*decoded) != first ? 1 : 0;
    o200k_differ += o200k.count(*decoded) != second ? 1 : 0;
  }
  std::cout << "{\"rows\":" << rows << ",\"bytes\":" << bytes
            << ",\"cl100k_differ\":" << cl100k_differ << ",\"o200k_differ\":" << o200k_differ
            << "}\n";
  return 0;
}

// Cut between characters, so that well-formed text stays so.
std::vector<std::string_view> texts_of(std::string_view whole) {
  std::vector<std::string_view> texts;
  while (!whole.empty()) {
    const usize bytes = character_border(whole, text_bytes);
    texts.push_back(whole.substr(0, bytes == 0 ? text_bytes : bytes));
    whole.remove_prefix(texts.back().size());
  }
  return texts;
}

int speed(const std::string& vocabulary, int count, char** paths) {
  for (int i = 0; i < count; ++i) {
    const Buffer bytes = need(read_file(paths[i], u64(1) << 30));
    const bool is_run = std::strstr(paths[i], "run_") != nullptr;
    const std::string_view whole = as_text(bytes);
    const std::vector<std::string_view> texts =
        is_run ? std::vector<std::string_view>{whole} : texts_of(whole);
    std::vector<double> times;
    u64 tokens = 0;
    TokenCounter counter(vocabulary_named(vocabulary));
    for (int round = 0; round < rounds; ++round) {
      tokens = 0;
      times.push_back(bench::microseconds_of([&] {
        for (const std::string_view text : texts) tokens += counter.count(text);
      }));
    }
    std::cout << "{\"file\":\"" << paths[i] << "\",\"bytes\":" << bytes.size()
              << ",\"tokens\":" << tokens
              << ",\"mb_per_s\":" << double(bytes.size()) / bench::at_share(times, .5) << "}\n";
  }
  return 0;
}

int open(const std::string& vocabulary) {
  vocabulary_named(vocabulary);  // makes the image, if need be
  std::vector<double> times;
  for (int i = 0; i < 50; ++i) {
    times.push_back(bench::microseconds_of([&] {
      VocabularyCache cache(cache_folder());
      TokenCounter counter(*need(cache.open(vocabulary)));
      if (counter.count("word") == 0) std::exit(1);
    }));
  }
  std::cout << "{\"vocabulary\":\"" << vocabulary << "\"," << bench::shares_of(times) << "}\n";
  return 0;
}

int kept(const std::string& path) {
  constexpr u32 asked = 1'000'000;
  const auto shard = need(shard::Shard::open(path, nullptr));
  std::mt19937 random(1);
  std::vector<u32> docs(asked);
  for (u32& doc : docs) doc = u32(random() % shard->document_count());
  std::vector<i64> tokens(asked);
  std::vector<double> times;
  for (int round = 0; round < rounds; ++round) {
    times.push_back(bench::microseconds_of([&] {
      for (u32 i = 0; i < asked; ++i) {
        need(shard->numbers_of(Field::tokens, {&docs[i], 1}, {&tokens[i], 1}));
      }
    }));
  }
  u64 absent = 0;
  for (const i64 one : tokens) absent += one == no_number ? 1 : 0;
  std::cout << "{\"documents\":" << shard->document_count() << ",\"absent\":" << absent
            << ",\"ns_each\":" << bench::at_share(times, .5) * 1000 / asked << "}\n";
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  const std::string what = count > 1 ? arguments[1] : "";
  if (what == "check" && count == 3) return check(arguments[2]);
  if (what == "speed" && count > 3) return speed(arguments[2], count - 3, arguments + 3);
  if (what == "open" && count == 3) return open(arguments[2]);
  if (what == "kept" && count == 3) return kept(arguments[2]);
  std::cerr << "usage: token_figures check ROWS | speed VOCABULARY FILE... | open VOCABULARY | "
               "kept SHARD\n";
  return 2;
}
