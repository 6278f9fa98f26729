#include "store/hot_pages.hpp"

#include <algorithm>
#include <map>

#include "base/file.hpp"
#include "store/project_state.hpp"

namespace shale::store {

namespace {

using catalog::HotEntry;
using catalog::HotSet;

// A run of a shard's pages as it goes into a set.
struct Candidate {
  HotEntry run;
  u32 heat = 0;
};

// Puts runs together into a set in which no page stands twice.
class Collector {
 public:
  Collector(std::vector<FileId> shards, const std::vector<u64>& pages, u64 bytes_max)
      : pages_left_(bytes_max / catalog::hot_page_bytes) {
    set_.shards = std::move(shards);
    is_in_.reserve(pages.size());
    for (const u64 count : pages) is_in_.emplace_back(usize(count), false);
  }

  // The pages of `run` that the file has and the set has not, as long as there is room.
  void add(const HotEntry& run) {
    std::vector<bool>& is_in = is_in_[run.shard];
    const u64 end = std::min<u64>(u64(run.first) + run.count, is_in.size());
    for (u64 at = run.first; at < end;) {
      u64 stop = at;
      while (stop < end && !is_in[usize(stop)]) ++stop;
      if (stop > at) take(run, at, std::min(stop, at + pages_left_));
      at = stop + 1;
      if (is_full()) return;
    }
  }

  bool is_full() const { return pages_left_ == 0 || set_.runs.size() == catalog::hot_runs_max; }
  HotSet take_set() { return std::move(set_); }

 private:
  void take(const HotEntry& run, u64 begin, u64 end) {
    std::fill(is_in_[run.shard].begin() + i64(begin), is_in_[run.shard].begin() + i64(end), true);
    set_.runs.push_back({run.shard, run.age, u32(begin), u32(end - begin)});
    pages_left_ -= end - begin;
  }

  HotSet set_;
  std::vector<std::vector<bool>> is_in_;  // of each shard, by page
  u64 pages_left_;
};

// Those of the edition that can be read, as a set names them.
std::vector<std::shared_ptr<const shard::Shard>> readable_shards(const Edition& edition) {
  std::vector<std::shared_ptr<const shard::Shard>> shards;
  shards.reserve(edition.shards.size());
  for (const auto& one : edition.shards) {
    if (one != nullptr && shards.size() < catalog::hot_shards_max) shards.push_back(one);
  }
  return shards;
}

u64 page_count(const shard::Shard& shard) {
  const u64 pages =
      (shard.info().file_bytes + catalog::hot_page_bytes - 1) / catalog::hot_page_bytes;
  return std::min(pages, u64(~u32(0)));
}

std::vector<Candidate> used_now(const std::vector<std::shared_ptr<const shard::Shard>>& shards) {
  std::vector<Candidate> used;
  for (usize i = 0; i < shards.size(); ++i) {
    for (const shard::PageRun& run : shards[i]->hot_pages()) {
      if (run.first >= page_count(*shards[i])) continue;
      used.push_back({{u32(i), 0, u32(run.first), u32(run.count)}, run.heat});
    }
  }
  std::stable_sort(used.begin(), used.end(),
                   [](const Candidate& a, const Candidate& b) { return a.heat > b.heat; });
  return used;
}

}  // namespace

HotSet hot_set_of(const Edition& edition, const HotSet& before, u64 bytes_max) {
  const auto shards = readable_shards(edition);
  std::vector<FileId> ids;
  std::vector<u64> pages;
  std::map<FileId, u32> numbers;
  ids.reserve(shards.size());
  pages.reserve(shards.size());
  for (const auto& shard : shards) {
    numbers.emplace(shard->info().id, u32(ids.size()));
    ids.push_back(shard->info().id);
    pages.push_back(page_count(*shard));
  }
  Collector collector(std::move(ids), pages, bytes_max);
  for (const Candidate& one : used_now(shards)) {
    if (collector.is_full()) break;
    collector.add(one.run);
  }
  for (HotEntry run : before.runs) {
    const auto known = numbers.find(before.shards[run.shard]);
    if (collector.is_full()) break;
    if (known == numbers.end() || run.age >= hot_age_max) continue;
    run.shard = known->second;
    ++run.age;
    collector.add(run);
  }
  return collector.take_set();
}

void for_each_hot_run(const catalog::ProjectPaths& paths, const HotSet& set, u64 bytes_max,
                      const HotVisit& visit) {
  struct OpenShardFile {
    std::optional<File> file;
    u64 bytes = 0;
  };
  std::map<u32, OpenShardFile> files;
  for (const HotEntry& run : set.runs) {
    const auto [at, is_new] = files.try_emplace(run.shard);
    OpenShardFile& one = at->second;
    if (is_new) {
      auto file = File::open(paths.shard(set.shards[run.shard]), File::Mode::read);
      if (file) {
        one.bytes = file->size().value_or(0);
        (void)file->advise_random();  // these pages, and none ahead of them
        one.file = *std::move(file);
      }
    }
    const u64 offset = u64(run.first) * catalog::hot_page_bytes;
    if (!one.file || offset >= one.bytes) continue;
    const u64 bytes =
        std::min({u64(run.count) * catalog::hot_page_bytes, one.bytes - offset, bytes_max});
    if (bytes == 0 || !visit(*one.file, offset, bytes)) return;
    bytes_max -= bytes;
  }
}

HotPages::HotPages(Project::State& project) : project_(project) {
  const SharedCaches& caches = *project.caches;
  if (caches.keeper == nullptr) return;
  // Most openings find none: asked here, it costs them a look instead of a turn of the keeper.
  const auto standing = path_standing(project.paths.hot_set());
  if (!standing || !standing->has_value()) return;
  caches.keeper->prefetch({project.paths, project.project_id, cancelled_});
}

HotPages::~HotPages() {
  if (project_.generation != process_generation()) return;
  cancelled_->store(true, std::memory_order_relaxed);
  if (!project_.is_private) save();
}

void HotPages::save() const {
  if (project_.view == nullptr) return;
  const u64 bytes_max = project_.options.hot_bytes;
  HotSet set = hot_set_of(*project_.view->edition, {}, bytes_max);
  if (set.bytes() < hot_bytes_min) return;
  const std::filesystem::path path = project_.paths.hot_set();
  if (const auto before = catalog::read_hot_set(path, project_.project_id)) {
    set = hot_set_of(*project_.view->edition, *before, bytes_max);
  }
  set.saved_at = u64(now_microseconds());
  (void)catalog::write_hot_set(path, project_.project_id, set);
}

}  // namespace shale::store
