#include "shard/shard_file.hpp"

#include "tests/shard/shard_model.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::shard;
using namespace shale::shard::testing;
using shale::testing::TemporaryFolder;

namespace {

// A small shard to be damaged: bytes(), change them, open().
struct Patient {
  TemporaryFolder folder;
  std::filesystem::path path = unfinished_path(folder / "s");
  Buffer bytes;

  Patient() {
    std::mt19937 random(1);
    write_shard(folder / "s", random_model(random, 5));
    bytes = read_file(path, u64(1) << 30).value();
  }
  Result<ShardFrame> read(const Buffer& changed) const {
    std::filesystem::remove(path);
    File file = File::open(path, File::Mode::create_new).value();
    file.write_at(0, changed).value();
    return read_frame(file);
  }
  Error error(const Buffer& changed) const {
    const auto frame = read(changed);
    REQUIRE(!frame);
    CHECK(frame.error().path == path);
    return frame.error();
  }
  ShardHeader header() const { return load<ShardHeader>(bytes.data()); }
  ShardFooter footer() const { return load<ShardFooter>(&bytes[bytes.size() - 64]); }
  // The bytes with another footer, whose checksum is made right.
  Buffer with(ShardFooter changed) const {
    Buffer copy = bytes;
    changed.checksum = footer_checksum(changed, header().random);
    store_value(&copy[copy.size() - 64], changed);
    return copy;
  }
  // The bytes with another entry in the table of contents, all checksums made right.
  Buffer with(u32 index, ContentsEntry entry) const {
    ShardFooter changed = footer();
    Buffer copy = bytes;
    store_value(&copy[usize(changed.contents_offset) + index * sizeof entry], entry);
    changed.contents_checksum = checksum64(
        Bytes(copy).subspan(usize(changed.contents_offset), usize(changed.contents_bytes)));
    changed.checksum = footer_checksum(changed, header().random);
    store_value(&copy[copy.size() - 64], changed);
    return copy;
  }
};

}  // namespace

TEST_CASE("the frame of a shard reads back") {
  const Patient patient;
  const ShardFrame frame = patient.read(patient.bytes).value();
  CHECK(frame.info.id == FileId{7, 0x1234567890abcdef});
  CHECK(frame.info.document_count == 5);
  CHECK(frame.contents.size() == 17);
  CHECK(frame.contents.front().tag == tag::texts);
  CHECK(frame.contents.back().tag == tag::extents);
  CHECK(frame.find(tag::columns) != nullptr);
  CHECK(frame.find(tag_of("NONE")) == nullptr);
}

TEST_CASE("a shard cut off anywhere is an error with its path") {
  const Patient patient;
  for (usize length = 0; length < patient.bytes.size(); length += 97) {
    Buffer cut(patient.bytes.begin(), patient.bytes.begin() + std::ptrdiff_t(length));
    CHECK(patient.error(cut).code == ErrorCode::corrupt);
  }
  Buffer longer = patient.bytes;
  longer.resize(longer.size() + 64);
  CHECK(patient.error(longer).code == ErrorCode::corrupt);
}

TEST_CASE("magic, version and id") {
  const Patient patient;
  Buffer bytes = patient.bytes;
  ShardHeader header = patient.header();
  const auto sealed = [&] {
    header.checksum = checksum64(bytes_of(header).first(56));
    store_value(bytes.data(), header);
    return bytes;
  };
  SECTION("no shard") {
    header.magic ^= 1;
    CHECK(patient.error(sealed()).message.find("magic") != std::string::npos);
  }
  SECTION("a newer writer whose files this reader reads") {
    header.version = 9;
    CHECK(patient.read(sealed()));
  }
  SECTION("too new") {
    header.reader_version = 4;
    const Error error = patient.error(sealed());
    CHECK(error.code == ErrorCode::too_new);
    CHECK(error.message.find("version 3") != std::string::npos);
  }
  SECTION("the header of another shard") {
    header.random ^= 1;
    const Error error = patient.error(sealed());
    CHECK(error.code == ErrorCode::corrupt);
    CHECK(error.offset == bytes.size() - 64);
  }
}

TEST_CASE("footers that pass their checksum and are wrong") {
  const Patient patient;
  CHECK(patient.read(patient.with(patient.footer())));
  const auto refused = [&](auto change) {
    ShardFooter footer = patient.footer();
    change(footer);
    CHECK(patient.error(patient.with(footer)).code == ErrorCode::corrupt);
  };
  refused([](ShardFooter& f) { f.contents_offset += 8; });
  refused([](ShardFooter& f) { f.contents_offset = ~u64(0); });
  refused([](ShardFooter& f) { f.contents_bytes -= 8; });
  refused([](ShardFooter& f) { f.contents_bytes = ~u64(0) - 63; });
  refused([](ShardFooter& f) { f.section_count = 0xffffffff; });
  refused([](ShardFooter& f) { f.section_count -= 1; });
  refused([](ShardFooter& f) { f.info_bytes = 0xffffffff; });
  refused([](ShardFooter& f) { f.info_bytes -= 1; });
  refused([](ShardFooter& f) { f.file_bytes += 1; });
  refused([](ShardFooter& f) { f.contents_checksum ^= 1; });
  refused([](ShardFooter& f) { f.extents_checksum ^= 1; });
}

TEST_CASE("tables of contents that pass their checksum and are wrong") {
  const Patient patient;
  const auto frame = patient.read(patient.bytes).value();
  const auto refused = [&](u32 index, auto change) {
    ContentsEntry entry = frame.contents[index];
    change(entry);
    CHECK(patient.error(patient.with(index, entry)).code == ErrorCode::corrupt);
  };
  refused(3, [](ContentsEntry& e) { e.offset += 1; });
  refused(3, [](ContentsEntry& e) { e.offset -= 64; });
  refused(3, [](ContentsEntry& e) { e.offset = 0; });
  refused(3, [](ContentsEntry& e) { e.offset = ~u64(63); });
  refused(3, [](ContentsEntry& e) { e.bytes = ~u64(0); });
  refused(3, [](ContentsEntry& e) { e.bytes += 64; });
  refused(3, [](ContentsEntry& e) { e.tag = tag::texts; });
  refused(17, [](ContentsEntry& e) { e.bytes -= 4; });
  refused(17, [](ContentsEntry& e) { e.tag = tag_of("NONE"); });
}
