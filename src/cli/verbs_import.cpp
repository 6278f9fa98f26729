// import: segments from the files of other programs, and from our own exports.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/store_import.hpp"
#include "cli/verbs.hpp"
#include "exchange/file_import.hpp"
#include "unite/store_union.hpp"

namespace shale::cli {

namespace {

using Clock = std::chrono::steady_clock;

struct ImportVerbOptions {
  std::vector<std::string> paths;
  exchange::FileImportOptions files;
  std::string on_conflict;
  std::string from_project;
  CreateOptions create;
};

class Importing {
 public:
  Importing(Context& context, const ImportVerbOptions& options)
      : context_(context), options_(options), bar_("import", context.output.quiet) {}

  Result<Exit> run() {
    watch_for_interrupt();
    const std::vector<std::filesystem::path> paths(options_.paths.begin(), options_.paths.end());
    const exchange::ImportPlan plan = TRY(exchange::plan_paths(paths, options_.files));
    const std::optional<Store> store =
        TRY(context_.store_to_fill(options_.create, options_.files.dry_run));
    exchange::FileImportOptions files = options_.files;
    if (context_.globals.project_given) files.project = context_.globals.project;
    files.warn = [this](const std::string& message) { context_.output.warning(message); };
    exchange::ImportedFiles done;
    const auto read = exchange::import_planned(store ? &*store : nullptr, plan, files,
                                               progress_on(bar_), std::stop_token(), done);
    if (!read) return failed(read.error(), done);
    if (!files.dry_run) TRY(keep_up(*store, done));
    report(done);
    return exit_of(done);
  }

 private:
  Result<void> keep_up(const Store& store, const exchange::ImportedFiles& done) const {
    for (const std::string& name : done.projects) {
      Project project = TRY(store.project(name));
      context_.keep_up(project);
    }
    return {};
  }

  void report(const exchange::ImportedFiles& done) {
    const double seconds = std::chrono::duration<double>(Clock::now() - started_).count();
    const u64 unread = done.unreadable + done.undecidable;
    const bool is_dry = options_.files.dry_run;
    if (!context_.output.is_text()) {
      context_.output.object({{"stashed", done.stashed},
                              {"replaced", done.replaced},
                              {"counted", done.counted},
                              {"bad", done.bad},
                              {"skipped", done.skipped},
                              {"files", done.files},
                              {"damaged", done.damaged},
                              {"unread", unread},
                              {"text_bytes", done.text_bytes},
                              {"dry_run", is_dry},
                              {"seconds", seconds}});
      return;
    }
    std::string text = fmt::format("{} {} ({} replaced), {} from {} files in {:.2f} s",
                                   is_dry ? "would stash" : "stashed", done.stashed, done.replaced,
                                   size_text(done.text_bytes), done.files, seconds);
    if (done.bad > 0) text += fmt::format(", {} refused", done.bad);
    if (done.skipped > 0) text += fmt::format(", {} passed over", done.skipped);
    if (done.damaged > 0) text += fmt::format(", {} files damaged", done.damaged);
    if (unread > 0) text += fmt::format(", {} files not read", unread);
    if (!context_.output.quiet) context_.output.line(text);
  }

  static Exit exit_of(const exchange::ImportedFiles& done) {
    if (done.damaged > 0) return Exit::damaged;
    if (done.unreadable > 0) return Exit::failed;
    return done.undecidable > 0 ? Exit::usage : Exit::ok;
  }

  Result<Exit> failed(const Error& error, const exchange::ImportedFiles& done) const {
    if (done.stashed > 0 && !options_.files.dry_run) {
      context_.output.warning(
          fmt::format("{} segments are stashed, the rest is not", done.stashed));
    }
    return Unexpected{error};
  }

  Context& context_;
  const ImportVerbOptions& options_;
  ProgressBar bar_;
  Clock::time_point started_ = Clock::now();
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
  if (!is_given("--index") && !is_given("--no-positions")) create.index = other.index;
  return create;
}

Result<Exit> take_in_store(Context& context, const CLI::App& verb,
                           const ImportVerbOptions& options) {
  if (options.paths.size() > 1) {
    return fail(ErrorCode::invalid_argument, "A store is imported by itself: name no other PATH.");
  }
  if (!options.files.format.empty() || !options.files.sql.empty() || options.files.with_deleted) {
    return fail(ErrorCode::invalid_argument,
                "--format, --sql and --with-deleted are for files, not for a store.");
  }
  StoreImport import;
  import.path = options.paths.front();
  import.options.on_conflict = conflict_policy(options.on_conflict);
  import.options.dry_run = options.files.dry_run;
  if (!options.from_project.empty()) import.options.from_project = options.from_project;
  if (context.globals.project_given) import.options.project = context.globals.project;
  import.create = TRY(create_like(import.path, verb, options.create));
  return import_store_verb(context, import);
}

Result<Exit> import(Context& context, const CLI::App& verb, const ImportVerbOptions& options) {
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
  auto options = std::make_shared<ImportVerbOptions>();
  verb->add_option("PATH", options->paths, "files and folders; the folder of a store")->required();
  verb->add_option("--format", options->files.format,
                   "what they are, if their content does not say: " + exchange::format_names());
  verb->add_option("--sql", options->files.sql,
                   "what to take of a SQLite database: 'select id, text, ... from ...'");
  verb->add_flag("--dry-run", options->files.dry_run, "reads and checks all, writes nothing");
  verb->add_flag("--with-deleted", options->files.with_deleted,
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
