#include "store/inspect.hpp"

#include <algorithm>
#include <array>

#include "base/file.hpp"
#include "catalog/access_file.hpp"
#include "catalog/changes_file.hpp"
#include "catalog/file_names.hpp"
#include "catalog/hot_set.hpp"
#include "catalog/manifest.hpp"
#include "catalog/overlay_file.hpp"
#include "delta/log_reader.hpp"
#include "shard/shard.hpp"
#include "shard/shard_format.hpp"
#include "store/activity.hpp"

namespace shale::store {

namespace {

constexpr u64 manifest_bytes_max = u64(16) << 20;

class Lines {
 public:
  void add(std::string_view name, std::string_view value) {
    text_.append(name).append(": ").append(value).append("\n");
  }
  void add(std::string_view name, u64 value) { add(name, std::to_string(value)); }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

Result<std::string> inspect_shard(const std::filesystem::path& path) {
  const auto shard = TRY(shard::Shard::open(path, nullptr));
  const shard::ShardInfo& info = shard->info();
  Lines lines;
  lines.add("shard", catalog::file_id_text(info.id));
  lines.add("format", shard::shard_version);
  lines.add("documents", info.document_count);
  lines.add("text bytes", info.text_bytes);
  lines.add("words", info.word_count);
  lines.add("analysis", info.analysis);
  lines.add("words version", info.words_version);
  lines.add("positions", info.positions ? "yes" : "no");
  for (const FileId& id : info.replaced) lines.add("replaces", catalog::file_id_text(id));
  for (const SectionBytes& section : shard->sections()) {
    lines.add("section " + section.name, section.bytes);
  }
  return lines.take();
}

Result<std::string> inspect_log(const std::filesystem::path& path, const Buffer& start) {
  if (start.size() < sizeof(delta::LogHeader)) {
    return fail_at(ErrorCode::corrupt, "The log has no header", path.string());
  }
  const auto header = load<delta::LogHeader>(start.data());
  const FileId id{header.sequence, header.random};
  const auto log = TRY(delta::LogReader::open(path, header.project_id, id));
  u64 stashes = 0, updates = 0, erases = 0;
  const auto count = [&](const delta::FrameHeader& frame, Bytes payload) -> Result<void> {
    if (frame.kind != u8(delta::FrameKind::batch)) return {};
    const std::vector<delta::Change> changes = TRY(delta::decode_payload(payload));
    for (const delta::Change& change : changes) {
      stashes += u64(std::holds_alternative<delta::StashChange>(change));
      updates += u64(std::holds_alternative<delta::UpdateChange>(change));
      erases += u64(std::holds_alternative<delta::EraseChange>(change));
    }
    return {};
  };
  const delta::LogScan scan = TRY(log.scan(0, count));
  Lines lines;
  lines.add("log", catalog::file_id_text(id));
  lines.add("format", header.version);
  lines.add("frames", scan.frames);
  lines.add("stashes", stashes);
  lines.add("updates", updates);
  lines.add("erases", erases);
  lines.add("ends at", scan.end.offset);
  if (scan.damaged) lines.add("damaged at", scan.damaged_at);
  return lines.take();
}

std::string inspect_overlay(const Buffer& start) {
  const auto header = load<catalog::OverlayHeader>(start.data());
  Lines lines;
  lines.add(header.kind == 1 ? "dead documents of" : "patches of",
            catalog::file_id_text({header.sequence, header.random}));
  lines.add("number", header.number);
  lines.add("as of", header.as_of);
  lines.add("payload bytes", header.payload_bytes);
  return lines.take();
}

Result<std::string> inspect_access(const std::filesystem::path& path) {
  const catalog::AccessHeader header = TRY(catalog::describe_access(path));
  const FileId id{header.sequence, header.random};
  const auto file = TRY(
      catalog::AccessFile::open(path, {id, header.documents, header.recoveries}, File::Mode::read));
  u64 documents = 0, count = 0, last = 0;
  if (file.has_value()) {
    TRY(file->for_each([&](u32, const catalog::AccessEntry& entry) -> Result<void> {
      ++documents;
      count += entry.count;
      last = std::max<u64>(last, entry.last_seconds);
      return {};
    }));
  }
  Lines lines;
  lines.add("accesses of", catalog::file_id_text(id));
  lines.add("format", header.version);
  lines.add("documents read", documents);
  lines.add("accesses", count);
  lines.add("last, in seconds since 1970", last);
  return lines.take();
}

Result<std::string> inspect_changes(const std::filesystem::path& path) {
  const catalog::ChangesFile file = TRY(catalog::describe_changes(path));
  u64 batches = 0, changes = 0;
  TRY(catalog::read_changes(path, file.project_id, file.entry, {},
                            [&](ChangedBatch&& batch) -> Result<bool> {
                              ++batches;
                              changes += batch.is_ingest ? batch.stashed
                                         : batch.is_drop ? batch.dropped
                                                         : batch.changes.size();
                              return true;
                            }));
  Lines lines;
  lines.add("changes", catalog::file_id_text(file.entry.id));
  lines.add("format", file.version);
  lines.add("after", file.entry.after.value);
  lines.add("last", file.entry.last.value);
  lines.add("batches", batches);
  lines.add("changes in them", changes);
  return lines.take();
}

Result<std::string> inspect_stats(const std::filesystem::path& path) {
  const File file = TRY(File::open(path, File::Mode::read));
  Buffer bytes(catalog::stats_bytes);
  TRY(file.read_exactly(0, bytes));
  const auto page = load<catalog::StatsPage>(bytes.data());
  if (page.header.version != catalog::stats_version) {
    return fail_at(ErrorCode::too_new, "Figures of another version of shale", path.string());
  }
  Lines lines;
  lines.add("figures of project", page.header.project_id);
  lines.add("format", page.header.version);
  lines.add("made at", page.header.made_at);
  const Activity activity = activity_of(page.words, i64(page.header.made_at));
  for (usize i = 0; i < operation_count; ++i) {
    const OperationStats& one = activity.operations[i];
    if (one.count == 0) continue;
    lines.add(name_of(Operation(i)), std::to_string(one.count) + ", p99 ns " +
                                         std::to_string(one.p99_ns) + ", longest ns " +
                                         std::to_string(one.longest_ns));
  }
  return lines.take();
}

Result<std::string> inspect_hot_set(const std::filesystem::path& path) {
  const catalog::HotSet set = TRY(catalog::describe_hot_set(path));
  Lines lines;
  lines.add("hot set", "saved at " + std::to_string(set.saved_at));
  lines.add("format", catalog::hot_version);
  lines.add("runs", set.runs.size());
  lines.add("bytes", set.bytes());
  for (const FileId& id : set.shards) lines.add("shard", catalog::file_id_text(id));
  return lines.take();
}

Result<std::string> inspect_manifest(const std::filesystem::path& path) {
  const Buffer bytes = TRY(read_file(path, manifest_bytes_max));
  (void)TRY(catalog::parse_manifest(as_text(bytes)));
  return std::string(as_text(bytes));
}

}  // namespace

Result<std::string> inspect_file(const std::filesystem::path& path) {
  Buffer start(64);
  {
    const File file = TRY(File::open(path, File::Mode::read));
    start.resize(TRY(file.read_at(0, start)));
  }
  if (as_text(start).starts_with("shale-manifest")) return inspect_manifest(path);
  const u64 magic = start.size() >= sizeof(u64) ? load<u64>(start.data()) : 0;
  if (magic == shard::shard_magic) return inspect_shard(path);
  if (magic == delta::log_magic) return inspect_log(path, start);
  if (magic == catalog::hot_magic) return inspect_hot_set(path);
  if (magic == catalog::changes_magic) return inspect_changes(path);
  if (magic == catalog::stats_magic) return inspect_stats(path);
  if (magic == catalog::access_magic) return inspect_access(path);
  if (magic == catalog::overlay_magic && start.size() == sizeof(catalog::OverlayHeader)) {
    return inspect_overlay(start);
  }
  return fail_at(ErrorCode::invalid_argument, "This is no file of a store that can be inspected",
                 path.string());
}

}  // namespace shale::store
