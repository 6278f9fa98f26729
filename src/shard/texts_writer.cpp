#include <algorithm>
#include <map>

#include "base/checksum.hpp"
#include "shard/texts.hpp"

namespace shale::shard {

namespace {

constexpr usize flush_bytes = usize(1) << 20;
constexpr int level = 4;  // frames 1.5 % smaller than at 3, for a tenth more of their time

// The one rule of how a piece of text lies in a shard: a frame, or itself where that is no longer.
Result<usize> append_piece(Compressor& compressor, Bytes text, Buffer& out) {
  const usize begin = out.size();
  if (text.size() >= short_text_bytes) {
    const usize packed = TRY(compressor.append_frame(text, out));
    if (packed < text.size()) return packed;
    out.resize(begin);
  }
  out.insert(out.end(), text.begin(), text.end());
  return text.size();
}

}  // namespace

struct TextsWriter::State {
  State(File& f, u64 b, SectionSpool& p, SectionSpool& d, bool fast)
      : file(f), begin(b), places(p), dictionaries(d), fast_reads(fast) {}

  File& file;
  u64 begin;
  TextPlacesWriter places;
  SectionSpool& dictionaries;
  bool fast_reads;
  std::optional<Compressor> compressor;  // for `current`; made when first needed
  std::optional<u32> current;
  std::vector<Buffer> raw_dictionaries;
  std::map<TextHash, u32> numbers;
  Buffer buffer;  // tail of TEXT, not yet in the file
  u64 flushed = 0;
  u64 text_bytes = 0;
  u64 noted = 0;  // end of the last text that has its place

  u64 stored_bytes() const { return flushed + buffer.size(); }

  Result<void> flush() {
    TRY(file.write_at(begin + flushed, buffer));
    flushed += buffer.size();
    buffer.clear();
    return {};
  }

  Result<Compressor*> current_compressor() {
    if (!compressor) {
      const Bytes dictionary = current ? Bytes(raw_dictionaries[*current]) : Bytes();
      compressor = TRY(Compressor::make(dictionary, level, fast_reads));
    }
    return &*compressor;
  }

  // Notes the place of the text whose stored bytes were just appended.
  Result<void> note(u32 raw_bytes, u32 checksum, std::optional<u32> dictionary) {
    const u64 end = stored_bytes();
    TRY(places.add(u32(end - noted), raw_bytes, checksum, dictionary));
    noted = end;
    text_bytes += raw_bytes;
    return buffer.size() < flush_bytes ? Result<void>() : flush();
  }

  // Appends table and frames of a long text; returns the checksum of the table.
  Result<u32> append_frames(Bytes text, u64 seed) {
    Compressor& packer = *TRY(current_compressor());
    const u32 count = frame_count(u32(text.size()));
    std::vector<FrameEntry> table(count);
    const usize table_at = buffer.size();
    buffer.resize(table_at + count * sizeof(FrameEntry));
    const usize frames_at = buffer.size();
    for (u32 i = 0; i < count; ++i) {
      const usize frame_at = buffer.size();
      const Bytes piece = text.subspan(usize(i) * text_frame_bytes);
      TRY(append_piece(packer, piece.first(std::min<usize>(piece.size(), text_frame_bytes)),
                       buffer));
      table[i].end = u32(buffer.size() - frames_at);
      table[i].checksum = checksum32(Bytes(buffer).subspan(frame_at), seed + 1 + i);
    }
    const Bytes table_bytes = bytes_of_span(std::span<const FrameEntry>(table));
    std::copy(table_bytes.begin(), table_bytes.end(), buffer.begin() + std::ptrdiff_t(table_at));
    return checksum32(table_bytes, seed);
  }
};

TextsWriter::TextsWriter(File& file, u64 begin, SectionSpool& places, SectionSpool& dictionaries,
                         bool fast_reads)
    : state_(std::make_unique<State>(file, begin, places, dictionaries, fast_reads)) {}

TextsWriter::~TextsWriter() = default;

u64 TextsWriter::stored_bytes() const { return state_->stored_bytes(); }
u64 TextsWriter::text_bytes() const { return state_->text_bytes; }

Result<u32> TextsWriter::add_dictionary(Bytes dictionary) {
  if (dictionary.empty() || dictionary.size() > dictionary_bytes_max) {
    return fail(ErrorCode::invalid_argument, "A dictionary must have 1 byte to 1 MiB");
  }
  const TextHash hash = checksum128(dictionary);
  const auto known = state_->numbers.find(hash);
  if (known != state_->numbers.end()) return known->second;
  if (state_->raw_dictionaries.size() == dictionaries_max) {
    return fail(ErrorCode::invalid_argument, "A shard holds at most 32 dictionaries");
  }
  const u32 number = u32(state_->raw_dictionaries.size());
  state_->raw_dictionaries.emplace_back(dictionary.begin(), dictionary.end());
  state_->numbers.emplace(hash, number);
  return number;
}

Result<void> TextsWriter::compress_with(std::optional<u32> dictionary) {
  if (dictionary && *dictionary >= state_->raw_dictionaries.size()) {
    return fail(ErrorCode::invalid_argument, "There is no dictionary of that number");
  }
  if (dictionary != state_->current) state_->compressor.reset();
  state_->current = dictionary;
  return {};
}

Result<void> TextsWriter::add(std::string_view text, u64 id_hash) {
  if (text.size() > text_bytes_max) {
    return fail(ErrorCode::invalid_argument, "A text must not exceed 16 MiB");
  }
  State& state = *state_;
  const u32 raw_bytes = u32(text.size());
  const u64 seed = text_seed(id_hash, raw_bytes);
  const usize begin = state.buffer.size();
  std::optional<u32> dictionary = state.current;
  u32 checksum = 0;
  if (raw_bytes > long_text_bytes) {
    checksum = TRY(state.append_frames(as_bytes(text), seed));
  } else {
    Compressor& packer = *TRY(state.current_compressor());
    const usize stored = TRY(append_piece(packer, as_bytes(text), state.buffer));
    if (stored == raw_bytes) dictionary.reset();
    checksum = checksum32(Bytes(state.buffer).subspan(begin), seed);
  }
  return state.note(raw_bytes, checksum, dictionary);
}

Result<void> TextsWriter::add_stored(const StoredText& stored, u64 id_hash) {
  State& state = *state_;
  if (stored.dictionary && *stored.dictionary >= state.raw_dictionaries.size()) {
    return fail(ErrorCode::invalid_argument, "A stored text names a dictionary the shard lacks");
  }
  if (!check_stored(stored, id_hash)) {
    return fail(ErrorCode::corrupt, "A stored text to be copied fails its checksum");
  }
  state.buffer.insert(state.buffer.end(), stored.bytes.begin(), stored.bytes.end());
  return state.note(stored.raw_bytes, stored.checksum, stored.dictionary);
}

Result<void> TextsWriter::finish() {
  State& state = *state_;
  TRY(state.places.finish());
  TRY(state.flush());
  if (state.raw_dictionaries.empty()) return {};
  ByteWriter out;
  out.value(DictionariesHeader{u32(state.raw_dictionaries.size()), 0});
  for (const Buffer& dictionary : state.raw_dictionaries) out.value(u32(dictionary.size()));
  for (const Buffer& dictionary : state.raw_dictionaries) out.raw(dictionary);
  state.dictionaries.buffer() = std::move(out.buffer());
  return state.dictionaries.settle();
}

}  // namespace shale::shard
