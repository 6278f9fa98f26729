#include "model/numbers.hpp"

#include "tests/support/catch.hpp"

namespace shale {
namespace {

TEST_CASE("a position in history holds log and offset and is ordered by both") {
  const Lsn lsn = Lsn::make(7, 12345);
  CHECK(lsn.log_sequence() == 7);
  CHECK(lsn.offset() == 12345);
  CHECK(Lsn::make(7, 12346) > lsn);
  CHECK(Lsn::make(8, 0) > Lsn::make(7, (u64(1) << 40) - 1));
  CHECK(Lsn::make((1u << 24) - 1, 3).log_sequence() == (1u << 24) - 1);
  CHECK(Lsn{} == Lsn::make(0, 0));
}

TEST_CASE("positions at the ends of their numbers keep both halves apart") {
  constexpr u64 sequence_max = (u64(1) << 24) - 1;
  constexpr u64 offset_max = (u64(1) << 40) - 1;
  for (const u64 sequence : {u64(0), u64(1), sequence_max}) {
    for (const u64 offset : {u64(0), u64(1), offset_max}) {
      const Lsn lsn = Lsn::make(sequence, offset);
      CHECK(lsn.log_sequence() == sequence);
      CHECK(lsn.offset() == offset);
    }
  }
  CHECK(Lsn::make(sequence_max, offset_max).value == UINT64_MAX);
  CHECK(Lsn::make(1, 0).value == Lsn::make(0, offset_max).value + 1);
}

TEST_CASE("files are ordered by sequence, then told apart by their random number") {
  CHECK(FileId{1, 9} < FileId{2, 0});
  CHECK(FileId{1, 8} != FileId{1, 9});
  CHECK(to_index(DocNo{42}) == 42);
}

}  // namespace
}  // namespace shale
