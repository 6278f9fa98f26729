// Whether any byte string is a query, and a quick one: what `./run prove search` throws at a store.
//
//   odd_queries STORE TEXTS COUNT SEED
//
// Asks every line of the file TEXTS, an empty one too, in all match modes; then COUNT random ones:
// half of them nothing but random bytes, half words of the store's own segments mixed with all that
// the query language knows, a dozen pieces at most; then a hundredth of COUNT with up to 200
// pieces. A query that takes longer than the limit is asked twice more and its fastest time counts:
// what is touched first is not its fault. A hundred slow ones of a kind decide about it: the rest
// of them is left out. Prints one JSON object with the slowest text of each kind, its first bytes
// escaped; ends with 1 where a query failed.
#include <fstream>
#include <random>

#include <shale/shale.hpp>

#include "bench/figures.hpp"

namespace {

using namespace shale::bench;

constexpr double limit_us = 50'000;
constexpr std::size_t slow_enough = 100;
constexpr std::size_t shown_bytes = 100;  // of the slowest text

// Printable ASCII as it is, quotes, backslashes and all else as \u00xx: readable, legal JSON.
std::string escaped(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) {
    if (c >= ' ' && c <= '~' && c != '"' && c != '\\') {
      text += c;
    } else {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", unsigned(static_cast<unsigned char>(c)));
      text += code;
    }
  }
  return text;
}

class OddTexts {
 public:
  OddTexts(const shale::Snapshot& store, unsigned seed) : random_(seed) {
    const shale::Page page = store.list({.limit = 20'000}).value();
    for (std::size_t i = 0; i < 500 && !page.segments.empty(); ++i) {
      const std::string& id = page.segments[below(page.segments.size())].id;
      const auto segment = store.get(id).value();
      if (segment) add_words(segment->text());
    }
    if (words_.empty()) words_.push_back("word");
  }

  std::string bytes() {
    std::string text(below(40) == 0 ? below(4096) : below(64), ' ');
    for (char& c : text) c = char(below(256));
    return text;
  }

  std::string mixture(std::size_t pieces_max) {
    std::string text;
    for (std::size_t pieces = 1 + below(pieces_max); pieces-- > 0;) {
      text += piece();
      if (below(3) != 0) text += ' ';
    }
    return text;
  }

 private:
  std::size_t below(std::size_t n) { return std::size_t(random_() % n); }

  void add_words(std::string_view text) {
    std::string word;
    for (const char c : text) {
      if (c > ' ') {
        word += c;
      } else if (!word.empty()) {
        words_.push_back(std::move(word));
        word.clear();
      }
    }
  }

  std::string piece() {
    static const std::vector<std::string> syntax = {"\"",
                                                    "(",
                                                    ")",
                                                    "-",
                                                    "~",
                                                    "~2",
                                                    "~1000",
                                                    "*",
                                                    ":",
                                                    "/",
                                                    "OR",
                                                    "AND",
                                                    "NOT",
                                                    "type:",
                                                    "file:",
                                                    "tag:",
                                                    "topic:",
                                                    "id:",
                                                    "[",
                                                    "]",
                                                    "{",
                                                    "}",
                                                    "\\",
                                                    "'",
                                                    "::",
                                                    "->",
                                                    "\"\"",
                                                    "lines:",
                                                    "a..b",
                                                    ">=",
                                                    "<",
                                                    "..",
                                                    "&&",
                                                    "|",
                                                    "!",
                                                    "\t",
                                                    "file:**",
                                                    "created:7d",
                                                    "attr.x:1",
                                                    "\xff",
                                                    "\xe4\xb8\xad",
                                                    "\n"};
    switch (below(8)) {
      case 0:
      case 1:
      case 2:
        return syntax[below(syntax.size())];
      case 3:
        return std::string(1, char(below(256)));
      case 4: {
        const std::string& word = words_[below(words_.size())];
        return word.substr(0, 1 + below(word.size())) + '*';
      }
      case 5:
        return words_[below(words_.size())] + (below(2) == 0 ? "~" : "~2");
      default:
        return words_[below(words_.size())];
    }
  }

  std::mt19937 random_;
  std::vector<std::string> words_;
};

class Trial {
 public:
  explicit Trial(const shale::Snapshot& store) : store_(store) {}

  void ask(const std::string& text, shale::Match match) {
    double took = once(text, match);
    for (int again = 0; again < 2 && took > limit_us; ++again) {
      took = std::min(took, once(text, match));
    }
    times_.push_back(took);
    if (took > limit_us) ++slow_;
    if (took >= worst_us_) {
      worst_us_ = took;
      worst_ = text;
    }
  }

  std::size_t failed() const { return failed_; }
  bool is_decided() const { return slow_ >= slow_enough; }

  void print(const char* name) const {
    std::printf(
        "%s\"%s\":{\"queries\":%zu,\"failed\":%zu,\"slow\":%zu,%s,\"worst\":%.0f,"
        "\"text\":\"%s\",\"failed_text\":\"%s\",\"error\":\"%s\"}",
        std::string_view(name) == "known" ? "{" : ",", name, times_.size(), failed_, slow_,
        shares_of(times_).c_str(), worst_us_, escaped(worst_.substr(0, shown_bytes)).c_str(),
        escaped(failed_text_).c_str(), escaped(error_).c_str());
  }

 private:
  double once(const std::string& text, shale::Match match) {
    shale::Query query;
    query.text = text;
    query.match = match;
    const double start = thread_microseconds();
    const auto answer = store_.search(query);
    const double took = thread_microseconds() - start;
    if (!answer || !answer->faults.empty()) {
      ++failed_;
      failed_text_ = text;
      error_ = answer ? answer->faults.front().message : answer.error().message;
    }
    return took;
  }

  const shale::Snapshot& store_;
  std::vector<double> times_;
  std::size_t failed_ = 0, slow_ = 0;
  double worst_us_ = 0;
  std::string worst_, failed_text_, error_;
};

constexpr shale::Match modes[] = {shale::Match::all, shale::Match::any, shale::Match::auto_};

// `make` says the text of each.
template <class Make>
Trial ask_random(const shale::Snapshot& store, int count, const Make& make) {
  Trial trial(store);
  for (int i = 0; i < count && !trial.is_decided(); ++i) trial.ask(make(), modes[i % 3]);
  return trial;
}

Trial ask_known(const shale::Snapshot& store, const char* path) {
  Trial trial(store);
  std::ifstream file(path, std::ios::binary);
  std::vector<std::string> texts;
  for (std::string line; std::getline(file, line);) texts.push_back(line);
  for (const std::string& text : texts) {
    for (const shale::Match match : modes) trial.ask(text, match);
  }
  return trial;
}

int odd_queries(const char* path, const char* texts_path, int count, unsigned seed) {
  const auto project =
      shale::Store::open(path, {.result_bytes = 0}).value().project("default").value();
  const auto now = project.snapshot().value();
  (void)now.search({.text = "warm"}).value();
  OddTexts odd(now, seed);
  std::size_t failed = 0;
  const auto tell = [&](const char* name, const Trial& trial) {
    trial.print(name);
    failed += trial.failed();
  };
  tell("known", ask_known(now, texts_path));
  tell("bytes", ask_random(now, count / 2, [&] { return odd.bytes(); }));
  tell("mixed", ask_random(now, count / 2, [&] { return odd.mixture(12); }));
  tell("long", ask_random(now, count / 100, [&] { return odd.mixture(200); }));
  std::printf("}\n");
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 5) {
    return odd_queries(argv[1], argv[2], std::stoi(argv[3]), unsigned(std::stoul(argv[4])));
  }
  std::fprintf(stderr, "usage: odd_queries STORE TEXTS COUNT SEED\n");
  return 2;
}
