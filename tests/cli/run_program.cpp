#include "tests/cli/run_program.hpp"

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "cli/program.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale::testing {

namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

[[noreturn]] void run_child(const std::function<int()>& body) {
  const int exit = body();
  std::fflush(stdout);
  std::fflush(stderr);
  _exit(exit);
}

int exit_of_child(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// What a terminal was sent until the other side hung up.
std::string drain(int terminal) {
  std::string text;
  char block[4096];
  for (ssize_t got; (got = read(terminal, block, sizeof block)) > 0;)
    text.append(block, size_t(got));
  return text;
}

}  // namespace

Ran run_captured(const std::function<int()>& body, std::string_view input) {
  const TemporaryFolder folder;
  std::ofstream(folder / "in", std::ios::binary) << input;
  std::fflush(stdout);
  std::fflush(stderr);
  const pid_t child = fork();
  if (child == 0) {
    const bool redirected = std::freopen((folder / "in").c_str(), "r", stdin) != nullptr &&
                            std::freopen((folder / "out").c_str(), "w", stdout) != nullptr &&
                            std::freopen((folder / "err").c_str(), "w", stderr) != nullptr;
    if (!redirected) _exit(99);
    run_child(body);
  }
  const int exit = exit_of_child(child);
  return {exit, text_of(folder / "out"), text_of(folder / "err")};
}

Ran run_on_terminal(const std::function<int()>& body) {
  int terminal = -1;
  std::fflush(stdout);
  std::fflush(stderr);
  const pid_t child = forkpty(&terminal, nullptr, nullptr, nullptr);
  if (child == 0) {
    setenv("TERM", "xterm", 1);
    unsetenv("NO_COLOR");
    run_child(body);
  }
  const std::string text = drain(terminal);
  close(terminal);
  return {exit_of_child(child), text, {}};
}

Ran run_program(const std::vector<std::string>& words, std::string_view input) {
  const auto body = [&] {
    std::vector<std::string> whole = words;
    whole.insert(whole.begin(), "shale");
    std::vector<char*> arguments;
    for (std::string& word : whole) arguments.push_back(word.data());
    return cli::run_program(int(arguments.size()), arguments.data());
  };
  return run_captured(body, input);
}

}  // namespace shale::testing
