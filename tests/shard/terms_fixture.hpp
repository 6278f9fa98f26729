// A model of terms (std::map, nothing clever), written through TermsWriter and opened again.
#pragma once

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "shard/dictionary.hpp"
#include "shard/postings.hpp"
#include "shard/terms.hpp"
#include "tests/shard/section_fixture.hpp"

namespace shale::shard::testing {

struct ModelPosting {
  u32 doc = 0;
  std::vector<u32> positions;  // as many as the term occurs
};

using ModelTerms = std::map<std::string, std::vector<ModelPosting>>;

// The model in the form that an index hands on.
struct EncodedTerm {
  std::vector<u32> docs;
  std::vector<u32> tfs;
  ByteWriter positions;

  explicit EncodedTerm(const std::vector<ModelPosting>& postings, bool with_positions) {
    for (const ModelPosting& posting : postings) {
      docs.push_back(posting.doc);
      tfs.push_back(u32(posting.positions.size()));
      u32 last = 0;
      for (const u32 position : posting.positions) {
        if (with_positions) positions.varint(position - last);
        last = position;
      }
    }
  }
};

inline std::vector<u32> random_documents(std::mt19937& random, u32 df, u32 document_count) {
  if (df > document_count / 2) {  // leave out instead of choosing
    std::vector<u32> all(document_count);
    for (u32 i = 0; i < document_count; ++i) all[i] = i;
    std::shuffle(all.begin(), all.end(), random);
    all.resize(df);
    std::sort(all.begin(), all.end());
    return all;
  }
  std::vector<bool> used(document_count);
  for (u32 left = df; left > 0;) {
    const u32 doc = u32(random() % document_count);
    left -= !used[doc];
    used[doc] = true;
  }
  std::vector<u32> docs;
  for (u32 doc = 0; doc < document_count; ++doc)
    if (used[doc]) docs.push_back(doc);
  return docs;
}

// Mostly 1, with all the borders of the nibble.
inline u32 random_tf(std::mt19937& random) {
  const u32 die = u32(random() % 100);
  if (die < 70) return 1;
  if (die < 94) return 2 + u32(random() % 12);
  return std::vector<u32>{14, 15, 16, 14, 15, 300}[die - 94];
}

inline std::vector<ModelPosting> random_postings(std::mt19937& random, u32 df, u32 document_count,
                                                 bool word) {
  std::vector<ModelPosting> postings;
  for (const u32 doc : random_documents(random, df, document_count)) {
    std::vector<u32> positions(word ? random_tf(random) : 1);
    u32 position = word ? u32(random() % 500) : 0;
    for (u32& p : positions) {
      p = position;
      position += u32(random() % (random() % 20 == 0 ? 70'000 : 90));
    }
    postings.push_back({doc, std::move(positions)});
  }
  return postings;
}

inline std::vector<SectionSpool> term_spools(const std::filesystem::path& folder,
                                             usize memory_max = usize(8) << 20) {
  std::vector<SectionSpool> spools;
  for (int i = 0; i < 10; ++i) spools.emplace_back(folder, memory_max);
  return spools;
}

class TermsFixture {
 public:
  TermsFixture(const ModelTerms& terms, u32 document_count, bool positions,
               usize memory_max = usize(8) << 20)
      : document_count_(document_count), positions_(positions) {
    std::mt19937 random(document_count);
    for (u32 i = 0; i < document_count; ++i) lengths_.push_back(5 + u32(random() % 400));
    std::vector<SectionSpool> spools = term_spools(files_.folder(), memory_max);
    write(terms, spools);
  }
  TermsFixture(TermsFixture&&) = delete;

  SectionFixture& files() { return files_; }
  const std::vector<u32>& lengths() const { return lengths_; }
  Result<TermsReader> try_reader() const {
    const std::vector<SectionView> v = files_.views();
    return TermsReader::make({v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9]},
                             document_count_, positions_);
  }
  TermsReader reader() const { return try_reader().value(); }

 private:
  void write(const ModelTerms& terms, std::vector<SectionSpool>& s) {
    TermsWriter writer({s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], s[9]},
                       document_count_, positions_);
    writer.set_lengths(lengths_);
    for (const auto& [term, postings] : terms) {
      const EncodedTerm encoded(postings, positions_ && is_word(term));
      writer.add({term, encoded.docs, encoded.tfs, encoded.positions.bytes()}).value();
    }
    writer.finish().value();
    REQUIRE(writer.term_count() == terms.size());
    const u32 tags[] = {tag::term_heads,       tag::term_blocks, tag::small_lists,  tag::big_terms,
                        tag::documents,        tag::frequencies, tag::range_maxima, tag::positions,
                        tag::position_offsets, tag::trigrams};
    for (usize i = 0; i < 10; ++i) files_.put(tags[i], s[i]);
  }

  SectionFixture files_;
  u32 document_count_;
  bool positions_;
  std::vector<u32> lengths_;
};

// Lists and big terms without a dictionary: write, finish(), open.
struct PostingsFixture {
  SectionFixture files;
  SectionSpool lists = files.spool();
  SectionSpool records = files.spool();
  SectionSpool documents = files.spool();
  SectionSpool frequencies = files.spool();
  PostingsWriter writer{{lists, records, documents, frequencies}};

  // A big term with its record.
  BigTerm add_big(const std::vector<u32>& docs, const std::vector<u32>& tfs, bool word) {
    const BigTerm record = writer.add_big(docs, tfs, word).value();
    writer.add_record(record).value();
    return record;
  }
  // Puts the sections into the file, as entries 0 to 3.
  void finish() {
    files.put(tag::small_lists, lists);
    files.put(tag::big_terms, records);
    files.put(tag::documents, documents);
    files.put(tag::frequencies, frequencies);
  }
  PostingsReader open(u32 document_count) const {
    const auto v = files.views();
    return PostingsReader::make({v[0], v[1], v[2], v[3]}, document_count, writer.big_count())
        .value();
  }
};

// One term of every df that ends a rule or begins one, words and metadata terms, and a thousand
// small ones, many of them with equal heads.
inline ModelTerms border_terms(std::mt19937& random, u32 document_count) {
  ModelTerms terms;
  for (const u32 df : {1u, 2u, 3u, 31u, 32u, 33u, 63u, 64u, 65u, 127u, 128u, 129u, 4095u, 4096u,
                       4097u, 9000u, 70'000u}) {
    if (df > document_count) continue;
    terms["word" + std::to_string(df)] = random_postings(random, df, document_count, true);
    terms["\x03" + std::to_string(df)] = random_postings(random, df, document_count, false);
  }
  for (u32 i = 0; i < 900; ++i) {
    const u32 df = 1 + u32(random() % (random() % 10 == 0 ? 80 : 4));
    std::string term = "term" + std::to_string(random() % 100'000);
    if (i % 3 == 0) term = "\x03/home/projects/common/src/file" + std::to_string(random() % 9999);
    if (i % 7 == 0) term = "identifier" + std::to_string(i * 7);
    terms[term] = random_postings(random, df, document_count, is_word(term));
  }
  terms[""] = random_postings(random, 5, document_count, true);
  terms[std::string(65'535, 'x')] = random_postings(random, 2, document_count, true);
  terms[std::string(65'534, 'x') + "y"] = random_postings(random, 40, document_count, true);
  terms[std::string(300, 'x')] = random_postings(random, 1, document_count, true);
  terms[std::string("a\0\0", 3)] = random_postings(random, 1, document_count, true);
  terms[std::string("a\0", 2)] = random_postings(random, 2, document_count, true);
  terms["a"] = random_postings(random, 3, document_count, true);
  terms["\xff\xff\xff\xff\xff\xff\xff\xff\xff"] = random_postings(random, 3, document_count, true);
  std::vector<u32> many(100'000);
  for (u32 i = 0; i < many.size(); ++i) many[i] = i * 3;
  terms["word64"][20].positions = many;
  terms["word4097"][4000].positions = many;
  terms["word1"][0].positions = many;
  terms["word2"][1].positions = many;
  return terms;
}

}  // namespace shale::shard::testing
