#include "sync/derived_ids.hpp"

#include <shale/segment.hpp>

#include "tests/support/catch.hpp"

namespace shale::sync {

TEST_CASE("derived ids: name what they are of, as far as an id can") {
  CHECK(derived_id("analysis", "lint:a.c") == "analysis:lint:a.c");
  CHECK(derived_id("x", "") == "x:");
  const std::string long_path(300, 'x');
  const std::string id = derived_id("analysis", long_path);
  CHECK(id.starts_with("analysis:"));
  CHECK(id.size() == 9 + 32);
  CHECK(id == derived_id("analysis", long_path));
  CHECK(id.substr(9) != derived_id("other", long_path).substr(6));
  CHECK(id != derived_id("analysis", long_path + 'x'));
  CHECK(derived_id("analysis", "a\nb").size() == 9 + 32);
  CHECK(derived_id("analysis", "a\xff").size() == 9 + 32);
  CHECK(derived_id("k", std::string(id_bytes_max - 2, 'x')).size() == id_bytes_max);
  CHECK(derived_id("k", std::string(id_bytes_max - 1, 'x')).size() == 2 + 32);
}

}  // namespace shale::sync
