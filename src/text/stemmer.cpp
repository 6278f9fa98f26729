#include "text/stemmer.hpp"

#include <libstemmer.h>

#include <new>

#include "base/bytes.hpp"

namespace shale {

void Stemmer::Delete::operator()(sb_stemmer* handle) const { sb_stemmer_delete(handle); }

// There is always English in UTF-8: what fails is memory.
Stemmer::Stemmer() : handle_(sb_stemmer_new("english", "UTF_8")) {
  if (handle_ == nullptr) throw std::bad_alloc();
}

std::string_view Stemmer::stem(std::string_view word) {
  const Bytes bytes = as_bytes(word);
  const auto* from = static_cast<const sb_symbol*>(static_cast<const void*>(bytes.data()));
  const sb_symbol* stem = sb_stemmer_stem(handle_.get(), from, int(bytes.size()));
  if (stem == nullptr) throw std::bad_alloc();
  const std::string_view result(static_cast<const char*>(static_cast<const void*>(stem)),
                                usize(sb_stemmer_length(handle_.get())));
  return result.empty() ? word : result;
}

}  // namespace shale
