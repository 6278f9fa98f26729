// Which store a call means: --store, else $SHALE_STORE, else the nearest `.shale` upwards, else
// the user's own one below $XDG_DATA_HOME or ~/.local/share.
//
// Only finds the path; opening it and making it are context.cpp's. The environment is an argument,
// so that tests need not change their own.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.hpp"

namespace shale::cli {

struct Environment {
  std::string store;             // $SHALE_STORE
  std::string data_home;         // $XDG_DATA_HOME
  std::string home;              // $HOME
  std::filesystem::path folder;  // the working directory
  static Environment of_process();
};

struct Location {
  std::filesystem::path path;
};

Result<Location> locate_store(const std::string& option, const Environment& environment);

inline constexpr const char* store_folder_name = ".shale";

}  // namespace shale::cli
