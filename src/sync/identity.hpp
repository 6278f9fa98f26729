// Which id each chunk of a file gets, so that ids stay what they are while the file is edited.
//
// In this order: the chunk with the same content (and of those first the one with the same name),
// the chunk with the same name (the k-th of those left for the k-th), the unnamed chunk in the same
// place between two that were found; else a new id, `path#name` or, without a name,
// `path#first-line`. A renamed function is a new one: its name is a part of its content, and no one
// may find `g` under the id `path#f`.
// Knows no store: the caller brings what is stored of the file now. Used by `sync`.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <shale/segment.hpp>

#include "base/integers.hpp"
#include "sync/chunks.hpp"

namespace shale::sync {

struct KnownChunk {
  std::string id;
  TextHash text;
  std::string name;
  u32 first_line = 1;
};

// `hashes[i]` is the hash of `chunks[i].text`; `known` in any order. One id for each chunk, no two
// equal, each one that check_segment (model/record.hpp) takes; O(n log n).
std::vector<std::string> assign_ids(std::string_view path, std::span<const Chunk> chunks,
                                    std::span<const TextHash> hashes,
                                    std::span<const KnownChunk> known);

}  // namespace shale::sync
