// English word stems: the home of libstemmer.
//
// A thin handle: "running" -> "run". Knows no stop words and no parts (expansion.hpp does).
#pragma once

#include <memory>
#include <string_view>

struct sb_stemmer;

namespace shale {

// One thread at a time.
class Stemmer {
 public:
  Stemmer();
  // The stem of a folded word; never empty. Valid until the next call.
  std::string_view stem(std::string_view word);

 private:
  struct Delete {
    void operator()(sb_stemmer* handle) const;
  };
  std::unique_ptr<sb_stemmer, Delete> handle_;
};

}  // namespace shale
