#include "shard/positions.hpp"

#include <algorithm>
#include <numeric>

namespace shale::shard {
namespace {

u64 sum_of(std::span<const u32> tfs) { return std::accumulate(tfs.begin(), tfs.end(), u64(0)); }

Unexpected mismatch() {
  return fail(ErrorCode::corrupt, "positions of a term do not match its frequencies");
}

}  // namespace

std::optional<usize> varints_bytes(Bytes bytes, u64 count) {
  const usize found = skip_varints(bytes, count);
  return found == no_bytes ? std::nullopt : std::optional<usize>(found);
}

// Varints of one and two bytes without a branch: which they are cannot be foretold here.
usize read_long_positions(Bytes bytes, std::span<u32> out, u64 position) {
  usize at = 0;
  usize i = 0;
  for (; i < out.size() && bytes.size() - at >= 4; ++i) {
    const u32 some = load<u32>(bytes.data() + at);
    if ((some & 0x8080) == 0x8080) [[unlikely]]
      break;
    const u32 is_longer = some >> 7 & 1;
    position += (some & 127) | (some >> 1 & 0x3f80 & (0 - is_longer));
    at += 1 + is_longer;
    out[i] = u32(position);
  }
  if (position > ~u32(0)) return no_bytes;
  ByteReader in(bytes.subspan(at));
  for (; i < out.size(); ++i) {
    const u64 gap = in.varint();
    if (!in.ok() || gap > ~u32(0) - position) return no_bytes;
    position += gap;
    out[i] = u32(position);
  }
  return at + in.position();
}

bool decode_positions(Bytes bytes, u64 skip, u32 tf, std::vector<u32>& positions) {
  const usize skipped = skip_varints(bytes, skip);
  if (skipped == no_bytes || tf > bytes.size() - skipped) return false;
  positions.resize(tf + positions_slack);
  const usize count = read_positions(bytes.subspan(skipped), tf, positions.data());
  positions.resize(tf);
  return count != no_bytes;
}

// -- writing --

Result<void> PositionsWriter::append(Bytes positions) {
  if (positions.size() >= positions_end_max - positions_.size())
    return fail(ErrorCode::invalid_argument, "positions are too many for one shard");
  Buffer& buffer = positions_.buffer();
  buffer.insert(buffer.end(), positions.begin(), positions.end());
  return positions_.settle();
}

Result<void> PositionsWriter::add(Bytes positions, std::span<const u32> tfs) {
  if (varints_bytes(positions, sum_of(tfs)) != positions.size()) return mismatch();
  return append(positions);
}

Result<u32> PositionsWriter::add_big(Bytes positions, std::span<const u32> tfs) {
  const u64 first = offsets_.size() / 4;
  u64 end = 0;
  for (usize at = 0; at < tfs.size(); at += group_postings) {
    const auto group = tfs.subspan(at, std::min<usize>(group_postings, tfs.size() - at));
    const auto bytes = varints_bytes(positions.subspan(end), sum_of(group));
    if (!bytes) return mismatch();
    end += *bytes;
    if (end > ~u32(0)) return fail(ErrorCode::invalid_argument, "a term's positions exceed 4 GiB");
    const u32 end_here = u32(end);
    const Bytes value = bytes_of(end_here);
    offsets_.buffer().insert(offsets_.buffer().end(), value.begin(), value.end());
    TRY(offsets_.settle());
  }
  if (end != positions.size()) return mismatch();
  TRY(append(positions));
  return u32(first);
}

// -- reading --

Result<GroupEnds> PositionsReader::ends(u32 ends_at, u32 first, u32 last) const {
  if (first > 0) --first;  // the first one begins where that before it ends
  const Bytes values = TRY(offsets_.view((u64(ends_at) + first) * 4, (u64(last) - first + 1) * 4));
  return GroupEnds(values, ends_at, first);
}

Result<Bytes> PositionsReader::group(u64 at, const GroupEnds& ends, u32 group) const {
  const u32 begin = ends.begin_of(group), end = ends.end_of(group);
  if (begin > end) return offsets_.damaged(ends.place_of(group - 1), "has ends that do not ascend");
  return positions_.view(at + begin, end - begin);
}

namespace {

// Whether `bytes` are as many varints as the frequencies say, none of four bytes or more, and too
// few per document for their sum to reach 2^32: true of nearly every term, at six bytes a step.
bool fit_at_once(Bytes bytes, std::span<const u32> tfs) {
  constexpr u32 gaps_max = 1u << (32 - 21);  // of gaps below 2^21
  constexpr usize step = 6;
  u64 count = 0;
  for (const u32 tf : tfs) {
    if (tf > gaps_max) return false;
    count += tf;
  }
  if (bytes.empty() || (bytes.back() & std::byte(128)) != std::byte(0)) return false;
  usize at = 0;
  u64 ends = 0;
  for (; at + 8 <= bytes.size(); at += step) {
    const u64 goes_on = load<u64>(bytes.data() + at) & top_bits;
    if ((goes_on & goes_on >> 8 & goes_on >> 16) != 0) return false;
    ends += step - (((goes_on & 0x0000808080808080) >> 7) * 0x0101010101010101 >> 56);
  }
  for (u32 run = 0; at < bytes.size(); ++at) {
    const bool goes_on = (bytes[at] & std::byte(128)) != std::byte(0);
    run = goes_on ? run + 1 : 0;
    if (run > 2) return false;
    ends += u64(!goes_on);
  }
  return ends == count;
}

}  // namespace

Result<void> PositionsReader::verify(u64 at, u64 bytes, std::span<const u32> tfs) const {
  const Bytes all = TRY(positions_.view(at, bytes));
  if (fit_at_once(all, tfs)) return {};
  ByteReader in(all);
  bool fits = true;
  for (const u32 tf : tfs) {
    u64 position = 0;
    for (u32 i = 0; i < tf && in.ok(); ++i) {
      const u64 gap = in.varint();
      fits = fits && gap <= ~u32(0) - position;
      position += fits ? gap : 0;
    }
    if (!in.ok() || !fits) break;
  }
  if (fits && in.ok() && in.at_end()) return {};
  return positions_.damaged(at + in.position(), "has positions that do not match the frequencies");
}

Result<void> PositionsReader::verify_groups(u64 at, u64 bytes, u32 ends_at,
                                            std::span<const u32> tfs) const {
  TRY(verify(at, bytes, tfs));
  const u32 groups = groups_of(u32(tfs.size()));
  const GroupEnds ends = TRY(this->ends(ends_at, 0, groups - 1));
  u64 end = 0;
  for (u32 number = 0; number < groups; ++number) {
    const Bytes group = TRY(this->group(at, ends, number));
    const auto part =
        tfs.subspan(number * group_postings,
                    std::min<usize>(group_postings, tfs.size() - number * group_postings));
    end += group.size();
    if (varints_bytes(group, sum_of(part)) != group.size())
      return offsets_.damaged(ends.place_of(number), "has a wrong end of a group");
  }
  if (end != bytes)
    return offsets_.damaged(u64(ends_at) * 4, "has groups that end before the positions");
  return {};
}

Result<void> PositionsReader::verify_ends(u64 positions, u64 groups) const {
  if (positions != positions_.size())
    return positions_.damaged(positions, "has bytes behind the last positions");
  if (groups * 4 != offsets_.size())
    return offsets_.damaged(groups * 4, "has bytes behind the last end of positions");
  return {};
}

}  // namespace shale::shard
