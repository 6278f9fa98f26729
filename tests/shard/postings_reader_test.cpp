#include "tests/support/catch.hpp"

#include "shard/postings.hpp"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <random>
#include <thread>

#include "tests/shard/terms_fixture.hpp"

namespace shale::shard {
namespace {

TermEntry list_entry(u32 df, u32 bytes, bool word) {
  TermEntry entry;
  entry.df = df;
  entry.list_bytes = bytes;
  entry.word = word;
  return entry;
}

// Two words and a metadata term, and what verify() says of them after a change.
struct Verified : testing::PostingsFixture {
  std::vector<u32> docs;
  u64 second_at = 0;  // TFRQ offset of the second word

  Verified() {
    std::vector<u32> tfs(33, 1);
    for (u32 i = 0; i < 33; ++i) docs.push_back(i * 3);
    tfs[4] = 15;
    add_big(docs, tfs, true);
    add_big(docs, tfs, false);
    second_at = frequencies.size();
    tfs[32] = 400;
    add_big(docs, tfs, true);
    finish();
  }
  Result<void> verify() const {
    const PostingsReader reader = open(100);
    PostingsReader::Ends ends;
    for (u32 number = 0; number < writer.big_count(); ++number) {
      auto result = reader.verify(number, reader.big_term(number).value(), ends);
      if (!result) return result;
    }
    return reader.verify_ends(0, ends);
  }
  void refused(u32 entry, u64 reported, const std::string& part) const {
    testing::check_damage(verify(), files, entry, reported, part);
  }
};

}  // namespace

TEST_CASE("postings: any bytes decode to documents of the shard or to damage") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  testing::SectionFixture files;
  Buffer noise(4000);
  for (std::byte& b : noise) b = std::byte(random() % 4 == 0 ? random() : random() % 8);
  files.put(tag::small_lists, noise);
  const auto views = files.views();
  const auto reader = PostingsReader::make({views[0], {}, {}, {}}, 500, 0).value();
  std::vector<u32> docs;
  std::vector<u32> tfs;
  u32 decoded = 0;
  for (u32 round = 0; round < 20'000; ++round) {
    const u32 bytes = 2 + u32(random() % 20);
    TermEntry entry = list_entry(2 + u32(random() % 20), bytes, round % 2 == 0);
    entry.list_at = random() % (noise.size() + 10);
    DenseSet one(500), together(500);
    const ListShape shape{u16(entry.df), u16(bytes), entry.word};
    const bool is_list = reader.add_list(entry, one).has_value();
    REQUIRE(reader.add_lists(entry.list_at, {&shape, 1}, together).has_value() == is_list);
    if (is_list) REQUIRE(one.to_vector() == together.to_vector());
    if (!reader.list(entry, docs, tfs)) continue;
    ++decoded;
    REQUIRE(docs.size() == entry.df);
    for (usize i = 0; i < docs.size(); ++i)
      if (docs[i] >= 500 || (i > 0 && docs[i] <= docs[i - 1]) || tfs[i] == 0) FAIL("bad list");
  }
  CHECK(decoded > 0);
}

TEST_CASE("postings: a decoded big term, in parts and as a whole") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  testing::ModelTerms terms;
  terms["word"] = testing::random_postings(random, 30'001, 140'000, true);
  testing::TermsFixture fixture(terms, 140'000, false);
  const auto v = fixture.files().views();
  const auto reader = PostingsReader::make({v[2], v[3], v[4], v[5]}, 140'000, 1).value();
  const testing::EncodedTerm expected(terms["word"], false);
  const BigTerm term = reader.big_term(0).value();
  std::vector<u32> docs;
  reader.big_documents(0, term, docs).value();
  CHECK(docs == expected.docs);
  for (u32 round = 0; round < 200; ++round) {
    const u32 first = u32(random() % 30'001);
    std::vector<u32> tfs(random() % (30'001 - first) + 1);
    reader.frequencies(term, first, tfs).value();
    if (!std::equal(tfs.begin(), tfs.end(), expected.tfs.begin() + first)) FAIL("from " << first);
  }
  CHECK_FALSE(reader.big_term(1));
}

TEST_CASE("postings: exceptions are found by rank") {
  const std::vector<TfException> exceptions{{3, 15}, {9, 100}, {10, 16}};
  CHECK(exception_of(exceptions, 3) == 15);
  CHECK(exception_of(exceptions, 9) == 100);
  CHECK(exception_of(exceptions, 10) == 16);
  CHECK(exception_of(exceptions, 0) == 0);
  CHECK(exception_of(exceptions, 4) == 0);
  CHECK(exception_of(exceptions, 11) == 0);
  CHECK(exception_of({}, 0) == 0);
}

TEST_CASE("postings: a record count that does not fit is refused") {
  testing::SectionFixture files;
  files.put(tag::big_terms, Buffer(64));
  const auto views = files.views();
  CHECK(PostingsReader::make({{}, views[0], {}, {}}, 10, 2));
  CHECK_FALSE(PostingsReader::make({{}, views[0], {}, {}}, 10, 1));
  CHECK_FALSE(PostingsReader::make({{}, views[0], {}, {}}, 10, 3));
  const auto reader = PostingsReader::make({{}, views[0], {}, {}}, 10, 2).value();
  CHECK_FALSE(reader.big_term(0));  // df 0
}

TEST_CASE("postings: lists written by hand are read as the layout says") {
  testing::SectionFixture files;
  // A word: documents 0, 3, 4 and 260, frequencies 1, 2, 130 and 1; then a metadata term: 5, 200.
  files.put(tag::small_lists,
            testing::buffer_of({0 << 1, 2 << 1 | 1, 0, 0 << 1 | 1, 128, 1, 0xfe, 3, 5, 194, 1}));
  const auto views = files.views();
  const auto reader = PostingsReader::make({views[0], {}, {}, {}}, 261, 0).value();
  std::vector<u32> docs(99);
  std::vector<u32> tfs;
  reader.list(list_entry(4, 8, true), docs, tfs).value();
  CHECK(docs == std::vector<u32>{0, 3, 4, 260});
  CHECK(tfs == std::vector<u32>{1, 2, 130, 1});
  TermEntry metadata = list_entry(2, 3, false);
  metadata.list_at = 8;
  reader.list(metadata, docs, tfs).value();
  CHECK(docs == std::vector<u32>{5, 200});
  CHECK(tfs == std::vector<u32>{1, 1});
  TermEntry single = list_entry(1, 0, true);
  single.doc = 9;
  single.tf = 4;
  reader.list(single, docs, tfs).value();
  CHECK((docs == std::vector<u32>{9} && tfs == std::vector<u32>{4}));
}

TEST_CASE("postings: lists come back at every length they have") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  testing::PostingsFixture fixture;
  std::vector<TermEntry> entries;
  std::vector<std::vector<u32>> all_docs;
  std::vector<std::vector<u32>> all_tfs;
  for (u32 df = 2; df <= small_df_max; ++df) {
    const bool word = df % 2 == 0;
    all_docs.push_back(testing::random_documents(random, df, df % 5 == 0 ? df : 300'000));
    all_tfs.emplace_back(df, 1);
    for (u32& tf : all_tfs.back())
      if (word) tf = random() % 7 == 0 ? ~0u : testing::random_tf(random);
    TermEntry entry = list_entry(df, 0, word);
    entry.list_at = fixture.writer.lists_end();
    entry.list_bytes = fixture.writer.add_list(all_docs.back(), all_tfs.back(), word).value();
    entries.push_back(entry);
  }
  fixture.finish();
  const PostingsReader reader = fixture.open(300'000);
  std::vector<u32> docs;
  std::vector<u32> tfs;
  for (usize i = 0; i < entries.size(); ++i) {
    reader.list(entries[i], docs, tfs).value();
    CHECK(docs == all_docs[i]);
    CHECK(tfs == all_tfs[i]);
  }
  for (usize i = 0; i < entries.size();) {
    DenseSet expected(300'000), found(300'000);
    std::vector<ListShape> shapes;
    const u64 at = entries[i].list_at;
    for (usize count = 1 + random() % block_terms; count > 0 && i < entries.size(); --count, ++i) {
      shapes.push_back({u16(entries[i].df), u16(entries[i].list_bytes), entries[i].word});
      for (const u32 doc : all_docs[i]) expected.add(doc);
    }
    reader.add_lists(at, shapes, found).value();
    CHECK(found.to_vector() == expected.to_vector());
  }
  reader.verify_ends(fixture.lists.size(), {}).value();
  testing::check_damage(reader.verify_ends(entries.back().list_at, {}), fixture.files, 0,
                        entries.back().list_at, "bytes behind the last list");
}

TEST_CASE("postings: a list is refused just beyond its borders") {
  const auto reads = [](std::initializer_list<u64> varints, usize left_out = 0) {
    testing::SectionFixture own;
    ByteWriter bytes;
    for (const u64 value : varints) bytes.varint(value);
    own.put(tag::small_lists, bytes.bytes());
    const auto views = own.views();
    const auto reader = PostingsReader::make({views[0], {}, {}, {}}, 500, 0).value();
    std::vector<u32> docs;
    std::vector<u32> tfs;
    const auto result = reader.list(list_entry(2, u32(bytes.size() - left_out), true), docs, tfs);
    if (!result) testing::check_damage(result, own, 0, 0, "list that does not decode");
    return result.has_value();
  };
  CHECK(reads({0, 498 << 1}));
  CHECK_FALSE(reads({0, 499 << 1}));
  CHECK(reads({498 << 1, 0}));
  CHECK_FALSE(reads({499 << 1, 0}));
  CHECK_FALSE(reads({500 << 1, 0}));
  CHECK_FALSE(reads({0, ~u64(1)}));
  CHECK(reads({0, 1, 0xffff'fffd}));
  CHECK_FALSE(reads({0, 1, 0xffff'fffe}));
  CHECK_FALSE(reads({0, 0, 0}));
  CHECK_FALSE(reads({0, 2}, 1));
}

TEST_CASE("postings: a record counts more than a list holds and no more than there are") {
  testing::PostingsFixture fixture;
  for (const u32 df : {31u, 32u, 500u, 501u}) {
    BigTerm record;
    record.df = df;
    fixture.writer.add_record(record).value();
  }
  fixture.finish();
  const PostingsReader reader = fixture.open(500);
  testing::check_damage(reader.big_term(0), fixture.files, 1, 0, "document count is out of range");
  CHECK(reader.big_term(1).value().df == 32);
  CHECK(reader.big_term(2).value().df == 500);
  testing::check_damage(reader.big_term(3), fixture.files, 1, 96, "document count is out of range");
  CHECK(reader.big_term(4).error().code == ErrorCode::corrupt);
}

TEST_CASE("postings: every part of a big term is verified") {
  Verified v;
  v.verify().value();
  // nibbles of 33 postings take 20 bytes; then a count and two pairs of rank and frequency
  const u64 escapes_at = v.second_at + 20;
  SECTION("documents that leave a gap") {
    v.files.damage(1, 2 * 32 + 4, 2, true);
    v.refused(1, 2 * 32, "documents that do not follow");
  }
  SECTION("frequencies that leave a gap") {
    v.files.damage(1, 2 * 32 + 8, 1, true);
    v.refused(1, 2 * 32, "frequencies that do not follow");
  }
  SECTION("a document out of order") {
    v.files.overwrite_value(2, 6, u16(100));
    v.refused(2, 0, "malformed set of documents");
  }
  SECTION("a frequency of zero") {
    v.files.overwrite_value(3, v.second_at + 3, u8(0x10));
    v.refused(3, v.second_at + 3, "wrong frequency");
  }
  SECTION("a frequency behind the last posting") {
    v.files.overwrite_value(3, v.second_at + 19, u8(1));
    v.refused(3, v.second_at + 19, "wrong frequency");
  }
  SECTION("an escape without its pair") {
    v.files.overwrite_value(3, v.second_at + 5, u8(0x1f));
    v.refused(3, v.second_at + 5, "misses an escape");
  }
  SECTION("a pair without its escape") {
    v.files.overwrite_value(3, v.second_at + 16, u8(0x01));
    v.refused(3, v.second_at, "escapes that nothing refers to");
  }
  SECTION("a pair of a frequency that needs none") {
    v.files.overwrite_value(3, escapes_at + 4 + 4, u32(14));
    v.refused(3, v.second_at + 2, "misses an escape");
  }
  SECTION("more pairs than postings") {
    v.files.overwrite_value(3, escapes_at, u32(34));
    v.refused(3, escapes_at, "more escapes than postings");
  }
  SECTION("more pairs than bytes") {
    v.files.overwrite_value(3, escapes_at, u32(33));
    CHECK(v.verify().error().code == ErrorCode::corrupt);
  }
}

TEST_CASE("postings: bytes behind the last record's parts are found") {
  Verified v;
  const PostingsReader reader = v.open(100);
  const u64 documents = v.documents.size();
  const u64 frequencies = v.frequencies.size() / 4;
  reader.verify_ends(0, {documents, frequencies}).value();
  reader.verify_ends(0, {documents + 31, frequencies}).value();
  CHECK_FALSE(reader.verify_ends(0, {documents + 32, frequencies}));
  CHECK_FALSE(reader.verify_ends(0, {documents - 1, frequencies}));
  testing::check_damage(reader.verify_ends(0, {documents, frequencies - 1}), v.files, 3,
                        frequencies * 4 - 4, "bytes behind the last frequency");
}

TEST_CASE("postings: each image is checked for itself") {
  testing::PostingsFixture fixture;
  std::vector<u32> docs(32);
  std::iota(docs.begin(), docs.end(), 7u);
  for (u32 i = 0; i < 130; ++i) fixture.add_big(docs, docs, false);
  fixture.finish();
  const u32 damaged = GENERATE(32u, 63u, 64u, 65u, 129u);
  const u64 image_bytes = fixture.documents.size() / 129 / 32 * 32;
  fixture.files.overwrite_value(2, damaged * image_bytes, u16(60));
  const PostingsReader reader = fixture.open(100);
  for (u32 number = 0; number < 130; ++number) {
    const BigTerm term = reader.big_term(number).value();
    CHECK(reader.image(number, term).has_value() == (number != damaged));
    CHECK(reader.image(number, term).has_value() == (number != damaged));
  }
}

TEST_CASE("postings: threads check an image together and all read it") {
  std::mt19937 random(5);
  testing::PostingsFixture fixture;
  std::vector<std::vector<u32>> all;
  for (u32 i = 0; i < 70; ++i) {
    all.push_back(testing::random_documents(random, 32 + u32(random() % 6000), 70'000));
    fixture.add_big(all.back(), std::vector<u32>(all.back().size(), 1), false);
  }
  fixture.finish();
  const PostingsReader reader = fixture.open(70'000);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (u32 t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      std::vector<u32> docs;
      for (u32 number = 0; number < all.size(); ++number) {
        const auto term = reader.big_term(number);
        if (!term || !reader.big_documents(number, *term, docs) || docs != all[number]) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

// SMAL bytes of a word's list with df 2: {0, 1, varint 2^64 - 2}: tf = varint + 2 wraps to 0.
TEST_CASE("postings: a frequency that wraps around 64 bits is damage") {
  for (const u64 value : {~u64(0) - 1, ~u64(0)}) {
    testing::SectionFixture files;
    ByteWriter bytes;
    for (const u64 varint : {u64(0), u64(1), value}) bytes.varint(varint);
    files.put(tag::small_lists, bytes.bytes());
    const auto views = files.views();
    const auto reader = PostingsReader::make({views[0], {}, {}, {}}, 500, 0).value();
    TermEntry entry;
    entry.df = 2;
    entry.word = true;
    entry.list_bytes = u32(bytes.size());
    std::vector<u32> docs;
    std::vector<u32> tfs;
    const auto result = reader.list(entry, docs, tfs);
    CHECK_FALSE(result);
  }
}

}  // namespace shale::shard
