// import: segments from the files of other programs, and from our own exports.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <unordered_set>

#include "cli/batch_writer.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/store_import.hpp"
#include "cli/verbs.hpp"
#include "exchange/import_files.hpp"
#include "model/record.hpp"
#include "unite/store_union.hpp"

namespace shale::cli {

namespace {

using Clock = std::chrono::steady_clock;

struct ImportOptions {
  std::vector<std::string> paths;
  std::string format;
  std::string sql;
  bool dry_run = false;
  bool with_deleted = false;
  std::string on_conflict;
  std::string from_project;
  CreateOptions create;
};

struct Stashed {
  u64 stashed = 0;
  u64 replaced = 0;
  u64 counted = 0;
  u64 text_bytes = 0;
};

// What a --dry-run does instead of stashing: checks, and counts as the batches of BatchWriter
// would: of one id twice in a batch the last counts, in a later batch it replaces.
class Rehearsal {
 public:
  explicit Rehearsal(std::optional<Store> store) : store_(std::move(store)) {}

  void expect(u64 bytes) { expected_bytes_ = bytes; }

  Result<void> add(const std::string& project, const NewSegment& segment) {
    TRY(check_segment(segment));
    const std::optional<Snapshot>* snapshot = TRY(snapshot_of(project));
    done_.text_bytes += segment.text.size();
    const std::string key = project + '\0' + segment.id;
    if (in_batch_.insert(key).second) {
      ++done_.stashed;
      bool is_there = !seen_.insert(key).second;
      if (!is_there && *snapshot) {
        const auto found = (*snapshot)->get(segment.id);
        is_there = found && found->has_value();
      }
      done_.replaced += is_there ? 1 : 0;
    }
    end_batch_if_due(segment.text.size());
    return {};
  }

  const Stashed& done() const { return done_; }

 private:
  void end_batch_if_due(u64 bytes) {
    ++waiting_segments_;
    waiting_bytes_ += bytes;
    const bool is_large = std::max(done_.text_bytes, expected_bytes_) > BatchWriter::bulk_bytes;
    if (!BatchWriter::is_whole_batch(waiting_segments_, waiting_bytes_, is_large)) return;
    in_batch_.clear();
    waiting_segments_ = 0;
    waiting_bytes_ = 0;
  }

  // Of a project that is there.
  Result<const std::optional<Snapshot>*> snapshot_of(const std::string& project) {
    const auto known = snapshots_.find(project);
    if (known != snapshots_.end()) return &known->second;
    if (project.empty() || project.size() > id_bytes_max) {
      return fail(ErrorCode::invalid_argument, "A project's name has 1 to 255 bytes of UTF-8");
    }
    std::optional<Snapshot> snapshot;
    if (store_) {
      const std::vector<std::string> names = TRY(store_->projects());
      if (std::find(names.begin(), names.end(), project) != names.end()) {
        const Project opened = TRY(store_->project(project));
        snapshot = TRY(opened.snapshot());
      }
    }
    return &snapshots_.emplace(project, std::move(snapshot)).first->second;
  }

  std::optional<Store> store_;
  std::map<std::string, std::optional<Snapshot>> snapshots_;
  std::unordered_set<std::string> seen_;
  std::unordered_set<std::string> in_batch_;
  u64 waiting_segments_ = 0;
  u64 waiting_bytes_ = 0;
  u64 expected_bytes_ = 0;
  Stashed done_;
};

class Importing {
 public:
  Importing(Context& context, const ImportOptions& options)
      : context_(context), options_(options), bar_("import", context.output.quiet) {}

  Result<Exit> run() {
    watch_for_interrupt();
    const exchange::ImportPlan plan = TRY(make_plan());
    TRY(open_store());
    for (const exchange::ImportFile& file : plan.files) total_bytes_ += file.bytes;
    if (writer_) writer_->expect(total_bytes_);
    if (rehearsal_) rehearsal_->expect(total_bytes_);
    exchange::ImportRun run = make_run();
    auto read = exchange::import_files(run, plan, options_.sql);
    // What stands before the end of an import that was broken off is kept, as ingest keeps it.
    if (read && writer_) read = writer_->flush();
    if (!read) return failed(std::move(read).error());
    if (writer_) writer_->for_each_project([&](Project& project) { context_.keep_up(project); });
    report(run.counts());
    return exit_of(run.counts());
  }

 private:
  Result<exchange::ImportPlan> make_plan() const {
    std::optional<exchange::ImportFormat> forced;
    if (!options_.sql.empty()) forced = exchange::ImportFormat::database;
    if (!options_.format.empty()) {
      forced = exchange::format_by_name(options_.format);
      if (!forced) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("There is no format \"{}\": {}.", options_.format,
                                exchange::format_names()));
      }
    }
    exchange::ImportPlan all;
    for (const std::string& path : options_.paths) {
      exchange::ImportPlan one = TRY(exchange::plan_import(path, forced));
      all.files.insert(all.files.end(), one.files.begin(), one.files.end());
      all.left_alone.insert(all.left_alone.end(), one.left_alone.begin(), one.left_alone.end());
    }
    return all;
  }

  Result<void> open_store() {
    if (!options_.dry_run) {
      writer_.emplace(TRY(context_.store_to_write(options_.create)), BatchWriter::Mode::automatic);
      return {};
    }
    auto store = context_.store_to_read();
    if (!store && store.error().code != ErrorCode::not_found) {
      return Unexpected{std::move(store).error()};
    }
    rehearsal_.emplace(store ? std::optional<Store>(*std::move(store)) : std::nullopt);
    return {};
  }

  exchange::ImportRun make_run() {
    exchange::ImportOptions options;
    if (context_.globals.project_given) options.project = context_.globals.project;
    options.with_deleted = options_.with_deleted;
    return exchange::ImportRun(
        std::move(options),
        {.stash =
             [this](const std::string& project, NewSegment segment) {
               ++taken_;
               return writer_ ? writer_->add(project, std::move(segment))
                              : rehearsal_->add(project, segment);
             },
         .warn = [this](const std::string& message) { context_.output.warning(message); },
         .advance = [this](u64 bytes) { return advance(bytes); }});
  }

  Result<void> advance(u64 bytes) {
    read_bytes_ += bytes;
    bar_.show(read_bytes_, total_bytes_, taken_);
    if (interrupted()) return fail(ErrorCode::cancelled, "Interrupted.");
    return {};
  }

  Stashed done() const {
    if (rehearsal_) return rehearsal_->done();
    return {writer_->stashed(), writer_->replaced(), writer_->counted(), writer_->text_bytes()};
  }

  void report(const exchange::ImportCounts& counts) {
    const Stashed stashed = done();
    const double seconds = std::chrono::duration<double>(Clock::now() - started_).count();
    if (!context_.output.is_text()) {
      context_.output.object({{"stashed", stashed.stashed},
                              {"replaced", stashed.replaced},
                              {"counted", stashed.counted},
                              {"bad", counts.bad},
                              {"skipped", counts.skipped},
                              {"files", counts.files},
                              {"damaged", counts.damaged},
                              {"unread", counts.unreadable + counts.undecidable},
                              {"text_bytes", stashed.text_bytes},
                              {"dry_run", options_.dry_run},
                              {"seconds", seconds}});
      return;
    }
    std::string text =
        fmt::format("{} {} ({} replaced), {} from {} files in {:.2f} s",
                    options_.dry_run ? "would stash" : "stashed", stashed.stashed, stashed.replaced,
                    size_text(stashed.text_bytes), counts.files, seconds);
    if (counts.bad > 0) text += fmt::format(", {} refused", counts.bad);
    if (counts.skipped > 0) text += fmt::format(", {} passed over", counts.skipped);
    if (counts.damaged > 0) text += fmt::format(", {} files damaged", counts.damaged);
    const u64 unread = counts.unreadable + counts.undecidable;
    if (unread > 0) text += fmt::format(", {} files not read", unread);
    if (!context_.output.quiet) context_.output.line(text);
  }

  static Exit exit_of(const exchange::ImportCounts& counts) {
    if (counts.damaged > 0) return Exit::damaged;
    if (counts.unreadable > 0) return Exit::failed;
    return counts.undecidable > 0 ? Exit::usage : Exit::ok;
  }

  Result<Exit> failed(Error error) {
    if (writer_ && writer_->stashed() > 0) {
      context_.output.warning(
          fmt::format("{} segments are stashed, the rest is not", writer_->stashed()));
    }
    return Unexpected{std::move(error)};
  }

  Context& context_;
  const ImportOptions& options_;
  ProgressBar bar_;
  std::optional<BatchWriter> writer_;
  std::optional<Rehearsal> rehearsal_;
  Clock::time_point started_ = Clock::now();
  u64 total_bytes_ = 0;
  u64 read_bytes_ = 0;
  u64 taken_ = 0;
};

bool is_a_store(const std::string& path) { return unite::is_store_folder(path); }

// What the new store is to be made with: what the call says, else what the other one has.
Result<CreateOptions> create_like(const std::string& path, const CLI::App& verb,
                                  CreateOptions create) {
  const StoreOptions other = TRY(unite::options_like(path));
  const auto is_given = [&](const char* name) { return verb.get_option(name)->count() > 0; };
  if (!is_given("--analysis")) create.analysis = other.analysis;
  if (!is_given("--tokenizer")) create.tokenizer = other.tokenizer;
  if (!is_given("--shard-by")) create.shard_by = other.shard_by;
  if (!is_given("--no-positions")) create.no_positions = !other.positions;
  return create;
}

Result<Exit> take_in_store(Context& context, const CLI::App& verb, const ImportOptions& options) {
  if (options.paths.size() > 1) {
    return fail(ErrorCode::invalid_argument, "A store is imported by itself: name no other PATH.");
  }
  if (!options.format.empty() || !options.sql.empty() || options.with_deleted) {
    return fail(ErrorCode::invalid_argument,
                "--format, --sql and --with-deleted are for files, not for a store.");
  }
  StoreImport import;
  import.path = options.paths.front();
  import.options.on_conflict = conflict_policy(options.on_conflict);
  import.options.dry_run = options.dry_run;
  if (!options.from_project.empty()) import.options.from_project = options.from_project;
  if (context.globals.project_given) import.options.project = context.globals.project;
  import.create = TRY(create_like(import.path, verb, options.create));
  return import_store_verb(context, import);
}

Result<Exit> import(Context& context, const CLI::App& verb, const ImportOptions& options) {
  if (std::any_of(options.paths.begin(), options.paths.end(), is_a_store)) {
    return take_in_store(context, verb, options);
  }
  if (!options.on_conflict.empty() || !options.from_project.empty()) {
    return fail(ErrorCode::invalid_argument,
                "--on-conflict and --from-project are for a store: files replace what is there.");
  }
  return Importing(context, options).run();
}

}  // namespace

void add_import_verb(CLI::App& app, Context& context) {
  CLI::App* verb =
      add_verb(app, "import", "takes in what other programs, exports, or another store hold");
  auto options = std::make_shared<ImportOptions>();
  verb->add_option("PATH", options->paths, "files and folders; the folder of a store")->required();
  verb->add_option("--format", options->format,
                   "what they are, if their content does not say: " + exchange::format_names());
  verb->add_option("--sql", options->sql,
                   "what to take of a SQLite database: 'select id, text, ... from ...'");
  verb->add_flag("--dry-run", options->dry_run, "reads and checks all, writes nothing");
  verb->add_flag("--with-deleted", options->with_deleted,
                 "documents that DocDevAI has only marked as deleted, too");
  verb->add_option("--on-conflict", options->on_conflict,
                   "of a store: which to keep where an id is here with other contents: newest, "
                   "both, mine or theirs (else it is an error)")
      ->check(CLI::IsMember({"newest", "both", "mine", "theirs"}));
  verb->add_option("--from-project", options->from_project, "of a store: this project alone");
  add_create_options(*verb, options->create);
  verb->callback([&context, verb, options] {
    context.action = [&context, verb, options] { return import(context, *verb, *options); };
  });
}

}  // namespace shale::cli
