#include "delta/prepared.hpp"

#include "base/checksum.hpp"
#include "delta/arena_format.hpp"
#include "model/fields.hpp"
#include "model/record.hpp"

namespace shale::delta {
namespace {

// Fills a buffer made large enough beforehand: no check and no growth per term.
class Encoder {
 public:
  Encoder(Buffer& buffer, u32 terms, Bytes record)
      : base_(buffer.data()),
        terms_at_(base_ + sizeof(PreparedHeader)),
        end_(terms_at_ + terms * sizeof(PreparedTerm)) {
    raw(record);
  }

  void add(PreparedTerm term, std::string_view bytes, std::span<const u32> positions, u32 chains) {
    term.data = u32(end_ - base_);
    term.bytes = u16(bytes.size());
    raw(as_bytes(bytes));
    const std::byte* positions_at = end_;
    u32 last = 0;
    for (const u32 position : positions) {
      end_ = store_varint(end_, position - last);
      last = position;
    }
    term.position_bytes = u32(end_ - positions_at);
    store_value(terms_at_, term);
    terms_at_ += sizeof term;
    count_arena_bytes(term, chains);
  }

  usize size() const { return usize(end_ - base_); }
  u64 arena_bytes() const { return arena_bytes_; }

 private:
  void raw(Bytes bytes) {
    if (!bytes.empty()) std::memcpy(end_, bytes.data(), bytes.size());
    end_ += bytes.size();
  }

  // The term's record as if it were new, and three times its content: a slice is at most 8/3 of
  // the content that filled the one before it (16 bytes hold 12, then 32 follow).
  void count_arena_bytes(const PreparedTerm& term, u32 chains) {
    const u64 head = 3 + (term.tf == 1 ? 0 : 5);  // gap of 18 bits and flag; tf
    arena_bytes_ +=
        term_record_bytes(term.bytes, chains) + 3 * (head * chains + term.position_bytes);
  }

  std::byte* base_;
  std::byte* terms_at_;
  std::byte* end_;
  u64 arena_bytes_ = 0;
};

u8 code_of(std::string_view metadata_term) {
  const u8 tag = metadata_term.empty() ? 0 : u8(metadata_term[0]);
  return tag >= u8(Field::type) && tag <= u8(Field::topic) ? tag : 0;
}

usize encoded_bytes_max(std::span<const std::string> metadata, const Analyser& analyser,
                        usize record_bytes, bool positions) {
  usize bytes = sizeof(PreparedHeader) + record_bytes;
  for (const std::string& term : metadata) bytes += sizeof(PreparedTerm) + term.size();
  for (const AnalysedTerm& term : analyser.terms()) bytes += sizeof(PreparedTerm) + term.bytes;
  for (const AnalysedForm& form : analyser.forms()) bytes += sizeof(PreparedTerm) + 1 + form.bytes;
  // Gaps of one term sum up to less than 2^32, and a varint of n bytes needs a gap of 2^(7(n-1)).
  if (positions) bytes += usize(analyser.occurrences()) * 5;
  return bytes;
}

// A term without frequency and positions.
void add_document_term(std::string_view term, u8 code, Encoder& encoder) {
  encoder.add({term_hash(term), 0, 1, 0, 0, code, 1}, term, {}, 1);
}

// Memory to encode into, kept from text to text: the bound is some three times what a document
// takes, too much to clear and to keep for each.
class Scratch {
 public:
  explicit Scratch(usize bytes) {
    if (buffer().size() < bytes) buffer().resize(bytes);
  }
  ~Scratch() {
    if (buffer().size() > kept_bytes_max) Buffer().swap(buffer());
  }
  static Buffer& buffer() {
    static thread_local Buffer kept;
    return kept;
  }

 private:
  static constexpr usize kept_bytes_max = usize(4) << 20;
};

}  // namespace

u64 hash_of_id(std::string_view id) { return checksum64(as_bytes(id)); }

PreparedView::PreparedView(const PreparedDocument& document) : base(document.encoded.data()) {
  header = load<PreparedHeader>(base);
  const Bytes all(document.encoded);
  terms = view_as<PreparedTerm>(
      all.subspan(sizeof(PreparedHeader), header.term_count * sizeof(PreparedTerm)));
}

PreparedDocument IndexWriter::prepare(Analyser& analyser, const Metadata& metadata,
                                      std::string_view text, bool positions) {
  ByteWriter record;
  record.raw(as_bytes(metadata.id));
  encode_metadata(metadata, record);
  const std::vector<std::string> fields = metadata_terms(metadata);
  analyser.analyse(text);

  PreparedDocument result;
  result.id_hash = hash_of_id(metadata.id);
  const u32 term_count = u32(fields.size() + analyser.terms().size() + analyser.forms().size());
  const Scratch scratch(encoded_bytes_max(fields, analyser, record.size(), positions));
  Encoder encoder(scratch.buffer(), term_count, record.bytes());
  for (const std::string& field : fields) add_document_term(field, code_of(field), encoder);
  for (const AnalysedTerm& term : analyser.terms())
    encoder.add({term.hash, 0, term.tf, 0, 0, 0, 0}, analyser.term(term),
                positions ? analyser.positions(term) : std::span<const u32>(), positions ? 2 : 1);
  std::string tagged(1, form_tag);
  for (const AnalysedForm& form : analyser.forms()) {
    tagged.resize(1);
    add_document_term(tagged.append(analyser.form(form)), 0, encoder);
  }
  store_value(scratch.buffer().data(),
              PreparedHeader{term_count, analyser.word_count(), u32(metadata.id.size()),
                             u32(record.size() - metadata.id.size())});
  const Bytes encoded = Bytes(scratch.buffer()).first(encoder.size());
  result.encoded.assign(encoded.begin(), encoded.end());
  result.arena_bytes = encoder.arena_bytes() + (record.size() + 7) / 8 * 8;
  return result;
}

}  // namespace shale::delta
