// What an index of words costs, and what a disk does: the same segments taken in, read and searched
// by stores that keep positions, terms or no index, on a disk and in memory.
//
//   index_figures FILE FOLDER [STASHES]
//
// FILE is text, of 100 MB say, cut into segments of some 2 KB at the ends of lines; the stores on
// the disk are made in FOLDER and removed. Nothing counts tokens. For each store a JSON object:
// MB of text taken in bulk per second of processor time (all threads) and of the clock, bytes the
// merged project takes for each of text; single stashes (STASHES, default 5,000) a second, relaxed
// and durable; gets by id of segments that are in no cache, and searches for a word that a text has
// (where there are none: for the newest of all), a second of the thread's processor time.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <shale/shale.hpp>
#include <shale/stats.hpp>

#include "bench/figures.hpp"

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t segment_bytes = 2048;
constexpr std::uint64_t batch_bytes = std::uint64_t(64) << 20;
constexpr int gets = 20'000;
constexpr int searches = 500;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double processor_seconds() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return double(time.tv_sec) + double(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::vector<std::string> pieces_of(const char* path) {
  std::ifstream file(path, std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::string> pieces;
  pieces.reserve(all.size() / segment_bytes + 1);
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t line = all.find('\n', std::min(at + segment_bytes, all.size() - 1));
    const std::size_t end =
        std::min({line == std::string::npos ? all.size() : line + 1, at + 2 * segment_bytes});
    pieces.push_back(all.substr(at, end - at));
    at = end;
  }
  return pieces;
}

shale::NewSegment segment_of(std::size_t number, const std::string& text) {
  return {.id = "s" + std::to_string(number), .text = text, .type = "note"};
}

// Prints its figures one by one, as JSON.
class Figures {
 public:
  Figures(const char* place, const std::string& index) {
    std::printf("{\"place\":\"%s\",\"index\":\"%s\"", place, index.c_str());
  }
  ~Figures() { std::printf("}\n"); }
  Figures(const Figures&) = delete;
  void add(const char* name, double value) { std::printf(",\"%s\":%.2f", name, value); }
};

void take_in(shale::Project& project, const std::vector<std::string>& pieces, Figures& figures) {
  const double processor = processor_seconds();
  const Clock::time_point start = Clock::now();
  std::uint64_t bytes = 0;
  shale::Batch batch;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    batch.stash(segment_of(i, pieces[i]));
    bytes += pieces[i].size();
    if (batch.text_bytes() < batch_bytes && i + 1 < pieces.size()) continue;
    project.ingest(batch).value();
    batch.clear();
  }
  figures.add("ingest_mb_per_cpu_s", double(bytes) / 1e6 / (processor_seconds() - processor));
  figures.add("ingest_mb_per_s", double(bytes) / 1e6 / seconds_since(start));
  project.merge(true).value();
  figures.add("disk_bytes_per_text_byte",
              double(project.stats().value().disk_bytes) / double(bytes));
}

void stash(shale::Project& project, const std::vector<std::string>& pieces, int count,
           shale::Durability durability, const char* name, Figures& figures) {
  const Clock::time_point start = Clock::now();
  for (int i = 0; i < count; ++i) {
    shale::Batch batch;
    batch.stash(segment_of(pieces.size() + std::size_t(i), pieces[std::size_t(i) % pieces.size()]));
    project.commit(batch, durability).value();
  }
  figures.add(name, count / seconds_since(start));
}

// The longest run of letters: a word that the text has.
std::string word_of(std::string_view text) {
  std::string_view best, word;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_letter = (text[i] | 32) >= 'a' && (text[i] | 32) <= 'z';
    word = is_letter ? text.substr(i - word.size(), word.size() + 1) : std::string_view();
    if (word.size() > best.size() && word.size() < 20) best = word;
  }
  return std::string(best);
}

void read(const shale::Project& project, const std::vector<std::string>& pieces, bool has_words,
          Figures& figures) {
  const shale::Snapshot now = project.snapshot().value();
  std::mt19937 random(1);
  double start = shale::bench::thread_microseconds();
  for (int i = 0; i < gets; ++i) {
    if (!now.get("s" + std::to_string(random() % pieces.size())).value()) std::abort();
  }
  const auto rate = [&start](int count) {
    return count * 1e6 / (shale::bench::thread_microseconds() - start);
  };
  figures.add("gets_per_cpu_s", rate(gets));
  start = shale::bench::thread_microseconds();
  for (int i = 0; i < searches; ++i) {
    shale::Query query;
    if (has_words) query.text = word_of(pieces[random() % pieces.size()]);
    if (!has_words) query.where = "type:note";
    now.search(query).value();
  }
  figures.add("searches_per_cpu_s", rate(searches));
}

void measure(const std::filesystem::path& folder, const std::string& index,
             const std::vector<std::string>& pieces, int stashes) {
  const shale::StoreOptions options{
      .create = true, .active_bytes = 1, .result_bytes = 0, .tokenizer = "none", .index = index};
  Figures figures(folder.empty() ? "memory" : "disk", index);
  {
    const shale::Store store = folder.empty() ? shale::Store::in_memory(options).value()
                                              : shale::Store::open(folder, options).value();
    shale::Project project = store.project("default").value();
    take_in(project, pieces, figures);
    stash(project, pieces, stashes, shale::Durability::relaxed, "relaxed_stashes_per_s", figures);
    stash(project, pieces, stashes / 10, shale::Durability::full, "durable_stashes_per_s", figures);
    read(project, pieces, index != "none", figures);
  }
  std::error_code ignored;
  if (!folder.empty()) std::filesystem::remove_all(folder, ignored);
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) {
    std::fprintf(stderr, "usage: index_figures FILE FOLDER [STASHES]\n");
    return 2;
  }
  const std::vector<std::string> pieces = pieces_of(arguments[1]);
  if (pieces.empty()) return 2;
  int stashes = 5'000;
  if (count > 3) stashes = std::stoi(arguments[3]);
  for (const char* index : {"positions", "terms", "none"}) {
    measure(std::filesystem::path(arguments[2]) / "index-figures.shale", index, pieces, stashes);
    measure({}, index, pieces, stashes);
  }
  return 0;
}
