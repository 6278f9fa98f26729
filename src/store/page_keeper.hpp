// The background thread that looks after resident pages: measures twice a second what the logs'
// indexes hold and has the budget settled (PageBudget::settle), and asks the kernel for what was
// hot when a project was last closed.
//
// One per opened store, of those that only read as well: the housekeeper is not there for these,
// and may be busy with a merge for minutes. It asks for a few steps of 128 KiB at a time, and looks
// between them whether it should end: an opening or a search never waits for it, and no answer
// rests on it. Owned by SharedCaches, to which it must not hold on.
#pragma once

#include <atomic>
#include <memory>

#include "base/system.hpp"
#include "catalog/file_names.hpp"
#include "shard/page_budget.hpp"
#include "store/memory_shares.hpp"

namespace shale::store {

class PageKeeper {
 public:
  // Where `shares` bound them, the logs' indexes hold no more resident, and the heap gives back
  // what it keeps of memory that was freed. `hot_bytes`: the most it asks for, of all that is
  // wanted.
  PageKeeper(std::shared_ptr<shard::PageBudget> budget, const MemoryShares& shares, u64 hot_bytes);
  // Ends at once. In a child of fork it does nothing: the thread is the parent's.
  ~PageKeeper();
  PageKeeper(const PageKeeper&) = delete;
  PageKeeper& operator=(const PageKeeper&) = delete;

  struct Wanted {
    catalog::ProjectPaths paths;
    u64 project_id = 0;
    std::shared_ptr<const std::atomic<bool>> cancelled;  // set when the project is closed
  };
  // The hot set that is saved there.
  void prefetch(Wanted wanted);

 private:
  struct Round;  // what the thread works with
  std::unique_ptr<Round> round_;
  u64 generation_ = process_generation();
};

}  // namespace shale::store
