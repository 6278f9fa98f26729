// The candidates of one view and what each asks for: its score, type and tokens, from columns.
//
// Knows neither roots nor edges: which documents are candidates is handed in. Documents are told in
// ascending order; ids are not read. Used by gc_plan.cpp.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include <shale/gc.hpp>

#include "base/dense_set.hpp"
#include "model/overlay.hpp"

namespace shale::query {

// One that is to go, if it is its turn.
struct GcEntry {
  double score = 0;
  i64 tokens = 0;  // no_number: not counted
  u32 part = 0;
  u32 doc = 0;
  u32 type = 0;  // in GcTypes

  u32 freed() const { return tokens < 0 ? 0 : u32(std::min(tokens, i64(0xffffffff))); }
};

// The types of all views, each once, with its weight.
class GcTypes {
 public:
  u32 number_of(const std::string& name);
  const std::string& name(u32 number) const { return names_[number]; }
  double weight(u32 number) const { return weights_[number]; }

 private:
  std::unordered_map<std::string, u32> numbers_;
  std::vector<std::string> names_;
  std::vector<double> weights_;
};

// Adds those of `candidates` to `entries` that their score does not keep. `all_working`: that is
// known of each of them.
Result<void> add_gc_entries(const IndexView& view, u32 part, const DenseSet& candidates, i64 now,
                            bool all_working, GcTypes& types, std::vector<GcEntry>& entries);

// The documents of `among` whose field has that value, updates applied.
Result<DenseSet> documents_with_value(const IndexView& view, Field field, std::string_view value,
                                      const DenseSet& among);

}  // namespace shale::query
