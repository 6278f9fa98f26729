#include "cli/store_locator.hpp"

#include <cstdlib>

namespace shale::cli {

namespace fs = std::filesystem;

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace

Environment Environment::of_process() {
  std::error_code code;
  return {.store = variable("SHALE_STORE"),
          .data_home = variable("XDG_DATA_HOME"),
          .home = variable("HOME"),
          .folder = fs::current_path(code)};
}

Result<Location> locate_store(const std::string& option, const Environment& environment) {
  if (!option.empty()) return Location{option};
  if (!environment.store.empty()) return Location{environment.store};
  for (fs::path folder = environment.folder; !folder.empty(); folder = folder.parent_path()) {
    std::error_code code;
    if (fs::is_directory(folder / store_folder_name, code)) {
      return Location{folder / store_folder_name};
    }
    if (!folder.has_relative_path()) break;
  }
  // The XDG rules: a relative value is to be ignored.
  if (fs::path(environment.data_home).is_absolute()) {
    return Location{fs::path(environment.data_home) / "shale"};
  }
  if (!environment.home.empty()) {
    return Location{fs::path(environment.home) / ".local" / "share" / "shale"};
  }
  return fail(ErrorCode::invalid_argument,
              "There is no place for a store: name one with --store, or set HOME.");
}

}  // namespace shale::cli
