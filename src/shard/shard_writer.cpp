#include "shard/shard_writer.hpp"

#include <algorithm>
#include <cassert>

#include "base/checksum.hpp"
#include "shard/code_table.hpp"
#include "shard/columns.hpp"
#include "shard/extras.hpp"
#include "shard/ids.hpp"
#include "shard/shard_file.hpp"
#include "shard/shard_map.hpp"
#include "shard/terms.hpp"
#include "shard/texts.hpp"

namespace shale::shard {

namespace {

// Every spooled section, in the order in which they stand in the file behind the texts.
constexpr u32 spooled_tags[] = {
    tag::text_places, tag::dictionaries, tag::ids,          tag::id_table,    tag::columns,
    tag::extras,      tag::term_heads,   tag::term_blocks,  tag::small_lists, tag::big_terms,
    tag::documents,   tag::frequencies,  tag::range_maxima, tag::positions,   tag::position_offsets,
    tag::trigrams};

class Spools {
 public:
  Spools(const std::filesystem::path& folder, usize memory_max) {
    spools_.reserve(std::size(spooled_tags));
    for (usize i = 0; i < std::size(spooled_tags); ++i) spools_.emplace_back(folder, memory_max);
  }
  SectionSpool& of(u32 tag) {
    usize i = 0;
    while (spooled_tags[i] != tag) ++i;
    return spools_[i];
  }
  TermSpools terms() {
    return {of(tag::term_heads),   of(tag::term_blocks), of(tag::small_lists),
            of(tag::big_terms),    of(tag::documents),   of(tag::frequencies),
            of(tag::range_maxima), of(tag::positions),   of(tag::position_offsets),
            of(tag::trigrams)};
  }

 private:
  std::vector<SectionSpool> spools_;
};

u64 aligned(u64 offset) {
  return (offset + section_alignment - 1) / section_alignment * section_alignment;
}

u32 flags_of(const Metadata& metadata, bool has_extras) {
  u32 flags = u32(metadata.tier) << column_flag::tier_shift;
  if (metadata.pinned) flags |= column_flag::pinned;
  if (metadata.generation == Generation::old) flags |= column_flag::old_generation;
  if (metadata.created_at.zoned) flags |= column_flag::created_zoned;
  if (metadata.touched_at.zoned) flags |= column_flag::touched_zoned;
  if (has_extras) flags |= column_flag::has_extras;
  return flags;
}

// What the column holds of a time of counting; no_number: it is absent, or one for the extras.
i64 column_of(const std::optional<Time>& computed) {
  return computed && computed->zoned ? computed->microseconds : no_number;
}

}  // namespace

std::filesystem::path unfinished_path(const std::filesystem::path& path) {
  return std::filesystem::path(path).concat(".tmp");
}

struct ShardWriter::State {
  enum class Step : u8 { terms, documents, finished };

  State(File f, const std::filesystem::path& folder, const ShardOptions& o)
      : file(std::move(f)),
        options(o),
        spools(folder, o.spool_bytes),
        terms(spools.terms(), o.document_count, o.positions),
        texts(file, sizeof(ShardHeader), spools.of(tag::text_places), spools.of(tag::dictionaries),
              o.fast_reads),
        ids(spools.of(tag::ids), spools.of(tag::id_table)),
        columns(folder),
        extras(spools.of(tag::extras)) {
    terms.set_lengths(o.word_counts);
  }

  ~State() {
    // An unfinished shard is nobody's; an orphan that cannot be removed is found later (B6).
    if (step != Step::finished) static_cast<void>(remove_file(file.path()).has_value());
  }

  File file;
  ShardOptions options;
  Step step = Step::terms;
  Spools spools;
  TermsWriter terms;
  TextsWriter texts;
  IdsWriter ids;
  ColumnsWriter columns;
  ExtrasWriter extras;
  CodeTable codes;
  std::vector<std::string> tokenizers;
  u64 word_count = 0;
  ShardFrame frame;  // of the file, as it comes about in finish()

  Result<void> check(const DocumentToWrite& document) const;
  Result<i64> code_of(Field field, const std::optional<std::string>& value) const;
  i64 code_of_tokenizer(const std::string& name);
  Result<Extras> extras_of(const Metadata& metadata, i64 tokenizer) const;
  Result<ColumnRow> row_of(const DocumentToWrite& document, i64 tokenizer, bool has_extras) const;
  Result<void> finish_sections();
  Result<u64> write_sections();
  Result<u64> write_extents(u64 offset);
  Result<u64> write_end(u64 offset);
};

ShardWriter::ShardWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
ShardWriter::~ShardWriter() = default;
ShardWriter::ShardWriter(ShardWriter&&) noexcept = default;
ShardWriter& ShardWriter::operator=(ShardWriter&&) noexcept = default;

Result<ShardWriter> ShardWriter::make(const std::filesystem::path& path,
                                      const ShardOptions& options) {
  if (options.document_count > documents_max) {
    return fail(ErrorCode::invalid_argument, "A shard holds at most 2^24 documents");
  }
  if (options.word_counts.size() != options.document_count) {
    return fail(ErrorCode::invalid_argument, "A shard needs the word count of every document");
  }
  File file = TRY(File::open(unfinished_path(path), File::Mode::create_new));
  file.pace_writes();
  return ShardWriter(std::make_unique<State>(std::move(file), path.parent_path(), options));
}

Result<void> ShardWriter::add_term(const TermPostings& term) {
  assert(state_->step == State::Step::terms);
  TRY(state_->terms.add(term));
  state_->codes.add(term.term);
  return {};
}

Result<u32> ShardWriter::add_dictionary(Bytes dictionary) {
  return state_->texts.add_dictionary(dictionary);
}

Result<void> ShardWriter::compress_with(std::optional<u32> dictionary) {
  return state_->texts.compress_with(dictionary);
}

Result<void> ShardWriter::add_document(const DocumentToWrite& document) {
  State& state = *state_;
  assert(state.step != State::Step::finished);
  state.step = State::Step::documents;
  TRY(state.check(document));
  const Metadata& metadata = *document.metadata;
  const u64 id_hash = checksum64(as_bytes(metadata.id));
  const i64 tokenizer = state.code_of_tokenizer(metadata.tokenizer);
  const Extras extras = TRY(state.extras_of(metadata, tokenizer));
  const ColumnRow row = TRY(state.row_of(document, tokenizer, !extras.empty()));
  if (document.stored) {
    TRY(state.texts.add_stored(*document.stored, id_hash));
  } else {
    TRY(state.texts.add(*document.text, id_hash));
  }
  TRY(state.ids.add(metadata.id, id_hash));
  TRY(state.extras.add(extras));
  TRY(state.columns.add(row));
  state.word_count += document.word_count;
  return {};
}

Result<void> ShardWriter::State::check(const DocumentToWrite& document) const {
  assert(document.metadata != nullptr && document.stored.has_value() != document.text.has_value());
  if (ids.count() >= options.document_count) {
    return fail(ErrorCode::invalid_argument, "More documents were added than were announced");
  }
  if (options.word_counts[ids.count()] != document.word_count) {
    return fail(ErrorCode::invalid_argument, "A document has another word count than announced");
  }
  return {};
}

Result<i64> ShardWriter::State::code_of(Field field,
                                        const std::optional<std::string>& value) const {
  if (!value) return no_number;
  const std::optional<u32> code = codes.code(field, *value);
  if (code) return i64(*code);
  return fail(ErrorCode::invalid_argument, "The " + std::string(field_name(field)) + " \"" +
                                               *value + "\" of a document is not among the terms");
}

// no_number where there is none, or one too many.
i64 ShardWriter::State::code_of_tokenizer(const std::string& name) {
  if (name.empty()) return no_number;
  const auto known = std::find(tokenizers.begin(), tokenizers.end(), name);
  const i64 code = known - tokenizers.begin();
  if (known != tokenizers.end()) return code;
  if (tokenizers.size() == tokenizers_max) return no_number;
  tokenizers.push_back(name);
  return code;
}

Result<Extras> ShardWriter::State::extras_of(const Metadata& metadata, i64 tokenizer) const {
  Extras result;
  for (const std::string& tag : metadata.tags) {
    result.tags.push_back(u32(TRY(code_of(Field::tag, tag))));
  }
  result.attributes = metadata.attrs;
  result.sha256 = metadata.sha256;
  if (column_of(metadata.tokens_computed_at) == no_number) {
    result.tokens_computed_at = metadata.tokens_computed_at;
  }
  if (tokenizer == no_number) result.tokenizer = metadata.tokenizer;
  return result;
}

Result<ColumnRow> ShardWriter::State::row_of(const DocumentToWrite& document, i64 tokenizer,
                                             bool has_extras) const {
  const Metadata& metadata = *document.metadata;
  ColumnRow row;
  const auto set = [&](Column column, i64 value) { row[usize(column)] = value; };
  set(Column::type, TRY(code_of(Field::type, metadata.type)));
  set(Column::task, TRY(code_of(Field::task, metadata.task)));
  set(Column::file, TRY(code_of(Field::file, metadata.file)));
  set(Column::topic, TRY(code_of(Field::topic, metadata.topic)));
  const std::optional<LineRange>& lines = metadata.line_range;
  set(Column::line_first, lines ? i64(lines->first) : no_number);
  set(Column::line_span, lines ? i64(lines->last) - i64(lines->first) : no_number);
  const i64 created = metadata.created_at.microseconds;
  set(Column::created, created);
  set(Column::touched, i64(u64(metadata.touched_at.microseconds) - u64(created)));
  set(Column::flags, flags_of(metadata, has_extras));
  set(Column::gc_survival_count, metadata.gc_survival_count);
  set(Column::refcount, metadata.refcount);
  set(Column::tokens, metadata.tokens ? i64(*metadata.tokens) : no_number);
  set(Column::word_count, document.word_count);
  set(Column::lsn, i64(document.lsn.value));
  set(Column::hash_low, i64(document.text_hash.low));
  set(Column::hash_high, i64(document.text_hash.high));
  set(Column::tokenizer, tokenizer);
  set(Column::tokens_computed, column_of(metadata.tokens_computed_at));
  return row;
}

Result<ShardWriter::Finished> ShardWriter::finish() {
  State& state = *state_;
  assert(state.step != State::Step::finished);
  if (state.ids.count() != state.options.document_count) {
    return fail(ErrorCode::invalid_argument, "Fewer documents were added than were announced");
  }
  TRY(state.finish_sections());
  const u64 sections_end = TRY(state.write_sections());
  const u64 extents_end = TRY(state.write_extents(sections_end));
  const u64 file_bytes = TRY(state.write_end(extents_end));
  TRY(state.file.sync_data());
  state.step = State::Step::finished;
  return Finished{file_bytes, state.frame.footer.checksum, state.texts.text_bytes(),
                  state.word_count};
}

Result<void> ShardWriter::State::finish_sections() {
  TRY(terms.finish());
  TRY(texts.finish());
  TRY(ids.finish());
  TRY(columns.finish(spools.of(tag::columns)));
  return extras.finish();
}

// Writes header and sections and collects the checksums of their extents; returns the end.
Result<u64> ShardWriter::State::write_sections() {
  frame.header = make_header(options.id);
  TRY(file.write_at(0, bytes_of(frame.header)));
  frame.contents.push_back({tag::texts, 0, sizeof(ShardHeader), texts.stored_bytes()});
  u64 end = sizeof(ShardHeader) + texts.stored_bytes();
  for (const u32 tag : spooled_tags) {
    const SectionSpool& spool = spools.of(tag);
    if (tag == tag::trigrams && spool.size() == 0) continue;  // of few terms
    const u64 offset = aligned(end);
    u64 extent = 0;
    TRY(spool.write_to(file, offset, [&](Bytes bytes) {
      for (; !bytes.empty(); ++extent) {
        const Bytes part = bytes.first(std::min<usize>(bytes.size(), extent_bytes));
        frame.extent_checksums.push_back(checksum32(part, extent_seed(tag, extent)));
        bytes = bytes.subspan(part.size());
      }
    }));
    frame.contents.push_back({tag, 0, offset, spool.size()});
    end = offset + spool.size();
  }
  return end;
}

Result<u64> ShardWriter::State::write_extents(u64 offset) {
  const Bytes bytes = bytes_of_span(std::span<const u32>(frame.extent_checksums));
  offset = aligned(offset);
  TRY(file.write_at(offset, bytes));
  frame.contents.push_back({tag::extents, 0, offset, bytes.size()});
  frame.footer.extents_checksum = checksum64(bytes);
  return offset + bytes.size();
}

Result<u64> ShardWriter::State::write_end(u64 offset) {
  ShardInfo& info = frame.info;
  info.document_count = options.document_count;
  info.text_bytes = texts.text_bytes();
  info.word_count = word_count;
  info.base_lsn = options.base_lsn;
  info.positions = options.positions;
  info.analysis = options.analysis;
  info.words_version = options.words_version;
  info.replaced = options.replaced;
  info.tokenizers = tokenizers;
  frame.codes = codes.ranges();
  ShardFooter& footer = frame.footer;
  footer.contents_offset = aligned(offset);
  const Buffer contents = encode_contents(frame, footer);
  footer.file_bytes = footer.contents_offset + contents.size() + sizeof(ShardFooter);
  footer.checksum = footer_checksum(footer, options.id.random);
  const Bytes pieces[] = {contents, bytes_of(footer)};
  TRY(file.write_pieces(footer.contents_offset, pieces));
  return footer.file_bytes;
}

}  // namespace shale::shard
