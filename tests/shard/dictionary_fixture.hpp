// A dictionary written from chosen entries, without postings behind them, and opened again.
#pragma once

#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "shard/dictionary.hpp"
#include "tests/shard/section_fixture.hpp"

namespace shale::shard::testing {

using NamedEntry = std::pair<std::string, TermEntry>;

// Terms in order, many of them with equal heads or with bytes at the ends of their range.
inline std::vector<std::string> random_terms(std::mt19937& random, u32 count) {
  static const std::string stems[] = {"", "a", "abcdefgh", "abcdefgh0", "\x03/home/x/", "\xff"};
  static const char letters[] = {'\0', '\x01', 'a', 'b', 'z', '\xfe', '\xff'};
  std::set<std::string> terms;
  while (terms.size() < count) {
    std::string term = stems[random() % 6];
    for (u32 n = u32(random() % 7); n > 0; --n) term += letters[random() % 7];
    if (random() % 4 == 0) term += std::to_string(random() % 1000);
    terms.insert(term);
  }
  return {terms.begin(), terms.end()};
}

inline TermEntry random_entry(std::mt19937& random, bool word, u32 documents, bool positions) {
  static const u32 borders[] = {1, 1, 1, 2, small_df_max, small_df_max + 1, 33};
  TermEntry entry;
  entry.word = word;
  entry.df = random() % 8 == 0 ? documents : borders[random() % 7];
  if (entry.df == 1) {
    entry.doc = u32(random() % documents);
    entry.tf = !word || random() % 2 == 0 ? 1 : random() % 9 == 0 ? ~0u : 2 + u32(random() % 300);
  } else if (entry.df <= small_df_max) {
    entry.list_bytes = u32(random() % 321);
  }
  if (!positions || !word) return entry;
  if (entry.df == 1 && entry.tf == 1)
    entry.position = random() % 9 == 0 ? ~0u : u32(random() % 1000);
  else
    entry.positions_bytes = random() % (u64(1) << 24);
  return entry;
}

// An entry for each term, placed one behind the other.
inline std::vector<NamedEntry> random_entries(std::mt19937& random,
                                              const std::vector<std::string>& terms, u32 documents,
                                              bool positions) {
  std::vector<NamedEntry> entries;
  TermEntry next;
  for (const std::string& term : terms) {
    TermEntry entry = random_entry(random, is_word(term), documents, positions);
    entry.list_at = next.list_at;
    entry.big = next.big;
    entry.positions_at = next.positions_at;
    entries.emplace_back(term, entry);
    next.list_at += entry.list_bytes;
    next.big += entry.df > small_df_max;
    next.positions_at += entry.positions_bytes;
  }
  return entries;
}

// Equal in all that an entry of that kind defines.
inline bool same_entry(const TermEntry& a, const TermEntry& b) {
  if (a.df != b.df || a.word != b.word || a.list_at != b.list_at || a.big != b.big) return false;
  if (a.positions_at != b.positions_at || a.positions_bytes != b.positions_bytes) return false;
  if (a.df == 1) return a.doc == b.doc && a.tf == b.tf && a.position == b.position;
  return a.list_bytes == b.list_bytes;
}

struct DictionaryFixture {
  SectionFixture files;
  Buffer heads;  // as written
  Buffer blocks;
  bool positions;

  DictionaryFixture(const std::vector<NamedEntry>& terms, u32 big_count, bool with_positions,
                    usize memory_max = usize(8) << 20)
      : positions(with_positions) {
    SectionSpool head_spool = files.spool(memory_max);
    SectionSpool block_spool = files.spool(memory_max);
    DictionaryWriter writer(head_spool, block_spool, positions);
    for (const auto& [term, entry] : terms) writer.add(term, entry).value();
    CHECK(writer.term_count() == terms.size());
    writer.finish(big_count).value();
    heads.resize(usize(head_spool.size()));
    head_spool.read_at(0, heads).value();
    blocks.resize(usize(block_spool.size()));
    block_spool.read_at(0, blocks).value();
    files.put(tag::term_heads, heads);
    files.put(tag::term_blocks, blocks);
  }
  Result<Dictionary> open(u32 document_count) const {
    const auto views = files.views();
    return Dictionary::make(views[0], views[1], document_count, positions);
  }
};

}  // namespace shale::shard::testing
