#include "shard/shard.hpp"

#include <atomic>
#include <thread>

#include "shard/page_budget.hpp"
#include "tests/shard/shard_model.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::shard;
using namespace shale::shard::testing;
using shale::testing::TemporaryFolder;

namespace {

std::shared_ptr<const Shard> open(const std::filesystem::path& path,
                                  std::shared_ptr<PageBudget> budget = nullptr) {
  return Shard::open(unfinished_path(path), std::move(budget)).value();
}

void check_documents(const Shard& shard, const ShardModel& model) {
  for (u32 i = 0; i < model.documents.size(); ++i) {
    const ModelDocument& expected = model.documents[i];
    REQUIRE(shard.find_id(expected.metadata.id).value() == DocNo(i));
    REQUIRE(shard.id_of(DocNo(i)).value() == expected.metadata.id);
    REQUIRE(shard.metadata(DocNo(i)).value() == expected.metadata);
    REQUIRE(shard.summary(DocNo(i)).value() == summary_of(expected.metadata));
    REQUIRE(shard.text(DocNo(i)).value() == expected.text);
    REQUIRE(shard.text_hash(DocNo(i)).value() == checksum128(as_bytes(expected.text)));
    REQUIRE(shard.lsn_of(DocNo(i)).value().value == expected.lsn + shard.info().base_lsn);
    REQUIRE(shard.text_range(DocNo(i), 3, 9).value() ==
            (expected.text.size() > 3 ? expected.text.substr(3, 6) : ""));
  }
}

void check_terms(const Shard& shard, const ShardModel& model, bool positions) {
  for (const auto& [text, postings] : model.terms) {
    const auto term = shard.find_term(text).value();
    REQUIRE(term);
    REQUIRE(term->df == postings.size());
    const std::vector<u32> docs = shard.documents(*term).value().to_vector();
    std::vector<u32> tfs(docs.size());
    shard.frequencies(*term, docs, tfs).value();
    usize i = 0;
    for (const auto& [doc, places] : postings) {
      REQUIRE(docs[i] == doc);
      REQUIRE(tfs[i++] == places.size());
      if (positions && u8(text[0]) >= 0x20 && places.size() < 50) {
        REQUIRE(shard.positions(*term, DocNo(doc)).value() == places);
      }
    }
  }
  CHECK(!shard.find_term("never seen").value());
  auto stream = shard.all_terms();
  TermPostings next;
  auto expected = model.terms.begin();
  for (; stream->next(next).value(); ++expected) REQUIRE(next.term == expected->first);
  CHECK(expected == model.terms.end());
}

i64 number_of(const ModelDocument& document, Field field) {
  const Metadata& m = document.metadata;
  switch (field) {
    case Field::created:
      return m.created_at.microseconds;
    case Field::touched:
      return m.touched_at.microseconds;
    case Field::tokens:
      return m.tokens ? i64(*m.tokens) : no_number;
    case Field::line_first:
      return m.line_range ? i64(m.line_range->first) : no_number;
    case Field::line_last:
      return m.line_range ? i64(m.line_range->last) : no_number;
    case Field::gc_survival_count:
      return m.gc_survival_count;
    case Field::refcount:
      return m.refcount;
    case Field::bytes:
      return i64(document.text.size());
    default:
      return i64(document.words.size());
  }
}

void check_numbers(const Shard& shard, const ShardModel& model) {
  const u32 count = u32(model.documents.size());
  for (u8 number = u8(Field::created); number <= u8(Field::words); ++number) {
    std::vector<i64> all(count);
    shard.numbers(Field(number), 0, all).value();
    std::vector<u32> docs;
    for (u32 doc = 0; doc < count; ++doc) {
      REQUIRE(all[doc] == number_of(model.documents[doc], Field(number)));
      if (doc % 3 == 1) docs.push_back(doc);
    }
    std::vector<i64> some(docs.size());
    shard.numbers_of(Field(number), docs, some).value();
    for (usize i = 0; i < docs.size(); ++i) REQUIRE(some[i] == all[docs[i]]);
  }
}

void check_codes(const Shard& shard, const ShardModel& model) {
  const u32 count = u32(model.documents.size());
  for (const Field field : {Field::type, Field::task, Field::file, Field::topic}) {
    std::vector<u32> codes(count);
    shard.codes(field, 0, codes).value();
    for (u32 doc = 0; doc < count; ++doc) {
      const Metadata& m = model.documents[doc].metadata;
      const auto expected = field == Field::type   ? std::optional(m.type)
                            : field == Field::task ? m.task
                            : field == Field::file ? m.file
                                                   : m.topic;
      REQUIRE((codes[doc] == Index::no_code) == !expected);
      if (expected) REQUIRE(shard.code_value(field, codes[doc]).value() == *expected);
    }
    CHECK(!shard.code_value(field, 100'000));
  }
  std::vector<u32> out(1);
  CHECK(!shard.codes(Field::tag, 0, out));
  CHECK(!shard.code_value(Field::tier, 0));
}

}  // namespace

TEST_CASE("a shard answers what the model says") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const bool positions = GENERATE(true, false);
  const u32 count = GENERATE(0u, 1u, 700u);
  const ShardModel model = random_model(random, count);
  TemporaryFolder folder;
  ShardOptions options;
  options.positions = positions;
  options.analysis = "parts";
  options.words_version = 300;
  options.base_lsn = random() % 2 == 0 ? 0 : 1000;
  options.replaced = {{1, 2}, {3, ~u64(0)}};
  const auto finished = write_shard(folder / "s", model, options);
  const auto shard = open(folder / "s");
  CHECK(shard->document_count() == count);
  CHECK(shard->has_positions() == positions);
  CHECK(shard->file_id() == FileId{7, 0x1234567890abcdef});
  CHECK(shard->info().file_bytes == finished.file_bytes);
  CHECK(shard->info().checksum == finished.checksum);
  CHECK(shard->info().text_bytes == finished.text_bytes);
  CHECK(shard->word_count() == finished.word_count);
  CHECK(shard->info().base_lsn == options.base_lsn);
  CHECK(shard->info().analysis == "parts");
  CHECK(shard->info().words_version == 300);
  CHECK(shard->info().replaced == options.replaced);
  check_documents(*shard, model);
  check_terms(*shard, model, positions);
  check_numbers(*shard, model);
  if (count > 0) check_codes(*shard, model);
  CHECK(!shard->find_id("nobody").value());
  CHECK(!shard->text(DocNo(count)));
  CHECK(!shard->metadata(DocNo(count)));
  u64 bytes = 0;
  for (const SectionBytes& section : shard->sections()) bytes += section.bytes;
  CHECK(bytes < finished.file_bytes);
}

TEST_CASE("tokenizers beyond those that have a code, and times without a zone, are kept too") {
  std::mt19937 random(2);
  ShardModel model = random_model(random, 600);
  for (u32 i = 0; i < 600; ++i) {
    Metadata& metadata = model.documents[i].metadata;
    metadata.tokenizer = i % 300 == 0 ? "" : "tokenizer " + std::to_string(i % 300);
    metadata.tokens_computed_at = Time{i64(i), i % 2 == 0};
    if (i % 5 == 0) metadata.tokens_computed_at = Time{INT64_MIN, true};
    if (i % 7 == 0) metadata.tokens_computed_at.reset();
  }
  TemporaryFolder folder;
  write_shard(folder / "s", model, {});
  const auto shard = open(folder / "s");
  CHECK(shard->info().tokenizers.size() == tokenizers_max);
  check_documents(*shard, model);
  std::vector<Fault> faults;
  shard->verify(faults, Texts::all, nullptr).value();
  CHECK(faults.empty());
}

TEST_CASE("a count, its tokenizer and its time take no more room than the count") {
  std::mt19937 random(3);
  ShardModel model = random_model(random, 5000);
  for (ModelDocument& one : model.documents) {
    Metadata plain;
    plain.id = one.metadata.id;
    plain.tokens = 300;
    one.metadata = plain;
  }
  model.index();
  TemporaryFolder folder;
  const auto without = write_shard(folder / "without", model, {});
  for (ModelDocument& one : model.documents) {
    one.metadata.tokenizer = "o200k_base";
    one.metadata.tokens_computed_at = Time{1'700'000'000'000'000, true};
  }
  const auto with = write_shard(folder / "with", model, {});
  CHECK(with.file_bytes - without.file_bytes < 64);
}

TEST_CASE("the base of the LSNs comes from the manifest where it is known") {
  std::mt19937 random(1);
  TemporaryFolder folder;
  const ShardModel model = random_model(random, 3);
  write_shard(folder / "s", model);
  const auto shard = Shard::open(unfinished_path(folder / "s"), nullptr, 5000).value();
  CHECK(shard->lsn_of(DocNo(1)).value().value == model.documents[1].lsn + 5000);
}

TEST_CASE("a shard under a small page budget answers the same") {
  std::mt19937 random(12);
  TemporaryFolder folder;
  // Noise of just under a window in all: the mapped sections behind it cross into the second one.
  ShardModel model = random_model(random, 1000);
  for (ModelDocument& document : model.documents) document.text = noise(random, 2050);
  model.index();
  write_shard(folder / "s", model);
  const auto budget = std::make_shared<PageBudget>(1, [] { return ~u64(0); });
  {
    const auto shard = open(folder / "s", budget);
    check_documents(*shard, model);
    check_numbers(*shard, model);
    CHECK(budget->window_count() == 1);
    CHECK(budget->stats().evictions > 10);
  }
  CHECK(budget->window_count() == 0);
}

TEST_CASE("threads open a cold shard together") {
  std::mt19937 random(13);
  TemporaryFolder folder;
  const ShardModel model = random_model(random, 300);
  write_shard(folder / "s", model);
  const auto shard = open(folder / "s", std::make_shared<PageBudget>(1, [] { return ~u64(0); }));
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (u32 t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (u32 i = 0; i < 300; ++i) {
        const u32 doc = (i * 13 + t * 5) % 300;
        const ModelDocument& expected = model.documents[doc];
        const auto found = shard->find_id(expected.metadata.id);
        const auto metadata = shard->metadata(DocNo(doc));
        const auto text = shard->text(DocNo(doc));
        if (!found || *found != DocNo(doc)) ++wrong;
        if (!metadata || *metadata != expected.metadata) ++wrong;
        if (!text || *text != expected.text) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}
