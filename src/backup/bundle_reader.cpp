#include "backup/bundle_reader.hpp"

#include <algorithm>
#include <cstddef>

#include "base/checksum.hpp"

namespace shale::backup {

namespace {

constexpr u64 trailer_bytes = sizeof(u64);

Unexpected damaged_at(const File& file, std::string what, u64 offset) {
  return fail_at(ErrorCode::corrupt, std::move(what), file.path().string(), offset);
}

bool all_zeros(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte(0); });
}

Result<BundleHeader> read_header(const File& file) {
  Buffer block(bundle_alignment);
  block.resize(TRY(file.read_at(0, block)));
  if (block.size() < sizeof(BundleHeader)) return damaged_at(file, "This is no bundle.", 0);
  const auto header = load<BundleHeader>(block.data());
  if (header.magic != bundle_magic) return damaged_at(file, "This is no bundle.", 0);
  if (header.reader_version > bundle_version) {
    return fail_at(ErrorCode::too_new, "A newer version of shale wrote this bundle.",
                   file.path().string());
  }
  const u64 checksum = checksum64(Bytes(block).first(offsetof(BundleHeader, checksum)));
  if (header.checksum != checksum || !all_zeros(Bytes(block).subspan(sizeof(BundleHeader)))) {
    return damaged_at(file, "The header of the bundle is damaged.", 0);
  }
  return header;
}

// Where the header says the file ends; nothing where its numbers make no sense.
std::optional<u64> end_of(const BundleHeader& header) {
  const bool makes_sense = header.contents_offset % bundle_alignment == 0 &&
                           header.contents_offset >= bundle_alignment &&
                           header.contents_offset < u64(1) << 62 &&
                           header.contents_bytes <= bundle_contents_max;
  if (!makes_sense) return std::nullopt;
  return header.contents_offset + header.contents_bytes + trailer_bytes;
}

Result<Buffer> read_contents(const File& file, const BundleHeader& header) {
  const std::optional<u64> end = end_of(header);
  if (!end.has_value()) return damaged_at(file, "The header of the bundle makes no sense.", 0);
  const u64 size = TRY(file.size());
  if (size != *end) {
    return damaged_at(file,
                      "The bundle has " + std::to_string(size) + " bytes instead of " +
                          std::to_string(*end) + ": it was cut, or something was put behind it.",
                      std::min(size, *end));
  }
  Buffer contents(usize(header.contents_bytes + trailer_bytes));
  TRY(file.read_exactly(header.contents_offset, contents));
  const usize trailer = usize(header.contents_bytes);
  const u64 checksum = checksum64(Bytes(contents).first(trailer), header.checksum);
  if (load<u64>(contents.data() + trailer) != checksum) {
    return damaged_at(file, "The contents of the bundle are damaged.", header.contents_offset);
  }
  contents.resize(trailer);
  return contents;
}

// The members stand one behind the other, up to the contents: nothing is there that is not checked.
Result<std::vector<BundleMember>> parse_contents(const File& file, const BundleHeader& header,
                                                 Bytes contents) {
  std::vector<BundleMember> members;
  ByteReader reader(contents);
  u64 next = bundle_alignment;
  while (reader.ok() && !reader.at_end()) {
    BundleMember member;
    member.path = std::string(reader.text());
    member.offset = reader.value<u64>();
    member.bytes = reader.value<u64>();
    member.checksum = reader.value<u64>();
    const bool fits = reader.ok() && member.offset == next && next <= header.contents_offset &&
                      member.bytes <= header.contents_offset - next;
    if (!fits) {
      return damaged_at(file, "The contents of the bundle make no sense.", header.contents_offset);
    }
    next = bundle_aligned(member.offset + member.bytes);
    members.push_back(std::move(member));
  }
  if (!reader.ok() || members.size() != header.members || next != header.contents_offset) {
    return damaged_at(file, "The contents of the bundle make no sense.", header.contents_offset);
  }
  return members;
}

}  // namespace

Result<BundleReader> BundleReader::open(const std::filesystem::path& path) {
  File file = TRY(File::open(path, File::Mode::read));
  const BundleHeader header = TRY(read_header(file));
  const Buffer contents = TRY(read_contents(file, header));
  std::vector<BundleMember> members = TRY(parse_contents(file, header, contents));
  return BundleReader(std::move(file), std::move(members));
}

Result<void> BundleReader::read(const BundleMember& member, const ByteSink& sink) const {
  Buffer room(usize(std::min<u64>(member.bytes, bundle_piece_bytes)));
  u64 sum = 0;
  for (u64 done = 0; done < member.bytes;) {
    const u64 count = std::min<u64>(room.size(), member.bytes - done);
    const MutableBytes piece = MutableBytes(room).first(usize(count));
    TRY(file_.read_exactly(member.offset + done, piece));
    sum = checksum64(piece, sum);
    TRY(sink(piece));
    done += count;
  }
  const u64 end = member.offset + member.bytes;
  Buffer padding(usize(bundle_aligned(end) - end));
  TRY(file_.read_exactly(end, padding));
  if (sum != member.checksum) return damaged(member.path + " is damaged.", member.offset);
  if (!all_zeros(padding))
    return damaged("What stands behind " + member.path + " is damaged.", end);
  return {};
}

Result<Buffer> BundleReader::read_whole(const BundleMember& member, u64 bytes_max) const {
  if (member.bytes > bytes_max) return damaged(member.path + " is too long.", member.offset);
  Buffer all;
  TRY(read(member, [&](Bytes bytes) -> Result<void> {
    all.insert(all.end(), bytes.begin(), bytes.end());
    return {};
  }));
  return all;
}

Unexpected BundleReader::damaged(std::string what, u64 offset) const {
  return damaged_at(file_, "The bundle cannot be used: " + std::move(what), offset);
}

}  // namespace shale::backup
