#include "pack/tokenizers.hpp"

#include "text/count_tokens.hpp"

namespace shale::pack {

Result<CountTokens> token_counter_for(std::string_view tokenizer) {
  TokenCounter* const counter = TRY(thread_token_counter(tokenizer));
  return CountTokens([counter](std::string_view text) { return counter->count(text); });
}

Result<void> check_counted_by(std::string_view tokenizer) {
  return check_counted(*TRY(thread_token_counter(tokenizer)));
}

}  // namespace shale::pack
