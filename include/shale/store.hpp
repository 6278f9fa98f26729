// Store, Project, Snapshot, Batch: the four nouns a program works with.
//
//   auto store = shale::Store::open("notes.shale", {.create = true}).value();
//   auto notes = store.project("default").value();
//   shale::Batch batch;                                     // all or nothing
//   batch.stash({.id = "m1", .text = "Why is search slow?", .type = "message"});
//   notes.commit(batch).value();                            // durable when it returns
//   auto now = notes.snapshot().value();
//   auto answer = now.search({.text = "slow search", .limit = 5}).value();
//
// All four are cheap handles. Store, Project and Snapshot may be copied and used from many threads
// at once; a Batch belongs to one thread at a time. A handle keeps what it needs alive: the order
// in which handles go away does not matter. A child of fork gets an error from every handle of its
// parent: it opens the store itself.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <shale/aggregate.hpp>
#include <shale/changes.hpp>
#include <shale/pack.hpp>
#include <shale/query.hpp>
#include <shale/segment.hpp>

namespace shale {

struct Access;          // working_set.hpp: when a segment was last read, how often
struct WorkingSet;      // working_set.hpp
struct GcOptions;       // gc.hpp
struct GcPlan;          // gc.hpp
struct RetentionRules;  // retention.hpp
struct RetentionPlan;   // retention.hpp
struct ProjectStats;    // stats.hpp
struct StoreStats;      // stats.hpp

// When a commit is acknowledged. Whatever the choice, other readers see it as soon as it is
// written: visible comes before durable.
enum class Durability : std::uint8_t {
  full,     // after fdatasync: survives a power cut
  relaxed,  // after the write: survives kill -9; synced within 100 ms while the process lives
};

// Says how far a long call has come; return false to end it (ErrorCode::cancelled).
struct Progress {
  std::uint64_t done_bytes = 0;
  std::uint64_t total_bytes = 0;  // 0 where nobody knows
  std::uint64_t segments = 0;
};
using ProgressCallback = std::function<bool(const Progress&)>;

struct StoreOptions {
  bool create = false;                           // make the store if the path holds none
  bool read_only = false;                        // never write, not even volatile files
  std::chrono::milliseconds busy_timeout{5000};  // a writer waits this long for another
  std::uint64_t active_bytes = 64u << 20;        // decoded segments kept in memory
  std::uint64_t active_segments = 10'000;
  std::uint64_t resident_bytes = 64u << 20;  // mapped pages kept resident
  // Not 0: takes the place of active_bytes, which has an eighth of it, and resident_bytes. The
  // resident set of the process stays below it and 32 MiB, whatever the size of the store.
  std::uint64_t memory_budget = 0;
  // Answers of searches kept for whoever asks the same of the same state again; 0: none.
  std::uint64_t result_bytes = 8u << 20;
  std::chrono::milliseconds result_ttl{0};  // 0: as long as they are true
  // So much of what was hot when a project is closed is brought into the machine's page cache, in
  // the background, when it is opened next. 0: none, and none is saved.
  std::uint64_t hot_bytes = 256u << 20;
  // Count who reads what (Snapshot::accesses): 15 ns beside a get.
  bool count_accesses = true;
  // Merge all that is due on a thread of this process. Without it that thread makes `relaxed`
  // commits durable, and folds where more than 4 sealed logs wait.
  bool background_merge = false;
  // A mapped file that is cut, or that the disk fails to read, becomes a fault instead of a SIGBUS
  // that ends the process. Installs a handler of that signal, once for the whole process, which
  // calls the one before it for other addresses.
  bool guard_reads = false;
  // What others read of this process in Project::who(), the first 16 bytes of it. Empty: its name
  // as `ps` has it.
  std::string program = {};
  // Write even where shared memory between processes cannot be relied on (NFS and other networks,
  // FUSE, anything unknown): there one process at a time, which has the project to itself from
  // opening it to closing it. Without it a store there opens `read_only` alone (else
  // ErrorCode::read_only). Changes nothing on the file systems that are known to do.
  bool any_file_system = false;
  // Options a new store is made with (they live in shale.toml afterwards).
  // How text becomes terms: "english" (stems, parts of identifiers, stop words) or "plain" (words).
  std::string analysis = "english";
  // What counts the tokens of segments that come without a count: "o200k_base", "cl100k_base" or
  // "none". They are counted when they are folded into a shard, on all cores, and that count is
  // kept while text and tokenizer stay what they are; who reads sooner has them counted then.
  std::string tokenizer = "o200k_base";
  std::string shard_by = "none";  // or "month"
  // What of the words of texts is kept: "positions" (where they stand: phrases), "terms" (in which
  // segments), or "none": texts are read by id, and found by their fields alone.
  std::string index = "positions";
};

// Changes that are applied together. The last of several changes to one id wins.
class SHALE_API Batch {
 public:
  Batch();
  ~Batch();
  Batch(Batch&&) noexcept;
  Batch& operator=(Batch&&) noexcept;

  void stash(NewSegment segment);
  void update(std::string id, Update changes);
  void set_tier(std::string id, Tier tier);  // an update
  void erase(std::string id);
  // Makes the commit of the batch depend on this: since the snapshot with that LSN nobody has
  // stashed, updated or erased any id that is in the batch. Else it is ErrorCode::conflict, nothing
  // has happened, and the batch is to be made anew from a newer snapshot.
  void require_unchanged_since(std::uint64_t lsn);
  std::size_t size() const noexcept;          // changes so far
  std::uint64_t text_bytes() const noexcept;  // of the segments stashed so far
  void clear();

  struct State;
  const State& state() const noexcept { return *state_; }
  State& state() noexcept { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

// What a commit did. Positions are LSNs: 64 bits that grow with every batch of a project.
struct Committed {
  std::uint64_t lsn = 0;
  std::uint64_t stashed = 0;   // segments written
  std::uint64_t replaced = 0;  // of those, how many superseded a version
  std::uint64_t updated = 0;
  std::uint64_t erased = 0;
  // Texts whose tokens were counted: by an ingest, and not where a version that it replaces has the
  // same text. A commit counts nothing, the fold of its log does.
  std::uint64_t counted = 0;
  std::vector<std::string> missing;  // ids of updates and erases that found nothing
};

// A process that has a project open and may write to it. That it is there is certain (the kernel
// keeps a lock for it and frees that when it dies); what it says of itself is a hint: the entry may
// be empty (pid 0) or that of a process now gone just after an opening, and is empty after a
// recovery until that process next uses the project.
struct OpenBy {
  std::int64_t pid = 0;             // as its own pid namespace counts
  std::uint64_t start_time = 0;     // clock ticks since boot: tells a recycled pid
  std::uint64_t pid_namespace = 0;  // inode of /proc/<pid>/ns/pid
  std::int64_t opened_at = 0;       // microseconds since 1970 UTC
  std::string program;              // StoreOptions::program
  bool is_self = false;             // the very handle that was asked
  bool holds_lease = false;         // it is writing at this moment
  bool holds_merge = false;         // it is merging
};

struct SnapshotOptions {
  // Nothing that a power cut could still take back: the snapshot ends where the project is known
  // to be durable. What was committed `relaxed`, or is being synced right now, is left out.
  //
  // Where the project is only read, nobody tells what was synced last: there the snapshot ends
  // where the files themselves prove it, and may leave out the newest batches though they are
  // durable. A later batch vouches for those before it; so does a merge.
  bool durable_only = false;
};

struct Verified {
  std::uint64_t checked_bytes = 0;
  std::vector<Fault> faults;
};

// One project as it stood at one moment: one edition and one committed LSN. Holding it costs no
// copy and blocks nobody; it pins the files it reads, never decoded text.
class SHALE_API Snapshot {
 public:
  Result<Answer> search(const Query& query) const;
  Result<Page> list(const Listing& listing) const;
  Result<Count> count(std::string_view where = {}) const;
  // Sums, counts and times by groups. invalid_argument names a field that nothing is summed or
  // grouped by.
  Result<Sum> aggregate(const Aggregation& asked) const;
  // The same of a number ("tokens", "bytes", ...) and its groups alone.
  Result<Sum> sum(std::string_view field, std::span<const std::string> by,
                  std::string_view where = {}) const;
  // How many tokens there are, in what, and how much of a limit that is.
  Result<Usage> usage(const UsageOptions& options = {}) const;
  // The best segments that fit a budget of tokens. invalid_argument for a tokenizer that is not
  // known, a `since` that is no hash, and a `where` that cannot be read.
  Result<Pack> pack(const PackQuery& query) const;

  // What was stashed, superseded, updated and erased since an LSN, by whom and when.
  // invalid_argument where that LSN lies above the snapshot's own.
  Result<Changes> changes(const ChangesQuery& query = {}) const;

  // The segments of tier `working`, of one task or of all, last touched first.
  Result<WorkingSet> working_set(std::optional<std::string_view> task = std::nullopt) const;
  // How often, and when last, each of these was read; zeros where never, or not counted. Exact over
  // all processes, but for what they have counted within the last second or so.
  Result<std::vector<Access>> accesses(std::span<const std::string> ids) const;
  // What could go to free tokens, and why; nothing is changed (gc.hpp).
  Result<GcPlan> plan_gc(const GcOptions& options) const;

  // The live version of `id`, or an empty optional. A damaged one is ErrorCode::corrupt.
  Result<std::optional<Segment>> get(std::string_view id) const;
  Result<Fetched> get_many(std::span<const std::string> ids) const;

  std::uint64_t edition() const noexcept;
  std::uint64_t lsn() const noexcept;

  struct State;
  explicit Snapshot(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  const State& state() const noexcept { return *state_; }

 private:
  std::shared_ptr<const State> state_;
};

class SHALE_API Project {
 public:
  // Applies a batch: all of it or nothing. Waits up to busy_timeout for another writer, or for a
  // merge where 16 sealed logs wait for one; then it is ErrorCode::busy, and nothing has happened.
  // ErrorCode::io may leave open whether the batch is kept: whole, if it is. ErrorCode::conflict
  // where the batch required that nothing was changed meanwhile.
  Result<Committed> commit(const Batch& batch, Durability durability = Durability::full);
  // The same on a thread of the store, for callers that do not wait. Batches are committed one by
  // one, in the order they came, those that gathered while a sync was under way with one sync.
  // `done` is called once for each, on that thread, when it is acknowledged or has failed; it must
  // not block, and what it lets go of may be the store.
  // Back-pressure: up to 64 MiB of text and 65,536 batches may wait; then the call waits itself, as
  // long as busy_timeout, and is ErrorCode::busy (from `done`, at once): not taken, `done` not
  // called. What was taken is committed and told before the last handle of the store has gone.
  using Completion = std::function<void(Result<Committed>)>;
  Result<void> commit_async(Batch batch, Completion done, Durability durability = Durability::full);
  // One segment so.
  Result<void> stash_async(NewSegment segment, Completion done,
                           Durability durability = Durability::full);
  // A large input, straight to a shard: visible all at once when it returns, durable.
  Result<Committed> ingest(const Batch& batch, const ProgressCallback& progress = {},
                           std::stop_token stop = {});
  Result<Snapshot> snapshot(const SnapshotOptions& options = {}) const;

  // Folds the logs and merges small shards. `full` leaves one shard per partition. Shards that were
  // written while the store had no tokenizer, or another one, are counted.
  Result<void> merge(bool full, const ProgressCallback& progress = {}, std::stop_token stop = {});
  // Counts the tokens of every live segment anew, those that came with a count included, by the
  // store's tokenizer; says how many were counted. Rewrites shard by shard: what was done before it
  // is cancelled is kept, and one that is damaged is passed over, told by the error at the end.
  // invalid_argument where the tokenizer is "none".
  Result<std::uint64_t> recount_tokens(const ProgressCallback& progress = {},
                                       std::stop_token stop = {});
  // One bounded step, if one is due; says whether anything was done.
  Result<bool> merge_step();
  Result<ProjectStats> stats() const;
  // Does what a plan says (gc.hpp): nothing that was changed since is touched. How many went.
  Result<Committed> run_gc(const GcPlan& plan);
  // What rules would remove now; nothing is changed (retention.hpp).
  Result<RetentionPlan> plan_retention(const RetentionRules& rules) const;
  // Removes it, and says what.
  Result<RetentionPlan> retain(const RetentionRules& rules, const ProgressCallback& progress = {},
                               std::stop_token stop = {});
  Result<Verified> verify(const ProgressCallback& progress = {}, std::stop_token stop = {}) const;
  Result<void> sync();  // every commit so far becomes durable
  // Who has the project open, this process included; oldest first. A process with several stores
  // open on it is told once for each; beyond 251 they are not told. read_only where the project is.
  Result<std::vector<OpenBy>> who() const;
  const std::string& name() const noexcept;

  struct State;
  explicit Project(std::shared_ptr<State> state) : state_(std::move(state)) {}

 private:
  std::shared_ptr<State> state_;
};

class SHALE_API Store {
 public:
  // not_found where there is no store and `create` is false; read_only where it may not be written
  // (any_file_system); too_new where a newer shale made it.
  static Result<Store> open(const std::filesystem::path& path, const StoreOptions& options = {});
  // A store in this process's memory, gone with its last handle; nothing touches a disk, and
  // commits are as durable as memory is. All else is as on disk.
  static Result<Store> in_memory(const StoreOptions& options = {});

  // The project of that name; made here where StoreOptions::create, else not_found.
  Result<Project> project(std::string_view name) const;
  Result<std::vector<std::string>> projects() const;
  const std::filesystem::path& path() const noexcept;
  // What this process has done and keeps: caches, operations, waits.
  StoreStats stats() const;
  // Drops what caches hold: decoded segments, answers, resident pages. Nothing that is stored.
  void clear_caches();
  // The rules of shale.toml.
  const RetentionRules& retention() const noexcept;
  // Effective options as `key = value` lines, in the form of shale.toml.
  std::string config() const;

  struct State;
  explicit Store(std::shared_ptr<State> state) : state_(std::move(state)) {}
  State& state() const noexcept { return *state_; }

 private:
  std::shared_ptr<State> state_;
};

// "0.1.0"
SHALE_API const char* version() noexcept;

}  // namespace shale
