// Texts of all lengths and forms, with a dictionary trained on their like.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "base/checksum.hpp"
#include "shard/texts.hpp"
#include "tests/shard/section_fixture.hpp"

namespace shale::shard::testing {

inline std::string prose(std::mt19937& random, usize bytes) {
  static const char* const words[] = {"merge ",  "shard ", "delta ", "the ",    "a ",
                                      "return ", "if (",   ") {\n",  "std::\n", "const auto& "};
  std::string text;
  while (text.size() < bytes) {
    text += words[random() % 10];
    if (random() % 4 == 0) text += std::to_string(random() % 100'000) + " ";
  }
  text.resize(bytes);
  return text;
}

inline std::string noise(std::mt19937& random, usize bytes) {
  std::string text(bytes, '\0');
  for (char& c : text) c = char(random());
  return text;
}

// One of every form: empty, short, a frame, incompressible, cut into frames, mixed frames.
inline std::string random_text(std::mt19937& random) {
  switch (random() % 12) {
    case 0:
      return "";
    case 1:
      return prose(random, random() % 60);
    case 2:
      return noise(random, random() % 3000);
    case 3:
      return prose(random, long_text_bytes - 1 + random() % 3);
    case 4:
      return random() % 4 != 0 ? "x" : prose(random, 100'000 + random() % 100'000);
    case 5:
      return random() % 4 != 0 ? "y" : prose(random, 40'000) + noise(random, 70'000);
    default:
      return prose(random, 50 + random() % 4000);
  }
}

inline Buffer trained(u32 seed) {
  std::mt19937 random(seed);
  std::string sample;
  std::vector<usize> sizes;
  for (int i = 0; i < 400; ++i) {
    const std::string text = prose(random, 1000);
    sample += text;
    sizes.push_back(text.size());
  }
  return train_dictionary(as_bytes(sample), sizes, 16 << 10);
}

inline u64 hash_of_document(u32 doc) { return checksum64(as_bytes("id" + std::to_string(doc))); }

// A file of texts with its places and dictionaries, opened.
struct TextsFixture {
  SectionFixture sections;
  File file = File::open(sections.folder() / "texts", File::Mode::create_new).value();
  static constexpr u64 begin = 64;
  u64 bytes = 0;
  u32 count = 0;

  template <class Fill>
  void write(u32 documents, bool fast_reads, const Fill& fill) {
    SectionSpool places = sections.spool();
    SectionSpool dictionaries = sections.spool();
    TextsWriter writer(file, begin, places, dictionaries, fast_reads);
    fill(writer);
    writer.finish().value();
    bytes = writer.stored_bytes();
    count = documents;
    sections.put(tag::text_places, places);
    sections.put(tag::dictionaries, dictionaries);
  }
  Result<TextsReader> open() const {
    const auto views = sections.views();
    return TextsReader::make(file, begin, bytes, views[0], views[1], count);
  }
};

}  // namespace shale::shard::testing
