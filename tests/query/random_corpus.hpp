// Random collections and what is true of them: several views with dead documents and patches, and
// the live documents as one flat list, the oracle's only input. The seed is printed by the tests.
#pragma once

#include <random>

#include "model/record.hpp"
#include "tests/query/memory_index.hpp"

namespace shale::query::testing {

// One live document as a reader of the snapshot sees it.
struct Live {
  Metadata metadata;  // changes applied
  std::string text;
  std::map<std::string, u32> tfs;
  u32 words = 0;
};

struct Corpus {
  std::vector<std::shared_ptr<MemoryIndex>> indexes;
  std::vector<IndexView> views;
  std::vector<Live> live;
  const Live& at(u32 view, DocNo doc) const { return live[places.at({view, to_index(doc)})]; }
  std::map<std::pair<u32, u32>, usize> places;  // (view, document) -> live
};

inline constexpr i64 day_us = 86'400'000'000;
inline constexpr i64 corpus_start = 1'770'000'000'000'000;  // 2026-02-02T02:40:00Z

class CorpusMaker {
 public:
  explicit CorpusMaker(u32 seed) : random_(seed) {}

  u32 below(u32 n) { return u32(random_() % n); }
  bool chance(u32 percent) { return below(100) < percent; }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[below(u32(from.size()))];
  }

  // Few distinct words, times and values, so that ties and groups are the rule.
  // append, not +: gcc 12 warns of the latter at -O3 (its bug 105651).
  static std::string numbered(const char* prefix, u32 n) {
    return std::string(prefix).append(std::to_string(n));
  }
  std::string word() { return numbered("w", std::min(below(12), below(12))); }
  std::string text(u32 words_max) {
    std::string text;
    for (u32 i = below(words_max + 1); i-- > 0;) text += word() + " ";
    return text;
  }

  Metadata metadata(std::string id) {
    Metadata m;
    m.id = std::move(id);
    m.type = pick<std::string>({"message", "code", "note"});
    if (chance(70)) m.task = pick<std::string>({"perf", "docs", ""});
    if (chance(70)) m.file = "src/" + pick<std::string>({"a", "b", "lib/c"}) + ".cpp";
    if (chance(30)) m.topic = pick<std::string>({"one", "two"});
    if (chance(60)) m.line_range = LineRange{below(50), 50 + below(50)};
    for (const char* tag : {"x", "y", "y-long"}) {
      if (chance(30)) m.tags.emplace_back(tag);
    }
    m.created_at = {corpus_start + i64(below(6)) * day_us / 2, true};
    m.touched_at = {m.created_at.microseconds + i64(below(3)) * day_us, true};
    m.pinned = chance(20);
    m.tier = pick<Tier>({Tier::working, Tier::stashed, Tier::archive});
    m.generation = chance(50) ? Generation::young : Generation::old;
    m.refcount = below(4);
    m.gc_survival_count = below(3);
    if (chance(80)) m.tokens = below(100);
    m.attrs = attributes();
    return m;
  }

  Attributes attributes() {
    Attributes attrs;
    if (chance(50)) {
      const i64 n = i64(below(10)) - 5;
      attrs["n"] = pick<AttributeValue>(
          {n, double(n) / 2, std::to_string(n), n > 0, Json{std::to_string(n)}});
    }
    if (chance(20)) attrs[".expires"] = corpus_start + i64(below(8)) * day_us / 2;
    if (chance(20)) attrs["long"] = std::string(300, 'l') + std::to_string(below(2));
    return attrs;
  }

  Update update() {
    Update u;
    if (chance(30)) u.type = "patched";
    if (chance(30)) u.task = chance(50) ? std::optional<std::string>("perf") : std::nullopt;
    if (chance(30)) u.pinned = chance(50);
    if (chance(30)) u.tier = Tier::stashed;
    if (chance(30)) u.tags_added = {"z"};
    if (chance(30)) u.tags_removed = {"x"};
    if (chance(30)) u.tokens = below(100);
    if (chance(30)) u.touched_at = Time{corpus_start + i64(below(9)) * day_us, true};
    if (chance(30)) u.line_range = LineRange{1, below(60)};
    if (chance(30)) u.attrs_set["n"] = i64(3);
    if (chance(20)) u.attrs_set[".expires"] = corpus_start + i64(below(8)) * day_us / 2;
    if (chance(20)) u.attrs_removed = {"long"};
    if (chance(20)) u.attrs_removed.emplace_back(".expires");
    u.refcount_added = i64(below(3));
    return u;
  }

  Corpus corpus(u32 views, u32 documents_max, u32 words_max) {
    Corpus corpus;
    u32 next_id = 0;
    for (u32 v = 0; v < views; ++v) {
      std::vector<Document> documents;
      for (u32 i = below(documents_max + 1); i-- > 0;) {
        const std::string id = numbered(chance(50) ? "m" : "k/", next_id++ * 7919 % 1000003);
        documents.push_back({metadata(id), text(words_max)});
      }
      add_view(corpus, std::move(documents));
    }
    return corpus;
  }

 private:
  void add_view(Corpus& corpus, std::vector<Document> documents) {
    auto index = std::make_shared<MemoryIndex>(std::move(documents));
    Overlay overlay;
    const u32 dead_percent = below(3) * 20;
    const u32 patch_percent = below(3) * 20;
    for (u32 doc = 0; doc < index->document_count(); ++doc) {
      if (chance(patch_percent)) overlay.patches[doc] = update();
      if (chance(dead_percent)) {
        overlay.dead.add(doc);
        continue;
      }
      corpus.places[{u32(corpus.views.size()), doc}] = corpus.live.size();
      corpus.live.push_back(live_document(*index, doc, overlay));
    }
    corpus.indexes.push_back(index);
    corpus.views.push_back(view_of(index, std::move(overlay)));
  }

  static Live live_document(const MemoryIndex& index, u32 doc, const Overlay& overlay) {
    Live live{index.document(doc).metadata, index.document(doc).text, {}, 0};
    if (overlay.patches.contains(doc)) apply_update(overlay.patches.at(doc), live.metadata);
    std::string word;
    for (const char c : live.text + " ") {  // texts are words and single spaces
      if (c != ' ') {
        word += c;
      } else if (!word.empty()) {
        ++live.tfs[word];
        ++live.words;
        word.clear();
      }
    }
    return live;
  }

  std::mt19937 random_;
};

inline u32 fresh_seed() { return std::random_device{}(); }

}  // namespace shale::query::testing
