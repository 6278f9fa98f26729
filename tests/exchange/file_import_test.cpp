#include "exchange/file_import.hpp"

#include "tests/exchange/imported.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::exchange;
using namespace shale::exchange::testing;

namespace {

struct Place {
  TemporaryFolder folder;
  Store store = Store::open(folder / "s", {.create = true, .tokenizer = "none"}).value();

  std::filesystem::path write(const std::string& name, std::string_view content) const {
    write_file(folder / name, content);
    return folder / name;
  }
  u64 count(const std::string& project) const {
    return store.project(project).value().snapshot().value().count().value().count;
  }
};

Result<ImportedFiles> import(Place& place, const std::vector<std::filesystem::path>& paths,
                             const FileImportOptions& options = {},
                             const ProgressCallback& progress = {}, std::stop_token stop = {}) {
  const ImportPlan plan = TRY(plan_paths(paths, options));
  ImportedFiles done;
  TRY(import_planned(&place.store, plan, options, progress, stop, done));
  return done;
}

std::string lines(int count) {
  std::string all;
  for (int n = 0; n < count; ++n) {
    all += "{\"id\":\"s" + std::to_string(n) + "\",\"text\":\"number " + std::to_string(n) +
           "\",\"project\":\"p\"}\n";
  }
  return all;
}

}  // namespace

TEST_CASE("file import: what files hold is stashed, what is wrong with some is told") {
  Place place;
  std::vector<std::string> warnings;
  FileImportOptions options;
  options.warn = [&](const std::string& message) { warnings.push_back(message); };
  const std::vector paths = {place.write("a.ndjson", lines(5) + "{\"id\":\"\",\"text\":\"\"}\n"),
                             place.write("b.json", "[{\"id\":\"b\",\"text\":\"t\"}"),
                             place.write("c.mdc", "---\nname: c\n---\n\ntext")};
  options.dry_run = true;
  const ImportedFiles dry = import(place, paths, options).value();
  CHECK(place.store.projects().value().empty());
  options.dry_run = false;
  const ImportedFiles done = import(place, paths, options).value();
  CHECK(done.stashed == 7);
  CHECK(done.replaced == 0);
  CHECK(done.files == 3);
  CHECK(done.bad == 1);
  CHECK(done.damaged == 1);
  CHECK(done.projects == std::vector<std::string>{"default", "p"});
  CHECK(place.count("p") == 5);
  CHECK(warnings.size() == 4);
  CHECK(warnings[0].starts_with(paths[0].string() + ":6: "));
  for (const auto& [one, other] :
       {std::pair(dry.stashed, done.stashed), std::pair(dry.bad, done.bad),
        std::pair(dry.text_bytes, done.text_bytes), std::pair(dry.damaged, done.damaged)}) {
    CHECK(one == other);
  }
  CHECK(import(place, paths, options).value().replaced == 7);
}

TEST_CASE("file import: project, format and statement are the caller's to say") {
  Place place;
  FileImportOptions options;
  options.project = "q";
  const auto path = place.write("odd", lines(2));
  CHECK(import(place, {path}, options).value().stashed == 2);
  CHECK(place.count("q") == 2);
  options.format = "ndjson";
  CHECK(import(place, {place.write("other.json", lines(3))}, options).value().stashed == 3);
  options.format = "xml";
  CHECK(import(place, {path}, options).error().code == ErrorCode::invalid_argument);
  CHECK(import(place, {place.folder / "none"}).error().code == ErrorCode::not_found);
  options.format.clear();
  options.sql = "select 1";
  CHECK(import(place, {path}, options).value().damaged == 1);  // no database
}

TEST_CASE("file import: cancelled, what was committed before stays and is told") {
  Place place;
  std::string much = lines(5000);
  const auto path = place.write("a.ndjson", much);
  const exchange::ImportPlan plan = exchange::plan_paths(std::span(&path, 1), {}).value();
  ImportedFiles done;
  u64 seen = 0;
  const auto ended = exchange::import_planned(
      &place.store, plan, {},
      [&](const Progress& progress) {
        seen = progress.done_bytes;
        CHECK(progress.total_bytes == much.size());
        return progress.segments < 4500;
      },
      {}, done);
  REQUIRE_FALSE(ended);
  CHECK(ended.error().code == ErrorCode::cancelled);
  CHECK(seen > 0);
  CHECK(done.stashed == 4096);
  CHECK(place.count("p") == 4096);
  std::stop_source stop;
  stop.request_stop();
  CHECK(import(place, {path}, {}, {}, stop.get_token()).error().code == ErrorCode::cancelled);
  CHECK(import(place, {path}).value().stashed == 5000);
}
