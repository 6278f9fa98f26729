#include "model/overlay.hpp"

#include "base/error.hpp"
#include "tests/support/catch.hpp"

namespace shale {
namespace {

// An index of three documents that knows their metadata and nothing else; document 2 is damaged.
class MetadataIndex : public Index {
 public:
  FileId file_id() const override { return {}; }
  u32 document_count() const override { return 3; }
  u64 word_count() const override { return 0; }
  bool has_positions() const override { return false; }
  Result<std::optional<Term>> find_term(std::string_view) const override { return none(); }
  Result<void> for_each_term(std::string_view, const TermVisitor&) const override { return none(); }
  Result<DocumentSet> documents(const Term&) const override { return none(); }
  Result<void> add_holders(std::string_view, TermFilter*, DenseSet&) const override {
    return none();
  }
  Result<void> frequencies(const Term&, std::span<const u32>, std::span<u32>) const override {
    return none();
  }
  Result<void> postings(const Term&, std::vector<u32>&, std::vector<u32>&) const override {
    return none();
  }
  Result<std::unique_ptr<RangePostings>> range_postings(const Term&) const override {
    return none();
  }
  Result<void> lengths(u32, std::span<u32>) const override { return none(); }
  Result<void> lengths_of(std::span<const u32>, std::span<u32>) const override { return none(); }
  Result<std::unique_ptr<PositionCursor>> position_cursor(const Term&) const override {
    return none();
  }
  Result<std::vector<u32>> positions(const Term&, DocNo) const override { return none(); }
  std::unique_ptr<TermStream> all_terms() const override { return nullptr; }
  Result<void> numbers(Field, u32, std::span<i64>) const override { return none(); }
  Result<void> numbers_of(Field, std::span<const u32>, std::span<i64>) const override {
    return none();
  }
  Result<void> codes(Field, u32, std::span<u32>) const override { return none(); }
  Result<std::string> code_value(Field, u32) const override { return none(); }
  Result<std::optional<DocNo>> find_id(std::string_view) const override { return none(); }
  Result<std::string> id_of(DocNo) const override { return none(); }
  Result<Lsn> lsn_of(DocNo) const override { return none(); }
  Result<Metadata> metadata(DocNo doc) const override {
    if (to_index(doc) == 2) return fail_at(ErrorCode::corrupt, "Damaged.", "x.shard", 77);
    Metadata m;
    m.id = std::string("m").append(std::to_string(to_index(doc)));
    m.task = "as stashed";
    return m;
  }
  Result<TextHash> text_hash(DocNo) const override { return none(); }
  Result<std::string> text(DocNo) const override { return none(); }

 private:
  static Unexpected none() { return fail(ErrorCode::not_found, "None here."); }
};

IndexView view_with(std::map<u32, Update> patches) {
  auto overlay = std::make_shared<Overlay>();
  overlay->patches = std::move(patches);
  return {std::make_shared<MetadataIndex>(), overlay};
}

TEST_CASE("metadata without a patch is as stashed") {
  const IndexView view = view_with({});
  const auto metadata = current_metadata(view, DocNo{1});
  REQUIRE(metadata);
  CHECK(metadata->id == "m1");
  CHECK(metadata->task == "as stashed");
}

TEST_CASE("a patch changes its document and no other") {
  Update update;
  update.task.emplace("changed");
  update.pinned = true;
  const IndexView view = view_with({{1, update}});
  const auto patched = current_metadata(view, DocNo{1});
  REQUIRE(patched);
  CHECK(patched->id == "m1");
  CHECK(patched->task == "changed");
  CHECK(patched->pinned);
  const auto other = current_metadata(view, DocNo{0});
  REQUIRE(other);
  CHECK(other->task == "as stashed");
  CHECK_FALSE(other->pinned);
}

TEST_CASE("a damaged document is an error with its place, patched or not") {
  const auto metadata = current_metadata(view_with({{2, Update{}}}), DocNo{2});
  REQUIRE_FALSE(metadata);
  CHECK(metadata.error().code == ErrorCode::corrupt);
  CHECK(metadata.error().path == "x.shard");
  CHECK(metadata.error().offset == 77);
}

}  // namespace
}  // namespace shale
