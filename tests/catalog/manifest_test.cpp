#include "catalog/manifest.hpp"

#include <atomic>
#include <random>
#include <thread>

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
  CHECK(parse_manifest(sealed(replaced(body, "shale-manifest 1 1", "shale-manifest 9 2"))));
  CHECK(parse_manifest(replaced(text, "shale-manifest 1 1", "shale-manifest 9 3")).error().code ==
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

TEST_CASE("a project without an index of words takes a reader that knows of it") {
  Manifest manifest = sample();
  manifest.index = TextIndex::none;
  const std::string text = format_manifest(manifest);
  CHECK(text.starts_with("shale-manifest 2 2\n"));
  CHECK(parse_manifest(text).value() == manifest);
  const std::string body = text.substr(0, text.rfind("checksum "));
  // In any order; but once, known, and not beside positions.
  const std::string line = "index none\n";
  const std::string without = replaced(body, line, "");
  CHECK(parse_manifest(sealed(replaced(without, "positions 0", line + "positions 0"))).value() ==
        manifest);
  CHECK(parse_manifest(sealed(without)).value().index == TextIndex::terms);
  refused(sealed(body + line));
  refused(sealed(replaced(body, line, "index some\n")));
  refused(sealed(replaced(body, line, "index\n")));
  refused(sealed(replaced(body, "positions 0", "positions 1")));
}

TEST_CASE("the whole text of a manifest, written by hand") {
  Manifest m;
  m.project_id = 1;
  m.index = TextIndex::terms;
  m.shard_by = "month";
  m.as_of = {2};
  m.next_sequence = 3;
  m.next_lsn = {4};
  m.written_bytes = 5;
  m.ingested_bytes = ~u64(0);
  m.logs.push_back({{6, 7}, 8, 9, {10}});
  m.changes_after = {11};
  m.changes.push_back({{12, 13}, {14}, {15}, 16, 17, 18});
  m.ingests.push_back({{19, 20}, {21}, 22, 23, 24, 25});
  const std::string text =
      "shale-manifest 1 1\n"
      "project %\n"
      "project_id 0000000000000001\n"
      "edition 0\n"
      "analysis plain\n"
      "words_version 1\n"
      "positions 0\n"
      "shard_by month\n"
      "as_of 2\n"
      "next_sequence 3\n"
      "next_lsn 4\n"
      "written_bytes 5\n"
      "ingested_bytes 18446744073709551615\n"
      "log 6-0000000000000007 sealed 8 checksum 0000000000000009 last_lsn 10\n"
      "changes_after 11\n"
      "changes 12-000000000000000d after 14 last 15 bytes 16 checksum 0000000000000011 newest 18\n"
      "ingest 19-0000000000000014 lsn 21 at 22 pid 23 stashed 24 superseded 25\n";
  CHECK(format_manifest(m) == sealed(text));
  CHECK(parse_manifest(sealed(text)).value() == m);
  m.drops.push_back({{26, 27}, {28}, 29, 30, 31, -1, 32});
  const std::string with_drop =
      replaced(text, "shale-manifest 1 1\n", "shale-manifest 2 2\n") +
      "drop 26-000000000000001b lsn 28 at 29 pid 30 segments 31 first 18446744073709551615 "
      "last 32\n";
  CHECK(format_manifest(m) == sealed(with_drop));
  CHECK(parse_manifest(sealed(with_drop)).value() == m);
  CHECK_FALSE(parse_manifest(sealed(replaced(with_drop, "segments 31 ", ""))));
}

TEST_CASE("each header line is missed by its name") {
  const std::string body = body_of(format_manifest(sample()));
  for (const std::string key :
       {"project", "project_id", "edition", "analysis", "words_version", "positions", "shard_by",
        "as_of", "next_sequence", "next_lsn", "written_bytes", "ingested_bytes"}) {
    const usize at = body.find("\n" + key + " ") + 1;
    REQUIRE(at != 0);
    std::string without = body;
    without.erase(at, body.find('\n', at) + 1 - at);
    const auto parsed = parse_manifest(sealed(without));
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().message == "MANIFEST: the line `" + key + "` is missing.");
    CHECK(parsed.error().offset == without.size());
    const auto twice = parse_manifest(sealed(body + body.substr(at, body.find('\n', at) + 1 - at)));
    REQUIRE_FALSE(twice);
    CHECK(twice.error().message == "MANIFEST: the line `" + key + "` makes no sense.");
    CHECK(twice.error().offset == body.size());
  }
}

TEST_CASE("a manifest of before changes were kept tells of none that is folded") {
  const auto without = [](Manifest m) {
    const std::string body = body_of(format_manifest(m));
    return parse_manifest(sealed(replaced(body, "changes_after 0\n", ""))).value();
  };
  Manifest m;
  m.next_lsn = {99};
  CHECK(without(m).changes_after == Lsn{99});
  m.logs.push_back({{6, 7}, 8, 9, {10}});
  m.logs.push_back({{8, 7}, 0, 0, {}});
  CHECK(without(m).changes_after == Lsn::make(6, 0));
}

TEST_CASE("changes files follow each other") {
  Manifest m;
  m.changes_after = {5};
  m.changes.push_back({{12, 1}, {5}, {9}, 1, 1, 1});
  m.changes.push_back({{13, 1}, {9}, {12}, 1, 1, 1});
  const auto reads = [&] { return parse_manifest(format_manifest(m)).has_value(); };
  CHECK(reads());
  m.changes[1].after = {8};
  CHECK_FALSE(reads());
  m.changes[1].after = {13};
  CHECK_FALSE(reads());
  const std::string body = body_of(format_manifest(Manifest()));
  CHECK_FALSE(parse_manifest(sealed(body + "changes_after 0\n")));  // twice
  CHECK_FALSE(parse_manifest(sealed(replaced(body, "changes_after 0", "changes_after x"))));
}

TEST_CASE("each word of a shard, a log and an overlay is asked for, once") {
  const std::string header = body_of(format_manifest(Manifest()));
  const std::string shard =
      "shard 3-0000000000000011 level 1 base_lsn 2 bytes 3 checksum 0000000000000004 "
      "documents 5 text 6 words 7 month 202603 as_of 8\n";
  const std::string log = "log 4-0000000000000022 sealed 9 checksum 0000000000000001 last_lsn 3\n";
  const std::string dead = "dead 3-0000000000000011 number 1 checksum 0000000000000002 as_of 3\n";
  const std::string changes =
      "changes 7-0000000000000011 after 4 last 5 bytes 6 checksum 0000000000000007 newest 8\n";
  const std::string ingest = "ingest 4-0000000000000022 lsn 4 at 5 pid 6 stashed 7 superseded 8\n";
  const auto reads = [&](const std::string& lines) {
    const auto parsed = parse_manifest(sealed(header + lines));
    if (!parsed) CHECK(parsed.error().code == ErrorCode::corrupt);
    return parsed.has_value();
  };
  REQUIRE(reads(shard + dead + log));
  CHECK_FALSE(reads(dead + shard));  // of a shard named before
  for (const std::string& line : {shard, log, dead, changes, ingest}) {
    const std::string before = line == dead ? shard : "";
    usize words = 0;
    for (usize at = line.find(' '); at < line.size(); at = line.find(' ', at + 1), ++words) {
      INFO(line.substr(at + 1, 12));
      CHECK_FALSE(reads(before + replaced(line, line.substr(at), "\n")));  // cut before this word
      std::string other = line;
      other[at + 1] = 'X';
      CHECK_FALSE(reads(before + other));
      other = line;
      other.insert(at, " ");
      CHECK_FALSE(reads(before + other));
    }
    CHECK(words >= 7);
  }
  CHECK(reads(replaced(changes, "newest 8", "newest 9223372036854775807")));
  CHECK_FALSE(reads(replaced(changes, "newest 8", "newest 9223372036854775808")));
  CHECK_FALSE(reads(replaced(ingest, "pid 6", "pid 4294967296")));
  CHECK(reads(replaced(shard, "level 1", "level 4294967295")));
  CHECK_FALSE(reads(replaced(shard, "level 1", "level 4294967296")));
  CHECK_FALSE(reads(replaced(shard, "bytes 3", "bytes 18446744073709551616")));
  CHECK_FALSE(reads(replaced(shard, "bytes 3", "bytes 03")));
  CHECK_FALSE(reads(replaced(shard, "000000000004 ", "00000000000A ")));
}

TEST_CASE("no two files have one name, be they shards or logs") {
  Manifest m;
  m.shards.push_back({{3, 1}, 0, 0, 0, 0, 0, 0, 0, 0, {}, {}, {}});
  m.logs.push_back({{4, 1}, 9, 0, {}});
  m.logs.push_back({{5, 1}, 0, 0, {}});
  REQUIRE(parse_manifest(format_manifest(m)));
  const auto with = [&](auto change) {
    Manifest changed = m;
    change(changed);
    const auto parsed = parse_manifest(format_manifest(changed));
    return parsed ? std::string() : parsed.error().message;
  };
  CHECK(with([](Manifest& c) {
          c.logs[0].id = {3, 1};
        }) == "MANIFEST: a log's line makes no sense.");
  CHECK(with([](Manifest& c) {
          c.logs[1].id = {4, 1};
        }) == "MANIFEST: a log's line makes no sense.");
  CHECK(with([](Manifest& c) { c.shards.push_back(c.shards[0]); }) ==
        "MANIFEST: a shard's line makes no sense.");
  CHECK(with([](Manifest& c) { c.logs[0].sealed_end = 0; }) ==
        "MANIFEST: a log stands behind the active one.");
  CHECK(with([](Manifest& c) { c.logs[1].id = {3, 2}; }).empty());
}

TEST_CASE("a manifest has at most 16 MiB") {
  const shale::testing::TemporaryFolder folder;
  const auto path = folder / "MANIFEST";
  const Manifest manifest = sample();
  const std::string body = body_of(format_manifest(manifest));
  const auto read = [&](usize bytes) {
    const usize line = std::string("checksum 0123456789abcdef\n").size();
    std::string text = body + "colour ";
    text.append(bytes - text.size() - 1 - line, 'x').append("\n");
    text = sealed(text);
    REQUIRE(text.size() == bytes);
    replace_file(path, as_bytes(text)).value();
    return read_manifest(path);
  };
  CHECK(read(16u << 20).value() == manifest);
  const auto large = read((16u << 20) + 1);
  REQUIRE_FALSE(large);
  CHECK(large.error().path == path.string());
}

TEST_CASE("each field of a manifest has a place of its own in the text") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  ManifestMaker maker(seed);
  const Manifest first = sample();
  const Manifest second = maker.manifest();
  const auto taken_over = [&](auto field) {
    Manifest mixed = first;
    field(mixed) = field(second);
    const Manifest read = parse_manifest(format_manifest(mixed)).value();
    CHECK(read == mixed);
    CHECK((format_manifest(mixed) == format_manifest(first)) == (mixed == first));
  };
  taken_over([](auto& m) -> auto& { return m.project; });
  taken_over([](auto& m) -> auto& { return m.project_id; });
  taken_over([](auto& m) -> auto& { return m.edition; });
  taken_over([](auto& m) -> auto& { return m.analysis; });
  taken_over([](auto& m) -> auto& { return m.words_version; });
  taken_over([](auto& m) -> auto& { return m.index; });
  taken_over([](auto& m) -> auto& { return m.shard_by; });
  taken_over([](auto& m) -> auto& { return m.as_of; });
  taken_over([](auto& m) -> auto& { return m.next_sequence; });
  taken_over([](auto& m) -> auto& { return m.next_lsn; });
  taken_over([](auto& m) -> auto& { return m.written_bytes; });
  taken_over([](auto& m) -> auto& { return m.ingested_bytes; });
  taken_over([](auto& m) -> auto& { return m.changes_after; });
  taken_over([](auto& m) -> auto& { return m.changes; });
  taken_over([](auto& m) -> auto& { return m.ingests; });
}

TEST_CASE("readers beside a writer see one manifest or the next, whole") {
  const shale::testing::TemporaryFolder folder;
  const auto path = folder / "MANIFEST";
  const auto edition = [](u64 number) {
    Manifest m;
    m.edition = m.next_sequence = number;
    for (u64 i = 0; i < number % 40; ++i) m.logs.push_back({{i + 1, number}, number, number, {}});
    return m;
  };
  write_manifest(path, edition(1)).value();
  std::atomic<bool> stop = false;
  std::atomic<u64> wrong = 0;
  std::atomic<u64> reads = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      for (u64 last = 0; !stop; ++reads) {
        const auto read = read_manifest(path);
        const bool fine = read && *read == edition(read->edition) && read->edition >= last;
        wrong += fine ? 0 : 1;
        if (fine) last = read->edition;
      }
    });
  }
  for (u64 number = 2; number < 300 || reads < 20; ++number) {
    write_manifest(path, edition(number)).value();
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(wrong == 0);
  CHECK(list_folder(folder.path()).value() == std::vector<std::string>{"MANIFEST"});
}

}  // namespace
}  // namespace shale::catalog
