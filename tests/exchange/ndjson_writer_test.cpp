#include "exchange/ndjson_writer.hpp"

#include <limits>
#include <random>

#include "exchange/ndjson_reader.hpp"
#include "model/record.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::exchange;

namespace {

std::string line_of(const Metadata& metadata, std::string_view text) {
  std::string out;
  append_segment(out, metadata, {.text = text, .project = {}});
  return out;
}

// Makes metadata and text of every shape, the odd ones more often than a user would.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  Metadata metadata() {
    Metadata m;
    m.id = "i" + word();
    m.type = word();
    m.task = maybe(word());
    m.file = maybe(word());
    m.topic = maybe(word());
    if (coin()) m.line_range = LineRange{number(), number()};
    for (u64 i = below(4); i > 0; --i) m.tags.push_back(std::to_string(i) + word());
    m.created_at = time();
    m.touched_at = time();
    m.pinned = coin();
    m.tier = Tier(below(3));
    m.generation = Generation(below(2));
    m.gc_survival_count = number();
    m.refcount = number();
    if (coin()) m.tokens = number();
    if (m.tokens || coin()) m.tokenizer = word();
    if (coin()) m.tokens_computed_at = time();
    if (coin()) {
      m.sha256.emplace();
      for (u8& byte : *m.sha256) byte = u8(random_());
    }
    for (u64 i = below(5); i > 0; --i) m.attrs.insert_or_assign(word(), attribute());
    return m;
  }

  std::string text() {
    std::string out;
    for (u64 i = below(200); i > 0; --i) {
      if (below(4) == 0) {
        out += char(random_());  // most likely not UTF-8 any more
      } else {
        out += word();
      }
    }
    return coin() ? word() + word() : out;
  }

 private:
  u64 below(u64 limit) { return random_() % limit; }
  bool coin() { return below(2) == 0; }
  u32 number() { return u32(random_() >> (32 + below(32))); }
  std::optional<std::string> maybe(std::string value) {
    return coin() ? std::optional(std::move(value)) : std::nullopt;
  }
  Time time() { return {.microseconds = i64(random_()) >> below(60), .zoned = coin()}; }
  std::string word() {
    static const std::string pieces[] = {"",
                                         "a",
                                         "\"",
                                         "\\",
                                         std::string(1, '\0'),
                                         "\n",
                                         "\r",
                                         "\t",
                                         "/",
                                         "{",
                                         "]",
                                         "\x1b",
                                         "\x7f",
                                         "\xC3\xA9",
                                         "\xE2\x80\xA8",
                                         "\xF0\x9F\x98\x80",
                                         "null",
                                         ".",
                                         "id"};
    std::string out;
    for (u64 i = below(6); i > 0; --i) out += pieces[below(std::size(pieces))];
    return out;
  }
  AttributeValue attribute() {
    static const char* const nested[] = {
        "null",           "[]", "{}", "[1,{\"a\":\"\\n\"}]", "123456789012345678901234567890",
        "{ \"x\" : [ ] }"};
    switch (below(5)) {
      case 0:
        return word();
      case 1:
        return i64(random_()) >> below(63);
      case 2:
        return below(3) == 0 ? double(i64(below(1000))) - 500
                             : double(i64(random_())) / double(1 + below(1'000'000));
      case 3:
        return coin();
      default:
        return Json{nested[below(std::size(nested))]};
    }
  }

  std::mt19937_64 random_;
};

}  // namespace

TEST_CASE("ndjson writer: what it writes is read back as it was") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  Generator generate(seed);
  NdjsonReader reader;
  for (int i = 0; i < 3000; ++i) {
    Metadata metadata = generate.metadata();
    if (metadata.tokens && metadata.tokenizer.empty()) metadata.tokenizer = "unknown";
    const std::string text = generate.text();
    const std::string line = line_of(metadata, text);
    INFO(line);
    REQUIRE(line.find('\n') == std::string::npos);
    const auto back = reader.read(line);
    REQUIRE(back);
    REQUIRE(back->segment.text == text);
    REQUIRE(metadata_of(back->segment, Time{}) == metadata);
  }
}

TEST_CASE("ndjson writer: absent values have no key") {
  Metadata metadata;
  metadata.id = "a";
  std::string out;
  append_segment(out, metadata, {});
  CHECK(out == R"({"id":"a","type":"note","created_at":"1970-01-01T00:00:00Z",)"
               R"("touched_at":"1970-01-01T00:00:00Z","pinned":false,"tier":"stashed",)"
               R"("generation":"young","gc_survival_count":0,"refcount":0})");
  out.clear();
  append_segment(out, metadata, {.text = "t", .project = "p"});
  CHECK(out.starts_with(R"({"id":"a","text":"t","project":"p",)"));
}

TEST_CASE("ndjson writer: text JSON cannot say goes as base64") {
  CHECK(line_of({}, "\xff").find(R"("text_base64":"/w==")") != std::string::npos);
  CHECK(line_of({}, std::string(100, '\x01')).find("\"text\":") != std::string::npos);
  const std::string controls(100'000, '\x01');
  const std::string line = line_of({}, controls);
  CHECK(line.size() < 2 * controls.size());
  CHECK(NdjsonReader().read(line).value().segment.text == controls);
}

TEST_CASE("ndjson writer: the longest text makes a line the reader takes") {
  for (const char* piece : {"\x01", "\"", "\"a", "\xff", "a"}) {
    std::string text;
    while (text.size() + 2 <= text_bytes_max) text += piece;
    CHECK(line_of({}, text).size() <= line_bytes_max);
  }
}

TEST_CASE("ndjson writer: attributes without a form in JSON") {
  Metadata metadata;
  metadata.attrs = {{"nan", std::numeric_limits<double>::quiet_NaN()},
                    {"broken", Json{"[1"}},
                    {"empty", Json{""}},
                    {"lines", Json{"[1,\n2]"}}};
  const std::string line = line_of(metadata, "t");
  CHECK(line.find(R"("nan":null)") != std::string::npos);
  CHECK(line.find(R"("broken":"[1")") != std::string::npos);
  CHECK(line.find(R"("empty":"")") != std::string::npos);
  CHECK(line.find(R"("lines":[1, 2])") != std::string::npos);
}
