#include "query/groups.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace shale::query {

namespace {

using Kind = Node::Kind;

Node node_of(Kind kind, std::vector<Node> children) {
  Node node;
  node.kind = kind;
  node.begin = children.front().begin;
  node.end = children.back().end;
  node.children = std::move(children);
  return node;
}
// The same; of one child nothing but the child.
Node joined(Kind kind, std::vector<Node> children) {
  return children.size() == 1 ? std::move(children.front()) : node_of(kind, std::move(children));
}

}  // namespace

// Joins items by the operators between them.
class Groups::Joiner {
 public:
  explicit Joiner(std::vector<Item> items) : items_(std::move(items)), binds_(items_.size(), 0) {
    for (usize i = 1; i + 1 < items_.size(); ++i) {
      const bool operands = !is_operator(items_[i - 1]) && !is_operator(items_[i + 1]);
      binds_[i] = operands && is_operator(items_[i]) ? 1 : 0;
    }
  }

  std::vector<Node> run() {
    std::vector<Node> children;
    while (at_ < items_.size()) children.push_back(either());
    return children;
  }

 private:
  static bool is_operator(const Item& item) {
    const Node& node = item.node;
    return !item.group && node.kind == Kind::words && !node.negated &&
           (node.text == "OR" || node.text == "AND");
  }

  Node either() {
    std::vector<Node> options;
    options.push_back(both());
    while (skip("OR")) options.push_back(both());
    return joined(Kind::any_of, std::move(options));
  }
  Node both() {
    std::vector<Node> parts;
    parts.push_back(std::move(items_[at_++].node));
    while (skip("AND")) parts.push_back(std::move(items_[at_++].node));
    return joined(Kind::all_of, std::move(parts));
  }
  bool skip(std::string_view name) {
    const bool here = at_ < items_.size() && binds_[at_] != 0 && items_[at_].node.text == name;
    if (here) ++at_;
    return here;
  }

  std::vector<Item> items_;
  std::vector<u8> binds_;  // 1 for an operator between two operands
  usize at_ = 0;
};

void Groups::open(Opener opener) { groups_.emplace_back().opener = opener; }

void Groups::add(Node leaf) {
  if (full()) {
    truncated_ = true;
    return;
  }
  ++leaves_;
  groups_.back().items.push_back({std::move(leaf), false});
}

usize Groups::plain_closers(usize count) const {
  return groups_.size() == 1 ? count : std::min(count, groups_.back().plain);
}

void Groups::close(usize end) {
  if (take_plain() || groups_.size() == 1) return;
  Group group = pop();
  std::vector<Node> children = Joiner(std::move(group.items)).run();
  if (children.empty()) return;
  // Negated twice it stays two nodes.
  const bool twice = group.opener.negated() && children.front().negated;
  Node node = twice ? node_of(Kind::sequence, std::move(children))
                    : joined(Kind::sequence, std::move(children));
  node.negated = node.negated || group.opener.negated();
  node.begin = group.opener.begin;
  node.end = end;
  groups_.back().items.push_back({std::move(node), true});
}

void Groups::close_plain() {
  if (!take_plain() && groups_.size() > 1) dissolve();
}

ParsedQuery Groups::finish() {
  while (groups_.size() > 1) dissolve();
  ParsedQuery query;
  query.root.kind = Kind::sequence;
  query.root.end = text_.size();
  query.root.children = Joiner(std::move(groups_.front().items)).run();
  query.truncated = truncated_;
  return query;
}

bool Groups::take_plain() {
  if (groups_.back().plain == 0) return false;
  --groups_.back().plain;
  return true;
}

Groups::Group Groups::pop() {
  Group group = std::move(groups_.back());
  groups_.pop_back();
  return group;
}

// What the innermost group holds goes to the one around it.
void Groups::dissolve() {
  Group group = pop();
  const Opener opener = group.opener;
  if (!group.items.empty() && group.items.front().node.begin == opener.paren + 1) {
    give_opener(opener, group.items.front());
  } else {
    Node alone;
    alone.negated = opener.negated();
    alone.text = text_.substr(opener.paren, 1);
    alone.begin = opener.begin;
    alone.end = opener.paren + 1;
    add(std::move(alone));
  }
  std::vector<Item>& outer = groups_.back().items;
  std::move(group.items.begin(), group.items.end(), std::back_inserter(outer));
}

// What stands directly behind an opener that opens nothing.
void Groups::give_opener(Opener opener, Item& item) const {
  Node& node = item.node;
  if (item.group || node.kind == Kind::phrase) {
    node.negated = node.negated || opener.negated();
    node.begin = opener.begin;
    return;
  }
  usize text_end = usize(node.text.data() - text_.data()) + node.text.size();
  if (node.kind == Kind::regex || node.kind == Kind::clause) {
    text_end = node.end;
    node.kind = Kind::words;
    node.clause.reset();
  }
  node.text = text_.substr(opener.paren, text_end - opener.paren);
  node.negated = opener.negated();
  node.begin = opener.begin;
}

}  // namespace shale::query
