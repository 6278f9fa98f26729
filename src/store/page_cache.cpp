#include "store/page_cache.hpp"

#include <algorithm>

#include "base/file.hpp"
#include "base/mapped_file.hpp"
#include "catalog/hot_set.hpp"
#include "catalog/manifest.hpp"
#include "store/hot_pages.hpp"

namespace shale::store {

namespace {

constexpr u64 step_bytes = u64(1) << 20;

// Those that MANIFEST names and that are there: a merge may take one away at any moment.
Result<std::vector<std::filesystem::path>> shard_files(const catalog::ProjectPaths& paths) {
  const catalog::Manifest manifest = TRY(catalog::read_manifest(paths.manifest()));
  std::vector<std::filesystem::path> files;
  files.reserve(manifest.shards.size());
  for (const catalog::ShardEntry& entry : manifest.shards) {
    const std::filesystem::path file = paths.shard(entry.id);
    if (TRY(path_exists(file))) files.push_back(file);
  }
  return files;
}

// A saved hot set that is damaged, or of another project, is none.
std::optional<catalog::HotSet> saved_set(const catalog::ProjectPaths& paths, u64 project_id) {
  auto set = catalog::read_hot_set(paths.hot_set(), project_id);
  return set ? std::optional<catalog::HotSet>(*std::move(set)) : std::nullopt;
}

// Reads files through, which is to wait until the page cache has them.
class Reader {
 public:
  explicit Reader(const ProgressCallback& progress, u64 total) : progress_(progress) {
    told_.total_bytes = total;
  }

  Result<void> read(const File& file, u64 offset, u64 bytes) {
    room_.resize(usize(step_bytes));
    file.will_need(offset, std::min(bytes, step_bytes));
    for (u64 done = 0; done < bytes; done += step_bytes) {
      // The next step is on its way while this one is copied.
      if (done + step_bytes < bytes) {
        file.will_need(offset + done + step_bytes, std::min(step_bytes, bytes - done - step_bytes));
      }
      const usize step = usize(std::min(step_bytes, bytes - done));
      told_.done_bytes += TRY(file.read_at(offset + done, MutableBytes(room_).first(step)));
      if (progress_ && !progress_(told_)) return fail(ErrorCode::cancelled, "Warming was ended");
    }
    return {};
  }
  u64 done() const { return told_.done_bytes; }

 private:
  const ProgressCallback& progress_;
  Progress told_;
  Buffer room_;
};

Result<u64> warm_all(const catalog::ProjectPaths& paths, const ProgressCallback& progress) {
  std::vector<File> files;
  u64 total = 0;
  for (const std::filesystem::path& path : TRY(shard_files(paths))) {
    files.push_back(TRY(File::open(path, File::Mode::read)));
    total += TRY(files.back().size());
  }
  Reader reader(progress, total);
  for (const File& file : files) {
    const u64 bytes = TRY(file.size());
    TRY(reader.read(file, 0, bytes));
  }
  return reader.done();
}

// All is asked for before the first byte is waited for.
Result<u64> warm_hot(const catalog::ProjectPaths& paths, const catalog::HotSet& set,
                     const ProgressCallback& progress) {
  for_each_hot_run(paths, set, ~u64(0), [](const File& file, u64 offset, u64 bytes) {
    for (u64 at = 0; at < bytes; at += step_bytes) {
      file.will_need(offset + at, std::min(step_bytes, bytes - at));
    }
    return true;
  });
  Reader reader(progress, set.bytes());
  Result<void> done;
  for_each_hot_run(paths, set, ~u64(0), [&](const File& file, u64 offset, u64 bytes) {
    done = reader.read(file, offset, bytes);
    return done.has_value();
  });
  TRY(done);
  return reader.done();
}

}  // namespace

Result<CacheStanding> cache_standing(const catalog::ProjectPaths& paths) {
  CacheStanding standing;
  for (const std::filesystem::path& path : TRY(shard_files(paths))) {
    const ReadMap map = TRY(ReadMap::open(path));
    ++standing.shards;
    standing.shard_bytes += map.bytes().size();
    standing.cached_bytes += TRY(map.cached_bytes());
  }
  const u64 project_id = TRY(catalog::read_manifest(paths.manifest())).project_id;
  if (const auto set = saved_set(paths, project_id)) {
    standing.hot_bytes = set->bytes();
    standing.hot_saved_at = i64(set->saved_at);
  }
  return standing;
}

Result<u64> warm_cache(const catalog::ProjectPaths& paths, bool all,
                       const ProgressCallback& progress) {
  if (all) return warm_all(paths, progress);
  const u64 project_id = TRY(catalog::read_manifest(paths.manifest())).project_id;
  const auto set = saved_set(paths, project_id);
  return set ? warm_hot(paths, *set, progress) : Result<u64>(0);
}

Result<void> clear_cache(const catalog::ProjectPaths& paths) {
  TRY(remove_file(paths.hot_set()));
  for (const auto& folder : {paths.shard_folder(), paths.changes_folder(), paths.log_folder()}) {
    for (const std::string& name : TRY(list_folder(folder))) {
      const auto file = File::open(folder / name, File::Mode::read);
      if (file) TRY(file->drop_cached());  // else a merge has taken it away
    }
  }
  return {};
}

}  // namespace shale::store
