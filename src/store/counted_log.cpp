#include "store/counted_log.hpp"

#include <numeric>

#include "base/shortage.hpp"
#include "store/token_counting.hpp"

namespace shale::store {

Result<void> LogCounts::fill(const Index& log, const Bitmap& dead, std::span<const u32> docs,
                             std::span<i64> tokens) {
  if (take_known(dead, docs, tokens).empty()) return {};
  const std::lock_guard counting(counting_);
  const std::vector<u32> missing = take_known(dead, docs, tokens);  // others may have been at it
  std::vector<u32> to_count(missing.size());
  for (usize i = 0; i < missing.size(); ++i) to_count[i] = docs[missing[i]];
  const std::vector<u32> counts = TRY(count(log, to_count));
  const std::lock_guard lock(known_mutex_);
  if (known_.size() < log.document_count()) known_.resize(log.document_count());
  for (usize i = 0; i < missing.size(); ++i) {
    if (counts[i] == 0) continue;
    known_[to_count[i]] = counts[i];
    tokens[missing[i]] = counts[i] - 1;
  }
  return {};
}

// Fills in what is known; the places in `docs` that are still without a number.
std::vector<u32> LogCounts::take_known(const Bitmap& dead, std::span<const u32> docs,
                                       std::span<i64> tokens) {
  std::vector<u32> missing;
  const std::lock_guard lock(known_mutex_);
  for (u32 i = 0; i < docs.size(); ++i) {
    if (tokens[i] != no_number || dead.contains(docs[i])) continue;
    const u32 known = docs[i] < known_.size() ? known_[docs[i]] : 0;
    if (known == 0) {
      missing.push_back(i);
    } else {
      tokens[i] = known - 1;
    }
  }
  return missing;
}

// The count of each + 1; 0 where its text cannot be read.
Result<std::vector<u32>> LogCounts::count(const Index& log, std::span<const u32> docs) const {
  std::vector<u32> counts(docs.size());
  const CountingWork work = [&](u32 item, const CountText& count_text) -> Result<void> {
    const Result<std::string> text = log.text(DocNo(docs[item]));
    if (text) {
      counts[item] = TRY(count_text(*text)) + 1;
    } else if (!is_damage(text.error())) {
      return Unexpected{text.error()};
    }
    return {};
  };
  TRY(count_on_all_cores(tokenizer_, u32(docs.size()), work));
  return counts;
}

Result<void> CountedLog::numbers(Field field, u32 first, std::span<i64> out) const {
  TRY(behind().numbers(field, first, out));
  if (field != Field::tokens) return {};
  std::vector<u32> docs(out.size());
  std::iota(docs.begin(), docs.end(), first);
  return counts_->fill(behind(), overlay_->dead, docs, out);
}

Result<void> CountedLog::numbers_of(Field field, std::span<const u32> docs,
                                    std::span<i64> out) const {
  TRY(behind().numbers_of(field, docs, out));
  if (field != Field::tokens) return {};
  return counts_->fill(behind(), overlay_->dead, docs, out);
}

Result<Metadata> CountedLog::counted_metadata(DocNo doc) const {
  Metadata metadata = TRY(behind().metadata(doc));
  if (metadata.tokens) return metadata;
  const u32 docs[] = {to_index(doc)};
  i64 tokens[] = {no_number};
  TRY(counts_->fill(behind(), overlay_->dead, docs, tokens));
  if (tokens[0] == no_number) return metadata;
  metadata.tokens = u32(tokens[0]);
  metadata.tokenizer = counts_->tokenizer();
  metadata.tokens_computed_at.reset();  // whatever came with the segment: it is of no count
  return metadata;
}

Result<Summary> CountedLog::summary(DocNo doc) const {
  return summary_of(TRY(counted_metadata(doc)));
}

}  // namespace shale::store
