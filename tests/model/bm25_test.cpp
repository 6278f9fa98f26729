#include "model/bm25.hpp"

#include "tests/support/catch.hpp"

namespace shale {
namespace {

bool near(float got, double expected) { return std::abs(double(got) - expected) < 1e-5; }

TEST_CASE("idf by hand") {
  // ln(1 + (10 - 3 + .5) / (3 + .5)) = ln(11 / 3.5)
  CHECK(near(bm25_idf(10, 3), 1.1451323));
  // ln(1 + .5 / 10.5) = ln(11 / 10.5): a term of every document still counts a little
  CHECK(near(bm25_idf(10, 10), 0.0465200));
  // ln(1 + 999999.5 / 1.5) = ln(1000001 / 1.5)
  CHECK(near(bm25_idf(1000000, 1), 13.4100464));
  CHECK(bm25_idf(100, 1) > bm25_idf(100, 2));
  CHECK(bm25_idf(1, 1) > 0);
}

TEST_CASE("the norm by hand") {
  CHECK(near(bm25_norm(100, 100), 1.2));  // average length: k1
  CHECK(near(bm25_norm(200, 100), 2.1));  // 1.2 * (.25 + 1.5)
  CHECK(near(bm25_norm(50, 100), 0.75));  // 1.2 * (.25 + .375)
  CHECK(near(bm25_norm(0, 100), 0.3));    // 1.2 * .25
}

TEST_CASE("the score by hand") {
  CHECK(near(bm25_score(2, 1, 1.2f), 0.9090909));     // 2 * 1 / 2.2
  CHECK(near(bm25_score(2, 3, 1.2f), 1.4285714));     // 2 * 3 / 4.2
  CHECK(near(bm25_score(1.5f, 4, 2.1f), 0.9836066));  // 1.5 * 4 / 6.1
  CHECK(bm25_score(2, 0, 1.2f) == 0);
}

TEST_CASE("scores grow with frequency, towards the idf, and shrink with length") {
  float last = 0;
  for (u32 tf = 1; tf < 1000; ++tf) {
    const float score = bm25_score(3, tf, bm25_norm(120, 100));
    CHECK(score > last);
    CHECK(score < 3);
    last = score;
  }
  CHECK(bm25_score(3, 2, bm25_norm(99, 100)) > bm25_score(3, 2, bm25_norm(100, 100)));
}

TEST_CASE("rarer terms weigh more, in every size of corpus") {
  for (const u64 documents : {u64(1), u64(2), u64(1000), u64(16'777'216), u64(1) << 40}) {
    float last = bm25_idf(documents, 0);
    CHECK(std::isfinite(last));
    for (u64 df = 1; df <= documents; df *= 2) {
      CAPTURE(documents, df);
      const float idf = bm25_idf(documents, df);
      CHECK(idf > 0);
      CHECK(idf < last);
      last = idf;
    }
  }
  CHECK(bm25_idf(2000, 10) > bm25_idf(1000, 10));
}

TEST_CASE("no length and no frequency gives what is not a number") {
  for (const u32 length : {0u, 1u, 1000u, UINT32_MAX}) {
    for (const u32 tf : {1u, 1000u, UINT32_MAX}) {
      for (const float average : {0.001f, 1.0f, 1e9f}) {
        CAPTURE(length, tf, average);
        const float score = bm25_score(2, tf, bm25_norm(length, average));
        CHECK(score >= 0);
        CHECK(score <= 2);
      }
    }
  }
}

TEST_CASE("the average length of no documents divides nothing by nothing") {
  CHECK(CorpusStatistics{}.average_length() == 1);
  CHECK(CorpusStatistics{.documents = 5, .words = 0}.average_length() == 1);
  CHECK(CorpusStatistics{.documents = 4, .words = 10}.average_length() == 2.5f);
  CHECK(std::isfinite(bm25_norm(0, CorpusStatistics{}.average_length())));
}

}  // namespace
}  // namespace shale
