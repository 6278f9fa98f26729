#include "shard/shard_file.hpp"

#include <algorithm>

#include <shale/segment.hpp>

#include "base/checksum.hpp"
#include "shard/shard_map.hpp"

namespace shale::shard {

namespace {

constexpr u32 reader_version = 3;  // the newest format this code reads
constexpr u64 contents_bytes_max = u64(64) << 20;

u64 header_checksum(const ShardHeader& header) {
  return checksum64(bytes_of(header).first(offsetof(ShardHeader, checksum)));
}

void encode_info(const ShardInfo& info, const CodeRanges& codes, ByteWriter& out) {
  out.varint(info.document_count);
  out.varint(info.text_bytes);
  out.varint(info.word_count);
  out.varint(info.base_lsn);
  out.varint(info.positions);
  out.text(info.analysis);
  out.varint(info.replaced.size());
  for (const FileId& id : info.replaced) {
    out.varint(id.sequence);
    out.value(id.random);
  }
  for (const CodeRange& range : codes) {
    out.varint(range.first);
    out.varint(range.count);
  }
  out.varint(info.words_version);
  out.varint(info.tokenizers.size());
  for (const std::string& name : info.tokenizers) out.text(name);
}

bool decode_info(Bytes bytes, u32 shard_version, ShardInfo& info, CodeRanges& codes) {
  ByteReader in(bytes);
  const u64 documents = in.varint();
  info.document_count = u32(documents);
  info.text_bytes = in.varint();
  info.word_count = in.varint();
  info.base_lsn = in.varint();
  info.positions = in.varint() != 0;
  info.analysis = in.text();
  const u64 replaced = in.varint();
  for (u64 i = 0; i < replaced && in.ok(); ++i) {
    const u64 sequence = in.varint();
    info.replaced.push_back({sequence, in.value<u64>()});
  }
  for (CodeRange& range : codes) {
    const u64 first = in.varint();
    const u64 count = in.varint();
    if (first > 0xffffffff || count > 0xffffffff - first) return false;
    range = {u32(first), u32(count)};
  }
  // Before version 2 of the format there was one version of the words.
  const u64 version = shard_version == 1 ? 1 : in.varint();
  info.words_version = u32(version);
  const u64 tokenizers = shard_version < 3 ? 0 : in.varint();
  if (tokenizers > tokenizers_max) return false;
  for (u64 i = 0; i < tokenizers; ++i) {
    info.tokenizers.emplace_back(in.text());
    if (info.tokenizers.back().size() > field_bytes_max) return false;
  }
  return in.ok() && in.at_end() && documents <= documents_max && version <= 0xffffffff;
}

// Reads one file step by step; each step trusts what the steps before have checked.
class FrameReader {
 public:
  explicit FrameReader(const File& file) : file_(file) {}

  Result<ShardFrame> read() {
    size_ = TRY(file_.size());
    TRY(read_header());
    TRY(read_footer());
    TRY(read_contents());
    TRY(check_contents());
    TRY(read_extents());
    return std::move(frame_);
  }

 private:
  Unexpected damaged(u64 offset, std::string what, ErrorCode code = ErrorCode::corrupt) const {
    return fail_at(code, std::move(what), file_.path().string(), offset);
  }

  Result<void> read_header() {
    if (size_ < sizeof(ShardHeader) + sizeof(ShardFooter)) {
      return damaged(size_, "The shard is cut off: it has " + std::to_string(size_) + " bytes");
    }
    std::byte bytes[sizeof(ShardHeader)];
    TRY(file_.read_exactly(0, bytes));
    frame_.header = load<ShardHeader>(bytes);
    const ShardHeader& header = frame_.header;
    if (header.magic != shard_magic) return damaged(0, "The file is no shard: its magic is wrong");
    if (header.checksum != header_checksum(header)) {
      return damaged(0, "The header of the shard fails its checksum");
    }
    if (header.reader_version > reader_version) {
      return damaged(0,
                     "The shard needs a reader of version " +
                         std::to_string(header.reader_version) + ", this one has version " +
                         std::to_string(reader_version),
                     ErrorCode::too_new);
    }
    return {};
  }

  Result<void> read_footer() {
    const u64 at = size_ - sizeof(ShardFooter);
    std::byte bytes[sizeof(ShardFooter)];
    TRY(file_.read_exactly(at, bytes));
    frame_.footer = load<ShardFooter>(bytes);
    const ShardFooter& footer = frame_.footer;
    if (footer.magic != footer_magic) {
      return damaged(at, "The shard is cut off or too long: no footer at its end");
    }
    if (footer.checksum != footer_checksum(footer, frame_.header.random)) {
      return damaged(at, "The footer of the shard fails its checksum");
    }
    const bool fits = footer.file_bytes == size_ && footer.contents_bytes <= contents_bytes_max &&
                      footer.contents_offset <= at &&
                      footer.contents_bytes == at - footer.contents_offset &&
                      u64(footer.section_count) * sizeof(ContentsEntry) + footer.info_bytes <=
                          footer.contents_bytes;
    if (!fits) return damaged(at, "The footer of the shard does not fit its length");
    return {};
  }

  Result<void> read_contents() {
    const ShardFooter& footer = frame_.footer;
    Buffer bytes(usize(footer.contents_bytes));
    TRY(file_.read_exactly(footer.contents_offset, bytes));
    if (checksum64(bytes) != footer.contents_checksum) {
      return damaged(footer.contents_offset, "The table of contents fails its checksum");
    }
    ByteReader in(bytes);
    for (u32 i = 0; i < footer.section_count; ++i) {
      frame_.contents.push_back(in.value<ContentsEntry>());
    }
    if (!decode_info(in.raw(footer.info_bytes), frame_.header.version, frame_.info, frame_.codes)) {
      return damaged(footer.contents_offset, "The info block of the shard is damaged");
    }
    frame_.info.id = {frame_.header.sequence, frame_.header.random};
    frame_.info.file_bytes = size_;
    frame_.info.checksum = footer.checksum;
    return {};
  }

  Result<void> check_contents() const {
    u64 end = sizeof(ShardHeader);
    for (usize i = 0; i < frame_.contents.size(); ++i) {
      const ContentsEntry& entry = frame_.contents[i];
      const bool fits = entry.offset % section_alignment == 0 && entry.offset >= end &&
                        entry.offset <= frame_.footer.contents_offset &&
                        entry.bytes <= frame_.footer.contents_offset - entry.offset;
      if (!fits || frame_.find(entry.tag) != &entry) {
        return damaged(frame_.footer.contents_offset + i * sizeof(ContentsEntry),
                       "The table of contents is wrong about section " + section_name(entry.tag));
      }
      end = entry.offset + entry.bytes;
    }
    return {};
  }

  Result<void> read_extents() {
    u64 count = 0;
    for (const ContentsEntry& entry : frame_.contents) {
      if (has_extents(entry.tag)) count += extent_count(entry.bytes);
    }
    const ContentsEntry* extents = frame_.find(tag::extents);
    if (extents == nullptr || extents->bytes != count * sizeof(u32)) {
      return damaged(frame_.footer.contents_offset,
                     "The section of extent checksums has the wrong length");
    }
    Buffer bytes(usize(extents->bytes));
    TRY(file_.read_exactly(extents->offset, bytes));
    if (checksum64(bytes) != frame_.footer.extents_checksum) {
      return damaged(extents->offset, "The section of extent checksums fails its own checksum");
    }
    frame_.extent_checksums.resize(usize(count));
    if (count > 0) std::memcpy(frame_.extent_checksums.data(), bytes.data(), bytes.size());
    return {};
  }

  const File& file_;
  u64 size_ = 0;
  ShardFrame frame_;
};

}  // namespace

const ContentsEntry* ShardFrame::find(u32 tag) const {
  const auto found = std::find_if(contents.begin(), contents.end(),
                                  [&](const ContentsEntry& entry) { return entry.tag == tag; });
  return found == contents.end() ? nullptr : &*found;
}

ShardHeader make_header(FileId id) {
  ShardHeader header;
  header.sequence = id.sequence;
  header.random = id.random;
  header.checksum = header_checksum(header);
  return header;
}

Buffer encode_contents(const ShardFrame& frame, ShardFooter& footer) {
  ByteWriter out;
  for (const ContentsEntry& entry : frame.contents) out.value(entry);
  const usize entries_bytes = out.size();
  encode_info(frame.info, frame.codes, out);
  footer.section_count = u32(frame.contents.size());
  footer.info_bytes = u32(out.size() - entries_bytes);
  out.pad_to(8);
  footer.contents_bytes = out.size();
  footer.contents_checksum = checksum64(out.bytes());
  return std::move(out.buffer());
}

u64 footer_checksum(const ShardFooter& footer, u64 random) {
  return checksum64(bytes_of(footer).first(offsetof(ShardFooter, checksum)), random);
}

Result<ShardFrame> read_frame(const File& file) { return FrameReader(file).read(); }

}  // namespace shale::shard
