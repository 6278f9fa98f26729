#include "shard/code_table.hpp"

#include "base/checksum.hpp"

namespace shale::shard {

void CodeTable::add(std::string_view term) {
  const u32 ordinal = terms_++;
  if (term.empty() || !has_codes(Field(u8(term[0])))) return;
  Values& values = values_[u8(term[0]) - 1];
  if (values.ends.empty()) values.first = ordinal;
  values.add(term.substr(1));
}

std::optional<u32> CodeTable::code(Field field, std::string_view value) const {
  return has_codes(field) ? values_[u8(field) - 1].find(value) : std::nullopt;
}

CodeRanges CodeTable::ranges() const {
  CodeRanges ranges;
  for (usize i = 0; i < coded_fields; ++i)
    ranges[i] = {values_[i].first, u32(values_[i].ends.size())};
  return ranges;
}

std::string_view CodeTable::Values::at(u32 number) const {
  const u64 begin = number == 0 ? 0 : ends[number - 1];
  return std::string_view(text).substr(begin, ends[number] - begin);
}

void CodeTable::Values::add(std::string_view value) {
  text += value;
  ends.push_back(text.size());
  if (ends.size() * 2 <= slots.size()) return put(u32(ends.size() - 1));
  slots.assign(std::max<usize>(16, slots.size() * 2), 0);
  for (u32 number = 0; number < ends.size(); ++number) put(number);
}

void CodeTable::Values::put(u32 number) {
  usize slot = checksum64(as_bytes(at(number))) & (slots.size() - 1);
  while (slots[slot] != 0) slot = (slot + 1) & (slots.size() - 1);
  slots[slot] = number + 1;
}

std::optional<u32> CodeTable::Values::find(std::string_view value) const {
  if (slots.empty()) return std::nullopt;
  usize slot = checksum64(as_bytes(value)) & (slots.size() - 1);
  for (; slots[slot] != 0; slot = (slot + 1) & (slots.size() - 1)) {
    if (at(slots[slot] - 1) == value) return slots[slot] - 1;
  }
  return std::nullopt;
}

}  // namespace shale::shard
