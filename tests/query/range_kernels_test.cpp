// Each kernel against its plain twin, bit for bit, at lengths around the vector's width.
#include "query/range_kernels.hpp"

#include <bit>
#include <numeric>
#include <random>
#include <vector>

#include "base/kernel.hpp"
#include "model/bm25.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

class PlainKernels {
 public:
  PlainKernels() { force_kernel(Kernel::scalar); }
  ~PlainKernels() { force_kernel(Kernel::automatic); }
};

void require_same(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  for (usize i = 0; i < a.size(); ++i) {
    REQUIRE(std::bit_cast<u32>(a[i]) == std::bit_cast<u32>(b[i]));
  }
}

// What `use` makes of a copy of `values`, by either twin.
template <class Use>
void compare_twins(const std::vector<float>& values, Use use) {
  std::vector<float> vector = values, plain = values;
  use(vector);
  const PlainKernels forced;
  use(plain);
  require_same(vector, plain);
}

struct Inputs {
  std::vector<float> values;
  std::vector<u8> bytes;
  std::vector<u32> numbers;  // lengths or frequencies
};

Inputs inputs_of(std::mt19937& random, usize size) {
  Inputs made;
  for (usize i = 0; i < size; ++i) {
    made.values.push_back(float(random() % 1000) / 7);
    made.bytes.push_back(u8(random()));
    made.numbers.push_back(1 + u32(random() % (random() % 9 == 0 ? 70'000 : 30)));
  }
  return made;
}

TEST_CASE("range kernels: both twins give the same bits") {
  const u32 seed = std::random_device()();
  INFO("seed " << seed << ", vector twin: " << has_vector_kernel());
  std::mt19937 random(seed);
  for (const usize size : {0u, 1u, 7u, 8u, 9u, 16u, 31u, 255u, 256u, 1001u}) {
    const Inputs in = inputs_of(random, size);
    compare_twins(in.values, [&](std::vector<float>& v) { add_bounds(v, in.bytes, 0.37f); });
    compare_twins(in.values, [&](std::vector<float>& v) { norms_of(in.numbers, 41.3f, v.data()); });
    compare_twins(in.values, [&](std::vector<float>& v) { score_all(in.numbers, 2.7f, v); });
    compare_twins(in.values, [&](std::vector<float>& v) { clear(v); });
    compare_twins(in.values, [&](std::vector<float>& v) { v.push_back(largest(in.values)); });
    for (const float low : {0.0f, 50.0f, 200.0f}) {
      compare_twins(in.values, [&](std::vector<float>& v) {
        v.push_back(float(count_at_least(in.values, low)));
        std::vector<u32> chosen(in.values.size());
        const u32 count = select_between(in.values, low, 100, chosen.data());
        for (u32 i = 0; i < count; ++i) v.push_back(float(chosen[i]));
      });
    }
  }
}

TEST_CASE("range kernels: scores of postings") {
  std::mt19937 random(3);
  for (const usize count : {1u, 8u, 100u, 256u}) {
    std::vector<u8> offsets(256);
    std::iota(offsets.begin(), offsets.end(), u8(0));
    std::shuffle(offsets.begin(), offsets.end(), random);
    offsets.resize(count);
    std::sort(offsets.begin(), offsets.end());
    const Inputs in = inputs_of(random, 256);
    std::vector<u32> lengths = in.numbers;
    std::reverse(lengths.begin(), lengths.end());
    const auto score = [&](std::vector<float>& scores) {
      scores_of(offsets, in.numbers.data(), {1.5f, 40, lengths.data()}, scores.data());
    };
    compare_twins(in.values, score);
    std::vector<float> scores(256, 0.0f);
    score(scores);
    for (usize i = 0; i < count; ++i) {
      REQUIRE(scores[i] == bm25_score(1.5f, in.numbers[i], bm25_norm(lengths[offsets[i]], 40)));
    }
  }
}

TEST_CASE("range kernels: what is chosen and counted") {
  const std::vector<float> values = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3};
  std::vector<u32> chosen(values.size());
  CHECK(largest(values) == 9);
  CHECK(largest(std::vector<float>{-3}) == 0);
  CHECK(count_at_least(values, 5) == 4);
  REQUIRE(select_between(values, 3, 5, chosen.data()) == 3);
  CHECK(chosen[0] == 0);
  CHECK(chosen[1] == 2);
  CHECK(chosen[2] == 9);
}

}  // namespace
}  // namespace shale::query::testing
