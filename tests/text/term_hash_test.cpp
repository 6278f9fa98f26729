#include "text/term_hash.hpp"

#include <set>
#include <string>

#include "tests/support/catch.hpp"

namespace shale {
namespace {

TEST_CASE("the hash of a term is fixed: these values are in stored indexes' tests") {
  // Computed once from the definition (analysis.cpp) with other code: 128-bit multiplication in
  // Python over the term's bytes as two little-endian numbers.
  CHECK(term_hash("a") == 0x7FDCECC2B2B87C7E);
  CHECK(term_hash("merge") == 0xCC8C6328C2388AFE);
  CHECK(term_hash("identifi") == 0x039C1ED5511B764A);
  CHECK(term_hash("some_identifier_") == 0xE114DD28DC36C5C7);
}

TEST_CASE("hashes of many terms are distinct, in their low and in their high half too") {
  std::set<u64> whole;
  std::set<u32> high;
  constexpr u32 count = 20000;
  for (u32 i = 0; i < count; ++i) {
    const u64 hash = term_hash(std::string("name").append(std::to_string(i)));
    whole.insert(hash);
    high.insert(u32(hash >> 32));
  }
  CHECK(whole.size() == count);
  CHECK(high.size() > count - 10);  // by chance .05 pairs
  CHECK(term_hash("") != term_hash(std::string_view("\0", 1)));
  CHECK(term_hash(std::string(16, 'a')) != term_hash(std::string(17, 'a')));
  CHECK(term_hash(std::string(300, 'a')) != term_hash(std::string(301, 'a')));
}

TEST_CASE("a short key holds the bytes of its length and zeros") {
  const char* text = "abcdefghijklmnopqrstuvwxyz";
  for (usize bytes = 1; bytes <= short_bytes_max; ++bytes) {
    CAPTURE(bytes);
    const std::string_view term(text, bytes);
    CHECK(hash_short(short_term_key(text, bytes), bytes) == term_hash(term));
    CHECK(short_term_key(text, bytes) ==
          short_term_key(std::string(term).append(16, 'X').data(), bytes));
    CHECK(short_term_key(text, bytes) !=
          short_term_key(std::string(bytes, 'a').append(16, 'X').data() + 1, bytes));
  }
}

}  // namespace
}  // namespace shale
