// Codes of string fields while a shard is written: value -> its place among the field's terms.
//
// The code of a value of type, task, file, topic or tag is (ordinal of its metadata term) -
// (ordinal of the field's first term) in the shard's term dictionary, so that a column of codes
// needs no dictionary of its own. Metadata terms come before all words and in byte order: add()
// sees them as they pass. CodeRange is what a reader needs to get back from a code to the term.
// Used by shard_writer and shard.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/fields.hpp"

namespace shale::shard {

inline constexpr usize coded_fields = 5;  // type, task, file, topic, tag: Field 1..5
constexpr bool has_codes(Field field) { return u8(field) >= 1 && u8(field) <= coded_fields; }

struct CodeRange {
  u32 first = 0;  // ordinal of the field's first term
  u32 count = 0;
};
using CodeRanges = std::array<CodeRange, coded_fields>;  // [u8(field) - 1]

class CodeTable {
 public:
  // The next term of the shard's dictionary; words and fields without codes only count.
  void add(std::string_view term);
  std::optional<u32> code(Field field, std::string_view value) const;
  CodeRanges ranges() const;

 private:
  // Values end to end, and an open-addressed table of their numbers at a load of at most 1/2.
  struct Values {
    u32 first = 0;
    std::string text;
    std::vector<u64> ends;
    std::vector<u32> slots;  // number + 1; 0 = empty

    std::string_view at(u32 number) const;
    void add(std::string_view value);
    void put(u32 number);
    std::optional<u32> find(std::string_view value) const;
  };

  std::array<Values, coded_fields> values_;
  u32 terms_ = 0;
};

}  // namespace shale::shard
