#include "pack/tokenizers.hpp"

#include "tests/support/catch.hpp"

namespace shale::pack {
namespace {

TEST_CASE("a tokenizer that is not known is the caller's error") {
  const auto unknown = token_counter_for("no such tokenizer");
  REQUIRE_FALSE(unknown.has_value());
  CHECK(unknown.error().code == ErrorCode::invalid_argument);
  CHECK(unknown.error().message.find("no such tokenizer") != std::string::npos);
}

TEST_CASE("a tokenizer counts as its vocabulary does") {
  const CountTokens count = token_counter_for("o200k_base").value();
  CHECK(count("Why is search slow?") == 5);
  CHECK(count("") == 0);
}

}  // namespace
}  // namespace shale::pack
