#include "catalog/overlay_file.hpp"

#include <random>

#include "base/checksum.hpp"
#include "base/file.hpp"
#include "base/frozen.hpp"
#include "model/record.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/full_disk.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale::catalog {
namespace {

using shale::testing::TemporaryFolder;

const FileId owner{5, 0xfeed};

// append, not +: gcc 12 warns of the latter at -O3 (its bug 105651).
std::string numbered(const char* prefix, u32 n) {
  return std::string(prefix).append(std::to_string(n));
}

std::map<u32, Update> some_patches(std::mt19937& random, u32 count) {
  std::map<u32, Update> patches;
  for (u32 i = 0; i < count; ++i) {
    Update update;
    update.pinned = random() % 2 == 0;
    if (random() % 2 == 0) update.tags_added = {numbered("tag", u32(random() % 9))};
    if (random() % 2 == 0) update.task = std::optional<std::string>();
    patches[u32(random() % 100'000)] = update;
  }
  return patches;
}

Bitmap some_dead(std::mt19937& random, u32 count) {
  Bitmap dead;
  for (u32 i = 0; i < count; ++i) dead.add(u32(random() % 200'000));
  return dead;
}

void flip(const std::filesystem::path& path, u64 offset) {
  File file = File::open(path, File::Mode::read_write).value();
  std::byte byte[1];
  file.read_exactly(offset, byte).value();
  byte[0] ^= std::byte(1 << offset % 8);
  file.write_at(offset, byte).value();
}

TEST_CASE("dead documents go there and back") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const TemporaryFolder folder;
  for (u32 count : {1u, 10u, 5000u, 150'000u}) {
    const auto path = folder / numbered("d", count);
    const Bitmap dead = some_dead(random, count);
    const OverlayEntry entry = write_dead(path, owner, 3, {77}, dead).value();
    CHECK(entry.number == 3);
    CHECK(entry.as_of == Lsn{77});
    CHECK(read_dead(path, owner, entry, 200'000).value() == dead);
    const u32 last = dead.to_vector().back();
    CHECK(read_dead(path, owner, entry, last + 1).has_value());
    CHECK(read_dead(path, owner, entry, last).error().code == ErrorCode::corrupt);
  }
}

TEST_CASE("patches go there and back") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const TemporaryFolder folder;
  for (u32 count : {1u, 2u, 1000u}) {
    const auto path = folder / numbered("p", count);
    const auto patches = some_patches(random, count);
    const OverlayEntry entry = write_patch(path, owner, 1, {9}, patches).value();
    CHECK(read_patch(path, owner, entry, 100'000).value() == patches);
    CHECK(read_patch(path, owner, entry, patches.rbegin()->first).error().code ==
          ErrorCode::corrupt);
  }
  const std::map<u32, Update> first = {{0, Update{}}};
  const auto path = folder / "first";
  CHECK(read_patch(path, owner, write_patch(path, owner, 1, {9}, first).value(), 1).value() ==
        first);
}

TEST_CASE("nothing is not written, and nothing is written twice") {
  const TemporaryFolder folder;
  const auto path = folder / "x";
  CHECK(write_dead(path, owner, 1, {1}, Bitmap()).error().code == ErrorCode::invalid_argument);
  CHECK(write_patch(path, owner, 1, {1}, {}).error().code == ErrorCode::invalid_argument);
  CHECK_FALSE(path_exists(path).value());
  write_dead(path, owner, 1, {1}, Bitmap::range(0, 5)).value();
  CHECK_FALSE(write_dead(path, owner, 1, {1}, Bitmap::range(0, 6)));
}

TEST_CASE("an overlay that cannot be written whole is not left behind") {
  const TemporaryFolder folder;
  const auto path = folder / "x";
  {
    const shale::testing::FullDisk full(60);
    const auto written = write_dead(path, owner, 1, {1}, Bitmap::range(0, 5000));
    REQUIRE_FALSE(written);
    CHECK(written.error().path == path);
  }
  CHECK_FALSE(path_exists(path).value());
  write_dead(path, owner, 1, {1}, Bitmap::range(0, 5000)).value();
}

TEST_CASE("only the file that MANIFEST names is read") {
  const TemporaryFolder folder;
  const auto path = folder / "x";
  const OverlayEntry entry = write_dead(path, owner, 1, {1}, Bitmap::range(0, 5)).value();
  const auto refused = [&](FileId of, OverlayEntry wanted) {
    return read_dead(path, of, wanted, 10).error().code == ErrorCode::corrupt;
  };
  CHECK(refused({5, 0xfeee}, entry));
  CHECK(refused({6, 0xfeed}, entry));
  CHECK(refused(owner, {2, entry.checksum, entry.as_of}));
  CHECK(refused(owner, {1, entry.checksum + 1, entry.as_of}));
  CHECK(refused(owner, {1, entry.checksum, {2}}));
  CHECK(read_patch(path, owner, entry, 10).error().code == ErrorCode::corrupt);
  CHECK(read_dead(folder / "none", owner, entry, 10).error().code == ErrorCode::not_found);
}

TEST_CASE("every damaged byte and every truncation is found") {
  std::mt19937 random(3);
  const TemporaryFolder folder;
  const auto dead_path = folder / "dead";
  const auto patch_path = folder / "patch";
  const OverlayEntry dead = write_dead(dead_path, owner, 1, {1}, some_dead(random, 40)).value();
  const OverlayEntry patch =
      write_patch(patch_path, owner, 1, {1}, some_patches(random, 20)).value();
  const u64 dead_bytes = std::filesystem::file_size(dead_path);
  for (u64 at = 0; at < dead_bytes; ++at) {
    flip(dead_path, at);
    REQUIRE_FALSE(read_dead(dead_path, owner, dead, 200'000));
    flip(dead_path, at);
  }
  const u64 patch_bytes = std::filesystem::file_size(patch_path);
  for (u64 at = 0; at < patch_bytes; ++at) {
    flip(patch_path, at);
    REQUIRE_FALSE(read_patch(patch_path, owner, patch, 100'000));
    flip(patch_path, at);
  }
  CHECK(read_dead(dead_path, owner, dead, 200'000).has_value());
  CHECK(read_patch(patch_path, owner, patch, 100'000).has_value());
  for (u64 size = patch_bytes; size-- > 0;) {
    std::filesystem::resize_file(patch_path, size);
    REQUIRE_FALSE(read_patch(patch_path, owner, patch, 100'000));
  }
  std::filesystem::resize_file(dead_path, dead_bytes + 1);
  CHECK_FALSE(read_dead(dead_path, owner, dead, 200'000));
}

// A file with this header and payload, whose checksum is right, and the entry that names it.
OverlayEntry put(const std::filesystem::path& path, OverlayHeader header, Bytes payload) {
  header.sequence = owner.sequence;
  header.random = owner.random;
  header.number = 1;
  header.payload_bytes = payload.size();
  header.checksum = checksum64(payload, checksum64(bytes_of(header).first(56)));
  Buffer bytes(sizeof header);
  store_value(bytes.data(), header);
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  replace_file(path, bytes).value();
  return {1, header.checksum, {}};
}

OverlayHeader header_of(u32 kind) {
  OverlayHeader header;
  header.kind = kind;
  return header;
}

TEST_CASE("the bytes of an overlay file are those of the layout") {
  const TemporaryFolder folder;
  std::map<u32, Update> patches;
  patches[3].pinned = true;
  patches[203].refcount_added = -1;
  const OverlayEntry entry = write_patch(folder / "p", owner, 7, {9}, patches).value();
  ByteWriter payload;
  for (const u64 value : {2, 3}) payload.varint(value);
  encode_update(patches[3], payload);
  payload.varint(200);
  encode_update(patches[203], payload);
  ByteWriter expected;
  expected.raw(as_bytes("SHAOVLY1"));
  for (const u32 value : {1u, 2u}) expected.value(value);
  for (const u64 value : {u64(5), u64(0xfeed), u64(7), u64(9), u64(payload.size())}) {
    expected.value(value);
  }
  const u64 checksum = checksum64(payload.bytes(), checksum64(expected.bytes()));
  expected.value(checksum);
  expected.raw(payload.bytes());
  CHECK(read_file(folder / "p", 1 << 20).value() == expected.buffer());
  CHECK(entry == OverlayEntry{7, checksum, {9}});
}

TEST_CASE("patches that no writer writes are refused behind a checksum that is right") {
  const TemporaryFolder folder;
  const auto path = folder / "p";
  const auto reads = [&](std::initializer_list<u64> gaps, u64 count, std::string_view behind = "") {
    ByteWriter payload;
    payload.varint(count);
    for (const u64 gap : gaps) {
      payload.varint(gap);
      encode_update({}, payload);
    }
    payload.raw(as_bytes(behind));
    const auto patches = read_patch(path, owner, put(path, header_of(2), payload.bytes()), 100);
    if (!patches) {
      CHECK(patches.error().code == ErrorCode::corrupt);
      CHECK(patches.error().path == path.string());
      CHECK(patches.error().offset >= sizeof(OverlayHeader));
    }
    return patches.has_value();
  };
  CHECK(reads({0, 1, 98}, 3));
  CHECK_FALSE(reads({0, 1, 99}, 3));  // document 100
  CHECK_FALSE(reads({100}, 1));
  CHECK_FALSE(reads({~u64(0)}, 1));
  CHECK_FALSE(reads({5, ~u64(0)}, 2));  // back to 4
  CHECK_FALSE(reads({5, 0}, 2));        // twice
  CHECK_FALSE(reads({5}, 2));
  CHECK_FALSE(reads({5}, ~u64(0)));
  CHECK_FALSE(reads({5, 6}, 1));
  CHECK_FALSE(reads({5}, 1, "x"));
  CHECK(reads({}, 0));
}

TEST_CASE("bitmaps that no writer writes are refused behind a checksum that is right") {
  const TemporaryFolder folder;
  const auto path = folder / "d";
  const auto reads = [&](const Buffer& image, u32 documents) {
    const auto dead = read_dead(path, owner, put(path, header_of(1), image), documents);
    if (!dead) CHECK(dead.error().code == ErrorCode::corrupt);
    return dead.has_value();
  };
  Buffer image;
  append_frozen(std::vector<u32>{1, 5, 9}, image);
  CHECK(reads(image, 10));
  CHECK_FALSE(reads(image, 9));
  CHECK_FALSE(reads(image, 2));
  Buffer twice = image;
  store_value(twice.data() + 2, u16(1));
  CHECK_FALSE(reads(twice, 10));
  CHECK_FALSE(reads(Buffer(), 10));
  for (usize length = 1; length < image.size(); ++length) {
    INFO("cut at " << length);
    CHECK_FALSE(reads(Buffer(image.begin(), image.begin() + std::ptrdiff_t(length)), 10));
  }
}

TEST_CASE("headers of another kind or version are refused, each for its reason") {
  const TemporaryFolder folder;
  const auto path = folder / "d";
  Buffer image;
  append_frozen(std::vector<u32>{1}, image);
  const auto error = [&](auto change) {
    OverlayHeader header = header_of(1);
    change(header);
    const auto dead = read_dead(path, owner, put(path, header, image), 10);
    REQUIRE_FALSE(dead);
    CHECK(dead.error().path == path.string());
    return dead.error();
  };
  CHECK(error([](OverlayHeader& h) { h.magic ^= 1; }).message.find("not an overlay") !=
        std::string::npos);
  CHECK(error([](OverlayHeader& h) { h.version = 2; }).code == ErrorCode::too_new);
  CHECK(error([](OverlayHeader& h) { h.version = 0; }).message.find("another kind") !=
        std::string::npos);
  CHECK(error([](OverlayHeader& h) { h.kind = 2; }).message.find("another kind") !=
        std::string::npos);
  CHECK(error([](OverlayHeader& h) { h.as_of = 1; }).message.find("MANIFEST names") !=
        std::string::npos);
}

}  // namespace
}  // namespace shale::catalog
