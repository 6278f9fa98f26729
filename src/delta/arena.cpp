#include "delta/arena.hpp"

#include <algorithm>
#include <bit>

#include "base/shared_map_use.hpp"
#include "delta/arena_format.hpp"

namespace shale::delta {
namespace {

constexpr u64 table_alignment = 64;

u32 log2_for(u64 entries) {
  const u64 slots = std::bit_ceil(std::max<u64>(entries, 1));
  return std::clamp(u32(std::countr_zero(slots)), table_log2_min, table_log2_max);
}

bool has_identity(const ArenaHeader& header, const ArenaIdentity& identity) {
  return header.boot == identity.boot && header.project_id == identity.project_id &&
         header.log_sequence == identity.log.sequence && header.log_random == identity.log.random;
}

// Room for a table of 2^log2 slots at `end`, which moves.
u64 place_table(u64& end, u32 log2) {
  const u64 offset = (end + table_alignment - 1) / table_alignment * table_alignment;
  end = offset + (u64(8) << log2);
  return offset | log2;
}

}  // namespace

ArenaHeader& Arena::header() const { return *object_at<ArenaHeader>(map_.data(), 0); }

u64 Arena::end() const { return std::min(load_acquire(header().heap_end), map_.capacity()); }

const std::byte* Arena::checked(u64 offset, u64 bytes) const {
  const u64 limit = end();
  if (offset < arena_header_bytes || offset > limit || bytes > limit - offset) return nullptr;
  SharedMapUse::note(map_.data() + offset);
  return map_.data() + offset;
}

bool Arena::stale() const { return load_acquire(header().stale) != 0; }

Result<void> Arena::still_there() const {
  if (lost()) [[unlikely]]
    return Unexpected{map_.loss()};
  return {};
}

Result<std::shared_ptr<Arena>> Arena::create(SharedMap map, const ArenaIdentity& identity,
                                             u32 expected_terms) {
  u64 end = arena_header_bytes;
  const u64 term_root = place_table(end, log2_for(expected_terms));
  const u64 id_root = place_table(end, log2_for(expected_terms / 16));
  if (map.capacity() > arena_bytes_max || map.capacity() < end)
    return fail(ErrorCode::invalid_argument, "an arena needs a map of at most 1 GiB");
  TRY(map.reserve(end));
  std::shared_ptr<Arena> arena(new Arena(std::move(map)));
  ArenaHeader& header = arena->header();
  std::memset(arena->map_.data(), 0, end);  // all slots are free
  header.version = arena_version;
  header.boot = identity.boot;
  header.project_id = identity.project_id;
  header.log_sequence = identity.log.sequence;
  header.log_random = identity.log.random;
  header.heap_end = end;
  header.term_root = term_root;
  header.id_root = id_root;
  // Whoever reads the magic with acquire sees the header whole.
  store_release(header.magic, arena_magic);
  return arena;
}

Result<std::shared_ptr<Arena>> Arena::attach(SharedMap map, const ArenaIdentity& identity) {
  const bool sized = map.capacity() >= arena_header_bytes && map.capacity() <= arena_bytes_max &&
                     map.reserved() >= arena_header_bytes;
  if (!sized) return fail(ErrorCode::corrupt, "The index file is too short to be one.");
  std::shared_ptr<Arena> arena(new Arena(std::move(map)));
  const ArenaHeader& header = arena->header();
  if (load_acquire(header.magic) != arena_magic || header.version != arena_version)
    return fail(ErrorCode::corrupt, "The index file is not one of this version.");
  if (!has_identity(header, identity))
    return fail(ErrorCode::corrupt, "The index file belongs to another log or boot.");
  if (arena->stale()) return fail(ErrorCode::corrupt, "The index file was given up by a writer.");
  const u64 end = load_acquire(header.heap_end);
  // Against the file, not the map, which reaches beyond it: a load from there would be a SIGBUS.
  // The file is measured after the end was loaded, and a writer grows it before he moves the end.
  if (end < arena_header_bytes || end > TRY(arena->map_.usable_bytes()))
    return fail(ErrorCode::corrupt, "The index file's end lies outside of it.");
  TRY(arena->still_there());
  return arena;
}

}  // namespace shale::delta
