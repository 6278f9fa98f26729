#include "sync/mirror_pass.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>

#include "base/on_all_cores.hpp"
#include "store/project_state.hpp"
#include "sync/change_writer.hpp"
#include "sync/comparison.hpp"
#include "sync/kept_dependencies.hpp"
#include "sync/piece_ids.hpp"
#include "sync/reading.hpp"

namespace shale::sync {

namespace {

constexpr usize files_at_a_time = 512;
constexpr u64 bytes_at_a_time = 32u << 20;

KnownFile known_now(const FileContent& content) {
  return {content.path, content.stamp, content.hash, content.is_settled};
}

class Pass {
 public:
  Pass(const MirrorOrder& order, const MirrorScope& scope)
      : project_(order.project),
        root_(order.root),
        options_(order.options),
        before_(order.notes),
        progress_(order.progress),
        stop_(order.stop),
        scope_(scope),
        taken_(order.options.only, order.options.without) {
    const char* const search_path = std::getenv("PATH");
    if (options_.uses_ctags && search_path != nullptr) ctags_.emplace(search_path);
  }

  Result<PassResult> run() {
    const Comparison comparison = compare_with_folder();
    for (const KnownFile* file : comparison.gone) gone_.emplace(file->hash, file);
    const u64 bytes = bytes_of(comparison.to_read);
    writer_.emplace(project_, bytes);
    TRY(read_all(comparison.to_read, bytes));
    TRY(remove_gone());
    TRY(writer_->flush());
    if (auto trouble = ctags_ ? ctags_->trouble() : std::nullopt) {
      result_.report.warnings.push_back(*std::move(trouble));
    }
    sort_by_path(result_.report.files);
    return std::move(result_);
  }

 private:
  // Files that are not taken count as ones that are not there.
  Comparison compare_with_folder() {
    std::vector<const WalkedFile*> files;
    for (const WalkedFile& file : scope_.walked.files) {
      if (!taken_.contains(file.path)) continue;
      if (!options_.read_all && before_.skips(file.path, file.stamp)) {
        result_.notes.skip(file.path, file.stamp);
        ++result_.report.passed_over;
      } else if (file.stamp.bytes == 0 || file.stamp.bytes > options_.file_bytes_max) {
        ++result_.report.passed_over;
      } else {
        files.push_back(&file);
      }
    }
    std::vector<std::string> unread;
    for (const WalkProblem& problem : scope_.walked.problems) {
      result_.report.problems.push_back({options_.prefix + problem.path, problem.reason});
      if (problem.is_folder) unread.push_back(problem.path);
    }
    Comparison comparison =
        compare(files, scope_.known, options_.prefix, unread, !options_.read_all);
    result_.report.scanned = files.size();
    result_.report.unchanged = comparison.unchanged;
    return comparison;
  }

  static u64 bytes_of(std::span<const Candidate> candidates) {
    u64 sum = 0;
    for (const Candidate& candidate : candidates) sum += candidate.file->stamp.bytes;
    return sum;
  }

  Result<void> read_all(std::span<const Candidate> to_read, u64 total) {
    while (!to_read.empty()) {
      usize count = 0;
      for (u64 bytes = 0;
           count < std::min(to_read.size(), files_at_a_time) && bytes < bytes_at_a_time; ++count) {
        bytes += to_read[count].file->stamp.bytes;
      }
      TRY(read_some(to_read.first(count)));
      to_read = to_read.subspan(count);
      const bool goes_on =
          !stop_.stop_requested() &&
          (!progress_ || progress_({result_.report.bytes_read, total, result_.report.stashed}));
      if (!goes_on) return fail(ErrorCode::cancelled, "The sync was cancelled");
    }
    return {};
  }

  Result<void> read_some(std::span<const Candidate> some) {
    std::vector<Reading> readings(some.size());
    TRY(on_all_cores(some.size(), [&](usize i) -> Result<void> {
      readings[i] = read_candidate(root_, some[i], options_, ctags_ ? &*ctags_ : nullptr);
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
    result_.report.bytes_read += reading.source.bytes.size();
    if (!reading.source.bytes.empty()) ++result_.report.files_read;
    switch (reading.state) {
      case Reading::State::failed:
        result_.report.problems.push_back(
            {options_.prefix + reading.from.file->path, reading.reason});
        return {};
      case Reading::State::vanished:
        lose(reading);
        return {};
      case Reading::State::skipped:
        if (reading.content.is_settled) {
          result_.notes.skip(reading.from.file->path, reading.content.stamp);
        }
        ++result_.report.passed_over;
        lose(reading);
        return {};
      case Reading::State::same:
        ++result_.report.unchanged;
        return take_stamp(reading);
      case Reading::State::taken:
        return take_content(reading);
    }
    return {};
  }

  void lose(const Reading& reading) {
    --result_.report.scanned;
    const KnownFile* const known = reading.from.known;
    if (known != nullptr) lost_.push_back(known);
  }

  Result<void> take_stamp(const Reading& reading) {
    const std::vector<KnownPiece> pieces = TRY(pieces_->of(reading.content.path));
    if (pieces.empty()) return {};
    result_.now.push_back(known_now(reading.content));
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
      result_.report.problems.push_back({content.path, "its segments belong to another prefix"});
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
      result_.report.problems.push_back({content.path, changes.error().message});
      return {};
    }
    if (!changes) return Unexpected{std::move(changes).error()};
    tell(reading, before, *changes);
    if (reading.from.known == nullptr) TRY(mark(content.path, false, *changes));
    if (before != nullptr) TRY(mark(before->path, true, *changes));
    result_.now.push_back(known_now(content));
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
    result_.gone.push_back(file->path);
    return file;
  }

  // Dependencies that are kept of a file, as those of one that has gone or is there.
  Result<void> mark(std::string_view path, bool is_gone, FileChanges& changes) {
    auto change = TRY(mark_dependencies(pieces_->view(), path, is_gone));
    if (change.has_value()) changes.updated.push_back(*std::move(change));
    return {};
  }

  void tell(const Reading& reading, const KnownFile* before, const FileChanges& changes) {
    const std::string& path = reading.content.path;
    const bool is_known = reading.from.known != nullptr;
    const bool is_same = changes.stashed.empty() && changes.erased.empty();
    if (before != nullptr) {
      ++result_.report.renamed;
      result_.report.files.push_back({path, FileChange::renamed, before->path});
    } else if (is_known && is_same && reading.from.known->hash == reading.content.hash) {
      ++result_.report.unchanged;
    } else if (is_known) {
      ++result_.report.changed;
      result_.report.files.push_back({path, FileChange::changed});
    } else {
      ++result_.report.added;
      result_.report.files.push_back({path, FileChange::added});
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
      TRY(mark(file->path, true, changes));
      result_.gone.push_back(file->path);
      ++result_.report.removed;
      result_.report.files.push_back({file->path, FileChange::removed});
      TRY(write(std::move(changes)));
    }
    return {};
  }

  Result<void> write(FileChanges changes) {
    result_.report.stashed += changes.stashed.size();
    result_.report.updated += changes.updated.size();
    result_.report.erased += changes.erased.size();
    if (options_.dry_run) return {};
    return writer_->add(std::move(changes));
  }

  Project& project_;
  const std::filesystem::path& root_;
  const SyncOptions& options_;
  const MirrorNotes& before_;
  const ProgressCallback& progress_;
  const std::stop_token& stop_;
  const MirrorScope& scope_;
  TakenPaths taken_;
  std::optional<Ctags> ctags_;
  std::multimap<u64, const KnownFile*> gone_;  // by hash, those that no new file has taken over
  std::vector<const KnownFile*> lost_;
  std::optional<KnownPieces> pieces_;
  std::optional<ChangeWriter> writer_;
  PassResult result_;
};

}  // namespace

Result<PassResult> mirror_pass(const MirrorOrder& order, const MirrorScope& scope) {
  return Pass(order, scope).run();
}

}  // namespace shale::sync
