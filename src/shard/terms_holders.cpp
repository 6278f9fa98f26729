// Documents of many terms at once: of all behind a prefix, or of those that a filter wants.
#include <algorithm>
#include <array>

#include "shard/terms_state.hpp"

namespace shale::shard {
namespace {

// What all terms that begin with `prefix` are before; empty where nothing is.
std::string behind(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && u8(end.back()) == 0xff) end.pop_back();
  if (!end.empty()) end.back() = char(u8(end.back()) + 1);
  return end;
}

}  // namespace

// The entries of [first, end) in order; their text is not put together.
Result<void> TermsReader::State::add_range(u32 first, u32 end, DenseSet& holders) const {
  for (u32 block = first / block_terms; u64(block) * block_terms < end; ++block) {
    const u32 before = block * block_terms;
    TRY(add_block(block, std::max(first, before) - before, end - before, holders));
  }
  return {};
}

// Of one block those from `first` on and before `end`: short lists lie one behind the other and are
// read together.
Result<void> TermsReader::State::add_block(u32 block, u32 first, u32 end, DenseSet& holders) const {
  std::array<ListShape, block_terms> lists;
  usize count = 0;
  u64 lists_at = 0;
  BlockCursor cursor = TRY(dictionary.block(block));
  while (cursor.next() && cursor.index() < end) {
    const TermEntry& entry = cursor.entry();
    if (cursor.index() < first) continue;
    if (entry.df == 1) {
      holders.add(entry.doc);
    } else if (entry.df <= small_df_max) {
      if (count == 0) lists_at = entry.list_at;
      lists[count++] = {u16(entry.df), u16(entry.list_bytes), entry.word};
    } else {
      TRY(postings.add_big(entry.big, holders));
    }
  }
  if (!cursor.ok()) return dictionary.damaged_block(block, "has a block that does not decode");
  return count == 0 ? Result<void>()
                    : postings.add_lists(lists_at, std::span(lists).first(count), holders);
}

Result<void> TermsReader::State::add_group(u32 group, TermFilter& filter, std::string& next_term,
                                           DenseSet& holders) const {
  const u32 first_block = group * group_blocks;
  const u32 end_block = std::min(first_block + group_blocks, dictionary.block_count());
  if (!next_term.empty() && end_block > first_block + 1 &&
      TRY(dictionary.block_of(next_term, first_block)) >= end_block)
    return {};
  TermWalk walk(dictionary, first_block);
  std::string next;
  while (TRY(walk.next())) {
    if (walk.block() >= end_block) break;
    const std::string_view term = walk.term();
    if (term < next_term) continue;
    next.clear();
    if (filter.wants(term, next)) TRY(add_documents(walk.entry(), holders));
    if (!next.empty()) next_term = next;
  }
  return {};
}

Result<void> TermsReader::State::add_wanted(std::string_view prefix, u32 first, TermFilter& filter,
                                            DenseSet& holders) const {
  TermWalk walk(dictionary, first / block_terms);
  std::string next;       // behind the prefix
  std::string next_term;  // with it
  while (TRY(walk.next())) {
    const std::string_view term = walk.term();
    if (walk.ordinal() < first || term < next_term) continue;
    if (!term.starts_with(prefix)) break;
    next.clear();
    if (filter.wants(term.substr(prefix.size()), next)) TRY(add_documents(walk.entry(), holders));
    if (next.empty()) continue;
    next_term.assign(prefix).append(next);
    TRY(walk.skip_to(next_term));
  }
  return {};
}

u32 TermsReader::group_count() const { return term_groups_of(state_->dictionary.block_count()); }

Result<void> TermsReader::add_groups(std::string_view piece, DenseSet& groups) const {
  return state_->trigrams.add_groups(piece, groups);
}

Result<void> TermsReader::add_holders_in(const DenseSet& groups, TermFilter& filter,
                                         DenseSet& holders) const {
  std::string next_term;
  for (u32 group = 0; group < groups.limit(); ++group) {
    if (groups.contains(group)) TRY(state_->add_group(group, filter, next_term, holders));
  }
  return state_->postings.views().documents.still_there();
}

Result<void> TermsReader::add_holders(std::string_view prefix, TermFilter* filter,
                                      DenseSet& holders) const {
  const u32 first = TRY(lower_bound(prefix));
  if (filter != nullptr) {
    TRY(state_->add_wanted(prefix, first, *filter, holders));
  } else {
    const std::string end_term = behind(prefix);
    const u32 end = end_term.empty() ? term_count() : TRY(lower_bound(end_term));
    TRY(state_->add_range(first, end, holders));
  }
  return state_->postings.views().documents.still_there();
}

}  // namespace shale::shard
