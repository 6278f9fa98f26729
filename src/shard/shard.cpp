#include "shard/shard.hpp"

#include "base/checksum.hpp"
#include "model/bm25.hpp"
#include "shard/open_shard.hpp"

namespace shale::shard {

namespace {

std::optional<Column> code_column(Field field) {
  switch (field) {
    case Field::type:
      return Column::type;
    case Field::task:
      return Column::task;
    case Field::file:
      return Column::file;
    case Field::topic:
      return Column::topic;
    default:
      return std::nullopt;
  }
}

// Hands out the sections of one map by tag; a section the file does not have is empty.
class Views {
 public:
  Views(const ShardFrame& frame, std::shared_ptr<const ShardMap> map) : map_(std::move(map)) {
    for (const ContentsEntry& entry : frame.contents) {
      if (has_extents(entry.tag)) entries_.push_back(entry);
    }
  }
  SectionView of(u32 tag) const {
    for (u32 i = 0; i < entries_.size(); ++i) {
      if (entries_[i].tag == tag) return {map_, i, entries_[i].offset, entries_[i].bytes};
    }
    return {};
  }
  TermViews terms() const {
    return {of(tag::term_heads),   of(tag::term_blocks), of(tag::small_lists),
            of(tag::big_terms),    of(tag::documents),   of(tag::frequencies),
            of(tag::range_maxima), of(tag::positions),   of(tag::position_offsets),
            of(tag::trigrams)};
  }

 private:
  std::shared_ptr<const ShardMap> map_;
  std::vector<ContentsEntry> entries_;
};

std::vector<MappedSection> mapped_sections(const ShardFrame& frame) {
  std::vector<MappedSection> sections;
  for (const ContentsEntry& entry : frame.contents) {
    if (has_extents(entry.tag)) sections.push_back({entry.tag, entry.offset, entry.bytes});
  }
  return sections;
}

}  // namespace

Result<std::shared_ptr<const Shard>> Shard::open(const std::filesystem::path& path,
                                                 std::shared_ptr<PageBudget> budget,
                                                 std::optional<u64> base_lsn) {
  auto file = std::make_unique<File>(TRY(File::open(path, File::Mode::read)));
  TRY(file->advise_random());
  ShardFrame frame = TRY(read_frame(*file));
  if (base_lsn) frame.info.base_lsn = *base_lsn;
  return OpenShard::make(std::move(file), std::move(frame), std::move(budget));
}

Result<std::shared_ptr<const Shard>> OpenShard::make(std::unique_ptr<File> file, ShardFrame frame,
                                                     std::shared_ptr<PageBudget> budget) {
  const u32 documents = frame.info.document_count;
  const ContentsEntry text =
      frame.find(tag::texts) != nullptr ? *frame.find(tag::texts) : ContentsEntry();
  std::shared_ptr<const ShardMap> map = TRY(ShardMap::make(
      file->path(), mapped_sections(frame), std::move(frame.extent_checksums), budget));
  const Views views(frame, map);
  IdsReader ids = TRY(IdsReader::make(views.of(tag::ids), views.of(tag::id_table), documents));
  ColumnsReader columns = TRY(ColumnsReader::make(views.of(tag::columns), documents));
  ExtrasReader extras = TRY(ExtrasReader::make(views.of(tag::extras), documents));
  TextsReader texts =
      TRY(TextsReader::make(*file, text.offset, text.bytes, views.of(tag::text_places),
                            views.of(tag::dictionaries), documents, budget));
  TermsReader terms = TRY(TermsReader::make(views.terms(), documents, frame.info.positions));
  return std::shared_ptr<const Shard>(new OpenShard(
      std::move(file), std::move(frame), std::move(map), std::move(ids), std::move(columns),
      std::move(extras), std::move(texts), std::move(terms), std::move(budget)));
}

OpenShard::OpenShard(std::unique_ptr<File> file, ShardFrame frame,
                     std::shared_ptr<const ShardMap> map, IdsReader ids, ColumnsReader columns,
                     ExtrasReader extras, TextsReader texts, TermsReader terms,
                     std::shared_ptr<PageBudget> budget)
    : file_(std::move(file)),
      frame_(std::move(frame)),
      map_(std::move(map)),
      ids_(std::move(ids)),
      columns_(std::move(columns)),
      extras_(std::move(extras)),
      texts_(std::move(texts)),
      terms_(std::move(terms)),
      length_table_(columns_, frame_.info.document_count, std::move(budget)) {}

// -- terms --

Result<std::optional<Term>> OpenShard::find_term(std::string_view term) const {
  return terms_.find(term);
}
Result<void> OpenShard::for_each_term(std::string_view prefix, const TermVisitor& visit) const {
  return terms_.for_each(prefix, visit);
}
Result<DocumentSet> OpenShard::documents(const Term& term) const { return terms_.documents(term); }
Result<void> OpenShard::add_holders(std::string_view prefix, TermFilter* filter,
                                    DenseSet& holders) const {
  return terms_.add_holders(prefix, filter, holders);
}
Result<void> OpenShard::frequencies(const Term& term, std::span<const u32> docs,
                                    std::span<u32> tfs) const {
  return terms_.frequencies(term, docs, tfs);
}
Result<void> OpenShard::postings(const Term& term, std::vector<u32>& docs,
                                 std::vector<u32>& tfs) const {
  return terms_.postings(term, docs, tfs);
}
Result<std::unique_ptr<RangePostings>> OpenShard::range_postings(const Term& term) const {
  const CorpusStatistics own{document_count(), word_count()};
  return terms_.range_postings(term, own.average_length());
}
Result<std::vector<u32>> OpenShard::positions(const Term& term, DocNo doc) const {
  return terms_.positions(term, doc);
}
std::unique_ptr<TermStream> OpenShard::all_terms() const { return terms_.all(); }

// -- columns --

Result<void> OpenShard::numbers(Field field, u32 first, std::span<i64> out) const {
  if (field == Field::bytes) return texts_.raw_bytes(first, out);
  return columns_.numbers(field, first, out);
}

Result<void> OpenShard::numbers_of(Field field, std::span<const u32> docs,
                                   std::span<i64> out) const {
  if (field != Field::bytes) return columns_.numbers_of(field, docs, out);
  for (usize i = 0; i < docs.size(); ++i) TRY(texts_.raw_bytes(docs[i], out.subspan(i, 1)));
  return {};
}

Result<void> OpenShard::lengths(u32 first, std::span<u32> out) const {
  return columns_.lengths(first, out);
}

Result<void> OpenShard::lengths_of(std::span<const u32> docs, std::span<u32> out) const {
  return length_table_.of(docs, out);
}

Result<void> OpenShard::codes(Field field, u32 first, std::span<u32> out) const {
  const std::optional<Column> column = code_column(field);
  if (!column) return fail(ErrorCode::invalid_argument, "That field has no codes");
  return columns_.codes(*column, first, out);
}

Result<std::string> OpenShard::code_value(Field field, u32 code) const {
  if (!has_codes(field)) return fail(ErrorCode::invalid_argument, "That field has no codes");
  const CodeRange range = frame_.codes[u8(field) - 1];
  if (code >= range.count) {
    return columns_.damaged(code_column(field).value_or(Column::flags),
                            "names a value of a field that has none of that number");
  }
  auto term = terms_.term_at(range.first + code);
  if (!term) return term;
  if (term->empty() || u8(term->front()) != u8(field)) {
    return columns_.damaged(code_column(field).value_or(Column::flags),
                            "disagrees with the terms about the values of a field");
  }
  return term->substr(1);
}

// -- documents --

Result<std::optional<DocNo>> OpenShard::find_id(std::string_view id) const { return ids_.find(id); }
Result<std::string> OpenShard::id_of(DocNo doc) const { return ids_.id_of(doc); }

Result<void> OpenShard::for_each_id(
    const std::function<Result<void>(std::string_view id)>& visit) const {
  return ids_.for_each([&](DocNo, std::string_view id) { return visit(id); });
}

Result<u64> OpenShard::id_hash(DocNo doc) const {
  thread_local std::string id;
  TRY(ids_.id_of(doc, id));
  return checksum64(as_bytes(id));
}

Result<Lsn> OpenShard::lsn_of(DocNo doc) const {
  return Lsn{u64(TRY(columns_.value(Column::lsn, doc))) + frame_.info.base_lsn};
}

Result<TextHash> OpenShard::text_hash(DocNo doc) const {
  TextHash hash;
  hash.low = u64(TRY(columns_.value(Column::hash_low, doc)));
  hash.high = u64(TRY(columns_.value(Column::hash_high, doc)));
  return hash;
}

Result<std::string> OpenShard::text(DocNo doc) const {
  const u64 hash = TRY(id_hash(doc));
  return texts_.text(doc, hash);
}

Result<std::string> OpenShard::text_range(DocNo doc, u32 begin, u32 end) const {
  const u64 hash = TRY(id_hash(doc));
  return texts_.text_range(doc, hash, begin, end);
}

Result<StoredText> OpenShard::stored_text(DocNo doc, ReadAhead& ahead) const {
  const u64 hash = TRY(id_hash(doc));
  return texts_.stored(doc, hash, ahead);
}

Result<Metadata> OpenShard::metadata(DocNo doc) const {
  Metadata result;
  TRY(ids_.id_of(doc, result.id));
  result.type = TRY(type_of(doc));
  result.task = TRY(string_field(Field::task, doc));
  result.file = TRY(string_field(Field::file, doc));
  result.topic = TRY(string_field(Field::topic, doc));
  TRY(read_numbers(result, doc));
  return result;
}

Result<std::optional<std::string>> OpenShard::string_field(Field field, DocNo doc) const {
  u32 code[1];
  TRY(codes(field, to_index(doc), code));
  if (code[0] == no_code) return std::nullopt;
  return TRY(code_value(field, code[0]));
}

Result<Summary> OpenShard::summary(DocNo doc) const {
  Summary result;
  result.type = TRY(type_of(doc));
  result.file = TRY(string_field(Field::file, doc));
  result.line_range = TRY(line_range_of(doc));
  result.tokens = TRY(tokens_of(doc));
  const u32 flags = TRY(flags_of(doc));
  result.created_at = {TRY(columns_.value(Column::created, doc)),
                       (flags & column_flag::created_zoned) != 0};
  return result;
}

Result<std::string> OpenShard::type_of(DocNo doc) const {
  u32 code[1];
  TRY(columns_.codes(Column::type, to_index(doc), code));
  if (code[0] == no_code) return columns_.damaged(Column::type, "has a document without a type");
  if (const std::string* known = known_types_.find(code[0])) return *known;
  std::string type = TRY(code_value(Field::type, code[0]));
  known_types_.remember(code[0], type);
  return type;
}

Result<std::optional<LineRange>> OpenShard::line_range_of(DocNo doc) const {
  const i64 first = TRY(columns_.value(Column::line_first, doc));
  if (first == no_number) return std::nullopt;
  return LineRange{u32(first), u32(first + TRY(columns_.value(Column::line_span, doc)))};
}

Result<std::optional<u32>> OpenShard::tokens_of(DocNo doc) const {
  const i64 tokens = TRY(columns_.value(Column::tokens, doc));
  return tokens != no_number ? std::optional<u32>(u32(tokens)) : std::nullopt;
}

Result<u32> OpenShard::flags_of(DocNo doc) const {
  const u64 flags = u64(TRY(columns_.value(Column::flags, doc)));
  if (are_flags(flags)) return u32(flags);
  return columns_.damaged(Column::flags, "has flags that do not exist");
}

Result<void> OpenShard::read_numbers(Metadata& out, DocNo doc) const {
  out.line_range = TRY(line_range_of(doc));
  const u32 flags = TRY(flags_of(doc));
  const i64 created = TRY(columns_.value(Column::created, doc));
  const i64 touched = TRY(columns_.value(Column::touched, doc));
  out.created_at = {created, (flags & column_flag::created_zoned) != 0};
  out.touched_at = {i64(u64(created) + u64(touched)), (flags & column_flag::touched_zoned) != 0};
  out.pinned = (flags & column_flag::pinned) != 0;
  out.tier = Tier(flags >> column_flag::tier_shift & 3);
  if ((flags & column_flag::old_generation) != 0) out.generation = Generation::old;
  out.gc_survival_count = u32(TRY(columns_.value(Column::gc_survival_count, doc)));
  out.refcount = u32(TRY(columns_.value(Column::refcount, doc)));
  TRY(read_tokens(out, doc));
  return (flags & column_flag::has_extras) != 0 ? read_extras(out, doc) : Result<void>();
}

Result<void> OpenShard::read_tokens(Metadata& out, DocNo doc) const {
  out.tokens = TRY(tokens_of(doc));
  const i64 tokenizer = TRY(columns_.value(Column::tokenizer, doc));
  if (tokenizer != no_number) {
    const std::vector<std::string>& names = frame_.info.tokenizers;
    if (u64(tokenizer) >= names.size()) {
      return columns_.damaged(Column::tokenizer, "names a tokenizer the shard has not");
    }
    out.tokenizer = names[usize(tokenizer)];
  }
  const i64 computed = TRY(columns_.value(Column::tokens_computed, doc));
  if (computed != no_number) out.tokens_computed_at = {computed, true};
  return {};
}

Result<void> OpenShard::read_extras(Metadata& out, DocNo doc) const {
  Extras extras = TRY(extras_.extras(doc));
  for (const u32 code : extras.tags) out.tags.push_back(TRY(code_value(Field::tag, code)));
  out.attrs = std::move(extras.attributes);
  out.sha256 = extras.sha256;
  if (extras.tokens_computed_at) out.tokens_computed_at = extras.tokens_computed_at;
  if (!extras.tokenizer.empty()) out.tokenizer = std::move(extras.tokenizer);
  return {};
}

std::vector<PageRun> OpenShard::hot_pages() const {
  std::vector<PageRun> runs;
  map_->add_hot_pages(runs);
  texts_.add_hot_pages(runs);
  return runs;
}

std::vector<SectionBytes> OpenShard::sections() const {
  std::vector<SectionBytes> result;
  for (const ContentsEntry& entry : frame_.contents) {
    result.push_back({section_name(entry.tag), entry.bytes});
  }
  return result;
}

}  // namespace shale::shard
