#include "store/count_rules.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/shortage.hpp"
#include "text/vocabulary_cache.hpp"

namespace shale::store {

namespace {

constexpr u32 block_documents = 4096;

// Nothing where an index cannot tell because it is damaged.
template <class T>
Result<std::optional<T>> if_sound(Result<T> result) {
  if (result) return std::optional<T>(*std::move(result));
  if (is_damage(result.error())) return std::optional<T>();
  return Unexpected{std::move(result).error()};
}

bool is_another_of_ours(std::string_view name, std::string_view tokenizer) {
  return name != tokenizer && is_known_vocabulary(name);
}

}  // namespace

bool is_to_count(const Metadata& metadata, std::string_view tokenizer) {
  if (!metadata.tokens) return true;
  return metadata.tokens_computed_at && is_another_of_ours(metadata.tokenizer, tokenizer);
}

bool may_be_recounted(std::span<const std::string> names, std::string_view tokenizer) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return is_another_of_ours(name, tokenizer); });
}

Result<bool> take_over_count(const IndexView& view, DocNo doc, TextHash text,
                             std::string_view tokenizer, Metadata& metadata) {
  if (TRY(if_sound(view.index->text_hash(doc))) != text) return false;
  const auto before = TRY(if_sound(current_metadata(view, doc)));
  const bool was_counted_here =
      before && before->tokens && before->tokens_computed_at && before->tokenizer == tokenizer;
  if (!was_counted_here) return false;
  metadata.tokens = before->tokens;
  metadata.tokenizer = before->tokenizer;
  metadata.tokens_computed_at = before->tokens_computed_at;
  return true;
}

Result<bool> has_uncounted(const IndexView& view, std::span<const std::string> names,
                           std::string_view tokenizer) {
  const bool has_others = may_be_recounted(names, tokenizer);
  const u32 count = view.index->document_count();
  std::vector<i64> tokens;
  for (u32 first = 0; first < count; first += block_documents) {
    tokens.resize(std::min(block_documents, count - first));
    TRY(view.index->numbers(Field::tokens, first, tokens));
    for (u32 i = 0; i < tokens.size(); ++i) {
      const bool is_sure = tokens[i] != no_number && !has_others;
      if (is_sure || view.overlay->dead.contains(first + i)) continue;
      if (is_to_count(TRY(current_metadata(view, DocNo(first + i))), tokenizer)) return true;
    }
  }
  return false;
}

}  // namespace shale::store
