// Random manifests that use every field.
#pragma once

#include <random>

#include "catalog/manifest.hpp"

namespace shale::catalog::testing {

class ManifestMaker {
 public:
  explicit ManifestMaker(u32 seed) : random_(seed) {}

  u64 number() { return random_() >> (random_() % 64); }
  std::string text() {
    std::string out;
    for (u64 n = random_() % 8; n-- > 0;) {
      out += random_() % 2 == 0 ? char(random_()) : "a %\n"[random_() % 4];
    }
    return out;
  }

  Manifest manifest() {
    Manifest m;
    m.project = text();
    m.project_id = number();
    m.edition = number();
    m.analysis = text();
    m.words_version = u32(number());
    m.index = TextIndex(random_() % 3);
    m.shard_by = random_() % 2 == 0 ? "none" : "month";
    m.as_of = {number()};
    m.next_sequence = number();
    m.next_lsn = {number()};
    m.written_bytes = number();
    m.ingested_bytes = number();
    for (u64 n = random_() % 5; n-- > 0;) m.shards.push_back(shard());
    for (u64 n = random_() % 5; n-- > 0;) m.logs.push_back(log());
    if (!m.logs.empty() && random_() % 2 == 0) m.logs.back().sealed_end = 0;
    m.changes_after = {number() / 16};
    Lsn last = m.changes_after;
    for (u64 n = random_() % 4; n-- > 0; last = m.changes.back().last) {
      m.changes.push_back(changes(last));
    }
    for (u64 n = random_() % 3; n-- > 0;) m.ingests.push_back(ingest());
    for (u64 n = random_() % 3; n-- > 0;) m.drops.push_back(drop());
    return m;
  }

 private:
  FileId id() { return {++sequence_, number()}; }

  std::optional<OverlayEntry> overlay() {
    if (random_() % 2 == 0) return std::nullopt;
    return OverlayEntry{number(), number(), {number()}};
  }
  ShardEntry shard() {
    ShardEntry s;
    s.id = id();
    s.level = u32(number());
    s.base_lsn = number();
    s.file_bytes = number();
    s.checksum = number();
    s.documents = number();
    s.text_bytes = number();
    s.word_count = number();
    s.month = u32(number());
    s.as_of = {number()};
    s.dead = overlay();
    s.patch = overlay();
    return s;
  }
  ChangesEntry changes(Lsn after) {
    return {id(), after, {after.value + number() / 16}, number(), number(), i64(number() / 2)};
  }
  IngestEntry ingest() {
    return {id(), {number()}, i64(number() / 2), u32(number()), number(), number()};
  }
  DropEntry drop() {
    return {id(),     {number()},    i64(number() / 2), u32(number()),
            number(), i64(number()), -i64(number() / 2)};
  }
  LogEntry log() {
    LogEntry l;
    l.id = id();
    l.sealed_end = 1 + number() / 2;
    l.checksum = number();
    l.last_lsn = {number()};
    return l;
  }

  std::mt19937_64 random_;
  u64 sequence_ = 0;
};

}  // namespace shale::catalog::testing
