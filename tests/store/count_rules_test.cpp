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

// Answers with damage, or with another error, to whoever looks for an id.
class BrokenIndex final : public ForwardingIndex {
 public:
  BrokenIndex(std::shared_ptr<const Index> index, ErrorCode code)
      : ForwardingIndex(std::move(index)), code_(code) {}
  Result<std::optional<DocNo>> find_id(std::string_view) const override {
    return fail(code_, "broken");
  }

 private:
  ErrorCode code_;
};

TEST_CASE("a count is taken from the newest version of the id that has the text") {
  const TestStore store(counting_config());
  const auto state = store.state();
  Project project(state);
  ingest(project, {segment("a", some_text), segment("b", some_text)});
  ingest(project, {segment("b", "another")});
  const std::vector<IndexView>& indexes = view_of(state)->indexes;
  const TextHash text = indexes[0].index->text_hash(DocNo(0)).value();
  const auto taken = [&](const std::string& id, std::span<const IndexView> from) {
    Metadata metadata;
    metadata.id = id;
    const bool is_taken = take_over_count(from, text, "o200k_base", metadata).value();
    CHECK(metadata.tokens.has_value() == is_taken);
    CHECK(metadata.tokens_computed_at.has_value() == is_taken);
    if (is_taken) CHECK(metadata.tokens == tokens_of(some_text));
    return is_taken;
  };
  CHECK(taken("a", indexes));
  CHECK_FALSE(taken("b", indexes));
  CHECK(taken("b", std::span(indexes).first(1)));  // dead, but it has the text
  CHECK_FALSE(taken("c", indexes));
  std::vector<IndexView> damaged = indexes;
  damaged[1].index = std::make_shared<BrokenIndex>(damaged[1].index, ErrorCode::corrupt);
  CHECK(taken("a", damaged));
  damaged[1].index = std::make_shared<BrokenIndex>(damaged[1].index, ErrorCode::busy);
  Metadata metadata;
  metadata.id = "a";
  CHECK(take_over_count(damaged, text, "o200k_base", metadata).error().code == ErrorCode::busy);
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
