#include "unite/store_union.hpp"

#include <algorithm>

#include "base/file.hpp"
#include "store/project_state.hpp"
#include "store/store_state.hpp"
#include "unite/project_union.hpp"

namespace shale::unite {

namespace fs = std::filesystem;

namespace {

// A project of the other store, and where it goes.
struct Pair {
  std::string from;
  std::string name;
  Side theirs;
  Side::Size size;
};

bool is_among(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Result<Store> open_other(const Store* into, const fs::path& from) {
  const auto there = TRY(path_identity(from));
  if (into != nullptr && there.has_value() && there == TRY(path_identity(into->path()))) {
    return fail_at(ErrorCode::invalid_argument, "A store cannot be imported into itself.",
                   from.string());
  }
  return Store::open(from, {.read_only = true});
}

Result<std::vector<Pair>> pin_projects(const Store& other, const StoreImportOptions& options) {
  std::vector<std::string> names = TRY(other.projects());
  if (options.from_project) {
    if (!is_among(names, *options.from_project)) {
      return fail_at(ErrorCode::not_found,
                     "There is no project \"" + *options.from_project + "\" in that store.",
                     other.path().string());
    }
    names = {*options.from_project};
  }
  std::vector<Pair> pairs;
  pairs.reserve(names.size());
  for (const std::string& name : names) {
    const Project project = TRY(other.project(name));
    const Snapshot snapshot = TRY(project.snapshot());
    Side theirs = TRY(Side::of(snapshot));
    const Side::Size size = TRY(theirs.size());
    if (size.segments == 0) continue;
    pairs.push_back({name, options.project.value_or(name), std::move(theirs), size});
  }
  return pairs;
}

Result<void> check_target(const std::vector<Pair>& pairs, const Store& other,
                          const StoreImportOptions& options) {
  if (!options.project || pairs.size() < 2) return {};
  std::string names;
  for (const Pair& pair : pairs) names.append(names.empty() ? "" : ", ").append(pair.from);
  return fail_at(ErrorCode::invalid_argument,
                 "Several projects (" + names +
                     ") cannot go into one, their ids would be mixed "
                     "up: say which one with --from-project, or name no --project.",
                 other.path().string());
}

void add_difference(std::vector<std::string>& out, std::string_view what, const std::string& mine,
                    const std::string& theirs) {
  if (mine == theirs) return;
  out.push_back(std::string(what) + " is " + mine + " here and " + theirs + " there");
}

std::vector<std::string> differences(const catalog::Manifest& mine,
                                     const catalog::Manifest& theirs) {
  const auto kept = [](TextIndex index) { return std::string(text_index_name(index)); };
  std::vector<std::string> out;
  add_difference(out, "analysis", mine.analysis, theirs.analysis);
  add_difference(out, "index", kept(mine.index), kept(theirs.index));
  add_difference(out, "shard_by", mine.shard_by, theirs.shard_by);
  return out;
}

void add(const ImportedCounts& one, ImportedCounts& sum) {
  sum.added += one.added;
  sum.same += one.same;
  sum.conflicts += one.conflicts;
  sum.mine += one.mine;
  sum.theirs += one.theirs;
  sum.both += one.both;
  sum.synced += one.synced;
  sum.stashed += one.stashed;
  sum.text_bytes += one.text_bytes;
}

class StoreUnion {
 public:
  StoreUnion(const Store* into, const StoreImportOptions& options, Meter& meter)
      : into_(into), options_(options), meter_(meter) {}

  Result<ImportedStore> run(const Store& other) {
    const std::vector<Pair> pairs = TRY(pin_projects(other, options_));
    TRY(check_target(pairs, other, options_));
    const bool is_checked_first = options_.on_conflict == OnConflict::refuse && !options_.dry_run;
    for (const Pair& pair : pairs) {
      meter_.total_bytes += pair.size.text_bytes * (is_checked_first ? 2 : 1);
    }
    if (is_checked_first) {
      const ImportedStore seen = TRY(pass(pairs, true));
      TRY(check_conflicts(seen, other));
    }
    ImportedStore done = TRY(pass(pairs, options_.dry_run));
    if (into_ != nullptr) {
      add_difference(done.differences, "tokenizer", into_->state().config.tokenizer,
                     other.state().config.tokenizer);
    }
    return done;
  }

 private:
  Result<ImportedStore> pass(const std::vector<Pair>& pairs, bool is_rehearsal) {
    ImportedStore all;
    std::vector<std::string> names;
    if (into_ != nullptr) names = TRY(into_->projects());
    for (const Pair& pair : pairs) {
      ImportedProject one;
      one.name = pair.name;
      one.from = pair.from;
      one.is_new = !is_among(names, pair.name);
      TRY(unite(pair, is_rehearsal, one));
      add(one, all);
      all.projects.push_back(std::move(one));
    }
    return all;
  }

  Result<void> unite(const Pair& pair, bool is_rehearsal, ImportedProject& one) {
    const catalog::Manifest& theirs = pair.theirs.view().edition->manifest;
    std::optional<Project> mine;
    if (!one.is_new) mine = TRY(into_->project(pair.name));
    if (one.is_new && !is_rehearsal) mine = TRY(store::project_like(*into_, pair.name, theirs));
    if (mine) {
      const Snapshot now = TRY(mine->snapshot());
      one.differences = differences(now.state().view->edition->manifest, theirs);
    }
    return unite_projects({pair.theirs, mine, options_, is_rehearsal}, meter_, one);
  }

  static Result<void> check_conflicts(const ImportedStore& seen, const Store& other) {
    if (seen.conflicts == 0) return {};
    const auto first = std::find_if(seen.projects.begin(), seen.projects.end(),
                                    [](const auto& one) { return one.conflicts > 0; });
    return fail_at(ErrorCode::invalid_argument,
                   std::to_string(seen.conflicts) + " segments differ from those of the same id " +
                       "here, the first is \"" + first->conflicting.front() + "\" of project \"" +
                       first->name + "\". Nothing was written: say which to keep (newest, both, " +
                       "mine, theirs).",
                   other.path().string());
  }

  const Store* into_;
  const StoreImportOptions& options_;
  Meter& meter_;
};

}  // namespace

Result<ImportedStore> unite_stores(const Store* into, const fs::path& from,
                                   const StoreImportOptions& options,
                                   const ProgressCallback& progress, const std::stop_token& stop) {
  const Store other = TRY(open_other(into, from));
  if (into != nullptr && into->state().options.read_only && !options.dry_run) {
    return fail_at(ErrorCode::read_only, "The store was opened to be read alone.",
                   into->path().string());
  }
  Meter meter{progress, stop};
  return StoreUnion(into, options, meter).run(other);
}

bool is_store_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path / "shale.toml", ignored);
}

Result<StoreOptions> options_like(const fs::path& folder) {
  const store::StoreConfig config = TRY(store::read_config(folder / "shale.toml"));
  StoreOptions options;
  options.analysis = config.analysis;
  options.tokenizer = config.tokenizer;
  options.shard_by = config.shard_by;
  options.index = text_index_name(config.index);
  return options;
}

}  // namespace shale::unite

namespace shale {

Result<ImportedStore> import_store(Store& into, const std::filesystem::path& from,
                                   const StoreImportOptions& options,
                                   const ProgressCallback& progress, std::stop_token stop) {
  return unite::unite_stores(&into, from, options, progress, stop);
}

}  // namespace shale
