// Columns written to a section of their own and opened again.
#pragma once

#include <vector>

#include "shard/columns.hpp"
#include "tests/shard/section_fixture.hpp"

namespace shale::shard::testing {

using Rows = std::vector<ColumnRow>;

inline void write(SectionFixture& fixture, const Rows& rows) {
  ColumnsWriter writer(fixture.folder());
  for (const ColumnRow& row : rows) writer.add(row).value();
  SectionSpool spool = fixture.spool();
  writer.finish(spool).value();
  fixture.put(tag::columns, spool);
}

inline ColumnsReader open(const SectionFixture& fixture, usize count) {
  return ColumnsReader::make(fixture.views()[0], u32(count)).value();
}

}  // namespace shale::shard::testing
