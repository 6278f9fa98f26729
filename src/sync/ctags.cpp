#include "sync/ctags.hpp"

#include <array>

#include "sync/tag_languages.hpp"
#include "sync/tag_lines.hpp"

namespace shale::sync {

namespace {

constexpr std::array names = {"ctags", "ctags-universal", "universal-ctags"};
constexpr std::array modes = {"--_interactive=sandbox", "--_interactive"};
constexpr usize greeting_bytes_max = 4096;

std::vector<std::string> arguments_of(const std::string& mode) {
  return {"--options=NONE", mode,
          "--output-format=xref",  // behind the mode, which sets JSON
          "--_xformat=" + std::string(tag_format), "--sort=no"};
}

// The first line it says, which names it.
Result<void> take_greeting(ChildProcess& process, ChildProcess::Clock::time_point deadline) {
  std::string greeting;
  const auto take = [&](std::string_view block) -> Result<bool> {
    greeting += block;
    if (greeting.size() > greeting_bytes_max) return fail(ErrorCode::corrupt, "it says too much");
    return greeting.ends_with('\n');
  };
  TRY(process.ask("", take, deadline));
  const bool is_right = greeting.starts_with('{') &&
                        greeting.find("\"name\": \"Universal Ctags\"") != greeting.npos &&
                        greeting.find('\n') + 1 == greeting.size();
  return is_right ? Result<void>() : fail(ErrorCode::corrupt, "it is another program");
}

}  // namespace

std::vector<Symbol> Ctags::symbols_of(std::string_view path, std::string_view text) {
  const std::string_view ending = tag_ending(path);
  if (ending.empty() || text.size() > limits_.file_bytes) return {};
  std::optional<Running> running = take_running();
  if (!running) return {};
  auto symbols = ask(*running, ending, text, running->asked > 0);
  if (!symbols) {
    count_failure(symbols.error(), path);
    return {};
  }
  give_back(*std::move(running));
  return *std::move(symbols);
}

// One that has answered before may have died of that, or be out of turn: another one is asked.
Result<std::vector<Symbol>> Ctags::ask(Running& running, std::string_view ending,
                                       std::string_view text, bool may_retry) {
  auto symbols = ask_once(running, ending, text);
  const bool is_late = !symbols && symbols.error().code == ErrorCode::busy;
  if (symbols || is_late || !may_retry) return symbols;
  std::optional<Running> fresh = start_any();
  if (!fresh) return symbols;
  running = *std::move(fresh);
  return ask_once(running, ending, text);
}

Result<std::vector<Symbol>> Ctags::ask_once(Running& running, std::string_view ending,
                                            std::string_view text) const {
  const std::string file = std::to_string(++running.asked) + '.' + std::string(ending);
  std::string request = "{\"command\":\"generate-tags\",\"filename\":\"" + file +
                        "\",\"size\":" + std::to_string(text.size()) + "}\n";
  request += text;
  TagLines lines(file);
  const auto take = [&](std::string_view block) { return lines.take(block); };
  TRY(running.process.ask(request, take, ChildProcess::Clock::now() + limits_.file));
  return lines.symbols();
}

std::optional<Ctags::Running> Ctags::take_running() {
  {
    const std::lock_guard lock(mutex_);
    if (is_given_up_) return std::nullopt;
    if (!idle_.empty()) {
      std::optional<Running> running(std::move(idle_.back()));
      idle_.pop_back();
      return running;
    }
  }
  return start_any();
}

// The first one that will do.
std::optional<Ctags::Running> Ctags::start_any() {
  std::string reason;
  for (const Program& program : programs()) {
    auto running = start(program);
    if (running) {
      const std::lock_guard lock(mutex_);
      program_ = program;
      return *std::move(running);
    }
    if (reason.empty()) reason = program.path.string() + ": " + running.error().message;
    if (running.error().code == ErrorCode::busy) break;  // the next one may hang as well
  }
  give_up(std::move(reason));
  return std::nullopt;
}

std::vector<Ctags::Program> Ctags::programs() const {
  {
    const std::lock_guard lock(mutex_);
    if (program_) return {*program_};
  }
  std::vector<Program> programs;
  for (const char* const name : names) {
    const auto path = find_program(name, search_path_);
    if (!path) continue;
    for (const char* const mode : modes) programs.push_back({*path, mode});
  }
  return programs;
}

Result<Ctags::Running> Ctags::start(const Program& program) const {
  Running running{TRY(ChildProcess::start(program.path, arguments_of(program.mode)))};
  TRY(take_greeting(running.process, ChildProcess::Clock::now() + limits_.start));
  return running;
}

void Ctags::give_back(Running running) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(running));
}

void Ctags::give_up(std::string reason) {
  const std::lock_guard lock(mutex_);
  is_given_up_ = true;
  if (reason_.empty()) reason_ = std::move(reason);
}

void Ctags::count_failure(const Error& error, std::string_view path) {
  const std::lock_guard lock(mutex_);
  ++failures_;
  if (reason_.empty()) reason_ = "of '" + std::string(path) + "': " + error.message;
  is_given_up_ = is_given_up_ || failures_ >= limits_.failures;
}

std::optional<std::string> Ctags::trouble() const {
  const std::lock_guard lock(mutex_);
  if (reason_.empty()) return std::nullopt;
  const std::string which = is_given_up_ ? "files" : std::to_string(failures_) + " files";
  return "ctags failed, " + reason_ + "; " + which + " of its languages are cut by lines";
}

}  // namespace shale::sync
