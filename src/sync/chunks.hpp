// Cuts the text of a file into chunks: by symbols, by headings, by lines or not at all.
//
// Pure functions of path and text, linear in the text, for any bytes. The chunks of a text
// concatenate to it byte for byte; an empty text has none. How a chunk gets its id from one version
// of a file to the next is identity's matter; what front matter says, that of whoever parses YAML.
// Used by `sync`.
//
//   for (const Chunk& chunk : chunk_text("src/merge.cpp", text, {})) stash(chunk.name, chunk.text);
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <shale/sync.hpp>

#include "base/integers.hpp"
#include "sync/symbols.hpp"

namespace shale::sync {

struct Chunk {
  std::string_view text;  // of the text given, and as long valid
  u32 first_line = 1;     // counted from 1
  u32 last_line = 1;      // the line its last byte is on
  std::string name;       // `merge`, `Project::commit`, `Class.method`, `Title / Sub`; UTF-8; or ""
  std::string kind;       // "function", "class", "section", ...; "" where there is no name
};

struct ChunkRules {
  Chunking chunking = Chunking::automatic;
  u64 lines = 0;              // of a chunk, for Chunking::lines; 0: as many as fit
  u64 bytes_max = 64u << 10;  // of any chunk: longer ones are cut at line ends, and keep their name
  u64 bytes_min = 256;  // what has no name and is shorter joins the definition or section beside it
  u64 members_from = 4u << 10;  // classes longer than this are cut by their members
};

// Where there are `symbols`, they are what a file is cut by that would be cut by symbols or size.
std::vector<Chunk> chunk_text(std::string_view path, std::string_view text, const ChunkRules& rules,
                              std::span<const Symbol> symbols = {});

}  // namespace shale::sync
