#include "store/shard_builder.hpp"

#include "tests/store/merge_sources.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

BuiltShard build(const MergeInputs& inputs, const DocumentPlan& plan, bool positions = true) {
  BuildRequest request = build_request(*inputs.state(), inputs.view());
  request.sources = inputs.sources();
  request.plan = &plan;
  request.positions = positions;
  request.replaced = {FileId{3, 4}};
  return build_shard(request).value();
}

TEST_CASE("a built shard holds what the inputs held, updates applied, dead ones gone") {
  const unsigned seed = std::random_device{}();
  for (unsigned round = 0; round < 5; ++round) {
    INFO("seed " << seed + round);
    const MergeInputs inputs(seed + round);
    const DocumentPlan plan = plan_documents(inputs.sources()).value();
    const BuiltShard built = build(inputs, plan);
    const shard::Shard& shard = *built.shard;
    REQUIRE(shard.document_count() == plan.documents.size());
    u64 words = 0;
    for (u32 n = 0; n < plan.documents.size(); ++n) {
      const IndexView& from = inputs.sources()[plan.documents[n].source].view;
      const DocNo doc{plan.documents[n].doc};
      REQUIRE(shard.metadata(DocNo(n)).value() == current_metadata(from, doc).value());
      REQUIRE(shard.text(DocNo(n)).value() == from.index->text(doc).value());
      REQUIRE(shard.text_hash(DocNo(n)).value() == from.index->text_hash(doc).value());
      REQUIRE(shard.lsn_of(DocNo(n)).value() == from.index->lsn_of(doc).value());
      REQUIRE(shard.find_id(shard.id_of(DocNo(n)).value()).value() == DocNo(n));
      words += plan.word_counts[n];
    }
    CHECK(built.entry.documents == plan.documents.size());
    CHECK(built.entry.text_bytes == plan.text_bytes);
    CHECK(built.entry.word_count == words);
    CHECK(built.entry.checksum == shard.info().checksum);
    CHECK(shard.info().replaced == std::vector<FileId>{{3, 4}});
    const auto stream = shard.all_terms();
    CHECK((terms_of(*stream, true) == naive_terms(inputs.sources(), plan)));
  }
}

TEST_CASE("a shard without positions has terms and frequencies all the same") {
  const MergeInputs inputs(7);
  const DocumentPlan plan = plan_documents(inputs.sources()).value();
  const BuiltShard built = build(inputs, plan, false);
  CHECK(!built.shard->has_positions());
  Terms expected = naive_terms(inputs.sources(), plan);
  for (auto& [term, postings] : expected) {
    for (auto& [doc, places] : postings) places.assign(places.size(), 0);
  }
  const auto stream = built.shard->all_terms();
  CHECK((terms_of(*stream, false) == expected));
}

TEST_CASE("the file stands under its name, guarded while nothing names it") {
  const MergeInputs inputs(8);
  const DocumentPlan plan = plan_documents(inputs.sources()).value();
  std::optional<BuiltShard> built = build(inputs, plan);
  const path file = inputs.state()->paths.shard(built->entry.id);
  CHECK(std::filesystem::file_size(file) == built->entry.file_bytes);
  CHECK(files_in(file.parent_path(), ".tmp").empty());
  CHECK(!LockFile::open(file, false).value().try_lock(0).value());
  built.reset();
  CHECK(LockFile::open(file, false).value().try_lock(0).value());
}

TEST_CASE("bulk shards number their documents from nothing") {
  const MergeInputs inputs(9);
  const DocumentPlan plan = plan_documents(inputs.sources()).value();
  BuildRequest request = build_request(*inputs.state(), inputs.view());
  request.sources = inputs.sources();
  request.plan = &plan;
  request.local_lsns = true;
  const BuiltShard built = build_shard(request).value();
  CHECK(built.shard->lsn_of(DocNo(0)).value() == Lsn{0});
  const auto based =
      shard::Shard::open(inputs.state()->paths.shard(request.id), nullptr, u64(1234)).value();
  CHECK(based->lsn_of(DocNo(0)).value() == Lsn{1234});
}

TEST_CASE("a build that is stopped or fails leaves no file") {
  const TestStore store;
  const auto state = store.state();
  for (int part = 0; part < 2; ++part) stash_many(Project(state), std::to_string(part) + "-", 1500);
  stash(Project(state), "long", std::string(50'000, 'x'));
  const auto view = view_of(state);
  const auto sources = sources_of(*view);
  const DocumentPlan plan = plan_documents(sources).value();
  BuildRequest request = build_request(*state, *view);
  request.sources = sources;
  request.plan = &plan;
  SECTION("stopped") {
    std::stop_source stop;
    stop.request_stop();
    request.stop = stop.get_token();
    CHECK(build_shard(request).error().code == ErrorCode::cancelled);
  }
  SECTION("a text cannot be read") {
    flip_byte(store.active_log(), read_text(store.active_log()).find("xxxxxxxx"));
    CHECK(!build_shard(request).has_value());
  }
  CHECK(files_in(store.paths().shard_folder()).empty());
}

TEST_CASE("requests take their file ids and options from the project") {
  const TestStore store;
  const auto state = store.state();
  const auto view = view_of(state);
  const BuildRequest one = build_request(*state, *view);
  const BuildRequest two = build_request(*state, *view);
  CHECK(one.id.sequence == view->edition->manifest.next_sequence);
  CHECK(one.id.random != two.id.random);
  CHECK(one.positions);
  CHECK(one.analysis == "plain");
  CHECK(newest_dictionary(*view).value().empty());
}

}  // namespace
}  // namespace shale::store
