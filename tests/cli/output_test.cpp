#include "cli/output.hpp"

#include <cstdlib>
#include <filesystem>
#include <set>

#include "tests/cli/run_program.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::cli;
using shale::testing::Ran;
using shale::testing::run_captured;
using shale::testing::run_on_terminal;

namespace {

constexpr ErrorCode all_codes[] = {ErrorCode::invalid_argument,
                                   ErrorCode::not_found,
                                   ErrorCode::corrupt,
                                   ErrorCode::busy,
                                   ErrorCode::io,
                                   ErrorCode::no_space,
                                   ErrorCode::too_new,
                                   ErrorCode::read_only,
                                   ErrorCode::cancelled};

}  // namespace

TEST_CASE("output: each class of error has its status and its name") {
  CHECK(exit_of(ErrorCode::invalid_argument) == Exit::usage);
  CHECK(exit_of(ErrorCode::corrupt) == Exit::damaged);
  CHECK(exit_of(ErrorCode::busy) == Exit::busy);
  CHECK(exit_of(ErrorCode::too_new) == Exit::too_new);
  CHECK(exit_of(ErrorCode::cancelled) == Exit::interrupted);
  for (const ErrorCode code :
       {ErrorCode::not_found, ErrorCode::io, ErrorCode::no_space, ErrorCode::read_only}) {
    CHECK(exit_of(code) == Exit::failed);
  }
  std::set<std::string_view> names;
  for (const ErrorCode code : all_codes) names.insert(name_of(code));
  CHECK(names.size() == std::size(all_codes));
  CHECK(name_of(ErrorCode::no_space) == "no_space");
}

TEST_CASE("output: nothing of a text can steer a terminal") {
  CHECK(printable("a\x1b[31m\nb\x7f\tc") == "a [31m b  c");
  CHECK(printable("\xC3\xA9") == "\xC3\xA9");
  CHECK(printable("a\xC2\x9B"
                  "31mb\xC2\xA9") == "a  31mb\xC2\xA9");  // U+009B, then U+00A9
}

TEST_CASE("output: sizes for people") {
  CHECK(size_text(0) == "0 B");
  CHECK(size_text(1023) == "1023 B");
  CHECK(size_text(1024) == "1.0 KiB");
  CHECK(size_text(1536) == "1.5 KiB");
  CHECK(size_text(64u << 20) == "64.0 MiB");
  CHECK(size_text(u64(3) << 50) == "3.0 PiB");
  CHECK(size_text(u64(5) << 60) == "5120.0 PiB");
}

TEST_CASE("output: JSON is one line of UTF-8, members in order") {
  CHECK(to_text({{"b", 1}, {"a", "x\ny"}}) == "{\"b\":1,\"a\":\"x\\ny\"}");
  CHECK(to_text({{"a", "\xff"}}) == "{\"a\":\"\xEF\xBF\xBD\"}");
}

TEST_CASE("output: faults keep their place and the ids they hide") {
  const cli::Json list = json_of({Fault{.project = "p",
                                        .file = "f.shard",
                                        .section = "text",
                                        .offset = 4096,
                                        .message = "A frame fails its check.",
                                        .ids = {"a", "b"}}});
  REQUIRE(list.size() == 1);
  CHECK(to_text(list[0]) == R"({"project":"p","file":"f.shard","section":"text","offset":4096,)"
                            R"("message":"A frame fails its check.","ids":["a","b"]})");
}

TEST_CASE("output: statuses are the numbers that scripts know") {
  const std::pair<Exit, int> numbers[] = {
      {Exit::ok, 0},   {Exit::nothing_found, 1}, {Exit::usage, 2},   {Exit::damaged, 3},
      {Exit::busy, 4}, {Exit::failed, 5},        {Exit::too_new, 6}, {Exit::interrupted, 130}};
  for (const auto& [exit, number] : numbers) CHECK(int(exit) == number);
}

TEST_CASE("output: results and remarks go to different streams") {
  const Ran ran = run_captured([] {
    Output output;
    output.line("one");
    output.raw("");
    output.raw("two\n");
    output.object({{"b", 1}, {"a", nullptr}});
    output.note("a note");
    output.warning("a\nwarning\x1b");
    return int(output.finish(Exit::nothing_found));
  });
  CHECK(ran.exit == 1);
  CHECK(ran.out == "one\ntwo\n{\"v\":1,\"b\":1,\"a\":null}\n");
  CHECK(ran.err == "shale: a note\nshale: a warning \n");
}

TEST_CASE("output: under --quiet notes are left out, warnings and results stay") {
  const Ran ran = run_captured([] {
    Output output;
    output.quiet = true;
    output.note("a note");
    output.warning("a warning");
    output.line("a result");
    return int(output.finish(Exit::ok));
  });
  CHECK(ran.out == "a result\n");
  CHECK(ran.err == "shale: a warning\n");
}

TEST_CASE("output: an error says where and who") {
  const auto reported = [](Form form, const Error& error) {
    return run_captured([&] {
      Output output;
      output.form = form;
      return int(output.finish(output.error(error)));
    });
  };
  Error error(ErrorCode::busy, "Process 77 writes.");
  error.path = "/p";
  error.offset = 12;
  error.pid = 77;
  const Ran text = reported(Form::text, error);
  CHECK(text.exit == 4);
  CHECK(text.out.empty());
  CHECK(text.err == "shale: Process 77 writes. [/p]\n");
  const Ran json = reported(Form::json, error);
  CHECK(json.exit == 4);
  CHECK(json.err == text.err);
  CHECK(json.out == R"({"v":1,"error":{"code":"busy","message":"Process 77 writes.","path":"/p",)"
                    R"("offset":12,"pid":77}})"
                    "\n");
  // A path the sentence has already is not said twice, and nobody holds anything.
  const Ran plain = reported(Form::ndjson, Error(ErrorCode::io, "cannot read /p"));
  CHECK(plain.err == "shale: cannot read /p\n");
  CHECK(plain.out.find("pid") == std::string::npos);
  error = Error(ErrorCode::io, "cannot read /p");
  error.path = "/p";
  CHECK(reported(Form::text, error).err == "shale: cannot read /p\n");
}

TEST_CASE("output: faults are remarks with their place, if it is known") {
  const Ran ran = run_captured([] {
    const Output output;
    output.faults({});
    Fault placeless;
    placeless.message = "All is lost.";
    output.faults({placeless, Fault{.project = "p",
                                    .file = "f.shard",
                                    .section = "text",
                                    .offset = 7,
                                    .message = "A frame.",
                                    .ids = {"a", "b"}}});
    return 0;
  });
  CHECK(ran.out.empty());
  CHECK(ran.err ==
        "shale: damaged: All is lost.\n"
        "shale: damaged: A frame. [f.shard text at 7] hides 2 segments\n");
  CHECK(json_of(std::vector<Fault>()).dump() == "[]");
}

TEST_CASE("output: a result that could not be written is a failure") {
  if (!std::filesystem::exists("/dev/full")) return;
  const Ran ran = run_captured([] {
    if (std::freopen("/dev/full", "w", stdout) == nullptr) return 99;
    Output output;
    output.line("lost");
    return int(output.finish(Exit::ok));
  });
  CHECK(ran.exit == 5);
  CHECK(ran.err.find("cannot write the result") != std::string::npos);
}

TEST_CASE("output: colours are for terminals that want them") {
  const auto colours = [] { return int(Output::colours()); };
  const auto with = [&](const char* name, const char* value) {
    return run_on_terminal([&] {
      setenv(name, value, 1);
      return colours();
    });
  };
  CHECK(run_on_terminal(colours).exit == 1);
  CHECK(run_captured(colours).exit == 0);
  CHECK(with("NO_COLOR", "1").exit == 0);
  CHECK(with("NO_COLOR", "").exit == 1);
  CHECK(with("TERM", "dumb").exit == 0);
}

TEST_CASE("output: printable text keeps every other byte in its place") {
  for (int c = 0; c < 256; ++c) {
    const std::string text = {'a', char(c), 'z'};
    const bool control = c < 0x20 || c == 0x7F;
    CHECK(printable(text) == (control ? "a z" : text));
  }
}

TEST_CASE("output: bytes that are not UTF-8 do not break the JSON around them") {
  for (const char* text : {"\xff", "a\xC3", "\xED\xA0\x80", "\xF8\x88\x80\x80\x80", "\xC0\x80"}) {
    const std::string json = to_text({{text, {text}}});
    INFO(json);
    CHECK_FALSE(cli::Json::parse(json, nullptr, false).is_discarded());
    CHECK(json.find("\xEF\xBF\xBD") != std::string::npos);
    CHECK(json.find('\n') == std::string::npos);
  }
}
