#include <algorithm>

#include "base/checksum.hpp"
#include "shard/texts.hpp"

namespace shale::shard {

namespace {

// Where one text lies and how.
struct Place {
  u64 offset = 0;  // in TEXT
  u32 stored_bytes = 0;
  u32 raw_bytes = 0;
  u32 checksum = 0;
  std::optional<u32> dictionary;

  bool is_long() const { return raw_bytes > long_text_bytes; }
  u64 table_bytes() const { return u64(frame_count(raw_bytes)) * sizeof(FrameEntry); }
};

u32 raw_bytes_of_frame(u32 raw_bytes, u32 frame) {
  return std::min(text_frame_bytes, raw_bytes - frame * text_frame_bytes);
}

// The table of a long text, its ends ascending and its last end equal to the bytes behind it.
bool read_table(Bytes table, u64 frames_bytes, std::vector<FrameEntry>& out) {
  out.resize(table.size() / sizeof(FrameEntry));
  std::memcpy(out.data(), table.data(), table.size());
  u32 end = 0;
  for (const FrameEntry& entry : out) {
    if (entry.end <= end) return false;
    end = entry.end;
  }
  return end == frames_bytes;
}

// Memory of a reading thread, kept between reads.
struct Scratch {
  Buffer stored;
  std::vector<FrameEntry> table;
  Decompressor decompressor;
};

Scratch& scratch() {
  thread_local Scratch instance;
  return instance;
}

MutableBytes room_in(std::string& text, usize offset, usize count) {
  return std::as_writable_bytes(std::span<char>(text.data() + offset, count));
}

}  // namespace

bool check_stored(const StoredText& stored, u64 id_hash) {
  const u64 seed = text_seed(id_hash, stored.raw_bytes);
  if (stored.raw_bytes <= long_text_bytes) {
    return stored.bytes.size() <= stored.raw_bytes &&
           checksum32(stored.bytes, seed) == stored.checksum;
  }
  const usize table_bytes = usize(frame_count(stored.raw_bytes)) * sizeof(FrameEntry);
  if (stored.raw_bytes > text_bytes_max || stored.bytes.size() <= table_bytes) return false;
  const Bytes table = stored.bytes.first(table_bytes);
  const Bytes frames = stored.bytes.subspan(table_bytes);
  std::vector<FrameEntry> entries;
  if (checksum32(table, seed) != stored.checksum) return false;
  if (!read_table(table, frames.size(), entries)) return false;
  u32 begin = 0;
  for (usize i = 0; i < entries.size(); begin = entries[i++].end) {
    const Bytes frame = frames.subspan(begin, entries[i].end - begin);
    if (checksum32(frame, seed + 1 + i) != entries[i].checksum) return false;
  }
  return true;
}

struct TextsReader::State {
  struct Slot {
    DictionaryEntry entry;
    u64 offset = 0;  // in the section
    std::mutex mutex;
    std::shared_ptr<const DecompressDictionary> owner;
    std::atomic<const DecompressDictionary*> ready = nullptr;
  };

  const File* file = nullptr;
  u64 begin = 0;
  u64 bytes = 0;
  SectionView places;
  SectionView dictionaries;
  u32 document_count = 0;
  u32 dictionary_count = 0;
  std::array<Slot, dictionaries_max> slots;

  Unexpected damaged(const Place& place, const std::string& what) const {
    return fail_at(ErrorCode::corrupt, "A text " + what, file->path().string(),
                   begin + place.offset);
  }

  Result<void> read_dictionaries();
  Result<Buffer> unpack_dictionary(u32 number) const;
  Result<const DecompressDictionary*> prepared(std::optional<u32> number);
  Result<Place> place_of(DocNo doc) const;
  Result<void> check_place(const Place& place, u64 at) const;
  Result<Bytes> read(const Place& place, u64 offset, u64 count, Buffer& buffer) const;
  Result<void> unpack(const Place& place, Bytes stored, MutableBytes out);
  Result<std::string> short_text(const Place& place, u64 id_hash);
  Result<std::string> long_text(const Place& place, u64 id_hash, u32 from, u32 to);
};

Result<void> TextsReader::State::read_dictionaries() {
  if (dictionaries.size() == 0) return {};
  const Bytes head = TRY(dictionaries.view(0, sizeof(DictionariesHeader)));
  const u32 count = load<DictionariesHeader>(head.data()).count;
  if (count > dictionaries_max) return dictionaries.damaged(0, "has more than 32 dictionaries");
  ByteReader in(
      TRY(dictionaries.view(sizeof(DictionariesHeader), count * sizeof(DictionaryEntry))));
  u64 end = sizeof(DictionariesHeader) + count * sizeof(DictionaryEntry);
  for (u32 i = 0; i < count; ++i) {
    slots[i].entry = in.value<DictionaryEntry>();
    slots[i].offset = end;
    end += slots[i].entry.packed_bytes;
    if (slots[i].entry.bytes == 0 || slots[i].entry.bytes > dictionary_bytes_max) {
      return dictionaries.damaged(0, "has a dictionary of an impossible length");
    }
  }
  if (end != dictionaries.size()) return dictionaries.damaged(0, "does not end with its last part");
  dictionary_count = count;
  return {};
}

Result<Buffer> TextsReader::State::unpack_dictionary(u32 number) const {
  const Slot& slot = slots[number];
  const Bytes packed = TRY(dictionaries.view(slot.offset, slot.entry.packed_bytes));
  auto unpacked = unpack_blob(packed, slot.entry.bytes);
  if (!unpacked || unpacked->size() != slot.entry.bytes) {
    return dictionaries.damaged(slot.offset, "has a dictionary that cannot be unpacked");
  }
  return unpacked;
}

Result<const DecompressDictionary*> TextsReader::State::prepared(std::optional<u32> number) {
  if (!number) return nullptr;
  Slot& slot = slots[*number];
  if (const auto* ready = slot.ready.load(std::memory_order_acquire)) return ready;
  const std::lock_guard lock(slot.mutex);
  if (!slot.owner) {
    const Buffer unpacked = TRY(unpack_dictionary(*number));
    slot.owner = TRY(DecompressDictionary::make(unpacked));
    slot.ready.store(slot.owner.get(), std::memory_order_release);
  }
  return slot.owner.get();
}

Result<Place> TextsReader::State::place_of(DocNo doc) const {
  if (to_index(doc) >= document_count) {
    return fail(ErrorCode::invalid_argument, "There is no document of that number");
  }
  const u32 i = to_index(doc) % places_per_group;
  const u64 at = u64(to_index(doc) / places_per_group) * sizeof(PlaceGroup);
  const Bytes stored_group = TRY(places.view(at, sizeof(PlaceGroup)));
  const auto& group = *object_at<PlaceGroup>(stored_group.data(), 0);
  const u32 from = i == 0 ? 0 : group.ends[i - 1];
  Place place;
  place.offset = group.base + from;
  place.stored_bytes = group.ends[i] - from;
  place.raw_bytes = group.raw_bytes[i];
  place.checksum = group.checksums[i];
  if (group.dictionaries[i] != 0) place.dictionary = group.dictionaries[i] - 1u;
  if (group.ends[i] < from) return places.damaged(at, "has ends out of order");
  TRY(check_place(place, at));
  return place;
}

Result<void> TextsReader::State::check_place(const Place& place, u64 at) const {
  if (place.offset > bytes || place.stored_bytes > bytes - place.offset) {
    return places.damaged(at, "names bytes beyond the end of the texts");
  }
  if (place.raw_bytes > text_bytes_max) return places.damaged(at, "has a text over 16 MiB");
  if (place.dictionary && *place.dictionary >= dictionary_count) {
    return places.damaged(at, "names a dictionary that does not exist");
  }
  const bool fits = place.is_long() ? place.stored_bytes > place.table_bytes()
                                    : place.stored_bytes <= place.raw_bytes;
  if (!fits) return places.damaged(at, "has a stored length that does not fit its text");
  return {};
}

// `buffer` only ever grows: a resize would clear it again and again.
Result<Bytes> TextsReader::State::read(const Place& place, u64 offset, u64 count,
                                       Buffer& buffer) const {
  if (buffer.size() < count) buffer.resize(usize(count));
  const MutableBytes out = MutableBytes(buffer).first(usize(count));
  TRY(file->read_exactly(begin + place.offset + offset, out));
  return Bytes(out);
}

Result<void> TextsReader::State::unpack(const Place& place, Bytes stored, MutableBytes out) {
  if (stored.size() == out.size()) {
    std::copy(stored.begin(), stored.end(), out.begin());
    return {};
  }
  const DecompressDictionary* dictionary = TRY(prepared(place.dictionary));
  if (scratch().decompressor.unpack(stored, out, dictionary)) return {};
  return damaged(place, "has a frame that cannot be unpacked");
}

Result<std::string> TextsReader::State::short_text(const Place& place, u64 id_hash) {
  const Bytes stored = TRY(read(place, 0, place.stored_bytes, scratch().stored));
  if (checksum32(stored, text_seed(id_hash, place.raw_bytes)) != place.checksum) {
    return damaged(place, "fails its checksum");
  }
  std::string text(place.raw_bytes, '\0');
  TRY(unpack(place, stored, room_in(text, 0, text.size())));
  return text;
}

Result<std::string> TextsReader::State::long_text(const Place& place, u64 id_hash, u32 from,
                                                  u32 to) {
  const u64 seed = text_seed(id_hash, place.raw_bytes);
  std::vector<FrameEntry>& table = scratch().table;
  const Bytes head = TRY(read(place, 0, place.table_bytes(), scratch().stored));
  if (checksum32(head, seed) != place.checksum) return damaged(place, "fails its checksum");
  if (!read_table(head, place.stored_bytes - place.table_bytes(), table)) {
    return damaged(place, "has a damaged table of frames");
  }
  const u32 first = from / text_frame_bytes;
  const u32 last = (to - 1) / text_frame_bytes;
  const u32 frames_begin = first == 0 ? 0 : table[first - 1].end;
  const Bytes frames = TRY(read(place, place.table_bytes() + frames_begin,
                                table[last].end - frames_begin, scratch().stored));
  const u32 text_begin = first * text_frame_bytes;
  std::string text(std::min(place.raw_bytes, (last + 1) * text_frame_bytes) - text_begin, '\0');
  u32 begin_of_frame = frames_begin;
  for (u32 i = first; i <= last; begin_of_frame = table[i++].end) {
    const Bytes frame =
        frames.subspan(begin_of_frame - frames_begin, table[i].end - begin_of_frame);
    if (checksum32(frame, seed + 1 + i) != table[i].checksum) {
      return damaged(place, "fails the checksum of its frame " + std::to_string(i));
    }
    TRY(unpack(
        place, frame,
        room_in(text, (i - first) * text_frame_bytes, raw_bytes_of_frame(place.raw_bytes, i))));
  }
  text.resize(to - text_begin);
  text.erase(0, from - text_begin);
  return text;
}

TextsReader::TextsReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
TextsReader::TextsReader(TextsReader&&) noexcept = default;
TextsReader::~TextsReader() = default;

Result<TextsReader> TextsReader::make(const File& file, u64 begin, u64 bytes, SectionView places,
                                      SectionView dictionaries, u32 document_count) {
  const u64 groups = (u64(document_count) + places_per_group - 1) / places_per_group;
  if (places.size() != groups * sizeof(PlaceGroup)) {
    return places.damaged(0, "has a length that does not fit the number of documents");
  }
  auto state = std::make_unique<State>();
  state->file = &file;
  state->begin = begin;
  state->bytes = bytes;
  state->places = std::move(places);
  state->dictionaries = std::move(dictionaries);
  state->document_count = document_count;
  TRY(state->read_dictionaries());
  return TextsReader(std::move(state));
}

Result<std::string> TextsReader::text(DocNo doc, u64 id_hash) const {
  const Place place = TRY(state_->place_of(doc));
  if (place.is_long()) return state_->long_text(place, id_hash, 0, place.raw_bytes);
  return state_->short_text(place, id_hash);
}

Result<std::string> TextsReader::text_range(DocNo doc, u64 id_hash, u32 begin, u32 end) const {
  const Place place = TRY(state_->place_of(doc));
  end = std::min(end, place.raw_bytes);
  if (begin >= end) return std::string();
  if (place.is_long()) return state_->long_text(place, id_hash, begin, end);
  return TRY(state_->short_text(place, id_hash)).substr(begin, end - begin);
}

Result<StoredText> TextsReader::stored(DocNo doc, u64 id_hash, Buffer& buffer) const {
  const Place place = TRY(state_->place_of(doc));
  StoredText stored;
  stored.bytes = TRY(state_->read(place, 0, place.stored_bytes, buffer));
  stored.raw_bytes = place.raw_bytes;
  stored.checksum = place.checksum;
  stored.dictionary = place.dictionary;
  if (!check_stored(stored, id_hash)) return state_->damaged(place, "fails its checksum");
  return stored;
}

Result<void> TextsReader::raw_bytes(u32 first, std::span<i64> out) const {
  if (first > state_->document_count || out.size() > state_->document_count - first) {
    return fail(ErrorCode::invalid_argument, "There are no documents of these numbers");
  }
  for (usize done = 0; done < out.size();) {
    const u32 doc = first + u32(done);
    const u32 i = doc % places_per_group;
    const usize count = std::min<usize>(places_per_group - i, out.size() - done);
    const u64 at = u64(doc / places_per_group) * sizeof(PlaceGroup) +
                   offsetof(PlaceGroup, raw_bytes) + i * sizeof(u32);
    const Bytes bytes = TRY(state_->places.view(at, count * sizeof(u32)));
    for (usize k = 0; k < count; ++k) out[done + k] = load<u32>(bytes.data() + k * sizeof(u32));
    done += count;
  }
  return {};
}

u32 TextsReader::dictionary_count() const { return state_->dictionary_count; }

Result<Buffer> TextsReader::dictionary(u32 number) const {
  if (number >= state_->dictionary_count) {
    return fail(ErrorCode::invalid_argument, "There is no dictionary of that number");
  }
  return state_->unpack_dictionary(number);
}

Result<void> TextsReader::verify_places() const {
  u64 end = 0;
  for (u32 doc = 0; doc < state_->document_count; ++doc) {
    const Place place = TRY(state_->place_of(DocNo(doc)));
    if (place.offset != end) {
      return state_->places.damaged(u64(doc / places_per_group) * sizeof(PlaceGroup),
                                    "leaves a gap between two texts");
    }
    end += place.stored_bytes;
  }
  if (end == state_->bytes) return {};
  return state_->places.damaged(0, "does not end with the last text");
}

}  // namespace shale::shard
