#include "backup/project_copy.hpp"

#include "base/file_copy.hpp"
#include "base/system.hpp"
#include "delta/log_copy.hpp"
#include "delta/log_writer.hpp"
#include "store/recovery.hpp"

namespace shale::backup {

namespace {

// By links until one cannot be: that is so of all that come behind it, and who copies must not ask
// again, for a link tells of a file that was retired before it tells that it cannot be.
class FileCopier {
 public:
  FileCopier(bool may_link, Meter& meter) : links_(may_link), meter_(meter) {}

  Result<void> add(const PinnedFile& file, const std::filesystem::path& to) {
    if (links_) links_ = TRY(link_file(file.path, to));
    ++meter_.done.files;
    if (links_) return meter_.linked(file.bytes);
    return copy(file, to);
  }
  // What both stores go on writing to.
  Result<void> add_copy(const PinnedFile& file, const std::filesystem::path& to) {
    ++meter_.done.files;
    return copy(file, to);
  }

 private:
  Result<void> copy(const PinnedFile& file, const std::filesystem::path& to) {
    return copy_file(file.file, file.bytes, to, [this](u64 bytes) { return meter_.copied(bytes); });
  }

  bool links_;
  Meter& meter_;
};

// Its end's checksum goes into `entry`, and its new id.
Result<void> copy_log(const delta::LogReader& log, const catalog::ProjectPaths& paths,
                      u64 project_id, catalog::LogEntry& entry, Meter& meter) {
  entry.id.random = random_u64();
  File file = TRY(File::open(paths.log(entry.id), File::Mode::create_new));
  file.pace_writes();
  u64 at = 0;
  const auto write = [&](Bytes bytes) -> Result<void> {
    TRY(file.write_at(at, bytes));
    at += bytes.size();
    return meter.copied(bytes.size());
  };
  const delta::LogEnd end =
      TRY(delta::copy_log(log, entry.sealed_end, project_id, entry.id, write));
  entry.checksum = end.checksum;
  ++meter.done.files;
  return file.sync_data();
}

}  // namespace

Result<void> copy_project(const PinnedProject& project, const std::filesystem::path& folder,
                          bool may_link, Meter& meter) {
  const catalog::ProjectPaths paths{folder};
  TRY(store::make_project_folders(paths));
  FileCopier copier(may_link, meter);
  for (const PinnedFile& file : project.files) TRY(copier.add(file, folder / file.name));
  for (const PinnedFile& file : project.accesses) TRY(copier.add_copy(file, folder / file.name));
  return finish_project(paths, project.manifest, project.logs, meter);
}

Result<void> finish_project(const catalog::ProjectPaths& paths, catalog::Manifest manifest,
                            const std::vector<std::shared_ptr<const delta::LogReader>>& logs,
                            Meter& meter) {
  for (usize i = 0; i < logs.size(); ++i) {
    TRY(copy_log(*logs[i], paths, manifest.project_id, manifest.logs[i], meter));
  }
  const FileId next{manifest.next_sequence++, random_u64()};
  (void)TRY(delta::LogWriter::create(paths.log(next), manifest.project_id, next));
  manifest.logs.push_back({next, 0, 0, {}});
  TRY(catalog::write_manifest(paths.manifest(), manifest));
  ++meter.done.files;
  return meter.go_on();
}

}  // namespace shale::backup
