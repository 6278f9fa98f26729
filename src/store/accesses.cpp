#include "store/accesses.hpp"

#include "base/system.hpp"
#include "store/access_books.hpp"
#include "store/access_reader.hpp"

namespace shale::store {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds flush_interval{1000};
constexpr std::chrono::milliseconds round_patience{20};  // it comes again in 50 ms
constexpr std::chrono::milliseconds close_patience{1000};

u32 now_seconds() { return u32(now_microseconds() / 1'000'000); }

// What was counted is there again where anything ends this early.
class TakenCounts {
 public:
  explicit TakenCounts(AccessCounts& counts) : counts_(counts), taken_(counts.take()) {}
  ~TakenCounts() { counts_.give_back(taken_); }
  TakenCounts(const TakenCounts&) = delete;
  std::vector<AccessCounts::Counted>& list() { return taken_; }

 private:
  AccessCounts& counts_;
  std::vector<AccessCounts::Counted> taken_;
};

Result<void> flush_under(const AccessLock& lock, AccessBooks& books) {
  AccessState& state = lock.project().accesses;
  TakenCounts taken(state.counts);
  const u32 now = now_seconds();
  for (const AccessCounts::Counted& one : taken.list()) books.count(one, now);
  // Those that cannot be read keep what they have, for a merge to carry.
  Result<void> inherited;
  for (const auto& [index, docs] : state.take_superseded()) {
    Result<void> done = books.inherit(index, docs.to_vector());
    if (!done) inherited = std::move(done);
  }
  std::vector<AccessCounts::Counted> not_written;
  Result<void> written = books.write(not_written);
  taken.list() = std::move(not_written);
  state.note_written(books.written_shards());
  return written ? inherited : written;
}

}  // namespace

Result<void> flush_and_inherit(const AccessLock& lock) {
  AccessBooks books(lock.project(), lock.view());
  for (usize at = 0; at < lock.view()->indexes.size(); ++at) TRY(books.inherit_all(at));
  return flush_under(lock, books);
}

void count_accesses(const View& view, const Pack& pack) {
  if (pack.unchanged) return;  // without its texts
  for (const PackedSegment& one : pack.segments) {
    const auto found = find_live(view, one.id);
    if (found && found->has_value()) view.count_access(**found);
  }
}

Snapshot uncounted(const Snapshot& snapshot) {
  auto view = std::make_shared<View>(*snapshot.state().view);
  view->access_counts = nullptr;
  return Snapshot(std::make_shared<const Snapshot::State>(
      Snapshot::State{snapshot.state().project, std::move(view)}));
}

Result<bool> flush_accesses(Project::State& project, std::chrono::milliseconds patience) {
  if (project.is_private) return true;
  if (!project.accesses.any()) {
    const TakenCounts none(project.accesses.counts);  // as below
    return true;
  }
  const std::optional<AccessLock> lock = TRY(AccessLock::try_acquire(project, patience));
  if (!lock.has_value()) return false;
  {
    AccessBooks books(lock->project(), lock->view());
    TRY(flush_under(*lock, books));
  }
  // What is written down speaks of no index any more: another look (50 us) lets go of those, and of
  // the files they keep, that nobody else has. What was counted in between is given back.
  const TakenCounts since(project.accesses.counts);
  return true;
}

namespace {

// By path: whoever wrote, and whichever file stands there now. One that a merge retired is gone.
// Errors are for nobody: no answer and no commit rests on it.
void push_unsynced(Project::State& project, bool waits) {
  for (const std::filesystem::path& path : project.accesses.take_unsynced()) {
    Result<File> file = File::open(path, File::Mode::read_write);
    if (!file) continue;
    if (waits) {
      static_cast<void>(file->sync_data());
    } else {
      file->start_writing();
    }
  }
}

}  // namespace

// Errors are for the next round: no answer and no commit rests on it.
void keep_accesses(Project::State& project, bool last) {
  if (project.is_private || project.generation != process_generation()) return;
  AccessState& state = project.accesses;
  const Clock::time_point now = Clock::now();
  if (last || now >= state.flush_at || state.counts.is_crowded()) {
    const Result<bool> done = flush_accesses(project, last ? close_patience : round_patience);
    if (!done || *done) state.flush_at = now + flush_interval;
  }
  const bool is_due = state.sync_is_due(now);
  if (is_due || last) push_unsynced(project, is_due);
}

namespace {

Result<std::vector<Access>> read_all(const AccessReader& reader, std::span<const std::string> ids) {
  std::vector<Access> accesses;
  accesses.reserve(ids.size());
  for (const std::string& id : ids) {
    const catalog::AccessEntry entry = TRY(reader.of_id(id));
    accesses.push_back({entry.count, i64(entry.last_seconds)});
  }
  return accesses;
}

}  // namespace

Result<std::vector<Access>> accesses_of(Project::State& project,
                                        const std::shared_ptr<const View>& view,
                                        std::span<const std::string> ids) {
  if (project.is_private) return read_all(AccessReader(project, view), ids);
  const AccessLock lock = TRY(AccessLock::acquire(project));
  AccessBooks books(project, lock.view());
  TRY(flush_under(lock, books));
  return read_all(AccessReader(project, lock.view()), ids);
}

}  // namespace shale::store
