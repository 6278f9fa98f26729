#include "sync/mirror_state.hpp"

#include <algorithm>
#include <tuple>

#include "sync/folder_walk.hpp"

namespace shale::sync {

namespace {

template <class Value>
const Value* find_attribute(const Metadata& metadata, std::string_view key) {
  const auto found = metadata.attrs.find(key);
  return found == metadata.attrs.end() ? nullptr : std::get_if<Value>(&found->second);
}

// Those whose metadata had the term when they were stashed.
Result<std::vector<u32>> documents_with(const Index& index, std::string_view term) {
  const auto found = TRY(index.find_term(term));
  if (!found.has_value()) return std::vector<u32>();
  const DocumentSet documents = TRY(index.documents(*found));
  std::vector<u32> docs = documents.to_vector();
  std::erase_if(docs, [&](u32 doc) { return doc >= index.document_count(); });  // a damaged list
  return docs;
}

// What may be the first piece of a file of the mirror: it has both attributes, or may have come to
// have them since.
Result<DenseSet> may_be_first(const IndexView& view, std::string_view mirror_term) {
  DenseSet firsts(view.index->document_count());
  const std::string sizes = metadata_term(Field::attribute, std::string(attribute::size) + '\0');
  TRY(view.index->add_holders(sizes, nullptr, firsts));
  DenseSet ours(view.index->document_count());
  for (const u32 doc : TRY(documents_with(*view.index, mirror_term))) ours.add(doc);
  firsts &= ours;
  for (const auto& [doc, update] : view.overlay->patches) {
    if (update.attrs_set.contains(attribute::size)) firsts.add(doc);
  }
  return firsts;
}

auto place_of(const KnownPiece& piece) {
  const LineRange lines = piece.metadata.line_range.value_or(LineRange());
  const i64 part = number_attribute(piece.metadata, attribute::part).value_or(0);
  return std::tuple(lines.first, part, std::string_view(piece.metadata.id));
}

}  // namespace

std::optional<std::string_view> text_attribute(const Metadata& metadata, std::string_view key) {
  const auto* text = find_attribute<std::string>(metadata, key);
  return text == nullptr ? std::nullopt : std::optional<std::string_view>(*text);
}

std::optional<i64> number_attribute(const Metadata& metadata, std::string_view key) {
  const i64* number = find_attribute<i64>(metadata, key);
  return number == nullptr ? std::nullopt : std::optional(*number);
}

std::optional<KnownFile> known_file(const Metadata& metadata) {
  const auto size = number_attribute(metadata, attribute::size);
  if (!size || !metadata.file) return std::nullopt;
  const auto modified = number_attribute(metadata, attribute::modified);
  KnownFile file;
  file.path = *metadata.file;
  file.stamp = {u64(*size), modified.value_or(0),
                u64(number_attribute(metadata, attribute::inode).value_or(0))};
  file.hash = u64(number_attribute(metadata, attribute::hash).value_or(0));
  file.is_settled = modified.has_value();
  return file;
}

Result<std::vector<KnownFile>> known_files(const store::View& view, std::string_view prefix) {
  std::vector<KnownFile> files;
  const std::string term = attribute_term(attribute::mirror, std::string(prefix));
  for (const IndexView& one : store::stored_indexes(view)) {
    const DenseSet firsts = TRY(may_be_first(one, term));
    for (const u32 doc : firsts.to_vector()) {
      if (one.overlay->dead.contains(doc)) continue;
      const Metadata metadata = TRY(current_metadata(one, DocNo(doc)));
      if (text_attribute(metadata, attribute::mirror) != prefix) continue;
      auto file = known_file(metadata);
      // Or moved elsewhere by hand.
      const bool is_ours = file.has_value() && file->path.starts_with(prefix);
      if (is_ours) files.push_back(*std::move(file));
    }
  }
  sort_by_path(files);
  return files;
}

KnownPieces::KnownPieces(std::shared_ptr<const store::View> view)
    : view_(std::move(view)), indexes_(store::stored_indexes(*view_)), moved_(indexes_.size()) {
  for (usize i = 0; i < indexes_.size(); ++i) {
    for (const auto& [doc, update] : indexes_[i].overlay->patches) {
      if (update.file && *update.file) moved_[i].emplace(**update.file, doc);
    }
  }
}

Result<std::vector<KnownPiece>> KnownPieces::of(std::string_view path) const {
  std::vector<KnownPiece> pieces;
  for (usize i = 0; i < indexes_.size(); ++i) {
    const IndexView& one = indexes_[i];
    for (const u32 doc : TRY(documents_of(i, path))) {
      Metadata metadata = TRY(current_metadata(one, DocNo(doc)));
      const bool is_piece = metadata.file == path && text_attribute(metadata, attribute::mirror);
      if (!is_piece) continue;
      const TextHash text = TRY(one.index->text_hash(DocNo(doc)));
      pieces.push_back({std::move(metadata), text});
    }
  }
  std::sort(pieces.begin(), pieces.end(),
            [](const auto& a, const auto& b) { return place_of(a) < place_of(b); });
  return pieces;
}

// Live ones, ascending, that have the path now or had it when they were stashed.
Result<std::vector<u32>> KnownPieces::documents_of(usize index, std::string_view path) const {
  const IndexView& one = indexes_[index];
  std::vector<u32> docs = TRY(documents_with(*one.index, metadata_term(Field::file, path)));
  const auto [begin, end] = moved_[index].equal_range(path);
  for (auto moved = begin; moved != end; ++moved) docs.push_back(moved->second);
  std::sort(docs.begin(), docs.end());
  docs.erase(std::unique(docs.begin(), docs.end()), docs.end());
  std::erase_if(docs, [&](u32 doc) { return one.overlay->dead.contains(doc); });
  return docs;
}

// Those that begin with the first line and, for all one knows without reading their metadata, those
// that were changed.
Result<std::optional<Metadata>> KnownPieces::first_of(std::string_view path) const {
  for (usize i = 0; i < indexes_.size(); ++i) {
    const IndexView& one = indexes_[i];
    const std::vector<u32> docs = TRY(documents_of(i, path));
    std::vector<i64> lines(docs.size());
    TRY(one.index->numbers_of(Field::line_first, docs, lines));
    for (usize at = 0; at < docs.size(); ++at) {
      if (lines[at] != 1 && !one.overlay->patches.contains(docs[at])) continue;
      Metadata metadata = TRY(current_metadata(one, DocNo(docs[at])));
      const bool is_first = metadata.file == path && text_attribute(metadata, attribute::mirror) &&
                            number_attribute(metadata, attribute::size);
      if (is_first) return std::optional(std::move(metadata));
    }
  }
  return std::optional<Metadata>();
}

Result<bool> KnownPieces::has_id(std::string_view id) const {
  return TRY(store::find_live(*view_, id)).has_value();
}

}  // namespace shale::sync
