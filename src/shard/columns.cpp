#include "shard/columns.hpp"

#include <algorithm>

#include "base/kernel.hpp"
#include "shard/known_headers.hpp"

namespace shale::shard {

namespace {

constexpr usize chunk_memory = usize(1) << 20;

constexpr u64 all_ones(unsigned width) { return width == 0 ? 0 : ~u64(0) >> (64 - 8 * width); }

// The smallest and largest value present; all_absent where there is none.
struct Range {
  i64 min = INT64_MAX;
  i64 max = INT64_MIN;
  bool some_absent = false;

  bool all_absent() const { return min > max; }
  void add(i64 value) {
    if (value == no_number) {
      some_absent = true;
      return;
    }
    min = std::min(min, value);
    max = std::max(max, value);
  }
};

ChunkHeader header_of(const Range& range, Column column) {
  ChunkHeader header;
  header.column = u8(column);
  if (is_plain_bits(column)) {
    header.width = 8;
    header.flags = ChunkHeader::plain_bits;
  } else if (range.all_absent()) {
    header.flags = ChunkHeader::all_absent;
  } else {
    header.base = range.min;
    const u64 difference = u64(range.max) - u64(range.min);
    u8 width = difference == 0 && !range.some_absent ? 0 : 1;
    while (width > 0 && difference >= all_ones(width)) ++width;
    header.width = width;
  }
  return header;
}

void encode(const ChunkHeader& header, std::span<const i64> values, Buffer& out) {
  if (header.width == 0) return;
  const usize begin = out.size();
  out.resize(begin + values.size() * header.width);
  std::byte* at = out.data() + begin;
  const bool plain = (header.flags & ChunkHeader::plain_bits) != 0;
  for (const i64 value : values) {
    const bool absent = value == no_number && !plain;
    const u64 stored = absent ? all_ones(header.width) : u64(value) - u64(header.base);
    std::memcpy(at, &stored, header.width);
    at += header.width;
  }
}

template <class Stored, class Out>
[[gnu::always_inline]] inline void decode_fixed(const ChunkHeader& header, const std::byte* from,
                                                std::span<Out> out, Out absent) {
  constexpr Stored sentinel = Stored(~Stored(0));
  const Out base = Out(header.base);  // wraps as the sum in 64 bits would: vectorised in 32
  for (usize i = 0; i < out.size(); ++i) {
    const Stored stored = load<Stored>(from + i * sizeof(Stored));
    out[i] = stored == sentinel ? absent : Out(std::make_unsigned_t<Out>(base) + Out(stored));
  }
}

// Widths no integer has: eight bytes at a time, of which those of the values behind are cut off, as
// long as there are eight. A memcpy of the width costs 4 ns a value, one of variable length 7.
template <unsigned width, class Out>
[[gnu::always_inline]] inline void decode_odd(const ChunkHeader& header, const std::byte* from,
                                              std::span<Out> out, Out absent) {
  constexpr u64 sentinel = all_ones(width);
  const u64 base = u64(header.base);
  const usize bytes = out.size() * width;
  const usize whole = bytes < sizeof(u64) ? 0 : (bytes - sizeof(u64)) / width + 1;
  for (usize i = 0; i < whole; ++i) {
    const u64 stored = load<u64>(from + i * width) & sentinel;
    out[i] = stored == sentinel ? absent : Out(base + stored);
  }
  for (usize i = whole; i < out.size(); ++i) {
    u64 stored = 0;
    std::memcpy(&stored, from + i * width, width);
    out[i] = stored == sentinel ? absent : Out(base + stored);
  }
}

template <class Out>
[[gnu::always_inline]] inline void decode_any(const ChunkHeader& header, const std::byte* from,
                                              std::span<Out> out, Out absent) {
  if ((header.flags & ChunkHeader::plain_bits) != 0) {
    for (usize i = 0; i < out.size(); ++i) out[i] = Out(load<u64>(from + i * 8));
    return;
  }
  switch (header.width) {
    case 0:
      std::fill(out.begin(), out.end(),
                (header.flags & ChunkHeader::all_absent) != 0 ? absent : Out(header.base));
      return;
    case 1:
      return decode_fixed<u8>(header, from, out, absent);
    case 2:
      return decode_fixed<u16>(header, from, out, absent);
    case 3:
      return decode_odd<3>(header, from, out, absent);
    case 4:
      return decode_fixed<u32>(header, from, out, absent);
    case 5:
      return decode_odd<5>(header, from, out, absent);
    case 6:
      return decode_odd<6>(header, from, out, absent);
    case 7:
      return decode_odd<7>(header, from, out, absent);
    default:
      return decode_fixed<u64>(header, from, out, absent);
  }
}

#if defined(__x86_64__)
template <class Out>
[[gnu::target("avx2")]] void decode_vector(const ChunkHeader& header, const std::byte* from,
                                           std::span<Out> out, Out absent) {
  decode_any(header, from, out, absent);
}
#endif

// The same code twice: with AVX2 the compiler takes more values at once.
template <class Out>
void decode(const ChunkHeader& header, const std::byte* from, std::span<Out> out, Out absent) {
#if defined(__x86_64__)
  if (vector_kernel_chosen()) return decode_vector(header, from, out, absent);
#endif
  decode_any(header, from, out, absent);
}

// Of single documents; `from` holds those from `first` on. Lengths are bytes or words of two.
template <class Stored, class Out>
void decode_some_fixed(const ChunkHeader& header, const std::byte* from, std::span<const u32> docs,
                       u32 first, std::span<Out> out, Out absent) {
  constexpr Stored sentinel = Stored(~Stored(0));
  for (usize i = 0; i < docs.size(); ++i) {
    const Stored stored = load<Stored>(from + usize(docs[i] - first) * sizeof(Stored));
    out[i] = stored == sentinel ? absent : Out(u64(header.base) + stored);
  }
}

template <class Out>
void decode_some(const ChunkHeader& header, const std::byte* from, std::span<const u32> docs,
                 u32 first, std::span<Out> out, Out absent) {
  const bool is_plain = (header.flags & ChunkHeader::plain_bits) != 0;
  if (header.width == 1) return decode_some_fixed<u8>(header, from, docs, first, out, absent);
  if (header.width == 2) return decode_some_fixed<u16>(header, from, docs, first, out, absent);
  if (header.width == 0 && !is_plain) return decode(header, from, out, absent);
  for (usize i = 0; i < docs.size(); ++i) {
    decode<Out>(header, from + usize(docs[i] - first) * header.width, out.subspan(i, 1), absent);
  }
}

i64 decode_one(const ChunkHeader& header, const std::byte* from) {
  if (header.width == 0) return header.flags == ChunkHeader::all_absent ? no_number : header.base;
  u64 stored = 0;
  switch (header.width) {
    case 1:
      stored = load<u8>(from);
      break;
    case 2:
      stored = load<u16>(from);
      break;
    default:
      std::memcpy(&stored, from, header.width);
  }
  const bool is_plain = header.flags == ChunkHeader::plain_bits;
  return stored == all_ones(header.width) && !is_plain ? no_number : i64(u64(header.base) + stored);
}

Column column_of(Field field) {
  switch (field) {
    case Field::created:
      return Column::created;
    case Field::touched:
      return Column::touched;
    case Field::tokens:
      return Column::tokens;
    case Field::line_first:
      return Column::line_first;
    case Field::line_last:
      return Column::line_span;
    case Field::gc_survival_count:
      return Column::gc_survival_count;
    case Field::refcount:
      return Column::refcount;
    default:
      return Column::word_count;
  }
}

std::optional<Column> added_column(Field field) {
  if (field == Field::touched) return Column::created;
  if (field == Field::line_last) return Column::line_first;
  return std::nullopt;
}

bool is_known(Field field) {
  return is_number(field) && u8(field) <= u8(Field::words) && field != Field::bytes;
}

// A difference that is absent leaves the sum absent for lines; touched is never absent, and there
// the bits of no_number are a difference like any other.
void add_up(Field field, std::span<const i64> bases, std::span<i64> out) {
  for (usize i = 0; i < out.size(); ++i) {
    const bool absent = field == Field::line_last && bases[i] == no_number;
    out[i] = absent ? no_number : i64(u64(bases[i]) + u64(out[i]));
  }
}

u32 chunks_of(u32 documents) { return (documents + chunk_documents - 1) / chunk_documents; }

// Calls f(chunk, first document inside it, part of `out`) for the chunks that `out` spans.
template <class Out, class F>
Result<void> by_chunks(u32 first, std::span<Out> out, F&& f) {
  for (usize done = 0; done < out.size();) {
    const u32 doc = first + u32(done);
    const u32 inside = doc % chunk_documents;
    const usize count = std::min<usize>(out.size() - done, chunk_documents - inside);
    TRY(f(doc / chunk_documents, inside, out.subspan(done, count)));
    done += count;
  }
  return {};
}

}  // namespace

// ---- write half ----

// One column while it grows: packed a chunk at a time, so that memory and spool hold what the
// finished column will.
struct ColumnsWriter::Values {
  Values(std::filesystem::path folder, Column c)
      : column(c), spool(std::move(folder), chunk_memory) {}

  Column column;
  SectionSpool spool;
  std::vector<ChunkHeader> chunks;  // offsets in the spool
  std::vector<i64> pending;

  Result<void> add(i64 value) {
    pending.push_back(value);
    return pending.size() == chunk_documents ? flush() : Result<void>();
  }

  Result<void> flush() {
    if (pending.empty()) return {};
    Range range;
    for (const i64 value : pending) range.add(value);
    ChunkHeader header = header_of(range, column);
    header.offset = spool.size();
    encode(header, pending, spool.buffer());
    chunks.push_back(header);
    pending.clear();
    return spool.settle();
  }

  Result<void> copy_to(SectionSpool& out) const {
    Buffer piece;
    for (u64 at = 0; at < spool.size(); at += piece.size()) {
      piece.resize(usize(std::min<u64>(chunk_memory, spool.size() - at)));
      TRY(spool.read_at(at, piece));
      out.buffer().insert(out.buffer().end(), piece.begin(), piece.end());
      TRY(out.settle());
    }
    return {};
  }
};

ColumnsWriter::ColumnsWriter(const std::filesystem::path& folder) {
  values_.reserve(column_count);
  for (usize i = 0; i < column_count; ++i) values_.emplace_back(folder, Column(i));
}

ColumnsWriter::~ColumnsWriter() = default;

Result<void> ColumnsWriter::add(const ColumnRow& row) {
  for (usize i = 0; i < column_count; ++i) TRY(values_[i].add(row[i]));
  ++documents_;
  return {};
}

Result<void> ColumnsWriter::finish(SectionSpool& out) {
  for (Values& column : values_) TRY(column.flush());
  ByteWriter head;
  head.value(ColumnsHeader{u32(column_count), documents_});
  u64 begin = sizeof(ColumnsHeader) + column_count * chunks_of(documents_) * sizeof(ChunkHeader);
  for (const Values& column : values_) {
    for (ChunkHeader header : column.chunks) {
      header.offset += begin;
      head.value(header);
    }
    begin += column.spool.size();
  }
  out.buffer().insert(out.buffer().end(), head.bytes().begin(), head.bytes().end());
  for (const Values& column : values_) TRY(column.copy_to(out));
  return out.settle();
}

// ---- read half ----

Result<ColumnsReader> ColumnsReader::make(SectionView section, u32 document_count) {
  ByteReader in(TRY(section.view(0, sizeof(ColumnsHeader))));
  const ColumnsHeader head = in.value<ColumnsHeader>();
  const bool columns_fit = head.columns == column_count || head.columns == column_count_min;
  if (!columns_fit || head.documents != document_count) {
    return section.damaged(0, "has other columns or documents than the shard");
  }
  ColumnsReader reader;
  reader.section_ = std::move(section);
  reader.document_count_ = document_count;
  reader.chunk_count_ = chunks_of(document_count);
  reader.column_count_ = head.columns;
  reader.known_headers_ =
      std::make_shared<KnownHeaders>(usize(reader.column_count_) * reader.chunk_count_);
  return reader;
}

// Checked when it is used first, with the header behind it: reading all of them when a shard is
// opened would touch every page they lie on.
Result<ChunkHeader> ColumnsReader::header(Column column, u32 chunk) const {
  if (u64(column) >= column_count_) {
    ChunkHeader nothing;
    nothing.flags = ChunkHeader::all_absent;
    return nothing;
  }
  const u64 number = u64(column) * chunk_count_ + chunk;
  if (const auto known = known_headers_->find(number)) return *known;
  const bool is_last = number + 1 == u64(column_count_) * chunk_count_;
  const u64 at = sizeof(ColumnsHeader) + number * sizeof(ChunkHeader);
  const Bytes bytes = TRY(section_.view(at, (is_last ? 1 : 2) * sizeof(ChunkHeader)));
  const ChunkHeader header = load<ChunkHeader>(bytes.data());
  const u64 end =
      is_last ? section_.size() : load<ChunkHeader>(bytes.data() + sizeof(ChunkHeader)).offset;
  const u32 count = std::min(chunk_documents, document_count_ - chunk * chunk_documents);
  const bool flags_fit =
      is_plain_bits(column)
          ? header.flags == ChunkHeader::plain_bits && header.width == 8
          : header.flags == 0 || (header.flags == ChunkHeader::all_absent && header.width == 0);
  if (header.column != u8(column) || header.width > 8 || !flags_fit || header.offset > end ||
      end - header.offset != u64(count) * header.width) {
    return section_.damaged(at, "has a damaged column header");
  }
  known_headers_->remember(number, header);
  return header;
}

Result<void> ColumnsReader::check_range(u32 first, usize count) const {
  if (first <= document_count_ && count <= document_count_ - first) return {};
  return fail(ErrorCode::invalid_argument, "There are no documents of these numbers");
}

Result<void> ColumnsReader::values(Column column, u32 first, std::span<i64> out) const {
  TRY(check_range(first, out.size()));
  return by_chunks(first, out, [&](u32 chunk, u32 inside, std::span<i64> part) -> Result<void> {
    const ChunkHeader head = TRY(header(column, chunk));
    const Bytes bytes =
        TRY(section_.view(head.offset + u64(inside) * head.width, u64(part.size()) * head.width));
    decode<i64>(head, bytes.data(), part, no_number);
    return {};
  });
}

Result<void> ColumnsReader::codes(Column column, u32 first, std::span<u32> out) const {
  return small_values(column, first, out, Index::no_code);
}

Result<void> ColumnsReader::lengths(u32 first, std::span<u32> out) const {
  return small_values(Column::word_count, first, out, 0);
}

Result<void> ColumnsReader::small_values(Column column, u32 first, std::span<u32> out,
                                         u32 absent) const {
  TRY(check_range(first, out.size()));
  return by_chunks(first, out, [&](u32 chunk, u32 inside, std::span<u32> part) -> Result<void> {
    const ChunkHeader head = TRY(header(column, chunk));
    const Bytes bytes =
        TRY(section_.view(head.offset + u64(inside) * head.width, u64(part.size()) * head.width));
    decode<u32>(head, bytes.data(), part, absent);
    return {};
  });
}

Result<void> ColumnsReader::values_of(Column column, std::span<const u32> docs,
                                      std::span<i64> out) const {
  if (docs.size() == 1) {
    out[0] = TRY(value(column, DocNo{docs[0]}));
    return {};
  }
  return some_values<i64>(column, docs, out, no_number);
}

Result<void> ColumnsReader::lengths_of(std::span<const u32> docs, std::span<u32> out) const {
  return some_values<u32>(Column::word_count, docs, out, 0);
}

Result<void> ColumnsReader::will_need_lengths() const {
  if (chunk_count_ == 0) return {};
  const ChunkHeader first = TRY(header(Column::word_count, 0));
  const ChunkHeader last = TRY(header(Column::word_count, chunk_count_ - 1));
  section_.will_need(first.offset, last.offset + u64(chunk_documents) * last.width - first.offset);
  return {};
}

template <class Out>
Result<void> ColumnsReader::some_values(Column column, std::span<const u32> docs,
                                        std::span<Out> out, Out absent) const {
  for (usize i = 0; i < docs.size();) {
    TRY(check_range(docs[i], 1));
    const u32 chunk = docs[i] / chunk_documents;
    const u32 behind = std::min(document_count_, (chunk + 1) * chunk_documents);
    usize end = i + 1;
    while (end < docs.size() && docs[end] >= docs[i] && docs[end] < behind) ++end;
    TRY(values_in_chunk(column, chunk, docs.subspan(i, end - i), out.subspan(i, end - i), absent));
    i = end;
  }
  return {};
}

// A chunk is at most two extents long, so one view serves all its documents.
template <class Out>
Result<void> ColumnsReader::values_in_chunk(Column column, u32 chunk, std::span<const u32> docs,
                                            std::span<Out> out, Out absent) const {
  const ChunkHeader head = TRY(header(column, chunk));
  const auto [least, most] = std::minmax_element(docs.begin(), docs.end());
  const u32 first = *least % chunk_documents;
  const u64 count = *most - *least + 1;
  const Bytes bytes = TRY(section_.view(head.offset + u64(first) * head.width, count * head.width));
  decode_some(head, bytes.data(), docs, *least, out, absent);
  return {};
}

Result<i64> ColumnsReader::value(Column column, DocNo doc) const {
  TRY(check_range(to_index(doc), 1));
  const ChunkHeader head = TRY(header(column, to_index(doc) / chunk_documents));
  const u64 inside = to_index(doc) % chunk_documents;
  const Bytes bytes = TRY(section_.view(head.offset + inside * head.width, head.width));
  return decode_one(head, bytes.data());
}

Result<void> ColumnsReader::numbers(Field field, u32 first, std::span<i64> out) const {
  if (!is_known(field)) return fail(ErrorCode::invalid_argument, "That field is no number");
  TRY(values(column_of(field), first, out));
  const std::optional<Column> base = added_column(field);
  if (!base) return {};
  std::array<i64, 1024> bases;
  for (usize done = 0; done < out.size(); done += bases.size()) {
    const usize count = std::min(bases.size(), out.size() - done);
    TRY(values(*base, first + u32(done), std::span(bases).first(count)));
    add_up(field, std::span(bases).first(count), out.subspan(done, count));
  }
  return {};
}

Result<void> ColumnsReader::numbers_of(Field field, std::span<const u32> docs,
                                       std::span<i64> out) const {
  if (!is_known(field)) return fail(ErrorCode::invalid_argument, "That field is no number");
  TRY(values_of(column_of(field), docs, out));
  const std::optional<Column> base = added_column(field);
  if (!base) return {};
  std::array<i64, 1024> bases;
  for (usize done = 0; done < docs.size(); done += bases.size()) {
    const usize count = std::min(bases.size(), docs.size() - done);
    TRY(values_of(*base, docs.subspan(done, count), std::span(bases).first(count)));
    add_up(field, std::span(bases).first(count), out.subspan(done, count));
  }
  return {};
}

Unexpected ColumnsReader::damaged(Column column, std::string what) const {
  return section_.damaged(sizeof(ColumnsHeader) + u64(column) * chunk_count_ * sizeof(ChunkHeader),
                          std::move(what));
}

}  // namespace shale::shard
