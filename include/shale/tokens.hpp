// How many tokens a language model makes of a text: exactly, as tiktoken's encode_ordinary counts.
//
//   shale::count_tokens("Why is search slow?").value();                  // 5 of o200k_base
//   shale::count_tokens(text, "cl100k_base").value();
//
// Special tokens are counted as the text they are written with; of text that is not UTF-8 each
// broken part counts as one U+FFFD. Counts do not add up over parts of a text. Not here: the counts
// that are kept with segments (Metadata::tokens).
#pragma once

#include <cstdint>
#include <string_view>

#include <shale/result.hpp>

namespace shale {

// `vocabulary`: cl100k_base, o200k_base, or the path of a file of ranks (.tiktoken), whose texts
// are cut into pieces as cl100k_base's are. The first call of a machine takes half a second to make
// the vocabulary's image in $XDG_CACHE_HOME/shale (else ~/.cache/shale), the first of a process
// under a millisecond. 50 MB of text a second and more. Safe from many threads; each keeps .4 MB.
// ErrorCode::invalid_argument: there is no such vocabulary, or the file is none. An image that is
// cut while it is mapped is ErrorCode::io where a store of the process was opened with guard_reads.
SHALE_API Result<std::uint64_t> count_tokens(std::string_view text,
                                             std::string_view vocabulary = "o200k_base");

}  // namespace shale
