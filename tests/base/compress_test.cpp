#include "base/compress.hpp"

#include <random>
#include <thread>

#include "tests/support/catch.hpp"

namespace shale {
namespace {

using Random = std::mt19937_64;

// Text with the repetition of text: words of a small vocabulary.
std::string make_text(Random& random, usize bytes) {
  static const char* const words[] = {"segment", "the",   "shard",    " return ", "manifest",
                                      "const",   "query", "\n  if (", "folder",   " = value;"};
  std::string text;
  while (text.size() < bytes) {
    text += words[random() % std::size(words)];
    text += std::to_string(random() % 1000);
  }
  text.resize(bytes);
  return text;
}

struct Sample {
  std::string bytes;
  std::vector<usize> sizes;
};

Sample make_sample(Random& random, usize pieces, usize piece_bytes) {
  Sample sample;
  for (usize i = 0; i < pieces; ++i) {
    sample.bytes += make_text(random, piece_bytes);
    sample.sizes.push_back(piece_bytes);
  }
  return sample;
}

const Buffer& trained() {
  static const Buffer dictionary = [] {
    Random random(1);
    const Sample sample = make_sample(random, 400, 1000);
    return train_dictionary(as_bytes(sample.bytes), sample.sizes, 16 << 10);
  }();
  return dictionary;
}

Buffer frame_of(std::string_view text, Bytes dictionary = {}) {
  Compressor compressor = Compressor::make(dictionary).value();
  Buffer out;
  const usize length = compressor.append_frame(as_bytes(text), out).value();
  REQUIRE(length == out.size());
  return out;
}

Result<std::string> text_of(Bytes frame, usize bytes,
                            const DecompressDictionary* dictionary = nullptr) {
  std::string text(bytes, '?');
  Decompressor decompressor;
  TRY(decompressor.unpack(frame, std::as_writable_bytes(std::span(text)), dictionary));
  return text;
}

TEST_CASE("texts come back, with and without a dictionary") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  REQUIRE(trained().size() > 1000);
  const auto dictionary = DecompressDictionary::make(trained()).value();
  Compressor plain = Compressor::make({}).value();
  Compressor with = Compressor::make(trained()).value();
  Decompressor decompressor;
  for (const usize bytes : {0, 1, 47, 500, 4000, 70000, 1 << 20}) {
    const std::string text = make_text(random, bytes);
    Buffer out(3, std::byte(1));
    const usize first = plain.append_frame(as_bytes(text), out).value();
    const usize second = with.append_frame(as_bytes(text), out).value();
    REQUIRE(out.size() == 3 + first + second);
    std::string back(bytes, '?');
    const auto room = std::as_writable_bytes(std::span(back));
    REQUIRE(decompressor.unpack(Bytes(out).subspan(3, first), room, nullptr));
    CHECK(back == text);
    back.assign(bytes, '?');
    REQUIRE(decompressor.unpack(Bytes(out).subspan(3 + first), room, dictionary.get()));
    CHECK(back == text);
  }
}

TEST_CASE("bytes that do not compress come back as well") {
  Random random(5);
  std::string noise(5000, '\0');
  for (char& c : noise) c = char(random());
  const Buffer frame = frame_of(noise);
  CHECK(frame.size() <= noise.size() + 20);
  CHECK(text_of(frame, noise.size()).value() == noise);
}

TEST_CASE("a dictionary makes small frames much smaller") {
  Random random(6);
  const std::string text = make_text(random, 400);
  CHECK(frame_of(text, trained()).size() < frame_of(text).size() * 8 / 10);
}

TEST_CASE("frames carry neither magic number, size, checksum nor dictionary id") {
  for (const Bytes dictionary : {Bytes(), Bytes(trained())}) {
    const Buffer frame = frame_of("hello hello hello hello", dictionary);
    CHECK(frame[0] == std::byte(0));  // the descriptor: no optional field at all
    CHECK(frame.size() < 25);
  }
  CHECK(frame_of("").size() == 5);  // descriptor, window, one empty block
}

TEST_CASE("plain literals are larger, and any reader takes them") {
  Random random(8);
  const std::string text = make_text(random, 20000);
  Compressor fast = Compressor::make({}, 3, true).value();
  Buffer frame;
  REQUIRE(fast.append_frame(as_bytes(text), frame));
  CHECK(frame.size() > frame_of(text).size());
  CHECK(text_of(frame, text.size()).value() == text);
}

TEST_CASE("a frame of another length than asked for is corrupt") {
  const std::string text(1000, 'a');
  const Buffer frame = frame_of(text);
  CHECK(text_of(frame, 1000).has_value());
  for (const usize wrong : {0, 1, 999, 1001, 5000}) {
    const Result<std::string> result = text_of(frame, wrong);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == ErrorCode::corrupt);
  }
}

TEST_CASE("truncated frames are corrupt, whatever is cut") {
  Random random(9);
  const std::string text = make_text(random, 3000);
  const auto dictionary = DecompressDictionary::make(trained()).value();
  const Buffer frame = frame_of(text, trained());
  for (usize cut = 0; cut < frame.size(); ++cut) {
    const Buffer part(frame.begin(), frame.begin() + std::ptrdiff_t(cut));
    const Result<std::string> result = text_of(part, text.size(), dictionary.get());
    REQUIRE_FALSE(result);
    REQUIRE(result.error().code == ErrorCode::corrupt);
  }
}

TEST_CASE("flipped bits give an error or other bytes, and the reader stays usable") {
  Random random(10);
  const std::string text = make_text(random, 2000);
  const auto dictionary = DecompressDictionary::make(trained()).value();
  Buffer frame = frame_of(text, trained());
  Decompressor decompressor;
  std::string back(text.size(), '?');
  const auto room = std::as_writable_bytes(std::span(back));
  usize errors = 0;
  for (usize bit = 0; bit < frame.size() * 8; ++bit) {
    frame[bit / 8] ^= std::byte(1 << bit % 8);
    if (!decompressor.unpack(frame, room, dictionary.get())) ++errors;
    frame[bit / 8] ^= std::byte(1 << bit % 8);
  }
  CHECK(errors > frame.size());
  REQUIRE(decompressor.unpack(frame, room, dictionary.get()));
  CHECK(back == text);
}

TEST_CASE("random bytes are not a frame") {
  Random random(12);
  Decompressor decompressor;
  std::string back(100000, '?');
  for (int round = 0; round < 3000; ++round) {
    Buffer bytes(random() % 200);
    for (std::byte& byte : bytes) byte = std::byte(random());
    if (!bytes.empty() && round % 2 == 0) bytes[0] = std::byte(0);
    const auto room = std::as_writable_bytes(std::span(back)).first(1 + random() % back.size());
    REQUIRE_FALSE(decompressor.unpack(bytes, room, nullptr));
  }
}

TEST_CASE("skippable and legacy frames are not taken for texts") {
  Buffer skippable;
  const u32 words[] = {0x184D2A50, 4, 0};
  for (const u32 word : words) {
    const Bytes bytes = bytes_of(word);
    skippable.insert(skippable.end(), bytes.begin(), bytes.end());
  }
  CHECK_FALSE(text_of(skippable, 0));
}

TEST_CASE("the wrong dictionary is noticed or gives other bytes, and none is no crash") {
  Random random(13);
  const std::string text = make_text(random, 3000);
  const Buffer frame = frame_of(text, trained());
  const Result<std::string> without = text_of(frame, text.size());
  CHECK((!without || *without != text));
}

TEST_CASE("bytes that are not a trained dictionary are corrupt") {
  const std::string raw(5000, 'r');
  for (const Bytes bytes : {Bytes(), as_bytes("short"), as_bytes(raw)}) {
    const auto result = DecompressDictionary::make(bytes);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == ErrorCode::corrupt);
  }
  CHECK_FALSE(Compressor::make(as_bytes(raw)));
  Buffer damaged = trained();
  std::fill(damaged.begin() + 8, damaged.begin() + 200, std::byte(0xFF));
  CHECK_FALSE(DecompressDictionary::make(damaged));
  CHECK_FALSE(Compressor::make(damaged));
}

TEST_CASE("a dictionary may be shared by threads") {
  Random random(14);
  const std::string text = make_text(random, 3000);
  const Buffer frame = frame_of(text, trained());
  const auto dictionary = DecompressDictionary::make(trained()).value();
  std::vector<int> right(4, 0);
  std::vector<std::thread> threads;
  for (usize t = 0; t < right.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        right[t] += text_of(frame, text.size(), dictionary.get()).value_or(std::string()) == text;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int count : right) CHECK(count == 200);
}

TEST_CASE("training is deterministic and stays within its size") {
  Random random(15);
  const Sample sample = make_sample(random, 300, 800);
  const Buffer first = train_dictionary(as_bytes(sample.bytes), sample.sizes, 8 << 10);
  CHECK(first == train_dictionary(as_bytes(sample.bytes), sample.sizes, 8 << 10));
  CHECK(first.size() <= 8 << 10);
  CHECK(first.size() > 4 << 10);
}

TEST_CASE("a sample that cannot carry a dictionary gives none") {
  const std::string small = "abcabcabc";
  const usize sizes[] = {3, 3, 3};
  CHECK(train_dictionary(as_bytes(small), sizes, 16 << 10).empty());
  CHECK(train_dictionary({}, {}, 16 << 10).empty());
  const usize too_long[] = {5, 5};
  CHECK(train_dictionary(as_bytes(small), too_long, 16 << 10).empty());
  Random random(16);
  const Sample sample = make_sample(random, 100, 500);
  CHECK(train_dictionary(as_bytes(sample.bytes), sample.sizes, 0).empty());
  CHECK(train_dictionary(as_bytes(sample.bytes), sample.sizes, 100).empty());
}

TEST_CASE("compressors and decompressors move") {
  Compressor first = Compressor::make(trained()).value();
  Compressor second = std::move(first);
  Buffer frame;
  REQUIRE(second.append_frame(as_bytes("moved"), frame));
  const auto dictionary = DecompressDictionary::make(trained()).value();
  Decompressor a;
  Decompressor b = std::move(a);
  std::string back(5, '?');
  REQUIRE(b.unpack(frame, std::as_writable_bytes(std::span(back)), dictionary.get()));
  CHECK(back == "moved");
}

}  // namespace
}  // namespace shale
