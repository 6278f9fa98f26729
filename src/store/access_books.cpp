#include "store/access_books.hpp"

#include <algorithm>

namespace shale::store {

using catalog::AccessEntry;
using catalog::AccessFile;

std::filesystem::path access_path(const Project::State& project, const View& view, usize at) {
  const FileId id = view.indexes[at].index->file_id();
  return at < view.shard_count() ? project.paths.access(id) : project.paths.log_access(id);
}

catalog::AccessOwner access_owner(const Project::State& project, const View& view, usize at) {
  catalog::AccessOwner owner;
  owner.id = view.indexes[at].index->file_id();
  if (at < view.shard_count()) {
    owner.documents = view.indexes[at].index->document_count();
  } else {
    owner.recoveries = project.recoveries.load(std::memory_order_relaxed);
  }
  return owner;
}

AccessBooks::AccessBooks(Project::State& project, std::shared_ptr<const View> view)
    : project_(project), view_(std::move(view)), pages_(view_->indexes.size()) {
  for (usize at = 0; at < pages_.size(); ++at) places_[view_->indexes[at].index->file_id()] = at;
}

// To the live version, if there is one; what cannot be read has none.
usize AccessBooks::add_to_live(std::string_view id, const AccessEntry& entry) {
  const auto live = find_live(*view_, id);
  if (!live || !live->has_value()) return nowhere;
  const usize at = (*live)->index;
  pages_[at].additions.push_back({to_index((*live)->doc), entry});
  return at;
}

void AccessBooks::count(const AccessCounts::Counted& counted, u32 now) {
  const AccessEntry entry{counted.count, now};
  const auto place = places_.find(counted.slot->id());
  // The same slot: a log whose index was made anew has other numbers.
  if (place != places_.end() && view_->access_slots[place->second] == counted.slot->number()) {
    const IndexView& one = view_->indexes[place->second];
    const bool is_there = counted.doc < one.index->document_count();
    if (is_there && !one.overlay->dead.contains(counted.doc)) {
      pages_[place->second].additions.push_back({counted.doc, entry});
      pages_[place->second].counted.push_back(counted);
      return;
    }
  }
  const std::shared_ptr<const Index> index = counted.slot->index();
  if (index == nullptr || counted.doc >= index->document_count()) return;
  const auto id = index->id_of(DocNo{counted.doc});
  if (!id) return;
  const usize at = add_to_live(*id, entry);
  if (at != nowhere) pages_[at].counted.push_back(counted);
}

void AccessBooks::move(usize at, u32 doc, const AccessEntry& entry) {
  const auto id = view_->indexes[at].index->id_of(DocNo{doc});
  pages_[at].moves.push_back({doc, id ? add_to_live(*id, entry) : nowhere});
}

Result<void> AccessBooks::inherit(FileId index, std::span<const u32> docs) {
  const auto place = places_.find(index);
  if (place == places_.end()) return {};  // merged since: the merger has carried it
  const usize at = place->second;
  const IndexView& one = view_->indexes[at];
  std::vector<u32> dead;
  dead.reserve(docs.size());
  for (const u32 doc : docs) {
    const bool is_dead = doc < one.index->document_count() && one.overlay->dead.contains(doc);
    if (is_dead) dead.push_back(doc);
  }
  const std::optional<AccessFile> file =
      TRY(AccessFile::open(access_path(project_, *view_, at), access_owner(project_, *view_, at)));
  if (!file.has_value()) return {};
  std::vector<AccessEntry> entries(dead.size());
  TRY(file->read_some(dead, entries));
  for (usize i = 0; i < dead.size(); ++i) {
    if (entries[i].count != 0) move(at, dead[i], entries[i]);
  }
  return {};
}

Result<void> AccessBooks::inherit_all(usize at) {
  const IndexView& one = view_->indexes[at];
  if (one.overlay->dead.empty()) return {};
  const std::optional<AccessFile> file =
      TRY(AccessFile::open(access_path(project_, *view_, at), access_owner(project_, *view_, at)));
  if (!file.has_value()) return {};
  return file->for_each([&](u32 doc, const AccessEntry& entry) -> Result<void> {
    const bool is_dead = doc < one.index->document_count() && one.overlay->dead.contains(doc);
    if (is_dead) move(at, doc, entry);
    return {};
  });
}

Result<void> AccessBooks::write_additions(usize at) {
  std::vector<Addition>& additions = pages_[at].additions;
  if (additions.empty()) return {};
  std::sort(additions.begin(), additions.end(),
            [](const Addition& a, const Addition& b) { return a.doc < b.doc; });
  std::vector<u32> docs;
  std::vector<AccessEntry> sums;
  docs.reserve(additions.size());
  sums.reserve(additions.size());
  for (const Addition& one : additions) {
    if (docs.empty() || docs.back() != one.doc) {
      docs.push_back(one.doc);
      sums.push_back(one.entry);
    } else {
      catalog::add_to(sums.back(), one.entry);
    }
  }
  const std::filesystem::path path = access_path(project_, *view_, at);
  const catalog::AccessOwner owner = access_owner(project_, *view_, at);
  std::optional<AccessFile> file = TRY(AccessFile::open(path, owner));
  if (!file.has_value()) file = TRY(AccessFile::make(path, owner));
  TRY(file->change(docs, [&](usize i, AccessEntry& entry) { catalog::add_to(entry, sums[i]); }));
  if (at < view_->shard_count()) written_shards_.push_back(path);
  return {};
}

Result<void> AccessBooks::write_moves(usize at) {
  std::vector<u32> docs;
  docs.reserve(pages_[at].moves.size());
  for (const Move& one : pages_[at].moves) {
    if (one.target == nowhere || !pages_[one.target].failed) docs.push_back(one.doc);
  }
  if (docs.empty()) return {};
  std::sort(docs.begin(), docs.end());
  const std::filesystem::path path = access_path(project_, *view_, at);
  std::optional<AccessFile> file = TRY(AccessFile::open(path, access_owner(project_, *view_, at)));
  if (!file.has_value()) return {};
  TRY(file->change(docs, [](usize, AccessEntry& entry) { entry = {}; }));
  if (at < view_->shard_count()) written_shards_.push_back(path);
  return {};
}

Result<void> AccessBooks::write(std::vector<AccessCounts::Counted>& not_written) {
  Result<void> result;
  const auto note = [&](Result<void> done) {
    if (!done && result) result = std::move(done);
  };
  for (usize at = 0; at < pages_.size(); ++at) {
    Result<void> done = write_additions(at);
    Page& page = pages_[at];
    page.failed = !done;
    if (page.failed) {
      not_written.insert(not_written.end(), page.counted.begin(), page.counted.end());
    }
    note(std::move(done));
  }
  for (usize at = 0; at < pages_.size(); ++at) note(write_moves(at));
  return result;
}

}  // namespace shale::store
