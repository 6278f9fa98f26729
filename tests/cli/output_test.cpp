#include "cli/output.hpp"

#include <set>

#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::cli;

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
