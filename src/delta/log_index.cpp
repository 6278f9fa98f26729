#include "delta/log_index.hpp"

#include <algorithm>

#include "delta/arena_cut.hpp"
#include "delta/log_terms.hpp"
#include "delta/prepared.hpp"
#include "model/record.hpp"

namespace shale::delta {
namespace {

class ArenaIndex final : public LogIndex {
 public:
  ArenaIndex(ArenaCut cut, TextSource texts)
      : cut_(std::move(cut)),
        texts_(std::move(texts)),
        id_{cut_.header().log_sequence, cut_.header().log_random} {
    for (const Gap& gap : cut_.gaps()) burnt_.add_range(gap.begin, gap.end);
  }

  std::optional<Error> loss() const override {
    return cut_.arena().lost() ? std::optional<Error>(cut_.arena().map().loss()) : std::nullopt;
  }
  FileId file_id() const override { return id_; }
  u32 document_count() const override { return cut_.document_limit(); }
  bool has_positions() const override { return cut_.keeps_positions(); }
  u64 word_count() const override { return cut_.last().words_sum; }
  const Bitmap& burnt() const override { return burnt_; }
  u64 text_bytes() const override { return cut_.last().text_bytes_sum; }
  Lsn committed() const override { return {cut_.last().lsn}; }

  Result<std::optional<Term>> find_term(std::string_view term) const override;
  Result<void> for_each_term(std::string_view prefix, const TermVisitor& visit) const override;
  Result<DocumentSet> documents(const Term& term) const override;
  Result<void> add_holders(std::string_view prefix, TermFilter* filter,
                           DenseSet& holders) const override;
  Result<void> frequencies(const Term& term, std::span<const u32> docs,
                           std::span<u32> tfs) const override;
  Result<void> postings(const Term& term, std::vector<u32>& docs,
                        std::vector<u32>& tfs) const override;
  Result<std::unique_ptr<RangePostings>> range_postings(const Term&) const override {
    return std::unique_ptr<RangePostings>();
  }
  Result<std::unique_ptr<PositionCursor>> position_cursor(const Term& term) const override;
  Result<std::vector<u32>> positions(const Term& term, DocNo doc) const override;
  std::unique_ptr<TermStream> all_terms() const override { return make_term_stream(cut_); }

  Result<void> numbers(Field field, u32 first, std::span<i64> out) const override;
  Result<void> numbers_of(Field field, std::span<const u32> docs,
                          std::span<i64> out) const override;
  Result<void> lengths(u32 first, std::span<u32> out) const override;
  Result<void> lengths_of(std::span<const u32> docs, std::span<u32> out) const override;
  Result<void> codes(Field field, u32 first, std::span<u32> out) const override;
  Result<std::string> code_value(Field field, u32 code) const override;

  Result<std::optional<DocNo>> find_id(std::string_view id) const override;
  Result<std::string> id_of(DocNo doc) const override;
  Result<Lsn> lsn_of(DocNo doc) const override;
  Result<Metadata> metadata(DocNo doc) const override;
  Result<TextHash> text_hash(DocNo doc) const override;
  Result<std::string> text(DocNo doc) const override;

  void for_each_tombstone(Lsn after,
                          const std::function<void(const Tombstone&)>& visit) const override;
  Result<void> for_each_update(Lsn after,
                               const std::function<void(const UpdateEntry&)>& visit) const override;

 private:
  Result<TermView> view_of(u64 handle) const;
  Result<u32> count_documents(const TermView& term) const;
  template <class Visit>
  Result<void> for_each_record(const Visit& visit) const;
  Result<void> check_range(u32 first, usize count) const;
  Result<const DocumentEntry*> entry(DocNo doc) const;
  // Id and metadata of a document, visible or not; nothing where they lie outside.
  std::optional<Bytes> record_of(const DocumentEntry& entry) const;
  bool has_id(u32 document, std::string_view id) const;
  Result<UpdateEntry> update_at(u32 index, Lsn lsn) const;

  ArenaCut cut_;
  TextSource texts_;
  FileId id_;
  Bitmap burnt_;
};

// -- terms --

Result<TermView> ArenaIndex::view_of(u64 handle) const {
  const std::optional<TermView> view = cut_.term_at(handle);
  if (!view) return Unexpected{cut_.damaged("A term lies outside", handle)};
  return *view;
}

// Exact for this cut: no shared total could be (PROTOCOL B3).
Result<u32> ArenaIndex::count_documents(const TermView& term) const {
  ChainCursor cursor = cut_.documents_of(term);
  VisibleFilter visible(cut_);
  Posting posting;
  u32 count = 0;
  while (cursor.next(posting) && !visible.is_past_end(posting.document))
    count += visible(posting.document) ? 1 : 0;
  if (cursor.failed()) return Unexpected{cut_.damaged("A posting list is damaged", term.offset)};
  return count;
}

Result<std::optional<Term>> ArenaIndex::find_term(std::string_view term) const {
  const HashTable table = cut_.terms();
  if (table.slots == nullptr) return Unexpected{cut_.damaged("The term table is damaged", 0)};
  bool damaged = false;
  u32 found = 0;  // taken in passing: a slot that was free may be taken a moment later
  const u64* slot = table.find(u32(term_hash(term) >> 32), [&](u32 handle) {
    const std::optional<TermView> view = cut_.term_at(offset_of(handle));
    damaged |= !view;
    if (view && view->term == term) found = handle;
    return found != 0;
  });
  if (found == 0 && (damaged || slot == nullptr))
    return Unexpected{cut_.damaged("The term table is damaged", 0)};
  if (found == 0) return std::optional<Term>();
  const u64 offset = offset_of(found);
  const TermView view = TRY(view_of(offset));
  const u32 df = TRY(count_documents(view));
  return df == 0 ? std::optional<Term>() : std::optional<Term>(Term{offset, df});
}

// Calls visit(term) for each term of the table until it answers false.
template <class Visit>
Result<void> ArenaIndex::for_each_record(const Visit& visit) const {
  const std::vector<Handle> handles = TRY(cut_.term_handles());
  constexpr usize ahead = 16;
  for (usize i = 0; i < handles.size(); ++i) {
    if (i + ahead < handles.size())
      __builtin_prefetch(cut_.arena().data() + offset_of(handles[i + ahead]));
    const TermView view = TRY(view_of(offset_of(handles[i])));
    if (!TRY(visit(view))) return {};
  }
  return {};
}

Result<void> ArenaIndex::for_each_term(std::string_view prefix, const TermVisitor& visit) const {
  return for_each_record([&](const TermView& view) -> Result<bool> {
    if (!view.term.starts_with(prefix)) return true;
    const u32 df = TRY(count_documents(view));
    return df == 0 || visit(view.term, Term{view.offset, df});
  });
}

Result<DocumentSet> ArenaIndex::documents(const Term& term) const {
  const TermView view = TRY(view_of(term.handle));
  ChainCursor cursor = cut_.documents_of(view);
  VisibleFilter visible(cut_);
  std::vector<u32> docs;
  docs.reserve(std::min(term.df, cut_.document_limit()));
  Posting posting;
  while (cursor.next(posting) && !visible.is_past_end(posting.document))
    if (visible(posting.document)) docs.push_back(posting.document);
  if (cursor.failed()) return Unexpected{cut_.damaged("A posting list is damaged", view.offset)};
  TRY(cut_.arena().still_there());  // of zeros they would not be sorted
  return DocumentSet::from_sorted(docs);
}

// In no order, so that a filter is asked for every term.
Result<void> ArenaIndex::add_holders(std::string_view prefix, TermFilter* filter,
                                     DenseSet& holders) const {
  std::string next;
  return for_each_record([&](const TermView& view) -> Result<bool> {
    if (!view.term.starts_with(prefix)) return true;
    next.clear();
    if (filter != nullptr && !filter->wants(view.term.substr(prefix.size()), next)) return true;
    ChainCursor cursor = cut_.documents_of(view);
    VisibleFilter visible(cut_);
    Posting posting;
    while (cursor.next(posting) && !visible.is_past_end(posting.document))
      if (visible(posting.document)) holders.add(posting.document);
    if (cursor.failed()) return Unexpected{cut_.damaged("A posting list is damaged", view.offset)};
    return true;
  });
}

Result<void> ArenaIndex::postings(const Term& term, std::vector<u32>& docs,
                                  std::vector<u32>& tfs) const {
  const TermView view = TRY(view_of(term.handle));
  ChainCursor cursor = cut_.documents_of(view);
  VisibleFilter visible(cut_);
  docs.clear();
  tfs.clear();
  Posting posting;
  while (cursor.next(posting) && !visible.is_past_end(posting.document)) {
    if (!visible(posting.document)) continue;
    docs.push_back(posting.document);
    tfs.push_back(posting.tf);
  }
  if (cursor.failed()) return Unexpected{cut_.damaged("A posting list is damaged", view.offset)};
  return cut_.arena().still_there();
}

Result<void> ArenaIndex::frequencies(const Term& term, std::span<const u32> docs,
                                     std::span<u32> tfs) const {
  const TermView view = TRY(view_of(term.handle));
  ChainCursor cursor = cut_.documents_of(view);
  Posting posting;
  usize i = 0;
  while (i < docs.size() && cursor.next(posting)) {
    while (i < docs.size() && docs[i] < posting.document) tfs[i++] = 0;
    if (i < docs.size() && docs[i] == posting.document) tfs[i++] = posting.tf;
  }
  if (cursor.failed()) return Unexpected{cut_.damaged("A posting list is damaged", view.offset)};
  std::fill(tfs.begin() + std::ptrdiff_t(i), tfs.end(), 0u);
  return {};
}

Result<std::vector<u32>> ArenaIndex::positions(const Term& term, DocNo doc) const {
  const TermView view = TRY(view_of(term.handle));
  std::vector<u32> result;
  if (view.chains < 2) return result;
  ChainCursor cursor = cut_.positions_of(view);
  Posting posting;
  while (cursor.next(posting) && posting.document <= to_index(doc)) {
    if (posting.document != to_index(doc)) {
      cursor.skip_positions(posting.tf);
      continue;
    }
    cursor.read_positions(posting.tf, result);
    if (cursor.failed()) break;
    return result;
  }
  return Unexpected{cut_.damaged("A position list is damaged", view.offset)};
}

// Walks the term's chain as the documents ascend.
class ChainPositions final : public PositionCursor {
 public:
  ChainPositions(const ArenaCut& cut, const TermView& term)
      : cut_(cut), offset_(term.offset), cursor_(cut.positions_of(term)) {}

  Result<void> read(u32 doc, std::vector<u32>& positions) override {
    positions.clear();
    Posting posting;
    while (cursor_.next(posting) && posting.document <= doc) {
      if (posting.document != doc) {
        cursor_.skip_positions(posting.tf);
        continue;
      }
      cursor_.read_positions(posting.tf, positions);
      if (cursor_.failed()) break;
      return {};
    }
    return Unexpected{cut_.damaged("A position list is damaged", offset_)};
  }

 private:
  const ArenaCut& cut_;
  u64 offset_;
  ChainCursor cursor_;
};

Result<std::unique_ptr<PositionCursor>> ArenaIndex::position_cursor(const Term& term) const {
  const TermView view = TRY(view_of(term.handle));
  if (view.chains < 2) return std::unique_ptr<PositionCursor>();
  return std::unique_ptr<PositionCursor>(std::make_unique<ChainPositions>(cut_, view));
}

// -- columns --

using NumberOf = i64 (*)(const DocumentEntry&);

// How a numeric field is read from an entry; nullptr for other fields.
NumberOf number_of(Field field) {
  using E = DocumentEntry;
  switch (field) {
    case Field::created:
      return [](const E& e) { return e.created_at; };
    case Field::touched:
      return [](const E& e) { return e.touched_at; };
    case Field::tokens:
      return [](const E& e) { return e.flags & document_has_tokens ? i64(e.tokens) : no_number; };
    case Field::line_first:
      return
          [](const E& e) { return e.flags & document_has_lines ? i64(e.line_first) : no_number; };
    case Field::line_last:
      return [](const E& e) { return e.flags & document_has_lines ? i64(e.line_last) : no_number; };
    case Field::gc_survival_count:
      return [](const E& e) { return i64(e.gc_survival_count); };
    case Field::refcount:
      return [](const E& e) { return i64(e.refcount); };
    case Field::bytes:
      return [](const E& e) { return i64(e.text_bytes); };
    case Field::words:
      return [](const E& e) { return i64(e.word_count); };
    default:
      return nullptr;
  }
}

Result<void> ArenaIndex::check_range(u32 first, usize count) const {
  if (first <= document_count() && count <= document_count() - first) return {};
  return fail(ErrorCode::invalid_argument, "There are not so many documents.");
}

// Entries of burnt documents may be half written: they are not looked at.
Result<void> ArenaIndex::numbers(Field field, u32 first, std::span<i64> out) const {
  const NumberOf number = number_of(field);
  if (number == nullptr) return fail(ErrorCode::invalid_argument, "This field is not a number.");
  TRY(check_range(first, out.size()));
  VisibleFilter visible(cut_);
  for (usize i = 0; i < out.size(); ++i) {
    const u32 document = first + u32(i);
    out[i] = no_number;
    if (!visible(document)) continue;
    const DocumentEntry* e = find_entry(cut_.arena(), cut_.header().documents, document);
    if (e == nullptr) return Unexpected{cut_.damaged("A document is missing", document)};
    out[i] = number(*e);
  }
  return {};
}

Result<void> ArenaIndex::lengths(u32 first, std::span<u32> out) const {
  TRY(check_range(first, out.size()));
  VisibleFilter visible(cut_);
  for (usize i = 0; i < out.size(); ++i) {
    const u32 document = first + u32(i);
    out[i] = 0;
    if (!visible(document)) continue;
    const DocumentEntry* e = find_entry(cut_.arena(), cut_.header().documents, document);
    if (e == nullptr) return Unexpected{cut_.damaged("A document is missing", document)};
    out[i] = e->word_count;
  }
  return {};
}

Result<void> ArenaIndex::lengths_of(std::span<const u32> docs, std::span<u32> out) const {
  for (usize i = 0; i < docs.size(); ++i) TRY(lengths(docs[i], out.subspan(i, 1)));
  return {};
}

Result<void> ArenaIndex::numbers_of(Field field, std::span<const u32> docs,
                                    std::span<i64> out) const {
  for (usize i = 0; i < docs.size(); ++i) TRY(numbers(field, docs[i], out.subspan(i, 1)));
  return {};
}

std::optional<usize> code_index(Field field) {
  if (field < Field::type || field > Field::topic) return {};
  return usize(field) - usize(Field::type);
}

Result<void> ArenaIndex::codes(Field field, u32 first, std::span<u32> out) const {
  const std::optional<usize> index = code_index(field);
  if (!index) return fail(ErrorCode::invalid_argument, "This field has no codes.");
  TRY(check_range(first, out.size()));
  VisibleFilter visible(cut_);
  for (usize i = 0; i < out.size(); ++i) {
    const u32 document = first + u32(i);
    out[i] = no_code;
    if (!visible(document)) continue;
    const DocumentEntry* e = find_entry(cut_.arena(), cut_.header().documents, document);
    if (e == nullptr) return Unexpected{cut_.damaged("A document is missing", document)};
    if (e->codes[*index] != 0) out[i] = e->codes[*index];
  }
  return {};
}

Result<std::string> ArenaIndex::code_value(Field field, u32 code) const {
  if (!code_index(field)) return fail(ErrorCode::invalid_argument, "This field has no codes.");
  const TermView view = TRY(view_of(offset_of(code)));
  if (view.term.empty() || u8(view.term[0]) != u8(field))
    return Unexpected{cut_.damaged("A code is of another field", view.offset)};
  return std::string(view.term.substr(1));
}

// -- documents --

Result<const DocumentEntry*> ArenaIndex::entry(DocNo doc) const {
  if (!cut_.is_visible(to_index(doc)))
    return fail(ErrorCode::invalid_argument, "There is no such document.");
  const DocumentEntry* found = cut_.document(to_index(doc));
  if (found == nullptr) return Unexpected{cut_.damaged("A document is missing", to_index(doc))};
  return found;
}

std::optional<Bytes> ArenaIndex::record_of(const DocumentEntry& e) const {
  const u64 bytes = u64(e.id_bytes) + e.metadata_bytes;
  const std::byte* from = cut_.arena().checked(offset_of(e.record), bytes);
  if (from == nullptr) return {};
  return Bytes(from, usize(bytes));
}

bool ArenaIndex::has_id(u32 document, std::string_view id) const {
  const DocumentEntry* e = find_entry(cut_.arena(), cut_.header().documents, document);
  if (e == nullptr || e->id_bytes != id.size()) return false;
  const std::byte* from = cut_.arena().checked(offset_of(e->record), id.size());
  return from != nullptr && as_text({from, id.size()}) == id;
}

Result<std::optional<DocNo>> ArenaIndex::find_id(std::string_view id) const {
  const HashTable table = cut_.ids();
  if (table.slots == nullptr) return Unexpected{cut_.damaged("The id table is damaged", 0)};
  u32 next = 0;  // document + 1; taken in passing, for the slot may move on to a newer version
  const u64* slot = table.find(u32(hash_of_id(id) >> 32), [&](u32 value) {
    if (value != 0 && has_id(value - 1, id)) next = value;
    return next != 0;
  });
  if (slot == nullptr) return Unexpected{cut_.damaged("The id table is damaged", 0)};
  while (next != 0 && !cut_.is_visible(next - 1)) {
    const DocumentEntry* e = find_entry(cut_.arena(), cut_.header().documents, next - 1);
    if (e == nullptr || e->previous >= next)
      return Unexpected{cut_.damaged("The versions of an id are damaged", next - 1)};
    next = e->previous;
  }
  return next == 0 ? std::optional<DocNo>() : std::optional<DocNo>(DocNo(next - 1));
}

Result<std::string> ArenaIndex::id_of(DocNo doc) const {
  const DocumentEntry* e = TRY(entry(doc));
  const std::optional<Bytes> record = record_of(*e);
  if (!record) return Unexpected{cut_.damaged("An id lies outside", to_index(doc))};
  return std::string(as_text(record->first(e->id_bytes)));
}

Result<Lsn> ArenaIndex::lsn_of(DocNo doc) const { return Lsn{TRY(entry(doc))->lsn}; }

Result<Metadata> ArenaIndex::metadata(DocNo doc) const {
  const DocumentEntry* e = TRY(entry(doc));
  const std::optional<Bytes> record = record_of(*e);
  if (!record) return Unexpected{cut_.damaged("Metadata lies outside", to_index(doc))};
  ByteReader reader(record->subspan(e->id_bytes));
  std::optional<Metadata> metadata = decode_metadata(reader);
  if (!metadata) return Unexpected{cut_.damaged("Metadata is damaged", to_index(doc))};
  return *std::move(metadata);
}

Result<TextHash> ArenaIndex::text_hash(DocNo doc) const {
  const DocumentEntry* e = TRY(entry(doc));
  return TextHash{e->text_hash_low, e->text_hash_high};
}

Result<std::string> ArenaIndex::text(DocNo doc) const {
  const DocumentEntry* e = TRY(entry(doc));
  if (e->text_bytes > text_bytes_max)
    return Unexpected{cut_.damaged("A text is too long", to_index(doc))};
  return texts_(e->text_offset, e->text_bytes, {e->text_hash_low, e->text_hash_high});
}

// -- changes of other documents --

void ArenaIndex::for_each_tombstone(Lsn after,
                                    const std::function<void(const Tombstone&)>& visit) const {
  for (u32 b = cut_.batches_up_to(after); b < cut_.batch_count(); ++b) {
    const BatchEntry* batch = cut_.batch(b);
    if (batch == nullptr) return;
    const u32 end = std::min(batch->tombstone_end, cut_.last().tombstone_end);
    for (u32 i = batch->tombstone_begin; i < end; ++i) {
      const TombstoneEntry* t = find_entry(cut_.arena(), cut_.header().tombstones, i);
      if (t == nullptr) return;
      visit({{t->sequence, t->random}, DocNo(t->document), {batch->lsn}});
    }
  }
}

Result<LogIndex::UpdateEntry> ArenaIndex::update_at(u32 index, Lsn lsn) const {
  const UpdateSlot* slot = find_entry(cut_.arena(), cut_.header().updates, index);
  const std::byte* from =
      slot == nullptr ? nullptr : cut_.arena().checked(offset_of(slot->record), slot->bytes);
  if (from == nullptr) return Unexpected{cut_.damaged("An update lies outside", index)};
  ByteReader reader({from, slot->bytes});
  std::optional<Update> update = decode_update(reader);
  if (!update) return Unexpected{cut_.damaged("An update is damaged", index)};
  return UpdateEntry{
      {slot->sequence, slot->random}, DocNo(slot->document), lsn, *std::move(update)};
}

Result<void> ArenaIndex::for_each_update(
    Lsn after, const std::function<void(const UpdateEntry&)>& visit) const {
  for (u32 b = cut_.batches_up_to(after); b < cut_.batch_count(); ++b) {
    const BatchEntry* batch = cut_.batch(b);
    if (batch == nullptr) return Unexpected{cut_.damaged("A batch is missing", b)};
    const u32 end = std::min(batch->update_end, cut_.last().update_end);
    for (u32 i = batch->update_begin; i < end; ++i) visit(TRY(update_at(i, {batch->lsn})));
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const LogIndex>> LogIndex::make(std::shared_ptr<const Arena> arena,
                                                       Lsn committed, TextSource texts) {
  ArenaCut cut = TRY(ArenaCut::make(std::move(arena), committed));
  return std::shared_ptr<const LogIndex>(
      std::make_shared<ArenaIndex>(std::move(cut), std::move(texts)));
}

}  // namespace shale::delta
