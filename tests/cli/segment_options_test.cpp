#include "cli/segment_options.hpp"

#include "base/system.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::cli;

TEST_CASE("segment options: lines") {
  CHECK(parse_lines("3:9").value() == LineRange{3, 9});
  CHECK(parse_lines("3-9").value() == LineRange{3, 9});
  CHECK(parse_lines("4").value() == LineRange{4, 4});
  for (const char* text :
       {"", ":", "0:1", "2:1", "a:b", "1:", ":2", "1:2:3", "-1", "1:99999999999"}) {
    INFO(text);
    CHECK_FALSE(parse_lines(text));
  }
}

TEST_CASE("segment options: lines of a text") {
  const std::string_view text = "one\ntwo\n\nfour";
  CHECK(slice_lines(text, {1, 1}) == "one\n");
  CHECK(slice_lines(text, {2, 3}) == "two\n\n");
  CHECK(slice_lines(text, {3, 4}) == "\nfour");
  CHECK(slice_lines(text, {4, 99}) == "four");
  CHECK(slice_lines(text, {5, 6}).empty());
  CHECK(slice_lines("", {1, 1}).empty());
  CHECK(slice_lines("a\n", {2, 2}).empty());
}

TEST_CASE("segment options: attributes by kind") {
  using Pair = std::pair<std::string, AttributeValue>;
  CHECK(parse_attribute("k=v").value() == Pair("k", std::string("v")));
  CHECK(parse_attribute("k=").value() == Pair("k", std::string()));
  CHECK(parse_attribute("k=a=b").value() == Pair("k", std::string("a=b")));
  CHECK(parse_attribute("k:=5").value() == Pair("k", i64(5)));
  CHECK(parse_attribute("k:=5.0").value() == Pair("k", 5.0));
  CHECK(parse_attribute("k:=true").value() == Pair("k", true));
  CHECK(parse_attribute("k:=\"s\"").value() == Pair("k", std::string("s")));
  CHECK(parse_attribute("k:=null").value() == Pair("k", Json{"null"}));
  CHECK(parse_attribute("k:=[1, 2]").value() == Pair("k", Json{"[1, 2]"}));
  CHECK(parse_attribute("k:=18446744073709551615").value() ==
        Pair("k", Json{"18446744073709551615"}));
  for (const char* text : {"", "k", "=v", ":=5", "k:=", "k:=[1", "k:=nul", ".k=v", ".k:=5"}) {
    INFO(text);
    CHECK_FALSE(parse_attribute(text));
  }
}

TEST_CASE("segment options: times") {
  CHECK(parse_time_option("--created", "1000000000").value() == Time{1'000'000'000'000'000, true});
  CHECK(parse_time_option("--created", "2001-09-09T01:46:40").value() ==
        Time{1'000'000'000'000'000, false});
  const auto bad = parse_time_option("--created", "noon");
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message.find("--created") != std::string::npos);
}

TEST_CASE("segment options: from the command line into a segment") {
  CLI::App app;
  SegmentOptions options;
  add_stash_options(app, options);
  app.parse(
      "--type code --task t --file f.c --topic x --lines 1:2 --tag a --tag b --created 5 "
      "--touched 6 --pinned true --tier archive --generation old --tokens 7 --tokenizer o200k "
      "--attr k=v --attr n:=1");
  const NewSegment segment = segment_of(options).value();
  CHECK(segment.type == "code");
  CHECK(segment.task == "t");
  CHECK(segment.file == "f.c");
  CHECK(segment.topic == "x");
  CHECK(segment.line_range == LineRange{1, 2});
  CHECK(segment.tags == std::vector<std::string>{"a", "b"});
  CHECK(segment.created_at->microseconds == 5'000'000);
  CHECK(segment.touched_at->microseconds == 6'000'000);
  CHECK(segment.pinned);
  CHECK(segment.tier == Tier::archive);
  CHECK(segment.generation == Generation::old);
  CHECK(segment.tokens == 7u);
  CHECK(segment.tokenizer == "o200k");
  CHECK(segment.attrs == Attributes{{"k", std::string("v")}, {"n", i64(1)}});
  CHECK(segment_of({}).value().type == "note");
}

TEST_CASE("segment options: from the command line into an update") {
  CLI::App app;
  SegmentOptions options;
  add_update_options(app, options);
  app.parse(
      "--task t --no-topic --no-lines --pinned false --add-tag a --remove-tag b "
      "--attr k=v --remove-attr z --tokens 3");
  const Update update = update_of(options).value();
  CHECK(update.task == std::optional(std::optional<std::string>("t")));
  REQUIRE(update.topic);
  CHECK_FALSE(*update.topic);
  REQUIRE(update.line_range);
  CHECK_FALSE(*update.line_range);
  CHECK_FALSE(update.file);
  CHECK_FALSE(update.type);
  CHECK(update.pinned == false);
  CHECK(update.tags_added == std::vector<std::string>{"a"});
  CHECK(update.tags_removed == std::vector<std::string>{"b"});
  CHECK(update.attrs_set.size() == 1);
  CHECK(update.attrs_removed == std::vector<std::string>{"z"});
  CHECK(update.tokens == 3u);
  CHECK_FALSE(update.tokenizer);
  CHECK(update_of({}).value() == Update{});
}

TEST_CASE("segment options: words that are none of the choices are refused by name") {
  SegmentOptions options;
  options.tier = "gold";
  CHECK(segment_of(options).error().message.find("--tier") != std::string::npos);
  options = {};
  options.generation = "new";
  CHECK(update_of(options).error().message.find("--generation") != std::string::npos);
  options = {};
  options.lines = "x";
  CHECK_FALSE(segment_of(options));
}

TEST_CASE("segment options: a time to live is a moment from now on") {
  SegmentOptions options;
  options.ttl = "7d";
  const i64 before = now_microseconds();
  const NewSegment segment = segment_of(options).value();
  const i64 until = std::get<i64>(segment.attrs.at(".expires"));
  CHECK(until >= before + 7 * 86'400'000'000);
  CHECK(until <= now_microseconds() + 7 * 86'400'000'000);
  options.no_ttl = true;
  const Update update = update_of(options).value();
  CHECK(update.attrs_removed == std::vector<std::string>{".expires"});
  CHECK(update.attrs_set.contains(".expires"));
  for (const char* text : {"week", "7", "-7d"}) {
    options.ttl = text;
    INFO(text);
    CHECK(segment_of(options).error().message.find("--ttl") != std::string::npos);
  }
}
