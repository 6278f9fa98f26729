#include "store/text_transfer.hpp"

#include "base/checksum.hpp"
#include "base/compress.hpp"
#include "store/shard_builder.hpp"
#include "tests/store/merge_sources.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

// Text that a dictionary helps with: sentences out of few words, no two alike.
std::string prose(std::mt19937& random, usize bytes) {
  static const char* words[] = {"segment", "store",  "shard",   "because", "the reader", "writes",
                                "merge",   "always", "returns", "value",   "checks",     "length"};
  std::string text;
  while (text.size() < bytes) {
    text += words[random() % 12];
    text += random() % 6 == 0 ? " " + std::to_string(random() % 10'000) + ".\n" : " ";
  }
  return text;
}

void stash_prose(const Project& project, const std::string& stem, unsigned seed, int count,
                 usize bytes) {
  std::mt19937 random(seed);
  Batch batch;
  for (int n = 0; n < count; ++n) {
    batch.stash(segment(stem + std::to_string(n), prose(random, bytes)));
  }
  Project(project).commit(batch, Durability::relaxed).value();
}

const shard::Shard& newest_shard(const std::shared_ptr<const View>& view) {
  return *view->edition->shards.back();
}

void check_texts(const shard::Shard& shard, const Contents& expected) {
  for (u32 doc = 0; doc < shard.document_count(); ++doc) {
    REQUIRE(shard.text(DocNo(doc)).value() == expected.at(shard.id_of(DocNo(doc)).value()));
  }
}

TEST_CASE("under 4 MB no dictionary is trained") {
  const TestStore store;
  const auto state = store.state();
  stash_prose(Project(state), "a", 1, 30, 100'000);
  const Contents expected = contents(Project(state));
  fold(state);
  const auto view = view_of(state);
  CHECK(newest_shard(view).dictionary_count() == 0);
  check_texts(newest_shard(view), expected);
}

TEST_CASE("over 4 MB a dictionary is trained; smaller folds and merges carry it on") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  stash_prose(project, "a", 2, 2500, 2000);
  fold(state);
  const auto trained = view_of(state);
  REQUIRE(newest_shard(trained).dictionary_count() == 1);
  const Buffer dictionary = newest_shard(trained).dictionary(0).value();
  CHECK(dictionary.size() > 1000);
  // A fold of little text takes the newest dictionary there is.
  stash_prose(project, "b", 3, 20, 1500);
  fold(state);
  const auto small = view_of(state);
  REQUIRE(small->edition->shards.size() == 2);
  REQUIRE(newest_shard(small).dictionary_count() == 1);
  CHECK(newest_shard(small).dictionary(0).value() == dictionary);
  CHECK(newest_dictionary(*small).value() == dictionary);
  // A merge copies frames with the dictionary they need; the same one is there once.
  const Contents expected = contents(project);
  merge_shards_only(state);
  const auto merged = view_of(state);
  REQUIRE(merged->edition->shards.size() == 1);
  CHECK(newest_shard(merged).dictionary_count() == 1);
  CHECK(newest_shard(merged).dictionary(0).value() == dictionary);
  check_texts(newest_shard(merged), expected);
}

TEST_CASE("texts are copied as they are stored") {
  const TestStore store;
  const auto state = store.state();
  stash_prose(Project(state), "a", 4, 10, 3000);
  fold(state);
  stash_prose(Project(state), "b", 5, 3, 200'000);  // long texts: tables of frames
  fold(state);
  const auto before = view_of(state);
  merge_shards_only(state);
  const auto after = view_of(state);
  const shard::Shard& merged = newest_shard(after);
  shard::ReadAhead old_ahead, new_ahead;
  for (const auto& old : before->edition->shards) {
    for (u32 doc = 0; doc < old->document_count(); ++doc) {
      const DocNo there = merged.find_id(old->id_of(DocNo(doc)).value()).value().value();
      const shard::StoredText one = old->stored_text(DocNo(doc), old_ahead).value();
      const shard::StoredText two = merged.stored_text(there, new_ahead).value();
      REQUIRE(as_text(one.bytes) == as_text(two.bytes));
      REQUIRE(one.checksum == two.checksum);
      REQUIRE(one.raw_bytes == two.raw_bytes);
    }
  }
}

// A shard of one document whose text is packed with a dictionary of its own.
std::shared_ptr<const shard::Shard> shard_with_dictionary(const TemporaryFolder& folder, u32 n) {
  std::mt19937 random(n);
  Buffer samples;
  std::vector<usize> sizes;
  for (int i = 0; i < 400; ++i) {
    std::string sample = "of " + std::to_string(n) + ": " + prose(random, 200);
    const Bytes bytes = as_bytes(sample);
    samples.insert(samples.end(), bytes.begin(), bytes.end());
    sizes.push_back(bytes.size());
  }
  const Buffer dictionary = train_dictionary(samples, sizes, 2048);
  REQUIRE(!dictionary.empty());
  const std::string text = prose(random, 5000);
  const Metadata metadata = metadata_of(segment("s" + std::to_string(n), text), {});
  const std::vector<u32> words = {u32(plain_words(text).size())};
  shard::ShardOptions options;
  options.id = {n + 1, n + 1000};
  options.document_count = 1;
  options.word_counts = words;
  options.positions = false;
  const path file = folder / std::to_string(n);
  auto writer = shard::ShardWriter::make(file, options).value();
  Terms terms;
  for (const std::string& term : metadata_terms(metadata)) terms[term][0] = {0};
  for (const std::string& word : plain_words(text)) terms[word][0].push_back(0);
  const std::vector<u32> first = {0};
  for (const auto& [term, postings] : terms) {
    const std::vector<u32> tfs = {u32(postings.at(0).size())};
    writer.add_term({term, first, tfs, {}}).value();
  }
  writer.compress_with(writer.add_dictionary(dictionary).value()).value();
  shard::DocumentToWrite document;
  document.metadata = &metadata;
  document.text_hash = checksum128(as_bytes(text));
  document.word_count = words[0];
  document.text = text;
  writer.add_document(document).value();
  writer.finish().value();
  return shard::Shard::open(shard::unfinished_path(file), nullptr).value();
}

TEST_CASE("foreign dictionaries are carried as far as a shard may hold them") {
  const TemporaryFolder folder;
  const TestStore store;
  const auto state = store.state();
  std::vector<MergeSource> sources;
  for (u32 n = 0; n < 35; ++n) {
    auto shard = shard_with_dictionary(folder, n);
    sources.push_back({{shard, std::make_shared<const Overlay>()}, shard});
  }
  const auto build = [&](usize count) {
    const std::span<const MergeSource> some(sources.data(), count);
    const DocumentPlan plan = plan_documents(some).value();
    BuildRequest request = build_request(*state, *view_of(state));
    request.sources = some;
    request.plan = &plan;
    request.positions = false;
    return build_shard(request).value();
  };
  for (const usize count : {usize(2), usize(31), usize(35)}) {
    INFO(count << " sources");
    const BuiltShard built = build(count);
    CHECK(built.shard->dictionary_count() == std::min<usize>(count, 31));
    REQUIRE(built.shard->document_count() == count);
    for (usize n = 0; n < count; ++n) {
      const DocNo doc = built.shard->find_id("s" + std::to_string(n)).value().value();
      REQUIRE(built.shard->text(doc).value() == sources[n].shard->text(DocNo(0)).value());
    }
  }
}

}  // namespace
}  // namespace shale::store
