#include "text/count_tokens.hpp"

#include <shale/tokens.hpp>

#include <thread>

#include "tests/support/catch.hpp"

namespace shale {
namespace {

TEST_CASE("count_tokens: by the name of a vocabulary, o200k_base by default") {
  CHECK(count_tokens("Why is search slow?").value() == 5);
  CHECK(count_tokens("", "cl100k_base").value() == 0);
  CHECK(count_tokens("antidisestablishmentarianism", "cl100k_base").value() == 6);
  const auto unknown = count_tokens("a", "gpt2");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == ErrorCode::invalid_argument);
}

TEST_CASE("count_tokens: each thread has its counters") {
  TokenCounter* const mine = thread_token_counter("o200k_base").value();
  CHECK(thread_token_counter("o200k_base").value() == mine);
  CHECK(thread_token_counter("cl100k_base").value() != mine);
  TokenCounter* other = nullptr;
  u64 tokens = 0;
  std::thread([&] {
    other = thread_token_counter("o200k_base").value();
    tokens = count_tokens("Why is search slow?").value();
  }).join();
  CHECK(other != mine);
  CHECK(tokens == 5);
}

}  // namespace
}  // namespace shale
