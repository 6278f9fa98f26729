#include "base/child_process.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace shale;
using namespace std::chrono_literals;
using testing::TemporaryFolder;

namespace {

using Words = std::vector<std::string>;

ChildProcess shell(const std::string& script, const ChildLimits& limits = {}) {
  return ChildProcess::start("/bin/sh", Words{"-c", script}, limits).value();
}

// All up to `ending`, or the error.
Result<std::string> answer(ChildProcess& child, std::string_view request,
                           const std::string& ending = "\n", std::chrono::milliseconds wait = 60s) {
  std::string all;
  const auto take = [&](std::string_view block) -> Result<bool> {
    all += block;
    return all.ends_with(ending);
  };
  auto done = child.ask(request, take, ChildProcess::Clock::now() + wait);
  if (!done) return Unexpected{std::move(done).error()};
  return all;
}

bool has_children() { return waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD; }

}  // namespace

TEST_CASE("child process: is asked one question after the other") {
  {
    ChildProcess child = shell("while read x; do echo \"<$x>\"; done");
    CHECK(answer(child, "one\n").value() == "<one>\n");
    CHECK(answer(child, "two\n").value() == "<two>\n");
    ChildProcess moved = std::move(child);
    CHECK(answer(moved, "three\n").value() == "<three>\n");
  }
  CHECK_FALSE(has_children());
}

TEST_CASE("child process: arguments are no shell's, and little is handed down") {
  setenv("SHALE_TEST_SECRET", "x", 1);
  const int open_file = dup(STDIN_FILENO);  // which is not closed by an exec
  auto child = ChildProcess::start(
      "/bin/sh",
      Words{"-c", "printf '%s|' \"$@\"; pwd; env | grep -c SECRET; ls /proc/self/fd | wc -l", "sh",
            "a b", "$(id)", "", "-n", "x\ny"});
  REQUIRE(child);
  const std::string said = answer(*child, "", "\n4\n").value();
  CHECK(said == "a b|$(id)||-n|x\ny|/\n0\n4\n");  // 0 1 2, and the one of the folder it lists
  close(open_file);
  unsetenv("SHALE_TEST_SECRET");
}

TEST_CASE("child process: more than the socket holds goes both ways at once") {
  ChildProcess child = shell("cat");
  std::string text(8u << 20, 'x');
  text += "end\n";
  CHECK(answer(child, text, "end\n").value() == text);
}

TEST_CASE("child process: one that dies, says too much or nothing is ended") {
  ChildProcess dead = shell("exit 3");
  CHECK(answer(dead, std::string(1u << 20, 'x')).error().message.find("ended") !=
        std::string::npos);
  CHECK_FALSE(dead.is_running());
  CHECK_FALSE(answer(dead, "again"));

  ChildProcess half = shell("read x; printf half");
  CHECK_FALSE(answer(half, "x\n"));

  // With what it has started.
  ChildProcess silent = shell("trap '' TERM; while :; do sleep 1; done");
  const auto start = ChildProcess::Clock::now();
  const auto late = answer(silent, "x\n", "\n", 50ms);
  REQUIRE_FALSE(late);
  CHECK(late.error().code == ErrorCode::busy);
  CHECK(ChildProcess::Clock::now() - start < 20s);
  CHECK_FALSE(silent.is_running());

  ChildProcess deaf = shell("sleep 100");  // which reads nothing
  CHECK_FALSE(answer(deaf, std::string(8u << 20, 'x'), "\n", 50ms));

  ChildProcess endless = shell("yes");
  u64 bytes = 0;
  const auto refuse = [&](std::string_view block) -> Result<bool> {
    bytes += block.size();
    if (bytes > 1u << 20) return fail(ErrorCode::corrupt, "enough");
    return false;
  };
  const auto refused = endless.ask("", refuse, ChildProcess::Clock::now() + 60s);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "enough");
  CHECK_FALSE(endless.is_running());
  CHECK_FALSE(has_children());
}

TEST_CASE("child process: has limits of memory and processor time") {
  ChildProcess busy = shell("while :; do :; done", {.processor_seconds = 1});
  CHECK(answer(busy, "").error().code == ErrorCode::io);
  // Of each question no more than its deadline leaves.
  ChildProcess asked = shell("while read x; do ulimit -t; done");
  const int seconds = std::stoi(answer(asked, "x\n", "\n", 30s).value());
  CHECK((seconds >= 30 && seconds <= 32));
  CHECK(std::stoi(answer(asked, "x\n", "\n", 50s).value()) > seconds);
  ChildProcess child = shell("read x; ulimit -v; ulimit -c", {.memory_bytes = u64(1) << 30});
  CHECK(answer(child, "x\n", "\n0\n").value() == "1048576\n0\n");
}

TEST_CASE("child process: what cannot be started") {
  CHECK(ChildProcess::start("/no/such/program", {}).error().code == ErrorCode::not_found);
  const TemporaryFolder folder;
  std::ofstream(folder / "plain") << "text";
  CHECK_FALSE(ChildProcess::start(folder / "plain", {}));
  CHECK_FALSE(has_children());
}

TEST_CASE("child process: programs are looked for in absolute folders alone") {
  const TemporaryFolder folder;
  const std::string path = folder.path().string();
  std::filesystem::create_directories(folder / "ctags");
  std::filesystem::create_directories(folder / "b");
  std::ofstream(folder / "b/ctags") << "#!/bin/sh\n";
  CHECK(find_program("ctags", path + ':' + path + "/b") == std::nullopt);
  chmod((folder / "b/ctags").c_str(), 0700);
  CHECK(find_program("ctags", path + ':' + path + "/b") == folder / "b/ctags");
  CHECK(find_program("ctags", ":" + path + "/b:") == folder / "b/ctags");
  CHECK(find_program("ctags", "") == std::nullopt);
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder / "b");
  CHECK(find_program("ctags", ".::./") == std::nullopt);
  std::filesystem::current_path(before);
}
