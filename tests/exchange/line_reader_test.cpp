#include "exchange/line_reader.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <random>
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

TEST_CASE("line reader: random input is cut as a look at the whole of it would") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  constexpr std::string_view some = "ab\n\n\r\xEF\xBB\xBF";
  for (int round = 0; round < 100; ++round) {
    std::string text = random() % 3 == 0 ? "\xEF\xBB\xBF" : "";
    for (u64 i = random() % 200; i > 0; --i) text += some[random() % some.size()];
    const usize limit = 1 + random() % 12;
    Lines expected;
    for (usize at = 0; at < text.size();) {
      const usize end = std::min(text.find('\n', at), text.size());
      std::string line = text.substr(at, end - at);
      const bool is_long = line.size() > limit;
      if (line.ends_with('\r')) line.pop_back();
      if (expected.empty() && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
      expected.push_back(is_long ? "<long>" : line);
      at = end + 1;
    }
    REQUIRE(lines_of(text, limit) == expected);
  }
}

TEST_CASE("line reader: the end stays the end") {
  Pipe pipe;
  pipe.write_all("a");
  pipe.close_writing();
  LineReader reader(pipe.ends[0], "test", 100);
  CHECK(reader.next().value().text == "a");
  for (int i = 0; i < 3; ++i) CHECK(reader.next().value().state == LineReader::State::end);
}

TEST_CASE("line reader: a descriptor that is none is an error with its name") {
  LineReader reader(-1, "the input", 100);
  const auto line = reader.next();
  REQUIRE_FALSE(line);
  CHECK(line.error().code == ErrorCode::io);
  CHECK(line.error().message.find("the input") != std::string::npos);
}

TEST_CASE("line reader: a signal ends a read that waits") {
  struct sigaction before {};
  struct sigaction action {};
  action.sa_handler = [](int) {};  // without SA_RESTART, as watch_for_interrupt has it
  REQUIRE(sigaction(SIGUSR1, &action, &before) == 0);
  Pipe pipe;
  std::atomic<bool> done = false;
  const pthread_t waiting = pthread_self();
  std::thread caller([&] {  // again and again: the first may come before the read
    while (!done) {
      pthread_kill(waiting, SIGUSR1);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  });
  LineReader reader(pipe.ends[0], "test", 100);
  const auto line = reader.next();
  done = true;
  caller.join();
  sigaction(SIGUSR1, &before, nullptr);
  REQUIRE_FALSE(line);
  CHECK(line.error().code == ErrorCode::cancelled);
}
