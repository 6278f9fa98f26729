#include "pack/tokenizers.hpp"

#include "base/error.hpp"

namespace shale::pack {

Result<CountTokens> token_counter_for(std::string_view tokenizer) {
  return fail(ErrorCode::invalid_argument,
              "There is no tokenizer '" + std::string(tokenizer) + "' to count by.");
}

}  // namespace shale::pack
