#include "query/explanation.hpp"

#include <algorithm>
#include <cstdio>

namespace shale::query {

namespace {

constexpr usize name_columns = 11;

std::string milliseconds(std::chrono::nanoseconds taken) {
  char text[32];
  const int size = std::snprintf(text, sizeof text, "%.3f ms", double(taken.count()) / 1e6);
  return std::string(text, usize(size));
}

}  // namespace

void Explanation::add(std::string_view name, std::string_view text) {
  std::string line(name);
  line.resize(std::max(name_columns, name.size() + 1), ' ');
  lines_.append(line).append(text).append("\n");
}

void Explanation::clear() { lines_.clear(); }

void Explanation::add_time(std::string_view step, std::chrono::nanoseconds taken) {
  const auto known = std::find_if(steps_.begin(), steps_.end(),
                                  [&](const auto& one) { return one.first == step; });
  if (known == steps_.end()) {
    steps_.emplace_back(step, taken);
  } else {
    known->second += taken;
  }
}

std::string Explanation::text() const {
  std::string times;
  for (const auto& [step, taken] : steps_) {
    if (!times.empty()) times += ", ";
    times.append(step).append(" ").append(milliseconds(taken));
  }
  Explanation whole;
  whole.lines_ = lines_;
  whole.add("time", times);
  return std::move(whole.lines_);
}

}  // namespace shale::query
