#include "sync/reading.hpp"

#include "base/checksum.hpp"

namespace shale::sync {

namespace {

constexpr u64 chunk_bytes_max = 64u << 10;

Reading::State state_of(const Error& error) {
  if (error.code == ErrorCode::not_found) return Reading::State::vanished;
  // It has grown since its stamp was looked at.
  if (error.code == ErrorCode::invalid_argument) return Reading::State::skipped;
  return Reading::State::failed;
}

bool is_known_content(const KnownFile* known, const FileContent& content) {
  return known != nullptr && known->hash == content.hash &&
         known->stamp.bytes == content.stamp.bytes;
}

bool is_cut_by_symbols(Chunking chunking) {
  return chunking == Chunking::automatic || chunking == Chunking::symbols;
}

void cut(std::string_view text, const SyncOptions& options, Ctags* ctags, FileContent& content) {
  ChunkRules rules;
  rules.chunking = options.chunking;
  rules.lines = options.lines;
  const bool is_whole = options.chunking == Chunking::whole;
  rules.bytes_max = is_whole ? text_bytes_max : chunk_bytes_max;
  std::vector<Symbol> symbols;
  if (ctags != nullptr && is_cut_by_symbols(rules.chunking)) {
    symbols = ctags->symbols_of(content.path, text);
  }
  content.chunks = chunk_text(content.path, text, rules, symbols);
  content.hashes.reserve(content.chunks.size());
  for (const Chunk& chunk : content.chunks) {
    content.hashes.push_back(checksum128(as_bytes(chunk.text)));
  }
}

}  // namespace

Reading read_candidate(const std::filesystem::path& root, const Candidate& candidate,
                       const SyncOptions& options, Ctags* ctags) {
  Reading reading;
  reading.from = candidate;
  auto source = read_source(root / candidate.file->path, options.file_bytes_max);
  if (!source) {
    reading.state = state_of(source.error());
    reading.reason = source.error().message;
    return reading;
  }
  reading.source = *std::move(source);
  FileContent& content = reading.content;
  content.path = options.prefix + candidate.file->path;
  content.prefix = options.prefix;
  content.stamp = reading.source.stamp;
  content.hash = reading.source.hash;
  content.is_settled = reading.source.is_settled;
  const std::string_view text = as_text(reading.source.bytes);
  if (text.empty() || is_binary(text)) {
    reading.state = Reading::State::skipped;
  } else if (!options.read_all && is_known_content(candidate.known, content)) {
    reading.state = Reading::State::same;
  } else {
    cut(text, options, ctags, content);
  }
  return reading;
}

}  // namespace shale::sync
