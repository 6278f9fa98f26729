// cache stats|warm|clear: what of a store lies in memory, and what was hot.
#include <fmt/format.h>

#include <memory>

#include "catalog/file_names.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/verbs.hpp"
#include "exchange/times.hpp"
#include "store/page_cache.hpp"

namespace shale::cli {

namespace {

struct Named {
  std::string name;
  catalog::ProjectPaths paths;
};

// All projects of the store, or the one that is named. None is opened: that would put pages into
// the cache, and write what was hot.
Result<std::vector<Named>> projects_asked(const Context& context) {
  const Store store = TRY(context.store_to_read());
  const bool all = context.globals.all_projects || !context.globals.project_given;
  std::vector<Named> named;
  for (const std::string& name : TRY(store.projects())) {
    if (!all && name != context.globals.project) continue;
    named.push_back({name, {store.path() / "projects" / catalog::encode_project_name(name)}});
  }
  if (!named.empty() || all) return named;
  return fail_at(ErrorCode::not_found,
                 fmt::format("There is no project \"{}\" in the store {}.", context.globals.project,
                             store.path().string()),
                 store.path().string());
}

// One object of each project, or all of them in one.
void tell(Context& context, const std::vector<Json>& projects) {
  if (context.output.form == Form::json) {
    context.output.object({{"projects", projects}});
  } else if (context.output.form == Form::ndjson) {
    for (const Json& one : projects) context.output.object(one);
  }
}

std::string hot_text(const store::CacheStanding& standing) {
  if (standing.hot_bytes == 0) return "no hot set saved";
  return fmt::format("hot set of {}, saved {}", size_text(standing.hot_bytes),
                     exchange::format_time({standing.hot_saved_at, true}));
}

Result<Exit> cache_stats(Context& context) {
  std::vector<Json> told;
  for (const Named& project : TRY(projects_asked(context))) {
    const store::CacheStanding standing = TRY(store::cache_standing(project.paths));
    Json one = {{"name", project.name},
                {"shards", standing.shards},
                {"shard_bytes", standing.shard_bytes},
                {"cached_bytes", standing.cached_bytes},
                {"hot_bytes", standing.hot_bytes},
                {"hot_saved_at", nullptr}};
    if (standing.hot_bytes > 0) {
      one["hot_saved_at"] = exchange::format_time({standing.hot_saved_at, true});
    }
    told.push_back(std::move(one));
    if (context.output.is_text()) {
      context.output.line(fmt::format("{}: {} of {} in the page cache; {}", printable(project.name),
                                      size_text(standing.cached_bytes),
                                      size_text(standing.shard_bytes), hot_text(standing)));
    }
  }
  tell(context, told);
  return Exit::ok;
}

Result<Exit> cache_warm(Context& context, bool all) {
  watch_for_interrupt();
  std::vector<Json> told;
  for (const Named& project : TRY(projects_asked(context))) {
    ProgressBar bar("warm " + project.name, context.output.quiet);
    const u64 bytes = TRY(store::warm_cache(project.paths, all, progress_on(bar)));
    told.push_back({{"name", project.name}, {"warmed_bytes", bytes}});
    if (context.output.is_text()) {
      context.output.line(fmt::format("{}: {} read", printable(project.name), size_text(bytes)));
    }
  }
  tell(context, told);
  return Exit::ok;
}

Result<Exit> cache_clear(Context& context) {
  std::vector<Json> told;
  for (const Named& project : TRY(projects_asked(context))) {
    TRY(store::clear_cache(project.paths));
    const u64 bytes = TRY(store::cache_standing(project.paths)).cached_bytes;
    told.push_back({{"name", project.name}, {"cached_bytes", bytes}});
    if (context.output.is_text()) {
      context.output.line(
          fmt::format("{}: {} left in the page cache", printable(project.name), size_text(bytes)));
    }
  }
  tell(context, told);
  return Exit::ok;
}

}  // namespace

void add_cache_verb(CLI::App& app, Context& context) {
  struct Asked {
    std::string action;
    bool all = false;
  };
  CLI::App* verb = add_verb(app, "cache", "what of a store lies in memory, and what was hot");
  auto asked = std::make_shared<Asked>();
  verb->add_option("ACTION", asked->action,
                   "stats: what the page cache holds of the shards, and how much was hot when a "
                   "project was last closed; warm: reads that, and waits for it; clear: forgets "
                   "it, and has the kernel drop the store's pages. What a process caches for "
                   "itself is gone with it, and not shown here")
      ->required()
      ->check(CLI::IsMember({"stats", "warm", "clear"}));
  verb->add_flag("--all", asked->all, "warm: all shards");
  verb->callback([&context, asked] {
    context.action = [&context, asked]() -> Result<Exit> {
      if (asked->action == "warm") return cache_warm(context, asked->all);
      if (asked->all) {
        return fail(ErrorCode::invalid_argument, "--all is an option of `cache warm`.");
      }
      return asked->action == "clear" ? cache_clear(context) : cache_stats(context);
    };
  });
}

}  // namespace shale::cli
