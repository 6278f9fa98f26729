// init stash update touch pin unpin rm: single segments, by id.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <optional>

#include "base/bytes.hpp"
#include "base/file.hpp"
#include "base/system.hpp"
#include "cli/identifiers.hpp"
#include "cli/input.hpp"
#include "cli/segment_options.hpp"
#include "cli/store_locator.hpp"
#include "cli/verbs.hpp"
#include "model/record.hpp"

namespace shale::cli {

namespace fs = std::filesystem;

namespace {

// --- init ---------------------------------------------------------------------------------------

struct InitOptions {
  std::string folder;
  CreateOptions create;
};

// The store is nobody's source file: git leaves the whole folder alone.
Result<void> write_gitignore(const fs::path& store) {
  const fs::path path = store / ".gitignore";
  if (TRY(path_exists(path))) return {};
  return replace_file(path, as_bytes("*\n"));
}

Result<Exit> init(Context& context, const InitOptions& options) {
  fs::path path = fs::path(options.folder.empty() ? "." : options.folder) / store_folder_name;
  if (options.folder.empty() && !context.globals.store.empty()) path = context.globals.store;
  path = path.lexically_normal();
  const bool existed = TRY(path_exists(path));
  Context there = context;
  there.globals.store = path.string();
  const Store store = TRY(there.store_to_write(options.create));
  TRY(write_gitignore(store.path()));
  if (!context.output.is_text()) {
    context.output.object({{"path", store.path().string()}, {"made", !existed}});
  } else if (existed) {
    context.output.note(fmt::format("the store {} was there already", path.string()));
  } else {
    context.output.line(fmt::format("made the store {}", path.string()));
  }
  return Exit::ok;
}

// --- stash --------------------------------------------------------------------------------------

struct StashOptions {
  std::optional<std::string> id;
  std::string text = "-";
  SegmentOptions fields;
};

Result<Exit> stash(Context& context, const StashOptions& options) {
  NewSegment segment = TRY(segment_of(options.fields));
  segment.id = options.id ? *options.id : make_identifier();
  segment.text = options.text == "-" ? TRY(read_standard_input(text_bytes_max)) : options.text;
  TRY(check_segment(segment));
  const std::string id = segment.id;
  Project project = TRY(context.project_to_write());
  Batch batch;
  batch.stash(std::move(segment));
  const Committed done = TRY(project.commit(batch));
  context.keep_up(project);
  if (context.output.is_text()) {
    context.output.line(printable(id));
  } else {
    context.output.object({{"id", id},
                           {"project", project.name()},
                           {"stashed", done.stashed},
                           {"replaced", done.replaced},
                           {"lsn", done.lsn}});
  }
  return Exit::ok;
}

// --- changes by id ------------------------------------------------------------------------------

Exit report_change(Context& context, std::string_view what, u64 count, const Committed& done) {
  if (context.output.is_text()) {
    if (!context.output.quiet) context.output.line(fmt::format("{} {}", what, count));
  } else {
    context.output.object({{what, count}, {"missing", done.missing}, {"lsn", done.lsn}});
  }
  for (const std::string& id : done.missing) {
    context.output.warning(fmt::format("there is no segment \"{}\"", id));
  }
  return done.missing.empty() ? Exit::ok : Exit::nothing_found;
}

// Changes to `ids`: of a project nobody wrote to, all of them are missing.
Result<Committed> commit(Context& context, const Batch& batch,
                         const std::vector<std::string>& ids) {
  std::optional<Project> project = TRY(context.project_to_change());
  if (!project.has_value()) {
    Committed nothing;
    nothing.missing = ids;
    return nothing;
  }
  Committed done = TRY(project->commit(batch));
  if (done.updated + done.erased > 0) context.keep_up(*project);
  return done;
}

Result<Exit> update_all(Context& context, const std::vector<std::string>& ids,
                        const Update& changes) {
  Batch batch;
  for (const std::string& id : ids) {
    TRY(check_update(id, changes));
    batch.update(id, changes);
  }
  const Committed done = TRY(commit(context, batch, ids));
  return report_change(context, "updated", done.updated, done);
}

Result<Exit> erase_all(Context& context, const std::vector<std::string>& ids) {
  Batch batch;
  for (const std::string& id : ids) batch.erase(id);
  const Committed done = TRY(commit(context, batch, ids));
  return report_change(context, "erased", done.erased, done);
}

using Ids = std::shared_ptr<std::vector<std::string>>;

Ids add_ids(CLI::App& verb) {
  auto ids = std::make_shared<std::vector<std::string>>();
  verb.add_option("ID", *ids, "ids of segments")->required();
  return ids;
}

// A verb that makes one and the same change to every id named.
void add_fixed_update(CLI::App& app, Context& context, const std::string& name,
                      const std::string& description, std::function<Update()> change) {
  CLI::App* verb = add_verb(app, name, description);
  verb->callback([&context, ids = add_ids(*verb), change = std::move(change)] {
    context.action = [&context, ids, change] { return update_all(context, *ids, change()); };
  });
}

void add_update(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(app, "update", "changes metadata, not text");
  auto options = std::make_shared<SegmentOptions>();
  add_update_options(*verb, *options);
  verb->callback([&context, options, ids = add_ids(*verb)] {
    context.action = [&context, options, ids]() -> Result<Exit> {
      const Update changes = TRY(update_of(*options));
      if (changes == Update{}) {
        return fail(ErrorCode::invalid_argument, "`update` needs at least one field to change.");
      }
      return update_all(context, *ids, changes);
    };
  });
}

void add_init(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(app, "init", "makes a store");
  auto options = std::make_shared<InitOptions>();
  verb->add_option("DIR", options->folder, "folder that gets the .shale (default: here)");
  add_create_options(*verb, options->create);
  verb->callback([&context, options] {
    context.action = [&context, options] { return init(context, *options); };
  });
}

void add_stash(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(app, "stash", "stores one segment and prints its id");
  auto options = std::make_shared<StashOptions>();
  verb->add_option("--id", options->id, "its id (default: a new one, ordered by time)");
  verb->add_option("TEXT", options->text, "its text; - or nothing: standard input");
  add_stash_options(*verb, options->fields);
  verb->callback([&context, options] {
    context.action = [&context, options] { return stash(context, *options); };
  });
}

}  // namespace

void add_write_verbs(CLI::App& app, Context& context) {
  add_init(app, context);
  add_stash(app, context);
  add_update(app, context);
  add_fixed_update(app, context, "touch", "marks segments as used now", [] {
    return Update{.touched_at = Time{.microseconds = now_microseconds(), .zoned = true}};
  });
  add_fixed_update(app, context, "pin", "keeps segments from being evicted",
                   [] { return Update{.pinned = true}; });
  add_fixed_update(app, context, "unpin", "takes a pin back",
                   [] { return Update{.pinned = false}; });
  CLI::App* erase = add_verb(app, "rm", "erases segments");
  erase->callback([&context, ids = add_ids(*erase)] {
    context.action = [&context, ids] { return erase_all(context, *ids); };
  });
}

}  // namespace shale::cli
