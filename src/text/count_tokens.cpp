#include "text/count_tokens.hpp"

#include <memory>

#include <shale/tokens.hpp>

#include "text/vocabulary_cache.hpp"

namespace shale {
namespace {

struct Kept {
  std::string name;
  TokenRules rules;
  std::unique_ptr<TokenCounter> counter;
};

}  // namespace

Result<TokenCounter*> thread_token_counter(std::string_view vocabulary, TokenRules rules) {
  thread_local std::vector<Kept> kept;
  for (auto one = kept.begin(); one != kept.end(); ++one) {
    if (one->name != vocabulary || one->rules != rules) continue;
    if (check_counted(*one->counter)) return one->counter.get();
    kept.erase(one);  // it may remember counts made of what was lost
    break;
  }
  const Vocabulary* const opened = TRY(VocabularyCache::instance().open(vocabulary, rules));
  kept.push_back({std::string(vocabulary), rules, std::make_unique<TokenCounter>(*opened)});
  return kept.back().counter.get();
}

Result<void> check_counted(const TokenCounter& counter) {
  return VocabularyCache::instance().check(counter.vocabulary());
}

Result<std::uint64_t> count_tokens(std::string_view text, std::string_view vocabulary) {
  TokenCounter* const counter = TRY(thread_token_counter(vocabulary));
  const u64 tokens = counter->count(text);
  TRY(check_counted(*counter));
  return tokens;
}

}  // namespace shale
