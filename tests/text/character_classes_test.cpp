#include "text/character_classes.hpp"

#include "tests/support/catch.hpp"

namespace shale {
namespace {

namespace is = character_class;

CharacterClasses view_of(const Buffer& table) {
  const std::span<const u8> bytes = view_as<u8>(table);
  return {bytes.data(), bytes.data() + class_blocks_count};
}

TEST_CASE("classes: as many characters of each as Unicode 16.0 has") {
  const Buffer table = class_table(unicode_classes()).value();
  const CharacterClasses classes = view_of(table);
  usize letters = 0, marks = 0, numbers = 0, spaces = 0, newlines = 0;
  for (u32 code = 0; code < 0x110000; ++code) {
    const u8 of = classes.of(code);
    letters += (of & is::letter) != 0;
    numbers += (of & is::number) != 0;
    spaces += (of & is::space) != 0;
    newlines += (of & is::newline) != 0;
    marks += of == (is::upper | is::lower);
  }
  // Counted in the classes of the vocabularies' own counter.
  CHECK(letters == 141'028);
  CHECK(marks == 2'501);
  CHECK(numbers == 1'911);
  CHECK(spaces == 25);
  CHECK(newlines == 2);
}

TEST_CASE("classes: characters that versions and libraries disagree about") {
  const Buffer table = class_table(unicode_classes()).value();
  const CharacterClasses classes = view_of(table);
  for (const u32 code : {0x85u, 0xA0u, 0x1680u, 0x2000u, 0x2028u, 0x202Fu, 0x3000u}) {
    CHECK(classes.of(code) == is::space);
  }
  for (const u32 code : {0x180Eu, 0x200Bu, 0xFEFFu, 0x1Cu}) CHECK(classes.of(code) == 0);
  CHECK(classes.of(0x295) == (is::letter | is::lower));   // Lo in 17.0
  CHECK(classes.of(0x1C89) == (is::letter | is::upper));  // new in 16.0
  CHECK(classes.of(0x1C5) == (is::letter | is::upper));   // a title letter
  CHECK(classes.of(0x4E2D) == (is::letter | is::upper | is::lower));
  CHECK(classes.of(0x301) == (is::upper | is::lower));
  CHECK(classes.of(0xBD) == is::number);
}

TEST_CASE("classes: the table of bytes says the same of ASCII") {
  const Buffer table = class_table(unicode_classes()).value();
  const CharacterClasses classes = view_of(table);
  for (u32 code = 0; code < 128; ++code) CHECK(byte_classes[code] == classes.of(code));
  for (u32 byte = 128; byte < 256; ++byte) CHECK(byte_classes[byte] == is::not_ascii);
}

TEST_CASE("classes: data that are none are refused") {
  const Bytes data = unicode_classes();
  for (usize bytes = 0; bytes < data.size(); bytes += bytes < 20 ? 1 : 500) {
    CHECK_FALSE(class_table(data.first(bytes)));
  }
  for (const usize at : {usize(0), usize(8), usize(12)}) {
    Buffer changed(data.begin(), data.end());
    changed[at] ^= std::byte(1);
    CHECK_FALSE(class_table(changed));
  }
  Buffer longer(data.begin(), data.end());
  longer.push_back(std::byte(1));
  CHECK_FALSE(class_table(longer));
}

}  // namespace
}  // namespace shale
