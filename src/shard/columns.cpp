#include "shard/columns.hpp"

#include <algorithm>

namespace shale::shard {

namespace {

constexpr u32 chunk_values = 4096;
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
  void add(const Range& other) {
    some_absent |= other.some_absent;
    min = std::min(min, other.min);
    max = std::max(max, other.max);
  }
};

ColumnHeader header_of(const Range& range, Column column) {
  ColumnHeader header;
  header.column = u8(column);
  if (is_plain_bits(column)) {
    header.width = 8;
    header.flags = ColumnHeader::plain_bits;
  } else if (range.all_absent()) {
    header.flags = ColumnHeader::all_absent;
  } else {
    header.base = range.min;
    const u64 difference = u64(range.max) - u64(range.min);
    u8 width = difference == 0 && !range.some_absent ? 0 : 1;
    while (width > 0 && difference >= all_ones(width)) ++width;
    header.width = width;
  }
  return header;
}

void encode(const ColumnHeader& header, std::span<const i64> values, Buffer& out) {
  const usize begin = out.size();
  out.resize(begin + values.size() * header.width);
  std::byte* at = out.data() + begin;
  const bool plain = (header.flags & ColumnHeader::plain_bits) != 0;
  for (const i64 value : values) {
    const bool absent = value == no_number && !plain;
    const u64 stored = absent ? all_ones(header.width) : u64(value) - u64(header.base);
    std::memcpy(at, &stored, header.width);
    at += header.width;
  }
}

template <class Stored, class Out>
void decode_fixed(const ColumnHeader& header, const std::byte* from, std::span<Out> out,
                  Out absent) {
  constexpr Stored sentinel = Stored(~Stored(0));
  for (usize i = 0; i < out.size(); ++i) {
    const Stored stored = load<Stored>(from + i * sizeof(Stored));
    out[i] = stored == sentinel ? absent : Out(u64(header.base) + stored);
  }
}

// Widths no integer has. The width is a constant: a memcpy of variable length costs 7 ns a value.
template <unsigned width, class Out>
void decode_odd(const ColumnHeader& header, const std::byte* from, std::span<Out> out, Out absent) {
  constexpr u64 sentinel = all_ones(width);
  for (usize i = 0; i < out.size(); ++i) {
    u64 stored = 0;
    std::memcpy(&stored, from + i * width, width);
    out[i] = stored == sentinel ? absent : Out(u64(header.base) + stored);
  }
}

// Width 2: 0.7 ns a value.
template <class Out>
void decode(const ColumnHeader& header, const std::byte* from, std::span<Out> out, Out absent) {
  if ((header.flags & ColumnHeader::plain_bits) != 0) {
    for (usize i = 0; i < out.size(); ++i) out[i] = Out(load<u64>(from + i * 8));
    return;
  }
  switch (header.width) {
    case 0:
      std::fill(out.begin(), out.end(),
                (header.flags & ColumnHeader::all_absent) != 0 ? absent : Out(header.base));
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

}  // namespace

// ---- write half ----

// One column while it grows: chunks of 4,096 values, each packed by its own range, so that memory
// and spool hold about what the finished column will.
struct ColumnsWriter::Values {
  struct Chunk {
    ColumnHeader header;  // offset: in the spool
    u32 count = 0;
  };

  Values(std::filesystem::path folder, Column c)
      : column(c), spool(std::move(folder), chunk_memory) {}

  Column column;
  SectionSpool spool;
  std::vector<Chunk> chunks;
  std::vector<i64> pending;
  Range range;

  Result<void> add(i64 value) {
    pending.push_back(value);
    return pending.size() == chunk_values ? flush() : Result<void>();
  }

  Result<void> flush() {
    if (pending.empty()) return {};
    Range own;
    for (const i64 value : pending) own.add(value);
    range.add(own);
    Chunk chunk{header_of(own, column), u32(pending.size())};
    chunk.header.offset = spool.size();
    encode(chunk.header, pending, spool.buffer());
    chunks.push_back(chunk);
    pending.clear();
    return spool.settle();
  }

  Result<void> write(const ColumnHeader& header, SectionSpool& out) {
    Buffer packed;
    for (const Chunk& chunk : chunks) {
      packed.resize(usize(chunk.count) * chunk.header.width);
      TRY(spool.read_at(chunk.header.offset, packed));
      pending.resize(chunk.count);
      decode<i64>(chunk.header, packed.data(), pending, no_number);
      encode(header, pending, out.buffer());
      TRY(out.settle());
    }
    return {};
  }
};

ColumnsWriter::ColumnsWriter(std::filesystem::path folder) {
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
  ByteWriter head;
  head.value(ColumnsHeader{u32(column_count), documents_});
  u64 offset = sizeof(ColumnsHeader) + column_count * sizeof(ColumnHeader);
  std::array<ColumnHeader, column_count> headers;
  for (usize i = 0; i < column_count; ++i) {
    TRY(values_[i].flush());
    headers[i] = header_of(values_[i].range, Column(i));
    headers[i].offset = offset;
    head.value(headers[i]);
    offset += (u64(documents_) * headers[i].width + 7) / 8 * 8;
  }
  out.buffer().insert(out.buffer().end(), head.bytes().begin(), head.bytes().end());
  for (usize i = 0; i < column_count; ++i) {
    TRY(values_[i].write(headers[i], out));
    out.pad_to(8);
  }
  return out.settle();
}

// ---- read half ----

Result<ColumnsReader> ColumnsReader::make(SectionView section, u32 document_count) {
  ColumnsReader reader;
  const u64 head_bytes = sizeof(ColumnsHeader) + column_count * sizeof(ColumnHeader);
  ByteReader in(TRY(section.view(0, head_bytes)));
  const ColumnsHeader head = in.value<ColumnsHeader>();
  if (head.columns != column_count || head.documents != document_count) {
    return section.damaged(0, "has other columns or documents than the shard");
  }
  u64 end = head_bytes;
  for (usize i = 0; i < column_count; ++i) {
    const ColumnHeader header = in.value<ColumnHeader>();
    const u8 plain = is_plain_bits(Column(i)) ? ColumnHeader::plain_bits : 0;
    const bool flags_fit =
        plain != 0
            ? header.flags == plain && header.width == 8
            : header.flags == 0 || (header.flags == ColumnHeader::all_absent && header.width == 0);
    if (header.column != i || header.width > 8 || !flags_fit || header.offset != end) {
      return section.damaged(sizeof(ColumnsHeader) + i * sizeof(ColumnHeader),
                             "has a damaged column header");
    }
    end += (u64(document_count) * header.width + 7) / 8 * 8;
    reader.headers_[i] = header;
  }
  if (end != section.size())
    return section.damaged(0, "has a length that does not fit its columns");
  reader.section_ = std::move(section);
  reader.document_count_ = document_count;
  return reader;
}

Result<void> ColumnsReader::check_range(u32 first, usize count) const {
  if (first <= document_count_ && count <= document_count_ - first) return {};
  return fail(ErrorCode::invalid_argument, "There are no documents of these numbers");
}

Result<void> ColumnsReader::values(Column column, u32 first, std::span<i64> out) const {
  TRY(check_range(first, out.size()));
  const ColumnHeader& header = headers_[usize(column)];
  const Bytes bytes =
      TRY(section_.view(header.offset + u64(first) * header.width, u64(out.size()) * header.width));
  decode<i64>(header, bytes.data(), out, no_number);
  return {};
}

Result<void> ColumnsReader::codes(Column column, u32 first, std::span<u32> out) const {
  TRY(check_range(first, out.size()));
  const ColumnHeader& header = headers_[usize(column)];
  const Bytes bytes =
      TRY(section_.view(header.offset + u64(first) * header.width, u64(out.size()) * header.width));
  decode<u32>(header, bytes.data(), out, Index::no_code);
  return {};
}

// Documents that lie within one extent's length of each other share a view.
Result<void> ColumnsReader::values_of(Column column, std::span<const u32> docs,
                                      std::span<i64> out) const {
  if (docs.empty()) return {};
  TRY(check_range(docs.back(), 1));
  const ColumnHeader& header = headers_[usize(column)];
  const u64 reach = header.width == 0 ? ~u64(0) : extent_bytes / header.width;
  for (usize i = 0; i < docs.size();) {
    const u32 first = docs[i];
    usize end = i + 1;
    while (end < docs.size() && docs[end] >= docs[end - 1] && docs[end] - first < reach) ++end;
    const u64 count = u64(docs[end - 1] - first) + 1;
    TRY(check_range(first, usize(count)));
    const Bytes bytes =
        TRY(section_.view(header.offset + u64(first) * header.width, count * header.width));
    for (; i < end; ++i) {
      decode<i64>(header, bytes.data() + usize(docs[i] - first) * header.width, out.subspan(i, 1),
                  no_number);
    }
  }
  return {};
}

Result<i64> ColumnsReader::value(Column column, DocNo doc) const {
  i64 result[1];
  TRY(values(column, to_index(doc), result));
  return result[0];
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
  return section_.damaged(headers_[usize(column)].offset, std::move(what));
}

}  // namespace shale::shard
