#include "sync/file_changes.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "model/record.hpp"
#include "sync/folder_scanner.hpp"
#include "sync/source_file.hpp"

namespace shale::sync {

namespace {

constexpr std::array own_keys = {attribute::mirror,   attribute::part,  attribute::size,
                                 attribute::modified, attribute::inode, attribute::hash,
                                 attribute::name,     attribute::kind};

void set_stamp(const FileContent& content, Attributes& attrs) {
  attrs.emplace(attribute::size, i64(content.stamp.bytes));
  attrs.emplace(attribute::inode, i64(content.stamp.inode));
  attrs.emplace(attribute::hash, i64(content.hash));
  if (content.is_settled) attrs.emplace(attribute::modified, content.stamp.modified_ns);
}

Attributes own_attributes(const FileContent& content, usize piece) {
  const Chunk& chunk = content.chunks[piece];
  Attributes attrs;
  attrs.emplace(attribute::mirror, content.prefix);
  if (!chunk.name.empty()) attrs.emplace(attribute::name, chunk.name);
  if (!chunk.kind.empty()) attrs.emplace(attribute::kind, chunk.kind);
  i64 part = 0;
  for (usize i = piece; i > 0 && content.chunks[i - 1].first_line == chunk.first_line; --i) ++part;
  if (part > 0) attrs.emplace(attribute::part, part);
  if (piece == 0) set_stamp(content, attrs);
  return attrs;
}

// The piece as the file alone makes it.
NewSegment fresh_segment(const FileContent& content, std::string_view text, usize piece,
                         const std::string& id, const DescribeSegment& describe) {
  const Chunk& chunk = content.chunks[piece];
  NewSegment segment;
  segment.type = type_of_file(content.path);
  segment.created_at = modified_at(content.stamp);
  segment.touched_at = segment.created_at;
  segment.file = content.path;
  segment.text = chunk.text;
  segment.line_range = LineRange{chunk.first_line, chunk.last_line};
  segment.attrs = own_attributes(content, piece);
  segment.id = id;
  if (describe) describe(text, segment);
  return segment;
}

// Attributes that others set stay, ours are those of now.
void keep_attributes(const Metadata& before, NewSegment& segment) {
  for (const auto& [key, value] : before.attrs) {
    const bool is_own = std::find(own_keys.begin(), own_keys.end(), key) != own_keys.end();
    if (!is_own) segment.attrs.emplace(key, value);
  }
}

void keep_metadata(const Metadata& before, NewSegment& segment) {
  if (!segment.task) segment.task = before.task;
  if (!segment.topic) segment.topic = before.topic;
  std::vector<std::string> tags = before.tags;
  for (std::string& tag : segment.tags) {
    if (std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.push_back(std::move(tag));
  }
  segment.tags = std::move(tags);
  segment.created_at = before.created_at;
  segment.pinned = before.pinned;
  segment.tier = before.tier;
  segment.generation = before.generation;
  segment.gc_survival_count = before.gc_survival_count;
  segment.refcount = before.refcount;
  keep_attributes(before, segment);
}

void update_attributes(const Attributes& before, const Attributes& after, Update& update) {
  for (const auto& [key, value] : after) {
    const auto found = before.find(key);
    if (found == before.end() || found->second != value) update.attrs_set.emplace(key, value);
  }
  for (const auto& [key, value] : before) {
    if (!after.contains(key)) update.attrs_removed.push_back(key);
  }
}

// What turns `before` into `after` where the text is the same.
Update update_between(const Metadata& before, const NewSegment& after) {
  Update update;
  if (after.type != before.type) update.type = after.type;
  if (after.task != before.task) update.task = after.task;
  if (after.file != before.file) update.file = after.file;
  if (after.topic != before.topic) update.topic = after.topic;
  if (after.line_range != before.line_range) update.line_range = after.line_range;
  update.tags_added.assign(after.tags.begin() + i64(before.tags.size()), after.tags.end());
  update_attributes(before.attrs, after.attrs, update);
  return update;
}

}  // namespace

Result<FileChanges> changes_of(const FileContent& content, std::string_view text,
                               const std::vector<std::string>& ids,
                               const std::vector<KnownPiece>& known,
                               const DescribeSegment& describe) {
  std::unordered_map<std::string_view, const KnownPiece*> left;
  for (const KnownPiece& piece : known) left.emplace(piece.metadata.id, &piece);
  FileChanges changes;
  for (usize i = 0; i < content.chunks.size(); ++i) {
    NewSegment segment = fresh_segment(content, text, i, ids[i], describe);
    const auto found = left.find(ids[i]);
    const KnownPiece* const before = found == left.end() ? nullptr : found->second;
    if (before != nullptr) keep_metadata(before->metadata, segment);
    TRY(check_segment(segment));
    if (before == nullptr || before->text != content.hashes[i]) {
      changes.text_bytes += segment.text.size();
      changes.stashed.push_back(std::move(segment));
    } else if (Update update = update_between(before->metadata, segment); update != Update()) {
      changes.updated.push_back({ids[i], std::move(update)});
    }
    left.erase(ids[i]);
  }
  for (const KnownPiece& piece : known) {
    if (left.contains(piece.metadata.id)) changes.erased.push_back(piece.metadata.id);
  }
  return changes;
}

std::optional<FileChanges::Change> restamp(const Metadata& first, const FileContent& content) {
  Attributes after = first.attrs;
  after.erase(std::string(attribute::modified));
  Attributes stamp;
  set_stamp(content, stamp);
  for (const auto& [key, value] : stamp) after.insert_or_assign(key, value);
  Update update;
  update_attributes(first.attrs, after, update);
  if (update == Update()) return std::nullopt;
  return FileChanges::Change{first.id, std::move(update)};
}

}  // namespace shale::sync
