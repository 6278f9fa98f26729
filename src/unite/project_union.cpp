#include "unite/project_union.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "store/merger.hpp"

namespace shale::unite {

namespace {

constexpr usize batch_segments = 4096;
constexpr u64 batch_bytes = 8u << 20;  // of texts and metadata
constexpr u64 segments_between_looks = 1024;
// One after the other, each with fewer segments: the last ones with a single one.
constexpr int attempts_max = 100;

NewSegment segment_of(Metadata metadata, std::string text) {
  NewSegment segment;
  segment.id = std::move(metadata.id);
  segment.text = std::move(text);
  segment.type = std::move(metadata.type);
  segment.task = std::move(metadata.task);
  segment.file = std::move(metadata.file);
  segment.topic = std::move(metadata.topic);
  segment.line_range = metadata.line_range;
  segment.tags = std::move(metadata.tags);
  segment.created_at = metadata.created_at;
  segment.touched_at = metadata.touched_at;
  segment.pinned = metadata.pinned;
  segment.tier = metadata.tier;
  segment.generation = metadata.generation;
  segment.gc_survival_count = metadata.gc_survival_count;
  segment.refcount = metadata.refcount;
  segment.tokens = metadata.tokens;
  segment.tokenizer = std::move(metadata.tokenizer);
  segment.tokens_computed_at = metadata.tokens_computed_at;
  segment.sha256 = metadata.sha256;
  segment.attrs = std::move(metadata.attrs);
  return segment;
}

class Union {
 public:
  Union(const UnionOrder& order, Meter& meter, ImportedProject& done)
      : theirs_(order.theirs),
        project_(order.mine),
        options_(order.options),
        is_rehearsal_(order.is_rehearsal),
        meter_(meter),
        done_(done) {}

  Result<void> run() {
    TRY(look());
    TRY(theirs_.each([this](Side::Found theirs) { return consider(std::move(theirs)); }));
    TRY(settle());
    return meter_.go_on();
  }

 private:
  // A version of theirs on its way here.
  struct Waiting {
    Version version;
    std::string text;
  };
  // What is to be done about one of theirs.
  struct Verdict {
    Decision decision;
    std::optional<Side::Found> ours;
    bool adds_beside = false;  // the one that stays beside the other is not there yet
    bool writes() const { return decision.takes_theirs || adds_beside; }
  };

  Result<void> look() {
    if (!project_) return {};
    const Snapshot snapshot = TRY(project_->snapshot());
    mine_.emplace(TRY(Side::of(snapshot)));
    return {};
  }

  Result<Verdict> judge(const Version& theirs) const {
    Verdict verdict;
    if (mine_) verdict.ours = TRY(mine_->find(theirs.metadata.id));
    verdict.decision =
        decide(verdict.ours ? &verdict.ours->version : nullptr, theirs, options_.on_conflict);
    if (!verdict.decision.id_beside) return verdict;
    // Where they have it, it comes by itself, with what was said of it since.
    const std::string& id = *verdict.decision.id_beside;
    const bool is_here = TRY(mine_->has(id));
    verdict.adds_beside = !is_here && !TRY(theirs_.has(id));
    return verdict;
  }

  Result<void> consider(Side::Found theirs) {
    meter_.done_bytes += theirs.text_bytes;
    if (++looked_at_ % segments_between_looks == 0) TRY(meter_.go_on());
    const Verdict verdict = TRY(judge(theirs.version));
    if (is_rehearsal_) TRY(count_bytes(verdict, theirs.text_bytes));
    if (!is_rehearsal_) TRY(check_not_refused(verdict, theirs.version.metadata.id));
    if (is_rehearsal_ || !verdict.writes()) {
      count(verdict, theirs.version.metadata.id);
      return {};
    }
    std::string text = TRY(theirs_.text(theirs.at));
    waiting_bytes_ += text.size() + content_of(theirs.version).rest.size();
    waiting_.push_back({std::move(theirs.version), std::move(text)});
    const bool is_due = waiting_.size() >= batch_segments || waiting_bytes_ >= batch_bytes;
    return is_due ? settle() : Result<void>();
  }

  Result<void> count_bytes(const Verdict& verdict, u64 their_bytes) {
    const bool ours_moves = verdict.adds_beside && verdict.decision.takes_theirs;
    if (verdict.writes()) done_.text_bytes += their_bytes;
    if (ours_moves) done_.text_bytes += TRY(mine_->text_bytes(verdict.ours->at));
    return {};
  }

  // All that waits, in one batch; in smaller ones where others keep changing what is in it.
  Result<void> settle() {
    std::span<const Waiting> rest = waiting_;
    usize count = rest.size();
    for (int failures = 0; !rest.empty();) {
      count = std::min(count, rest.size());
      Result<void> settled = commit_some(rest.first(count));
      TRY(meter_.go_on());
      if (is_conflict(settled) && ++failures < attempts_max) {
        count = std::max<usize>(1, count / 4);
        continue;
      }
      if (!settled) return settled;
      rest = rest.subspan(count);
      failures = 0;
    }
    waiting_.clear();
    waiting_bytes_ = 0;
    return {};
  }

  static bool is_conflict(const Result<void>& settled) {
    return !settled && settled.error().code == ErrorCode::conflict;
  }

  // conflict where somebody was faster: what waits is to be judged anew.
  Result<void> commit_some(std::span<const Waiting> some) {
    TRY(theirs_.check_still_there());
    TRY(look());
    Batch batch;
    std::vector<Verdict> verdicts;
    verdicts.reserve(some.size());
    for (const Waiting& one : some) {
      verdicts.push_back(TRY(judge(one.version)));
      TRY(check_not_refused(verdicts.back(), one.version.metadata.id));
      TRY(add(one, verdicts.back(), batch));
      verdicts.back().ours.reset();  // metadata may be large
    }
    TRY(mine_->check_still_there());  // of zeros, an id would seem to be new
    batch.require_unchanged_since(mine_->view().committed.value);
    const Committed committed = TRY(project_->commit(batch));
    done_.text_bytes += batch.text_bytes();
    meter_.written += committed.stashed;
    for (usize i = 0; i < some.size(); ++i) count(verdicts[i], some[i].version.metadata.id);
    fold();
    return {};
  }

  // A log that waits has an index in memory of twice its text. With the few of them that are left
  // to the housekeeper, 1M segments of .9 KB took 3.3 GB; so, .7. What fails here is its matter.
  void fold() const { (void)store::fold_sealed(mine_->project(), 1, {}); }

  Result<void> add(const Waiting& theirs, const Verdict& verdict, Batch& batch) const {
    const Decision& decision = verdict.decision;
    if (verdict.adds_beside && decision.takes_theirs) {
      std::string text = TRY(mine_->text(verdict.ours->at));
      Metadata ours = without_folder(verdict.ours->version.metadata);
      ours.id = *decision.id_beside;
      batch.stash(segment_of(std::move(ours), std::move(text)));
    }
    if (verdict.writes()) {
      Metadata metadata = without_folder(theirs.version.metadata);
      if (!decision.takes_theirs) metadata.id = *decision.id_beside;
      batch.stash(segment_of(std::move(metadata), theirs.text));
    }
    return {};
  }

  // Found by a rehearsal it would have been an error before anything was written.
  Result<void> check_not_refused(const Verdict& verdict, const std::string& id) const {
    if (verdict.decision.outcome != Outcome::refused) return {};
    return fail(ErrorCode::invalid_argument,
                "Segment \"" + id + "\" of project \"" + done_.name +
                    "\" was changed here while the other store was taken in, and differs now.");
  }

  void count(const Verdict& verdict, const std::string& id) {
    const Decision& decision = verdict.decision;
    done_.stashed += u64(decision.takes_theirs) + u64(verdict.adds_beside);
    done_.synced += u64(decision.is_synced && decision.outcome == Outcome::mine);
    switch (decision.outcome) {
      case Outcome::added:
        ++done_.added;
        return;
      case Outcome::same:
        ++done_.same;
        return;
      case Outcome::mine:
        ++done_.mine;
        break;
      case Outcome::theirs:
        ++done_.theirs;
        break;
      case Outcome::both:
        ++done_.both;
        break;
      case Outcome::refused:
        break;
    }
    tell_conflict(decision, id);
  }

  void tell_conflict(const Decision& decision, const std::string& id) {
    ++done_.conflicts;
    keep_first(id);
    if (!options_.on_each) return;
    const Kept kept = decision.outcome == Outcome::both     ? Kept::both
                      : decision.outcome == Outcome::theirs ? Kept::theirs
                                                            : Kept::mine;
    options_.on_each({done_.name, id, kept, decision.id_beside.value_or("")});
  }

  // Of all ids, whatever order they are met in, the first ones.
  void keep_first(const std::string& id) {
    std::vector<std::string>& ids = done_.conflicting;
    if (ids.size() == conflicts_told_max && ids.back() < id) return;
    ids.insert(std::upper_bound(ids.begin(), ids.end(), id), id);
    if (ids.size() > conflicts_told_max) ids.pop_back();
  }

  const Side& theirs_;
  std::optional<Project> project_;
  const StoreImportOptions& options_;
  const bool is_rehearsal_;
  Meter& meter_;
  ImportedProject& done_;
  std::optional<Side> mine_;  // as it was at the last look
  std::vector<Waiting> waiting_;
  u64 waiting_bytes_ = 0;
  u64 looked_at_ = 0;
};

}  // namespace

Result<void> Meter::go_on() const {
  const bool wanted =
      !stop.stop_requested() && (!progress || progress({done_bytes, total_bytes, written}));
  if (wanted) return {};
  return fail(ErrorCode::cancelled, "The import was ended before it was done.");
}

Result<void> unite_projects(const UnionOrder& order, Meter& meter, ImportedProject& done) {
  return Union(order, meter, done).run();
}

}  // namespace shale::unite
