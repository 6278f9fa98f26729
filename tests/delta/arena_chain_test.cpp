// Chains: every length of posting across every border of slices, kills, and damaged words.
#include "delta/arena_chain.hpp"

#include "tests/delta/delta_support.hpp"

using namespace shale;
using namespace shale::delta;
using namespace shale::delta::testing;

namespace {

struct Chain {
  std::shared_ptr<Arena> arena = make_arena();
  ArenaHeap heap{arena};
  u64 slice = 0;
  u64 state = 0;

  Chain() {
    arena->map().reserve(u64(64) << 20).value();
    heap.refresh(arena->map().reserved());
    slice = heap.allocate(inline_slice_bytes);
    state = empty_chain(slice);
    heap.header().chains_by_class[0] = 1;
  }
  ChainCursor cursor() const { return ChainCursor(*arena, state, slice); }
};

Buffer encode(const std::vector<u32>& positions) {
  ByteWriter out;
  u32 last = 0;
  for (const u32 p : positions) {
    out.varint(p - last);
    last = p;
  }
  return out.buffer();
}

std::vector<u32> random_positions(Random& random) {
  std::vector<u32> positions;
  u32 position = 0;
  const u32 count = 1 + (below(random, 20) == 0 ? below(random, 3000) : below(random, 4));
  for (u32 i = 0; i < count; ++i)
    positions.push_back(position += 1 + below(random, below(random, 9) == 0 ? 300000 : 60));
  return positions;
}

}  // namespace

TEST_CASE("the state word holds each of its parts at its maximum") {
  const ChainState state{(1u << 30) - 1, (1u << 18) - 1, slice_class_max, slice_content(8)};
  const ChainState back = ChainState::unpack(state.pack());
  REQUIRE(back.end == state.end);
  REQUIRE(back.last_document == state.last_document);
  REQUIRE(back.slice_class == state.slice_class);
  REQUIRE(back.room == state.room);
}

TEST_CASE("an empty chain has no posting") {
  const Chain chain;
  Posting posting;
  ChainCursor cursor = chain.cursor();
  REQUIRE(!cursor.next(posting));
  REQUIRE(!cursor.failed());
}

TEST_CASE("postings with positions come back whole, read or skipped") {
  Random random = seeded(21);
  Chain chain;
  std::vector<std::pair<u32, std::vector<u32>>> expected;
  u32 document = below(random, 2);  // 0 is a document too
  for (u32 i = 0; i < 3000; ++i) {
    expected.emplace_back(document, random_positions(random));
    append_posting(chain.heap, chain.state, document, u32(expected.back().second.size()),
                   encode(expected.back().second));
    document += 1 + below(random, below(random, 50) == 0 ? 1000 : 5);
  }
  REQUIRE(document < arena_documents_max);
  ChainCursor cursor = chain.cursor();
  Posting posting;
  for (usize i = 0; i < expected.size(); ++i) {
    const auto& [number, positions] = expected[i];
    REQUIRE(cursor.next(posting));
    REQUIRE(posting.document == number);
    REQUIRE(posting.tf == positions.size());
    std::vector<u32> read;
    if (i % 2 == 0) cursor.skip_positions(posting.tf);
    if (i % 2 == 1) cursor.read_positions(posting.tf, read);
    if (i % 2 == 1) REQUIRE(read == positions);
  }
  REQUIRE(!cursor.next(posting));
  REQUIRE(!cursor.failed());
}

TEST_CASE("a gathered chain is what was appended, at every length, with zeros behind it") {
  Random random = seeded(23);
  Chain chain;
  ByteWriter expected;
  Buffer gathered;
  u32 last = 0;
  for (u32 document = 0; document < 2000; ++document) {
    const Buffer positions = encode(random_positions(random));
    const u32 tf = u32(std::count_if(positions.begin(), positions.end(),
                                     [](std::byte b) { return b < std::byte(128); }));
    append_posting(chain.heap, chain.state, document, tf, positions);
    expected.varint(u64(document - last) << 1 | u64(tf == 1));
    if (tf != 1) expected.varint(tf);
    expected.raw(positions);
    last = document;
    if (document > 300 && document % 100 != 0) continue;
    ChainCursor cursor = chain.cursor();
    const usize bytes = cursor.gather(gathered);
    REQUIRE(!cursor.failed());
    REQUIRE(std::ranges::equal(Bytes(gathered).first(bytes), expected.bytes()));
    const Bytes behind = Bytes(gathered).subspan(bytes, gather_padding);
    REQUIRE(std::ranges::all_of(behind, [](std::byte b) { return b == std::byte(0); }));
  }
}

TEST_CASE("a chain whose link is damaged is not gathered") {
  Chain chain;
  for (u32 document = 0; document < 40; ++document)
    append_posting(chain.heap, chain.state, document, 1, {});
  store_value(chain.heap.base() + chain.slice + slice_content(0), u32(chain.slice - 8));
  ChainCursor cursor = chain.cursor();
  Buffer gathered;
  cursor.gather(gathered);
  REQUIRE(cursor.failed());
}

TEST_CASE("a cursor sees what was there when it began") {
  Chain chain;
  std::vector<ChainCursor> cursors;
  for (u32 d = 0; d < 300; ++d) {
    cursors.push_back(chain.cursor());
    append_posting(chain.heap, chain.state, d, 1 + d % 200, {});
  }
  for (usize i = 0; i < cursors.size(); ++i) {
    Posting posting;
    u32 count = 0;
    while (cursors[i].next(posting)) REQUIRE(posting.document == count++);
    REQUIRE(!cursors[i].failed());
    REQUIRE(count == i);
  }
}

TEST_CASE("a writer that dies before it publishes leaves the chain as it was") {
  Chain chain;
  for (u32 d = 0; d < 500; ++d) {
    const u64 before = chain.state;
    append_posting(chain.heap, chain.state, d * 2, 3, {});
    chain.state = before;  // as if killed; the next writer counts from the old state
    chain.heap.refresh(chain.heap.limit());
    append_posting(chain.heap, chain.state, d * 2 + 1, 1, {});
  }
  ChainCursor cursor = chain.cursor();
  Posting posting;
  u32 count = 0;
  while (cursor.next(posting)) REQUIRE(posting.document == 2 * count++ + 1);
  REQUIRE(count == 500);
}

TEST_CASE("any state word and any link lead to an end") {
  Random random = seeded(22);
  Chain chain;
  for (u32 d = 0; d < 3000; ++d) append_posting(chain.heap, chain.state, d, 1 + d % 3, {});
  const u64 end = chain.arena->end();
  u32 failed = 0;
  for (u32 round = 0; round < 3000; ++round) {
    const u64 state = round % 2 == 0 ? random() : chain.state ^ u64(1) << random() % 64;
    const u64 at = chain.slice + random() % (end - chain.slice);
    std::byte& byte = chain.arena->data()[at];
    const std::byte kept = byte;
    byte = std::byte(random());
    ChainCursor cursor(*chain.arena, state, chain.slice);
    Posting posting;
    u32 last = 0;
    u32 count = 0;
    for (; cursor.next(posting); ++count) {
      REQUIRE((count == 0 || posting.document > last));
      REQUIRE(posting.document < arena_documents_max);
      last = posting.document;
    }
    failed += cursor.failed() ? 1 : 0;
    byte = kept;
  }
  REQUIRE(failed > 1000);
}

TEST_CASE("a link that leads back ends the walk where it stands") {
  Chain chain;
  for (u32 d = 0; d < 3000; ++d) append_posting(chain.heap, chain.state, d, 1, {});
  // 8 bytes of content, then the link to the second slice, whose link stands 12 bytes in.
  const u64 second = load<u32>(chain.arena->data() + chain.slice + 8);
  store_value(chain.arena->data() + second + 12, u32(second));
  ChainCursor cursor = chain.cursor();
  Posting posting;
  u32 count = 0;
  while (cursor.next(posting)) ++count;
  REQUIRE(cursor.failed());
  REQUIRE(count == 20);
}
