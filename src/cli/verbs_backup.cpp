// backup restore: a store once more, as a folder or a file, and stores made of those.
#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/store_locator.hpp"
#include "cli/verbs.hpp"

namespace shale::cli {

namespace {

using Clock = std::chrono::steady_clock;

struct BackupVerbOptions {
  std::string folder;
  std::string bundle;
  std::string from;
  bool copies = false;
  BackupOptions backup;
};

Json json_of(const BackedUp& done) {
  Json projects = Json::array();
  for (const BackedUpProject& project : done.projects) {
    projects.push_back(
        {{"name", project.name}, {"edition", project.edition}, {"lsn", project.lsn}});
  }
  return {{"files", done.files},
          {"linked_files", done.linked_files},
          {"linked_bytes", done.linked_bytes},
          {"copied_bytes", done.copied_bytes},
          {"projects", projects}};
}

Exit answer(Context& context, const BackedUp& done, const std::string& path, double seconds) {
  if (!context.output.is_text()) {
    Json members = json_of(done);
    members["path"] = path;
    members["seconds"] = seconds;
    context.output.object(members);
    return Exit::ok;
  }
  if (context.output.quiet) return Exit::ok;
  for (const BackedUpProject& project : done.projects) {
    context.output.line(fmt::format("{}: edition {}, LSN {}", printable(project.name),
                                    project.edition, project.lsn));
  }
  context.output.line(fmt::format("{} files in {}: {} linked, {} copied in {:.2f} s", done.files,
                                  printable(path), size_text(done.linked_bytes),
                                  size_text(done.copied_bytes), seconds));
  return Exit::ok;
}

double seconds_since(Clock::time_point started) {
  return std::chrono::duration<double>(Clock::now() - started).count();
}

Result<Exit> backup(Context& context, BackupVerbOptions options) {
  if (options.folder.empty() == options.bundle.empty()) {
    return fail(ErrorCode::invalid_argument, "A backup is a DIR or a `--bundle FILE`.");
  }
  watch_for_interrupt();
  options.backup.may_link = !options.copies;
  const Store store = TRY(context.store_to_read());
  ProgressBar bar("backup", context.output.quiet);
  const auto started = Clock::now();
  const bool is_folder = options.bundle.empty();
  const BackedUp done =
      TRY(is_folder ? back_up(store, options.folder, options.backup, progress_on(bar))
                    : back_up_to_bundle(store, options.bundle, options.backup, progress_on(bar)));
  return answer(context, done, is_folder ? options.folder : options.bundle, seconds_since(started));
}

Result<Exit> restore_verb(Context& context, BackupVerbOptions options) {
  watch_for_interrupt();
  options.backup.may_link = !options.copies;
  std::string target = options.folder;
  if (target.empty()) {
    target = TRY(locate_store(context.globals.store, Environment::of_process())).path.string();
  }
  ProgressBar bar("restore", context.output.quiet);
  const auto started = Clock::now();
  const BackedUp done = TRY(restore(options.from, target, options.backup, progress_on(bar)));
  return answer(context, done, target, seconds_since(started));
}

void add_options(CLI::App& verb, BackupVerbOptions& options) {
  verb.add_flag("--copy", options.copies, "copies everything: no file is shared by hard links");
  verb.add_flag("--verify", options.backup.verify, "reads all that was made, and checks it");
}

}  // namespace

void add_backup_verbs(CLI::App& app, Context& context) {
  CLI::App* backing_up = add_verb(app, "backup", "the whole store once more, while others write");
  auto options = std::make_shared<BackupVerbOptions>();
  backing_up->add_option("DIR", options->folder, "a folder that is absent or empty");
  backing_up->add_option("--bundle", options->bundle, "one file instead of a folder");
  add_options(*backing_up, *options);
  backing_up->callback([&context, options] {
    context.action = [&context, options] { return backup(context, *options); };
  });
  CLI::App* restoring = add_verb(app, "restore", "makes a store of a backup");
  auto restored = std::make_shared<BackupVerbOptions>();
  restoring->add_option("FROM", restored->from, "the backup: a folder or a bundle")->required();
  restoring->add_option("TO", restored->folder, "the store; else the one that --store names");
  add_options(*restoring, *restored);
  restoring->callback([&context, restored] {
    context.action = [&context, restored] { return restore_verb(context, *restored); };
  });
}

}  // namespace shale::cli
