#include "sync/mirror_pass.hpp"

#include <algorithm>
#include <optional>

#include "base/on_all_cores.hpp"
#include "sync/comparison.hpp"

namespace shale::sync {

namespace {

constexpr usize files_at_a_time = 512;
constexpr u64 bytes_at_a_time = 32u << 20;

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
        taken_(order.options.only, order.options.without) {}

  Result<PassResult> run() {
    const Comparison comparison = compare_with_folder();
    const u64 bytes = bytes_of(comparison.to_read);
    writer_.emplace(project_, options_, bytes, comparison.gone, result_);
    TRY(read_all(comparison.to_read, bytes));
    TRY(writer_->finish(lost_));
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
      readings[i] = read_candidate(root_, some[i], options_);
      return {};
    }));
    for (Reading& reading : readings) TRY(take(std::move(reading)));
    return {};
  }

  Result<void> take(Reading reading) {
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
      case Reading::State::taken:
        return writer_->add(std::move(reading));
    }
    return {};
  }

  void lose(const Reading& reading) {
    --result_.report.scanned;
    const KnownFile* const known = reading.from.known;
    if (known != nullptr) lost_.push_back(known);
  }

  Project& project_;
  const std::filesystem::path& root_;
  const SyncOptions& options_;
  const MirrorNotes& before_;
  const ProgressCallback& progress_;
  const std::stop_token& stop_;
  const MirrorScope& scope_;
  TakenPaths taken_;
  std::vector<const KnownFile*> lost_;
  std::optional<FileWriter> writer_;
  PassResult result_;
};

}  // namespace

Result<PassResult> mirror_pass(const MirrorOrder& order, const MirrorScope& scope) {
  return Pass(order, scope).run();
}

}  // namespace shale::sync
