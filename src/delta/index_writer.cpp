#include "delta/index_writer.hpp"

#include <algorithm>

#include "delta/arena_chain.hpp"
#include "delta/hash_table.hpp"
#include "delta/prepared.hpp"
#include "model/record.hpp"

namespace shale::delta {
namespace {

// Look-ahead in terms of one document: its slot, its record, the ends of its chains. Without them
// the four dependent cache misses of a posting are paid one after the other (LAYOUT C2).
constexpr usize slots_ahead = 12;
constexpr usize records_ahead = 6;
constexpr usize chains_ahead = 3;

// A killed writer may leave chains_by_class off by one chain; this many may have been killed.
constexpr u64 count_slack_bytes = 16 * 2048;

// Chunks that a batch may take a second time where the header that named them is lost under it: one
// of each table. Address space only, so that what such a batch stores still lies in the map.
constexpr u64 lost_chunk_bytes =
    decltype(ArenaHeader::documents)::chunk_bytes + decltype(ArenaHeader::batches)::chunk_bytes +
    decltype(ArenaHeader::tombstones)::chunk_bytes + decltype(ArenaHeader::updates)::chunk_bytes;

bool same_bytes(const std::byte* a, const std::byte* b, usize n) {
  return n == 0 || std::memcmp(a, b, n) == 0;
}

}  // namespace

struct IndexWriter::State {
  enum class Phase : u8 { idle, ready, open };

  State(std::shared_ptr<Arena> arena, bool positions, FilledFor use)
      : heap(std::move(arena)), for_search(use == FilledFor::search) {
    const Positions kept = positions ? Positions::with : Positions::without;
    if (load_acquire(header().positions) == u32(Positions::unknown))
      store_release(header().positions, u32(kept));
    keeps_positions = load_acquire(header().positions) == u32(Positions::with);
  }

  ArenaHeader& header() const { return heap.header(); }
  Result<void> check();
  u64 bytes_needed(const BatchSize& size) const;
  Result<void> reserve(u64 bytes);
  bool promise_more(u64 bytes);
  const BatchEntry* last_batch() const;
  void discard_from(u64 lsn);
  void prefetch(std::span<const PreparedTerm> terms, usize i) const;
  u64 term(const PreparedView& view, const PreparedTerm& wanted);
  u64 new_term(const PreparedView& view, const PreparedTerm& wanted, u64* slot);
  u64* find_slot(const PreparedView& view, const PreparedTerm& wanted) const;
  void add_terms(u32 document, const PreparedView& view, DocumentEntry& entry);
  void link_id(u32 document, u64 id_hash, DocumentEntry& entry);
  void fill(BatchEntry& entry) const;

  ArenaHeap heap;
  HashTable terms;
  HashTable ids;
  Phase phase = Phase::idle;
  const bool for_search;
  bool keeps_positions = true;
  u64 promised_end = 0;  // where the heap may end when the batch is done
  BatchEntry batch;      // what the open batch claims; its sums are its own
};

IndexWriter::IndexWriter(std::shared_ptr<Arena> arena, bool positions, FilledFor use)
    : state_(std::make_unique<State>(std::move(arena), positions, use)) {}
IndexWriter::~IndexWriter() = default;
IndexWriter::IndexWriter(IndexWriter&&) noexcept = default;

// -- room --

// Takes the tables over as well: from here to the end of the batch no root is read again, so that a
// header that is lost meanwhile (map_guard.hpp) leads nowhere.
Result<void> IndexWriter::State::check() {
  const Arena& arena = heap.arena();
  terms = HashTable::at(arena, header().term_root);
  ids = HashTable::at(arena, header().id_root);
  if (arena.stale()) return fail(ErrorCode::corrupt, "The index was given up by a writer.");
  const bool sound = load_acquire(header().heap_end) <= arena.map().capacity() &&
                     terms.slots != nullptr && ids.slots != nullptr &&
                     header().batch_count <= arena_batches_max &&
                     header().reserved_documents <= arena_documents_max &&
                     (header().batch_count == 0 || last_batch() != nullptr);
  if (!sound) return fail(ErrorCode::corrupt, "The index's header is damaged.");
  return {};
}

// An upper bound. Every chain that the batch touches may need its next slice before it fills any,
// so the chains with the largest ones are counted first; all further slices are in arena_bytes.
u64 IndexWriter::State::bytes_needed(const BatchSize& size) const {
  const u64 terms_max = size.arena_bytes / term_record_bytes_min;
  u64 touched = 2 * terms_max;
  u64 bytes = size.arena_bytes + count_slack_bytes;
  for (u32 c = slice_class_max + 1; c-- > 0;) {
    const u64 chains = std::min<u64>(touched, header().chains_by_class[c]);
    bytes += chains * slice_bytes(std::min(c + 1, slice_class_max));
    touched -= chains;
  }
  const ArenaHeader& h = header();
  bytes += table_growth_bytes(h.term_count + terms_max, terms.log2);
  bytes += table_growth_bytes(u64(h.id_count) + size.documents, ids.log2);
  bytes += missing_chunk_bytes(h.documents, h.reserved_documents, size.documents);
  bytes += missing_chunk_bytes(h.batches, h.batch_count, 1);
  const BatchEntry* last = last_batch();
  bytes += missing_chunk_bytes(h.tombstones, last ? last->tombstone_end : 0, size.tombstones);
  bytes += missing_chunk_bytes(h.updates, last ? last->update_end : 0, size.updates);
  return bytes;
}

Result<void> IndexWriter::State::reserve(u64 bytes) {
  SharedMap& map = heap.arena().map();
  promised_end = heap.end() + bytes;
  TRY(map.reserve(promised_end));
  heap.refresh(map.reserved());
  return heap.arena().still_there();  // else the heap's end may be a zero of ours
}

// More than was promised, for an update whose bytes the caller may not have counted.
bool IndexWriter::State::promise_more(u64 bytes) {
  SharedMap& map = heap.arena().map();
  promised_end += bytes;
  if (promised_end >= map.capacity() || !map.reserve(promised_end)) return false;
  heap.refresh(map.reserved());
  return !heap.arena().lost();
}

Result<bool> IndexWriter::room_for(const BatchSize& size) {
  State& s = *state_;
  assert(s.phase != State::Phase::open);
  TRY(s.check());
  s.heap.refresh(s.heap.arena().map().reserved());
  TRY(s.heap.arena().still_there());
  const BatchEntry* last = s.last_batch();
  const bool counts_fit =
      u64(s.header().reserved_documents) + size.documents <= arena_documents_max &&
      s.header().batch_count < arena_batches_max &&
      u64(last ? last->tombstone_end : 0) + size.tombstones <= arena_changes_max &&
      u64(last ? last->update_end : 0) + size.updates <= arena_changes_max &&
      s.header().term_count + size.arena_bytes / term_record_bytes_min < 1u << table_log2_max;
  if (!counts_fit) return false;
  const u64 bytes = s.bytes_needed(size);
  const SharedMap& map = s.heap.arena().map();
  const u64 spare = map.has_file() ? lost_chunk_bytes : 0;
  if (s.heap.end() + bytes + spare >= map.capacity()) return false;
  TRY(s.reserve(bytes));
  s.phase = State::Phase::ready;
  return true;
}

u64 IndexWriter::arena_bytes_of(const Update& update) {
  ByteWriter bytes;
  encode_update(update, bytes);
  return (bytes.size() + 7) / 8 * 8;
}

// -- batches --

const BatchEntry* IndexWriter::State::last_batch() const {
  const u32 count = load_acquire(header().batch_count);
  return count == 0 ? nullptr : find_entry(heap.arena(), header().batches, count - 1);
}

// Entries of void batches may be overwritten: no reader's committed LSN reaches theirs, and of such
// an entry a reader looks at nothing but the LSN (which is one word, and stays too large).
void IndexWriter::State::discard_from(u64 lsn) {
  u32 count = load_acquire(header().batch_count);
  while (count > 0 && heap.entry(header().batches, count - 1).lsn >= lsn) --count;
  store_release(header().batch_count, count);
}

void IndexWriter::discard_after(Lsn committed) {
  assert(state_->phase != State::Phase::open);
  state_->discard_from(committed.value + 1);
}

Lsn IndexWriter::last() const {
  const BatchEntry* last = state_->last_batch();
  return {last == nullptr ? 0 : load_acquire(last->lsn)};
}

void IndexWriter::begin() {
  State& s = *state_;
  assert(s.phase == State::Phase::ready);
  s.phase = State::Phase::open;
  const BatchEntry* last = s.last_batch();
  s.batch = {};
  s.batch.document_begin = s.batch.document_end = s.header().reserved_documents;
  s.batch.tombstone_begin = s.batch.tombstone_end = last ? last->tombstone_end : 0;
  s.batch.update_begin = s.batch.update_end = last ? last->update_end : 0;
}

// Turns the batch's own sums into sums of all, and notes a gap before it.
void IndexWriter::State::fill(BatchEntry& entry) const {
  const BatchEntry* last = last_batch();
  const u32 documents_before = last ? last->document_end : 0;
  entry.text_bytes_sum = batch.text_bytes_sum + (last ? last->text_bytes_sum : 0);
  entry.words_sum = batch.words_sum + (last ? last->words_sum : 0);
  entry.document_begin = batch.document_begin;
  entry.document_end = batch.document_end;
  entry.tombstone_begin = batch.tombstone_begin;
  entry.tombstone_end = batch.tombstone_end;
  entry.update_begin = batch.update_begin;
  entry.update_end = batch.update_end;
  const bool gap = documents_before < batch.document_begin;
  entry.last_gap = gap ? load_relaxed(header().batch_count) + 1 : (last ? last->last_gap : 0);
  entry.reserved = 0;
}

void IndexWriter::publish(Lsn lsn) {
  State& s = *state_;
  assert(s.phase == State::Phase::open && lsn.value != 0);
  s.phase = State::Phase::idle;
  if (s.heap.arena().stale()) return;
  s.discard_from(lsn.value);
  for (u32 d = s.batch.document_begin; d < s.batch.document_end; ++d)
    s.heap.entry(s.header().documents, d).lsn = lsn.value;
  const u32 index = load_relaxed(s.header().batch_count);
  BatchEntry& entry = s.heap.entry(s.header().batches, index);
  s.fill(entry);
  // Whoever reads this LSN with acquire, or the count that covers it, sees the entry, the documents
  // and all their postings, which were stored before.
  store_release(entry.lsn, lsn.value);
  store_release(s.header().batch_count, index + 1);
}

Result<void> IndexWriter::still_there() const { return state_->heap.arena().still_there(); }

u32 IndexWriter::document_count() const {
  return load_acquire(state_->header().reserved_documents);
}

u64 IndexWriter::text_bytes() const {
  const State& s = *state_;
  const BatchEntry* last = s.last_batch();
  const u64 open = s.phase == State::Phase::open ? s.batch.text_bytes_sum : 0;
  return (last == nullptr ? 0 : last->text_bytes_sum) + open;
}

// -- documents --

namespace {

void fill_entry(DocumentEntry& entry, const DocumentToAdd& document, const PreparedHeader& header) {
  const Metadata& m = *document.metadata;
  entry = {};
  entry.text_offset = document.text_offset;
  entry.text_hash_low = document.text_hash.low;
  entry.text_hash_high = document.text_hash.high;
  entry.created_at = m.created_at.microseconds;
  entry.touched_at = m.touched_at.microseconds;
  entry.text_bytes = document.text_bytes;
  entry.word_count = header.word_count;
  entry.tokens = m.tokens.value_or(0);
  entry.line_first = m.line_range ? m.line_range->first : 0;
  entry.line_last = m.line_range ? m.line_range->last : 0;
  entry.gc_survival_count = m.gc_survival_count;
  entry.refcount = m.refcount;
  entry.flags = (m.tokens ? document_has_tokens : 0) | (m.line_range ? document_has_lines : 0);
  entry.id_bytes = header.id_bytes;
  entry.metadata_bytes = header.metadata_bytes;
}

}  // namespace

DocNo IndexWriter::add_document(const DocumentToAdd& document, const PreparedDocument& prepared) {
  State& s = *state_;
  assert(s.phase == State::Phase::open);
  const PreparedView view(prepared);
  const u32 number = s.batch.document_end++;
  // The batch is void (see Arena::lost()), and its numbers may be zeros: nothing may be
  // stored under them where other processes still look.
  if (s.heap.arena().lost()) return DocNo(number);
  // Before the first entry that carries the number: it is burnt whatever happens from here.
  store_release(s.header().reserved_documents, number + 1);
  DocumentEntry& entry = s.heap.entry(s.header().documents, number);
  fill_entry(entry, document, view.header);
  const Bytes record = view.record();
  const u64 record_at = s.heap.allocate(record.size());
  std::memcpy(s.heap.base() + record_at, record.data(), record.size());
  entry.record = handle_of(record_at);
  s.add_terms(number, view, entry);
  s.link_id(number, prepared.id_hash, entry);
  s.batch.text_bytes_sum += document.text_bytes;
  s.batch.words_sum += view.header.word_count;
  return DocNo(number);
}

void IndexWriter::State::prefetch(std::span<const PreparedTerm> list, usize i) const {
  if (i + slots_ahead < list.size()) terms.prefetch(u32(list[i + slots_ahead].hash >> 32));
  if (i + records_ahead < list.size()) {
    const u64 slot = terms.peek(u32(list[i + records_ahead].hash >> 32));
    if (slot != 0) __builtin_prefetch(heap.base() + offset_of(slot_value(slot)), 1);
  }
  if (i + chains_ahead < list.size()) {
    const u64 slot = terms.peek(u32(list[i + chains_ahead].hash >> 32));
    if (slot == 0) return;
    const TermRecord& record = *object_at<TermRecord>(heap.base(), offset_of(slot_value(slot)));
    if (for_search || record.chains == 1)
      __builtin_prefetch(heap.base() + ChainState::unpack(record.documents).end, 1);
    if (record.chains == 2)
      __builtin_prefetch(heap.base() + ChainState::unpack(record.positions).end, 1);
  }
}

void IndexWriter::State::add_terms(u32 document, const PreparedView& view, DocumentEntry& entry) {
  for (usize i = 0; i < std::min(slots_ahead, view.terms.size()); ++i)
    terms.prefetch(u32(view.terms[i].hash >> 32));
  for (usize i = 0; i < view.terms.size(); ++i) {
    prefetch(view.terms, i);
    const PreparedTerm& prepared = view.terms[i];
    const u64 offset = term(view, prepared);
    TermRecord& record = *object_at<TermRecord>(heap.base(), offset);
    if (for_search || record.chains == 1)
      append_posting(heap, record.documents, document, prepared.tf, {});
    if (record.chains == 2)
      append_posting(heap, record.positions, document, prepared.tf, view.positions(prepared));
    if (prepared.code != 0) entry.codes[prepared.code - 1] = handle_of(offset);
  }
}

u64* IndexWriter::State::find_slot(const PreparedView& view, const PreparedTerm& wanted) const {
  const std::byte* bytes = view.base + wanted.data;
  return terms.find(u32(wanted.hash >> 32), [&](u32 handle) {
    const u64 offset = offset_of(handle);
    return object_at<TermRecord>(heap.base(), offset)->bytes == wanted.bytes &&
           same_bytes(heap.base() + offset + sizeof(TermRecord), bytes, wanted.bytes);
  });
}

// The offset of a term's record, made if need be.
u64 IndexWriter::State::term(const PreparedView& view, const PreparedTerm& wanted) {
  u64* slot = find_slot(view, wanted);
  if (*slot != 0) return offset_of(slot_value(*slot));
  return new_term(view, wanted, slot);
}

u64 IndexWriter::State::new_term(const PreparedView& view, const PreparedTerm& wanted, u64* slot) {
  if (table_is_full(header().term_count, terms.log2)) {
    terms = HashTable::grow(heap, header().term_root, terms);
    slot = find_slot(view, wanted);
  }
  const u32 chains = keeps_positions && wanted.is_metadata == 0 ? 2 : 1;
  const u64 offset = heap.allocate(term_record_bytes(wanted.bytes, chains));
  TermRecord& record = *object_at<TermRecord>(heap.base(), offset);
  const u64 slices = offset + sizeof(TermRecord) + wanted.bytes;
  record = {empty_chain(slices), empty_chain(slices + inline_slice_bytes), u32(wanted.hash >> 32),
            wanted.bytes, u16(chains)};
  std::memcpy(heap.base() + offset + sizeof record, view.base + wanted.data, wanted.bytes);
  header().chains_by_class[0] += chains;
  store_relaxed(header().term_count, header().term_count + 1);
  // The record is complete before the slot leads to it.
  store_release(*slot, table_slot(record.hash, handle_of(offset)));
  return offset;
}

// The slot leads to the newest version, each version to the one before: a reader walks back to the
// first that it may see. Entry and record are complete before the slot is stored.
void IndexWriter::State::link_id(u32 document, u64 id_hash, DocumentEntry& entry) {
  if (table_is_full(header().id_count, ids.log2))
    ids = HashTable::grow(heap, header().id_root, ids);
  const std::byte* id = heap.base() + offset_of(entry.record);
  u64* slot = ids.find(u32(id_hash >> 32), [&](u32 value) {
    const DocumentEntry& other = heap.entry(header().documents, value - 1);
    return other.id_bytes == entry.id_bytes &&
           same_bytes(heap.base() + offset_of(other.record), id, entry.id_bytes);
  });
  if (*slot == 0) store_relaxed(header().id_count, header().id_count + 1);
  entry.previous = slot_value(*slot);
  store_release(*slot, table_slot(u32(id_hash >> 32), document + 1));
}

// -- changes of other documents --

void IndexWriter::add_tombstone(FileId index, DocNo doc) {
  State& s = *state_;
  assert(s.phase == State::Phase::open);
  s.heap.entry(s.header().tombstones, s.batch.tombstone_end++) = {index.sequence, index.random,
                                                                  to_index(doc), 0};
}

void IndexWriter::add_update(FileId index, DocNo doc, const Update& update) {
  State& s = *state_;
  assert(s.phase == State::Phase::open);
  ByteWriter bytes;
  encode_update(update, bytes);
  // A full disk here would leave a batch that is in the log and not in the index: better no index.
  if (!s.promise_more(bytes.size() + 8)) return store_release(s.header().stale, 1);
  const u64 record = s.heap.allocate(bytes.size());
  std::memcpy(s.heap.base() + record, bytes.bytes().data(), bytes.size());
  s.heap.entry(s.header().updates, s.batch.update_end++) = {
      index.sequence, index.random, to_index(doc), handle_of(record), u32(bytes.size()), 0};
}

}  // namespace shale::delta
