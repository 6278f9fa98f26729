#include "cli/edge_file.hpp"

#include <fstream>

#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale::cli {
namespace {

Result<std::vector<Dependencies>> read(const std::string& text) {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "edges.ndjson";
  std::ofstream(path, std::ios::binary) << text;
  return read_edge_file(path.string());
}

}  // namespace

TEST_CASE("edge files: a path or a list of them depends on what is behind it") {
  const auto edges = read(
      "{\"from\": \"a\", \"to\": \"b\"}\n\n"
      "{\"to\": [\"c\", \"d\"], \"from\": \"a\", \"line\": 3}\r\n"
      "{\"from\": \"\\u00e4\", \"to\": []}");
  REQUIRE(edges);
  REQUIRE(edges->size() == 3);
  CHECK((*edges)[0].from == "a");
  CHECK((*edges)[0].to == std::vector<std::string>{"b"});
  CHECK((*edges)[1].to == std::vector<std::string>{"c", "d"});
  CHECK((*edges)[2].from == "\xc3\xa4");
  CHECK((*edges)[2].to.empty());
  CHECK(read("").value().empty());
}

TEST_CASE("edge files: a line that is none is told with its number") {
  for (const char* line :
       {"x", "[]", "{}", "{\"from\": \"a\"}", "{\"to\": \"a\"}", "{\"from\": 1, \"to\": \"a\"}",
        "{\"from\": \"a\", \"to\": 1}", "{\"from\": \"a\", \"to\": [\"b\", null]}",
        "{\"from\": \"a\", \"to\": {\"b\": \"c\"}}", "{\"from\": \"a\", \"to\": \"b\"} x",
        "{\"from\": \"\xff\", \"to\": \"b\"}"}) {
    INFO(line);
    const auto edges = read("{\"from\": \"a\", \"to\": \"b\"}\n" + std::string(line) + "\n");
    REQUIRE_FALSE(edges);
    CHECK(edges.error().code == ErrorCode::invalid_argument);
    CHECK(edges.error().message.find("edges.ndjson:2: ") != std::string::npos);
  }
  CHECK(read_edge_file("/no/such/file").error().code == ErrorCode::not_found);
}

}  // namespace shale::cli
