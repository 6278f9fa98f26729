// Counters of the calling thread, one for each vocabulary it has counted with: what a counter
// remembers is worth keeping from text to text. The public shale/tokens.hpp is made of it. Used by
// store, pack and cli.
#pragma once

#include "text/token_counter.hpp"

namespace shale {

// Valid in this thread, while it lives. See VocabularyCache::open for names and errors.
Result<TokenCounter*> thread_token_counter(std::string_view vocabulary,
                                           TokenRules rules = TokenRules::cl100k);
// Whether what it has counted can be believed (VocabularyCache::check).
Result<void> check_counted(const TokenCounter& counter);

}  // namespace shale
