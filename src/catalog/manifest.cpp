#include "catalog/manifest.hpp"

#include <algorithm>

#include "base/checksum.hpp"
#include "base/file.hpp"
#include "catalog/file_names.hpp"
#include "catalog/manifest_lines.hpp"
#include "catalog/text_form.hpp"

namespace shale::catalog {

namespace {

// A project of 10 M segments has about 10 shards; a shard a month for a century stays far below.
constexpr u64 manifest_bytes_max = 16u << 20;
constexpr std::string_view magic = "shale-manifest";
// "checksum ", 16 digits, line end.
constexpr usize checksum_line_bytes = 9 + 16 + 1;

// -- writing --

class LineWriter {
 public:
  LineWriter& line(std::string_view key) {
    if (!text_.empty()) text_ += '\n';
    text_ += key;
    return *this;
  }
  LineWriter& word(std::string_view value) {
    text_ += ' ';
    text_ += value;
    return *this;
  }
  LineWriter& number(std::string_view key, u64 value) {
    return word(key).word(std::to_string(value));
  }
  LineWriter& hex(std::string_view key, u64 value) { return word(key).word(hex16(value)); }
  std::string finish() && { return std::move(text_) + '\n'; }

 private:
  std::string text_;
};

void write_header(LineWriter& out, const Manifest& m) {
  const auto number = [&](std::string_view key, u64 value) {
    out.line(key).word(std::to_string(value));
  };
  const bool is_plain = m.drops.empty() && m.index != TextIndex::none;
  const std::string version = std::to_string(is_plain ? 1 : manifest_version);
  out.line(magic).word(version).word(version);
  out.line("project").word(encode_string(m.project));
  out.line("project_id").word(hex16(m.project_id));
  number("edition", m.edition);
  out.line("analysis").word(encode_string(m.analysis));
  number("words_version", m.words_version);
  number("positions", m.keeps_positions() ? 1 : 0);
  if (m.index == TextIndex::none) out.line("index").word(text_index_name(m.index));
  out.line("shard_by").word(encode_string(m.shard_by));
  number("as_of", m.as_of.value);
  number("next_sequence", m.next_sequence);
  number("next_lsn", m.next_lsn.value);
  number("written_bytes", m.written_bytes);
  number("ingested_bytes", m.ingested_bytes);
}

void write_overlay(LineWriter& out, std::string_view key, FileId owner,
                   const std::optional<OverlayEntry>& entry) {
  if (!entry) return;
  out.line(key).word(file_id_text(owner)).number("number", entry->number);
  out.hex("checksum", entry->checksum).number("as_of", entry->as_of.value);
}

void write_shard(LineWriter& out, const ShardEntry& shard) {
  out.line("shard").word(file_id_text(shard.id)).number("level", shard.level);
  out.number("base_lsn", shard.base_lsn).number("bytes", shard.file_bytes);
  out.hex("checksum", shard.checksum).number("documents", shard.documents);
  out.number("text", shard.text_bytes).number("words", shard.word_count);
  out.number("month", shard.month).number("as_of", shard.as_of.value);
  write_overlay(out, "dead", shard.id, shard.dead);
  write_overlay(out, "patch", shard.id, shard.patch);
}

void write_log(LineWriter& out, const LogEntry& log) {
  out.line("log").word(file_id_text(log.id)).number("sealed", log.sealed_end);
  out.hex("checksum", log.checksum).number("last_lsn", log.last_lsn.value);
}

void write_changes(LineWriter& out, const Manifest& m) {
  out.line("changes_after").word(std::to_string(m.changes_after.value));
  for (const ChangesEntry& entry : m.changes) {
    out.line("changes").word(file_id_text(entry.id)).number("after", entry.after.value);
    out.number("last", entry.last.value).number("bytes", entry.file_bytes);
    out.hex("checksum", entry.checksum).number("newest", u64(entry.newest_at));
  }
  for (const IngestEntry& entry : m.ingests) {
    out.line("ingest").word(file_id_text(entry.log)).number("lsn", entry.lsn.value);
    out.number("at", u64(entry.committed_at)).number("pid", entry.pid);
    out.number("stashed", entry.stashed).number("superseded", entry.superseded);
  }
  for (const DropEntry& entry : m.drops) {
    out.line("drop").word(file_id_text(entry.log)).number("lsn", entry.lsn.value);
    out.number("at", u64(entry.committed_at)).number("pid", entry.pid);
    out.number("segments", entry.segments);
    out.number("first", u64(entry.created_first)).number("last", u64(entry.created_last));
  }
}

// -- reading --

Unexpected damaged(const Line& line, std::string what) {
  return fail_at(ErrorCode::corrupt, "MANIFEST: " + std::move(what), {}, line.offset);
}

Result<void> check_version(const Line& line) {
  const std::optional<u64> version =
      line.word_count() == 3 && line.word(0) == magic ? parse_decimal(line.word(1)) : std::nullopt;
  const std::optional<u64> reader = version ? parse_decimal(line.word(2)) : std::nullopt;
  if (!reader) return damaged(line, "the first line is not that of a manifest.");
  if (*reader > manifest_version) {
    return fail_at(ErrorCode::too_new, "MANIFEST was written by a newer version of shale.", {}, 0);
  }
  return {};
}

// The text without its last line, which must be the checksum of it.
Result<std::string_view> checked_body(std::string_view text) {
  const usize body = text.size() < checksum_line_bytes ? 0 : text.size() - checksum_line_bytes;
  const std::string expected =
      "checksum " + hex16(checksum64(as_bytes(text.substr(0, body)))) + "\n";
  if (body == 0 || text[body - 1] != '\n' || text.substr(body) != expected) {
    return fail_at(ErrorCode::corrupt, "MANIFEST: the checksum does not match.", {}, body);
  }
  return text.substr(0, body);
}

class Parser {
 public:
  Result<Manifest> parse(std::string_view body) {
    LineReader lines(body);
    Line line;
    lines.next(line);  // the version, checked by the caller
    while (lines.next(line)) TRY(take(line));
    if (!header_.complete()) {
      line.offset = body.size();
      return damaged(line, "the line `" + std::string(header_.missing()) + "` is missing.");
    }
    if (!says_changes_after_) manifest_.changes_after = folded_before();
    if (no_index_line_) TRY(leave_out_index(*no_index_line_));
    return std::move(manifest_);
  }

 private:
  Result<void> take(const Line& line) {
    const std::string_view key = line.word(0);
    if (key == "shard") return take_shard(line);
    if (key == "log") return take_log(line);
    if (key == "dead" || key == "patch") return take_overlay(line, key == "dead");
    if (key == "changes") return take_changes(line);
    if (key == "changes_after") return take_changes_after(line);
    if (key == "ingest") return take_ingest(line);
    if (key == "drop") return take_drop(line);
    if (key == "index") return take_index(line);
    switch (header_.take(line, manifest_)) {
      case HeaderLines::Taken::yes:
      case HeaderLines::Taken::unknown:
        return {};
      case HeaderLines::Taken::bad:
        break;
    }
    return damaged(line, "the line `" + std::string(key) + "` makes no sense.");
  }

  Result<void> take_shard(const Line& line) {
    Pairs pairs(line);
    ShardEntry shard;
    shard.id = pairs.owner();
    shard.level = pairs.small_number("level");
    shard.base_lsn = pairs.number("base_lsn");
    shard.file_bytes = pairs.number("bytes");
    shard.checksum = pairs.hex("checksum");
    shard.documents = pairs.number("documents");
    shard.text_bytes = pairs.number("text");
    shard.word_count = pairs.number("words");
    shard.month = pairs.small_number("month");
    shard.as_of.value = pairs.number("as_of");
    if (!pairs.ok() || knows(shard.id)) return damaged(line, "a shard's line makes no sense.");
    manifest_.shards.push_back(shard);
    return {};
  }

  Result<void> take_log(const Line& line) {
    Pairs pairs(line);
    LogEntry log;
    log.id = pairs.owner();
    log.sealed_end = pairs.number("sealed");
    log.checksum = pairs.hex("checksum");
    log.last_lsn.value = pairs.number("last_lsn");
    if (!pairs.ok() || knows(log.id)) return damaged(line, "a log's line makes no sense.");
    const bool after_active = !manifest_.logs.empty() && manifest_.logs.back().sealed_end == 0;
    if (after_active) return damaged(line, "a log stands behind the active one.");
    manifest_.logs.push_back(log);
    return {};
  }

  Result<void> take_overlay(const Line& line, bool dead) {
    Pairs pairs(line);
    const FileId owner = pairs.owner();
    OverlayEntry entry;
    entry.number = pairs.number("number");
    entry.checksum = pairs.hex("checksum");
    entry.as_of.value = pairs.number("as_of");
    std::optional<OverlayEntry>* place = pairs.ok() ? overlay_of(owner, dead) : nullptr;
    if (place == nullptr || place->has_value()) {
      return damaged(line, "the line of an overlay makes no sense.");
    }
    *place = entry;
    return {};
  }

  Result<void> take_changes(const Line& line) {
    Pairs pairs(line);
    ChangesEntry entry;
    entry.id = pairs.owner();
    entry.after.value = pairs.number("after");
    entry.last.value = pairs.number("last");
    entry.file_bytes = pairs.number("bytes");
    entry.checksum = pairs.hex("checksum");
    entry.newest_at = pairs.time("newest");
    const bool in_order =
        entry.after <= entry.last &&
        (manifest_.changes.empty() || manifest_.changes.back().last <= entry.after);
    if (!pairs.ok() || !in_order) return damaged(line, "the line of changes makes no sense.");
    manifest_.changes.push_back(entry);
    return {};
  }

  Result<void> take_changes_after(const Line& line) {
    const std::optional<u64> lsn = parse_decimal(line.word(1));
    if (!lsn || says_changes_after_) {
      return damaged(line, "the line `changes_after` makes no sense.");
    }
    manifest_.changes_after.value = *lsn;
    says_changes_after_ = true;
    return {};
  }

  Result<void> take_ingest(const Line& line) {
    Pairs pairs(line);
    IngestEntry entry;
    entry.log = pairs.owner();
    entry.lsn.value = pairs.number("lsn");
    entry.committed_at = pairs.time("at");
    entry.pid = pairs.small_number("pid");
    entry.stashed = pairs.number("stashed");
    entry.superseded = pairs.number("superseded");
    if (!pairs.ok()) return damaged(line, "the line of an ingest makes no sense.");
    manifest_.ingests.push_back(entry);
    return {};
  }

  Result<void> take_drop(const Line& line) {
    Pairs pairs(line);
    DropEntry entry;
    entry.log = pairs.owner();
    entry.lsn.value = pairs.number("lsn");
    entry.committed_at = pairs.time("at");
    entry.pid = pairs.small_number("pid");
    entry.segments = pairs.number("segments");
    entry.created_first = i64(pairs.number("first"));
    entry.created_last = i64(pairs.number("last"));
    if (!pairs.ok()) return damaged(line, "the line of a drop makes no sense.");
    manifest_.drops.push_back(entry);
    return {};
  }

  // The two lines may come in any order.
  Result<void> take_index(const Line& line) {
    if (line.word(1) != text_index_name(TextIndex::none) || no_index_line_) {
      return damaged(line, "the line `index` makes no sense.");
    }
    no_index_line_ = line;
    return {};
  }

  Result<void> leave_out_index(const Line& line) {
    if (manifest_.keeps_positions()) return damaged(line, "positions of no index are kept.");
    manifest_.index = TextIndex::none;
    return {};
  }

  // Where the oldest log begins: what came before it is in shards.
  Lsn folded_before() const {
    if (manifest_.logs.empty()) return manifest_.next_lsn;
    return Lsn::make(manifest_.logs.front().id.sequence, 0);
  }

  bool knows(FileId id) {
    const auto is_log = [&](const LogEntry& log) { return log.id == id; };
    return overlay_of(id, true) != nullptr ||
           std::any_of(manifest_.logs.begin(), manifest_.logs.end(), is_log);
  }

  std::optional<OverlayEntry>* overlay_of(FileId id, bool dead) {
    for (ShardEntry& shard : manifest_.shards) {
      if (shard.id == id) return dead ? &shard.dead : &shard.patch;
    }
    return nullptr;
  }

  Manifest manifest_;
  HeaderLines header_;
  bool says_changes_after_ = false;
  std::optional<Line> no_index_line_;
};

}  // namespace

std::string format_manifest(const Manifest& manifest) {
  LineWriter out;
  write_header(out, manifest);
  for (const ShardEntry& shard : manifest.shards) write_shard(out, shard);
  for (const LogEntry& log : manifest.logs) write_log(out, log);
  write_changes(out, manifest);
  std::string text = std::move(out).finish();
  const u64 checksum = checksum64(as_bytes(text));
  return text + "checksum " + hex16(checksum) + "\n";
}

Result<Manifest> parse_manifest(std::string_view text) {
  // The version first: how a newer format is checked is not ours to know.
  Line first;
  LineReader lines(text);
  if (!lines.next(first)) return damaged(first, "the file is empty.");
  TRY(check_version(first));
  const std::string_view body = TRY(checked_body(text));
  return Parser().parse(body);
}

Result<Manifest> read_manifest(const std::filesystem::path& path) {
  const Buffer bytes = TRY(read_file(path, manifest_bytes_max));
  Result<Manifest> manifest = parse_manifest(as_text(bytes));
  if (!manifest) manifest.error().path = path.string();
  return manifest;
}

Result<void> write_manifest(const std::filesystem::path& path, const Manifest& manifest) {
  const std::string text = format_manifest(manifest);
  // Pair assertion: what is about to be published reads back as what was meant.
  const Manifest again = TRY(parse_manifest(text));
  if (again != manifest) {
    return fail(ErrorCode::invalid_argument, "A manifest does not survive being written.");
  }
  return replace_file(path, as_bytes(text));
}

}  // namespace shale::catalog
