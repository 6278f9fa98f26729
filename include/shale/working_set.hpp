// The working set: segments of tier `working`, and who read what how often.
//
//   auto set = now.working_set("perf").value();      // newest touched first
//   batch.set_tier("m1", shale::Tier::working);
#pragma once

#include <cstdint>
#include <vector>

#include <shale/query.hpp>

namespace shale {

struct WorkingSet {
  std::vector<Metadata> segments;  // last touched first, then the smaller id
  std::uint64_t tokens = 0;        // their sum
  std::uint64_t uncounted = 0;     // segments that have no count of tokens
  std::vector<Fault> faults;
};

struct Access {
  std::uint64_t count = 0;
  std::int64_t last_seconds = 0;  // since 1970 UTC; 0 where count is 0
  bool operator==(const Access&) const = default;
};

}  // namespace shale
