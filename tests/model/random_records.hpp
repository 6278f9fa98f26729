// Random metadata and updates over small vocabularies, so that what one update adds another
// removes. For the tests of records, their changes and overlays.
#pragma once

#include <limits>
#include <random>
#include <string>

#include <shale/segment.hpp>

#include "base/integers.hpp"

namespace shale::testing {

using Random = std::mt19937_64;

inline u32 below(Random& random, u64 end) { return u32(random() % end); }
inline bool chance(Random& random, u32 one_in) { return below(random, one_in) == 0; }

inline std::string random_string(Random& random) {
  static const std::string pieces[] = {
      "a", "Z9", "_", " ", "\xC3\xA9", "\xF0\x9F\x98\x80", "\0", "note", "src/x.cpp"};
  std::string text;
  for (u32 left = below(random, 5); left > 0; --left) text += pieces[below(random, 9)];
  if (chance(random, 40)) text.append(200 + below(random, 200), 'x');
  return text;
}

inline std::string random_name(Random& random) {
  return std::string("n") + std::to_string(below(random, 7));
}

inline std::vector<std::string> random_names(Random& random) {
  std::vector<std::string> names;
  for (u32 left = below(random, 5); left > 0; --left) names.push_back(random_name(random));
  return names;
}

inline i64 random_i64(Random& random) {
  const i64 edges[] = {0, -1, 1, std::numeric_limits<i64>::min(), std::numeric_limits<i64>::max()};
  return chance(random, 3) ? edges[below(random, 5)] : i64(random()) >> below(random, 64);
}

inline u32 random_u32(Random& random) {
  return chance(random, 4) ? 0xffffffff : u32(random()) >> below(random, 32);
}

inline Time random_time(Random& random) { return {random_i64(random), chance(random, 2)}; }

inline AttributeValue random_value(Random& random) {
  switch (below(random, 5)) {
    case 0:
      return random_string(random);
    case 1:
      return random_i64(random);
    case 2:
      return double(random_i64(random)) / 7;
    case 3:
      return chance(random, 2);
    default:
      return Json{"[" + random_string(random) + "]"};
  }
}

inline Attributes random_attributes(Random& random) {
  Attributes attrs;
  for (u32 left = below(random, 5); left > 0; --left) {
    attrs.insert_or_assign(random_name(random), random_value(random));
  }
  return attrs;
}

template <class Make>
auto maybe(Random& random, Make&& make) {
  std::optional<decltype(make())> value;
  if (chance(random, 2)) value.emplace(make());
  return value;
}

inline std::optional<std::string> maybe_string(Random& random) {
  return maybe(random, [&] { return random_string(random); });
}

inline std::optional<LineRange> maybe_range(Random& random) {
  return maybe(random, [&] { return LineRange{random_u32(random), random_u32(random)}; });
}

inline Metadata random_metadata(Random& random) {
  Metadata m;
  m.id = "id" + random_string(random);
  m.type = "t" + random_string(random);
  m.task = maybe_string(random);
  m.file = maybe_string(random);
  m.topic = maybe_string(random);
  m.line_range = maybe_range(random);
  for (u32 i = 0; i < 7; ++i) {
    if (chance(random, 3)) m.tags.push_back("n" + std::to_string((i * 3 + 1) % 7));
  }
  m.created_at = random_time(random);
  m.touched_at = random_time(random);
  m.pinned = chance(random, 2);
  m.tier = Tier(below(random, 3));
  m.generation = Generation(below(random, 2));
  m.gc_survival_count = chance(random, 2) ? 0 : random_u32(random);
  m.refcount = chance(random, 2) ? 0 : random_u32(random);
  m.tokens = maybe(random, [&] { return random_u32(random); });
  m.tokenizer = random_string(random);
  m.tokens_computed_at = maybe(random, [&] { return random_time(random); });
  m.sha256 = maybe(random, [&] {
    Sha256 hash;
    for (u8& byte : hash) byte = u8(random());
    return hash;
  });
  m.attrs = random_attributes(random);
  return m;
}

inline Update random_update(Random& random) {
  Update u;
  u.type = maybe(random, [&] { return "t" + random_string(random); });
  u.task = maybe(random, [&] { return maybe_string(random); });
  u.file = maybe(random, [&] { return maybe_string(random); });
  u.topic = maybe(random, [&] { return maybe_string(random); });
  u.line_range = maybe(random, [&] { return maybe_range(random); });
  u.tags_added = random_names(random);
  u.tags_removed = random_names(random);
  u.touched_at = maybe(random, [&] { return random_time(random); });
  u.pinned = maybe(random, [&] { return chance(random, 2); });
  u.tier = maybe(random, [&] { return Tier(below(random, 3)); });
  u.generation = maybe(random, [&] { return Generation(below(random, 2)); });
  u.gc_survival_added = chance(random, 2) ? 0 : random_i64(random);
  u.refcount_added = chance(random, 2) ? 0 : random_i64(random);
  u.tokens = maybe(random, [&] { return random_u32(random); });
  u.tokenizer = maybe_string(random);
  u.tokens_computed_at = maybe(random, [&] { return random_time(random); });
  u.attrs_set = random_attributes(random);
  u.attrs_removed = random_names(random);
  return u;
}

}  // namespace shale::testing
