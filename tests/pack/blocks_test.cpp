#include "pack/blocks.hpp"

#include "tests/pack/fake_counters.hpp"
#include "tests/support/catch.hpp"

namespace shale::pack {
namespace {

using namespace testing;

TEST_CASE("lines end behind their line feed, or with the text") {
  CHECK((line_starts("") == std::vector<u32>{0}));
  CHECK((line_starts("a") == std::vector<u32>{0, 1}));
  CHECK((line_starts("a\n") == std::vector<u32>{0, 2}));
  CHECK((line_starts("a\r\n\nb") == std::vector<u32>{0, 3, 4, 5}));
}

TEST_CASE("a title names the file or the id, and lines where they are known or cut") {
  Metadata metadata;
  metadata.id = "m1";
  CHECK((lines_of(metadata, {0, 9}, false) == LineRange{1, 9}));
  CHECK((lines_of(metadata, {2, 9}, true) == LineRange{3, 9}));
  CHECK(title_of(metadata, {1, 9}, false) == "m1");
  CHECK(title_of(metadata, {3, 9}, true) == "m1:3-9");
  metadata.file = "src/a\n# b.cpp";
  metadata.line_range = LineRange{31, 60};
  CHECK((lines_of(metadata, {0, 9}, false) == LineRange{31, 60}));
  CHECK((lines_of(metadata, {2, 9}, true) == LineRange{33, 39}));
  CHECK(title_of(metadata, {31, 60}, false) == "src/a # b.cpp:31-60");
  metadata.line_range = LineRange{0xfffffffe, 0xffffffff};
  CHECK((lines_of(metadata, {1, 9}, true) == LineRange{0xffffffff, 0xffffffff}));
}

TEST_CASE("a block ends with an empty line, whatever the text ends with") {
  CHECK(block_of(PackFormat::text, "a:1-2", "x\ny\n") == "# a:1-2\nx\ny\n\n");
  CHECK(block_of(PackFormat::text, "a", "x") == "# a\nx\n\n");
  CHECK(block_of(PackFormat::text, "a", "x\r") == "# a\nx\r\n\n");
  CHECK(block_of(PackFormat::markdown, "a", "x") == "### a\n```\nx\n```\n\n");
  CHECK(block_of(PackFormat::markdown, "a", "```\n`````\n") ==
        "### a\n``````\n```\n`````\n``````\n\n");
}

// What selection.hpp relies on for its sums, and checks all the same.
TEST_CASE("pieces do not go on over the border of two blocks") {
  RandomTexts texts(7);
  const auto block = [&] {
    const PackFormat format = texts.below(2) == 0 ? PackFormat::text : PackFormat::markdown;
    return block_of(format, "file.cpp:1-2", texts.text());
  };
  for (int i = 0; i < 3000; ++i) {
    const std::string a = block(), b = block();
    INFO(a << b);
    REQUIRE(pieces(a + b) == pieces(a) + pieces(b));
  }
}

}  // namespace
}  // namespace shale::pack
