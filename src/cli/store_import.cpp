#include "cli/store_import.hpp"

#include <fmt/format.h>

#include <chrono>

#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "unite/store_union.hpp"

namespace shale::cli {

namespace {

using Clock = std::chrono::steady_clock;

constexpr usize ids_in_a_line = 5;

Json counts_of(const ImportedCounts& counts) {
  return {
      {"added", counts.added},   {"same", counts.same},       {"conflicts", counts.conflicts},
      {"mine", counts.mine},     {"theirs", counts.theirs},   {"both", counts.both},
      {"synced", counts.synced}, {"stashed", counts.stashed}, {"text_bytes", counts.text_bytes}};
}

std::string text_of(const ImportedCounts& counts) {
  std::string text = fmt::format("{} added, {} same", counts.added, counts.same);
  if (counts.conflicts == 0) return text;
  text += fmt::format(", {} conflicts", counts.conflicts);
  std::string decided;
  const auto tell = [&](u64 count, std::string_view what) {
    if (count > 0) decided += fmt::format("{}{} {}", decided.empty() ? "" : ", ", count, what);
  };
  tell(counts.mine, "mine");
  tell(counts.theirs, "theirs");
  tell(counts.both, "both");
  if (!decided.empty()) text += fmt::format(" ({})", decided);
  return text;
}

std::string_view name_of_kept(Kept kept) {
  return kept == Kept::both ? "both" : kept == Kept::theirs ? "theirs" : "mine";
}

class StoreImporting {
 public:
  StoreImporting(Context& context, const StoreImport& import)
      : context_(context), import_(import), bar_("import", context.output.quiet) {}

  Result<Exit> run() {
    watch_for_interrupt();
    std::optional<Store> store =
        TRY(context_.store_to_fill(import_.create, import_.options.dry_run));
    StoreImportOptions options = import_.options;
    if (context_.output.form == Form::ndjson) {
      options.on_each = [this](const Conflict& conflict) { tell(conflict); };
    }
    const auto show = [this](const Progress& progress) {
      written_ = progress.segments;
      bar_.show(progress.done_bytes, progress.total_bytes, progress.segments);
      return !interrupted();
    };
    auto done = unite::unite_stores(store ? &*store : nullptr, import_.path, options, show, {});
    if (!done) return failed(std::move(done).error());
    if (!options.dry_run) TRY(keep_up(*store, *done));
    report(*done);
    const bool is_open = options.on_conflict == OnConflict::refuse && done->conflicts > 0;
    if (!is_open) return Exit::ok;
    context_.output.warning("conflicts are an error without --on-conflict");
    return Exit::usage;
  }

 private:
  Result<void> keep_up(const Store& store, const ImportedStore& done) {
    for (const ImportedProject& one : done.projects) {
      if (one.stashed == 0) continue;
      Project project = TRY(store.project(one.name));
      context_.keep_up(project);
    }
    return {};
  }

  void tell(const Conflict& conflict) {
    Json members{{"project", conflict.project}, {"id", conflict.id}};
    if (import_.options.on_conflict != OnConflict::refuse) {
      members["kept"] = name_of_kept(conflict.kept);
    }
    if (!conflict.new_id.empty()) members["new_id"] = conflict.new_id;
    context_.output.object(members);
  }

  void report(const ImportedStore& done) {
    tell_differences(done);
    const double seconds = std::chrono::duration<double>(Clock::now() - started_).count();
    if (!context_.output.is_text()) {
      Json members = json_of(done);
      members["dry_run"] = import_.options.dry_run;
      members["seconds"] = seconds;
      context_.output.object(members);
      return;
    }
    if (context_.output.quiet) return;
    for (const std::string& line : lines_of(done)) context_.output.line(line);
    context_.output.line(fmt::format("{}{}; {} stashed, {} in {:.2f} s",
                                     import_.options.dry_run ? "would be: " : "", text_of(done),
                                     done.stashed, size_text(done.text_bytes), seconds));
  }

  void tell_differences(const ImportedStore& done) const {
    for (const std::string& text : done.differences) context_.output.warning(text);
    for (const ImportedProject& one : done.projects) {
      for (const std::string& text : one.differences) {
        context_.output.warning(fmt::format("project {}: {}", printable(one.name), text));
      }
    }
  }

  Result<Exit> failed(Error error) {
    if (written_ > 0) {
      context_.output.warning(
          fmt::format("{} segments are stashed, the rest is not: the same call does it", written_));
    }
    return Unexpected{std::move(error)};
  }

  Context& context_;
  const StoreImport& import_;
  ProgressBar bar_;
  Clock::time_point started_ = Clock::now();
  u64 written_ = 0;
};

}  // namespace

OnConflict conflict_policy(const std::string& name) {
  if (name == "newest") return OnConflict::newest;
  if (name == "both") return OnConflict::both;
  if (name == "mine") return OnConflict::mine;
  return name == "theirs" ? OnConflict::theirs : OnConflict::refuse;
}

Json json_of(const ImportedStore& done) {
  Json members = counts_of(done);
  Json projects = Json::array();
  for (const ImportedProject& one : done.projects) {
    Json project{{"name", one.name}, {"from", one.from}, {"is_new", one.is_new}};
    project.update(counts_of(one));
    project["conflicting"] = one.conflicting;
    project["differences"] = one.differences;
    projects.push_back(std::move(project));
  }
  members["projects"] = std::move(projects);
  members["differences"] = done.differences;
  return members;
}

std::vector<std::string> lines_of(const ImportedStore& done) {
  std::vector<std::string> lines;
  lines.reserve(done.projects.size());
  for (const ImportedProject& one : done.projects) {
    std::string line = fmt::format("{}: {}", printable(one.name), text_of(one));
    if (one.name != one.from) line += fmt::format(" (from {})", printable(one.from));
    for (usize i = 0; i < std::min(one.conflicting.size(), ids_in_a_line); ++i) {
      line += fmt::format("{} {}", i == 0 ? ":" : ",", printable(one.conflicting[i]));
    }
    if (one.conflicts > ids_in_a_line) line += ", ...";
    lines.push_back(std::move(line));
  }
  return lines;
}

Result<Exit> import_store_verb(Context& context, const StoreImport& import) {
  return StoreImporting(context, import).run();
}

}  // namespace shale::cli
