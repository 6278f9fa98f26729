#include "text/term_hash.hpp"

#include <algorithm>

namespace shale {

u64 term_hash(std::string_view term) {
  if (term.size() > short_bytes_max) return hash_long(term);
  char padded[short_bytes_max] = {};
  std::copy(term.begin(), term.end(), padded);
  return hash_short({load_u64(padded), load_u64(padded + 8)}, term.size());
}

}  // namespace shale
