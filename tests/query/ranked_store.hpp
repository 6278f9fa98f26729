// A store filled at random through its own doors, and what a naive scan of the texts that went in
// says of a query: the oracle of ranking, with nothing of the query engine's code.
//
// Words w0, w1, ... are held by about one of 2^k documents, more often the nearer they are to their
// own region, as in a collection sorted by file; few of the scores and times are distinct, so that
// ties are the rule. Scores are summed up in float, in the order of the query's words: hits have to
// be the same to the bit. Used by ranking_test and allocations_test.
#pragma once

#include <bit>
#include <set>

#include "tests/store/store_fixture.hpp"

namespace shale::query::testing {

using shale::testing::TestStore;

// A document as it went in, and its live version alone.
struct Kept {
  std::string topic;
  i64 created = 0;
  std::string text;  // each word with a blank behind it
  std::map<std::string, u32> tfs;
  u32 length = 0;

  // Of a word, or of several in a row.
  u32 frequency(const std::string& words) const {
    if (words.find(' ') == std::string::npos) {
      const auto tf = tfs.find(words);
      return tf == tfs.end() ? 0 : tf->second;
    }
    u32 count = 0;
    for (usize at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) {
      const bool begins = at == 0 || text[at - 1] == ' ';
      count += begins && text[at + words.size()] == ' ' ? 1 : 0;
    }
    return count;
  }
};

struct Expected {
  std::string id;
  float score = 0;
  i64 created = 0;
};

struct Shape {
  u32 documents = 0;
  u32 filler_max = 20;                    // further words of a document, at most
  std::map<std::string, u32> exact = {};  // words and how many documents hold them
  std::vector<u32> long_documents = {};   // further ones, of so many words
};

struct Asked {
  std::vector<std::string> words;  // or phrases: words with a blank between them
  std::string topic = {};          // no filter where empty
  bool every_word = false;
  usize limit = 10;
};

class RankedStore {
 public:
  explicit RankedStore(u32 seed, store::StoreConfig config = shale::testing::plain_config())
      : random_(seed), store_(config), project_(store_.open()) {}

  static constexpr u32 word_count = 12;
  static std::string word(u32 number) { return std::string("w").append(std::to_string(number)); }
  u32 below(u32 n) { return u32(random_() % n); }
  Snapshot snapshot() const { return project_.snapshot().value(); }
  usize live() const { return kept_.size(); }
  const TestStore& store() const { return store_; }

  // -- changing --

  // Straight to a shard, or into the log.
  void ingest(const Shape& shape) { project_.ingest(batch_of(shape)).value(); }
  void commit(const Shape& shape) { project_.commit(batch_of(shape), Durability::relaxed).value(); }
  // Every `share`-th document, about: gone, or with other words now.
  void erase_some(u32 share) {
    Batch batch;
    for (const std::string& id : some_ids(share)) {
      batch.erase(id);
      kept_.erase(id);
    }
    project_.commit(batch, Durability::relaxed).value();
  }
  void replace_some(u32 share) {
    Batch batch;
    for (const std::string& id : some_ids(share)) {
      batch.stash(segment(id, below(20'000), random_text(below(20'000), 10)));
    }
    project_.commit(batch, Durability::relaxed).value();
  }
  void move_some(u32 share) {
    Batch batch;
    for (const std::string& id : some_ids(share)) {
      Update changes;
      kept_[id].topic = "common";
      changes.topic = std::optional<std::string>("common");
      batch.update(id, changes);
    }
    project_.commit(batch, Durability::relaxed).value();
  }
  void merge(bool full) { project_.merge(full).value(); }

  // -- asking --

  Asked question() {
    static const std::vector<std::string> others = {"df31", "df32", "df4095", "df4096", "nowhere"};
    Asked asked;
    for (u32 i = 1 + below(5); i-- > 0;) {
      asked.words.push_back(below(3) == 0 ? others[below(u32(others.size()))]
                                          : word(below(word_count)));
      if (below(6) == 0) asked.words.back() += " " + word(below(word_count));
    }
    asked.topic = std::vector<std::string>{"", "", "common", "some", "rare"}[below(5)];
    asked.every_word = below(3) == 0;
    asked.limit = std::vector<usize>{1, 10, 64, 300, 100'000}[below(5)];
    return asked;
  }

  Answer answer(const Asked& asked) const {
    Query query;
    for (const std::string& word : asked.words) {
      const char* const quote = word.find(' ') == std::string::npos ? "" : "\"";
      query.text.append(quote).append(word).append(quote).append(" ");
    }
    if (!asked.topic.empty()) query.where = "topic:" + asked.topic;
    query.match = asked.every_word ? Match::all : Match::any;
    query.limit = asked.limit;
    query.snippets = false;
    return snapshot().search(query).value();
  }

  // All of it, best first.
  std::vector<Expected> expected(const Asked& asked) const {
    const std::vector<std::pair<std::string, float>> weights = weights_of(asked.words);
    const float average = average_length();
    std::vector<Expected> found;
    for (const auto& [id, kept] : kept_) {
      if (!asked.topic.empty() && kept.topic != asked.topic) continue;
      usize held = 0;
      float score = 0;
      for (const auto& [word, weight] : weights) {
        const u32 tf = kept.frequency(word);
        if (tf == 0) continue;
        const float norm = 1.2f * (1.0f - 0.75f + 0.75f * float(kept.length) / average);
        score += weight * float(tf) / (float(tf) + norm);
        ++held;
      }
      if (held == weights.size() || (held > 0 && !asked.every_word)) {
        found.push_back({id, score, kept.created});
      }
    }
    std::sort(found.begin(), found.end(), [](const Expected& a, const Expected& b) {
      if (a.score != b.score) return a.score > b.score;
      return a.created != b.created ? a.created > b.created : a.id < b.id;
    });
    return found;
  }

  // The first of what is not as expected; nothing where all is.
  std::string difference(const Asked& asked) const {
    const Answer found = answer(asked);
    const std::vector<Expected> wanted = expected(asked);
    if (!found.faults.empty()) return "a fault: " + found.faults.front().message;
    if (found.total != wanted.size()) {
      return "total " + std::to_string(found.total) + ", not " + std::to_string(wanted.size());
    }
    if (found.hits.size() != std::min(asked.limit, wanted.size())) return "too few or many hits";
    for (usize i = 0; i < found.hits.size(); ++i) {
      const Hit& hit = found.hits[i];
      if (hit.id == wanted[i].id &&
          std::bit_cast<u32>(hit.score) == std::bit_cast<u32>(wanted[i].score)) {
        continue;
      }
      return "at " + std::to_string(i) + " " + hit.id + " " + std::to_string(hit.score) + ", not " +
             wanted[i].id + " " + std::to_string(wanted[i].score);
    }
    return "";
  }

 private:
  Batch batch_of(const Shape& shape) {
    Batch batch;
    std::vector<std::set<u32>> holders;  // of each exact word
    for (const auto& [word, count] : shape.exact) {
      std::set<u32>& chosen = holders.emplace_back();
      while (chosen.size() < count) chosen.insert(below(shape.documents));
    }
    for (u32 n = 0; n < shape.documents; ++n) {
      std::string text = random_text(n, shape.filler_max);
      usize at = 0;
      for (const auto& [word, count] : shape.exact) {
        if (holders[at++].contains(n)) text.append(word).append(" ");
      }
      batch.stash(segment(fresh_id(), n, text));
    }
    for (const u32 words : shape.long_documents) {
      std::string text = random_text(0, 0);
      for (u32 n = 0; n < words; ++n) text += n % 10 == 0 ? "w1 " : "filler ";
      batch.stash(segment(fresh_id(), shape.documents, text));
    }
    return batch;
  }

  // Spread, so that the order of ids is not that of documents.
  std::string fresh_id() { return "d" + std::to_string(next_id_++ * 7919 % 1'000'003); }

  std::string random_text(u32 place, u32 filler_max) {
    std::string text;
    for (u32 number = 0; number < word_count; ++number) {
      const bool is_near = (place / 700 + number) % 5 == 0;
      if (below(1u << number) >= (is_near ? 4u : 1u)) continue;
      for (u32 times = 1 + below(is_near ? 40 : 3); times-- > 0;) {
        text.append(word(number)).append(" ");
      }
    }
    for (u32 filler = below(filler_max + 1); filler-- > 0;) text += "filler ";
    return text;
  }

  // Also in the books.
  NewSegment segment(const std::string& id, u32 place, const std::string& text) {
    NewSegment one = shale::testing::segment(id, text);
    const u32 chance = below(200);
    one.topic = chance == 0 ? "rare" : chance < 20 ? "some" : "common";
    one.file = "file" + std::to_string(10'000 + place / 100);
    one.line_range = LineRange{place % 100 + 1, place % 100 + 1};
    one.created_at->microseconds += i64(below(4)) * 1'000'000;
    Kept& kept = kept_[id];
    kept = Kept{*one.topic, one.created_at->microseconds, text, {}, 0};
    for (usize begin = 0; begin < text.size();) {  // words, each with one blank behind it
      const usize end = text.find(' ', begin);
      ++kept.tfs[text.substr(begin, end - begin)];
      ++kept.length;
      begin = end + 1;
    }
    return one;
  }

  std::vector<std::string> some_ids(u32 share) {
    std::vector<std::string> ids;
    for (const auto& [id, kept] : kept_) {
      if (below(share) == 0) ids.push_back(id);
    }
    return ids;
  }

  // Each word once, in query order, with idf times how often it stands there.
  std::vector<std::pair<std::string, float>> weights_of(
      const std::vector<std::string>& words) const {
    std::vector<std::pair<std::string, float>> weights;
    for (const std::string& word : words) {
      const auto is_it = [&](const auto& known) { return known.first == word; };
      if (std::any_of(weights.begin(), weights.end(), is_it)) continue;
      const auto times = std::count(words.begin(), words.end(), word);
      weights.emplace_back(word, idf(word) * float(times));
    }
    return weights;
  }

  float idf(const std::string& word) const {
    double df = 0;
    for (const auto& [id, kept] : kept_) df += kept.frequency(word) > 0 ? 1 : 0;
    return float(std::log(1.0 + (double(kept_.size()) - df + 0.5) / (df + 0.5)));
  }

  float average_length() const {
    double words = 0;
    for (const auto& [id, kept] : kept_) words += kept.length;
    return kept_.empty() ? 1.0f : float(words / double(kept_.size()));
  }

  std::mt19937 random_;
  TestStore store_;
  Project project_;
  std::map<std::string, Kept> kept_;
  u64 next_id_ = 0;
};

}  // namespace shale::query::testing
