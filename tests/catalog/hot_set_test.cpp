#include "catalog/hot_set.hpp"

#include <fstream>

#include "base/checksum.hpp"
#include "base/file.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale::catalog {
namespace {

using std::filesystem::path;
using testing::TemporaryFolder;

HotSet some_set() {
  HotSet set;
  set.saved_at = 123'456;
  set.shards = {{7, 0xabc}, {9, 0xdef}};
  set.runs = {{1, 0, 10, 4}, {0, 2, 0, 1}, {1, 0, 4'000'000'000, 3}};
  return set;
}

Buffer bytes_at(const path& file) { return read_file(file, u64(1) << 30).value(); }

void put_bytes(const path& file, Bytes bytes) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(as_chars(bytes.data()), std::streamsize(bytes.size()));
}

// With a checksum that fits, whatever stands there.
void seal(Buffer& bytes) {
  const Bytes head = Bytes(bytes).first(offsetof(HotHeader, checksum));
  const u64 checksum = checksum64(Bytes(bytes).subspan(sizeof(HotHeader)), checksum64(head));
  const Bytes fitting = bytes_of(checksum);
  std::copy(fitting.begin(), fitting.end(), bytes.begin() + offsetof(HotHeader, checksum));
}

template <class T>
void set_at(Buffer& bytes, usize at, T value) {
  const Bytes raw = bytes_of(value);
  std::copy(raw.begin(), raw.end(), bytes.begin() + i64(at));
}

bool is_corrupt(const path& file, u64 project_id = 5) {
  const auto set = read_hot_set(file, project_id);
  return !set && set.error().code == ErrorCode::corrupt;
}

TEST_CASE("hot set: what is written is read, and its bytes are its pages'") {
  const TemporaryFolder folder;
  const path file = folder / "HOT";
  const HotSet set = some_set();
  write_hot_set(file, 5, set).value();
  for (const HotSet& read : {read_hot_set(file, 5).value(), describe_hot_set(file).value()}) {
    CHECK(read.saved_at == set.saved_at);
    CHECK(read.shards == set.shards);
    REQUIRE(read.runs.size() == 3);
    CHECK(std::equal(as_text(bytes_of(read.runs[2])).begin(), as_text(bytes_of(read.runs[2])).end(),
                     as_text(bytes_of(set.runs[2])).begin()));
    CHECK(read.bytes() == 8 * hot_page_bytes);
  }
  CHECK(list_folder(folder.path()).value() == std::vector<std::string>{"HOT"});
}

TEST_CASE("hot set: a later one replaces it, whatever a killed writer left beside it") {
  const TemporaryFolder folder;
  const path file = folder / "HOT";
  write_hot_set(file, 5, some_set()).value();
  put_bytes(folder / "HOT.tmp", Buffer(100));
  HotSet empty;
  write_hot_set(file, 5, empty).value();
  CHECK(read_hot_set(file, 5).value().runs.empty());
  CHECK(list_folder(folder.path()).value() == std::vector<std::string>{"HOT"});
}

TEST_CASE("hot set: of another project, or where there is none") {
  const TemporaryFolder folder;
  const path file = folder / "HOT";
  CHECK(read_hot_set(file, 5).error().code == ErrorCode::not_found);
  write_hot_set(file, 5, some_set()).value();
  CHECK(is_corrupt(file, 6));
  CHECK(describe_hot_set(file).has_value());
}

TEST_CASE("hot set: every byte counts, and so does the length") {
  const TemporaryFolder folder;
  const path file = folder / "HOT";
  write_hot_set(file, 5, some_set()).value();
  const Buffer good = bytes_at(file);
  REQUIRE(good.size() == 64 + 2 * 16 + 3 * 16);
  for (usize at = 0; at < good.size(); ++at) {
    Buffer bad = good;
    bad[at] ^= std::byte(0x10);
    put_bytes(file, bad);
    INFO(at);
    CHECK(is_corrupt(file));
  }
  for (usize length = 0; length < good.size(); length += 7) {
    put_bytes(file, Bytes(good).first(length));
    CHECK(is_corrupt(file));
  }
  Buffer longer = good;
  longer.resize(good.size() + 16);
  put_bytes(file, longer);
  CHECK(is_corrupt(file));
}

TEST_CASE("hot set: what fits its checksum is not believed either") {
  const TemporaryFolder folder;
  const path file = folder / "HOT";
  write_hot_set(file, 5, some_set()).value();
  Buffer bytes = bytes_at(file);
  const usize first_run = 64 + 2 * 16;
  SECTION("a run of a shard that is none") { set_at(bytes, first_run, u32(2)); }
  SECTION("an empty run") { set_at(bytes, first_run + 12, u32(0)); }
  SECTION("more shards than there is room for") {
    set_at(bytes, offsetof(HotHeader, shard_count), ~u32(0));
  }
  SECTION("more runs than there is room for") {
    set_at(bytes, offsetof(HotHeader, run_count), u32(4));
  }
  SECTION("of another version") { set_at(bytes, offsetof(HotHeader, version), u32(2)); }
  seal(bytes);
  put_bytes(file, bytes);
  CHECK(is_corrupt(file));
}

TEST_CASE("hot set: a file longer than any is not read") {
  const TemporaryFolder folder;
  const path file = folder / "HOT";
  put_bytes(file, Buffer(4 << 20));
  CHECK(is_corrupt(file));
}

}  // namespace
}  // namespace shale::catalog
