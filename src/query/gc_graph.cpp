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
      if (part.nodes.contains(doc)) entries.push_back({doc, target});
    });
  }
  part.references = NumberLists(entries.empty() ? 0 : index.document_count(), entries);
  part.followed.assign(terms.size(), false);
  return {};
}

// Gives each topic a number that it has in every part. Of one part its own will do.
Result<void> GcGraph::number_topics() {
  std::unordered_map<std::string, u32> numbers;
  u32 count = 0;
  if (parts_.size() == 1 && changed_topics_.empty()) {
    Part& part = parts_.front();
    part.topic_numbers.resize(part.topic_codes.size());
    for (u32& number : part.topic_numbers) number = count++;
  } else {
    usize most = 0;
    for (const Part& part : parts_) most = std::max(most, part.topic_codes.size());
    numbers.reserve(most);
    for (Part& part : parts_) TRY(number_topics_of(part, numbers));
    for (const auto& [topic, members] : changed_topics_) {
      const u32 number = numbers.try_emplace(topic, u32(numbers.size())).first->second;
      changed_numbers_.emplace(topic, number);
      changed_members_.emplace(number, &members);
    }
    count = u32(numbers.size());
  }
  std::vector<NumberLists::Entry> entries;
  for (u32 number = 0; number < parts_.size(); ++number) {
    const Part& part = parts_[number];
    for (u32 place = 0; place < part.topic_numbers.size(); ++place) {
      entries.push_back({part.topic_numbers[place], u32(places_.size())});
      places_.push_back({number, place});
    }
  }
  topic_places_ = NumberLists(count, entries);
  followed_topics_.assign(count, false);
  return {};
}

// In the order of the codes, which is that of the dictionary in a shard: neighbours share a block.
Result<void> GcGraph::number_topics_of(Part& part, std::unordered_map<std::string, u32>& numbers) {
  const Index& index = *scope_.enter(part.view).index;
  std::vector<u32> order(part.topic_codes.size());
  for (u32 i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](u32 a, u32 b) { return part.topic_codes[a] < part.topic_codes[b]; });
  part.topic_numbers.resize(order.size());
  for (const u32 place : order) {
    std::string value = TRY(index.code_value(Field::topic, part.topic_codes[place]));
    const u32 next = u32(numbers.size());
    part.topic_numbers[place] = numbers.try_emplace(std::move(value), next).first->second;
  }
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
  if (to_visit_.empty()) return {};
  TRY(number_topics());
  while (!to_visit_.empty()) {
    while (!to_visit_.empty()) {
      const Node node = to_visit_.back();
      to_visit_.pop_back();
      visit(node);
    }
    TRY(follow_references());
  }
  return {};
}

void GcGraph::visit(Node node) {
  Part& part = parts_[node.part];
  const auto changed = part.changed.find(node.doc);
  if (changed != part.changed.end()) {
    const auto topic = changed_numbers_.find(changed->second.topic);
    if (topic != changed_numbers_.end()) follow_topic(topic->second);
    const std::vector<std::string>& references = changed->second.references;
    wanted_.insert(wanted_.end(), references.begin(), references.end());
    return;
  }
  const u32 topic = part.topics[node.doc];
  if (topic != no_topic) follow_topic(part.topic_numbers[topic]);
  for (const u32 target : part.references.of(node.doc)) {
    if (part.followed[target]) continue;
    part.followed[target] = true;
    const usize begin = target == 0 ? 0 : part.target_ends[target - 1];
    const std::string_view all = part.targets;
    wanted_.push_back(all.substr(begin, part.target_ends[target] - begin));
  }
}

void GcGraph::follow_topic(u32 number) {
  if (followed_topics_[number]) return;
  followed_topics_[number] = true;
  for (const u32 at : topic_places_.of(number)) {
    const TopicPlace& place = places_[at];
    for (const u32 doc : parts_[place.part].members.of(place.place)) reach(place.part, doc);
  }
  const auto changed = changed_members_.find(number);
  if (changed == changed_members_.end()) return;
  for (const Node& node : *changed->second) reach(node.part, node.doc);
}

// Every version of an id but the newest is dead, and no node: the order of the parts does not
// matter.
Result<void> GcGraph::follow_references() {
  for (u32 number = 0; number < parts_.size() && !wanted_.empty(); ++number) {
    Part& part = parts_[number];
    const Index& index = *scope_.enter(part.view).index;
    usize left = 0;
    for (const std::string_view id : wanted_) {
      const std::optional<DocNo> doc = id.empty() ? std::nullopt : TRY(index.find_id(id));
      if (doc && part.nodes.contains(to_index(*doc))) {
        reach(number, to_index(*doc));
      } else {
        wanted_[left++] = id;
      }
    }
    wanted_.resize(left);
  }
  wanted_.clear();
  return {};
}

}  // namespace shale::query
