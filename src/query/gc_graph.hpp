// Which segments are reached from others by references and topics, over all views of a snapshot.
//
//   add        a view with the documents that are in question: its nodes
//   reach      those that are reached to begin with
//   close      follows edges until nothing new is reached; once, at the end
//
// Edges are those of shale/gc.hpp. They are never written down one by one: a topic is a list of its
// documents, which is gone through once, when the first of them is reached, so that n segments of
// one topic cost n steps and not n * n; a reference is looked up by its id the first time that it
// is followed, many of them at once, for each part has a table of its own to be gone through (one
// by one in all parts they took twice as long). Topics are compared by code inside a view; where
// there are several views, their values are read once and numbered: looking each up in all others,
// when it is reached, took four times as long over ten shards. From posting lists, codes and ids;
// metadata is read of documents alone whose tags or topic were updated since. Used by gc_plan.cpp.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "query/group_columns.hpp"
#include "query/number_lists.hpp"
#include "query/scope.hpp"

namespace shale::query {

class GcGraph {
 public:
  // Which view an error is of, the scope is told. It must outlive the graph.
  explicit GcGraph(Scope& scope) : scope_(scope) {}

  // `nodes` are live documents of the view; the number of the part, 0, 1, 2 ...
  Result<u32> add(u32 view, DenseSet nodes);
  void reach(u32 part, u32 doc);  // nothing where it is no node
  Result<void> close();

  usize part_count() const { return parts_.size(); }
  u32 view(u32 part) const { return parts_[part].view; }
  const DenseSet& nodes(u32 part) const { return parts_[part].nodes; }
  const DenseSet& reached(u32 part) const { return parts_[part].reached; }

 private:
  static constexpr u32 no_topic = 0xffffffff;

  // Edges of a document whose tags or topic an update has changed: its postings and code are those
  // of before.
  struct Changed {
    std::string topic;  // empty: none
    std::vector<std::string> references;
  };
  struct Part {
    u32 view = 0;
    DenseSet nodes;
    DenseSet reached;
    std::unordered_map<u32, Changed> changed;

    std::vector<u32> topics;  // of each document its place in topic_codes, no_topic without
    std::vector<u32> topic_codes;
    std::vector<u32> topic_numbers;  // of each code: the topic's number in all parts
    NumberLists members;             // place -> documents

    std::string targets;  // ids that are referred to, end to end
    std::vector<usize> target_ends;
    NumberLists references;      // document -> numbers of targets; nobody asks for a changed one's
    std::vector<bool> followed;  // of each target
  };
  struct Node {
    u32 part = 0;
    u32 doc = 0;
  };
  struct TopicPlace {
    u32 part = 0;
    u32 place = 0;
  };

  Result<void> add_changed(Part& part, u32 number);
  Result<void> add_topics(Part& part);
  Result<void> add_references(Part& part);

  Result<void> number_topics();
  Result<void> number_topics_of(Part& part, std::unordered_map<std::string, u32>& numbers);

  void visit(Node node);
  void follow_topic(u32 number);
  Result<void> follow_references();

  Scope& scope_;
  std::vector<Part> parts_;
  std::vector<Node> to_visit_;
  std::vector<std::string_view> wanted_;  // ids that those visited refer to
  std::unordered_map<std::string, std::vector<Node>> changed_topics_;  // that an update gave

  // Of each number that a topic has in all parts, once they are numbered:
  std::vector<bool> followed_topics_;
  NumberLists topic_places_;  // -> in places_
  std::vector<TopicPlace> places_;
  std::unordered_map<u32, const std::vector<Node>*> changed_members_;
  std::unordered_map<std::string_view, u32> changed_numbers_;
};

}  // namespace shale::query
