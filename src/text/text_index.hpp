// What a project keeps of the words of its texts: fixed when it is made, in MANIFEST.
//
// Metadata is indexed whatever is kept of the words: without any, segments are read by id and found
// by their fields alone. Not how texts become words, which is analysis.hpp. Used by catalog, store
// and unite; the names are those of StoreOptions::index, shale.toml and the command line.
#pragma once

#include <optional>
#include <string_view>

#include "base/integers.hpp"

namespace shale {

enum class TextIndex : u8 {
  positions,  // in which segments a word is, how often, and where: phrases
  terms,      // in which segments, and how often
  none,       // nothing: texts are not analysed
};

constexpr std::string_view text_index_name(TextIndex index) {
  constexpr std::string_view names[] = {"positions", "terms", "none"};
  return names[usize(index)];
}

constexpr std::optional<TextIndex> text_index_of(std::string_view name) {
  for (const TextIndex index : {TextIndex::positions, TextIndex::terms, TextIndex::none}) {
    if (text_index_name(index) == name) return index;
  }
  return std::nullopt;
}

}  // namespace shale
