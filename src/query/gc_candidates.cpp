#include "query/gc_candidates.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include "query/filter.hpp"
#include "query/gc_score.hpp"
#include "query/group_columns.hpp"
#include "query/values.hpp"

namespace shale::query {

namespace {

constexpr u32 block_documents = 4096;

// Goes through the candidates block by block.
class Scoring {
 public:
  Scoring(const IndexView& view, u32 part, i64 now, GcTypes& types, std::vector<GcEntry>& entries)
      : view_(view), part_(part), now_(now), types_(types), entries_(entries) {}

  Result<void> run(const DenseSet& candidates, const DenseSet& old) {
    GroupColumn column = TRY(GroupColumn::make(*view_.index, Field::type));
    for (u32 first = 0; first < candidates.limit(); first += block_documents) {
      docs_.clear();
      candidates.for_each_between(first,
                                  first + std::min(block_documents, candidates.limit() - first),
                                  [&](u32 doc) { docs_.push_back(doc); });
      if (docs_.empty()) continue;
      TRY(read_block(column));
      for (usize i = 0; i < docs_.size(); ++i) add(i, old.contains(docs_[i]));
    }
    return {};
  }

 private:
  Result<void> read_block(GroupColumn& column) {
    const std::span<const u32> docs = docs_;
    TRY(current_numbers(view_, Field::touched, docs, std::span(touched_).first(docs.size())));
    TRY(current_numbers(view_, Field::refcount, docs, std::span(refcounts_).first(docs.size())));
    const u32 first = docs.front();
    TRY(column.read(first, std::span(keys_).first(docs.back() - first + 1)));
    for (usize i = 0; i < docs.size(); ++i) {
      block_types_[i] = TRY(type_of(column, column.number_of(keys_[docs[i] - first])));
    }
    return patch_types();
  }

  // Numbers of the column are small and come in order.
  Result<u32> type_of(GroupColumn& column, u32 number) {
    if (number < known_types_.size()) return known_types_[number];
    known_types_.push_back(types_.number_of(TRY(column.value(number))));
    return known_types_.back();
  }

  Result<void> patch_types() {
    const auto& patches = view_.overlay->patches;
    auto patch = patches.lower_bound(docs_.front());
    for (; patch != patches.end() && patch->first <= docs_.back(); ++patch) {
      const auto at = std::lower_bound(docs_.begin(), docs_.end(), patch->first);
      if (!changes(patch->second, Field::type) || *at != patch->first) continue;
      block_types_[usize(at - docs_.begin())] = types_.number_of(*patch->second.type);
    }
    return {};
  }

  void add(usize i, bool is_old) {
    const double score = gc_score({.type_weight = types_.weight(block_types_[i]),
                                   .age_us = gc_age(touched_[i], now_),
                                   .refcount = refcounts_[i],
                                   .is_old = is_old});
    if (gc_action(score)) entries_.push_back({score, 0, part_, docs_[i], block_types_[i]});
  }

  const IndexView& view_;
  u32 part_;
  i64 now_;
  GcTypes& types_;
  std::vector<GcEntry>& entries_;
  std::vector<u32> docs_;  // of a block, and what the columns say of them:
  std::array<i64, block_documents> touched_;
  std::array<i64, block_documents> refcounts_;
  std::array<u32, block_documents> keys_;
  std::array<u32, block_documents> block_types_;
  std::vector<u32> known_types_;  // of the column's numbers
};

// Of those at `begin` and behind.
Result<void> keep_what_is_stashed(const IndexView& view, std::vector<GcEntry>& entries,
                                  usize begin) {
  DenseSet stashing(view.index->document_count());
  const auto is_stash = [](const GcEntry& one) { return gc_action(one.score) == GcAction::stash; };
  for (usize i = begin; i < entries.size(); ++i) {
    if (is_stash(entries[i])) stashing.add(entries[i].doc);
  }
  const DenseSet working =
      TRY(documents_with_value(view, Field::tier, tier_name(Tier::working), stashing));
  const auto rest = std::remove_if(
      entries.begin() + std::ptrdiff_t(begin), entries.end(),
      [&](const GcEntry& one) { return is_stash(one) && !working.contains(one.doc); });
  entries.erase(rest, entries.end());
  return {};
}

Result<void> read_tokens(const IndexView& view, std::span<GcEntry> entries) {
  std::vector<u32> docs(entries.size());
  std::vector<i64> tokens(entries.size());
  for (usize i = 0; i < entries.size(); ++i) docs[i] = entries[i].doc;
  TRY(current_numbers(view, Field::tokens, docs, tokens));
  for (usize i = 0; i < entries.size(); ++i) entries[i].tokens = tokens[i];
  return {};
}

}  // namespace

u32 GcTypes::number_of(const std::string& name) {
  const auto [found, is_new] = numbers_.try_emplace(name, u32(names_.size()));
  if (is_new) {
    names_.push_back(name);
    weights_.push_back(gc_type_weight(name));
  }
  return found->second;
}

Result<void> add_gc_entries(const IndexView& view, u32 part, const DenseSet& candidates, i64 now,
                            bool all_working, GcTypes& types, std::vector<GcEntry>& entries) {
  const usize begin = entries.size();
  const DenseSet old = TRY(
      documents_with_value(view, Field::generation, generation_name(Generation::old), candidates));
  const auto scoring = std::make_unique<Scoring>(view, part, now, types, entries);  // 96 KiB
  TRY(scoring->run(candidates, old));
  if (!all_working) TRY(keep_what_is_stashed(view, entries, begin));
  return read_tokens(view, std::span(entries).subspan(begin));
}

Result<DenseSet> documents_with_value(const IndexView& view, Field field, std::string_view value,
                                      const DenseSet& among) {
  Filter filter;
  Clause& clause = filter.clauses.emplace_back();
  clause.field = field;
  clause.value = value;
  const DocumentSet found = TRY(
      matching_documents(view, filter, DocumentSet::sharing(std::make_shared<DenseSet>(among))));
  DenseSet set(among.limit());
  found.add_to(set);
  return set;
}

}  // namespace shale::query
