#include "tests/cli/run_program.hpp"

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

[[noreturn]] void run_child(const TemporaryFolder& folder, std::vector<std::string> words) {
  const bool redirected = std::freopen((folder / "in").c_str(), "r", stdin) != nullptr &&
                          std::freopen((folder / "out").c_str(), "w", stdout) != nullptr &&
                          std::freopen((folder / "err").c_str(), "w", stderr) != nullptr;
  if (!redirected) _exit(99);
  words.insert(words.begin(), "shale");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  const int exit = cli::run_program(int(arguments.size()), arguments.data());
  std::fflush(stderr);
  _exit(exit);
}

}  // namespace

Ran run_program(const std::vector<std::string>& words, std::string_view input) {
  const TemporaryFolder folder;
  std::ofstream(folder / "in", std::ios::binary) << input;
  std::fflush(stdout);
  std::fflush(stderr);
  const pid_t child = fork();
  if (child == 0) run_child(folder, words);
  int status = 0;
  waitpid(child, &status, 0);
  const int exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {exit, text_of(folder / "out"), text_of(folder / "err")};
}

}  // namespace shale::testing
