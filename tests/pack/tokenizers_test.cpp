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

}  // namespace
}  // namespace shale::pack
