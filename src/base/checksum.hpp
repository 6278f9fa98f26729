// XXH3 checksums: the home of xxHash. Every format of shale (manifest, logs, shards, overlays) is
// checked with the short ones; the long one is the hash of a segment's text.
// They find damage, not forgery: whoever may write the store can write a checksum that fits.
#pragma once

#include <shale/segment.hpp>

#include "base/bytes.hpp"

namespace shale {

// XXH3-64 of `bytes`; a seed separates uses so that bytes of one kind never pass as another.
u64 checksum64(Bytes bytes, u64 seed = 0);
// Its low 32 bits.
inline u32 checksum32(Bytes bytes, u64 seed = 0) { return u32(checksum64(bytes, seed)); }
// XXH3-128: the text hash of a segment.
TextHash checksum128(Bytes bytes);

}  // namespace shale
