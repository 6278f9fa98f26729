#include "text/vocabulary_source.hpp"

#include <array>
#include <charconv>

#include "base/base64.hpp"
#include "base/checksum.hpp"
#include "base/compress.hpp"

// The files beside this one become part of the program as they are.
__asm__(
    ".macro shale_file symbol, file\n"
    ".balign 16\n"
    ".hidden \\symbol\\()_begin\n.global \\symbol\\()_begin\n\\symbol\\()_begin:\n"
    ".incbin \"\\file\"\n"
    ".hidden \\symbol\\()_end\n.global \\symbol\\()_end\n\\symbol\\()_end:\n"
    ".byte 0\n"
    ".endm\n"
    ".section .rodata\n"
    "shale_file shale_cl100k_base, \"" SHALE_VOCABULARIES
    "/cl100k_base.vocabulary\"\n"
    "shale_file shale_o200k_base, \"" SHALE_VOCABULARIES
    "/o200k_base.vocabulary\"\n"
    "shale_file shale_unicode_classes, \"" SHALE_VOCABULARIES
    "/unicode.classes\"\n"
    ".previous\n");

extern "C" {
extern const std::byte shale_cl100k_base_begin[];
extern const std::byte shale_cl100k_base_end[];
extern const std::byte shale_o200k_base_begin[];
extern const std::byte shale_o200k_base_end[];
extern const std::byte shale_unicode_classes_begin[];
extern const std::byte shale_unicode_classes_end[];
}

namespace shale {
namespace {

constexpr usize tokens_max = no_token;

Unexpected damaged() { return fail(ErrorCode::corrupt, "The data of a vocabulary are damaged."); }

Unexpected bad_line(usize line, const char* what) {
  return fail(ErrorCode::invalid_argument,
              "Line " + std::to_string(line) + " of the ranks " + what + ".");
}

}  // namespace

Bytes unicode_classes() { return {shale_unicode_classes_begin, shale_unicode_classes_end}; }

std::span<const KnownVocabulary> known_vocabularies() {
  static const std::array<KnownVocabulary, 2> known = {{
      {"cl100k_base", {shale_cl100k_base_begin, shale_cl100k_base_end}},
      {"o200k_base", {shale_o200k_base_begin, shale_o200k_base_end}},
  }};
  return known;
}

Result<PackedVocabulary> packed_header(Bytes data) {
  if (data.size() < sizeof(PackedVocabulary)) return damaged();
  const PackedVocabulary header = load<PackedVocabulary>(data.data());
  const bool is_one = std::string_view(header.magic, sizeof header.magic) == "SHALEVOC" &&
                      header.version == 1 && header.rules <= TokenRules::o200k &&
                      header.tokens < tokens_max &&
                      header.raw_bytes <= u64(header.tokens) * (token_bytes_max + 1);
  if (!is_one) return damaged();
  return header;
}

Result<VocabularyTokens> unpack_vocabulary(Bytes data) {
  const PackedVocabulary header = TRY(packed_header(data));
  Buffer raw(header.raw_bytes);
  Decompressor decompressor;
  if (!decompressor.unpack(data.subspan(sizeof header), raw, nullptr)) return damaged();
  if (raw.size() < header.tokens) return damaged();
  VocabularyTokens result;
  result.rules = header.rules;
  std::copy(std::begin(header.source), std::end(header.source), result.source.begin());
  const std::span<const u8> bytes = view_as<u8>(raw);
  result.lengths.assign(bytes.begin(), bytes.begin() + header.tokens);
  result.bytes = as_text(Bytes(raw).subspan(header.tokens));
  return result;
}

std::array<u8, 32> digest_of_ranks(std::string_view text) {
  const TextHash hash = checksum128(as_bytes(text));
  std::array<u8, 32> digest{};
  std::memcpy(digest.data(), &hash, sizeof hash);
  return digest;
}

Result<VocabularyTokens> parse_ranks(std::string_view text, TokenRules rules) {
  VocabularyTokens result;
  result.rules = rules;
  result.source = digest_of_ranks(text);
  for (usize line = 1; !text.empty(); ++line) {
    std::string_view row = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(row.size() + 1, text.size()));
    if (row.ends_with('\r')) row.remove_suffix(1);
    if (row.empty()) continue;
    const usize blank = row.find(' ');
    if (blank == std::string_view::npos) return bad_line(line, "has no rank");
    const auto token = decode_base64(row.substr(0, blank));
    if (!token || token->empty()) return bad_line(line, "has no token in base64");
    if (token->size() > token_bytes_max) return bad_line(line, "has a token of over 255 bytes");
    u64 rank = 0;
    const auto parsed = std::from_chars(row.data() + blank + 1, row.data() + row.size(), rank);
    if (parsed.ec != std::errc() || parsed.ptr != row.data() + row.size()) {
      return bad_line(line, "has a rank that is no number");
    }
    if (rank != result.count()) return bad_line(line, "has another rank than the next one");
    if (rank >= tokens_max) return bad_line(line, "is one token more than 262,142");
    result.lengths.push_back(u8(token->size()));
    result.bytes += *token;
  }
  return result;
}

}  // namespace shale
