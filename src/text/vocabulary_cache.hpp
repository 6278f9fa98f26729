// Vocabularies by name, ready to count with: mapped images, which all processes of a user share.
//
// An image is made of the vocabulary's tokens when it is first asked for (half a second) and kept
// in the cache folder under a name that holds its version and the digest of its source. Every
// process verifies it whole when it opens it (.3 to .7 ms); one that is damaged, or of another
// version, is made anew. Where the folder cannot be written the image stays in this process's
// memory. Nothing depends on the folder: whoever empties it costs others half a second. What is
// open stays open while the process lives; an image that was lost under it is opened anew. Safe
// from many threads. Used by store and cli.
#pragma once

#include <filesystem>
#include <memory>

#include "text/vocabulary.hpp"

namespace shale {

// $XDG_CACHE_HOME/shale, else ~/.cache/shale; empty where neither is set.
std::filesystem::path cache_folder();

class VocabularyCache {
 public:
  // An empty folder keeps images in memory alone.
  explicit VocabularyCache(std::filesystem::path folder);
  ~VocabularyCache();

  // `name`: cl100k_base, o200k_base, or a path that ends in ".tiktoken", whose texts are cut by the
  // rules of `rules`. Valid as long as the cache. ErrorCode::invalid_argument names those there
  // are, or what is wrong with the file.
  Result<const Vocabulary*> open(std::string_view name, TokenRules rules = TokenRules::cl100k);

  // ErrorCode::io where pages of its image were lost while it was mapped (a file that is cut, a
  // disk that fails): what was counted since may be wrong. Asked after counting; only where maps
  // are guarded (base/map_guard.hpp), else such a page ends the process.
  Result<void> check(const Vocabulary& vocabulary) const;

  // That of this process, over cache_folder(); never destroyed.
  static VocabularyCache& instance();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

bool is_known_vocabulary(std::string_view name);

}  // namespace shale
