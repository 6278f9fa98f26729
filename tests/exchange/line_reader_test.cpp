#include "exchange/line_reader.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <thread>

#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::exchange;

namespace {

struct Pipe {
  Pipe() { REQUIRE(pipe(ends) == 0); }
  ~Pipe() {
    close(ends[0]);
    close_writing();
  }
  void write_all(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t put = ::write(ends[1], text.data(), text.size());
      if (put <= 0) return;
      text.remove_prefix(usize(put));
    }
  }
  void close_writing() {
    if (ends[1] >= 0) close(ends[1]);
    ends[1] = -1;
  }
  int ends[2] = {-1, -1};
};

// All lines of `text` as the reader gives them; a line that is too long as "<long>".
std::vector<std::string> lines_of(std::string_view text, usize limit = 1000) {
  Pipe pipe;
  std::thread writer([&] {
    pipe.write_all(text);
    pipe.close_writing();
  });
  LineReader reader(pipe.ends[0], "test", limit);
  std::vector<std::string> lines;
  u64 number = 0;
  while (true) {
    const auto line = reader.next().value();
    if (line.state == LineReader::State::end) break;
    CHECK(line.number == ++number);
    lines.emplace_back(line.state == LineReader::State::too_long ? "<long>" : line.text);
  }
  writer.join();
  CHECK(reader.bytes_read() == text.size());
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("line reader: line ends, byte order mark, the last line") {
  CHECK(lines_of("").empty());
  CHECK(lines_of("a") == Lines{"a"});
  CHECK(lines_of("a\n") == Lines{"a"});
  CHECK(lines_of("a\nb") == Lines{"a", "b"});
  CHECK(lines_of("a\r\nb\r\n") == Lines{"a", "b"});
  CHECK(lines_of("\n\na\n") == Lines{"", "", "a"});
  CHECK(lines_of("\xEF\xBB\xBFone\n\xEF\xBB\xBFtwo\n") == Lines{"one", "\xEF\xBB\xBFtwo"});
  CHECK(lines_of(std::string("a\0b\n", 4)) == Lines{std::string("a\0b", 3)});
}

TEST_CASE("line reader: long lines are skipped, the rest is read") {
  const std::string fits(10, 'x');
  const std::string over(11, 'x');
  const std::string far_over(5u << 20, 'y');
  CHECK(lines_of(fits + "\n" + over + "\nnext\n", 10) == Lines{fits, "<long>", "next"});
  CHECK(lines_of("a\n" + far_over + "\nb\n", 10) == Lines{"a", "<long>", "b"});
  CHECK(lines_of("a\n" + far_over, 10) == Lines{"a", "<long>"});
}

TEST_CASE("line reader: lines over many blocks stay whole") {
  std::string text;
  Lines expected;
  for (usize i = 0; i < 60; ++i) {
    expected.push_back(std::string(i * 1999, char('a' + i % 26)));
    text += expected.back() + "\n";
  }
  CHECK(lines_of(text, 1u << 20) == expected);
}

TEST_CASE("line reader: a line comes before the pipe ends") {
  Pipe pipe;
  pipe.write_all("first\nsec");
  LineReader reader(pipe.ends[0], "test", 100);
  CHECK(reader.next().value().text == "first");
  pipe.write_all("ond\n");
  CHECK(reader.next().value().text == "second");
}

TEST_CASE("line reader: a folder cannot be read") {
  const int folder = open("/", O_RDONLY);
  LineReader reader(folder, "/", 100);
  const auto line = reader.next();
  REQUIRE_FALSE(line);
  CHECK(line.error().code == ErrorCode::io);
  close(folder);
}
