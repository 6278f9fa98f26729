#include <algorithm>

#include "base/checksum.hpp"
#include "shard/text_dictionaries.hpp"
#include "shard/texts.hpp"

namespace shale::shard {

namespace {

bool is_long(const TextPlace& place) { return place.raw_bytes > long_text_bytes; }

u64 table_bytes(const TextPlace& place) {
  return u64(frame_count(place.raw_bytes)) * sizeof(FrameEntry);
}

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
  ReadAhead stored{0, {}, 0, 0};
  std::vector<FrameEntry> table;
  Decompressor decompressor;

  // What one text of 16 MiB needed is not held on to by every thread that ever read one.
  void trim() {
    if (stored.bytes.size() > kept_bytes_max) stored.bytes = Buffer();
  }
  static constexpr usize kept_bytes_max = usize(1) << 20;
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
  const File* file = nullptr;
  u64 begin = 0;
  u64 bytes = 0;
  TextPlacesReader places;
  std::optional<TextUse> use;
  std::unique_ptr<TextDictionaries> dictionaries;

  Unexpected damaged(const TextPlace& place, const std::string& what) const {
    return fail_at(ErrorCode::corrupt, "A text " + what, file->path().string(),
                   begin + place.offset);
  }

  Result<TextPlace> place_of(DocNo doc) const;
  void note_use(const TextPlace& place) {
    if (place.stored_bytes > 0) use->note(place.offset, place.stored_bytes);
  }
  Result<void> check_place(const TextPlace& place, DocNo doc) const;
  Result<Bytes> read(const TextPlace& place, u64 offset, u64 count, ReadAhead& ahead) const;
  Result<void> unpack(const TextPlace& place, Bytes stored, MutableBytes out);
  Result<std::string> whole_text(const TextPlace& place, u64 id_hash, ReadAhead& ahead);
  Result<std::string> short_text(const TextPlace& place, u64 id_hash, ReadAhead& ahead);
  Result<std::string> long_text(const TextPlace& place, u64 id_hash, u32 from, u32 to,
                                ReadAhead& ahead);
};

Result<TextPlace> TextsReader::State::place_of(DocNo doc) const {
  const TextPlace place = TRY(places.place(doc));
  TRY(check_place(place, doc));
  return place;
}

Result<void> TextsReader::State::check_place(const TextPlace& place, DocNo doc) const {
  if (place.offset > bytes || place.stored_bytes > bytes - place.offset) {
    return places.damaged(doc, "names bytes beyond the end of the texts");
  }
  if (place.raw_bytes > text_bytes_max) return places.damaged(doc, "has a text over 16 MiB");
  if (place.dictionary && *place.dictionary >= dictionaries->count()) {
    return places.damaged(doc, "names a dictionary that does not exist");
  }
  const bool fits = is_long(place) ? place.stored_bytes > table_bytes(place)
                                   : place.stored_bytes <= place.raw_bytes;
  if (!fits) return places.damaged(doc, "has a stored length that does not fit its text");
  return {};
}

// The buffer only ever grows: a resize would clear it again and again. Where the neighbours cannot
// be read, the text itself may still be.
Result<Bytes> TextsReader::State::read(const TextPlace& place, u64 offset, u64 count,
                                       ReadAhead& ahead) const {
  const u64 at = place.offset + offset;
  if (at < ahead.begin || at > ahead.end || count > ahead.end - at) {
    const u64 window = std::min(std::max(count, ahead.window_bytes), bytes - at);
    if (ahead.bytes.size() < window) ahead.bytes.resize(usize(window));
    const MutableBytes room = ahead.bytes;
    ahead.begin = ahead.end = at;
    if (window > count && file->read_exactly(begin + at, room.first(usize(window)))) {
      ahead.end = at + window;
    } else {
      TRY(file->read_exactly(begin + at, room.first(usize(count))));
      ahead.end = at + count;
    }
  }
  return Bytes(ahead.bytes).subspan(usize(at - ahead.begin), usize(count));
}

Result<void> TextsReader::State::unpack(const TextPlace& place, Bytes stored, MutableBytes out) {
  if (stored.size() == out.size()) {
    std::copy(stored.begin(), stored.end(), out.begin());
    return {};
  }
  TextDictionaries::Use dictionary;
  if (place.dictionary) dictionary = TRY(dictionaries->use(*place.dictionary));
  if (scratch().decompressor.unpack(stored, out, dictionary.get())) return {};
  return damaged(place, "has a frame that cannot be unpacked");
}

Result<std::string> TextsReader::State::whole_text(const TextPlace& place, u64 id_hash,
                                                   ReadAhead& ahead) {
  if (is_long(place)) return long_text(place, id_hash, 0, place.raw_bytes, ahead);
  return short_text(place, id_hash, ahead);
}

Result<std::string> TextsReader::State::short_text(const TextPlace& place, u64 id_hash,
                                                   ReadAhead& ahead) {
  const Bytes stored = TRY(read(place, 0, place.stored_bytes, ahead));
  if (checksum32(stored, text_seed(id_hash, place.raw_bytes)) != place.checksum) {
    return damaged(place, "fails its checksum");
  }
  std::string text(place.raw_bytes, '\0');
  TRY(unpack(place, stored, room_in(text, 0, text.size())));
  return text;
}

Result<std::string> TextsReader::State::long_text(const TextPlace& place, u64 id_hash, u32 from,
                                                  u32 to, ReadAhead& ahead) {
  const u64 seed = text_seed(id_hash, place.raw_bytes);
  std::vector<FrameEntry>& table = scratch().table;
  const Bytes head = TRY(read(place, 0, table_bytes(place), ahead));
  if (checksum32(head, seed) != place.checksum) return damaged(place, "fails its checksum");
  if (!read_table(head, place.stored_bytes - table_bytes(place), table)) {
    return damaged(place, "has a damaged table of frames");
  }
  const u32 first = from / text_frame_bytes;
  const u32 last = (to - 1) / text_frame_bytes;
  const u32 frames_begin = first == 0 ? 0 : table[first - 1].end;
  const Bytes frames =
      TRY(read(place, table_bytes(place) + frames_begin, table[last].end - frames_begin, ahead));
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
                                      SectionView dictionaries, u32 document_count,
                                      std::shared_ptr<PageBudget> budget) {
  auto state = std::make_unique<State>();
  state->file = &file;
  state->begin = begin;
  state->bytes = bytes;
  state->places = TRY(TextPlacesReader::make(std::move(places), document_count));
  state->dictionaries = TRY(TextDictionaries::make(std::move(dictionaries), std::move(budget)));
  state->use.emplace(bytes);
  return TextsReader(std::move(state));
}

Result<std::string> TextsReader::text(DocNo doc, u64 id_hash) const {
  scratch().stored.end = 0;  // it may hold another file's bytes
  const TextPlace place = TRY(state_->place_of(doc));
  state_->note_use(place);
  Result<std::string> text = state_->whole_text(place, id_hash, scratch().stored);
  scratch().trim();
  return text;
}

Result<std::string> TextsReader::text(DocNo doc, u64 id_hash, ReadAhead& ahead) const {
  const TextPlace place = TRY(state_->place_of(doc));
  return state_->whole_text(place, id_hash, ahead);
}

Result<std::string> TextsReader::text_range(DocNo doc, u64 id_hash, u32 begin, u32 end) const {
  const TextPlace place = TRY(state_->place_of(doc));
  ReadAhead& stored = scratch().stored;
  stored.end = 0;
  end = std::min(end, place.raw_bytes);
  if (begin >= end) return std::string();
  state_->note_use(place);
  if (is_long(place)) return state_->long_text(place, id_hash, begin, end, stored);
  return TRY(state_->short_text(place, id_hash, stored)).substr(begin, end - begin);
}

Result<StoredText> TextsReader::stored(DocNo doc, u64 id_hash, ReadAhead& ahead) const {
  const TextPlace place = TRY(state_->place_of(doc));
  StoredText stored;
  stored.bytes = TRY(state_->read(place, 0, place.stored_bytes, ahead));
  stored.raw_bytes = place.raw_bytes;
  stored.checksum = place.checksum;
  stored.dictionary = place.dictionary;
  if (!check_stored(stored, id_hash)) return state_->damaged(place, "fails its checksum");
  return stored;
}

Result<void> TextsReader::raw_bytes(u32 first, std::span<i64> out) const {
  return state_->places.raw_bytes(first, out);
}

void TextsReader::add_hot_pages(std::vector<PageRun>& runs) const {
  state_->use->add_runs(state_->begin, runs);
}

u32 TextsReader::dictionary_count() const { return state_->dictionaries->count(); }

Result<Buffer> TextsReader::dictionary(u32 number) const {
  if (number >= state_->dictionaries->count()) {
    return fail(ErrorCode::invalid_argument, "There is no dictionary of that number");
  }
  const Bytes mapped = TRY(state_->dictionaries->bytes(number));
  return Buffer(mapped.begin(), mapped.end());
}

Result<void> TextsReader::verify_places() const { return state_->places.verify(state_->bytes); }

}  // namespace shale::shard
