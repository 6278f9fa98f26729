// The oracle: a project as a plain map, answering by linear scan. What the store must agree with.
//
// Knows nothing of indexes, LSNs or merges; words by a scan of its own (ASCII letters, digits,
// underscore, lower-cased), BM25 in double from the textbook formula. Tokens are those of
// o200k_base.
#pragma once

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <shale/shale.hpp>

#include "model/record.hpp"

namespace shale::testing {

inline std::vector<std::string> plain_words(const std::string& text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '_') {
      words.back().push_back(static_cast<char>(std::tolower(byte)));
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

class StoreOracle {
 public:
  explicit StoreOracle(bool counts_tokens = false) : counts_tokens_(counts_tokens) {}

  struct Entry {
    Metadata metadata;
    std::string text;
  };

  void stash(const NewSegment& segment, Time now) {
    Entry& entry = entries_[segment.id];
    entry = {metadata_of(segment, now), segment.text};
    if (counts_tokens_ && !entry.metadata.tokens) count(entry);
  }
  // What recount_tokens does. When a text was counted is not known here.
  void recount() {
    for (auto& [id, entry] : entries_) count(entry);
  }
  bool update(const std::string& id, const Update& changes) {
    const auto found = entries_.find(id);
    if (found == entries_.end()) return false;
    apply_update(changes, found->second.metadata);
    return true;
  }
  bool erase(const std::string& id) { return entries_.erase(id) > 0; }

  const std::map<std::string, Entry>& entries() const { return entries_; }

  // Ids that hold every word (or any), with their BM25.
  std::map<std::string, double> search(const std::vector<std::string>& words, bool all) const {
    std::map<std::string, std::map<std::string, int>> counts;
    std::map<std::string, double> lengths;
    double total = 0;
    for (const auto& [id, entry] : entries_) {
      for (const std::string& word : plain_words(entry.text)) ++counts[id][word];
      lengths[id] = double(plain_words(entry.text).size());
      total += lengths[id];
    }
    const double n = double(entries_.size());
    const double average = total > 0 ? total / n : 1;
    std::map<std::string, double> scores;
    for (const auto& [id, entry] : entries_) {
      double score = 0;
      std::size_t found = 0;
      for (const std::string& word : words) {
        const auto count = counts[id].find(word);
        if (count == counts[id].end()) continue;
        ++found;
        const double tf = count->second;
        const double norm = 1.2 * (1 - .75 + .75 * lengths[id] / average);
        score += idf(word, counts, n) * tf / (tf + norm);
      }
      if (found == words.size() || (!all && found > 0)) scores[id] = score;
    }
    return scores;
  }

  std::uint64_t count_if(const std::function<bool(const Metadata&)>& passes) const {
    std::uint64_t count = 0;
    for (const auto& [id, entry] : entries_) count += passes(entry.metadata) ? 1 : 0;
    return count;
  }

 private:
  static void count(Entry& entry) {
    entry.metadata.tokens = u32(count_tokens(entry.text).value());
    entry.metadata.tokenizer = "o200k_base";
    entry.metadata.tokens_computed_at.reset();
  }

  bool counts_tokens_;
  static double idf(const std::string& word,
                    const std::map<std::string, std::map<std::string, int>>& counts, double n) {
    double df = 0;
    for (const auto& [id, words] : counts) df += words.contains(word) ? 1 : 0;
    return std::log(1 + (n - df + .5) / (df + .5));
  }

  std::map<std::string, Entry> entries_;
};

}  // namespace shale::testing
