#include "unite/content.hpp"

#include "tests/support/catch.hpp"

using namespace shale;
using namespace shale::unite;

namespace {

Version version() {
  Version one;
  one.metadata.id = "id";
  one.metadata.touched_at = {5, true};
  one.text = {1, 2};
  return one;
}

Version synced() {
  Version one = version();
  one.metadata.attrs = {{".mirror", ""},       {".part", i64(1)},   {".size", i64(2)},
                        {".mtime_ns", i64(3)}, {".inode", i64(4)},  {".hash", i64(5)},
                        {"name", "f"},         {"kind", "function"}};
  return one;
}

}  // namespace

TEST_CASE("content: whatever a user has said of a segment counts") {
  const Content before = content_of(version());
  const auto differs = [&](auto change) {
    Version other = version();
    change(other);
    return content_of(other) != before;
  };
  CHECK(differs([](Version& v) { v.text.high = 3; }));
  CHECK(differs([](Version& v) { v.metadata.type = "code"; }));
  CHECK(differs([](Version& v) { v.metadata.task = ""; }));
  CHECK(differs([](Version& v) { v.metadata.file = "f"; }));
  CHECK(differs([](Version& v) { v.metadata.topic = "t"; }));
  CHECK(differs([](Version& v) { v.metadata.line_range = {1, 2}; }));
  CHECK(differs([](Version& v) { v.metadata.tags = {"a"}; }));
  CHECK(differs([](Version& v) { v.metadata.created_at.microseconds = 1; }));
  CHECK(differs([](Version& v) { v.metadata.touched_at.zoned = false; }));
  CHECK(differs([](Version& v) { v.metadata.pinned = true; }));
  CHECK(differs([](Version& v) { v.metadata.tier = Tier::archive; }));
  CHECK(differs([](Version& v) { v.metadata.generation = Generation::old; }));
  CHECK(differs([](Version& v) { v.metadata.gc_survival_count = 1; }));
  CHECK(differs([](Version& v) { v.metadata.refcount = 1; }));
  CHECK(differs([](Version& v) { v.metadata.sha256 = Sha256{}; }));
  CHECK(differs([](Version& v) { v.metadata.attrs.emplace("k", true); }));
  CHECK(differs([](Version& v) { v.metadata.attrs.emplace(".expires", "x"); }));
  CHECK(differs([](Version& v) { v.metadata.tokens = 3; }));
  CHECK_FALSE(differs([](Version& v) { v.metadata.id = "other"; }));
}

TEST_CASE("content: a count that a store made does not, one that came along does") {
  Version made = version();
  made.metadata.tokens = 3;
  made.metadata.tokenizer = "o200k_base";
  made.metadata.tokens_computed_at = Time{7, true};
  CHECK(content_of(made) == content_of(version()));
  made.metadata.tokenizer = "unknown";
  CHECK(content_of(made) != content_of(version()));
  made.metadata.tokenizer = "o200k_base";
  made.metadata.tokens_computed_at.reset();
  CHECK(content_of(made) != content_of(version()));
}

TEST_CASE("content: what a folder is known by stays where the folder is") {
  CHECK(is_synced(synced().metadata));
  const Metadata taken = without_folder(synced().metadata);
  CHECK(taken.attrs == Attributes{{"name", "f"}, {"kind", "function"}});
  Version plain = version();
  plain.metadata = taken;
  CHECK(content_of(synced()) == content_of(plain));
  // The hash of what an analysis was made of is nobody's stamp.
  Metadata analysis = version().metadata;
  analysis.attrs = {{".hash", i64(5)}, {"analyser", "a"}};
  CHECK_FALSE(is_synced(analysis));
  CHECK(without_folder(analysis) == analysis);
}

TEST_CASE("content: beside what a file says, all else counts") {
  Version moved = synced();
  moved.metadata.line_range = LineRange{7, 9};
  moved.metadata.touched_at = {9, false};
  moved.metadata.created_at = {8, false};
  CHECK(content_beside_file(moved) == content_beside_file(synced()));
  CHECK(content_of(moved) != content_of(synced()));
  moved.metadata.pinned = true;
  CHECK(content_beside_file(moved) != content_beside_file(synced()));
}

TEST_CASE("content: time orders first, then text, then the rest") {
  Version late = version();
  late.metadata.touched_at.microseconds = 6;
  late.text = {0, 0};
  CHECK(content_of(late) > content_of(version()));
  Version text = version();
  text.text = {2, 0};
  text.metadata.type = "a";
  CHECK(content_of(text) > content_of(version()));
  Version rest = version();
  rest.metadata.pinned = true;
  CHECK((content_of(rest) < content_of(version())) != (content_of(rest) > content_of(version())));
}

TEST_CASE("content: the id beside another is that of the content, and an id") {
  const Content content = content_of(version());
  const std::string id = id_beside("id", content);
  CHECK(id.size() == 2 + 17);
  CHECK(id.starts_with("id~"));
  CHECK(id_beside("id", content) == id);
  CHECK(id_beside("io", content).substr(2) != id.substr(2));
  Version other = version();
  other.metadata.pinned = true;
  CHECK(id_beside("id", content_of(other)) != id);
  const std::string longest(id_bytes_max, 'x');
  CHECK(id_beside(longest, content).size() == id_bytes_max);
  // Not cut within a character.
  std::string wide = "x";
  while (wide.size() + 2 <= id_bytes_max) wide += "\xc3\xa9";
  const std::string cut = id_beside(wide, content);
  CHECK(cut.size() <= id_bytes_max);
  CHECK(cut[cut.size() - 18] == '\xa9');
}
