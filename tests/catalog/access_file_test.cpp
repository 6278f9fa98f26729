#include "catalog/access_file.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale::catalog {
namespace {

using testing::TemporaryFolder;

const AccessOwner owner{{7, 0xabc}, 5000};

std::vector<AccessEntry> all_of(const AccessFile& file, u32 count) {
  std::vector<AccessEntry> entries(count);
  file.read(0, entries).value();
  return entries;
}

void add(AccessFile& file, const std::vector<u32>& docs, AccessEntry more) {
  file.change(docs, [&](usize, AccessEntry& entry) { add_to(entry, more); }).value();
}

TEST_CASE("counts are there when the file is opened again, zeros where nothing was counted") {
  const TemporaryFolder folder;
  const auto path = folder / "7.access";
  CHECK(!AccessFile::open(path, owner).value().has_value());
  {
    AccessFile file = AccessFile::make(path, owner).value();
    add(file, {0, 3, 511, 512, 4999}, {2, 100});
    add(file, {3}, {1, 90});
  }
  const AccessFile file = *AccessFile::open(path, owner).value();
  std::vector<AccessEntry> expected(5000);
  for (const u32 doc : {0u, 3u, 511u, 512u, 4999u}) expected[doc] = {2, 100};
  expected[3] = {3, 100};  // the later time stays
  CHECK(all_of(file, 5000) == expected);
  const std::vector<u32> docs = {1, 3, 4, 512, 4999};
  std::vector<AccessEntry> some(docs.size());
  file.read_some(docs, some).value();
  CHECK(some == std::vector<AccessEntry>{{}, {3, 100}, {}, {2, 100}, {2, 100}});
  u64 sum = 0;
  u32 last = 0;
  file.for_each([&](u32 doc, const AccessEntry& entry) -> Result<void> {
        sum += entry.count;
        last = doc;
        return {};
      })
      .value();
  CHECK(sum == 11);
  CHECK(last == 4999);
}

TEST_CASE("a document that the index does not have is an error, and nothing is written") {
  const TemporaryFolder folder;
  AccessFile file = AccessFile::make(folder / "a", owner).value();
  const std::vector<u32> docs = {5000};
  const auto count = [](usize, AccessEntry& entry) { ++entry.count; };
  CHECK(file.change(docs, count).error().code == ErrorCode::corrupt);
  std::vector<AccessEntry> out(2);
  CHECK(file.read(4999, out).error().code == ErrorCode::corrupt);
  CHECK(std::filesystem::file_size(folder / "a") == sizeof(AccessHeader));
}

TEST_CASE("counts stay at their maximum") {
  AccessEntry entry{0xffff'fff0, 5};
  add_to(entry, {0x20, 4});
  CHECK(entry == AccessEntry{0xffff'ffff, 5});
}

TEST_CASE("a file of another index, of before a recovery, damaged or cut is as good as absent") {
  const TemporaryFolder folder;
  const auto path = folder / "a";
  {
    AccessFile file = AccessFile::make(path, owner).value();
    add(file, {1}, {1, 1});
  }
  AccessOwner other = owner;
  SECTION("another index") { other.id.random = 1; }
  SECTION("another number of documents") { other.documents = 4999; }
  SECTION("another recovery") { other.recoveries = 1; }
  SECTION("a flipped bit of its header") {
    File file = File::open(path, File::Mode::read_write).value();
    const std::byte flipped{0x40};
    file.write_at(17, std::span(&flipped, 1)).value();
  }
  SECTION("cut") { std::filesystem::resize_file(path, 63); }
  CHECK(!AccessFile::open(path, other).value().has_value());
  const AccessFile fresh = AccessFile::make(path, other).value();
  CHECK(all_of(fresh, 10) == std::vector<AccessEntry>(10));
}

TEST_CASE("a file that was cut behind its header has lost what stood there, and no more") {
  const TemporaryFolder folder;
  {
    AccessFile file = AccessFile::make(folder / "a", owner).value();
    add(file, {1, 2}, {1, 1});
  }
  std::filesystem::resize_file(folder / "a", sizeof(AccessHeader) + 2 * sizeof(AccessEntry) + 3);
  const AccessFile file = *AccessFile::open(folder / "a", owner).value();
  CHECK(all_of(file, 2)[1] == AccessEntry{1, 1});
}

TEST_CASE("a whole file is written at once") {
  const TemporaryFolder folder;
  const std::vector<AccessEntry> entries = {{1, 10}, {}, {3, 30}};
  AccessFile::write(folder / "a", {{1, 2}, 3}, entries).value();
  CHECK(all_of(*AccessFile::open(folder / "a", {{1, 2}, 3}).value(), 3) == entries);
  const AccessHeader header = describe_access(folder / "a").value();
  CHECK(header.sequence == 1);
  CHECK(header.documents == 3);
}

}  // namespace
}  // namespace shale::catalog
