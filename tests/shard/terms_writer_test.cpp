#include <cstdlib>
#include <filesystem>

#include "tests/shard/terms_fixture.hpp"
#include "tests/support/asserts.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale::shard {
namespace {

using shale::testing::asserts;

struct Writing {
  testing::SectionFixture files;
  std::vector<SectionSpool> s = testing::term_spools(files.folder());
  TermsWriter writer;
  explicit Writing(bool positions, u32 documents = 100)
      : writer({s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], s[9]}, documents, positions) {
  }
  Result<void> add(std::string_view term, std::vector<u32> docs, std::vector<u32> tfs,
                   std::string_view positions = {}) {
    return writer.add({term, docs, tfs, as_bytes(positions)});
  }
};

}  // namespace

TEST_CASE("terms: positions that do not match are refused, words and lists alike") {
  for (const usize df : {1u, 2u, 31u, 32u, 100u}) {
    std::vector<u32> docs;
    for (u32 i = 0; i < df; ++i) docs.push_back(i);
    for (const u32 tf : {1u, 2u}) {
      const std::string right(df * tf, '\1');
      const std::vector<u32> tfs(df, tf);
      CHECK(Writing(true).add("word", docs, tfs, right));
      CHECK(Writing(true).add("word", docs, tfs, right.substr(1)).error().code ==
            ErrorCode::corrupt);
      CHECK(Writing(true).add("word", docs, tfs, right.substr(1) + '\x81').error().code ==
            ErrorCode::corrupt);
      if (df * tf > 1)
        CHECK(Writing(true).add("word", docs, tfs, right + '\1').error().code ==
              ErrorCode::corrupt);
      CHECK(Writing(false).add("word", docs, tfs, right.substr(1)));
    }
  }
}

TEST_CASE("terms: misuse of the writer ends the program") {
  CHECK_FALSE(asserts([] { Writing(false).add("b", {0, 1}, {1, 1}).value(); }));
  CHECK(asserts([] { Writing(false).add("b", {}, {}).value(); }));
  CHECK(asserts([] { Writing(false).add("b", {1, 1}, {1, 1}).value(); }));
  CHECK(asserts([] { Writing(false).add("b", {2, 1}, {1, 1}).value(); }));
  CHECK(asserts([] { Writing(false).add("b", {1, 100}, {1, 1}).value(); }));
  CHECK(asserts([] { Writing(false).add("b", {1, 2}, {1}).value(); }));
  CHECK(asserts([] { Writing(false).add("b", {1, 2}, {1, 0}).value(); }));
  CHECK(asserts([] { Writing(false).add("\x03", {1, 2}, {1, 2}).value(); }));
  CHECK(asserts([] { Writing(false).add(std::string(65'536, 'a'), {1}, {1}).value(); }));
  for (const char* second : {"b", "a", ""}) {
    CHECK(asserts([second] {
      Writing writing(false);
      writing.add("b", {1}, {1}).value();
      writing.add(second, {1}, {1}).value();
    }));
  }
  CHECK(asserts([] {  // a word of df 4096 before set_lengths
    std::vector<u32> docs(4096);
    for (u32 i = 0; i < docs.size(); ++i) docs[i] = i;
    Writing(false, 5000).add("b", docs, std::vector<u32>(4096, 1)).value();
  }));
}

TEST_CASE("terms: a misuse that ends a program leaves no folder behind") {
  const shale::testing::TemporaryFolder folder;
  const char* const known = std::getenv("TMPDIR");
  const std::string before = known != nullptr ? known : "";
  setenv("TMPDIR", folder.path().c_str(), 1);
  CHECK(asserts([] { Writing(false).add("b", {}, {}).value(); }));
  known != nullptr ? setenv("TMPDIR", before.c_str(), 1) : unsetenv("TMPDIR");
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("terms: what is not needed is not written") {
  Writing writing(false);
  writing.add("\x03x", {1, 2}, {1, 1}).value();
  std::vector<u32> docs;
  for (u32 i = 0; i < 50; ++i) docs.push_back(i);
  writing.add("\x04y", docs, std::vector<u32>(50, 1)).value();
  writing.add("a", {1, 2}, {1, 3}).value();
  writing.writer.finish().value();
  CHECK(writing.writer.term_count() == 3);
  CHECK(writing.s[5].size() == 0);  // frequencies: no big word
  CHECK(writing.s[6].size() == 0);  // range maxima
  CHECK(writing.s[7].size() == 0);  // positions
  CHECK(writing.s[8].size() == 0);
  CHECK(writing.s[3].size() == sizeof(u64) * 4);
}

}  // namespace shale::shard
