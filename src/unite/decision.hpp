// What becomes of one segment of the other store: the policy as a function of two versions.
//
//   not here                    added
//   here, the same              same
//   here, different             by the policy: ours stays, theirs takes its place, or both stay,
//                               the newer one under the id
//   ours is of a synced folder  it keeps its id, whatever the policy; lines and times, which the
//                               file decides, are not compared
//
// Pure: knows no store. Whether a version that stays beside the other is there already is for the
// caller to see. Used by project_union.
#pragma once

#include <optional>
#include <string>

#include <shale/unite.hpp>

#include "unite/content.hpp"

namespace shale::unite {

enum class Outcome : u8 { added, same, mine, theirs, both, refused };

struct Decision {
  Outcome outcome = Outcome::same;
  bool takes_theirs = false;  // under the id
  // The one that does not get the id, where both stay: ours if theirs takes it.
  std::optional<std::string> id_beside = std::nullopt;
  bool is_synced = false;  // ours stays for that alone
};

// `ours`: null where there is none. Both have the same id.
Decision decide(const Version* ours, const Version& theirs, OnConflict policy);

}  // namespace shale::unite
