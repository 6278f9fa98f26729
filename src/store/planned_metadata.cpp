#include "store/planned_metadata.hpp"

#include <algorithm>

#include "base/system.hpp"

namespace shale::store {

namespace {

constexpr usize documents_at_a_time = 8192;

}  // namespace

PlannedMetadata::PlannedMetadata(std::span<const MergeSource> sources, const DocumentPlan& plan,
                                 const CountingRules& rules, std::stop_token stop)
    : sources_(sources),
      plan_(plan),
      rules_(rules),
      stop_(std::move(stop)),
      now_{now_microseconds(), true} {
  for (const MergeSource& source : sources) {
    may_be_recounted_.push_back(source.shard == nullptr ||
                                may_be_recounted(source.shard->info().tokenizers, rules.tokenizer));
  }
}

Result<Metadata> PlannedMetadata::next() {
  const bool counts = rules_.tokenizer != no_tokenizer;
  if (counts && next_ == first_ + some_.size()) TRY(count_some());
  const PlannedDocument& from = plan_.documents[next_];
  Metadata metadata = TRY(current_metadata(sources_[from.source].view, DocNo(from.doc)));
  const usize at = next_++ - first_;
  if (!counts || !some_[at]) return metadata;
  metadata.tokens = some_[at]->tokens;
  metadata.tokenizer = rules_.tokenizer;
  metadata.tokens_computed_at = some_[at]->computed_at;
  return metadata;
}

Result<void> PlannedMetadata::count_some() {
  first_ = next_;
  some_.assign(std::min(documents_at_a_time, plan_.documents.size() - first_), std::nullopt);
  const CountingWork work = [&](u32 item, const CountText& count_text) -> Result<void> {
    some_[item] = TRY(count(plan_.documents[first_ + item], count_text));
    return {};
  };
  TRY(count_on_all_cores(rules_.tokenizer, u32(some_.size()), work));
  counted_ += u64(std::count_if(some_.begin(), some_.end(),
                                [](const auto& counted) { return counted && counted->is_made; }));
  return {};
}

Result<std::optional<PlannedMetadata::Counted>> PlannedMetadata::count(
    const PlannedDocument& from, const CountText& count) const {
  if (stop_.stop_requested()) return fail(ErrorCode::cancelled, "The merge was cancelled");
  if (!rules_.recount) {
    if (TRY(has_count_that_holds(from))) return std::optional<Counted>();
    Metadata taken;
    if (TRY(take_over(from, taken))) {
      return std::optional<Counted>({*taken.tokens, taken.tokens_computed_at, false});
    }
  }
  const std::string text = TRY(sources_[from.source].view.index->text(DocNo(from.doc)));
  return std::optional<Counted>({TRY(count(text)), now_, true});
}

// Metadata are read where the column does not tell: they cost more than all else here.
Result<bool> PlannedMetadata::has_count_that_holds(const PlannedDocument& from) const {
  const IndexView& view = sources_[from.source].view;
  const u32 docs[] = {from.doc};
  i64 tokens[] = {no_number};
  TRY(view.index->numbers_of(Field::tokens, docs, tokens));
  if (!view.overlay->patches.contains(from.doc)) {
    if (tokens[0] == no_number) return false;
    if (!may_be_recounted_[from.source]) return true;
  }
  return !is_to_count(TRY(current_metadata(view, DocNo(from.doc))), rules_.tokenizer);
}

Result<bool> PlannedMetadata::take_over(const PlannedDocument& from, Metadata& metadata) const {
  if (from.source != 0 || rules_.replaced.empty()) return false;
  const std::optional<Located>& replaced = rules_.replaced[from.doc];
  if (!replaced) return false;
  const TextHash text = TRY(sources_[0].view.index->text_hash(DocNo(from.doc)));
  return take_over_count(rules_.before->indexes[replaced->index], replaced->doc, text,
                         rules_.tokenizer, metadata);
}

}  // namespace shale::store
