#include "catalog/changes_file.hpp"

#include <random>

#include "base/checksum.hpp"
#include "base/file.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/full_disk.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale::catalog {
namespace {

using shale::testing::TemporaryFolder;

constexpr u64 project = 77;
const FileId file_id{5, 0xfeed};

std::string some_id(std::mt19937& random) {
  std::string id = random() % 2 == 0 ? "src/store/file" : "m";
  id += std::to_string(random() % 100'000);
  if (random() % 50 == 0) id.resize(id_bytes_max, char('a' + random() % 26));
  return id;
}

std::vector<ChangedBatch> some_batches(std::mt19937& random, usize count, usize changes_max,
                                       bool with_drops = false) {
  std::vector<ChangedBatch> batches;
  u64 lsn = u64(1) << 40;
  i64 time = 1'700'000'000'000'000;
  for (usize n = 0; n < count; ++n) {
    ChangedBatch batch;
    batch.lsn = lsn += 1 + random() % 5000;
    batch.committed_at = time += i64(random() % 2'000'000) - 500'000;  // clocks go back too
    batch.pid = u32(random());
    batch.is_ingest = random() % 20 == 0;
    batch.is_drop = !batch.is_ingest && with_drops && random() % 20 == 0;
    if (batch.is_drop) {
      batch.dropped = random();
      batch.created_first = -i64(random());
      batch.created_last = i64(random());
    } else if (batch.is_ingest) {
      batch.stashed = random();
      batch.superseded = random();
    } else {
      for (usize i = random() % changes_max + 1; i-- > 0;) {
        batch.changes.push_back({ChangeKind(random() % 4), some_id(random)});
      }
    }
    batches.push_back(std::move(batch));
  }
  return batches;
}

ChangesEntry write(const std::filesystem::path& path, const std::vector<ChangedBatch>& batches) {
  ChangesBuilder builder = ChangesBuilder::make(project, file_id).value();
  for (const ChangedBatch& batch : batches) builder.add(batch).value();
  return builder.write(path, {17}, {batches.empty() ? 17 : batches.back().lsn}).value();
}

Result<std::vector<ChangedBatch>> read(const std::filesystem::path& path, const ChangesEntry& entry,
                                       u64 since = 0, usize at_most = ~usize(0)) {
  std::vector<ChangedBatch> batches;
  TRY(read_changes(path, project, entry, {since}, [&](ChangedBatch&& batch) -> Result<bool> {
    batches.push_back(std::move(batch));
    return batches.size() < at_most;
  }));
  return batches;
}

TEST_CASE("batches go there and back, whatever their length") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const TemporaryFolder folder;
  usize number = 0;
  for (const auto& [count, changes_max] :
       {std::pair<usize, usize>{0, 1}, {1, 1}, {3000, 5}, {3, 40'000}, {200, 500}}) {
    INFO(count << " of " << changes_max);
    const bool with_drops = number % 2 == 1;
    const std::vector<ChangedBatch> batches = some_batches(random, count, changes_max, with_drops);
    const auto path = folder / std::to_string(number++);
    const ChangesEntry entry = write(path, batches);
    CHECK(entry.id == file_id);
    CHECK(entry.after == Lsn{17});
    CHECK(entry.file_bytes == std::filesystem::file_size(path));
    CHECK(read(path, entry).value() == batches);
    CHECK(describe_changes(path).value().entry == entry);
    CHECK(describe_changes(path).value().project_id == project);
  }
}

TEST_CASE("what lies above an LSN is read, and no more than is wanted") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const TemporaryFolder folder;
  const std::vector<ChangedBatch> batches = some_batches(random, 4000, 20);
  const ChangesEntry entry = write(folder / "c", batches);
  for (int n = 0; n < 50; ++n) {
    const usize at = random() % batches.size();
    const u64 since = batches[at].lsn - random() % 2;  // a batch's own, or below it
    const usize first = since == batches[at].lsn ? at + 1 : at;
    const std::vector<ChangedBatch> above(batches.begin() + std::ptrdiff_t(first), batches.end());
    CHECK(read(folder / "c", entry, since).value() == above);
    const usize wanted = 1 + random() % 100;
    const auto some = read(folder / "c", entry, since, wanted).value();
    CHECK(some.size() == std::min(wanted, above.size()));
    CHECK(std::equal(some.begin(), some.end(), above.begin()));
  }
}

TEST_CASE("the changes of one project take a few bytes each") {
  const TemporaryFolder folder;
  std::vector<ChangedBatch> batches;
  for (u64 n = 0; n < 100'000; ++n) {
    ChangedBatch batch;
    batch.lsn = (u64(1) << 40) + 500 * n;
    batch.committed_at = 1'700'000'000'000'000 + i64(n) * 1000;
    batch.pid = 4711;
    batch.changes.push_back({ChangeKind::stashed, "message-" + std::to_string(n)});
    batches.push_back(std::move(batch));
  }
  CHECK(write(folder / "c", batches).file_bytes < 1'000'000);
}

TEST_CASE("the bytes of a changes file's header and first block are those of the layout") {
  const TemporaryFolder folder;
  ChangedBatch batch;
  batch.lsn = 300;
  batch.committed_at = 5;
  batch.pid = 6;
  batch.changes = {{ChangeKind::stashed, "ab"}, {ChangeKind::erased, "ac"}};
  const ChangesEntry entry = write(folder / "c", {batch});
  const Buffer bytes = read_file(folder / "c", 1 << 20).value();
  ByteWriter header;
  header.raw(as_bytes("SHALCHG1"));
  header.value(u32(1));
  header.value(u32(1));
  for (const u64 value : {project, file_id.sequence, file_id.random, u64(17), u64(300), u64(5),
                          u64(1), u64(bytes.size() - 96)}) {
    header.value(value);
  }
  const auto block = load<ChangesBlock>(bytes.data() + 96);
  header.value(block.checksum);
  header.value(checksum64(header.bytes()));
  CHECK(entry.checksum == checksum64(header.bytes().first(88)));
  CHECK(std::equal(header.bytes().begin(), header.bytes().end(), bytes.begin()));
  ByteWriter raw;
  raw.varint(300);
  raw.zigzag(5);
  raw.varint(6);
  raw.value(u8(0));
  raw.varint(2);
  raw.value(u8(0));
  raw.varint(0);
  raw.text("ab");
  raw.value(u8(3));
  raw.varint(1);
  raw.text("c");
  Buffer found(block.raw_bytes);
  Decompressor().unpack(Bytes(bytes).subspan(96 + sizeof block), found, nullptr).value();
  CHECK(as_text(found) == as_text(raw.bytes()));
  CHECK(block.previous == file_id.random);
  CHECK(block.batches == 1);
}

TEST_CASE("each bit of a changes file is guarded, and each cut is told") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const TemporaryFolder folder;
  const auto path = folder / "c";
  const ChangesEntry entry = write(path, some_batches(random, 30, 4));
  const Buffer sound = read_file(path, 1 << 20).value();
  const auto is_found = [&](const Buffer& bytes) {
    replace_file(path, bytes).value();
    const auto found = read(path, entry);
    if (found) return false;
    const ErrorCode code = found.error().code;
    CHECK((code == ErrorCode::corrupt || code == ErrorCode::too_new));
    CHECK(found.error().path == path.string());
    return true;
  };
  for (usize bit = 0; bit < 8 * sound.size(); ++bit) {
    Buffer bytes = sound;
    bytes[bit / 8] ^= std::byte(1 << bit % 8);
    INFO("bit " << bit);
    REQUIRE(is_found(bytes));
  }
  for (usize cut = 0; cut < sound.size(); ++cut) {
    REQUIRE(is_found(Buffer(sound.begin(), sound.begin() + std::ptrdiff_t(cut))));
  }
  Buffer longer = sound;
  longer.push_back(std::byte(0));
  CHECK(is_found(longer));
}

// A file whose checksums fit, and whose one block says `raw`.
void write_hostile(const std::filesystem::path& path, Bytes raw, ChangesEntry& entry,
                   u32 stated_bytes) {
  Buffer frame;
  Compressor::make({}).value().append_frame(raw, frame).value();
  ChangesBlock block;
  block.raw_bytes = stated_bytes;
  block.stored_bytes = u32(frame.size());
  block.first = block.last = entry.last.value;
  block.batches = 1;
  block.previous = file_id.random;
  block.checksum = checksum64(frame, checksum64(bytes_of(block).first(40)));
  ChangesHeader header;
  header.project_id = project;
  header.sequence = file_id.sequence;
  header.random = file_id.random;
  header.after = entry.after.value;
  header.last = entry.last.value;
  header.blocks = 1;
  header.blocks_bytes = sizeof block + frame.size();
  header.last_checksum = block.checksum;
  header.checksum = checksum64(bytes_of(header).first(88));
  Buffer bytes;
  for (const Bytes piece : {bytes_of(header), bytes_of(block), Bytes(frame)}) {
    bytes.insert(bytes.end(), piece.begin(), piece.end());
  }
  replace_file(path, bytes).value();
  entry.checksum = header.checksum;
  entry.file_bytes = bytes.size();
}

TEST_CASE("bytes that somebody made up are corrupt, whatever their checksums say") {
  const TemporaryFolder folder;
  const auto path = folder / "c";
  const auto outcome = [&](const ByteWriter& raw, u32 stated_bytes) {
    ChangesEntry entry{file_id, {1}, {300}, 0, 0, 0};
    write_hostile(path, raw.bytes(), entry, stated_bytes);
    const auto found = read(path, entry);
    if (!found) CHECK(found.error().code == ErrorCode::corrupt);
    return found.has_value();
  };
  const auto batch = [](u64 lsn, u64 count, u8 kind, u64 shared, std::string_view rest) {
    ByteWriter raw;
    raw.varint(lsn);
    raw.zigzag(0);
    raw.varint(1);
    raw.value(u8(0));
    raw.varint(count);
    raw.value(kind);
    raw.varint(shared);
    raw.text(rest);
    return raw;
  };
  const auto told = [&](const ByteWriter& raw) { return outcome(raw, u32(raw.size())); };
  REQUIRE(told(batch(300, 1, 0, 0, "id")));
  CHECK_FALSE(told(batch(301, 1, 0, 0, "id")));                   // beyond its block
  CHECK_FALSE(told(batch(299, 1, 0, 0, "id")));                   // before it
  CHECK_FALSE(told(batch(300, 2, 0, 0, "id")));                   // more than there are
  CHECK_FALSE(told(batch(300, ~u64(0), 0, 0, "id")));             // allocates nothing
  CHECK_FALSE(told(batch(300, 1, 5, 0, "id")));                   // a kind there is not
  CHECK_FALSE(told(batch(300, 1, 0, 1, "id")));                   // shared with nothing
  CHECK_FALSE(told(batch(300, 1, 0, 0, "")));                     // an id of no bytes
  CHECK_FALSE(told(batch(300, 1, 0, 0, std::string(256, 'x'))));  // too long an id
  const ByteWriter fine = batch(300, 1, 0, 0, "id");
  CHECK_FALSE(outcome(fine, u32(fine.size()) + 1));
  CHECK_FALSE(outcome(fine, ~u32(0)));
}

TEST_CASE("another file in its place is not taken for it") {
  std::mt19937 random(7);
  const TemporaryFolder folder;
  const ChangesEntry one = write(folder / "1", some_batches(random, 5, 3));
  const ChangesEntry two = write(folder / "2", some_batches(random, 5, 3));
  CHECK(read(folder / "1", two).error().code == ErrorCode::corrupt);
  CHECK(read(folder / "2", two).has_value());
  const auto other_project = read_changes(folder / "1", project + 1, one, {},
                                          [](ChangedBatch&&) -> Result<bool> { return true; });
  CHECK(other_project.error().code == ErrorCode::corrupt);
  CHECK(read(folder / "3", two).error().code == ErrorCode::not_found);
}

TEST_CASE("a changes file that is there is not written over; one that fails is gone again") {
  std::mt19937 random(8);
  const TemporaryFolder folder;
  const std::vector<ChangedBatch> batches = some_batches(random, 5, 3);
  const ChangesEntry entry = write(folder / "c", batches);
  ChangesBuilder builder = ChangesBuilder::make(project, file_id).value();
  CHECK_FALSE(builder.write(folder / "c", {1}, {2}));
  CHECK(read(folder / "c", entry).value() == batches);
  const shale::testing::FullDisk full(64);
  ChangesBuilder another = ChangesBuilder::make(project, file_id).value();
  CHECK_FALSE(another.write(folder / "d", {1}, {2}));
  CHECK_FALSE(path_exists(folder / "d").value());
}

TEST_CASE("a file that tells of a drop is for readers that know of it") {
  const TemporaryFolder folder;
  ChangedBatch plain, drop;
  plain.lsn = 20;
  drop.lsn = 21;
  drop.is_drop = true;
  drop.dropped = 3;
  drop.created_first = -5;
  drop.created_last = 6;
  write(folder / "plain", {plain});
  const ChangesEntry entry = write(folder / "drop", {plain, drop});
  CHECK(describe_changes(folder / "plain").value().version == 1);
  CHECK(describe_changes(folder / "drop").value().version == 2);
  CHECK(read(folder / "drop", entry).value() == std::vector<ChangedBatch>{plain, drop});
}

}  // namespace
}  // namespace shale::catalog
