// The selection against a slow and obvious one, with counters that do not add up.
#include "pack/selection.hpp"

#include <set>

#include "pack/likeness.hpp"
#include "tests/pack/fake_counters.hpp"
#include "tests/support/catch.hpp"

namespace shale::pack {
namespace {

using namespace testing;

// Everything from the first `x` on, as far as `bytes` go.
std::optional<SourceRange> stretch(std::string_view text, usize bytes) {
  const usize at = text.find('x');
  if (at == std::string_view::npos) return std::nullopt;
  return SourceRange{u32(at), u32(std::min(text.size(), at + std::max<usize>(bytes, 1)))};
}

SelectionRules rules_of(u64 budget, CountTokens count, PackFormat format = PackFormat::text) {
  return {budget, format, std::move(count), stretch};
}

Pack pack_of(const std::vector<Candidate>& candidates, SelectionRules rules) {
  Selection selection(std::move(rules));
  for (const Candidate& one : candidates) {
    if (!selection.wants_more()) break;
    selection.offer(one);
  }
  return selection.finish();
}

Candidate candidate(const std::string& id, const std::string& text, bool pinned = false) {
  Metadata metadata;
  metadata.id = id;
  metadata.pinned = pinned;
  return {segment_of(std::move(metadata), text), 1};
}

std::vector<Candidate> random_candidates(RandomTexts& texts) {
  std::vector<Candidate> all;
  for (u32 i = texts.below(90); i-- > 0;) {
    Segment segment = texts.segment("id" + std::to_string(i));
    if (!all.empty() && texts.below(4) == 0) {  // a twin of one before, or nearly one
      const Segment& other = all[texts.below(u32(all.size()))].segment;
      const std::string end = texts.below(2) == 0 ? "" : "\nword";
      segment = segment_of(segment.metadata(), std::string(other.text()) + end);
    }
    all.push_back({segment, float(texts.below(10))});
  }
  std::stable_partition(all.begin(), all.end(),
                        [](const Candidate& one) { return one.segment.metadata().pinned; });
  return all;
}

// -- the slow and obvious one: what is wanted of each, in order --

struct Expected {
  std::vector<std::string> ids;
  std::vector<std::string> blocks;
  std::vector<std::pair<std::string, SkipReason>> skipped;
};

bool is_blank(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return is_white(c); });
}

SkipReason* refusal(const Candidate& one, const std::vector<const Candidate*>& taken,
                    SkipReason& reason) {
  const std::string_view text = one.segment.text();
  reason = SkipReason::empty;
  if (is_blank(text)) return &reason;
  reason = SkipReason::identical;
  for (const Candidate* other : taken) {
    if (other->segment.text() == text) return &reason;
  }
  reason = SkipReason::alike;
  for (const Candidate* other : taken) {
    const auto a = simhash(text), b = simhash(other->segment.text());
    if (a && b && are_alike(*a, *b) && !one.segment.metadata().pinned) return &reason;
  }
  return nullptr;
}

Expected expected_of(const std::vector<Candidate>& candidates, u64 budget,
                     const CountTokens& count) {
  Expected expected;
  std::vector<const Candidate*> taken;
  std::string body;
  int without_room = 0;
  for (const Candidate& one : candidates) {
    const u64 left = budget - count(body);
    if (left < std::max<u64>(8, budget / 100) || without_room == 16) break;
    const Metadata& metadata = one.segment.metadata();
    const u32 lines = u32(line_starts(one.segment.text()).size()) - 1;
    SkipReason reason = SkipReason::no_room;
    std::optional<std::string> block;
    if (refusal(one, taken, reason) == nullptr) {
      reason = SkipReason::no_room;
      const LineRange range = lines_of(metadata, {0, lines}, false);
      const std::string whole =
          block_of(PackFormat::text, title_of(metadata, range, false), one.segment.text());
      if (count(body + whole) <= budget) {
        block = whole;
      } else if (const auto cut = cut_to_fit(one.segment, PackFormat::text,
                                             stretch(one.segment.text(), left * 3), left, count)) {
        block = cut->block;
      }
    }
    if (!block) {
      expected.skipped.emplace_back(metadata.id, reason);
      without_room += reason == SkipReason::no_room;
      continue;
    }
    taken.push_back(&one);
    expected.ids.push_back(metadata.id);
    expected.blocks.push_back(*block);
    body += *block;
  }
  return expected;
}

void check_parts(const Pack& pack, const std::vector<Candidate>& candidates, PackFormat format,
                 const CountTokens& count) {
  std::string body;
  std::set<std::string> told;
  for (const PackedSegment& one : pack.segments) {
    const auto source = std::find_if(candidates.begin(), candidates.end(),
                                     [&](const auto& each) { return each.segment.id() == one.id; });
    REQUIRE(source != candidates.end());
    const std::string_view text = source->segment.text();
    const usize at = text.find(one.text);
    REQUIRE(at != std::string_view::npos);
    CHECK(one.is_cut == (one.text.size() < text.size()));
    CHECK((!one.is_cut || one.text.size() + at == text.size() || one.text.ends_with('\n')));
    const std::string block =
        block_of(format, title_of(source->segment.metadata(), one.lines, one.is_cut), one.text);
    CHECK(one.tokens == count(block));
    CHECK(one.score == source->score);
    CHECK(one.pinned == source->segment.metadata().pinned);
    CHECK(told.insert(one.id).second);
    body += block;
  }
  for (const SkippedSegment& one : pack.skipped) {
    CHECK(told.insert(one.id).second);
    const bool repeats = one.reason == SkipReason::identical || one.reason == SkipReason::alike;
    CHECK(repeats == !one.of.empty());
  }
  REQUIRE(told.size() <= candidates.size());
  for (usize i = 0; i < told.size(); ++i) CHECK(told.count(candidates[i].segment.id()) == 1);
  CHECK(pack.body == body);
  CHECK(pack.used == (body.empty() ? 0 : count(body)));
  CHECK(pack.hash == hash_of(body));
}

TEST_CASE("a pack is that of the slow and obvious selection") {
  const u32 seed = std::random_device()();
  RandomTexts texts(seed);
  for (int i = 0; i < 1500; ++i) {
    INFO("seed " << seed << ", round " << i);
    const auto candidates = random_candidates(texts);
    const u64 budget = texts.below(8) == 0 ? texts.below(20) : 20 + texts.below(1500);
    const Pack pack = pack_of(candidates, rules_of(budget, pieces));
    const Expected expected = expected_of(candidates, budget, pieces);
    std::string body;
    for (const std::string& block : expected.blocks) body += block;
    CHECK(pack.body == body);
    CHECK(pack.left == budget - pieces(body));
    std::vector<std::pair<std::string, SkipReason>> skipped;
    for (const SkippedSegment& one : pack.skipped) skipped.emplace_back(one.id, one.reason);
    CHECK((skipped == expected.skipped));
    check_parts(pack, candidates, PackFormat::text, pieces);
  }
}

TEST_CASE("a pack is never over its budget, whatever the counter") {
  RandomTexts texts(21);
  int taken_out = 0;
  for (int i = 0; i < 600; ++i) {
    const auto candidates = random_candidates(texts);
    for (const NamedCounter& counter : all_counters) {
      INFO(counter.name << ' ' << i);
      const u64 budget = texts.below(1200);
      const PackFormat format = texts.below(2) == 0 ? PackFormat::text : PackFormat::markdown;
      const Pack pack = pack_of(candidates, rules_of(budget, counter.count, format));
      CHECK((pack.body.empty() || counter.count(pack.body) <= budget));
      CHECK(pack.used + pack.left == budget);
      check_parts(pack, candidates, format, counter.count);
      u64 sum = 0;
      for (const PackedSegment& one : pack.segments) sum += one.tokens;
      taken_out += sum < pack.used;
    }
  }
  CHECK(taken_out > 100);  // wholes that were more than their blocks
}

TEST_CASE("a twin is left out for the one before it, a pinned one only where it is the same") {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "word" + std::to_string(i * 7919 % 1000) + ' ';
  const std::string nearly = text + "more";
  const auto plain = pack_of({candidate("a", text), candidate("b", text), candidate("c", nearly)},
                             rules_of(100'000, pieces));
  REQUIRE(plain.segments.size() == 1);
  REQUIRE(plain.skipped.size() == 2);
  CHECK(plain.skipped[0].reason == SkipReason::identical);
  CHECK(plain.skipped[0].of == "a");
  CHECK(plain.skipped[1].reason == SkipReason::alike);
  CHECK(plain.skipped[1].of == "a");
  const auto pinned = pack_of({candidate("a", text, true), candidate("b", text, true),
                               candidate("c", nearly, true), candidate("d", nearly + " again")},
                              rules_of(100'000, pieces));
  REQUIRE(pinned.segments.size() == 2);
  CHECK(pinned.segments[1].id == "c");
  CHECK(pinned.skipped[0].reason == SkipReason::identical);
  CHECK(pinned.skipped[1].id == "d");
  CHECK(pinned.skipped[1].reason == SkipReason::alike);
}

TEST_CASE("the tokens that a segment says it has change nothing") {
  RandomTexts texts(31);
  for (int i = 0; i < 200; ++i) {
    const auto candidates = random_candidates(texts);
    auto counted = candidates;
    for (Candidate& one : counted) {
      Metadata metadata = one.segment.metadata();
      metadata.tokens = texts.below(5000);
      metadata.tokenizer = "o200k_base";
      one.segment = segment_of(metadata, std::string(one.segment.text()));
    }
    const Pack a = pack_of(candidates, rules_of(400, pieces));
    const Pack b = pack_of(counted, rules_of(400, pieces));
    CHECK(a.body == b.body);
    CHECK(a.hash == b.hash);
  }
}

TEST_CASE("a search for what still fits ends") {
  Selection full(rules_of(1000, quarters));
  full.offer(candidate("a", std::string(4 * 985 - 5, 'y')));
  CHECK(full.left() == 14);
  CHECK(full.wants_more());
  full.offer(candidate("b", std::string(12, 'z')));
  CHECK(full.left() < 10);
  CHECK_FALSE(full.wants_more());

  Selection narrow(rules_of(100, quarters));
  int offered = 0;
  for (; narrow.wants_more(); ++offered) {
    narrow.offer(
        candidate("n" + std::to_string(offered), std::string(3000, char('a' + offered % 26))));
  }
  CHECK(offered == 16);

  Selection repeated(rules_of(1000, quarters));
  repeated.offer(candidate("first", "one text"));
  for (offered = 0; repeated.wants_more(); ++offered) {
    repeated.offer(candidate("r" + std::to_string(offered), "one text"));
  }
  CHECK(offered == 1000);
}

TEST_CASE("a long text is cut without being counted as a whole") {
  usize counted = 0;
  const CountTokens count = [&](std::string_view text) {
    counted += text.size();
    return pieces(text);
  };
  std::string text;
  for (int i = 0; text.size() < (4u << 20); ++i) text += "some line " + std::to_string(i) + "\n";
  const Pack pack = pack_of({candidate("long", text)}, rules_of(1000, count));
  REQUIRE(pack.segments.size() == 1);
  CHECK(pack.segments[0].is_cut);
  CHECK(pack.left < 10);
  CHECK(counted < 5 * pack.body.size());
}

TEST_CASE("an empty pack has a hash too, and a hash is 32 digits") {
  const Pack pack = pack_of({}, rules_of(100, pieces));
  CHECK(pack.used == 0);
  CHECK(pack.left == 100);
  CHECK(pack.hash == "99aa06d3014798d86001c324468d497f");  // of XXH3-128's own test for no bytes
  CHECK(is_hash(pack.hash));
  CHECK_FALSE(is_hash(""));
  CHECK_FALSE(is_hash(pack.hash.substr(1)));
  CHECK_FALSE(is_hash(pack.hash.substr(1) + "A"));
}

}  // namespace
}  // namespace shale::pack
