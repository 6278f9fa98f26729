// From the pieces a file has in the project to those it is to have: segments to stash, to change
// and to erase.
//
// A piece that keeps its id keeps what others said of it: pins, tier, tags, counts, the time it was
// made, attributes. Its text alone decides whether it is written anew; other lines, another path or
// another stamp are changes of metadata. Pure: reads and writes nothing. Used by mirror.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <shale/sync.hpp>

#include "sync/chunks.hpp"
#include "sync/mirror_state.hpp"

namespace shale::sync {

// What a file is to become.
struct FileContent {
  std::string path;  // with the prefix
  std::string prefix;
  FileStamp stamp;
  u64 hash = 0;
  bool is_settled = false;
  std::vector<Chunk> chunks;     // views of the file's text
  std::vector<TextHash> hashes;  // of the chunks' texts
};

struct FileChanges {
  struct Change {
    std::string id;
    Update update;
  };
  std::vector<NewSegment> stashed;
  std::vector<Change> updated;
  std::vector<std::string> erased;
  u64 text_bytes = 0;  // of what is stashed
};

// `ids`: of the chunks; those of `known` pieces that are not among them are erased. An error where
// a segment is beyond the limits of one (ErrorCode::invalid_argument).
Result<FileChanges> changes_of(const FileContent& content, std::string_view text,
                               const std::vector<std::string>& ids,
                               const std::vector<KnownPiece>& known,
                               const DescribeSegment& describe);

// The first piece with the file's present stamp; nothing where that is what it has.
std::optional<FileChanges::Change> restamp(const Metadata& first, const FileContent& content);

}  // namespace shale::sync
