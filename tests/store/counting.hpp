// Segments with and without a count of their tokens, and stores they are put into.
//
// Used by the tests of whatever keeps counts: planned_metadata, recount, count_rules, counted_log.
#pragma once

#include <shale/tokens.hpp>

#include "tests/store/merge_sources.hpp"

namespace shale::testing {

inline const std::string some_text =
    "int main(int argc, char** argv) { return argc > 1 ? 0 : 42; }";

inline u32 tokens_of(const std::string& text, const std::string& tokenizer = "o200k_base") {
  return u32(count_tokens(text, tokenizer).value());
}

inline NewSegment counted_by(const std::string& id, const std::string& tokenizer,
                             std::optional<Time> computed) {
  NewSegment one = segment(id, some_text);
  one.tokens = 7;
  one.tokenizer = tokenizer;
  one.tokens_computed_at = computed;
  return one;
}

// Says how it came into a shard: by a fold or by a bulk ingest.
inline Project filled(const TestStore& store, const std::vector<NewSegment>& segments,
                      bool in_bulk) {
  const auto state = store.state();
  Project project(state);
  if (in_bulk) {
    ingest(project, segments);
  } else {
    for (const NewSegment& one : segments) stash(project, one);
    fold(state);
  }
  return project;
}

}  // namespace shale::testing
