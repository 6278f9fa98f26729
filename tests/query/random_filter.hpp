// Random filters, each as text and as what it ought to mean: a predicate over a live document that
// shares no code with the engine.
#pragma once

#include <functional>

#include "tests/query/random_corpus.hpp"

namespace shale::query::testing {

struct Wanted {
  std::string text;
  std::function<bool(const Live&)> holds;
};

inline bool has_tag(const Live& live, const std::string& tag) {
  return std::count(live.metadata.tags.begin(), live.metadata.tags.end(), tag) > 0;
}

inline Wanted value_clause(CorpusMaker& maker) {
  switch (maker.below(8)) {
    case 0:
      return {"type:code", [](const Live& l) { return l.metadata.type == "code"; }};
    case 1:
      return {"task:perf", [](const Live& l) { return l.metadata.task == "perf"; }};
    case 2:
      return {"task:\"\"", [](const Live& l) { return l.metadata.task == ""; }};
    case 3:
      return {"file:src/*.cpp", [](const Live& l) {
                return l.metadata.file == "src/a.cpp" || l.metadata.file == "src/b.cpp";
              }};
    case 4:
      return {"file:*", [](const Live& l) { return l.metadata.file.has_value(); }};
    case 5:
      return {"tag:x", [](const Live& l) { return has_tag(l, "x"); }};
    case 6:
      return {"tag:y*", [](const Live& l) { return has_tag(l, "y") || has_tag(l, "y-long"); }};
    default:
      return {"topic:[ot]ne", [](const Live& l) { return l.metadata.topic == "one"; }};
  }
}

inline Wanted default_clause(CorpusMaker& maker) {
  switch (maker.below(7)) {
    case 0:
      return {"tier:stashed", [](const Live& l) { return l.metadata.tier == Tier::stashed; }};
    case 1:
      return {"tier:archive", [](const Live& l) { return l.metadata.tier == Tier::archive; }};
    case 2:
      return {"generation:young",
              [](const Live& l) { return l.metadata.generation == Generation::young; }};
    case 3:
      return {"generation:old",
              [](const Live& l) { return l.metadata.generation == Generation::old; }};
    case 4:
      return {"pinned:false", [](const Live& l) { return !l.metadata.pinned; }};
    case 5:
      return {"pinned:true", [](const Live& l) { return l.metadata.pinned; }};
    default:
      return {"tier:*", [](const Live&) { return true; }};
  }
}

inline Wanted number_clause(CorpusMaker& maker) {
  const u32 n = maker.below(60);
  const std::string text = std::to_string(n);
  switch (maker.below(9)) {
    case 0:
      return {"tokens:>" + text, [n](const Live& l) { return l.metadata.tokens > n; }};
    case 1:
      return {"tokens:.." + text,
              [n](const Live& l) { return l.metadata.tokens && *l.metadata.tokens <= n; }};
    case 2:
      return {"tokens:*", [](const Live& l) { return l.metadata.tokens.has_value(); }};
    case 3:
      return {"refcount:2", [](const Live& l) { return l.metadata.refcount == 2; }};
    case 4:
      return {"lines:" + text, [n](const Live& l) {
                const auto lines = l.metadata.line_range;
                return lines && lines->first <= n && n <= lines->last;
              }};
    case 5:
      return {"bytes:<" + text, [n](const Live& l) { return l.text.size() < n; }};
    case 6:
      return {"words:3..6", [](const Live& l) { return l.words >= 3 && l.words <= 6; }};
    case 7:
      return {"created:2026-02-03", [](const Live& l) {
                const i64 t = l.metadata.created_at.microseconds;
                return t >= 1'770'076'800'000'000 && t < 1'770'163'200'000'000;
              }};
    default:
      return {"touched:>2026-02-04T02:40:00Z", [](const Live& l) {
                return l.metadata.touched_at.microseconds >= corpus_start + 2 * day_us + 1'000'000;
              }};
  }
}

template <class T>
const T* attribute(const Live& live, const char* key) {
  const auto at = live.metadata.attrs.find(key);
  return at == live.metadata.attrs.end() ? nullptr : std::get_if<T>(&at->second);
}

inline Wanted attribute_clause(CorpusMaker& maker) {
  switch (maker.below(6)) {
    case 0:
      return {"attr.n:3", [](const Live& l) {
                const auto* i = attribute<i64>(l, "n");
                const auto* s = attribute<std::string>(l, "n");
                const auto* j = attribute<Json>(l, "n");
                return (i && *i == 3) || (s && *s == "3") || (j && j->text == "3");
              }};
    case 1:
      return {"attr.n:\"3\"", [](const Live& l) {
                const auto* s = attribute<std::string>(l, "n");
                return s && *s == "3";
              }};
    case 2:
      return {"attr.n:-1.5..2", [](const Live& l) {
                const auto* i = attribute<i64>(l, "n");
                const auto* d = attribute<double>(l, "n");
                return (i && *i >= -1 && *i <= 2) || (d && *d >= -1.5 && *d <= 2);
              }};
    case 3:
      return {"attr.n:>0", [](const Live& l) {
                const auto* i = attribute<i64>(l, "n");
                const auto* d = attribute<double>(l, "n");
                return (i && *i > 0) || (d && *d > 0);
              }};
    case 4:
      return {"attr.long:" + std::string(300, 'l') + "1", [](const Live& l) {
                const auto* s = attribute<std::string>(l, "long");
                return s && *s == std::string(300, 'l') + "1";
              }};
    default:
      return {"attr.n:*", [](const Live& l) { return l.metadata.attrs.contains("n"); }};
  }
}

inline Wanted random_clause(CorpusMaker& maker) {
  switch (maker.below(5)) {
    case 0:
      return value_clause(maker);
    case 1:
      return default_clause(maker);
    case 2:
      return number_clause(maker);
    case 3:
      return attribute_clause(maker);
    default:
      return {"id:m*", [](const Live& l) { return l.metadata.id[0] == 'm'; }};
  }
}

// Up to three clauses, some of them negated; often none.
inline Wanted random_filter(CorpusMaker& maker) {
  Wanted all{"", [](const Live&) { return true; }};
  for (u32 i = maker.below(4); i-- > 0;) {
    const Wanted one = random_clause(maker);
    const bool negated = maker.chance(30);
    all.text += (negated ? " -" : " ") + one.text;
    all.holds = [before = all.holds, now = one.holds, negated](const Live& l) {
      return before(l) && now(l) != negated;
    };
  }
  return all;
}

}  // namespace shale::query::testing
