#include "query/gc_graph.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "tests/query/memory_index.hpp"
#include "tests/query/random_corpus.hpp"
#include "tests/support/catch.hpp"

namespace shale::query::testing {
namespace {

// Segments in views, by name; what a test says of one is its edges.
class Drawing {
 public:
  struct Said {
    std::optional<std::string> topic = std::nullopt;
    std::vector<std::string> references = {};
  };

  void add(u32 view, const std::string& id, const Said& said) {
    if (view >= documents_.size()) documents_.resize(view + 1);
    places_[id] = {view, u32(documents_[view].size())};
    Metadata metadata;
    metadata.id = id;
    metadata.topic = said.topic;
    for (const std::string& to : said.references) metadata.tags.push_back("ref:" + to);
    documents_[view].push_back({metadata, ""});
  }
  void update(const std::string& id, const Update& update) {
    const auto [view, doc] = places_.at(id);
    updates_[view][doc] = update;
  }
  void leave_out(const std::string& id) { left_out_.insert(places_.at(id)); }

  // What is reached from `roots`, in the order of ids.
  std::vector<std::string> reached(const std::vector<std::string>& roots) {
    std::vector<IndexView> views;
    for (u32 view = 0; view < documents_.size(); ++view) {
      Overlay overlay;
      for (const auto& [doc, update] : updates_[view]) overlay.patches[doc] = update;
      views.push_back(view_of(std::make_shared<MemoryIndex>(documents_[view]), std::move(overlay)));
    }
    Scope scope(views);
    GcGraph graph(scope);
    for (u32 view = 0; view < views.size(); ++view) {
      DenseSet nodes(views[view].index->document_count());
      for (u32 doc = 0; doc < nodes.limit(); ++doc) {
        if (!left_out_.contains({view, doc})) nodes.add(doc);
      }
      const u32 part = graph.add(view, std::move(nodes)).value();
      CHECK(part == view);
    }
    for (const std::string& id : roots) graph.reach(places_.at(id).first, places_.at(id).second);
    graph.close().value();
    std::vector<std::string> found;
    for (const auto& [id, place] : places_) {
      if (graph.reached(place.first).contains(place.second)) found.push_back(id);
    }
    return found;
  }

 private:
  std::vector<std::vector<Document>> documents_;
  std::map<std::string, std::pair<u32, u32>> places_;
  std::map<u32, std::map<u32, Update>> updates_;
  std::set<std::pair<u32, u32>> left_out_;
};

using Ids = std::vector<std::string>;

TEST_CASE("a reference leads to the segment it names, and not back") {
  Drawing drawing;
  drawing.add(0, "a", {.references = {"b", "none", "a"}});
  drawing.add(0, "b", {.references = {"c"}});
  drawing.add(1, "c", {.references = {"a"}});
  drawing.add(1, "d", {.references = {"a"}});
  CHECK(drawing.reached({"a"}) == Ids{"a", "b", "c"});
  CHECK(drawing.reached({"c"}) == Ids{"a", "b", "c"});
  CHECK(drawing.reached({"d"}) == Ids{"a", "b", "c", "d"});
  CHECK(drawing.reached({}).empty());
}

TEST_CASE("references lead on through all views, one after the other and many at once") {
  Drawing drawing;
  constexpr u32 length = 300;
  Ids chain;
  for (u32 i = 0; i < length; ++i) {
    chain.push_back("chain" + std::to_string(i));
    // Each leaf in another view than the one before, and one that is nowhere.
    const std::string leaf = "leaf" + std::to_string(i);
    drawing.add(i % 3, chain.back(), {.references = {"chain" + std::to_string(i + 1), leaf, "?"}});
    drawing.add((i + 1) % 3, leaf, {.references = {chain.front()}});
    drawing.add(i % 3, "alone" + std::to_string(i), {.references = {leaf}});
  }
  const Ids all = drawing.reached({"leaf7"});
  CHECK(all.size() == 2 * length);
  CHECK(std::none_of(all.begin(), all.end(),
                     [](const std::string& id) { return id.starts_with("alone"); }));
  drawing.leave_out("chain200");
  CHECK(drawing.reached({chain.front()}).size() == 2 * 200);
}

TEST_CASE("a topic leads to all that have it, in every view") {
  Drawing drawing;
  drawing.add(0, "a", {.topic = "one"});
  drawing.add(0, "b", {.topic = "one"});
  drawing.add(0, "c", {.topic = "two"});
  drawing.add(1, "d", {.topic = "two"});
  drawing.add(1, "e", {.topic = "one", .references = {"c"}});
  drawing.add(2, "f", {.topic = "three"});
  drawing.add(2, "g", {});
  CHECK(drawing.reached({"a"}) == Ids{"a", "b", "c", "d", "e"});
  CHECK(drawing.reached({"d"}) == Ids{"c", "d"});
  CHECK(drawing.reached({"f"}) == Ids{"f"});
  CHECK(drawing.reached({"g"}) == Ids{"g"});
}

TEST_CASE("the empty topic and the empty reference are none") {
  Drawing drawing;
  drawing.add(0, "a", {.topic = "", .references = {""}});
  drawing.add(0, "b", {.topic = ""});
  drawing.add(1, "c", {.topic = ""});
  drawing.add(1, "d", {.topic = "one"});
  drawing.update("d", {.topic = std::optional<std::string>("")});
  CHECK(drawing.reached({"a"}) == Ids{"a"});
  CHECK(drawing.reached({"d"}) == Ids{"d"});
}

TEST_CASE("updates of tags and topics count, and what stood there before does not") {
  Drawing drawing;
  drawing.add(0, "a", {.topic = "one", .references = {"b"}});
  drawing.add(0, "b", {.topic = "two"});
  drawing.add(0, "c", {.topic = "one"});
  drawing.add(1, "d", {.topic = "three"});
  drawing.update("a", {.topic = std::optional<std::string>("three"), .tags_removed = {"ref:b"}});
  CHECK(drawing.reached({"a"}) == Ids{"a", "d"});
  CHECK(drawing.reached({"d"}) == Ids{"a", "d"});
  CHECK(drawing.reached({"c"}) == Ids{"c"});
  drawing.update("d", {.tags_added = {"ref:c"}});  // its topic stays
  CHECK(drawing.reached({"a"}) == Ids{"a", "c", "d"});
  drawing.update("b", {.topic = std::optional<std::string>("new")});
  drawing.update("c", {.topic = std::optional<std::string>("new")});
  CHECK(drawing.reached({"b"}) == Ids{"b", "c"});
  CHECK(drawing.reached({"d"}) == Ids{"a", "b", "c", "d"});
  drawing.update("c", {.pinned = true});  // no edge
  CHECK(drawing.reached({"b"}) == Ids{"b"});
}

TEST_CASE("what is no node is not reached, and leads nowhere") {
  Drawing drawing;
  drawing.add(0, "a", {.references = {"b"}});
  drawing.add(0, "b", {.topic = "one", .references = {"c"}});
  drawing.add(1, "c", {});
  drawing.add(1, "d", {.topic = "one"});
  CHECK(drawing.reached({"a"}) == Ids{"a", "b", "c", "d"});
  drawing.leave_out("b");
  CHECK(drawing.reached({"a"}) == Ids{"a"});
  CHECK(drawing.reached({"b"}).empty());
}

TEST_CASE("many documents of one topic, in more than one block") {
  Drawing drawing;
  for (u32 i = 0; i < 5000; ++i) {
    drawing.add(0, "s" + std::to_string(i), {.topic = i % 2 == 0 ? "even" : "odd"});
  }
  CHECK(drawing.reached({"s4998"}).size() == 2500);
  CHECK(drawing.reached({"s1", "s2"}).size() == 5000);
}

}  // namespace
}  // namespace shale::query::testing
