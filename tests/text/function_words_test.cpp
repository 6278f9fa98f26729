// Which words of a question count for less.
#include "text/function_words.hpp"

#include "tests/support/catch.hpp"
#include "text/expansion.hpp"

namespace shale::testing {
namespace {

TEST_CASE("function words are those of the closed classes, folded") {
  for (const char* word : {"how", "what", "i", "do", "should", "while", "all", "very", "from"}) {
    INFO(word);
    CHECK(is_function_word(word));
    CHECK_FALSE(is_stop_word(word));  // those are left out anyway
  }
  for (const char* word :
       {"", "context", "How", "get", "can", "may", "us", "mine", "the", "houses"})
    CHECK_FALSE(is_function_word(word));
}

}  // namespace
}  // namespace shale::testing
