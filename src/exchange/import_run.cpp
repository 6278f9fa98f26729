#include "exchange/import_run.hpp"

namespace shale::exchange {

namespace {

// Errors of one file, which leave the others alone.
bool is_unreadable(ErrorCode code) {
  return code == ErrorCode::io || code == ErrorCode::not_found || code == ErrorCode::read_only;
}

std::string text_of(const ImportRun::Place& place) {
  return place.line == 0 ? place.file : place.file + ':' + std::to_string(place.line);
}

}  // namespace

std::string ImportRun::project_of(const std::optional<std::string>& named) const {
  if (options_.project) return *options_.project;
  return named.value_or(options_.default_project);
}

Result<void> ImportRun::take(const Place& place, const std::string& project, NewSegment segment) {
  auto stashed = target_.stash(project, std::move(segment));
  if (stashed || stashed.error().code != ErrorCode::invalid_argument) return stashed;
  refuse(place, stashed.error().message);
  return {};
}

void ImportRun::refuse(const Place& place, std::string_view reason) {
  ++counts_.bad;
  warn(place, reason);
}

void ImportRun::warn(const Place& place, std::string_view message) const {
  target_.warn(text_of(place) + ": " + std::string(message));
}

Result<void> ImportRun::close(const std::string& file, Result<void> read) {
  if (read) return ++counts_.files, Result<void>();
  const Error& error = read.error();
  // An error of the store names a path of its own.
  if (error.path != file) return read;
  if (error.code == ErrorCode::corrupt) {
    ++counts_.files;
    ++counts_.damaged;
    warn({file}, "damaged, " + error.message + " What stands before it is taken.");
    return {};
  }
  if (!is_unreadable(error.code)) return read;
  ++counts_.unreadable;
  warn({file}, error.message);
  return {};
}

void ImportRun::refuse_undecidable(const std::string& file, std::string_view reason) {
  ++counts_.undecidable;
  warn({file}, reason);
}

std::string about_segment(std::string message) {
  constexpr std::string_view line = "The line";
  if (message.starts_with(line)) message.replace(0, line.size(), "The segment");
  return message;
}

}  // namespace shale::exchange
