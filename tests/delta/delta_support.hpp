// What the delta's tests share: random segments, a model of an index in plain maps, and the check
// that an index answers everything as the model does.
#pragma once

#include <iostream>
#include <map>
#include <random>
#include <set>

#include "base/checksum.hpp"
#include "delta/arena_format.hpp"
#include "delta/index_writer.hpp"
#include "delta/log_index.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale::delta::testing {

using shale::testing::TemporaryFolder;
using Random = std::mt19937_64;

inline Random seeded(u64 seed) {
  UNSCOPED_INFO("seed " << seed);
  return Random(seed);
}
inline u32 below(Random& random, u32 n) { return u32(random() % n); }

inline constexpr ArenaIdentity test_identity{11, 22, {33, 44}};

inline std::shared_ptr<Arena> make_arena(u32 expected_terms = 1 << 12,
                                         u64 capacity = arena_bytes_max) {
  return Arena::create(SharedMap::anonymous(capacity).value(), test_identity, expected_terms)
      .value();
}

struct ModelDocument {
  Metadata metadata;
  std::string text;
  Lsn lsn;
};

// All that was published, by document number; numbers that are missing are burnt.
struct Model {
  std::map<u32, ModelDocument> documents;
  std::vector<Tombstone> tombstones;
  std::vector<LogIndex::UpdateEntry> updates;
  u32 limit = 0;  // documents of the last batch end here
  Lsn last;
};

struct ModelPosting {
  u32 document = 0;
  u32 tf = 0;
  std::vector<u32> positions;
  bool operator==(const ModelPosting&) const = default;
};
using ModelTerms = std::map<std::string, std::vector<ModelPosting>>;

std::string random_text(Random& random, u32 words_max, u32 vocabulary);
Metadata random_metadata(Random& random, u32 ids);
ModelTerms terms_of(const Model& model, bool positions);
// Adds a batch of random documents, tombstones and updates to index and model.
void add_random_batch(Random& random, IndexWriter& writer, Analyser& analyser, Model& model,
                      Lsn lsn, u32 documents_max, bool positions = true);
// Begins a batch and adds documents, as a writer does that is then killed.
void abandon_batch(Random& random, IndexWriter& writer, Analyser& analyser, bool positions = true);

std::shared_ptr<const LogIndex> open_index(const std::shared_ptr<const Arena>& arena, Lsn committed,
                                           const Model& model);
void check_terms(const LogIndex& index, const Model& model, bool positions);
void check_columns(const LogIndex& index, const Model& model);
void check_documents(const LogIndex& index, const Model& model);
void check_changes(const LogIndex& index, const Model& model);
inline void check_index(const LogIndex& index, const Model& model, bool positions = true) {
  check_terms(index, model, positions);
  check_columns(index, model);
  check_documents(index, model);
  check_changes(index, model);
}

}  // namespace shale::delta::testing
