#include "exchange/store_export.hpp"

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

  void stash(const std::string& project, NewSegment segment) const {
    segment.created_at = Time{1'700'000'000'000'000 - i64(segment.id[0]), true};
    segment.touched_at = segment.created_at;
    Batch batch;
    batch.stash(std::move(segment));
    store.project(project).value().commit(batch).value();
  }
  std::string read(const std::string& name) const {
    std::ifstream file(folder / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

enum class Form { lines, context };

Result<Exported> export_to(const Store& store, const std::filesystem::path& path,
                           Form form = Form::lines, const std::string& where = {},
                           const ProgressCallback& progress = {}) {
  std::vector<ExportedView> views;
  const std::vector<std::string> names = store.projects().value();
  for (const std::string& name : names) {
    views.push_back({name, store.project(name).value().snapshot().value()});
  }
  const std::stop_token never;
  StoreExport writing(views, where, progress, never);
  TRY(form == Form::context ? writing.context_to_folder(path) : writing.lines_to_file(path));
  return writing.done();
}

u64 stashed_of(Store& store, const std::filesystem::path& path) {
  const ImportPlan plan = plan_paths(std::span(&path, 1), {}).value();
  ImportedFiles done;
  import_planned(&store, plan, {}, {}, {}, done).value();
  return done.stashed;
}

}  // namespace

TEST_CASE("store export: what is written is read back the same, by either format") {
  const Place place;
  place.stash("p", {.id = "a", .text = "\xff", .tags = {"x"}, .pinned = true});
  place.stash("p", {.id = "b", .text = "two", .attrs = {{"k", true}}});
  place.stash("q/r", {.id = "a", .text = "three"});
  const Exported lines = export_to(place.store, place.folder / "all.ndjson").value();
  CHECK(lines.segments == 3);
  CHECK(lines.files == 1);
  CHECK(lines.bytes == place.read("all.ndjson").size());
  CHECK(lines.losses.empty());
  const Exported files = export_to(place.store, place.folder / "o", Form::context).value();
  CHECK(files.files == 2);
  CHECK_FALSE(files.losses.empty());
  for (const char* name : {"all.ndjson", "o"}) {
    Store again = Store::open(place.folder / (std::string("s-") + name),
                              {.create = true, .tokenizer = "none"})
                      .value();
    const std::filesystem::path path = place.folder / name;
    REQUIRE(stashed_of(again, path) == 3);
    const auto copy = place.folder / (std::string(name) + ".again");
    CHECK(export_to(again, copy).value().segments == 3);
    CHECK(place.read(std::string(name) + ".again") == place.read("all.ndjson"));
  }
}

TEST_CASE("store export: what passes a filter, oldest first") {
  const Place place;
  place.stash("p", {.id = "a", .text = "1", .type = "code"});
  place.stash("p", {.id = "b", .text = "2", .type = "code"});
  place.stash("p", {.id = "c", .text = "3"});
  CHECK(export_to(place.store, place.folder / "x", Form::lines, "type:code").value().segments == 2);
  const std::string all = place.read("x");
  CHECK(all.find("\"id\":\"b\"") < all.find("\"id\":\"a\""));
  const auto unknown = export_to(place.store, place.folder / "y", Form::lines, "colour:red");
  CHECK(unknown.error().code == ErrorCode::invalid_argument);
  CHECK_FALSE(std::filesystem::exists(place.folder / "y"));
}

TEST_CASE("store export: cancelled, no file is there") {
  const Place place;
  place.stash("p", {.id = "a", .text = "1"});
  place.stash("p", {.id = "b", .text = "2"});
  const auto ended = export_to(place.store, place.folder / "x", Form::lines, {},
                               [](const Progress& progress) { return progress.segments == 0; });
  REQUIRE_FALSE(ended);
  CHECK(ended.error().code == ErrorCode::cancelled);
  CHECK_FALSE(std::filesystem::exists(place.folder / "x"));
  CHECK_FALSE(std::filesystem::exists(place.folder / "x.tmp"));
}

TEST_CASE("store export: lines go where the caller wants, in pieces") {
  const Place place;
  for (char id = 'a'; id < 'e'; ++id) {
    place.stash("p", {.id = std::string(1, id), .text = std::string(1u << 19, 'x')});
  }
  const std::vector<ExportedView> views = {
      {"p", place.store.project("p").value().snapshot().value()}};
  const std::stop_token never;
  const ProgressCallback silent;
  const std::string everything;
  StoreExport writing(views, everything, silent, never);
  int pieces = 0;
  u64 bytes = 0;
  REQUIRE(writing.lines_to([&](std::string_view piece) {
    ++pieces;
    bytes += piece.size();
    return Result<void>();
  }));
  CHECK(pieces == 3);
  CHECK(writing.done().bytes == bytes);
  const auto failed = writing.lines_to(
      [](std::string_view) -> Result<void> { return fail(ErrorCode::no_space, "full"); });
  CHECK(failed.error().code == ErrorCode::no_space);
}
