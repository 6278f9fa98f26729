#include "sync/derived_ids.hpp"

#include "base/checksum.hpp"
#include "base/hex.hpp"
#include "model/record.hpp"

namespace shale::sync {

std::string derived_id(std::string_view kind, std::string_view rest) {
  NewSegment segment;
  segment.id = std::string(kind) + ':' + std::string(rest);
  if (check_segment(segment).has_value()) return std::move(segment.id);
  const TextHash hash = checksum128(as_bytes(segment.id));
  return std::string(kind) + ':' + hex16(hash.high) + hex16(hash.low);
}

}  // namespace shale::sync
