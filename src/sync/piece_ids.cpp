#include "sync/piece_ids.hpp"

#include <unordered_set>

#include "sync/identity.hpp"

namespace shale::sync {

namespace {

// Ids are `path#name`: a `#` in the path must not pass for the one behind it, or two files could
// come to the same id.
std::string path_in_ids(std::string_view path) {
  std::string out;
  for (const char c : path) {
    if (c == '#') {
      out += "%23";
    } else {
      out += c;
    }
  }
  return out;
}

std::vector<KnownChunk> known_chunks(const std::vector<KnownPiece>& pieces) {
  std::vector<KnownChunk> known;
  known.reserve(pieces.size());
  for (const KnownPiece& piece : pieces) {
    const LineRange lines = piece.metadata.line_range.value_or(LineRange());
    const auto name = text_attribute(piece.metadata, attribute::name).value_or("");
    known.push_back({piece.metadata.id, piece.text, std::string(name), lines.first});
  }
  return known;
}

}  // namespace

Result<std::vector<std::string>> ids_of(const FileContent& content,
                                        const std::vector<KnownPiece>& known,
                                        const KnownPieces& project) {
  const std::vector<KnownChunk> chunks = known_chunks(known);
  std::vector<std::string> ids =
      assign_ids(path_in_ids(content.path), content.chunks, content.hashes, chunks);
  std::unordered_set<std::string> used(ids.begin(), ids.end());
  std::unordered_set<std::string_view> own;
  for (const KnownChunk& chunk : chunks) own.insert(chunk.id);
  for (std::string& id : ids) {
    if (own.contains(id)) continue;
    const std::string wanted = id;
    for (u64 n = 2; TRY(project.has_id(id)) || (id != wanted && used.contains(id)); ++n) {
      id = wanted + '~' + std::to_string(n);
    }
    used.insert(id);
  }
  return ids;
}

}  // namespace shale::sync
