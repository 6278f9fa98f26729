#include "tests/delta/delta_support.hpp"

#include <algorithm>
#include <set>

#include "model/fields.hpp"

namespace shale::delta::testing {

std::string random_text(Random& random, u32 words_max, u32 vocabulary) {
  std::string text;
  const u32 words = below(random, words_max + 1);
  for (u32 i = 0; i < words; ++i) {
    // Squared, so that some words are frequent and chains get long.
    const u32 rank = u32(u64(below(random, vocabulary)) * below(random, vocabulary) / vocabulary);
    if (!text.empty()) text += below(random, 9) == 0 ? "; " : " ";
    text += "w" + std::to_string(rank);
    if (rank % 7 == 0) text += "abcdefghijklmnopqrstuvwxyz";
  }
  return text;
}

Metadata random_metadata(Random& random, u32 ids) {
  static const char* const types[] = {"note", "code", "message"};
  Metadata m;
  m.id = "id" + std::to_string(below(random, ids));
  m.type = types[below(random, 3)];
  if (below(random, 2) == 0)
    m.task = below(random, 4) == 0 ? "" : "t" + std::to_string(below(random, 9));
  if (below(random, 2) == 0) m.file = "src/f" + std::to_string(below(random, 50)) + ".cpp";
  if (below(random, 5) == 0) m.topic = "topic";
  if (below(random, 3) == 0) m.tags = {"a", "b" + std::to_string(below(random, 5))};
  if (below(random, 3) == 0) m.line_range = LineRange{below(random, 100), 100 + below(random, 9)};
  m.created_at = {i64(random() % 1000000) - 500000, true};
  m.touched_at = {i64(random() % 1000000), false};
  m.pinned = below(random, 4) == 0;
  m.tier = Tier(below(random, 3));
  m.refcount = below(random, 3);
  m.gc_survival_count = below(random, 3);
  if (below(random, 2) == 0) m.tokens = below(random, 1000);
  if (below(random, 4) == 0) m.attrs["size"] = i64(below(random, 1000));
  return m;
}

namespace {

// The words of random_text, found without the analyser.
std::map<std::string, std::vector<u32>> words_of(const std::string& text) {
  std::map<std::string, std::vector<u32>> result;
  std::string word;
  u32 position = 0;
  for (const char c : text + " ") {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      word += c;
    } else if (!word.empty()) {
      result[word].push_back(position++);
      word.clear();
    }
  }
  return result;
}

u32 word_count(const std::string& text) {
  u32 count = 0;
  for (const auto& [word, positions] : words_of(text)) count += u32(positions.size());
  return count;
}

std::vector<u32> decode_positions(ByteReader& reader, u32 tf) {
  std::vector<u32> result;
  u32 position = 0;
  for (u32 i = 0; i < tf; ++i) result.push_back(position += u32(reader.varint()));
  return result;
}

}  // namespace

ModelTerms terms_of(const Model& model, bool positions) {
  ModelTerms terms;
  for (const auto& [number, document] : model.documents) {
    for (const std::string& term : metadata_terms(document.metadata))
      terms[term].push_back({number, 1, {}});
    for (auto& [word, list] : words_of(document.text))
      terms[word].push_back({number, u32(list.size()), positions ? list : std::vector<u32>()});
  }
  return terms;
}

void add_random_batch(Random& random, IndexWriter& writer, Analyser& analyser, Model& model,
                      Lsn lsn, u32 documents_max, bool positions) {
  std::vector<ModelDocument> documents(below(random, documents_max + 1));
  std::vector<PreparedDocument> prepared;
  IndexWriter::BatchSize size{u32(documents.size()), below(random, 3), below(random, 3), 0};
  for (ModelDocument& document : documents) {
    document = {random_metadata(random, 200), random_text(random, 200, 400), lsn};
    prepared.push_back(IndexWriter::prepare(analyser, document.metadata, document.text, positions));
    size.arena_bytes += prepared.back().arena_bytes;
  }
  REQUIRE(writer.room_for(size).value());
  writer.begin();
  for (usize i = 0; i < documents.size(); ++i) {
    const ModelDocument& d = documents[i];
    const DocumentToAdd to_add{&d.metadata, checksum128(as_bytes(d.text)), 7 * i,
                               u32(d.text.size())};
    const u32 number = to_index(writer.add_document(to_add, prepared[i]));
    REQUIRE(model.documents.emplace(number, d).second);
    model.limit = number + 1;
  }
  for (u32 i = 0; i < size.tombstones; ++i) {
    const Tombstone tombstone{{random() % 9, random()}, DocNo(below(random, 1000)), lsn};
    writer.add_tombstone(tombstone.index, tombstone.doc);
    model.tombstones.push_back(tombstone);
  }
  for (u32 i = 0; i < size.updates; ++i) {
    LogIndex::UpdateEntry entry{{random() % 9, random()}, DocNo(below(random, 1000)), lsn, {}};
    entry.update.type = "type" + std::to_string(below(random, 1000));
    entry.update.refcount_added = i64(below(random, 9)) - 4;
    writer.add_update(entry.index, entry.doc, entry.update);
    model.updates.push_back(entry);
  }
  writer.publish(lsn);
  model.limit = std::max(model.limit, writer.document_count());
  model.last = lsn;
}

void abandon_batch(Random& random, IndexWriter& writer, Analyser& analyser, bool positions) {
  const Metadata metadata = random_metadata(random, 200);
  const std::string text = random_text(random, 200, 400) + " burntword";
  const PreparedDocument prepared = IndexWriter::prepare(analyser, metadata, text, positions);
  REQUIRE(writer.room_for({2, 1, 0, 2 * prepared.arena_bytes}).value());
  writer.begin();
  for (u32 i = 0; i <= below(random, 2); ++i)
    static_cast<void>(writer.add_document({&metadata, {}, 0, u32(text.size())}, prepared));
  writer.add_tombstone({1, 2}, DocNo(3));
}

std::shared_ptr<const LogIndex> open_index(const std::shared_ptr<const Arena>& arena, Lsn committed,
                                           const Model& model) {
  std::map<std::pair<u64, u64>, std::string> texts;
  for (const auto& [number, d] : model.documents) {
    const TextHash hash = checksum128(as_bytes(d.text));
    texts[{hash.low, hash.high}] = d.text;
  }
  return LogIndex::make(arena, committed,
                        [texts](u64, u32 bytes, TextHash hash) -> Result<std::string> {
                          const std::string& text = texts.at({hash.low, hash.high});
                          REQUIRE(text.size() == bytes);
                          return text;
                        })
      .value();
}

namespace {

void check_stream(const LogIndex& index, const ModelTerms& terms, bool positions) {
  const auto stream = index.all_terms();
  TermPostings postings;
  auto expected = terms.begin();
  while (stream->next(postings).value()) {
    REQUIRE(expected != terms.end());
    REQUIRE(postings.term == expected->first);
    ByteReader reader(postings.positions);
    const bool has_positions = positions && postings.term[0] >= first_text_byte;
    std::vector<ModelPosting> found;
    for (usize i = 0; i < postings.docs.size(); ++i)
      found.push_back(
          {postings.docs[i], postings.tfs[i],
           has_positions ? decode_positions(reader, postings.tfs[i]) : std::vector<u32>()});
    REQUIRE(reader.ok());
    REQUIRE(reader.at_end());
    REQUIRE(found == expected->second);
    ++expected;
  }
  REQUIRE(expected == terms.end());
}

void check_term(const LogIndex& index, const std::string& name,
                const std::vector<ModelPosting>& postings) {
  const std::optional<Term> term = index.find_term(name).value();
  REQUIRE(term);
  REQUIRE(term->df == postings.size());
  std::vector<u32> documents;
  for (const ModelPosting& posting : postings) documents.push_back(posting.document);
  REQUIRE(index.documents(*term).value().to_vector() == documents);
  std::vector<u32> some;
  std::vector<u32> expected;
  std::vector<u32> positions;  // one vector for all documents, as a search has it
  const auto cursor = index.position_cursor(*term).value();
  for (usize i = postings.size() % 3; i < postings.size(); i += 3) {
    some.push_back(postings[i].document);
    expected.push_back(postings[i].tf);
    REQUIRE(index.positions(*term, DocNo(postings[i].document)).value() == postings[i].positions);
    if (cursor != nullptr) cursor->read(postings[i].document, positions).value();
    REQUIRE(positions == postings[i].positions);
  }
  std::vector<u32> tfs(some.size());
  index.frequencies(*term, some, tfs).value();
  REQUIRE(tfs == expected);
}

// Wants words of odd length, in whatever order they come, and believes itself to skip.
class OddWords final : public TermFilter {
 public:
  bool wants(std::string_view word, std::string& next) override {
    next = "\xff";
    return word.size() % 2 != 0;
  }
};

void check_holders(const LogIndex& index, const ModelTerms& terms, const std::string& prefix) {
  OddWords odd;
  DenseSet all(index.document_count()), some(index.document_count()), group(1);
  index.add_holders(prefix, nullptr, all).value();
  index.add_holders(prefix, &odd, some).value();
  std::set<u32> expected_all, expected_some;
  for (const auto& [name, postings] : terms) {
    if (!name.starts_with(prefix)) continue;
    for (const auto& posting : postings) {
      expected_all.insert(posting.document);
      if ((name.size() - prefix.size()) % 2 != 0) expected_some.insert(posting.document);
    }
  }
  REQUIRE(all.to_vector() == std::vector<u32>(expected_all.begin(), expected_all.end()));
  REQUIRE(some.to_vector() == std::vector<u32>(expected_some.begin(), expected_some.end()));
  if (!prefix.empty()) return;
  DenseSet of_group(index.document_count());
  index.add_groups("abc", group).value();
  index.add_holders_in(group, odd, of_group).value();
  REQUIRE(of_group.to_vector() == some.to_vector());
}

}  // namespace

void check_terms(const LogIndex& index, const Model& model, bool positions) {
  const ModelTerms terms = terms_of(model, positions);
  check_stream(index, terms, positions);
  for (const auto& [name, postings] : terms) check_term(index, name, postings);
  for (const char* name : {"nosuchword", "burntword", ""}) REQUIRE(!index.find_term(name).value());
  for (const std::string& prefix : {std::string(), std::string("w1"), std::string("\x01")}) {
    std::map<std::string, u32> found;
    index
        .for_each_term(prefix,
                       [&](std::string_view term, const Term& t) {
                         found[std::string(term)] = t.df;
                         return true;
                       })
        .value();
    std::map<std::string, u32> expected;
    for (const auto& [name, postings] : terms)
      if (name.starts_with(prefix)) expected[name] = u32(postings.size());
    REQUIRE(found == expected);
    check_holders(index, terms, prefix);
  }
}

namespace {

i64 expected_number(const ModelDocument& d, Field field) {
  const Metadata& m = d.metadata;
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
      return i64(d.text.size());
    default:
      return word_count(d.text);
  }
}

std::optional<std::string> expected_value(const Metadata& m, Field field) {
  switch (field) {
    case Field::type:
      return m.type;
    case Field::task:
      return m.task;
    case Field::file:
      return m.file;
    default:
      return m.topic;
  }
}

}  // namespace

void check_columns(const LogIndex& index, const Model& model) {
  const u32 count = index.document_count();
  REQUIRE(count == model.limit);
  std::vector<u32> numbers;
  for (const auto& [number, document] : model.documents) numbers.push_back(number);
  for (u8 f = u8(Field::created); f <= u8(Field::words); ++f) {
    std::vector<i64> all(count);
    std::vector<i64> some(numbers.size());
    index.numbers(Field(f), 0, all).value();
    index.numbers_of(Field(f), numbers, some).value();
    for (u32 d = 0; d < count; ++d) {
      const auto document = model.documents.find(d);
      const bool burnt = document == model.documents.end();
      REQUIRE(index.burnt().contains(d) == burnt);
      REQUIRE(all[d] == (burnt ? no_number : expected_number(document->second, Field(f))));
    }
    for (usize i = 0; i < numbers.size(); ++i) REQUIRE(some[i] == all[numbers[i]]);
  }
  for (const Field field : {Field::type, Field::task, Field::file, Field::topic}) {
    std::vector<u32> codes(count);
    index.codes(field, 0, codes).value();
    for (u32 d = 0; d < count; ++d) {
      std::optional<std::string> value;
      if (model.documents.contains(d))
        value = expected_value(model.documents.at(d).metadata, field);
      if (!value) REQUIRE(codes[d] == Index::no_code);
      if (value) REQUIRE(index.code_value(field, codes[d]).value() == *value);
    }
  }
  std::vector<i64> too_many(count + 1);
  REQUIRE(!index.numbers(Field::created, 0, too_many));
  REQUIRE(!index.numbers(Field::type, 0, {}));
}

void check_documents(const LogIndex& index, const Model& model) {
  std::map<std::string, u32> newest;
  u64 bytes = 0;
  u64 words = 0;
  for (const auto& [number, d] : model.documents) {
    const DocNo doc = DocNo(number);
    REQUIRE(index.id_of(doc).value() == d.metadata.id);
    REQUIRE(index.lsn_of(doc).value() == d.lsn);
    REQUIRE(index.metadata(doc).value() == d.metadata);
    REQUIRE(index.text_hash(doc).value() == checksum128(as_bytes(d.text)));
    REQUIRE(index.text(doc).value() == d.text);
    newest[d.metadata.id] = number;
    bytes += d.text.size();
    words += word_count(d.text);
  }
  for (u32 i = 0; i < 200; ++i) {
    const std::string id = "id" + std::to_string(i);
    const std::optional<DocNo> found = index.find_id(id).value();
    REQUIRE(found.has_value() == newest.contains(id));
    if (found) REQUIRE(to_index(*found) == newest[id]);
  }
  REQUIRE(!index.metadata(DocNo(index.document_count())));
  REQUIRE(index.text_bytes() == bytes);
  REQUIRE(index.word_count() == words);
  REQUIRE(index.committed() == model.last);
}

void check_changes(const LogIndex& index, const Model& model) {
  for (const Lsn after : {Lsn{}, Lsn{model.last.value / 2}, model.last}) {
    std::vector<Tombstone> expected;
    for (const Tombstone& t : model.tombstones)
      if (t.lsn > after) expected.push_back(t);
    usize i = 0;
    index.for_each_tombstone(after, [&](const Tombstone& t) {
      REQUIRE(i < expected.size());
      REQUIRE((t.index == expected[i].index && t.doc == expected[i].doc));
      REQUIRE(t.lsn == expected[i++].lsn);
    });
    REQUIRE(i == expected.size());
    usize updates = 0;
    for (const auto& u : model.updates) updates += u.lsn > after ? 1 : 0;
    usize at = model.updates.size() - updates;
    index
        .for_each_update(after,
                         [&](const LogIndex::UpdateEntry& u) {
                           REQUIRE(at < model.updates.size());
                           const LogIndex::UpdateEntry& e = model.updates[at++];
                           REQUIRE((u.index == e.index && u.doc == e.doc && u.lsn == e.lsn));
                           REQUIRE(u.update == e.update);
                         })
        .value();
    REQUIRE(at == model.updates.size());
  }
}

}  // namespace shale::delta::testing
