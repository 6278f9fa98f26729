#include "sync/chunks.hpp"

#include <algorithm>

#include "sync/border.hpp"
#include "sync/brace_scanner.hpp"
#include "sync/definition_chunks.hpp"
#include "sync/headings.hpp"
#include "sync/indent_scanner.hpp"
#include "sync/languages.hpp"
#include "sync/text_lines.hpp"
#include "sync/text_pieces.hpp"
#include "text/utf8.hpp"
#include "text/utf8_repair.hpp"

namespace shale::sync {

namespace {

// A name as it may stand in an attribute: UTF-8 of one line.
std::string clean_name(std::string_view raw) {
  std::string name;
  append_repaired(raw, name);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return u8(c) < 0x20 || c == 0x7F; }, ' ');
  name.resize(character_border(name, name_bytes_max));
  return name;
}

// Numbers the lines of one chunk after the other.
class ChunkList {
 public:
  explicit ChunkList(u64 bytes_max) : bytes_max_(std::max<u64>(bytes_max, 1)) {}

  // Adds `text`, which goes on where the last one ended, as one chunk or as many as it takes.
  void add(std::string_view text, std::string_view name, std::string_view kind) {
    while (!text.empty()) {
      const usize length = piece_length(text);
      add_piece(text.substr(0, length), name, kind);
      text.remove_prefix(length);
    }
  }

  std::vector<Chunk> take() { return std::move(chunks_); }

 private:
  usize piece_length(std::string_view text) const {
    if (text.size() <= bytes_max_) return text.size();
    const usize newline = text.substr(0, usize(bytes_max_)).rfind('\n');
    return newline == std::string_view::npos ? character_cut(text, usize(bytes_max_)) : newline + 1;
  }

  void add_piece(std::string_view text, std::string_view name, std::string_view kind) {
    const u32 line_ends = u32(std::count(text.begin(), text.end(), '\n'));
    const u32 last = line_ + line_ends - (text.ends_with('\n') ? 1 : 0);
    chunks_.push_back({text, line_, last, std::string(name), std::string(kind)});
    line_ += line_ends;
  }

  u64 bytes_max_;
  u32 line_ = 1;
  std::vector<Chunk> chunks_;
};

std::vector<Border> line_borders(std::string_view text, u64 lines) {
  std::vector<Border> borders;
  u64 seen = 0;
  for (usize at = 0; at < text.size(); at = line_end(text, at)) {
    if (borders.empty() || (lines > 0 && seen % lines == 0)) borders.push_back({at, "", ""});
    ++seen;
  }
  return borders;
}

std::vector<Border> whole_border() { return {{0, "", ""}}; }

std::vector<Border> heading_borders(Language language, std::string_view text, u64 bytes_min) {
  const bool restructured = language == Language::restructured_text;
  return restructured ? restructured_borders(text, bytes_min) : markdown_borders(text, bytes_min);
}

bool is_document(Language language) {
  return language == Language::markdown || language == Language::restructured_text;
}

Comments comments_of(Language language) {
  if (language == Language::unknown) return Comments::any;
  return language == Language::python ? Comments::hashes : Comments::slashes;
}

std::vector<Definition> find_definitions(Language language, std::string_view text,
                                         std::span<const Symbol> symbols) {
  if (!symbols.empty()) return definitions_of(text, symbols);
  if (language == Language::unknown || is_document(language)) return {};
  return language == Language::python ? scan_indentation(text) : scan_braces(text, language);
}

std::vector<Border> symbol_borders(Language language, std::string_view text,
                                   const ChunkRules& rules, std::span<const Symbol> symbols) {
  const auto definitions = find_definitions(language, text, symbols);
  return definition_borders(text, definitions,
                            {rules.bytes_min, rules.members_from, comments_of(language)});
}

std::vector<Border> find_borders(Language language, std::string_view text, const ChunkRules& rules,
                                 std::span<const Symbol> symbols) {
  switch (rules.chunking) {
    case Chunking::whole:
      return whole_border();
    case Chunking::lines:
      return rules.lines > 0 ? line_borders(text, rules.lines) : whole_border();
    case Chunking::headings:
      return heading_borders(language, text, rules.bytes_min);
    case Chunking::symbols:
      return symbol_borders(language, text, rules, symbols);
    case Chunking::automatic:
      break;
  }
  return is_document(language) ? heading_borders(language, text, rules.bytes_min)
                               : symbol_borders(language, text, rules, symbols);
}

}  // namespace

std::vector<Chunk> chunk_text(std::string_view path, std::string_view text, const ChunkRules& rules,
                              std::span<const Symbol> symbols) {
  const std::vector<Border> borders = find_borders(language_of(path), text, rules, symbols);
  ChunkList chunks(rules.bytes_max);
  for (usize i = 0; i < borders.size(); ++i) {
    const usize end = i + 1 < borders.size() ? borders[i + 1].begin : text.size();
    chunks.add(text.substr(borders[i].begin, end - borders[i].begin), clean_name(borders[i].name),
               borders[i].kind);
  }
  return chunks.take();
}

}  // namespace shale::sync
