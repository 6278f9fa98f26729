#include "backup/bundle_reader.hpp"

#include <cstddef>

#include "base/checksum.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::backup {
namespace {

using namespace shale::testing;

struct TwoMembers {
  TemporaryFolder folder;
  path file = folder / "bundle";
  std::string bytes;

  TwoMembers() {
    BundleWriter writer = BundleWriter::create(file).value();
    for (const char* name : {"one", "two"}) {
      const auto fill = [&](const ByteSink& sink) { return sink(as_bytes(name)); };
      writer.add(name, fill).value();
    }
    writer.finish().value();
    writer.publish().value();
    bytes = read_text(file);
  }

  // All of it, as a restore would.
  Result<void> read_all() const {
    const BundleReader reader = TRY(BundleReader::open(file));
    for (const BundleMember& member : reader.members()) {
      (void)TRY(reader.read_whole(member, 1000));
    }
    return {};
  }
  void set_header(BundleHeader header) const {
    header.checksum = checksum64(bytes_of(header).first(offsetof(BundleHeader, checksum)));
    std::string changed = bytes;
    changed.replace(0, sizeof header, as_text(bytes_of(header)));
    write_text(file, changed);
  }
};

TEST_CASE("bundle reader: whatever byte is flipped, some check finds it and says where") {
  const TwoMembers bundle;
  bundle.read_all().value();
  for (usize at = 0; at < bundle.bytes.size(); ++at) {
    // All of what has a meaning, some of the zeros.
    if (bundle.bytes[at] == '\0' && at % 97 != 0) continue;
    std::string changed = bundle.bytes;
    changed[at] = char(changed[at] ^ 0x10);
    write_text(bundle.file, changed);
    const auto read = bundle.read_all();
    INFO("byte " << at);
    REQUIRE(!read);
    CHECK((read.error().code == ErrorCode::corrupt || read.error().code == ErrorCode::too_new));
    CHECK(read.error().path == bundle.file.string());
    CHECK(read.error().offset <= at);
  }
}

TEST_CASE("bundle reader: cut anywhere, or with something behind it, it is refused") {
  const TwoMembers bundle;
  for (usize size = 0; size < bundle.bytes.size(); size += size % 4096 < 64 ? 1 : 61) {
    write_text(bundle.file, std::string_view(bundle.bytes).substr(0, size));
    const auto read = bundle.read_all();
    INFO("cut at " << size);
    REQUIRE(!read);
    CHECK(read.error().code == ErrorCode::corrupt);
  }
  write_text(bundle.file, bundle.bytes + std::string(1, '\0'));
  CHECK(!bundle.read_all());
}

TEST_CASE("bundle reader: numbers that make no sense are refused, whatever their checksums say") {
  const TwoMembers bundle;
  const auto header = load<BundleHeader>(as_bytes(bundle.bytes).data());
  for (const u64 odd : {u64(0), u64(1), u64(4095), u64(1) << 62, ~u64(0), ~u64(4095)}) {
    BundleHeader changed = header;
    changed.contents_offset = odd;
    bundle.set_header(changed);
    CHECK(!bundle.read_all());
    changed = header;
    changed.contents_bytes = odd;
    bundle.set_header(changed);
    CHECK(!bundle.read_all());
    changed = header;
    changed.members = odd;
    bundle.set_header(changed);
    CHECK(!bundle.read_all());
  }
  BundleHeader newer = header;
  newer.reader_version = bundle_version + 1;
  bundle.set_header(newer);
  CHECK(bundle.read_all().error().code == ErrorCode::too_new);
  newer = header;
  newer.version = bundle_version + 1;
  bundle.set_header(newer);
  // The contents' checksum is seeded with the header's: that is no longer the one.
  CHECK(bundle.read_all().error().code == ErrorCode::corrupt);
}

}  // namespace
}  // namespace shale::backup
