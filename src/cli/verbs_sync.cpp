// sync: a project made equal to a folder.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <thread>

#include "cli/edge_file.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/verbs.hpp"
#include "exchange/front_matter.hpp"
#include "exchange/ndjson_reader.hpp"
#include "query/filter.hpp"
#include "sync/dependents.hpp"
#include "sync/headings.hpp"

namespace shale::cli {

namespace {

using Paths = std::vector<std::string>;

struct SyncVerbOptions {
  std::string folder;
  std::string chunking = "auto";
  bool plan = false;
  bool watch = false;
  std::string edges;       // a file of them
  std::string kept_edges;  // a file of those that are to be kept
  SyncOptions sync;
  CreateOptions create;
};

constexpr std::pair<std::string_view, Chunking> chunkings[] = {
    {"auto", Chunking::automatic},  {"whole", Chunking::whole},       {"lines", Chunking::lines},
    {"symbols", Chunking::symbols}, {"headings", Chunking::headings},
};

Chunking chunking_by_name(std::string_view name) {
  for (const auto& [known, chunking] : chunkings) {
    if (known == name) return chunking;
  }
  return Chunking::automatic;
}

std::string_view name_of(FileChange change) {
  switch (change) {
    case FileChange::added:
      return "added";
    case FileChange::changed:
      return "changed";
    case FileChange::removed:
      return "removed";
    case FileChange::renamed:
      return "renamed";
  }
  return "";
}

constexpr std::string_view markdown_endings[] = {".md", ".markdown", ".mdc", ".mdx"};

// Front matter says of all sections of a Markdown file what they are: type, tags, created_at,
// further keys as attributes. Its `name` is the topic: `attr.name` tells the section.
void describe_by_front_matter(std::string_view text, NewSegment& segment) {
  const bool is_markdown =
      std::any_of(std::begin(markdown_endings), std::end(markdown_endings),
                  [&](auto ending) { return segment.file->ends_with(ending); });
  const auto yaml = is_markdown ? sync::front_matter(text) : std::nullopt;
  if (!yaml) return;
  auto front = exchange::parse_front_matter(std::string(*yaml));
  if (!front) return;  // it is text, like any other
  for (auto& [key, value] : *front) {
    if (exchange::set_field(segment, key, value)) continue;
    if (key == "name" && value.text) {
      segment.topic = *value.text;
    } else if (!key.starts_with('.') && key != "name" && key != "kind") {
      segment.attrs.insert_or_assign(key, std::move(value.value));
    }
  }
}

Json json_of(const std::vector<SyncedFile>& files) {
  Json rows = Json::array();
  for (const SyncedFile& file : files) {
    Json row = {{"path", file.path}, {"change", name_of(file.change)}};
    if (!file.before.empty()) row["before"] = file.before;
    rows.push_back(std::move(row));
  }
  return rows;
}

// Whether it is asked what depends on what has changed: by edges that are given, or on a plan.
bool tells_dependents(const SyncVerbOptions& options) {
  return !options.edges.empty() || options.sync.dry_run;
}

// What depends on files that are not as they were; on those that have gone or were renamed, too.
// Edges that are given are all that count then.
Result<Paths> find_dependents(const SyncVerbOptions& options, const Project& project,
                              const Synced& done) {
  Paths changed;
  changed.reserve(done.files.size());
  for (const SyncedFile& file : done.files) {
    changed.push_back(file.path);
    if (!file.before.empty()) changed.push_back(file.before);
  }
  if (options.edges.empty()) return dependents_of(TRY(project.snapshot()), changed);
  const std::vector<Dependencies> edges = TRY(read_edge_file(options.edges));
  return sync::dependents_of(edges, changed);
}

Json json_of(const std::vector<SyncProblem>& problems) {
  Json rows = Json::array();
  for (const SyncProblem& problem : problems) {
    rows.push_back({{"path", problem.path}, {"reason", problem.reason}});
  }
  return rows;
}

// Of all segments of the prefix, from columns.
Result<u64> tokens_of(const Project& project, const std::string& prefix) {
  const Snapshot snapshot = TRY(project.snapshot());
  const Sum sum = TRY(snapshot.sum("tokens", {}, "attr..mirror:" + query::quoted_value(prefix)));
  return sum.rows.empty() ? 0 : sum.rows[0].sum;
}

void print(Context& context, const SyncVerbOptions& options, const Synced& done,
           const Paths& depending = {}) {
  if (options.plan) {
    for (const SyncedFile& file : done.files) {
      const std::string before = file.before.empty() ? "" : "  (was " + file.before + ')';
      context.output.line(
          fmt::format("{:<8} {}{}", name_of(file.change), printable(file.path), printable(before)));
    }
  }
  for (const std::string& path : depending) {
    context.output.line(fmt::format("depends  {}", printable(path)));
  }
  if (context.output.quiet) return;
  context.output.line(
      fmt::format("{} files: {} unchanged, {} changed, {} added, {} removed, {} renamed; read {}",
                  done.scanned, done.unchanged, done.changed, done.added, done.removed,
                  done.renamed, size_text(done.bytes_read)));
}

Json json_of(const Synced& done) {
  return {{"scanned", done.scanned},         {"unchanged", done.unchanged},
          {"changed", done.changed},         {"added", done.added},
          {"removed", done.removed},         {"renamed", done.renamed},
          {"passed_over", done.passed_over}, {"files_read", done.files_read},
          {"bytes_read", done.bytes_read},   {"stashed", done.stashed},
          {"updated", done.updated},         {"erased", done.erased}};
}

void warn(const Context& context, const Synced& done) {
  for (const SyncProblem& problem : done.problems) {
    context.output.warning(fmt::format("{}: {}", problem.path, problem.reason));
  }
  for (const std::string& warning : done.warnings) context.output.warning(warning);
}

constexpr std::chrono::milliseconds look_for_interrupt{20};

// Until Ctrl-C, which is how it ends.
Result<Exit> watch(Context& context, Project& project, const SyncVerbOptions& options) {
  std::stop_source stop;
  const std::jthread interrupt([&stop](const std::stop_token& ended) {
    while (!ended.stop_requested() && !interrupted()) {
      std::this_thread::sleep_for(look_for_interrupt);
    }
    stop.request_stop();
  });
  const auto told = [&](const Synced& done) {
    warn(context, done);
    if (context.output.is_text()) {
      print(context, options, done);
    } else {
      context.output.object(json_of(done));
    }
    context.output.flush();
    context.keep_up(project);
    return true;
  };
  TRY(watch_folder(project, options.folder, options.sync, told, stop.get_token()));
  return Exit::interrupted;
}

// Nothing where it is not asked, or cannot be told because of damage: the rest of the answer is.
Result<std::optional<Paths>> dependents(const Context& context, const SyncVerbOptions& options,
                                        const Project& project, const Synced& done) {
  if (!tells_dependents(options)) return std::optional<Paths>();
  auto found = find_dependents(options, project, done);
  if (found) return std::optional(*std::move(found));
  if (found.error().code != ErrorCode::corrupt) return Unexpected{std::move(found).error()};
  context.output.warning(found.error().message);
  return std::optional<Paths>();
}

// How many files' dependencies were kept.
Result<u64> keep_edges(const SyncVerbOptions& options, Project& project) {
  if (options.kept_edges.empty()) return u64(0);
  const std::vector<Dependencies> edges = TRY(read_edge_file(options.kept_edges));
  TRY(set_dependencies(project, edges));
  std::set<std::string_view> files;
  for (const Dependencies& one : edges) files.insert(one.from);
  return u64(files.size());
}

Result<Json> answer_of(const SyncVerbOptions& options, const Project& project, const Synced& done) {
  Json answer = json_of(done);
  answer["tokens"] = TRY(tokens_of(project, options.sync.prefix));
  if (options.sync.dry_run) answer["files"] = json_of(done.files);
  if (!done.problems.empty()) answer["problems"] = json_of(done.problems);
  if (!done.warnings.empty()) answer["warnings"] = done.warnings;
  return answer;
}

Result<Exit> sync_verb(Context& context, SyncVerbOptions options) {
  watch_for_interrupt();
  options.sync.chunking = chunking_by_name(options.chunking);
  options.sync.describe = describe_by_front_matter;
  options.sync.dry_run = options.sync.dry_run || options.plan;
  const Store store =
      TRY(options.sync.dry_run ? context.store_to_read() : context.store_to_write(options.create));
  Project project = TRY(store.project(context.globals.project));
  const u64 kept = TRY(keep_edges(options, project));
  if (options.watch) return watch(context, project, options);
  ProgressBar bar("sync", context.output.quiet);
  const Synced done = TRY(sync_with(project, options.folder, options.sync, progress_on(bar)));
  warn(context, done);
  if (!options.sync.dry_run) context.keep_up(project);
  const auto depending = TRY(dependents(context, options, project, done));
  if (context.output.is_text()) {
    const bool lists = options.plan || !options.edges.empty();
    print(context, options, done, lists && depending ? *depending : Paths());
    if (kept > 0 && !context.output.quiet) {
      context.output.line(fmt::format("dependencies of {} files kept", kept));
    }
  } else {
    Json answer = TRY(answer_of(options, project, done));
    if (depending) answer["dependents"] = *depending;
    if (!options.kept_edges.empty()) answer["dependencies_kept"] = kept;
    context.output.object(answer);
  }
  if (tells_dependents(options) && !depending) return Exit::damaged;
  // Some files passed over: the call did not do all it was asked.
  return done.problems.empty() ? Exit::ok : Exit::failed;
}

}  // namespace

void add_sync_verb(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(app, "sync", "makes the project equal to a folder");
  auto options = std::make_shared<SyncVerbOptions>();
  SyncOptions& sync = options->sync;
  verb->add_option("DIR", options->folder, "the folder")->required();
  verb->add_option("--prefix", sync.prefix,
                   "stands before its paths; the segments of other prefixes stay as they are");
  CLI::Option* dry = verb->add_flag("--dry-run", sync.dry_run, "tells what would be done");
  CLI::Option* plan =
      verb->add_flag("--plan", options->plan, "the same, file by file, and what depends on it");
  verb->add_option("--deps", options->edges,
                   "file of {\"from\": path, \"to\": path or list} a line: what depends on what "
                   "has changed, by these instead of the dependencies that are kept");
  verb->add_option("--keep-deps", options->kept_edges,
                   "the same: keeps them for later plans, in place of those each `from` had")
      ->excludes(dry)
      ->excludes(plan);
  verb->add_flag("--watch", options->watch, "goes on until Ctrl-C, following what is saved");
  verb->add_option("--only", sync.only, "takes only files that match one of these patterns");
  verb->add_option("--without", sync.without, "takes no files that match one of these");
  verb->add_option("--max-bytes", sync.file_bytes_max, "takes no longer files (16777216)")
      ->check(whole_number());
  verb->add_flag("--links", sync.follow_links, "takes links to files as files");
  verb->add_flag("--no-ignore{false}", sync.obeys_ignore_files,
                 "takes what .gitignore and .ignore leave out");
  verb->add_flag("--read-all", sync.read_all, "reads every file, whatever its time and size say");
  verb->add_option("--chunk", options->chunking, "auto (the default) whole lines symbols headings")
      ->check(CLI::IsMember({"auto", "whole", "lines", "symbols", "headings"}));
  verb->add_flag("--no-ctags{false}", sync.uses_ctags,
                 "does not ask ctags where files of further languages are cut");
  verb->add_option("--lines", sync.lines, "lines of a segment, for --chunk lines (40)")
      ->check(whole_number());
  add_create_options(*verb, options->create);
  verb->callback([&context, options] {
    context.action = [&context, options] { return sync_verb(context, *options); };
  });
}

}  // namespace shale::cli
