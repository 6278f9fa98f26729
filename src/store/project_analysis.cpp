#include "store/project_analysis.hpp"

namespace shale::store {

Result<Analysis> project_analysis(const catalog::Manifest& manifest) {
  const auto known = analysis_of(manifest.analysis, manifest.words_version);
  if (known && manifest.index == TextIndex::none) {
    return Analysis{Analysis::Kind::none, known->version};
  }
  if (known) return *known;
  return fail(ErrorCode::too_new, "Project '" + manifest.project + "' is analysed as '" +
                                      manifest.analysis + "' of version " +
                                      std::to_string(manifest.words_version) +
                                      "; this program knows 'plain' and 'english' up to version " +
                                      std::to_string(words_version));
}

}  // namespace shale::store
