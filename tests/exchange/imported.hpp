// What an import hands out, collected: the target of a test that needs no store.
#pragma once

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "base/integers.hpp"
#include "exchange/import_run.hpp"
#include "model/record.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale::exchange::testing {

using shale::testing::TemporaryFolder;

inline void write_file(const std::filesystem::path& path, std::string_view content) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

class Imported {
 public:
  explicit Imported(ImportOptions options = {})
      : run(std::move(options),
            {.stash = [this](const std::string& project, NewSegment segment) -> Result<void> {
               auto checked = check_segment(segment);
               if (!checked) return checked;
               const std::string key = project + '/' + segment.id;
               order.push_back(key);
               segments.insert_or_assign(key, std::move(segment));
               return {};
             },
             .warn = [this](const std::string& message) { warnings.push_back(message); },
             .advance = [this](u64 bytes) -> Result<void> {
               bytes_read += bytes;
               return {};
             }}) {}

  // Whether a warning holds `part`.
  bool says(std::string_view part) const {
    for (const std::string& warning : warnings) {
      if (warning.find(part) != std::string::npos) return true;
    }
    return false;
  }

  std::map<std::string, NewSegment> segments;  // by "project/id"
  std::vector<std::string> order;
  std::vector<std::string> warnings;
  u64 bytes_read = 0;
  ImportRun run;
};

inline AttributeValue text(const char* value) { return std::string(value); }
inline AttributeValue whole(std::int64_t value) { return value; }

}  // namespace shale::exchange::testing
