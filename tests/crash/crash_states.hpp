// What a power cut may leave of a record: folders as a file system could show them after a restart.
//
// A call counts as safe once it was synced; of those that were not, a crash keeps what it likes:
// whole, torn at sectors or pages, re-ordered, as zeros or garbage where a file grew. Two profiles
// say when a name (create, rename, remove) is safe and what becomes of the others:
//   posix  after a sync of its folder; else any subset of the names survives
//   linux  names survive in their order (a journal), up to any of them; a sync of a folder, or of a
//          file that has grown, commits those before it. What ext4, xfs and btrfs do.
// Files written through maps hold what they held at some moment before, whole or with pages
// missing: no recovery may read them, and this checks that none does.
//
// States of one record that would look alike are visited once. Used by the crash laboratory.
#pragma once

#include <functional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/crash/disk_record.hpp"

namespace shale::testing {

enum class Profile : u8 { posix, linux_journal };

struct CrashState {
  usize point = 0;                         // operations that had been issued
  std::string kind;                        // how the disk got into this state
  u64 acknowledged = 0;                    // steps of the session that must be there
  u64 begun = 0;                           // and that may be
  std::map<std::string, FileBytes> files;  // by path under the root
  std::set<std::string> folders;
  u64 hash = 0;  // of all but what is volatile

  void write_to(const std::filesystem::path& folder) const;
};

class CrashStates {
 public:
  using Visitor = std::function<void(const CrashState&)>;
  // `random_per_point`: random subsets beside the systematic states.
  CrashStates(const Record& record, Profile profile, u64 seed, int random_per_point)
      : record_(record), profile_(profile), random_(seed), random_per_point_(random_per_point) {}

  // The states that a crash behind operation `point` - 1 can leave (0: before the first).
  void at(usize point, const Visitor& visit);

 private:
  enum class Fate : u8 { keep, drop, cut, zeros, garbage, blocks };
  struct Choice {
    std::vector<Fate> fates;  // of each operation before the point
    u64 cut = 0;              // bytes kept of the operation that is cut
    u64 block = 512;
  };

  void find_pending();
  Choice all(Fate data, Fate names) const;
  void visit_tears(const Visitor& visit);
  void visit_reorderings(const Visitor& visit);
  void visit_names(const Visitor& visit);
  void visit_random(const Visitor& visit);
  void keep_random_names(Choice& choice);
  void emit(const std::string& kind, const Choice& choice, const Visitor& visit);
  void apply(const Operation& operation, Fate fate, const Choice& choice,
             std::map<NodeNo, Node>& nodes);
  void apply_data(const Operation& operation, Fate fate, const Choice& choice, FileBytes& file);
  void fill_volatile(CrashState& state);

  const Record& record_;
  Profile profile_;
  std::mt19937_64 random_;
  int random_per_point_;
  usize point_ = 0;
  std::vector<usize> pending_data_;  // operations before the point that no sync made safe
  std::vector<usize> pending_names_;
  std::set<u64> seen_;
};

}  // namespace shale::testing
