#include "sync/identity.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <random>
#include <set>

#include "base/checksum.hpp"
#include "model/record.hpp"
#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::sync;

namespace {

// A chunk as the tests write it; its lines do not matter but for new ids.
struct Piece {
  std::string name;
  std::string text;
};
using Pieces = std::vector<Piece>;
using Ids = std::vector<std::string>;

struct File {
  std::vector<Chunk> chunks;
  std::vector<TextHash> hashes;

  explicit File(const Pieces& pieces) {
    u32 line = 1;
    for (const Piece& piece : pieces) {
      chunks.push_back({piece.text, line, line + 9, piece.name, ""});
      hashes.push_back(checksum128(as_bytes(piece.text)));
      line += 10;
    }
  }
};

std::vector<KnownChunk> stored(const Pieces& pieces, const Ids& ids) {
  const File file(pieces);
  std::vector<KnownChunk> known;
  for (usize i = 0; i < pieces.size(); ++i) {
    known.push_back({ids[i], file.hashes[i], pieces[i].name, file.chunks[i].first_line});
  }
  return known;
}

Ids ids_of(const Pieces& pieces, const std::vector<KnownChunk>& known = {},
           std::string_view path = "p") {
  const File file(pieces);
  return assign_ids(path, file.chunks, file.hashes, known);
}

// The ids of the second version of a file, whose first had new ones.
Ids after(const Pieces& before, const Pieces& now) {
  return ids_of(now, stored(before, ids_of(before)));
}

std::string defect_of(const Ids& ids) {
  std::set<std::string> distinct(ids.begin(), ids.end());
  if (distinct.size() != ids.size()) return "not distinct";
  for (const std::string& id : ids) {
    NewSegment segment;
    segment.id = id;
    if (const auto checked = check_segment(segment); !checked) return checked.error().message;
  }
  return "";
}

}  // namespace

TEST_CASE("identity: new chunks are path#name or path#first-line") {
  CHECK(ids_of({}) == Ids{});
  CHECK(ids_of({{"", "x"}, {"f", "y"}, {"", "z"}}) == Ids{"p#1", "p#f", "p#21"});
  CHECK(ids_of({{"f", "a"}, {"f", "b"}, {"f", "c"}}) == Ids{"p#f", "p#f~2", "p#f~3"});
  CHECK(ids_of({{"f", "a"}, {"f~2", "b"}, {"f", "c"}}) == Ids{"p#f", "p#f~2", "p#f~3"});
}

TEST_CASE("identity: lines added on top change no id") {
  const Pieces before{{"", "head"}, {"f", "1"}, {"g", "2"}};
  CHECK(after(before, before) == Ids{"p#1", "p#f", "p#g"});
  CHECK(after(before, {{"", "comment head"}, {"f", "1"}, {"g", "2"}}) == ids_of(before));
  CHECK(after({{"f", "1"}, {"g", "2"}}, {{"f", "comment 1"}, {"g", "2"}}) == Ids{"p#f", "p#g"});
  CHECK(after({{"f", "1"}}, {{"", "new"}, {"f", "1"}}) == Ids{"p#1", "p#f"});
}

TEST_CASE("identity: a changed body keeps its id") {
  CHECK(after({{"f", "1"}, {"g", "2"}}, {{"f", "1"}, {"g", "3"}}) == Ids{"p#f", "p#g"});
  CHECK(after({{"f", "1"}, {"f", "2"}}, {{"f", "3"}, {"f", "2"}}) == Ids{"p#f", "p#f~2"});
  CHECK(after({{"f", "1"}, {"f", "2"}}, {{"f", "3"}, {"f", "4"}}) == Ids{"p#f", "p#f~2"});
}

TEST_CASE("identity: added is one new id, deleted is one id gone") {
  const Pieces before{{"f", "1"}, {"g", "2"}};
  CHECK(after(before, {{"f", "1"}, {"h", "3"}, {"g", "2"}}) == Ids{"p#f", "p#h", "p#g"});
  CHECK(after(before, {{"g", "2"}}) == Ids{"p#g"});
  CHECK(after({{"f", "1"}, {"f", "2"}}, {{"f", "2"}}) == Ids{"p#f~2"});
  // The id of what is gone stays its own: whoever still knows it must not find another text.
  CHECK(after({{"f", "1"}, {"f", "2"}}, {{"f", "2"}, {"f", "3"}}) == Ids{"p#f~2", "p#f"});
  CHECK(after({{"", "1"}, {"f", "2"}}, {{"f", "2"}, {"", "3"}}) == Ids{"p#f", "p#11"});
}

TEST_CASE("identity: a renamed function is a new one, a moved one is not") {
  CHECK(after({{"f", "int f(){}"}}, {{"g", "int g(){}"}}) == Ids{"p#g"});
  CHECK(after({{"f", "1"}, {"g", "2"}}, {{"g", "2"}, {"f", "1"}}) == Ids{"p#g", "p#f"});
  CHECK(after({{"f", "1"}, {"f", "2"}}, {{"f", "2"}, {"f", "1"}}) == Ids{"p#f~2", "p#f"});
  // The same content under another name (its class was renamed) is the same chunk.
  CHECK(after({{"A.f", "1"}}, {{"B.f", "1"}}) == Ids{"p#A.f"});
}

TEST_CASE("identity: of equal contents the one with the same name, else in order") {
  CHECK(after({{"A.f", "1"}, {"B.f", "1"}}, {{"B.f", "1"}}) == Ids{"p#B.f"});
  CHECK(after({{"", "}"}, {"f", "1"}, {"", "}"}}, {{"", "}"}, {"f", "1"}, {"", "}"}}) ==
        Ids{"p#1", "p#f", "p#21"});
  CHECK(after({{"f", "1"}, {"f", "1"}}, {{"f", "1"}, {"f", "1"}, {"f", "1"}}) ==
        Ids{"p#f", "p#f~2", "p#f~3"});
}

TEST_CASE("identity: unnamed chunks are known by their neighbours") {
  const Pieces before{{"", "a"}, {"f", "1"}, {"", "b"}, {"g", "2"}, {"", "c"}};
  const Ids ids = ids_of(before);
  CHECK(after(before, {{"", "A"}, {"f", "1"}, {"", "B"}, {"g", "2"}, {"", "C"}}) == ids);
  CHECK(after(before, {{"", "A"}, {"f", "9"}, {"", "B"}, {"g", "8"}, {"", "C"}}) == ids);
  CHECK(after({{"", "a"}}, {{"", "b"}}) == Ids{"p#1"});
  CHECK(after({{"", "a"}, {"", "b"}}, {{"", "x"}, {"", "b"}}) == Ids{"p#1", "p#11"});
  CHECK(after({{"", "a"}, {"", "b"}}, {{"", "x"}, {"", "y"}, {"", "z"}}) ==
        Ids{"p#1", "p#11", "p#21"});
}

TEST_CASE("identity: an unnamed chunk between others' neighbours is new") {
  const Pieces before{{"f", "1"}, {"", "b"}, {"g", "2"}, {"h", "3"}};
  CHECK(after(before, {{"f", "1"}, {"g", "2"}, {"", "B"}, {"h", "3"}}) ==
        Ids{"p#f", "p#g", "p#21", "p#h"});
  CHECK(after(before, {{"g", "2"}, {"", "B"}, {"f", "1"}, {"h", "3"}}) ==
        Ids{"p#g", "p#11~2", "p#f", "p#h"});
  CHECK(after(before, {{"f", "1"}, {"", "B"}, {"h", "3"}, {"g", "2"}}) ==
        Ids{"p#f", "p#11~2", "p#h", "p#g"});
}

TEST_CASE("identity: the order in which the known are given does not matter") {
  const Pieces before{{"f", "1"}, {"f", "2"}, {"", "x"}, {"f", "3"}};
  std::vector<KnownChunk> known = stored(before, {"a", "b", "c", "d"});
  const Pieces now{{"f", "4"}, {"f", "2"}, {"", "y"}, {"f", "5"}};
  std::reverse(known.begin(), known.end());
  CHECK(ids_of(now, known) == Ids{"a", "b", "c", "d"});
}

TEST_CASE("identity: ids fit, whatever path and name are") {
  const std::string longer(300, 'x');
  const Ids ids = ids_of({{longer, "1"},
                          {longer + "y", "2"},
                          {longer, "3"},
                          {"a\nb", "4"},
                          {"a\xFF", "5"},
                          {"\xC3", "6"}});
  CHECK(defect_of(ids) == "");
  CHECK(ids[0].substr(0, 20) == "p#" + longer.substr(0, 18));
  CHECK(ids[2] == ids[0] + "~2");
  CHECK(ids[3].starts_with("p#a"));
  CHECK(ids[3].size() == 3 + 16);
  std::string wide;
  while (wide.size() < 300) wide += "\xE2\x82\xAC";
  for (usize cut = 0; cut < 3; ++cut) {
    CHECK(defect_of(ids_of({{"f", "1"}, {"", "2"}}, {}, std::string(cut, 'x') + wide)) == "");
  }
  CHECK(defect_of(ids_of({{"f", "1"}, {"", "2"}, {"g", "3"}}, {}, "\xFF")) == "");
  CHECK(ids_of({{std::string(242, 'x'), "1"}})[0] == "p#" + std::string(242, 'x'));
}

TEST_CASE("identity: random edits never make two ids equal, and equal texts keep theirs") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const auto piece = [&] {
    const u64 kind = random() % 8;
    return Piece{kind < 3 ? "" : "f" + std::to_string(kind), std::to_string(random() % 20)};
  };
  Pieces now;
  Ids ids;
  for (int round = 0; round < 400; ++round) {
    const Pieces before = now;
    const std::vector<KnownChunk> known = stored(before, ids);
    for (u64 edits = random() % 4; edits > 0; --edits) {
      const auto at = now.begin() + i64(random() % (now.size() + 1));
      const u64 what = random() % 3;
      if (what == 0 || at == now.end()) {
        now.insert(at, piece());
      } else if (what == 1) {
        now.erase(at);
      } else {
        at->text += '!';
      }
    }
    ids = ids_of(now, known);
    REQUIRE(ids.size() == now.size());
    REQUIRE(defect_of(ids) == "");
    REQUIRE(ids == ids_of(now, known));
    // As many of each content keep an id of that content as there are on both sides.
    std::map<std::string, std::string> text_of;
    std::map<std::string, i64> kept;
    std::map<std::string, std::pair<i64, i64>> counts;
    for (usize i = 0; i < before.size(); ++i) text_of[known[i].id] = before[i].text;
    for (const Piece& p : before) ++counts[p.text].first;
    for (usize i = 0; i < now.size(); ++i) {
      ++counts[now[i].text].second;
      const auto was = text_of.find(ids[i]);
      if (was != text_of.end() && was->second == now[i].text) ++kept[now[i].text];
    }
    for (const auto& [text, both] : counts) {
      REQUIRE(kept[text] == std::min(both.first, both.second));
    }
  }
}

TEST_CASE("identity: a hundred thousand chunks of one name take no time to speak of") {
  Pieces pieces(100'000, Piece{"f", ""});
  for (usize i = 0; i < pieces.size(); ++i) pieces[i].text = std::to_string(i);
  const Ids ids = ids_of(pieces);
  CHECK(ids.back() == "p#f~100000");
  CHECK(ids_of(pieces, stored(pieces, ids)) == ids);
}

// -- files as they are edited: chunks and ids together --

namespace {

using IdSet = std::set<std::string>;

struct Edited {
  IdSet added;
  IdSet removed;
  std::map<std::string, std::string> text_of;  // by id, after the edit
};

std::vector<TextHash> hashes_of(const std::vector<Chunk>& chunks) {
  std::vector<TextHash> hashes;
  for (const Chunk& chunk : chunks) hashes.push_back(checksum128(as_bytes(chunk.text)));
  return hashes;
}

Edited edit(std::string_view path, std::string_view before, std::string_view now) {
  const auto old_chunks = chunk_text(path, before, {});
  const auto old_hashes = hashes_of(old_chunks);
  const Ids old_ids = assign_ids(path, old_chunks, old_hashes, {});
  std::vector<KnownChunk> known;
  for (usize i = 0; i < old_ids.size(); ++i) {
    known.push_back({old_ids[i], old_hashes[i], old_chunks[i].name, old_chunks[i].first_line});
  }
  const auto chunks = chunk_text(path, now, {});
  const Ids ids = assign_ids(path, chunks, hashes_of(chunks), known);
  Edited edited;
  const IdSet old_set(old_ids.begin(), old_ids.end());
  const IdSet new_set(ids.begin(), ids.end());
  std::set_difference(new_set.begin(), new_set.end(), old_set.begin(), old_set.end(),
                      std::inserter(edited.added, edited.added.end()));
  std::set_difference(old_set.begin(), old_set.end(), new_set.begin(), new_set.end(),
                      std::inserter(edited.removed, edited.removed.end()));
  for (usize i = 0; i < ids.size(); ++i) edited.text_of[ids[i]] = chunks[i].text;
  return edited;
}

struct Functions {
  std::string path;
  std::string head, a, b, c;
  std::string comment;  // one line

  std::string all() const { return head + a + b + c; }
};

const Functions rust{"a.rs",
                     "use std::fmt;\n\n",
                     "fn a() -> u8 {\n    1\n}\n\n",
                     "fn b() -> u8 {\n    2\n}\n\n",
                     "fn c() -> u8 {\n    3\n}\n",
                     "// a comment of some length, as people write them\n"};
const Functions python{"a.py",
                       "import os\n\n",
                       "def a():\n    return 1\n\n\n",
                       "def b():\n    return 2\n\n\n",
                       "def c():\n    return 3\n",
                       "# a comment of some length, as people write them\n"};
const Functions cpp{"a.cpp",
                    "",
                    "int a() {\n  return 1;\n}\n\n",
                    "int b() {\n  return 2;\n}\n\n",
                    "int c() {\n  return 3;\n}\n",
                    "// a comment of some length, as people write them\n"};

std::string with(std::string text, std::string_view old_part, std::string_view new_part) {
  return text.replace(text.find(old_part), old_part.size(), new_part);
}

}  // namespace

TEST_CASE("identity: ten lines of comment on top of a file change no id") {
  for (const Functions& file : {rust, python, cpp}) {
    std::string ten;
    for (int i = 0; i < 10; ++i) ten += file.comment;
    for (const char* gap : {"", "\n"}) {
      const Edited edited = edit(file.path, file.all(), ten + gap + file.all());
      CHECK(edited.added.empty());
      CHECK(edited.removed.empty());
      CHECK(edited.text_of.at(file.path + "#c") == file.c);
    }
  }
}

TEST_CASE("identity: edits of a file") {
  for (const Functions& f : {rust, python, cpp}) {
    INFO(f.path);
    const auto id = [&](const char* name) { return f.path + '#' + name; };
    const std::string changed = with(f.b, "2", "2 + 2");
    const Edited body = edit(f.path, f.all(), f.head + f.a + changed + f.c);
    CHECK((body.added.empty() && body.removed.empty()));
    CHECK(body.text_of.at(id("b")) == changed);

    const std::string fresh = with(with(f.b, "b()", "fresh()"), "2", "4");
    const Edited added = edit(f.path, f.all(), f.head + f.a + fresh + f.b + f.c);
    CHECK((added.added == IdSet{id("fresh")} && added.removed.empty()));
    const Edited deleted = edit(f.path, f.all(), f.head + f.a + f.c);
    CHECK((deleted.added.empty() && deleted.removed == IdSet{id("b")}));

    const Edited renamed = edit(f.path, f.all(), f.head + f.a + with(f.b, "b()", "d()") + f.c);
    CHECK((renamed.added == IdSet{id("d")} && renamed.removed == IdSet{id("b")}));
    const Edited swapped = edit(f.path, f.all(), f.head + f.b + f.a + f.c);
    CHECK((swapped.added.empty() && swapped.removed.empty()));
    CHECK(swapped.text_of.at(id("a")).find("1") != std::string::npos);
    CHECK(swapped.text_of.at(id("c")) == f.c);
  }
}
