// What the tests of chunking share: names of chunks, and the promise that they make up the text.
#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/integers.hpp"
#include "sync/chunks.hpp"
#include "text/utf8.hpp"

namespace shale::testing {

using Names = std::vector<std::string>;

// What is wrong with the chunks of `text`; "" where nothing is.
inline std::string defect(std::string_view text, const std::vector<sync::Chunk>& chunks,
                          u64 bytes_max) {
  usize at = 0;
  u32 line = 1;
  for (const sync::Chunk& chunk : chunks) {
    if (chunk.text.empty() || chunk.text.size() > bytes_max) return "size";
    if (chunk.text.data() != text.data() + at) return "not where the last one ended";
    if (chunk.first_line != line) return "first line";
    const auto inner = chunk.text.substr(0, chunk.text.size() - 1);
    if (chunk.last_line != line + std::count(inner.begin(), inner.end(), '\n')) return "last line";
    if (!is_utf8(chunk.name)) return "name is not UTF-8";
    if (chunk.name.empty() != chunk.kind.empty() && chunk.kind != "section") return "kind";
    line = chunk.last_line + (chunk.text.ends_with('\n') ? 1 : 0);
    at += chunk.text.size();
  }
  return at == text.size() ? "" : "does not reach the end";
}

inline Names names_of(const std::vector<sync::Chunk>& chunks) {
  Names names;
  std::transform(chunks.begin(), chunks.end(), std::back_inserter(names),
                 [](const sync::Chunk& chunk) { return chunk.name; });
  return names;
}

// The names of a text's chunks; `defect` where they do not make up the text.
inline Names chunk_names(std::string_view path, std::string_view text,
                         const sync::ChunkRules& rules = {}) {
  const auto chunks = sync::chunk_text(path, text, rules);
  const std::string wrong = defect(text, chunks, rules.bytes_max);
  return wrong.empty() ? names_of(chunks) : Names{"defect: " + wrong};
}

// The text of the first chunk with that name, or what says that there is none.
inline std::string chunk_named(std::string_view path, std::string_view text, std::string_view name,
                               const sync::ChunkRules& rules = {}) {
  for (const sync::Chunk& chunk : sync::chunk_text(path, text, rules)) {
    if (chunk.name == name) return std::string(chunk.text);
  }
  return "(no such chunk)";
}

}  // namespace shale::testing
