#include "sync/reading.hpp"

#include "base/checksum.hpp"
#include "tests/support/catch.hpp"
#include "tests/sync/mirror_fixture.hpp"

namespace shale::sync {
namespace {

using testing::Mirrored;

Reading read(const Mirrored& mirrored, const std::string& name, const KnownFile* known = nullptr,
             const SyncOptions& options = {.prefix = "p/"}) {
  const WalkedFile file{name, {}};
  return read_candidate(mirrored.root(), {&file, known}, options);
}

}  // namespace

TEST_CASE("reading: a file's content, cut and hashed") {
  const Mirrored mirrored;
  mirrored.old_file("a.md", "# One\n# Two\n");
  const Reading reading = read(mirrored, "a.md");
  CHECK(reading.state == Reading::State::taken);
  CHECK(reading.content.path == "p/a.md");
  CHECK(reading.content.prefix == "p/");
  CHECK(reading.content.stamp.bytes == 12);
  CHECK(reading.content.is_settled);
  REQUIRE(reading.content.chunks.size() == 2);
  CHECK(reading.content.chunks[1].text == "# Two\n");
  CHECK(reading.content.hashes[1] == checksum128(as_bytes("# Two\n")));
}

TEST_CASE("reading: ctags is asked where files are cut by symbols and no scanner knows them") {
  const Mirrored mirrored;
  mirrored.old_file("a.rb", "def f\nend\n");
  const testing::TemporaryFolder folder;
  std::ofstream(folder / "ctags") << "#!/bin/sh\n"
                                     "echo '{\"name\": \"Universal Ctags\"}'\nread q\nread t\n"
                                     "printf '1.rb\\t1\\t2\\tmethod\\t\\tf\\n'\n"
                                     "echo '{\"_type\": \"completed\"}'\n";
  std::filesystem::permissions(folder / "ctags", std::filesystem::perms::owner_all);
  const auto name = [&](Chunking chunking, bool asks) {
    Ctags ctags(folder.path().string());
    const WalkedFile file{"a.rb", {}};
    const Reading reading = read_candidate(mirrored.root(), {&file, nullptr},
                                           {.chunking = chunking}, asks ? &ctags : nullptr);
    return reading.content.chunks.at(0).name;
  };
  CHECK(name(Chunking::automatic, true) == "f");
  CHECK(name(Chunking::symbols, true) == "f");
  CHECK(name(Chunking::lines, true).empty());
  CHECK(name(Chunking::whole, true).empty());
  CHECK(name(Chunking::automatic, false).empty());
}

TEST_CASE("reading: what is not taken") {
  const Mirrored mirrored;
  mirrored.old_file("empty", "");
  mirrored.old_file("binary", std::string("a\0", 2));
  mirrored.old_file("long", "12345");
  mirrored.old_file("folder/a", "x");
  CHECK(read(mirrored, "empty").state == Reading::State::skipped);
  CHECK(read(mirrored, "binary").state == Reading::State::skipped);
  CHECK(read(mirrored, "long", nullptr, {.file_bytes_max = 4}).state == Reading::State::skipped);
  CHECK(read(mirrored, "absent").state == Reading::State::vanished);
  CHECK(read(mirrored, "folder").state == Reading::State::failed);
  CHECK_FALSE(read(mirrored, "folder").reason.empty());
}

TEST_CASE("reading: the known content is not cut again, unless all is to be read") {
  const Mirrored mirrored;
  mirrored.old_file("a", "text");
  KnownFile known{"p/a", {4, 0, 0}, checksum64(as_bytes("text")), false};
  CHECK(read(mirrored, "a", &known).state == Reading::State::same);
  CHECK(read(mirrored, "a", &known, {.read_all = true}).state == Reading::State::taken);
  known.stamp.bytes = 5;
  CHECK(read(mirrored, "a", &known).state == Reading::State::taken);
  known = {"p/a", {4, 0, 0}, 1, false};
  CHECK(read(mirrored, "a", &known).state == Reading::State::taken);
}

}  // namespace shale::sync
