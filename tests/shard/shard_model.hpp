// Documents with all their fields, the terms they make, and a shard written from both.
#pragma once

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/checksum.hpp"
#include "shard/shard.hpp"
#include "shard/shard_writer.hpp"
#include "tests/shard/texts_model.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale::shard::testing {

struct ModelDocument {
  Metadata metadata;
  std::string text;
  u64 lsn = 0;
  std::vector<std::string> words;  // of the text, in order
};

inline std::optional<std::string> maybe(std::mt19937& random, const std::string& stem, u32 kinds) {
  if (random() % 3 == 0) return std::nullopt;
  if (random() % 20 == 0) return "";
  return stem + std::to_string(random() % kinds);
}

inline Metadata random_metadata(std::mt19937& random, u32 number) {
  Metadata m;
  m.id = "dir/file" + std::to_string(number / 7) + ".cpp#" + std::to_string(number);
  m.type = "type" + std::to_string(random() % 5);
  m.task = maybe(random, "task", 30);
  m.file = maybe(random, "src/a/b/file", 300);
  m.topic = maybe(random, "topic \xc3\xa4 ", 4);
  if (random() % 2 == 0) m.line_range = LineRange{u32(random() % 1000), u32(random() % 2000)};
  std::set<std::string> used;
  for (u32 n = random() % 4; n > 0; --n) {
    const std::string tag = "tag" + std::to_string(random() % 20);
    if (used.insert(tag).second) m.tags.push_back(tag);
  }
  m.created_at = {i64(1'700'000'000'000'000 + random()), random() % 2 == 0};
  m.touched_at = {m.created_at.microseconds + i64(random() % 1000) - 500, random() % 2 == 0};
  m.pinned = random() % 4 == 0;
  m.tier = Tier(random() % 3);
  m.generation = shale::Generation(random() % 2);
  m.gc_survival_count = random() % 3 == 0 ? u32(random()) : 0;
  m.refcount = u32(random() % 5);
  if (random() % 2 == 0) m.tokens = u32(random() % 5000);
  if (random() % 3 == 0) m.tokenizer = "o200k";
  if (random() % 4 == 0) m.tokens_computed_at = Time{i64(random()), random() % 2 == 0};
  if (random() % 6 == 0) m.sha256 = Sha256{u8(random()), 2, 3};
  if (random() % 4 == 0) m.attrs["number"] = std::int64_t(random());
  if (random() % 4 == 0) m.attrs["real"] = 0.5 * double(random());
  if (random() % 6 == 0) m.attrs["nested"] = Json{"{\"a\":null}"};
  if (random() % 6 == 0) m.attrs[".hash"] = std::string("abc");
  if (random() % 6 == 0) m.attrs["flag"] = true;
  return m;
}

inline std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text + " ") {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (letter) word += c;
    if (!letter && !word.empty()) words.push_back(std::exchange(word, ""));
  }
  return words;
}

struct ShardModel {
  std::vector<ModelDocument> documents;
  // term -> document -> positions
  std::map<std::string, std::map<u32, std::vector<u32>>> terms;

  void index() {
    terms.clear();
    for (u32 doc = 0; doc < documents.size(); ++doc) {
      ModelDocument& document = documents[doc];
      document.words = split(document.text);
      for (const std::string& term : metadata_terms(document.metadata)) terms[term][doc] = {0};
      for (u32 i = 0; i < document.words.size(); ++i) terms[document.words[i]][doc].push_back(i);
    }
  }
  std::vector<u32> word_counts() const {
    std::vector<u32> counts;
    for (const ModelDocument& document : documents) counts.push_back(u32(document.words.size()));
    return counts;
  }
};

inline ShardModel random_model(std::mt19937& random, u32 count) {
  ShardModel model;
  for (u32 i = 0; i < count; ++i) {
    ModelDocument document;
    document.metadata = random_metadata(random, i);
    document.text = random_text(random);
    document.lsn = (u64(3) << 40) + random() % 100'000;
    model.documents.push_back(std::move(document));
  }
  model.index();
  return model;
}

inline void add_terms(ShardWriter& writer, const ShardModel& model, bool positions) {
  for (const auto& [term, postings] : model.terms) {
    std::vector<u32> docs;
    std::vector<u32> tfs;
    ByteWriter encoded;
    const bool with = positions && u8(term[0]) >= 0x20;
    for (const auto& [doc, places] : postings) {
      docs.push_back(doc);
      tfs.push_back(u32(places.size()));
      u32 last = 0;
      for (const u32 place : places) {
        if (with) encoded.varint(place - std::exchange(last, place));
      }
    }
    writer.add_term({term, docs, tfs, encoded.bytes()}).value();
  }
}

inline DocumentToWrite to_write(const ModelDocument& document) {
  DocumentToWrite out;
  out.metadata = &document.metadata;
  out.text_hash = checksum128(as_bytes(document.text));
  out.word_count = u32(document.words.size());
  out.lsn = Lsn{document.lsn};
  out.text = document.text;
  return out;
}

// Writes the model to `path` (where unfinished_path puts it) and returns what finish() said.
inline ShardWriter::Finished write_shard(const std::filesystem::path& path, const ShardModel& model,
                                         ShardOptions options = {}) {
  const std::vector<u32> counts = model.word_counts();
  if (options.id == FileId()) options.id = {7, 0x1234567890abcdef};
  options.document_count = u32(model.documents.size());
  options.word_counts = counts;
  ShardWriter writer = ShardWriter::make(path, options).value();
  add_terms(writer, model, options.positions);
  const usize half = model.documents.size() / 2;
  for (usize i = 0; i < model.documents.size(); ++i) {
    if (i == half) writer.compress_with(writer.add_dictionary(trained(1)).value()).value();
    writer.add_document(to_write(model.documents[i])).value();
  }
  return writer.finish().value();
}

}  // namespace shale::shard::testing
