#include "store/count_rules.hpp"

#include "model/forwarding_index.hpp"
#include "tests/store/counting.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

Metadata counted(std::optional<u32> tokens, const std::string& tokenizer,
                 std::optional<Time> computed) {
  Metadata metadata;
  metadata.tokens = tokens;
  metadata.tokenizer = tokenizer;
  metadata.tokens_computed_at = computed;
  return metadata;
}

TEST_CASE("what has no count is to be counted, and what was counted here by another tokenizer") {
  const Time time{5, true};
  CHECK(is_to_count(counted(std::nullopt, "", std::nullopt), "o200k_base"));
  CHECK(is_to_count(counted(std::nullopt, "o200k_base", time), "o200k_base"));
  CHECK(is_to_count(counted(3, "cl100k_base", time), "o200k_base"));
  CHECK_FALSE(is_to_count(counted(3, "o200k_base", time), "o200k_base"));
  CHECK_FALSE(is_to_count(counted(3, "cl100k_base", std::nullopt), "o200k_base"));
  CHECK_FALSE(is_to_count(counted(3, "claude", time), "o200k_base"));
  CHECK_FALSE(is_to_count(counted(0, "unknown", std::nullopt), "o200k_base"));
}

// Answers with an error to whoever asks for the hash of a text.
class BrokenIndex final : public ForwardingIndex {
 public:
  BrokenIndex(std::shared_ptr<const Index> index, ErrorCode code)
      : ForwardingIndex(std::move(index)), code_(code) {}
  Result<TextHash> text_hash(DocNo) const override { return fail(code_, "broken"); }

 private:
  ErrorCode code_;
};

TEST_CASE("a count is taken over with the same text alone, and only one that was made here") {
  const TestStore store(counting_config());
  const auto state = store.state();
  Project project(state);
  ingest(project,
         {segment("a", some_text), segment("b", "another"),
          counted_by("c", "o200k_base", std::nullopt), counted_by("d", "claude", Time{5, true})});
  const IndexView& view = view_of(state)->indexes[0];
  const TextHash text = view.index->text_hash(DocNo(0)).value();
  const auto taken = [&](u32 doc, const std::string& tokenizer = "o200k_base") {
    Metadata metadata;
    const bool is_taken = take_over_count(view, DocNo(doc), text, tokenizer, metadata).value();
    CHECK(metadata.tokens.has_value() == is_taken);
    CHECK(metadata.tokens_computed_at.has_value() == is_taken);
    if (is_taken) CHECK(metadata.tokens == tokens_of(some_text));
    return is_taken;
  };
  CHECK(taken(0));
  CHECK_FALSE(taken(0, "cl100k_base"));
  CHECK_FALSE(taken(1));
  CHECK_FALSE(taken(2));
  CHECK_FALSE(taken(3));
  Metadata metadata;
  IndexView broken{std::make_shared<BrokenIndex>(view.index, ErrorCode::corrupt), view.overlay};
  CHECK_FALSE(take_over_count(broken, DocNo(0), text, "o200k_base", metadata).value());
  broken.index = std::make_shared<BrokenIndex>(view.index, ErrorCode::busy);
  CHECK(take_over_count(broken, DocNo(0), text, "o200k_base", metadata).error().code ==
        ErrorCode::busy);
}

TEST_CASE("a shard is looked through for what has to be counted") {
  const TestStore store;
  const auto state = store.state();
  Project project(state);
  const Time time{5, true};
  ingest(project, {counted_by("a", "claude", time), counted_by("b", "o200k_base", time),
                   segment("c", some_text)});
  const auto found = [&](const std::string& tokenizer) {
    const auto view = view_of(state);
    const IndexView& one = view->indexes[0];
    const auto& shard = dynamic_cast<const shard::Shard&>(*one.index);
    return has_uncounted(one, shard.info().tokenizers, tokenizer).value();
  };
  CHECK(found("o200k_base"));
  update(project, "c", {.tokens = 3});
  CHECK_FALSE(found("o200k_base"));
  CHECK(found("cl100k_base"));
  erase(project, "b");
  CHECK_FALSE(found("cl100k_base"));
}

}  // namespace
}  // namespace shale::store
