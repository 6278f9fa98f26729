#include "shard/text_places.hpp"

#include <algorithm>

namespace shale::shard {

namespace {

u32 groups_of(u32 documents) { return (documents + places_per_group - 1) / places_per_group; }

}  // namespace

// ---- write half ----

Result<void> TextPlacesWriter::add(u32 stored_bytes, u32 raw_bytes, u32 checksum,
                                   std::optional<u32> dictionary) {
  const u32 i = documents_ % places_per_group;
  if (i == 0) group_.base = end_;
  const bool is_long = std::max(stored_bytes, raw_bytes) >= length_elsewhere;
  if (is_long) long_places_.push_back({documents_, stored_bytes, raw_bytes});
  group_.stored_bytes[i] = is_long ? length_elsewhere : u16(stored_bytes);
  group_.raw_bytes[i] = is_long ? length_elsewhere : u16(raw_bytes);
  group_.checksums[i] = checksum;
  group_.dictionaries[i] = u8(dictionary ? *dictionary + 1 : 0);
  end_ += stored_bytes;
  return ++documents_ % places_per_group == 0 ? finish_group() : Result<void>();
}

Result<void> TextPlacesWriter::finish_group() {
  const Bytes bytes = bytes_of(group_);
  out_.buffer().insert(out_.buffer().end(), bytes.begin(), bytes.end());
  group_ = {};
  return out_.settle();
}

Result<void> TextPlacesWriter::finish() {
  if (documents_ % places_per_group != 0) TRY(finish_group());
  const Bytes bytes = bytes_of_span(std::span<const LongPlace>(long_places_));
  out_.buffer().insert(out_.buffer().end(), bytes.begin(), bytes.end());
  return out_.settle();
}

// ---- read half ----

Result<TextPlacesReader> TextPlacesReader::make(SectionView section, u32 document_count) {
  const u64 groups = u64(groups_of(document_count)) * sizeof(PlaceGroup);
  const u64 rest = section.size() < groups ? 1 : section.size() - groups;
  if (rest % sizeof(LongPlace) != 0 || rest / sizeof(LongPlace) > document_count) {
    return section.damaged(0, "has a length that does not fit the number of documents");
  }
  TextPlacesReader reader;
  reader.section_ = std::move(section);
  reader.document_count_ = document_count;
  reader.long_count_ = u32(rest / sizeof(LongPlace));
  return reader;
}

Result<const PlaceGroup*> TextPlacesReader::group(u32 number) const {
  const Bytes bytes = TRY(section_.view(u64(number) * sizeof(PlaceGroup), sizeof(PlaceGroup)));
  return object_at<PlaceGroup>(bytes.data(), 0);
}

Result<LongPlace> TextPlacesReader::long_place(u32 doc) const {
  const u64 at = u64(groups_of(document_count_)) * sizeof(PlaceGroup);
  const Bytes bytes = TRY(section_.view(at, u64(long_count_) * sizeof(LongPlace)));
  const std::span<const LongPlace> all(object_at<LongPlace>(bytes.data(), 0), long_count_);
  const auto found = std::lower_bound(all.begin(), all.end(), doc,
                                      [](const LongPlace& p, u32 d) { return p.document < d; });
  if (found == all.end() || found->document != doc) {
    return damaged(DocNo(doc), "misses the length of a long text");
  }
  return *found;
}

Result<TextPlace> TextPlacesReader::place(DocNo doc) const {
  if (to_index(doc) >= document_count_) {
    return fail(ErrorCode::invalid_argument, "There is no document of that number");
  }
  const u32 i = to_index(doc) % places_per_group;
  const PlaceGroup& stored = *TRY(group(to_index(doc) / places_per_group));
  TextPlace place;
  place.offset = stored.base;
  for (u32 k = 0; k < i; ++k) {
    const u32 before = to_index(doc) - i + k;
    const bool is_long = stored.stored_bytes[k] == length_elsewhere;
    place.offset += is_long ? TRY(long_place(before)).stored_bytes : stored.stored_bytes[k];
  }
  place.stored_bytes = stored.stored_bytes[i];
  place.raw_bytes = stored.raw_bytes[i];
  if (stored.stored_bytes[i] == length_elsewhere) {
    const LongPlace elsewhere = TRY(long_place(to_index(doc)));
    place.stored_bytes = elsewhere.stored_bytes;
    place.raw_bytes = elsewhere.raw_bytes;
  }
  place.checksum = stored.checksums[i];
  if (stored.dictionaries[i] != 0) place.dictionary = stored.dictionaries[i] - 1u;
  return place;
}

Result<void> TextPlacesReader::raw_bytes(u32 first, std::span<i64> out) const {
  if (first > document_count_ || out.size() > document_count_ - first) {
    return fail(ErrorCode::invalid_argument, "There are no documents of these numbers");
  }
  for (usize done = 0; done < out.size();) {
    const u32 doc = first + u32(done);
    const u32 i = doc % places_per_group;
    const usize count = std::min<usize>(places_per_group - i, out.size() - done);
    const PlaceGroup& stored = *TRY(group(doc / places_per_group));
    for (u32 k = 0; k < count; ++k) {
      const u16 bytes = stored.raw_bytes[i + k];
      out[done + k] = bytes == length_elsewhere ? TRY(long_place(doc + k)).raw_bytes : bytes;
    }
    done += count;
  }
  return {};
}

Result<void> TextPlacesReader::verify(u64 end) const {
  u64 begin = 0;
  u32 long_texts = 0;
  for (u32 doc = 0; doc < document_count_; ++doc) {
    const PlaceGroup& stored = *TRY(group(doc / places_per_group));
    const u32 i = doc % places_per_group;
    if (i == 0 && stored.base != begin) {
      return damaged(DocNo(doc), "leaves a gap between two texts");
    }
    const bool is_long = stored.stored_bytes[i] == length_elsewhere;
    if (is_long != (stored.raw_bytes[i] == length_elsewhere)) {
      return damaged(DocNo(doc), "has one length of two in its place");
    }
    begin += is_long ? TRY(long_place(doc)).stored_bytes : stored.stored_bytes[i];
    long_texts += is_long;
  }
  if (begin == end && long_texts == long_count_) return {};
  return section_.damaged(0, "does not end with the last text");
}

Unexpected TextPlacesReader::damaged(DocNo doc, std::string what) const {
  return section_.damaged(u64(to_index(doc) / places_per_group) * sizeof(PlaceGroup),
                          std::move(what));
}

}  // namespace shale::shard
