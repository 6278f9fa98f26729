#include "catalog/hot_set.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "base/checksum.hpp"
#include "base/file.hpp"

namespace shale::catalog {

namespace {

constexpr u64 file_bytes_max =
    sizeof(HotHeader) + hot_shards_max * sizeof(HotShard) + hot_runs_max * sizeof(HotEntry);

u64 checksum_of(const HotHeader& header, Bytes behind) {
  return checksum64(behind, checksum64(bytes_of(header).first(offsetof(HotHeader, checksum))));
}

Unexpected damaged(const std::filesystem::path& path, std::string what) {
  return fail_at(ErrorCode::corrupt, "The saved hot set " + std::move(what), path.string());
}

Result<HotSet> decode(const std::filesystem::path& path, std::optional<u64> project_id) {
  const Buffer bytes = TRY(read_file(path, file_bytes_max));
  if (bytes.size() < sizeof(HotHeader)) return damaged(path, "is cut off");
  const auto header = load<HotHeader>(bytes.data());
  if (header.magic != hot_magic) return damaged(path, "is none");
  if (header.version != hot_version) return damaged(path, "is of another version");
  if (project_id.value_or(header.project_id) != header.project_id) {
    return damaged(path, "is that of another project");
  }
  const bool fits = header.shard_count <= hot_shards_max && header.run_count <= hot_runs_max &&
                    bytes.size() == sizeof(HotHeader) + header.shard_count * sizeof(HotShard) +
                                        header.run_count * sizeof(HotEntry);
  if (!fits) return damaged(path, "has another length than it says");
  const Bytes behind = Bytes(bytes).subspan(sizeof(HotHeader));
  if (checksum_of(header, behind) != header.checksum) return damaged(path, "fails its checksum");
  HotSet set;
  set.saved_at = header.saved_at;
  ByteReader in(behind);
  set.shards.reserve(header.shard_count);
  for (u32 i = 0; i < header.shard_count; ++i) {
    const auto shard = in.value<HotShard>();
    set.shards.push_back({shard.sequence, shard.random});
  }
  set.runs.reserve(header.run_count);
  for (u32 i = 0; i < header.run_count; ++i) {
    const auto run = in.value<HotEntry>();
    if (run.shard >= set.shards.size() || run.count == 0) return damaged(path, "has a wrong run");
    set.runs.push_back(run);
  }
  return set;
}

}  // namespace

u64 HotSet::bytes() const {
  u64 pages = 0;
  for (const HotEntry& run : runs) pages += run.count;
  return pages * hot_page_bytes;
}

Result<HotSet> read_hot_set(const std::filesystem::path& path, u64 project_id) {
  return decode(path, project_id);
}

Result<HotSet> describe_hot_set(const std::filesystem::path& path) {
  return decode(path, std::nullopt);
}

// Not replace_file: that syncs, and nothing here is worth the wait. Two processes that close at
// once may take each other's draft away; what is left then fails its checksum or is one of theirs.
Result<void> write_hot_set(const std::filesystem::path& path, u64 project_id, const HotSet& set) {
  HotHeader header;
  header.shard_count = u32(set.shards.size());
  header.project_id = project_id;
  header.saved_at = set.saved_at;
  header.run_count = u32(set.runs.size());
  ByteWriter behind;
  for (const FileId& id : set.shards) behind.value(HotShard{id.sequence, id.random});
  for (const HotEntry& run : set.runs) behind.value(run);
  header.checksum = checksum_of(header, behind.bytes());
  std::filesystem::path draft = path;
  draft += ".tmp";
  TRY(remove_file(draft));
  File file = TRY(File::open(draft, File::Mode::create_new));
  const Bytes pieces[] = {bytes_of(header), behind.bytes()};
  Result<void> done = file.write_pieces(0, pieces);
  if (done) done = rename_path(draft, path);
  if (!done) static_cast<void>(remove_file(draft));
  return done;
}

}  // namespace shale::catalog
