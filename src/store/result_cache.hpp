// Answers of searches, kept for whoever asks the same of the same state of a project again.
//
// The key is the whole question and the whole state: project, edition, active log (whose random id
// tells two histories apart that count alike, after a restore), committed LSN. So an answer is
// never stale: where anything was committed or merged, the key is another. Not kept: what depends
// on the moment it is asked (ages such as `created:7d`, recency), what is not all there is (faults,
// `partial`), and explanations.
// Shared by the projects and threads of a store; used by snapshot.cpp.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <shale/query.hpp>

#include "base/lru.hpp"
#include "store/view.hpp"

namespace shale::store {

class ResultCache {
 public:
  // `ttl` 0: as long as there is room.
  ResultCache(u64 bytes_max, std::chrono::milliseconds ttl);

  // What the question is looked up by, asked of a view; nothing where its answer is not to be kept
  // at all. `moved` as in search_pages.hpp.
  std::optional<std::string> key_of(const View& view, bool moved, const Query& query) const;
  std::shared_ptr<const Answer> find(const std::string& key) { return answers_.find(key); }
  void keep(const std::string& key, const Answer& answer);
  void clear() { answers_.clear(); }
  LruCounters counters() const { return answers_.counters(); }

 private:
  struct KeyHash {
    u64 operator()(const std::string& key) const;
  };
  const std::chrono::milliseconds ttl_;
  const bool is_on_;
  Lru<std::string, Answer, KeyHash> answers_;
};

}  // namespace shale::store
