// Spools written to a file and opened as section views, without a whole shard around them.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "base/checksum.hpp"
#include "shard/sections.hpp"
#include "shard/shard_map.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale::shard::testing {

// Bytes written by hand, then text.
inline Buffer buffer_of(std::initializer_list<int> values, std::string_view text = {}) {
  Buffer bytes;
  for (const int value : values) bytes.push_back(std::byte(value));
  for (const char c : text) bytes.push_back(std::byte(c));
  return bytes;
}

class SectionFixture {
 public:
  explicit SectionFixture(std::shared_ptr<PageBudget> budget = nullptr)
      : budget_(std::move(budget)) {}

  const std::filesystem::path& folder() const { return folder_.path(); }
  std::filesystem::path path() const { return folder_ / "sections"; }
  SectionSpool spool(usize memory_max = usize(8) << 20) const {
    return SectionSpool(folder(), memory_max);
  }

  // Puts a section into the file; views() opens them all, in the order they were put.
  void put(u32 tag, const SectionSpool& spool) {
    File file = File::open(path(), File::Mode::create).value();
    const u64 offset = (end_ + section_alignment - 1) / section_alignment * section_alignment;
    u64 extent = 0;
    spool
        .write_to(file, offset,
                  [&](Bytes bytes) {
                    for (; !bytes.empty(); ++extent) {
                      const Bytes part = bytes.first(std::min<usize>(bytes.size(), extent_bytes));
                      checksums_.push_back(checksum32(part, extent_seed(tag, extent)));
                      bytes = bytes.subspan(part.size());
                    }
                  })
        .value();
    sections_.push_back({tag, offset, spool.size()});
    end_ = offset + spool.size();
    if (spool.size() == 0) file.write_at(offset, Bytes(padding_)).value();  // never an empty file
  }
  void put(u32 tag, Bytes bytes) {
    SectionSpool copy = spool();
    copy.buffer().assign(bytes.begin(), bytes.end());
    put(tag, copy);
  }

  std::shared_ptr<const ShardMap> map() const {
    return ShardMap::make(path(), sections_, checksums_, budget_).value();
  }
  std::vector<SectionView> views() const {
    const auto shared = map();
    std::vector<SectionView> result;
    for (u32 entry = 0; entry < sections_.size(); ++entry) {
      result.emplace_back(shared, entry, sections_[entry].offset, sections_[entry].bytes);
    }
    return result;
  }
  const std::vector<MappedSection>& sections() const { return sections_; }

  // Inverts bits of one byte of section `entry`, keeping its checksum (a fault) or making a new
  // one (bytes that pass as verified but are wrong: what a reader must survive).
  void damage(u32 entry, u64 offset, u8 bits, bool fix_checksum) {
    File file = File::open(path(), File::Mode::read_write).value();
    const MappedSection& section = sections_[entry];
    std::byte byte[1];
    file.read_exactly(section.offset + offset, byte).value();
    byte[0] ^= std::byte(bits);
    file.write_at(section.offset + offset, byte).value();
    if (!fix_checksum) return;
    u64 index = offset / extent_bytes;
    const u64 begin = index * extent_bytes;
    Buffer extent(usize(std::min(extent_bytes, section.bytes - begin)));
    file.read_exactly(section.offset + begin, extent).value();
    const u32 checksum = checksum32(extent, extent_seed(section.tag, index));
    for (u32 before = 0; before < entry; ++before) index += extent_count(sections_[before].bytes);
    checksums_[usize(index)] = checksum;
  }
  // Other bytes from `offset` on, that pass as verified.
  void overwrite(u32 entry, u64 offset, Bytes bytes) {
    Buffer old(bytes.size());
    File::open(path(), File::Mode::read)
        .value()
        .read_exactly(sections_[entry].offset + offset, old)
        .value();
    for (usize i = 0; i < bytes.size(); ++i) {
      damage(entry, offset + i, u8(old[i] ^ bytes[i]), true);
    }
  }
  template <class T>
  void overwrite_value(u32 entry, u64 offset, T value) {
    overwrite(entry, offset, bytes_of(value));
  }

 private:
  shale::testing::TemporaryFolder folder_;
  std::shared_ptr<PageBudget> budget_;
  std::vector<MappedSection> sections_;
  std::vector<u32> checksums_;
  u64 end_ = 0;
  const Buffer padding_ = Buffer(1);
};

// That an answer is damage, found in byte `offset` of section `entry`, in words that hold `part`.
template <class T>
void check_damage(const Result<T>& result, const SectionFixture& fixture, u32 entry, u64 offset,
                  const std::string& part) {
  INFO("expected: " << part);
  REQUIRE(!result);
  INFO(result.error().message);
  CHECK(result.error().code == ErrorCode::corrupt);
  CHECK(result.error().path == fixture.path());
  CHECK(result.error().offset == fixture.sections()[entry].offset + offset);
  CHECK(result.error().message.find(part) != std::string::npos);
}

}  // namespace shale::shard::testing
