#include "text/token_counter.hpp"

#include <fstream>
#include <random>
#include <sstream>

#include "base/base64.hpp"
#include "base/kernel.hpp"
#include "tests/support/catch.hpp"
#include "tests/text/vocabularies.hpp"
#include "text/utf8.hpp"

namespace shale {
namespace {

struct Golden {
  u64 cl100k;
  u64 o200k;
  std::string text;
};

// What npm's tiktoken counts (token_counts.py).
std::vector<Golden> golden_rows() {
  std::ifstream file(SHALE_TEXT_TESTS "/token_counts.tsv");
  std::vector<Golden> rows;
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    Golden row{};
    std::string text;
    fields >> row.cl100k >> row.o200k >> text;
    if (text != "=") row.text = decode_base64(text).value();
    rows.push_back(std::move(row));
  }
  return rows;
}

TEST_CASE("counter: as tiktoken counts, in both twins") {
  const std::vector<Golden> rows = golden_rows();
  REQUIRE(rows.size() == 944);
  for (const Kernel kernel : {Kernel::automatic, Kernel::scalar}) {
    force_kernel(kernel);
    TokenCounter cl100k(testing::cl100k());
    TokenCounter o200k(testing::o200k());
    for (const Golden& row : rows) {
      INFO(row.text);
      CHECK(cl100k.count(row.text) == row.cl100k);
      CHECK(o200k.count(row.text) == row.o200k);
    }
  }
  force_kernel(Kernel::automatic);
}

TEST_CASE("counter: what is remembered is what was counted") {
  const std::vector<Golden> rows = golden_rows();
  TokenCounter counter(testing::o200k());
  std::mt19937 random(3);
  for (int i = 0; i < 3000; ++i) {
    const Golden& row = rows[random() % rows.size()];
    REQUIRE(counter.count(row.text) == row.o200k);
  }
}

TEST_CASE("counter: texts that end at the end of their memory") {
  // Of its own size on the heap, so that a sanitizer sees a read behind it.
  TokenCounter counter(testing::o200k());
  const std::string text =
      "  The quick(brown) fox_jumps 1234567 over\n\n\xE4\xB8\xAD\xE6\x96\x87 dogs'll";
  for (usize begin = 0; begin < text.size(); ++begin) {
    for (usize bytes = 0; begin + bytes <= text.size(); bytes += 1 + bytes / 9) {
      const std::vector<char> alone(text.begin() + std::ptrdiff_t(begin),
                                    text.begin() + std::ptrdiff_t(begin + bytes));
      TokenCounter other(testing::o200k());
      CHECK(counter.count({alone.data(), alone.size()}) == other.count(text.substr(begin, bytes)));
    }
  }
}

TEST_CASE("counter: counts add up at a line's end before what is no white space and no slash") {
  const std::vector<Golden> rows = golden_rows();
  TokenCounter cl100k(testing::cl100k());
  TokenCounter o200k(testing::o200k());
  for (usize i = 0; i + 1 < rows.size(); ++i) {
    const std::string left = rows[i].text + "\n";
    const std::string right = "# " + rows[i + 1].text;
    if (!is_utf8(left + right)) continue;
    CHECK(o200k.count(left + right) == o200k.count(left) + o200k.count(right));
    CHECK(cl100k.count(left + right) == cl100k.count(left) + cl100k.count(right));
  }
}

}  // namespace
}  // namespace shale
