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
  bool positions = true;
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

struct SectionBytes {
  std::string name;
  std::uint64_t bytes = 0;
};

struct ProjectStats {
  std::uint64_t segments = 0;    // live
  std::uint64_t text_bytes = 0;  // of live segments
  std::uint64_t tokens = 0;      // of live segments that have a count
  std::uint64_t superseded = 0;  // versions still on disk that no reader of now sees
  std::uint64_t shards = 0;
  std::uint64_t logs = 0;  // sealed and active
  std::uint64_t delta_segments = 0;
  std::uint64_t disk_bytes = 0;
  std::uint64_t edition = 0;
  std::uint64_t committed_lsn = 0;
  std::uint64_t durable_lsn = 0;
  std::uint64_t ingested_bytes = 0;  // text that ever entered through a fold or the bulk way
  // Bytes of shards ever written; divided by ingested_bytes it is the write amplification.
  std::uint64_t written_bytes = 0;
  std::vector<SectionBytes> sections;
  std::uint64_t cache_hits = 0;
  std::uint64_t cache_misses = 0;
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

  // The project of that name; made here where StoreOptions::create, else not_found.
  Result<Project> project(std::string_view name) const;
  Result<std::vector<std::string>> projects() const;
  const std::filesystem::path& path() const noexcept;
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
