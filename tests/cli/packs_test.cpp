#include "cli/packs.hpp"

#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::cli;

namespace {

Pack sample_pack() {
  Pack pack;
  pack.body = "# a.cpp:3-4\nx\ny\n\n";
  pack.hash = "99aa06d3014798d86001c324468d497f";
  pack.used = 12;
  pack.left = 88;
  pack.matched = 3;
  PackedSegment& one = pack.segments.emplace_back();
  one.id = "a#1";
  one.source = "a.cpp";
  one.lines = {3, 4};
  one.is_cut = true;
  one.tokens = 12;
  one.score = 1.5;
  one.text = "x\ny\n";
  pack.skipped = {{"b", SkipReason::identical, "a#1"}, {"c", SkipReason::no_room, ""}};
  return pack;
}

}  // namespace

TEST_CASE("packs: the JSON of one has every key and no body") {
  CHECK(to_text(json_of(sample_pack())) ==
        R"({"used":12,"left":88,"hash":"99aa06d3014798d86001c324468d497f","unchanged":false,)"
        R"("segments":[{"id":"a#1","source":"a.cpp","lines":[3,4],"cut":true,"pinned":false,)"
        R"("tokens":12,"score":1.5,"text":"x\ny\n"}],)"
        R"("skipped":[{"id":"b","reason":"identical","of":"a#1"},)"
        R"({"id":"c","reason":"no room","of":null}],)"
        R"("matched":3,"widened":false,"partial":false,"faults":[]})");
}

TEST_CASE("packs: a summary on one line") {
  CHECK(summary_of(sample_pack()) ==
        "12 of 100 tokens, 1 segments, 2 left out, hash 99aa06d3014798d86001c324468d497f");
}

TEST_CASE("packs: every reason has a name of its own") {
  CHECK(name_of(SkipReason::empty) == "empty");
  CHECK(name_of(SkipReason::identical) == "identical");
  CHECK(name_of(SkipReason::alike) == "alike");
  CHECK(name_of(SkipReason::no_room) == "no room");
}
