// Shard::verify: every byte read anew, every structure walked.
#include <algorithm>

#include "base/checksum.hpp"
#include "base/shortage.hpp"
#include "shard/open_shard.hpp"
#include "shard/shard_map.hpp"

namespace shale::shard {

namespace {

constexpr u64 piece_bytes = 64 * extent_bytes;
constexpr u32 rows_at_once = 4096;
constexpr u32 one_text_in = 16;  // of those that Texts::some unpacks

bool only_zeros(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte(0); });
}

}  // namespace

// Bytes first, structures second: a structure in a section whose bytes are damaged already is
// walked all the same, but adds no second fault for that section.
class Verifier {
 public:
  Verifier(const OpenShard& shard, std::vector<Fault>& faults, Texts texts,
           const std::function<bool(u64)>& keep_going)
      : shard_(shard), faults_(faults), texts_(texts), keep_going_(keep_going) {}

  Result<u64> run() {
    if (!TRY(check_frame())) return checked_;
    TRY(check_bytes());
    TRY(check_texts());
    TRY(check("ids", shard_.ids_.verify()));
    TRY(check("places", shard_.texts_.verify_places()));
    TRY(check("columns", check_columns()));
    TRY(check("terms", shard_.terms_.verify()));
    TRY(check("codes", check_codes()));
    return checked_;
  }

 private:
  Result<void> advance(u64 bytes) {
    checked_ += bytes;
    if (!keep_going_ || keep_going_(checked_)) return {};
    return fail(ErrorCode::cancelled, "The check was cancelled");
  }

  void add_fault(std::string section, u64 offset, std::string message,
                 std::vector<std::string> ids = {}) {
    Fault fault;
    fault.file = shard_.file_->path().string();
    fault.section = std::move(section);
    fault.offset = offset;
    fault.message = std::move(message);
    fault.ids = std::move(ids);
    faults_.push_back(std::move(fault));
  }

  // A structure found wrong becomes a fault of the section that its error points into; a disk that
  // cannot be read stays an error for damaged bytes only, everything else ends the check.
  Result<void> check(const char* what, Result<void> result) {
    if (result) return {};
    const Error& error = result.error();
    if (!is_damage(error)) return result;
    const std::string section = section_at(error.offset, what);
    if (!is_known_bad(section)) add_fault(section, error.offset, error.message);
    return {};
  }

  std::string section_at(u64 offset, const char* otherwise) const {
    for (const ContentsEntry& entry : shard_.frame_.contents) {
      if (offset >= entry.offset && offset - entry.offset < entry.bytes) {
        return section_name(entry.tag);
      }
    }
    return otherwise;
  }

  bool is_known_bad(const std::string& section) const {
    return std::any_of(faults_.begin() + std::ptrdiff_t(faults_before_), faults_.end(),
                       [&](const Fault& fault) { return fault.section == section; });
  }

  Result<bool> check_frame() {
    auto frame = read_frame(*shard_.file_);
    if (frame) {
      frame_ = std::move(*frame);
      const u64 read = frame_.info.file_bytes - frame_.footer.contents_offset;
      TRY(advance(sizeof(ShardHeader) + read));
      return true;
    }
    if (frame.error().code != ErrorCode::corrupt) return Unexpected{std::move(frame).error()};
    add_fault("frame", frame.error().offset, frame.error().message);
    return false;
  }

  Result<void> check_bytes() {
    const u32* checksums = frame_.extent_checksums.data();
    u64 end = sizeof(ShardHeader);
    for (const ContentsEntry& entry : frame_.contents) {
      TRY(check_padding(end, entry.offset));
      end = entry.offset + entry.bytes;
      if (entry.tag == tag::extents) TRY(advance(entry.bytes));
      if (!has_extents(entry.tag)) continue;
      TRY(check_section(entry, checksums));
      checksums += extent_count(entry.bytes);
    }
    return check_padding(end, frame_.footer.contents_offset);
  }

  Result<void> check_padding(u64 begin, u64 end) {
    Buffer bytes(usize(end - begin));
    TRY(shard_.file_->read_exactly(begin, bytes));
    if (!only_zeros(bytes)) add_fault("padding", begin, "The bytes between two sections are not 0");
    return advance(bytes.size());
  }

  Result<void> check_section(const ContentsEntry& entry, const u32* checksums) {
    Buffer piece;
    for (u64 at = 0; at < entry.bytes; at += piece.size()) {
      piece.resize(usize(std::min(piece_bytes, entry.bytes - at)));
      const auto read = shard_.file_->read_exactly(entry.offset + at, piece);
      if (!read) add_fault(section_name(entry.tag), entry.offset + at, read.error().message);
      for (u64 in = 0; read && in < piece.size(); in += extent_bytes) {
        const u64 extent = (at + in) / extent_bytes;
        const Bytes bytes = Bytes(piece).subspan(usize(in));
        check_extent(entry, extent, bytes.first(std::min<usize>(bytes.size(), extent_bytes)),
                     checksums[extent]);
      }
      TRY(advance(piece.size()));
    }
    return {};
  }

  void check_extent(const ContentsEntry& entry, u64 extent, Bytes bytes, u32 checksum) {
    if (checksum32(bytes, extent_seed(entry.tag, extent)) == checksum) return;
    add_fault(section_name(entry.tag), entry.offset + extent * extent_bytes,
              "Section " + section_name(entry.tag) + " fails its checksum");
  }

  // Each text read and verified; all or some unpacked and compared with the hash in their row.
  // Texts whose ids cannot be read cannot be checked: the ids are a fault of their own.
  Result<void> check_texts() {
    std::vector<std::string> ids;
    for (u32 first = 0; first < shard_.document_count(); first += ids_per_block) {
      if (shard_.ids_.block(first / ids_per_block, ids)) {
        for (u32 i = 0; i < ids.size(); ++i) check_text(DocNo(first + i), ids[i]);
      }
      TRY(advance(0));
    }
    const ContentsEntry* texts = frame_.find(tag::texts);
    return advance(texts == nullptr ? 0 : texts->bytes);
  }

  void check_text(DocNo doc, const std::string& id) {
    const u64 id_hash = checksum64(as_bytes(id));
    if (texts_ == Texts::some && to_index(doc) % one_text_in != 0) {
      const auto stored = shard_.texts_.stored(doc, id_hash, ahead_);
      if (!stored) add_text_fault(stored.error(), id);
      return;
    }
    const auto text = shard_.texts_.text(doc, id_hash, ahead_);
    if (!text) return add_text_fault(text.error(), id);
    const auto hash = shard_.text_hash(doc);
    if (!hash || *hash == checksum128(as_bytes(*text))) return;
    add_fault(section_name(tag::columns), frame_.find(tag::columns)->offset,
              "The hash of a text is not the one in its row", {id});
  }

  void add_text_fault(const Error& error, const std::string& id) {
    const std::string section = section_at(error.offset, "texts");
    const bool is_text = section == section_name(tag::texts);
    if (is_text || !is_known_bad(section)) {
      add_fault(section, error.offset, error.message, {id});
    } else if (!faults_.empty() && faults_.back().section == section) {
      faults_.back().ids.push_back(id);
    }
  }

  Result<void> check_columns() const {
    u64 words = 0;
    u64 bytes = 0;
    std::vector<i64> numbers;
    for (u32 first = 0; first < shard_.document_count(); first += rows_at_once) {
      numbers.resize(std::min(rows_at_once, shard_.document_count() - first));
      TRY(check_narrow(first, numbers));
      TRY(check_lines(first, numbers));
      TRY(check_flags(first, numbers));
      TRY(check_tokenizers(first, numbers));
      TRY(shard_.numbers(Field::words, first, numbers));
      for (const i64 number : numbers) words += u64(number);
      TRY(shard_.numbers(Field::bytes, first, numbers));
      for (const i64 number : numbers) bytes += u64(number);
    }
    if (words == frame_.info.word_count && bytes == frame_.info.text_bytes) return {};
    return shard_.columns_.damaged(Column::word_count, "does not add up to the shard's totals");
  }

  // Counters and lines are within 32 bits. `numbers` is room for one number of each row.
  Result<void> check_narrow(u32 first, std::span<i64> numbers) const {
    constexpr Column narrow[] = {Column::line_first, Column::gc_survival_count, Column::refcount,
                                 Column::tokens, Column::word_count};
    for (const Column column : narrow) {
      TRY(shard_.columns_.values(column, first, numbers));
      const bool may_be_absent = column == Column::line_first || column == Column::tokens;
      for (const i64 value : numbers) {
        if (value == no_number ? may_be_absent : value >= 0 && value <= 0xffffffff) continue;
        return shard_.columns_.damaged(column, "has a number that does not fit its field");
      }
    }
    return {};
  }

  Result<void> check_lines(u32 first, std::span<i64> numbers) const {
    std::vector<i64> spans(numbers.size());
    TRY(shard_.columns_.values(Column::line_first, first, numbers));
    TRY(shard_.columns_.values(Column::line_span, first, spans));
    for (usize i = 0; i < numbers.size(); ++i) {
      const bool has_first = numbers[i] != no_number;
      const bool has_span = spans[i] != no_number;
      const i64 last = has_first && has_span ? i64(u64(numbers[i]) + u64(spans[i])) : 0;
      if (has_first == has_span && last >= 0 && last <= 0xffffffff) continue;
      return shard_.columns_.damaged(Column::line_span, "has half a line range");
    }
    return {};
  }

  Result<void> check_tokenizers(u32 first, std::span<i64> numbers) const {
    TRY(shard_.columns_.values(Column::tokenizer, first, numbers));
    for (const i64 code : numbers) {
      if (code == no_number || u64(code) < frame_.info.tokenizers.size()) continue;
      return shard_.columns_.damaged(Column::tokenizer, "names a tokenizer the shard has not");
    }
    return {};
  }

  Result<void> check_flags(u32 first, std::span<i64> numbers) const {
    TRY(shard_.columns_.values(Column::flags, first, numbers));
    Metadata metadata;
    for (u32 i = 0; i < numbers.size(); ++i) {
      const u64 flags = u64(numbers[i]);
      if (!are_flags(flags)) {
        return shard_.columns_.damaged(Column::flags, "has flags that do not exist");
      }
      if ((flags & column_flag::has_extras) == 0) continue;
      TRY(shard_.read_extras(metadata, DocNo(first + i)));
      metadata.tags.clear();
    }
    return {};
  }

  // Codes begin where the terms of their field do, and the posting list of each value holds the
  // documents whose row names it, no more and no fewer.
  Result<void> check_codes() const {
    for (u8 number = 1; number <= coded_fields; ++number) {
      const Field field = Field(number);
      const CodeRange range = frame_.codes[number - 1u];
      const u32 begin = TRY(shard_.terms_.lower_bound(std::string(1, char(number))));
      const u32 end = TRY(shard_.terms_.lower_bound(std::string(1, char(number + 1))));
      if (end - begin != range.count || (range.count > 0 && begin != range.first)) {
        return fail(ErrorCode::corrupt, "The info block disagrees with the terms about " +
                                            std::string(field_name(field)));
      }
      if (field != Field::tag) TRY(check_values(field, range));
    }
    return {};
  }

  Result<void> check_values(Field field, CodeRange range) const {
    std::vector<u32> codes(shard_.document_count());
    TRY(shard_.codes(field, 0, codes));
    u64 listed = 0;
    for (u32 code = 0; code < range.count; ++code) {
      const std::string value = TRY(shard_.code_value(field, code));
      const std::optional<Term> term = TRY(shard_.find_term(metadata_term(field, value)));
      if (!term) return shard_.columns_.damaged(Column::type, "names a value without a term");
      const DocumentSet docs = TRY(shard_.documents(*term));
      for (const u32 doc : docs.to_vector()) {
        if (doc >= codes.size() || codes[doc] != code) {
          return shard_.columns_.damaged(Column::type, "disagrees with the postings");
        }
        ++listed;
      }
    }
    const i64 absent = std::count(codes.begin(), codes.end(), Index::no_code);
    if (absent > 0 && field == Field::type) {
      return shard_.columns_.damaged(Column::type, "has a document without a type");
    }
    if (listed + u64(absent) == codes.size()) return {};
    return shard_.columns_.damaged(Column::type, "has values that no posting list holds");
  }

  const OpenShard& shard_;
  std::vector<Fault>& faults_;
  const usize faults_before_ = faults_.size();
  const Texts texts_;
  const std::function<bool(u64)>& keep_going_;
  ShardFrame frame_;
  ReadAhead ahead_;
  u64 checked_ = 0;
};

Result<u64> OpenShard::verify(std::vector<Fault>& faults, Texts texts,
                              const std::function<bool(u64 bytes)>& keep_going) const {
  return Verifier(*this, faults, texts, keep_going).run();
}

}  // namespace shale::shard
