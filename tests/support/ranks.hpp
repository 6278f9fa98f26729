// Files of ranks (.tiktoken): small vocabularies that a test makes up.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/base64.hpp"

namespace shale::testing {

// A file of ranks: all bytes, and `more`.
inline std::filesystem::path write_ranks(const std::filesystem::path& path,
                                         const std::vector<std::string>& more) {
  std::ofstream file(path);
  int rank = 0;
  for (; rank < 256; ++rank) {
    file << encode_base64(std::string(1, char(rank))) << ' ' << rank << '\n';
  }
  for (const std::string& token : more) file << encode_base64(token) << ' ' << rank++ << '\n';
  return path;
}

}  // namespace shale::testing
