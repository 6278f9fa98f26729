#include "query/gc_graph.hpp"

#include <algorithm>
#include <array>

#include "query/values.hpp"

namespace shale::query {

namespace {

constexpr std::string_view reference_prefix = "ref:";
constexpr u32 block_documents = 4096;

Result<DocumentSet> documents_with(const Index& index, const std::string& term) {
  const std::optional<Term> found = TRY(index.find_term(term));
  return found ? index.documents(*found) : Result<DocumentSet>(DocumentSet());
}

// Of a set, in ascending order. Without a vector: most sets here hold one document.
template <class Visit>
void for_each_document(const DocumentSet& set, Visit&& visit) {
  for (const FrozenContainer& container : set.containers()) {
    const u32 first = u32(container.key) << 16;
    for (const u16 value : container.values) visit(first | value);
    for (usize i = 0; i < container.words.size(); ++i) {
      for (u64 word = container.words[i]; word != 0; word &= word - 1) {
        visit(first | u32(i * 64 + usize(std::countr_zero(word))));
      }
    }
  }
}

}  // namespace

// -- making it --

Result<u32> GcGraph::add(u32 view, DenseSet nodes) {
  const u32 number = u32(parts_.size());
  Part& part = parts_.emplace_back();
  part.view = view;
  part.reached = DenseSet(nodes.limit());
  part.nodes = std::move(nodes);
  TRY(add_changed(part, number));
  TRY(add_topics(part));
  TRY(add_references(part));
  return number;
}

Result<void> GcGraph::add_changed(Part& part, u32 number) {
  const IndexView& view = scope_.enter(part.view);
  for (const auto& [doc, update] : view.overlay->patches) {
    const bool is_changed = changes(update, Field::topic) || changes(update, Field::tag);
    if (!is_changed || !part.nodes.contains(doc)) continue;
    Metadata metadata = TRY(current_metadata(view, DocNo{doc}));
    Changed& changed = part.changed[doc];
    for (const std::string& tag : metadata.tags) {
      if (!tag.starts_with(reference_prefix)) continue;
      changed.references.push_back(tag.substr(reference_prefix.size()));
    }
    changed.topic = std::move(metadata.topic).value_or("");
    if (!changed.topic.empty()) changed_topics_[changed.topic].push_back({number, doc});
  }
  return {};
}

Result<void> GcGraph::add_topics(Part& part) {
  const Index& index = *scope_.enter(part.view).index;
  DenseSet without(index.document_count());
  TRY(documents_with(index, metadata_term(Field::topic, ""))).add_to(without);
  part.topics.assign(index.document_count(), no_topic);
  KeyNumbers numbers;
  std::vector<NumberLists::Entry> entries;
  std::array<u32, block_documents> codes;
  for (u32 first = 0; first < index.document_count(); first += block_documents) {
    const u32 end = std::min(first + block_documents, index.document_count());
    bool has_nodes = false;
    part.nodes.for_each_between(first, end, [&](u32 /*doc*/) { has_nodes = true; });
    if (!has_nodes) continue;
    TRY(index.codes(Field::topic, first, std::span(codes).first(end - first)));
    part.nodes.for_each_between(first, end, [&](u32 doc) {
      const u32 code = codes[doc - first];
      if (code == Index::no_code || without.contains(doc) || part.changed.contains(doc)) return;
      part.topics[doc] = numbers.number_of(code);
      entries.push_back({part.topics[doc], doc});
    });
  }
  part.members = NumberLists(numbers.size(), entries);
  part.told_topics.assign(numbers.size(), false);
  part.topic_codes.resize(numbers.size());
  for (u32 i = 0; i < numbers.size(); ++i) part.topic_codes[i] = numbers.key(i);
  return {};
}

Result<void> GcGraph::add_references(Part& part) {
  const Index& index = *scope_.enter(part.view).index;
  const std::string prefix = metadata_term(Field::tag, reference_prefix);
  std::vector<Term> terms;
  TRY(index.for_each_term(prefix, [&](std::string_view text, const Term& term) {
    part.targets += text.substr(prefix.size());
    part.target_ends.push_back(part.targets.size());
    terms.push_back(term);
    return true;
  }));
  std::vector<NumberLists::Entry> entries;
  for (u32 target = 0; target < terms.size(); ++target) {
    const DocumentSet holders = TRY(index.documents(terms[target]));
    for_each_document(holders, [&](u32 doc) {
      if (has_stored_edges(part, doc)) entries.push_back({doc, target});
    });
  }
  part.references = NumberLists(entries.empty() ? 0 : index.document_count(), entries);
  part.followed.assign(terms.size(), false);
  return {};
}

// -- walking --

void GcGraph::reach(u32 part, u32 doc) {
  Part& here = parts_[part];
  if (!here.nodes.contains(doc) || here.reached.contains(doc)) return;
  here.reached.add(doc);
  to_visit_.push_back({part, doc});
}

Result<void> GcGraph::close() {
  while (!to_visit_.empty()) {
    const Node node = to_visit_.back();
    to_visit_.pop_back();
    TRY(visit(node));
  }
  return {};
}

Result<void> GcGraph::visit(Node node) {
  Part& part = parts_[node.part];
  const auto changed = part.changed.find(node.doc);
  if (changed != part.changed.end()) {
    TRY(follow_topic_elsewhere(changed->second.topic, u32(parts_.size())));
    for (const std::string& id : changed->second.references) TRY(follow_reference(id));
    return {};
  }
  if (part.topics[node.doc] != no_topic) TRY(follow_topic(node.part, part.topics[node.doc]));
  for (const u32 target : part.references.of(node.doc)) {
    if (part.followed[target]) continue;
    part.followed[target] = true;
    const usize begin = target == 0 ? 0 : part.target_ends[target - 1];
    const std::string_view all = part.targets;
    TRY(follow_reference(all.substr(begin, part.target_ends[target] - begin)));
  }
  return {};
}

Result<void> GcGraph::follow_topic(u32 part, u32 topic) {
  Part& here = parts_[part];
  if (here.told_topics[topic]) return {};
  here.told_topics[topic] = true;
  for (const u32 doc : here.members.of(topic)) reach(part, doc);
  if (parts_.size() == 1 && changed_topics_.empty()) return {};
  const Index& index = *scope_.enter(here.view).index;
  const std::string value = TRY(index.code_value(Field::topic, here.topic_codes[topic]));
  return follow_topic_elsewhere(value, part);
}

// In all parts but `done`. The topic's documents there have one number, which is done with then.
Result<void> GcGraph::follow_topic_elsewhere(const std::string& value, u32 done) {
  if (value.empty()) return {};
  const auto changed = changed_topics_.find(value);
  if (changed != changed_topics_.end()) {
    for (const Node& node : changed->second) reach(node.part, node.doc);
    changed_topics_.erase(changed);
  } else if (done == parts_.size()) {
    return {};  // it was followed from another one of these
  }
  const std::string term = metadata_term(Field::topic, value);
  for (u32 number = 0; number < parts_.size(); ++number) {
    Part& part = parts_[number];
    if (number == done || part.told_topics.empty()) continue;
    const DocumentSet holders = TRY(documents_with(*scope_.enter(part.view).index, term));
    for_each_document(holders, [&](u32 doc) {
      if (!has_stored_edges(part, doc)) return;
      const u32 topic = part.topics[doc];
      if (topic != no_topic) part.told_topics[topic] = true;  // always, where nothing is damaged
      reach(number, doc);
    });
  }
  return {};
}

// Every version of an id but the newest is dead, and no node: the order of the parts does not
// matter.
Result<void> GcGraph::follow_reference(std::string_view id) {
  if (id.empty()) return {};
  for (u32 number = u32(parts_.size()); number-- > 0;) {
    Part& part = parts_[number];
    const std::optional<DocNo> doc = TRY(scope_.enter(part.view).index->find_id(id));
    if (!doc || !part.nodes.contains(to_index(*doc))) continue;
    reach(number, to_index(*doc));
    return {};
  }
  return {};
}

}  // namespace shale::query
