#include "sync/mirror.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <thread>

#include "base/checksum.hpp"
#include "base/hex.hpp"
#include "base/lock.hpp"
#include "base/on_all_cores.hpp"
#include "store/project_state.hpp"
#include "sync/change_writer.hpp"
#include "sync/comparison.hpp"
#include "sync/piece_ids.hpp"
#include "sync/reading.hpp"
#include "sync/skipped_files.hpp"
#include "text/utf8.hpp"

namespace shale::sync {

namespace fs = std::filesystem;

namespace {

constexpr usize files_at_a_time = 512;
constexpr u64 bytes_at_a_time = 32u << 20;

class Mirror {
 public:
  Mirror(Project& project, const fs::path& root, const SyncOptions& options,
         const ProgressCallback& progress, const std::stop_token& stop)
      : project_(project),
        root_(root),
        options_(options),
        progress_(progress),
        stop_(stop),
        taken_(options.only, options.without) {}

  Result<Synced> run() {
    const fs::path own_files = TRY(place_of_own_files());
    std::optional<LockFile> lock;
    if (!options_.dry_run) lock = TRY(lock_prefix(fs::path(own_files) += ".lock"));
    const fs::path skipped_path = fs::path(own_files) += ".skipped";
    skipped_before_ = SkippedFiles::load(skipped_path);
    TRY(look());
    const Comparison comparison = compare_with_folder();
    for (const KnownFile* file : comparison.gone) gone_.emplace(file->hash, file);
    writer_.emplace(project_, to_read_bytes(comparison));
    TRY(read_all(comparison.to_read));
    TRY(remove_gone());
    TRY(writer_->flush());
    if (!options_.dry_run) skipped_.save(skipped_path);
    std::sort(report_.files.begin(), report_.files.end(),
              [](const auto& a, const auto& b) { return path_before(a.path, b.path); });
    return std::move(report_);
  }

 private:
  // Files of this prefix beside the project's volatile ones, up to their endings.
  Result<fs::path> place_of_own_files() {
    const Snapshot snapshot = TRY(project_.snapshot());
    return snapshot.state().project->paths.volatile_folder() /
           ("mirror-" + hex16(checksum64(as_bytes(options_.prefix))));
  }

  // At the folder and at the project, each on a thread of its own: both take as long.
  Result<void> look() {
    Result<std::vector<KnownFile>> known = std::vector<KnownFile>();
    {
      const std::jthread other([&] { known = look_at_project(); });
      walked_ = TRY(walk_folder(root_, {.follow_links = options_.follow_links,
                                        .obeys_ignore_files = options_.obeys_ignore_files}));
    }
    known_ = TRY(std::move(known));
    return {};
  }

  Result<std::vector<KnownFile>> look_at_project() {
    const Snapshot snapshot = TRY(project_.snapshot());
    return known_files(*snapshot.state().view, options_.prefix);
  }

  Result<std::optional<LockFile>> lock_prefix(const fs::path& path) {
    LockFile lock = TRY(LockFile::open(path, true));
    if (!TRY(lock.try_lock(0))) {
      return fail_at(ErrorCode::busy,
                     "Another process is just making '" + options_.prefix + "' equal to a folder",
                     path.string());
    }
    return std::optional(std::move(lock));
  }

  // Files that are not taken count as ones that are not there.
  Comparison compare_with_folder() {
    std::vector<const WalkedFile*> files;
    for (const WalkedFile& file : walked_.files) {
      if (!taken_.contains(file.path)) continue;
      if (!options_.read_all && skipped_before_.contains(file.path, file.stamp)) {
        skipped_.add(file.path, file.stamp);
        ++report_.passed_over;
      } else if (file.stamp.bytes == 0 || file.stamp.bytes > options_.file_bytes_max) {
        ++report_.passed_over;
      } else {
        files.push_back(&file);
      }
    }
    std::vector<std::string> unread;
    for (const WalkProblem& problem : walked_.problems) {
      report_.problems.push_back({options_.prefix + problem.path, problem.reason});
      if (problem.is_folder) unread.push_back(problem.path);
    }
    Comparison comparison = compare(files, known_, options_.prefix, unread, !options_.read_all);
    report_.scanned = files.size();
    report_.unchanged = comparison.unchanged;
    return comparison;
  }

  static u64 to_read_bytes(const Comparison& comparison) {
    u64 sum = 0;
    for (const Candidate& candidate : comparison.to_read) sum += candidate.file->stamp.bytes;
    return sum;
  }

  Result<void> read_all(std::span<const Candidate> to_read) {
    u64 total = 0;
    for (const Candidate& candidate : to_read) total += candidate.file->stamp.bytes;
    while (!to_read.empty()) {
      usize count = 0;
      for (u64 bytes = 0;
           count < std::min(to_read.size(), files_at_a_time) && bytes < bytes_at_a_time; ++count) {
        bytes += to_read[count].file->stamp.bytes;
      }
      TRY(read_some(to_read.first(count)));
      to_read = to_read.subspan(count);
      const bool goes_on = !stop_.stop_requested() &&
                           (!progress_ || progress_({report_.bytes_read, total, report_.stashed}));
      if (!goes_on) return fail(ErrorCode::cancelled, "The sync was cancelled");
    }
    return {};
  }

  Result<void> read_some(std::span<const Candidate> some) {
    std::vector<Reading> readings(some.size());
    TRY(on_all_cores(some.size(), [&](usize i) -> Result<void> {
      readings[i] = read_candidate(root_, some[i], options_);
      return {};
    }));
    // As new as can be: what others said of the segments meanwhile is to stay.
    TRY(renew_pieces());
    for (Reading& reading : readings) TRY(take(reading));
    return {};
  }

  Result<void> renew_pieces() {
    const Snapshot snapshot = TRY(project_.snapshot());
    pieces_.emplace(snapshot.state().view);
    return {};
  }

  Result<void> take(Reading& reading) {
    report_.bytes_read += reading.source.bytes.size();
    if (!reading.source.bytes.empty()) ++report_.files_read;
    switch (reading.state) {
      case Reading::State::failed:
        report_.problems.push_back({options_.prefix + reading.from.file->path, reading.reason});
        return {};
      case Reading::State::vanished:
        lose(reading);
        return {};
      case Reading::State::skipped:
        if (reading.content.is_settled) {
          skipped_.add(reading.from.file->path, reading.content.stamp);
        }
        ++report_.passed_over;
        lose(reading);
        return {};
      case Reading::State::same:
        ++report_.unchanged;
        return take_stamp(reading);
      case Reading::State::taken:
        return take_content(reading);
    }
    return {};
  }

  void lose(const Reading& reading) {
    --report_.scanned;
    const KnownFile* const known = reading.from.known;
    if (known != nullptr) lost_.push_back(known);
  }

  Result<void> take_stamp(const Reading& reading) {
    const std::vector<KnownPiece> pieces = TRY(pieces_->of(reading.content.path));
    if (pieces.empty()) return {};
    auto change = restamp(pieces.front().metadata, reading.content);
    if (!change.has_value()) return {};
    FileChanges changes;
    changes.updated.push_back(*std::move(change));
    return write(std::move(changes));
  }

  Result<void> take_content(Reading& reading) {
    const FileContent& content = reading.content;
    std::vector<KnownPiece> pieces = TRY(pieces_->of(content.path));
    if (!pieces.empty() && is_of_another(pieces.front())) {
      report_.problems.push_back({content.path, "its segments belong to another prefix"});
      return {};
    }
    const KnownFile* before = nullptr;
    if (reading.from.known == nullptr && pieces.empty()) {
      before = take_gone(content);
      if (before != nullptr) pieces = TRY(pieces_->of(before->path));
    }
    const std::vector<std::string> ids = TRY(ids_of(content, pieces, *pieces_));
    auto changes =
        changes_of(content, as_text(reading.source.bytes), ids, pieces, options_.describe);
    if (!changes && changes.error().code == ErrorCode::invalid_argument) {
      report_.problems.push_back({content.path, changes.error().message});
      return {};
    }
    if (!changes) return Unexpected{std::move(changes).error()};
    tell(reading, before, *changes);
    return write(*std::move(changes));
  }

  bool is_of_another(const KnownPiece& piece) const {
    return text_attribute(piece.metadata, attribute::mirror) != options_.prefix;
  }

  // A file that has gone, with this content: it was renamed.
  const KnownFile* take_gone(const FileContent& content) {
    const auto [begin, end] = gone_.equal_range(content.hash);
    const auto found = std::find_if(begin, end, [&](const auto& one) {
      return one.second->stamp.bytes == content.stamp.bytes;
    });
    if (found == end) return nullptr;
    const KnownFile* const file = found->second;
    gone_.erase(found);
    return file;
  }

  void tell(const Reading& reading, const KnownFile* before, const FileChanges& changes) {
    const std::string& path = reading.content.path;
    const bool is_known = reading.from.known != nullptr;
    const bool is_same = changes.stashed.empty() && changes.erased.empty();
    if (before != nullptr) {
      ++report_.renamed;
      report_.files.push_back({path, FileChange::renamed, before->path});
    } else if (is_known && is_same && reading.from.known->hash == reading.content.hash) {
      ++report_.unchanged;
    } else if (is_known) {
      ++report_.changed;
      report_.files.push_back({path, FileChange::changed});
    } else {
      ++report_.added;
      report_.files.push_back({path, FileChange::added});
    }
  }

  Result<void> remove_gone() {
    for (const auto& [hash, file] : gone_) lost_.push_back(file);
    if (lost_.empty()) return {};
    TRY(renew_pieces());
    for (const KnownFile* file : lost_) {
      FileChanges changes;
      for (const KnownPiece& piece : TRY(pieces_->of(file->path))) {
        if (!is_of_another(piece)) changes.erased.push_back(piece.metadata.id);
      }
      ++report_.removed;
      report_.files.push_back({file->path, FileChange::removed});
      TRY(write(std::move(changes)));
    }
    return {};
  }

  Result<void> write(FileChanges changes) {
    report_.stashed += changes.stashed.size();
    report_.updated += changes.updated.size();
    report_.erased += changes.erased.size();
    if (options_.dry_run) return {};
    return writer_->add(std::move(changes));
  }

  Project& project_;
  const fs::path& root_;
  const SyncOptions& options_;
  const ProgressCallback& progress_;
  const std::stop_token& stop_;
  TakenPaths taken_;
  SkippedFiles skipped_before_;
  SkippedFiles skipped_;
  Walked walked_;
  std::vector<KnownFile> known_;
  std::multimap<u64, const KnownFile*> gone_;  // by hash, those that no new file has taken over
  std::vector<const KnownFile*> lost_;
  std::optional<KnownPieces> pieces_;
  std::optional<ChangeWriter> writer_;
  Synced report_;
};

}  // namespace

Result<Synced> mirror_folder(Project& project, const fs::path& folder, const SyncOptions& options,
                             const ProgressCallback& progress, std::stop_token stop) {
  if (!is_utf8(options.prefix) || options.prefix.size() > field_bytes_max) {
    return fail(ErrorCode::invalid_argument, "The prefix is not UTF-8, or too long");
  }
  return Mirror(project, folder, options, progress, stop).run();
}

}  // namespace shale::sync

namespace shale {

Result<Synced> sync_with(Project& project, const std::filesystem::path& folder,
                         const SyncOptions& options, const ProgressCallback& progress,
                         std::stop_token stop) {
  return sync::mirror_folder(project, folder, options, progress, std::move(stop));
}

}  // namespace shale
