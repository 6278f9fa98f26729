#include "backup/bundle.hpp"

#include <set>

#include "backup/pinned.hpp"
#include "backup/project_copy.hpp"
#include "delta/log_copy.hpp"
#include "store/recovery.hpp"

namespace shale::backup {

namespace {

using std::filesystem::path;

constexpr u64 config_bytes_max = u64(1) << 20;
constexpr u64 manifest_bytes_max = u64(16) << 20;
constexpr const char* config_name = "shale.toml";

// -- out --

class Packer {
 public:
  Packer(BundleWriter& bundle, Meter& meter) : bundle_(bundle), meter_(meter) {}

  Result<void> add_bytes(const path& name, Bytes bytes) {
    return add(name, [&](const ByteSink& sink) { return sink(bytes); });
  }

  Result<void> add_project(const PinnedProject& project) {
    const path folder = path("projects") / project.folder;
    catalog::Manifest manifest = project.manifest;
    for (usize i = 0; i < project.logs.size(); ++i) {
      TRY(settle(*project.logs[i], manifest.project_id, manifest.logs[i]));
    }
    const std::string text = catalog::format_manifest(manifest);
    TRY(add_bytes(folder / "MANIFEST", as_bytes(text)));
    for (const PinnedFile& file : project.files) TRY(add_file(folder / file.name, file));
    for (const PinnedFile& file : project.accesses) TRY(add_file(folder / file.name, file));
    for (usize i = 0; i < project.logs.size(); ++i) {
      const path name = catalog::ProjectPaths{folder}.log(manifest.logs[i].id);
      TRY(add_log(name, *project.logs[i], manifest.project_id, manifest.logs[i]));
    }
    meter_.done.projects.push_back({manifest.project, manifest.edition, project.lsn});
    return {};
  }

 private:
  Result<void> add(const path& name, const FillMember& fill) {
    ++meter_.done.files;
    return bundle_.add(name.string(), [&](const ByteSink& sink) {
      return fill([&](Bytes bytes) -> Result<void> {
        TRY(sink(bytes));
        return meter_.copied(bytes.size());
      });
    });
  }

  // MANIFEST stands in front of the log whose last checksum it tells.
  static Result<void> settle(const delta::LogReader& log, u64 project_id,
                             catalog::LogEntry& entry) {
    const auto pass_over = [](Bytes) { return Result<void>(); };
    const delta::LogEnd end =
        TRY(delta::copy_log(log, entry.sealed_end, project_id, entry.id, pass_over));
    entry.checksum = end.checksum;
    return {};
  }

  Result<void> add_file(const path& name, const PinnedFile& file) {
    return add(name, [&](const ByteSink& sink) -> Result<void> {
      Buffer room(usize(std::min<u64>(file.bytes, bundle_piece_bytes)));
      for (u64 at = 0; at < file.bytes; at += room.size()) {
        if (file.bytes - at < room.size()) room.resize(usize(file.bytes - at));
        TRY(file.file.read_exactly(at, room));
        TRY(sink(room));
      }
      return {};
    });
  }

  Result<void> add_log(const path& name, const delta::LogReader& log, u64 project_id,
                       const catalog::LogEntry& entry) {
    return add(name, [&](const ByteSink& sink) -> Result<void> {
      (void)TRY(delta::copy_log(log, entry.sealed_end, project_id, entry.id, sink));
      return {};
    });
  }

  BundleWriter& bundle_;
  Meter& meter_;
};

// -- in --

class Unpacker {
 public:
  Unpacker(const BundleReader& bundle, path folder, Meter& meter)
      : bundle_(bundle), folder_(std::move(folder)), meter_(meter) {}

  Result<void> run() {
    const BundleMember* const config = TRY(next(config_name));
    const Buffer options = TRY(bundle_.read_whole(*config, config_bytes_max));
    TRY(replace_file(folder_ / config_name, options));
    ++meter_.done.files;
    TRY(meter_.copied(options.size()));
    TRY(make_folder(folder_ / "projects"));
    while (at_ < bundle_.members().size()) TRY(unpack_project());
    return {};
  }

 private:
  bool is_next(const path& name) const {
    return at_ < bundle_.members().size() && bundle_.members()[at_].path == name.string();
  }

  // The next member, which must be this one.
  Result<const BundleMember*> next(const path& name) {
    if (is_next(name)) return &bundle_.members()[at_++];
    const bool is_there = at_ < bundle_.members().size();
    const std::string found = is_there ? bundle_.members()[at_].path : "its end";
    return bundle_.damaged("there is " + found + " where " + name.string() + " should be.",
                           is_there ? bundle_.members()[at_].offset : 0);
  }

  Result<void> unpack_project() {
    const BundleMember& member = bundle_.members()[at_];
    const Buffer text = TRY(bundle_.read_whole(member, manifest_bytes_max));
    Result<catalog::Manifest> parsed = catalog::parse_manifest(as_text(text));
    if (!parsed) return at_bundle(std::move(parsed).error(), member);
    const catalog::Manifest& manifest = *parsed;
    const path folder = path("projects") / catalog::encode_project_name(manifest.project);
    (void)TRY(next(folder / "MANIFEST"));
    if (!seen_.insert(folder).second || manifest.project.empty()) {
      return bundle_.damaged(member.path + " is no project of its own.", member.offset);
    }
    const catalog::ProjectPaths paths{folder_ / folder};
    TRY(store::make_project_folders(paths));
    for (const path& file : immutable_files(paths, manifest)) TRY(extract(file));
    for (const path& file : access_files(paths, manifest)) {
      if (is_next(file.lexically_relative(folder_))) TRY(extract(file));
    }
    TRY(finish(paths, manifest));
    const u64 lsn = manifest.next_lsn.value;
    meter_.done.projects.push_back({manifest.project, manifest.edition, lsn});
    return {};
  }

  Result<void> extract(const path& to) {
    const BundleMember* const member = TRY(next(to.lexically_relative(folder_)));
    File file = TRY(File::open(to, File::Mode::create_new));
    file.pace_writes();
    u64 at = 0;
    const ByteSink write = [&](Bytes bytes) -> Result<void> {
      TRY(file.write_at(at, bytes));
      at += bytes.size();
      return meter_.copied(bytes.size());
    };
    TRY(bundle_.read(*member, write));
    ++meter_.done.files;
    return file.sync_data();
  }

  Result<void> finish(const catalog::ProjectPaths& paths, const catalog::Manifest& manifest) {
    const BackedUp before = meter_.done;
    std::vector<std::shared_ptr<const delta::LogReader>> logs;
    for (const catalog::LogEntry& entry : manifest.logs) {
      TRY(extract(paths.log(entry.id)));
      const BundleMember& member = bundle_.members()[at_ - 1];
      auto log = delta::LogReader::open(paths.log(entry.id), manifest.project_id, entry.id);
      if (!log) return at_bundle(std::move(log).error(), member);
      if (entry.sealed_end != member.bytes) {
        return bundle_.damaged(member.path + " does not end where MANIFEST says.", member.offset);
      }
      logs.push_back(std::make_shared<const delta::LogReader>(*std::move(log)));
    }
    meter_.done.files = before.files;  // counted again under the ids that stay
    TRY(finish_project(paths, manifest, logs, meter_));
    for (const catalog::LogEntry& entry : manifest.logs) TRY(remove_file(paths.log(entry.id)));
    return {};
  }

  // Said of the bundle: the file that was made of it does not stay.
  Unexpected at_bundle(Error error, const BundleMember& member) const {
    if (error.code == ErrorCode::corrupt || error.code == ErrorCode::too_new) {
      Unexpected told = bundle_.damaged(member.path + ": " + error.message, member.offset);
      told.error.code = error.code;
      return told;
    }
    return Unexpected{std::move(error)};
  }

  const BundleReader& bundle_;
  path folder_;
  Meter& meter_;
  usize at_ = 0;
  std::set<path> seen_;
};

}  // namespace

Result<void> write_bundle(const Store& store, BundleWriter& bundle, Meter& meter) {
  Packer packer(bundle, meter);
  const Buffer config = TRY(read_file(store.path() / config_name, config_bytes_max));
  TRY(packer.add_bytes(config_name, config));
  const std::vector<std::string> names = TRY(store.projects());
  for (const std::string& name : names) {
    const Project project = TRY(store.project(name));
    const Result<void> added = with_pinned(
        project, [&](const PinnedProject& pinned) { return packer.add_project(pinned); });
    TRY(added);
  }
  return bundle.finish();
}

Result<void> check_bundle(const BundleReader& bundle, const Meter& meter) {
  for (const BundleMember& member : bundle.members()) {
    TRY(bundle.read(member, [&](Bytes) { return meter.go_on(); }));
  }
  return {};
}

Result<void> unpack_bundle(const BundleReader& bundle, const path& folder, Meter& meter) {
  return Unpacker(bundle, folder, meter).run();
}

}  // namespace shale::backup
