#include "store/recount.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <vector>

#include "store/count_rules.hpp"
#include "store/lease.hpp"
#include "store/merger.hpp"
#include "store/project.hpp"

namespace shale::store {

namespace {

// Writes shards anew as `next` says, passing over those that are damaged.
class Rewriting {
 public:
  using Next =
      std::function<Result<std::optional<MergePlan>>(const View&, std::span<const FileId> left)>;
  Rewriting(Project::State& project, Next next, const std::stop_token& stop)
      : project_(project), next_(std::move(next)), stop_(stop) {}

  // Nothing where nothing is left to do.
  Result<std::optional<MergeStep>> step() {
    for (;;) {
      std::optional<MergePlan> tried;
      auto done = merge_as_planned(
          project_,
          [&](const View& view) -> Result<std::optional<MergePlan>> {
            return tried = TRY(next_(view, left_));
          },
          stop_);
      const bool is_damaged = !done && done.error().code == ErrorCode::corrupt;
      if (!is_damaged || !tried || tried->shards.empty()) return done;
      left_.insert(left_.end(), tried->shards.begin(), tried->shards.end());
      if (!damage_) damage_ = done.error();
    }
  }

  // The first damage that was passed over.
  Result<void> end() const { return damage_ ? Result<void>(Unexpected{*damage_}) : Result<void>(); }

 private:
  Project::State& project_;
  Next next_;
  const std::stop_token& stop_;
  std::vector<FileId> left_;
  std::optional<Error> damage_;
};

Result<std::optional<MergePlan>> next_missing(const View& view, std::string_view tokenizer,
                                              std::span<const FileId> left) {
  for (usize at = 0; at < view.shard_count(); ++at) {
    const IndexView& one = view.indexes[at];
    const FileId id = one.index->file_id();
    if (is_one_of(left, id)) continue;
    const catalog::Manifest& manifest = view.edition->manifest;
    const auto entry = std::find_if(manifest.shards.begin(), manifest.shards.end(),
                                    [&](const auto& shard) { return shard.id == id; });
    const auto& shard = dynamic_cast<const shard::Shard&>(*one.index);
    const Result<bool> found = has_uncounted(one, shard.info().tokenizers, tokenizer);
    // What cannot be read is for the merge to tell, which names the place.
    if (!found || *found) return std::optional<MergePlan>(rewrite_of(manifest, *entry));
  }
  return std::optional<MergePlan>();
}

}  // namespace

Result<u64> recount_project(Project::State& project, const ProgressCallback& progress,
                            std::stop_token stop) {
  if (project.config.tokenizer == no_tokenizer) {
    return fail(ErrorCode::invalid_argument,
                "This store counts no tokens: its tokenizer is 'none'");
  }
  TRY(seal_to_merge(project, false));
  const MergeLock lock = TRY(MergeLock::acquire(project));
  const std::shared_ptr<const View> view = TRY(settled_view(project));
  const u64 limit = view->edition->manifest.next_sequence;
  Rewriting rewriting(
      project,
      [&](const View& now, std::span<const FileId> left) -> Result<std::optional<MergePlan>> {
        return next_recount(now.edition->manifest, limit, left);
      },
      stop);
  u64 done_bytes = 0;
  u64 counted = 0;
  for (;;) {
    const std::optional<MergeStep> step = TRY(rewriting.step());
    if (!step.has_value()) break;
    done_bytes += step->text_bytes;
    counted += step->counted;
    if (progress && !progress({done_bytes, 0, counted})) {
      return fail(ErrorCode::cancelled, "The recount was cancelled");
    }
  }
  TRY(rewriting.end());
  return counted;
}

Result<void> count_missing(Project::State& project, const std::stop_token& stop) {
  if (project.config.tokenizer == no_tokenizer) return {};
  Rewriting rewriting(
      project,
      [&](const View& view, std::span<const FileId> left) {
        return next_missing(view, project.config.tokenizer, left);
      },
      stop);
  while (TRY(rewriting.step()).has_value()) {
  }
  return rewriting.end();
}

}  // namespace shale::store
