// Symbols of files in languages without a scanner of our own, by universal-ctags, where that is
// installed.
//
// The first `ctags` in $PATH that is one, with an interactive mode (others are refused: Exuberant
// Ctags, that of Emacs), runs once for each thread that asks, without any options of its user, in
// its sandbox where it has one. It is given the bytes that were read and a name made of a number
// and an ending of a fixed set: it opens no file, and no name can pass for an option. What it
// answers is bounded and checked (tag_lines.hpp), what it does has a deadline; a process that did
// not keep to either is ended. The file is then cut by lines, as without ctags; after a few such
// files, or where it does not even start, it is asked no more. Either way trouble() tells.
// Used by mirror_pass, one for each pass.
#pragma once

#include <chrono>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/child_process.hpp"
#include "sync/symbols.hpp"

namespace shale::sync {

struct CtagsLimits {
  std::chrono::milliseconds start{5'000};
  std::chrono::milliseconds file{10'000};
  u64 file_bytes = 4u << 20;  // longer ones are not asked about
  u64 failures = 8;           // of files
};

// Safe from many threads.
class Ctags {
 public:
  // `search_path`: as in $PATH.
  explicit Ctags(std::string search_path, const CtagsLimits& limits = {})
      : search_path_(std::move(search_path)), limits_(limits) {}

  // Empty where there are none, and where nobody can tell.
  std::vector<Symbol> symbols_of(std::string_view path, std::string_view text);
  // What went wrong so far, in a sentence; nothing where ctags is not installed.
  std::optional<std::string> trouble() const;

 private:
  struct Program {
    std::filesystem::path path;
    std::string mode;  // the option that makes it interactive
  };
  struct Running {
    ChildProcess process;
    u64 asked = 0;
  };
  std::optional<Running> take_running();
  std::optional<Running> start_any();
  Result<Running> start(const Program& program) const;
  Result<std::vector<Symbol>> ask(Running& running, std::string_view ending, std::string_view text,
                                  bool may_retry);
  Result<std::vector<Symbol>> ask_once(Running& running, std::string_view ending,
                                       std::string_view text) const;
  std::vector<Program> programs() const;
  void give_back(Running running);
  void give_up(std::string reason);
  void count_failure(const Error& error, std::string_view path);

  const std::string search_path_;
  const CtagsLimits limits_;
  mutable std::mutex mutex_;
  std::vector<Running> idle_;
  std::optional<Program> program_;  // that has started once
  bool is_given_up_ = false;
  std::string reason_;  // of the first thing that went wrong
  u64 failures_ = 0;
};

}  // namespace shale::sync
