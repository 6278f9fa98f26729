#include "backup/bundle_writer.hpp"

#include <set>

#include "backup/bundle_reader.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::backup {
namespace {

namespace fs = std::filesystem;
using namespace shale::testing;
using Names = std::vector<std::string>;

FillMember bytes_in_pieces(const std::string& bytes, usize piece) {
  return [bytes, piece](const ByteSink& sink) -> Result<void> {
    for (usize at = 0; at < bytes.size(); at += piece) {
      TRY(sink(as_bytes(std::string_view(bytes).substr(at, piece))));
    }
    return {};
  };
}

TEST_CASE("bundle writer: the same bytes, in whatever pieces they come") {
  const TemporaryFolder folder;
  const std::string long_one = std::string((usize(3) << 20) + 77, 'x') + "end";
  std::set<std::string> bundles;
  for (const usize piece : {usize(1000), usize(1) << 20, usize(5) << 20}) {
    BundleWriter writer = BundleWriter::create(folder / "bundle").value();
    writer.add("empty", bytes_in_pieces("", piece)).value();
    writer.add("long", bytes_in_pieces(long_one, piece)).value();
    writer.add("short", bytes_in_pieces("bytes", piece)).value();
    writer.finish().value();
    writer.publish().value();
    bundles.insert(read_text(folder / "bundle"));
  }
  CHECK(bundles.size() == 1);
  CHECK(files_in(folder.path()) == Names{"bundle"});
  const BundleReader reader = BundleReader::open(folder / "bundle").value();
  REQUIRE(reader.members().size() == 3);
  CHECK(reader.members()[1].offset == bundle_alignment);
  CHECK(reader.members()[2].offset % bundle_alignment == 0);
  CHECK(as_text(reader.read_whole(reader.members()[1], u64(1) << 30).value()) == long_one);
  CHECK(as_text(reader.read_whole(reader.members()[2], 100).value()) == "bytes");
  CHECK(reader.bytes() == long_one.size() + 5);
}

TEST_CASE("bundle writer: nothing has the name before it is published, or stays when given up") {
  const TemporaryFolder folder;
  write_text(folder / "bundle", "the one before");
  {
    BundleWriter writer = BundleWriter::create(folder / "bundle").value();
    writer.add("a", bytes_in_pieces("bytes", 2)).value();
    writer.finish().value();
    CHECK(read_text(folder / "bundle") == "the one before");
    CHECK(BundleReader::open(writer.draft()));
    const auto second = BundleWriter::create(folder / "bundle");
    REQUIRE(!second);
    CHECK(second.error().code == ErrorCode::busy);
  }
  CHECK(files_in(folder.path()) == Names{"bundle"});
  CHECK(read_text(folder / "bundle") == "the one before");
}

TEST_CASE("bundle writer: what a killed call left is cleared away, however long it is") {
  const TemporaryFolder folder;
  write_text(folder / "bundle.tmp", std::string(100'000, 'x'));
  BundleWriter writer = BundleWriter::create(folder / "bundle").value();
  writer.finish().value();
  writer.publish().value();
  CHECK(BundleReader::open(folder / "bundle").value().members().empty());
  CHECK(files_in(folder.path()) == Names{"bundle"});
}

TEST_CASE("bundle writer: an error of who fills a member is the call's") {
  const TemporaryFolder folder;
  BundleWriter writer = BundleWriter::create(folder / "bundle").value();
  const auto added = writer.add(
      "a", [](const ByteSink&) -> Result<void> { return fail(ErrorCode::cancelled, "enough"); });
  REQUIRE(!added);
  CHECK(added.error().code == ErrorCode::cancelled);
}

}  // namespace
}  // namespace shale::backup
