#include "cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "cli/interrupt.hpp"
#include "cli/output.hpp"

namespace shale::cli {

namespace {
constexpr std::chrono::milliseconds first_draw(500);
constexpr std::chrono::milliseconds between_draws(100);
constexpr usize bar_width = 24;

bool terminal_can() {
  const char* terminal = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
}
}  // namespace

std::string progress_line(std::string_view label, u64 done_bytes, u64 total_bytes, u64 segments) {
  std::string line = fmt::format("{} ", label);
  if (total_bytes > 0) {
    const double share = std::min(1.0, double(done_bytes) / double(total_bytes));
    const usize full = usize(share * double(bar_width));
    line += fmt::format("[{}{}] {:3.0f} %  ", std::string(full, '='),
                        std::string(bar_width - full, ' '), share * 100);
  }
  return line + fmt::format("{}  {} segments", size_text(done_bytes), segments);
}

ProgressBar::ProgressBar(std::string label, bool quiet)
    : label_(std::move(label)),
      enabled_(!quiet && terminal_can()),
      next_draw_(started_ + first_draw) {}

ProgressBar::~ProgressBar() {
  if (drawn_) std::fputs("\r\033[K", stderr);
}

void ProgressBar::show(u64 done_bytes, u64 total_bytes, u64 segments) {
  if (!enabled_) return;
  const auto now = Clock::now();
  if (now < next_draw_) return;
  next_draw_ = now + between_draws;
  drawn_ = true;
  const std::string line = progress_line(label_, done_bytes, total_bytes, segments);
  std::fprintf(stderr, "\r\033[K%s", line.c_str());
  std::fflush(stderr);
}

ProgressCallback progress_on(ProgressBar& bar) {
  return [&bar](const Progress& progress) {
    bar.show(progress.done_bytes, progress.total_bytes, progress.segments);
    return !interrupted();
  };
}

}  // namespace shale::cli
