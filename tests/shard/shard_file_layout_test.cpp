// The frame of a shard written by hand: its bytes, and info blocks and lengths at their borders.
#include "shard/shard_file.hpp"
#include "shard/shard_map.hpp"
#include "tests/shard/section_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::shard;
using shale::shard::testing::buffer_of;
using shale::testing::TemporaryFolder;

namespace {

constexpr FileId hand_id{3, 4};
constexpr u64 zeros_bytes = 100;

// A frame of sections that hold 100 zeros each, around any info block; every checksum is right.
Buffer file_of(Bytes info, const std::vector<u32>& tags = {}, u32 version = shard_version) {
  std::vector<u32> checksums;
  std::vector<ContentsEntry> entries;
  ByteWriter out;
  ShardHeader header = make_header(hand_id);
  header.version = header.reader_version = version;
  header.checksum = checksum64(bytes_of(header).first(offsetof(ShardHeader, checksum)));
  out.value(header);
  const Buffer zeros(zeros_bytes);
  for (const u32 tag : tags) {
    out.pad_to(section_alignment);
    entries.push_back({tag, 0, out.size(), zeros_bytes});
    out.raw(zeros);
    if (has_extents(tag)) checksums.push_back(checksum32(zeros, extent_seed(tag, 0)));
  }
  out.pad_to(section_alignment);
  const Bytes extents = bytes_of_span(std::span<const u32>(checksums));
  entries.push_back({tag::extents, 0, out.size(), extents.size()});
  out.raw(extents);
  out.pad_to(section_alignment);
  ShardFooter footer;
  footer.contents_offset = out.size();
  for (const ContentsEntry& entry : entries) out.value(entry);
  out.raw(info);
  out.pad_to(8);
  footer.contents_bytes = out.size() - footer.contents_offset;
  footer.section_count = u32(entries.size());
  footer.info_bytes = u32(info.size());
  footer.contents_checksum = checksum64(out.bytes().subspan(footer.contents_offset));
  footer.extents_checksum = checksum64(extents);
  footer.file_bytes = out.size() + sizeof footer;
  footer.checksum = footer_checksum(footer, hand_id.random);
  out.value(footer);
  return out.buffer();
}

Result<ShardFrame> read(const Buffer& bytes) {
  TemporaryFolder folder;
  File file = File::open(folder / "s", File::Mode::create_new).value();
  file.write_at(0, bytes).value();
  return read_frame(file);
}

// 300 documents, 5 bytes, no words, LSNs from 2^40, positions, "plain"; nothing replaced.
Buffer info_head(int replaced = 0) {
  Buffer info = buffer_of({0xac, 2, 5, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20, 1, 5}, "plain");
  info.push_back(std::byte(replaced));
  return info;
}

Buffer joined(const Buffer& a, const Buffer& b) {
  Buffer result = a;
  result.insert(result.end(), b.begin(), b.end());
  return result;
}

// No value of any coded field, the version of the analysis, and no tokenizers.
const Buffer no_codes = Buffer(2 * coded_fields + 2);

Error info_error(const Buffer& info) {
  const auto frame = read(file_of(info));
  REQUIRE(!frame);
  CHECK(frame.error().code == ErrorCode::corrupt);
  return frame.error();
}

}  // namespace

TEST_CASE("header and footer begin and end with their names, in the places of the layout") {
  const Buffer file = file_of(joined(info_head(), no_codes));
  CHECK(as_text(Bytes(file).first(8)) == "SHSHARD1");
  CHECK(as_text(Bytes(file).subspan(file.size() - 16, 8)) == "SHRDEND1");
  const ShardHeader header = make_header({3, 4});
  ByteWriter expected;
  expected.raw(as_bytes("SHSHARD1"));
  expected.value(u32(3));
  expected.value(u32(3));
  for (const u64 value : {u64(3), u64(4), u64(0), u64(0), u64(0)}) expected.value(value);
  expected.value(checksum64(expected.bytes()));
  CHECK(std::ranges::equal(bytes_of(header), expected.bytes()));
  const std::byte* const footer = &file[file.size() - sizeof(ShardFooter)];
  CHECK(load<u64>(footer) == 64);           // contents: there are no sections
  CHECK(load<u64>(footer + 8) == 24 + 32);  // an entry, 30 bytes of info, padding
  CHECK(load<u32>(footer + 16) == 1);
  CHECK(load<u32>(footer + 20) == 30);
  CHECK(load<u64>(footer + 40) == file.size());
}

TEST_CASE("the bytes of the table of contents and the info block are those of the layout") {
  ShardFrame frame;
  frame.contents = {{tag::texts, 0, 64, 10}};
  frame.info.document_count = 300;
  frame.info.text_bytes = 5;
  frame.info.base_lsn = u64(1) << 40;
  frame.info.positions = true;
  frame.info.analysis = "plain";
  frame.info.words_version = 2;
  frame.info.tokenizers = {"one", ""};
  frame.info.replaced = {{200, 0x0807060504030201}};
  frame.codes = {CodeRange{0, 1}, {1, 0}, {1, 128}, {129, 2}, {0, 0}};
  Buffer expected = buffer_of({}, "TEXT");
  expected = joined(expected, buffer_of({0, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0}));
  expected = joined(expected, buffer_of({10, 0, 0, 0, 0, 0, 0, 0}));
  expected = joined(expected, info_head(1));
  expected = joined(expected, buffer_of({0xc8, 1, 1, 2, 3, 4, 5, 6, 7, 8}));
  expected = joined(expected, buffer_of({0, 1, 1, 0, 1, 0x80, 1, 0x81, 1, 2, 0, 0, 2, 2}));
  expected = joined(expected, buffer_of({3, 'o', 'n', 'e', 0}));
  const usize info_bytes = expected.size() - 24;
  expected.resize((expected.size() + 7) / 8 * 8);
  ShardFooter footer;
  CHECK(encode_contents(frame, footer) == expected);
  CHECK(footer.section_count == 1);
  CHECK(footer.info_bytes == info_bytes);
  CHECK(footer.contents_bytes == expected.size());
  CHECK(footer.contents_checksum == checksum64(expected));
}

TEST_CASE("an info block written by hand is read") {
  const Buffer replaced = buffer_of({0xc8, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  const Buffer codes = buffer_of({0, 1, 1, 0, 1, 0x80, 1, 0x81, 1, 2, 0, 0, 7, 1, 1, 'x'});
  const ShardFrame frame = read(file_of(joined(joined(info_head(2), replaced), codes))).value();
  CHECK(frame.info.id == hand_id);
  CHECK(frame.info.document_count == 300);
  CHECK(frame.info.text_bytes == 5);
  CHECK(frame.info.word_count == 0);
  CHECK(frame.info.base_lsn == u64(1) << 40);
  CHECK(frame.info.positions);
  CHECK(frame.info.analysis == "plain");
  CHECK(frame.info.words_version == 7);
  CHECK(frame.info.tokenizers == std::vector<std::string>{"x"});
  CHECK(frame.info.replaced == std::vector<FileId>{{200, 0x0807060504030201}, {0, 0}});
  CHECK((frame.codes[2].first == 1 && frame.codes[2].count == 128));
  CHECK((frame.codes[3].first == 129 && frame.codes[3].count == 2));
  CHECK(frame.info.checksum == frame.footer.checksum);
}

TEST_CASE("an info block that is cut, too long or out of its borders is damage") {
  const Buffer sound = joined(info_head(), no_codes);
  CHECK(read(file_of(sound)));
  for (usize length = 0; length < sound.size(); ++length) {
    const Error error = info_error(Buffer(sound.begin(), sound.begin() + std::ptrdiff_t(length)));
    CHECK(error.message.find("info block") != std::string::npos);
    CHECK(error.offset == 64);
  }
  info_error(joined(sound, buffer_of({0})));
  info_error(joined(info_head(1), no_codes));  // a replaced file that is missing
  const auto with_documents = [](const Buffer& documents) {
    return joined(joined(documents, buffer_of({0, 0, 0, 0, 0, 0})), no_codes);
  };
  CHECK(read(file_of(with_documents(buffer_of({0x80, 0x80, 0x80, 8})))));
  info_error(with_documents(buffer_of({0x81, 0x80, 0x80, 8})));
  info_error(with_documents(buffer_of({0x80, 0x80, 0x80, 0x80, 0x10})));
  const auto with_code = [](const Buffer& range) {
    return joined(joined(info_head(), range), Buffer(2 * coded_fields));
  };
  CHECK(read(file_of(with_code(buffer_of({0xff, 0xff, 0xff, 0xff, 0xf, 0})))));
  info_error(with_code(buffer_of({0xff, 0xff, 0xff, 0xff, 0xf, 1})));
  info_error(with_code(buffer_of({0x80, 0x80, 0x80, 0x80, 0x10, 0})));
  info_error(with_code(buffer_of({0, 0x80, 0x80, 0x80, 0x80, 0x10})));
}

TEST_CASE("a shard of the second version has no tokenizers, a later one at most so many") {
  const Buffer sound = joined(info_head(), no_codes);
  const Buffer older(sound.begin(), sound.end() - 1);
  CHECK(read(file_of(older, {}, 2)).value().info.tokenizers.empty());
  CHECK_FALSE(read(file_of(sound, {}, 2)));
  Buffer many = joined(older, buffer_of({0xfa, 1}));
  many.resize(many.size() + 250);
  CHECK(read(file_of(many)).value().info.tokenizers.size() == 250);
  const auto with_name = [&](usize bytes) {
    ByteWriter info;
    info.raw(older);
    info.varint(1);
    info.text(std::string(bytes, 'x'));
    return info.buffer();
  };
  CHECK(read(file_of(with_name(field_bytes_max))));
  info_error(with_name(field_bytes_max + 1));
  many[older.size()] = std::byte(0xfb);
  info_error(joined(many, Buffer(1)));
}

TEST_CASE("a shard of the first version has words of the first version") {
  const Buffer sound = joined(info_head(), Buffer(2 * coded_fields));
  CHECK(read(file_of(sound, {}, 1)).value().info.words_version == 1);
  CHECK_FALSE(read(file_of(joined(sound, buffer_of({2})), {}, 1)));
  CHECK_FALSE(read(file_of(joined(sound, buffer_of({0x80, 0x80, 0x80, 0x80, 0x10, 0})))));
}

TEST_CASE("sections of later versions are skipped, with their extents") {
  const u32 later = tag_of("LATE");
  const Buffer info = joined(info_head(), no_codes);
  const ShardFrame frame = read(file_of(info, {tag::texts, later, tag::columns})).value();
  REQUIRE(frame.contents.size() == 4);
  CHECK(frame.find(later)->bytes == zeros_bytes);
  CHECK(frame.find(tag::columns)->offset == 64 + 2 * 128);
  // One extent each, none for the texts.
  const Buffer zeros(zeros_bytes);
  CHECK(frame.extent_checksums ==
        std::vector<u32>{checksum32(zeros, extent_seed(later, 0)),
                         checksum32(zeros, extent_seed(tag::columns, 0))});
  CHECK_FALSE(read(file_of(info, {later, later})));
}

TEST_CASE("every flipped byte of the frame is damage, with its place") {
  const Buffer file = file_of(joined(info_head(), no_codes), {tag::columns});
  const u64 extents_at = 64 + 128;
  const u64 contents_at = extents_at + 64;
  const u64 footer_at = file.size() - sizeof(ShardFooter);
  REQUIRE(read(file));
  for (u64 at = 0; at < file.size(); ++at) {
    Buffer copy = file;
    copy[at] ^= std::byte(1 + at % 255);
    const auto frame = read(copy);
    INFO("byte " << at);
    const bool in_frame =
        at < sizeof(ShardHeader) || at >= contents_at || (at >= extents_at && at < extents_at + 4);
    REQUIRE(frame.has_value() == !in_frame);  // sections are verified when they are touched
    if (frame) continue;
    CHECK(frame.error().code == ErrorCode::corrupt);
    const u64 place = at < 64            ? 0
                      : at < contents_at ? extents_at
                      : at < footer_at   ? contents_at
                                         : footer_at;
    CHECK(frame.error().offset == place);
  }
}

TEST_CASE("a table of contents has at most 64 MiB") {
  TemporaryFolder folder;
  const u64 most = u64(64) << 20;
  const auto message_of = [&](u64 contents_bytes) {
    ShardFooter footer;
    footer.contents_offset = 64;
    footer.contents_bytes = contents_bytes;
    footer.file_bytes = 64 + contents_bytes + sizeof footer;
    footer.checksum = footer_checksum(footer, hand_id.random);
    File file = File::open(folder / "s", File::Mode::create).value();
    file.write_at(0, bytes_of(make_header(hand_id))).value();
    file.write_at(64 + contents_bytes, bytes_of(footer)).value();
    const auto frame = read_frame(file);
    REQUIRE(!frame);
    return frame.error().message;
  };
  CHECK(message_of(most).find("contents fails its checksum") != std::string::npos);
  CHECK(message_of(most + 8).find("does not fit its length") != std::string::npos);
}
