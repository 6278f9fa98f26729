// A context of Out of Context 0.14 and newer: `contexts/NAME.mdc`, a text with YAML front matter.
//
// `type`, `tags` and `created_at` (touched_at, too) become the fields of those names, `name` the id
// (the file's name where it is absent), every other key an attribute. The text is the body, byte
// for byte: what follows the closing `---` and the one empty line that the original writes behind
// it. Without front matter the text is the whole file, and so it is, with a warning, where the
// front matter is no YAML. The project is the one of the call. Used by import_files.cpp.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

#include "exchange/import_format.hpp"
#include "exchange/import_run.hpp"

namespace shale::exchange {

// The two parts of a file; no front matter where the file does not begin with some.
struct MdcParts {
  std::optional<std::string_view> front = std::nullopt;
  std::string_view body = {};
};
MdcParts split_mdc(std::string_view text);

// Contexts of one import. A `name` that another file has too, as its own or in its front matter, is
// nobody's id: two files stay two segments.
class MdcImporter {
 public:
  explicit MdcImporter(const ImportPlan& plan);
  Result<void> import(ImportRun& run, const ImportFile& file);

 private:
  void settle_id(ImportRun& run, const ImportFile& file, NewSegment& segment);

  std::unordered_set<std::string> stems_;  // names of all files, without .mdc
  std::unordered_set<std::string> names_;  // that files have given themselves so far
};

}  // namespace shale::exchange
