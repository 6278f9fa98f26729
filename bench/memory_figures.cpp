// What a store takes of memory, and what a restart costs.
//
//   memory_figures ids STORE                          prints the ids of all shards, one a line
//   memory_figures memory STORE IDS BUDGET_MIB THREADS [GETS]
//       searches of all kinds with snippets, counts, lists, sums, facets, then a get of every id of
//       IDS (or of GETS of them), in a process whose resident set another one samples every 100 ms
//   memory_figures restart STORE IDS BUDGET_MIB ROUNDS [TEXTS]
//       a process searches 1,000 times and closes the store, its files are dropped from the page
//       cache, and another one opens it and searches the same distribution (TEXTS texts, 100, after
//       Zipf; other draws): with the saved hot set and without, in turns; then warm
//
// Queries are words of random segments, drawn with a fixed seed. Prints JSON; bytes and
// microseconds on the clock. Exits 1 where the resident set passed BUDGET and 32 MiB.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <shale/shale.hpp>

#include "base/system.hpp"
#include "bench/figures.hpp"
#include "shard/shard.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using shale::i64;
using shale::u64;

constexpr u64 mebibyte = u64(1) << 20;
constexpr u64 allowance = 32 * mebibyte;  // StoreOptions::memory_budget

double microseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

std::vector<std::filesystem::path> shards_of(const std::filesystem::path& store) {
  std::vector<std::filesystem::path> shards;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(store)) {
    if (entry.path().extension() == ".shard") shards.push_back(entry.path());
  }
  return shards;
}

int ids(const char* store) {
  for (const auto& path : shards_of(store)) {
    const auto shard = shale::shard::Shard::open(path, nullptr).value();
    shard
        ->for_each_id([](std::string_view id) -> shale::Result<void> {
          std::printf("%.*s\n", int(id.size()), id.data());
          return {};
        })
        .value();
  }
  return 0;
}

// Ids at random places of a file of lines, read where they stand: it may be larger than memory.
class RandomIds {
 public:
  explicit RandomIds(const char* path) : file_(path), bytes_(std::filesystem::file_size(path)) {}
  std::string draw(std::mt19937_64& random) {
    std::string line;
    while (line.empty()) {
      file_.clear();
      file_.seekg(std::streamoff(random() % bytes_));
      std::getline(file_, line);  // the rest of one
      std::getline(file_, line);
    }
    return line;
  }

 private:
  std::ifstream file_;
  u64 bytes_;
};

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char letter : text) {
    if (std::isalnum(static_cast<unsigned char>(letter)) != 0) {
      word += letter;
    } else {
      if (word.size() > 2) words.push_back(word);
      word.clear();
    }
  }
  return words;
}

// Words that stand together in random segments.
class Words {
 public:
  Words(const shale::Snapshot& now, const char* ids_path, int count) {
    std::mt19937_64 random(20261130);
    RandomIds ids(ids_path);
    while (int(groups_.size()) < count) {
      const auto segment = now.get(ids.draw(random)).value();
      if (!segment) continue;
      std::vector<std::string> words = words_of(segment->text());
      if (words.size() < 4) continue;
      const std::size_t at = random() % (words.size() - 3);
      groups_.emplace_back(words.begin() + std::ptrdiff_t(at),
                           words.begin() + std::ptrdiff_t(at + 3));
    }
  }
  const std::vector<std::string>& group(std::size_t number) const {
    return groups_[number % groups_.size()];
  }
  std::size_t size() const { return groups_.size(); }

 private:
  std::vector<std::vector<std::string>> groups_;
};

// Query number `number`, of one of the kinds there are.
shale::Query query_of(const std::vector<std::string>& words, std::size_t number) {
  shale::Query query;
  switch (number % 8) {
    case 0:
      query.text = words[0];
      break;
    case 1:
      query.text = words[0] + " " + words[1];
      break;
    case 2:
      query.text = words[0] + " " + words[1] + " " + words[2];
      query.match = shale::Match::any;
      break;
    case 3:
      query.text = "\"" + words[0] + " " + words[1] + "\"";
      break;
    case 4:
      query.text = words[0].substr(0, 3) + "*";
      break;
    case 5:
      query.text = words[0] + "~";
      break;
    case 6:
      query.text = words[0] + " " + words[2];
      query.match = shale::Match::any;
      query.where = "topic:drivers";
      query.facets = {"topic", "file"};
      break;
    default:
      query.text = "/" + words[0] + "\\s*\\(/";
      break;
  }
  return query;
}

// Whatever is no search and goes over all segments.
void go_over_all(const shale::Snapshot& now) {
  (void)now.count("topic:net").value();
  (void)now.count("file:drivers/**").value();
  (void)now.list({.sort = "tokens", .limit = 50}).value();
  (void)now.list({.where = "topic:fs", .sort = "bytes"}).value();
  (void)now.list({.sort = "id", .limit = 1000}).value();
  const std::vector<std::string> by_topic = {"topic", "task"};
  (void)now.sum("bytes", by_topic).value();
  const std::vector<std::string> by_file = {"file"};
  (void)now.sum("bytes", by_file).value();
  (void)now.usage({.limit = 1'000'000}).value();
}

void search_share(const shale::Snapshot& now, const Words& words, std::size_t first,
                  std::size_t step, std::vector<double>& times) {
  for (std::size_t i = first; i < words.size() * 8; i += step) {
    const auto start = Clock::now();
    (void)now.search(query_of(words.group(i / 8), i)).value();
    times.push_back(microseconds_since(start));
  }
}

// Every id that stands on a line of its share.
u64 get_share(const shale::Snapshot& now, const char* ids_path, u64 first, u64 step, u64 most) {
  std::ifstream file(ids_path);
  u64 number = 0, missing = 0;
  for (std::string line; number < most && std::getline(file, line); ++number) {
    if (number % step == first) missing += now.get(line).value().has_value() ? 0 : 1;
  }
  return missing;
}

// What a thread reports as it goes on, to be seen beside the samples.
void tell(const char* what, Clock::time_point start) {
  std::fprintf(stderr, "%8.1f s  %s\n", microseconds_since(start) / 1e6, what);
}

int use_everything(const char* path, const char* ids_path, u64 budget, unsigned threads, u64 most) {
  const auto start = Clock::now();
  const auto store = shale::Store::open(path, {.memory_budget = budget}).value();
  const auto now = store.project("default").value().snapshot().value();
  tell("opened", start);
  const Words words(now, ids_path, 60);
  std::vector<std::vector<double>> times(threads);
  std::atomic<u64> missing = 0;
  const auto on_threads = [&](auto&& share) {
    std::vector<std::thread> running;
    for (unsigned i = 0; i < threads; ++i) running.emplace_back([&, i] { share(i); });
    for (std::thread& thread : running) thread.join();
  };
  on_threads([&](unsigned i) { search_share(now, words, i, threads, times[i]); });
  tell("searched", start);
  go_over_all(now);  // on one thread: an answer of 78,000 rows is its caller's
  tell("counted, listed, summed", start);
  on_threads([&](unsigned i) { missing += get_share(now, ids_path, i, threads, most); });
  tell("got", start);
  on_threads([&](unsigned i) { search_share(now, words, i, threads, times[i]); });
  tell("searched again", start);
  std::vector<double> all;
  for (const auto& some : times) all.insert(all.end(), some.begin(), some.end());
  std::printf(
      "{\"searches\":%zu,\"search_p50_us\":%.0f,\"search_p99_us\":%.0f,\"missing\":%llu,"
      "\"seconds\":%.1f,\"peak_bytes\":%llu}\n",
      all.size(), shale::bench::at_share(all, .5), shale::bench::at_share(all, .99),
      static_cast<unsigned long long>(missing.load()), microseconds_since(start) / 1e6,
      static_cast<unsigned long long>(shale::peak_resident_bytes()));
  std::fflush(stdout);
  return missing == 0 ? 0 : 1;
}

// Of a line "NAME:   N kB" of a file of /proc.
u64 kilobytes_at(const std::string& text, const char* name) {
  const std::size_t at = text.find(name);
  if (at == std::string::npos) return 0;
  const std::size_t digits = text.find_first_of("0123456789", at);
  return digits == std::string::npos ? 0 : std::stoull(text.substr(digits)) * 1024;
}

struct Sample {
  u64 resident = 0, anonymous = 0;
};

Sample sample_of(pid_t process) {
  const auto text = shale::read_proc("/proc/" + std::to_string(process) + "/smaps_rollup");
  if (!text) return {};
  return {kilobytes_at(*text, "\nRss:"), kilobytes_at(*text, "\nAnonymous:")};
}

int memory(const char* path, const char* ids_path, u64 budget, unsigned threads, u64 most) {
  const pid_t child = fork();
  if (child == 0) {
    _exit(use_everything(path, ids_path, budget, threads, most));
  }
  Sample highest;
  u64 samples = 0, over = 0, highest_anonymous = 0;
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    const Sample now = sample_of(child);
    if (now.resident > highest.resident) highest = now;
    highest_anonymous = std::max(highest_anonymous, now.anonymous);
    const bool is_over = now.resident > budget + allowance;
    over += is_over ? 1 : 0;
    if (++samples % 100 == 0 || is_over) {
      std::fprintf(stderr, "%llu MiB now (%llu of no file), %llu at most (%llu)\n",
                   static_cast<unsigned long long>(now.resident / mebibyte),
                   static_cast<unsigned long long>(now.anonymous / mebibyte),
                   static_cast<unsigned long long>(highest.resident / mebibyte),
                   static_cast<unsigned long long>(highest.anonymous / mebibyte));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  std::printf(
      "{\"budget_bytes\":%llu,\"limit_bytes\":%llu,\"samples\":%llu,\"over\":%llu,"
      "\"highest_bytes\":%llu,\"of_it_anonymous\":%llu,\"highest_anonymous\":%llu}\n",
      static_cast<unsigned long long>(budget), static_cast<unsigned long long>(budget + allowance),
      static_cast<unsigned long long>(samples), static_cast<unsigned long long>(over),
      static_cast<unsigned long long>(highest.resident),
      static_cast<unsigned long long>(highest.anonymous),
      static_cast<unsigned long long>(highest_anonymous));
  return status == 0 && over == 0 ? 0 : 1;
}

// -- restart --

// The same store, with nothing of it in the page cache.
void drop_from_cache(const std::filesystem::path& store) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(store)) {
    if (!entry.is_regular_file()) continue;
    const int file = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) continue;
    fdatasync(file);
    posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    close(file);
  }
}

// What `body` writes, in a process of its own.
template <class Body>
std::string output_of_child(const Body& body) {
  int ends[2];
  if (pipe(ends) != 0) return {};
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    const std::string text = body();
    for (std::size_t done = 0; done < text.size();) {
      const ssize_t count = write(ends[1], text.data() + done, text.size() - done);
      if (count <= 0) _exit(1);
      done += std::size_t(count);
    }
    _exit(0);
  }
  close(ends[1]);
  std::string text;
  char room[4096];
  for (ssize_t count; (count = read(ends[0], room, sizeof room)) > 0;) {
    text.append(room, std::size_t(count));
  }
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return text;
}

std::vector<std::string> words_in(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  for (const char letter : text) {
    if (letter == '\n') {
      words.push_back(std::exchange(word, {}));
    } else {
      word += letter;
    }
  }
  return words;
}

// Query texts of one to three words.
std::vector<std::string> sampled_texts(const char* path, const char* ids_path, int count) {
  return words_in(output_of_child([&] {
    const auto store = shale::Store::open(path, {.hot_bytes = 0}).value();
    const auto now = store.project("default").value().snapshot().value();
    const Words words(now, ids_path, count);
    std::string lines;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const auto& group = words.group(i);
      lines += group[0];
      for (std::size_t more = 1; more <= i % 3; ++more) lines += " " + group[more];
      lines += '\n';
    }
    return lines;
  }));
}

// Draws number i with a likelihood of 1 / (i + 1).
class Zipf {
 public:
  Zipf(std::size_t count, u64 seed) : random_(seed) {
    for (std::size_t i = 0; i < count; ++i) weights_.push_back(1 / double(i + 1));
    draw_ = std::discrete_distribution<std::size_t>(weights_.begin(), weights_.end());
  }
  std::size_t operator()() { return draw_(random_); }

 private:
  std::mt19937_64 random_;
  std::vector<double> weights_;
  std::discrete_distribution<std::size_t> draw_;
};

// The time of opening, and of 1,000 searches, in microseconds; one a line.
std::string searches(const char* path, u64 budget, bool hot, const std::vector<std::string>& texts,
                     u64 seed) {
  Zipf draw(texts.size(), seed);
  std::string lines;
  const auto start = Clock::now();
  const auto store =
      shale::Store::open(path, {.memory_budget = budget,
                                .result_bytes = 0,
                                .hot_bytes = hot ? shale::StoreOptions().hot_bytes : 0})
          .value();
  const auto project = store.project("default").value();
  const auto now = project.snapshot().value();
  lines += std::to_string(microseconds_since(start)) + '\n';
  for (int i = 0; i < 1000; ++i) {
    const shale::Query query{.text = texts[draw()], .match = shale::Match::any};
    const auto begin = Clock::now();
    (void)now.search(query).value();
    lines += std::to_string(microseconds_since(begin)) + '\n';
  }
  return lines;
}

struct Times {
  std::vector<double> opening, searching;
  void add(const std::string& lines) {
    const std::vector<std::string> all = words_in(lines);
    for (std::size_t i = 0; i < all.size(); ++i) {
      (i == 0 ? opening : searching).push_back(std::stod(all[i]));
    }
  }
  std::string json() const {
    return "{" + shale::bench::shares_of(searching) +
           ",\"p90\":" + std::to_string(shale::bench::at_share(searching, .9)) +
           ",\"most\":" + std::to_string(shale::bench::at_share(searching, 1)) +
           ",\"opening\":" + std::to_string(shale::bench::at_share(opening, .5)) + "}";
  }
};

int restart(const char* path, const char* ids_path, u64 budget, int rounds, int distinct) {
  const std::vector<std::string> texts = sampled_texts(path, ids_path, distinct);
  Times warm, with, without;
  for (int round = 0; round < rounds; ++round) {
    const auto run = [&](bool hot, u64 seed) {
      return output_of_child([&] { return searches(path, budget, hot, texts, seed); });
    };
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
      if (entry.path().filename() == "HOT") std::filesystem::remove(entry.path());
    }
    (void)run(true, u64(2 * round));  // and saves what was hot
    for (const bool hot : {round % 2 == 0, round % 2 != 0}) {
      drop_from_cache(path);
      // As it was after the first: what the second one saves is not to help the third.
      (hot ? with : without).add(run(hot, u64(2 * round + 1)));
    }
    warm.add(run(false, u64(2 * round + 1)));
  }
  std::printf(
      "{\"rounds\":%d,\"texts\":%zu,\"with\":%s,\"without\":%s,\"warm\":%s,"
      "\"p99_ratio\":%.3f}\n",
      rounds, texts.size(), with.json().c_str(), without.json().c_str(), warm.json().c_str(),
      shale::bench::at_share(with.searching, .99) / shale::bench::at_share(without.searching, .99));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string verb = argc > 1 ? argv[1] : "";
  if (verb == "ids" && argc == 3) return ids(argv[2]);
  if (verb == "memory" && argc >= 6) {
    return memory(argv[2], argv[3], std::stoull(argv[4]) * mebibyte, unsigned(std::stoi(argv[5])),
                  argc > 6 ? std::stoull(argv[6]) : ~u64(0));
  }
  if (verb == "restart" && argc >= 6) {
    return restart(argv[2], argv[3], std::stoull(argv[4]) * mebibyte, std::stoi(argv[5]),
                   argc > 6 ? std::stoi(argv[6]) : 100);
  }
  std::fprintf(stderr,
               "usage: memory_figures ids STORE | memory STORE IDS BUDGET_MIB THREADS [GETS] | "
               "restart STORE IDS BUDGET_MIB ROUNDS [TEXTS]\n");
  return 2;
}
