// What is to be written into the .access files of a view's indexes, gathered and then written.
//
// A count belongs to the live version of its segment. Where that is not the version that was read
// (superseded since, or its index was merged), it is found by id; a segment that was erased takes
// its count with it. What stands at a version that is dead is moved to the live one: added there
// first, then taken away here, so that a kill between the two counts those reads twice and loses
// none. Until somebody moves it, it stays where it is, and belongs to the live version all the
// same: readers who ask by id add it up (access_reader.hpp). Used under the access lock, once.
#pragma once

#include <map>
#include <vector>

#include "catalog/access_file.hpp"
#include "store/access_lock.hpp"

namespace shale::store {

// Where the counts of one index of a view are, and what the file must say of itself.
std::filesystem::path access_path(const Project::State& project, const View& view, usize at);
catalog::AccessOwner access_owner(const Project::State& project, const View& view, usize at);

class AccessBooks {
 public:
  AccessBooks(Project::State& project, std::shared_ptr<const View> view);

  // Reads that ended up to `now` (seconds since 1970).
  void count(const AccessCounts::Counted& counted, u32 now);
  // What stands at these documents of an index goes to the live versions, where they are dead.
  Result<void> inherit(FileId index, std::span<const u32> docs);
  // The same of all dead documents of an index.
  Result<void> inherit_all(usize at);
  // Writes it all. What could not be written is there to be given back; what was to be moved then
  // stays where it was. The error is the first one.
  Result<void> write(std::vector<AccessCounts::Counted>& not_written);
  // Shards whose files were written to.
  const std::vector<std::filesystem::path>& written_shards() const { return written_shards_; }

 private:
  struct Addition {
    u32 doc = 0;
    catalog::AccessEntry entry;
  };
  static constexpr usize nowhere = ~usize(0);
  struct Move {
    u32 doc = 0;
    usize target = nowhere;
  };
  // Of one index of the view.
  struct Page {
    std::vector<Addition> additions;
    std::vector<AccessCounts::Counted> counted;  // what `additions` has of this process's reads
    std::vector<Move> moves;
    bool failed = false;
  };

  usize add_to_live(std::string_view id, const catalog::AccessEntry& entry);
  void move(usize at, u32 doc, const catalog::AccessEntry& entry);
  Result<void> write_additions(usize at);
  Result<void> write_moves(usize at);

  Project::State& project_;
  std::shared_ptr<const View> view_;
  std::map<FileId, usize> places_;  // in the view
  std::vector<Page> pages_;         // of the view's indexes
  std::vector<std::filesystem::path> written_shards_;
};

}  // namespace shale::store
