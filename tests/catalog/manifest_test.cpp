#include "catalog/manifest.hpp"

#include "base/checksum.hpp"
#include "base/file.hpp"
#include "catalog/text_form.hpp"
#include "tests/catalog/random_manifest.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale::catalog {
namespace {

using testing::ManifestMaker;

Manifest sample() {
  ManifestMaker maker(4);
  Manifest m;
  while (m.shards.size() < 2 || m.logs.size() < 2 || !m.shards[0].dead) m = maker.manifest();
  m.logs.back().sealed_end = 0;
  return m;
}

// The text with a line changed or added, and a checksum that is right again.
std::string sealed(std::string body) {
  return body + "checksum " + hex16(checksum64(as_bytes(body))) + "\n";
}
std::string body_of(const std::string& text) { return text.substr(0, text.rfind("checksum ")); }
std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const usize at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

void refused(const std::string& text) {
  INFO(text);
  const auto parsed = parse_manifest(text);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == ErrorCode::corrupt);
}

TEST_CASE("random manifests go there and back") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  ManifestMaker maker(seed);
  for (int i = 0; i < 500; ++i) {
    const Manifest manifest = maker.manifest();
    REQUIRE(parse_manifest(format_manifest(manifest)).value() == manifest);
  }
}

TEST_CASE("the text is what the header says") {
  Manifest m;
  m.project = "my notes";
  m.project_id = 0xabc;
  m.edition = 7;
  m.shards.push_back({{3, 0x11}, 1, 2, 3, 4, 5, 6, 7, 202603, {8}, OverlayEntry{1, 2, {3}}, {}});
  m.logs.push_back({{4, 0x22}, 0, 0, {}});
  const std::string text = format_manifest(m);
  CHECK(
      text.starts_with("shale-manifest 1 1\nproject my%20notes\nproject_id 0000000000000abc\n"
                       "edition 7\nanalysis plain\n"));
  CHECK(text.find("\nshard 3-0000000000000011 level 1 base_lsn 2 bytes 3 checksum "
                  "0000000000000004 documents 5 text 6 words 7 month 202603 "
                  "as_of 8\n"
                  "dead 3-0000000000000011 number 1 checksum 0000000000000002 as_of 3\n"
                  "log 4-0000000000000022 sealed 0 checksum 0000000000000000 last_lsn 0\n") !=
        std::string::npos);
}

TEST_CASE("every truncation is refused") {
  const std::string text = format_manifest(sample());
  for (usize size = 0; size < text.size(); ++size) {
    REQUIRE(parse_manifest(text.substr(0, size)).error().code == ErrorCode::corrupt);
  }
  refused(text + "\n");
  refused(text + text);
}

TEST_CASE("every flipped bit is refused") {
  const std::string text = format_manifest(sample());
  for (usize at = 0; at < text.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = text;
      flipped[at] = char(flipped[at] ^ (1 << bit));
      const auto parsed = parse_manifest(flipped);
      REQUIRE_FALSE(parsed);
      const bool told = parsed.error().code == ErrorCode::corrupt ||
                        (parsed.error().code == ErrorCode::too_new && at < 19);
      REQUIRE(told);
    }
  }
}

TEST_CASE("versions") {
  const std::string text = format_manifest(sample());
  const std::string body = body_of(text);
  CHECK(parse_manifest(sealed(replaced(body, "shale-manifest 1 1", "shale-manifest 9 1"))));
  CHECK(parse_manifest(replaced(text, "shale-manifest 1 1", "shale-manifest 9 2")).error().code ==
        ErrorCode::too_new);
  refused(sealed(replaced(body, "shale-manifest 1 1", "shale-manifest 1")));
  refused(sealed(replaced(body, "shale-manifest", "other-manifest")));
}

TEST_CASE("unknown lines and keys are skipped") {
  const Manifest manifest = sample();
  const std::string body = body_of(format_manifest(manifest));
  CHECK(parse_manifest(sealed(body + "colour red green blue\n")).value() == manifest);
  CHECK(parse_manifest(sealed(replaced(body, " level ", " colour red level "))).value() ==
        manifest);
  CHECK(parse_manifest(sealed(replaced(body, "\nedition", "\n\nedition"))).value() == manifest);
}

TEST_CASE("sense is checked behind a checksum that is right") {
  const std::string body = body_of(format_manifest(sample()));
  refused(sealed(replaced(body, "\nedition ", "\nedition x")));
  refused(sealed(replaced(body, "\nedition ", "\nno_edition ")));
  refused(sealed(body + "edition 5\n"));
  refused(sealed(replaced(body, "positions ", "positions 2")));
  refused(sealed(replaced(body, "words_version ", "words_version 99999999999")));
  refused(sealed(replaced(body, " level ", " leve ")));
  refused(sealed(replaced(body, " level ", " level 1 level ")));
  refused(sealed(replaced(body, " level ", " odd level ")));
  refused(sealed(body + "dead 77-0000000000000001 number 1 checksum 0000000000000001 as_of 1\n"));
  const usize shard = body.find("\nshard ");
  refused(sealed(body + body.substr(shard + 1, body.find('\n', shard + 1) - shard)));
  const usize dead = body.find("\ndead ");
  refused(sealed(body + body.substr(dead + 1, body.find('\n', dead + 1) - dead)));
  // Logs have no overlays: theirs are the logs behind them.
  const usize log = body.find("\nlog ") + 5;
  refused(sealed(body + "dead " + body.substr(log, body.find(' ', log) - log) +
                 " number 1 checksum 0000000000000001 as_of 1\n"));
  // A log behind the active one.
  refused(sealed(body + "log 77-0000000000000001 sealed 5 checksum 0000000000000001 last_lsn 1\n"));
}

TEST_CASE("errors say where") {
  const std::string body = body_of(format_manifest(sample()));
  const std::string text = sealed(body + "edition 5\n");
  CHECK(parse_manifest(text).error().offset == body.size());
}

TEST_CASE("files") {
  const shale::testing::TemporaryFolder folder;
  const auto path = folder / "MANIFEST";
  CHECK(read_manifest(path).error().code == ErrorCode::not_found);
  const Manifest first = sample();
  write_manifest(path, first).value();
  CHECK(read_manifest(path).value() == first);
  Manifest second = first;
  ++second.edition;
  write_manifest(path, second).value();
  CHECK(read_manifest(path).value() == second);

  std::string text = format_manifest(second);
  text[30] = '!';
  replace_file(path, as_bytes(text)).value();
  const auto damaged = read_manifest(path);
  REQUIRE_FALSE(damaged);
  CHECK(damaged.error().code == ErrorCode::corrupt);
  CHECK(damaged.error().path == path.string());
}

TEST_CASE("a manifest that its own reader would refuse is not written") {
  const shale::testing::TemporaryFolder folder;
  Manifest manifest = sample();
  manifest.logs.front().sealed_end = 0;  // an active log before another one
  CHECK_FALSE(write_manifest(folder / "MANIFEST", manifest));
  CHECK_FALSE(path_exists(folder / "MANIFEST").value());
}

}  // namespace
}  // namespace shale::catalog
