#include <cmath>
#include <limits>

#include "model/record.hpp"
#include "tests/model/random_records.hpp"
#include "tests/support/catch.hpp"
#include "text/utf8.hpp"

namespace shale {
namespace {

NewSegment good_segment() {
  NewSegment segment;
  segment.id = "m1";
  segment.text = "text";
  return segment;
}

// The message of the refusal, empty where there is none.
std::string message_of(const Result<void>& result) {
  if (result) return "";
  CHECK(result.error().code == ErrorCode::invalid_argument);
  return result.error().message;
}

template <class Change>
std::string refusal(Change&& change) {
  NewSegment segment = good_segment();
  change(segment);
  return message_of(check_segment(segment));
}

template <class Change>
std::string update_refusal(Change&& change) {
  Update update;
  change(update);
  return message_of(check_update("m1", update));
}

bool names(const std::string& message, std::string_view part) {
  return message.find(part) != std::string::npos;
}

TEST_CASE("ordinary segments and updates pass") {
  CHECK(check_segment(good_segment()));
  CHECK(check_update("m1", Update{}));
  CHECK(refusal([](NewSegment& s) { s.text = "\xFF\0 any bytes"; }) == "");
  CHECK(refusal([](NewSegment& s) { s.id = "\xE6\x96\x87 a/b#1"; }) == "");
  CHECK(refusal([](NewSegment& s) { s.task = ""; }) == "");
  CHECK(refusal([](NewSegment& s) { s.attrs = {{"", 1.5}, {".size", i64(1)}}; }) == "");
}

TEST_CASE("ids are 1 to 255 bytes of UTF-8 without control characters") {
  const auto with_id = [](std::string id) {
    NewSegment segment = good_segment();
    segment.id = id;
    const std::string message = message_of(check_segment(segment));
    CHECK(message_of(check_update(id, Update{})) == message);
    return message;
  };
  CHECK(with_id(std::string(255, 'i')) == "");
  CHECK(names(with_id(std::string(256, 'i')), "256 bytes long, over the limit of 255"));
  CHECK(names(with_id(""), "id is empty"));
  CHECK(names(with_id("a\xFF"), "id is not UTF-8"));
  CHECK(names(with_id(std::string("a\0b", 3)), "control character"));
  CHECK(names(with_id("a\n"), "control character"));
  CHECK(names(with_id("\x1F"), "control character"));
  CHECK(with_id(" ") == "");
}

TEST_CASE("the text has a size") {
  CHECK(refusal([](NewSegment& s) { s.text.assign(text_bytes_max, 'x'); }) == "");
  CHECK(names(refusal([](NewSegment& s) { s.text.assign(text_bytes_max + 1, 'x'); }), "text is"));
}

TEST_CASE("fields have sizes and are UTF-8; the message names the field") {
  const std::string full(field_bytes_max, 'x');
  const std::string over(field_bytes_max + 1, 'x');
  CHECK(refusal([&](NewSegment& s) {
          s.type = full;
          s.task = full;
          s.file = full;
          s.topic = full;
          s.tags = {full};
          s.attrs = {{full, true}};
        }) == "");
  CHECK(names(refusal([&](NewSegment& s) { s.type = over; }), "`type`"));
  CHECK(names(refusal([&](NewSegment& s) { s.task = over; }), "`task`"));
  CHECK(names(refusal([&](NewSegment& s) { s.file = over; }), "`file`"));
  CHECK(names(refusal([&](NewSegment& s) { s.topic = over; }), "`topic`"));
  CHECK(names(refusal([&](NewSegment& s) { s.tags = {"a", over}; }), "`tags`"));
  CHECK(names(refusal([&](NewSegment& s) { s.tokenizer = over; }), "`tokenizer`"));
  CHECK(names(refusal([&](NewSegment& s) { s.attrs = {{over, true}}; }), "`attrs`"));
  CHECK(names(refusal([](NewSegment& s) { s.type = ""; }), "`type` is empty"));
  CHECK(names(refusal([](NewSegment& s) { s.type = "\xFF"; }), "`type` is not UTF-8"));
  CHECK(names(refusal([](NewSegment& s) { s.task = "\xFF"; }), "`task` is not UTF-8"));
  CHECK(names(refusal([](NewSegment& s) { s.file = "\xFF"; }), "`file` is not UTF-8"));
  CHECK(names(refusal([](NewSegment& s) { s.topic = "\xFF"; }), "`topic` is not UTF-8"));
  CHECK(names(refusal([](NewSegment& s) { s.tags = {"\xFF"}; }), "`tags` is not UTF-8"));
  CHECK(names(refusal([](NewSegment& s) { s.tags = {"a", ""}; }), "empty tag"));
  CHECK(names(refusal([](NewSegment& s) { s.tokenizer = "\xFF"; }), "`tokenizer`"));
}

TEST_CASE("attributes: keys without zero bytes, UTF-8, finite numbers") {
  const auto with_value = [](AttributeValue value) {
    return refusal([&](NewSegment& s) { s.attrs = {{"k", value}}; });
  };
  CHECK(with_value(std::numeric_limits<double>::max()) == "");
  CHECK(with_value(std::string(field_bytes_max * 2, 'x')) == "");
  CHECK(names(with_value(std::nan("")), "`attrs.k` is not a finite number"));
  CHECK(names(with_value(std::numeric_limits<double>::infinity()), "`attrs.k` is not a finite"));
  CHECK(names(with_value(std::string("\xFF")), "`attrs.k` is not UTF-8"));
  CHECK(names(with_value(Json{"\xFF"}), "`attrs.k` is not UTF-8"));
  CHECK(names(refusal([](NewSegment& s) {
                s.attrs = {{std::string("a\0b", 3), true}};
              }),
              "zero byte"));
  CHECK(names(refusal([](NewSegment& s) { s.attrs = {{"\xFF", true}}; }), "`attrs` is not UTF-8"));
}

TEST_CASE("all metadata together has a size") {
  const auto with_bytes = [](usize bytes) {
    return refusal([&](NewSegment& s) {
      s.attrs = {{"k", std::string(bytes - 1 - s.id.size() - s.type.size(), 'x')}};
    });
  };
  CHECK(with_bytes(metadata_bytes_max) == "");
  CHECK(names(with_bytes(metadata_bytes_max + 1), "metadata is 1048577 bytes"));
  CHECK(names(refusal([](NewSegment& s) { s.tags.assign(300, std::string(4096, 'x')); }),
              "metadata is"));
  CHECK(names(update_refusal([](Update& u) {
                u.attrs_set = {{"k", Json{std::string(2u << 20, '1')}}};
              }),
              "metadata is"));
}

TEST_CASE("updates are held to the same") {
  const std::string over(field_bytes_max + 1, 'x');
  CHECK(update_refusal([](Update& u) {
          u.task.emplace(std::nullopt);
          u.tags_removed = {"x"};
          u.attrs_set = {{"k", 1.0}};
        }) == "");
  CHECK(names(update_refusal([](Update& u) { u.type = ""; }), "`type` is empty"));
  CHECK(names(update_refusal([&](Update& u) { u.task.emplace(over); }), "`task`"));
  CHECK(names(update_refusal([](Update& u) { u.file.emplace("\xFF"); }), "`file`"));
  CHECK(names(update_refusal([&](Update& u) { u.topic.emplace(over); }), "`topic`"));
  CHECK(names(update_refusal([](Update& u) { u.tags_added = {""}; }), "`tags_added`"));
  CHECK(names(update_refusal([](Update& u) { u.tags_removed = {"\xFF"}; }), "`tags_removed`"));
  CHECK(names(update_refusal([&](Update& u) { u.tokenizer = over; }), "`tokenizer`"));
  CHECK(names(update_refusal([](Update& u) { u.attrs_set = {{"k", std::nan("")}}; }), "attrs.k"));
  CHECK(names(update_refusal([](Update& u) { u.attrs_removed = {"\xFF"}; }), "`attrs_removed`"));
}

TEST_CASE("metadata of a segment: absent times are now, repeated tags go, the rest is copied") {
  const u64 seed = std::random_device{}();
  CAPTURE(seed);
  testing::Random random(seed);
  for (int round = 0; round < 200; ++round) {
    const Metadata m = testing::random_metadata(random);
    NewSegment segment{.id = m.id,
                       .text = "t",
                       .type = m.type,
                       .task = m.task,
                       .file = m.file,
                       .topic = m.topic,
                       .line_range = m.line_range,
                       .tags = m.tags,
                       .created_at = m.created_at,
                       .touched_at = m.touched_at,
                       .pinned = m.pinned,
                       .tier = m.tier,
                       .generation = m.generation,
                       .gc_survival_count = m.gc_survival_count,
                       .refcount = m.refcount,
                       .tokens = m.tokens,
                       .tokenizer = m.tokenizer,
                       .tokens_computed_at = m.tokens_computed_at,
                       .sha256 = m.sha256,
                       .attrs = m.attrs};
    segment.tags.insert(segment.tags.end(), m.tags.begin(), m.tags.end());
    Metadata expected = m;
    if (m.tokens && m.tokenizer.empty()) expected.tokenizer = "unknown";
    REQUIRE(metadata_of(segment, Time{5, true}) == expected);
    segment.created_at.reset();
    segment.touched_at.reset();
    REQUIRE(metadata_of(segment, Time{5, true}).created_at == Time{5, true});
    REQUIRE(metadata_of(segment, Time{5, true}).touched_at == Time{5, true});
  }
}

TEST_CASE("UTF-8 is seen at every offset of a block of eight") {
  CHECK(is_utf8(""));
  const std::string_view good[] = {"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
                                   "\xF4\x8F\xBF\xBF"};
  const std::string_view bad[] = {"\x80",         "\xC0\x80",         "\xC3",
                                  "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF",
                                  "\xE2\x82",     "\xF0\x9F\x98"};
  for (usize before = 0; before < 20; ++before) {
    for (usize after = 0; after < 20; ++after) {
      const auto within = [&](std::string_view middle) {
        return std::string(before, 'a') + std::string(middle) + std::string(after, 'z');
      };
      CHECK(is_utf8(within("")));
      for (const std::string_view middle : good) CHECK(is_utf8(within(middle)));
      for (const std::string_view middle : bad) CHECK_FALSE(is_utf8(within(middle)));
    }
  }
}

TEST_CASE("a time to live is microseconds, of a moment that can lie ahead") {
  const auto refused = [](const AttributeValue& value) {
    const std::string as_stash =
        refusal([&](NewSegment& segment) { segment.attrs[".expires"] = value; });
    const std::string as_update =
        update_refusal([&](Update& update) { update.attrs_set[".expires"] = value; });
    CHECK(as_stash == as_update);
    return names(as_stash, "`attrs..expires`");
  };
  CHECK_FALSE(refused(std::int64_t(1'893'456'000'000'000)));
  CHECK_FALSE(refused(std::int64_t(100'000'000'000'000)));
  CHECK(refused(std::int64_t(1'893'456'000'000)));
  CHECK(refused(std::int64_t(-1)));
  CHECK(refused(std::string("2030-01-01T00:00:00Z")));
  CHECK(refused(1.9e15));
  CHECK(refused(true));
  CHECK(refused(Json{"null"}));
}

}  // namespace
}  // namespace shale
