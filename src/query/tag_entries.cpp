#include "query/tag_entries.hpp"

namespace shale::query {

// Who has no tag, then who has each.
Result<std::vector<DocumentSet>> TagEntries::read(const Index& index) {
  values_.emplace_back();
  std::vector<Term> terms;
  const auto visit = [&](std::string_view text, const Term& term) {
    values_.emplace_back(text.substr(1));
    terms.push_back(term);
    return true;
  };
  TRY(index.for_each_term(metadata_term(Field::tag, ""), visit));
  std::vector<DocumentSet> sets = {DocumentSet::range(0, index.document_count())};
  for (const Term& term : terms) sets.push_back(TRY(index.documents(term)));
  std::vector<const DocumentSet*> tagged;
  for (usize i = 1; i < sets.size(); ++i) tagged.push_back(&sets[i]);
  if (tagged.empty()) return sets;
  sets[0] = DocumentSet::difference_of(sets[0], DocumentSet::union_of(tagged));
  return sets;
}

// By counting: how many stand in each block, then where each belongs.
Result<TagEntries> TagEntries::make(const Index& index, const DenseSet* wanted,
                                    u32 block_documents) {
  TagEntries result;
  const std::vector<DocumentSet> sets = TRY(result.read(index));
  const u32 documents = index.document_count();
  std::vector<usize> places((documents + block_documents - 1) / block_documents + 1, 0);
  const auto for_each = [&](auto&& take) {
    for (u32 tag = 0; tag < sets.size(); ++tag) {
      for (const u32 document : sets[tag].to_vector()) {
        if (document >= documents) continue;  // of a damaged list, which a merge or verify tells
        if (wanted == nullptr || wanted->contains(document)) take(document, tag);
      }
    }
  };
  for_each([&](u32 document, u32 /*tag*/) { ++places[document / block_documents + 1]; });
  for (usize i = 1; i < places.size(); ++i) places[i] += places[i - 1];
  result.begins_ = places;
  result.offsets_.resize(places.back());
  result.tags_.resize(places.back());
  for_each([&](u32 document, u32 tag) {
    const usize at = places[document / block_documents]++;
    result.offsets_[at] = document % block_documents;
    result.tags_[at] = tag;
  });
  return result;
}

}  // namespace shale::query
