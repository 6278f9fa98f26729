#include "sync/kept_dependencies.hpp"

#include <algorithm>
#include <map>

#include "store/lost_files.hpp"
#include "store/project_state.hpp"
#include "sync/derived_ids.hpp"

namespace shale::sync {

namespace {

// More goes the bulk way, which takes any number at once and as one.
constexpr usize committed_segments_max = 4096;
constexpr usize committed_bytes_max = 8u << 20;

Result<DocumentSet> documents_with(const Index& index, std::string_view term) {
  const auto found = TRY(index.find_term(term));
  return found.has_value() ? index.documents(*found) : Result<DocumentSet>(DocumentSet());
}

bool is_gone(const Metadata& metadata) { return metadata.attrs.contains(gone_attribute); }

// One segment for each `from`, in their order; edges of one come in the order they were given.
std::vector<NewSegment> segments_of(std::span<const Dependencies> all) {
  std::map<std::string_view, std::vector<std::string>> by_from;
  for (const Dependencies& one : all) {
    std::vector<std::string>& to = by_from[one.from];
    to.insert(to.end(), one.to.begin(), one.to.end());
  }
  std::vector<NewSegment> segments;
  segments.reserve(by_from.size());
  for (auto& [from, to] : by_from) {
    NewSegment& segment = segments.emplace_back();
    segment.id = dependencies_id(from);
    segment.type = dependencies_type;
    segment.file = std::string(from);
    segment.tags = std::move(to);
  }
  return segments;
}

usize bytes_of(const NewSegment& segment) {
  usize sum = segment.id.size() + segment.file->size();
  for (const std::string& to : segment.tags) sum += to.size();
  return sum;
}

}  // namespace

std::string dependencies_id(std::string_view from) { return derived_id(dependencies_type, from); }

Result<std::optional<FileChanges::Change>> mark_dependencies(const store::View& view,
                                                             std::string_view path, bool is_gone) {
  using Marked = std::optional<FileChanges::Change>;
  std::string id = dependencies_id(path);
  const auto found = TRY(store::find_live(view, id));
  if (!found) return Marked();
  const Metadata metadata =
      TRY(current_metadata(store::stored_indexes(view)[found->index], found->doc));
  if (sync::is_gone(metadata) == is_gone) return Marked();
  Update update;
  if (is_gone) {
    update.attrs_set.emplace(gone_attribute, true);
  } else {
    update.attrs_removed.emplace_back(gone_attribute);
  }
  return Marked({std::move(id), std::move(update)});
}

// -- following edges --

Result<KeptEdges> KeptEdges::open(const store::View& view) {
  if (!view.edition->faults.empty()) {
    const Fault& fault = view.edition->faults.front();
    return fail_at(ErrorCode::corrupt, "Dependents may be missing: " + fault.message, fault.file,
                   fault.offset);
  }
  KeptEdges edges;
  for (const IndexView& one : store::stored_indexes(view)) {
    std::optional<Part> part = TRY(part_of(one));
    if (part) edges.parts_.push_back(*std::move(part));
  }
  return edges;
}

// Nothing where an index has none.
Result<std::optional<KeptEdges::Part>> KeptEdges::part_of(const IndexView& view) {
  const Index& index = *view.index;
  const DocumentSet of_type =
      TRY(documents_with(index, metadata_term(Field::type, dependencies_type)));
  Part part{view, DenseSet(index.document_count()), {}};
  of_type.add_to(part.unreached);
  const DocumentSet gone = TRY(documents_with(index, attribute_term(gone_attribute, true)));
  std::vector<u32> changed;
  for (const auto& [doc, update] : view.overlay->patches) {
    const bool may_count = update.type ? *update.type == dependencies_type : of_type.contains(doc);
    if (may_count && doc < index.document_count()) changed.push_back(doc);
    if (part.unreached.contains(doc)) part.unreached.remove(doc);
  }
  for (const u32 doc : gone.to_vector()) {
    if (part.unreached.contains(doc)) part.unreached.remove(doc);
  }
  for (const u32 doc : changed) {
    if (!view.overlay->dead.contains(doc)) TRY(add_changed(part, doc));
  }
  const bool is_empty = part.changed.empty() && part.unreached.count() == 0;
  return is_empty ? std::optional<Part>() : std::optional(std::move(part));
}

Result<void> KeptEdges::add_changed(Part& part, u32 doc) {
  const Metadata metadata = TRY(current_metadata(part.view, DocNo(doc)));
  if (is_gone(metadata) || !metadata.file) return {};
  for (const std::string& to : metadata.tags) part.changed.emplace(to, *metadata.file);
  return {};
}

Result<std::vector<std::string>> KeptEdges::dependents_of(std::span<const std::string> changed) {
  if (parts_.empty()) return std::vector<std::string>();
  seen_.insert(changed.begin(), changed.end());
  to_visit_.assign(changed.begin(), changed.end());
  while (!to_visit_.empty()) {
    const std::string node = std::move(to_visit_.back());
    to_visit_.pop_back();
    TRY(visit(node));
  }
  std::sort(found_.begin(), found_.end());
  return std::move(found_);
}

Result<void> KeptEdges::visit(const std::string& node) {
  const std::string term = metadata_term(Field::tag, node);
  for (Part& part : parts_) {
    TRY(visit_stashed(part, term));
    const auto [begin, end] = part.changed.equal_range(node);
    for (auto edge = begin; edge != end; ++edge) reach(edge->second);
  }
  return {};
}

Result<void> KeptEdges::visit_stashed(Part& part, const std::string& term) {
  const Index& index = *part.view.index;
  const DocumentSet users = TRY(documents_with(index, term));
  for (const u32 doc : users.to_vector()) {
    if (!part.unreached.contains(doc)) continue;
    part.unreached.remove(doc);
    if (part.view.overlay->dead.contains(doc)) continue;
    u32 code = Index::no_code;
    TRY(index.codes(Field::file, doc, {&code, 1}));
    if (code != Index::no_code) reach(TRY(index.code_value(Field::file, code)));
  }
  return {};
}

void KeptEdges::reach(std::string from) {
  const auto [seen, is_new] = seen_.insert(std::move(from));
  if (!is_new) return;
  to_visit_.push_back(*seen);
  found_.push_back(*seen);
}

}  // namespace shale::sync

namespace shale {

Result<void> set_dependencies(Project& project, std::span<const Dependencies> all) {
  std::vector<NewSegment> segments = sync::segments_of(all);
  if (segments.empty()) return {};
  usize bytes = 0;
  for (const NewSegment& segment : segments) bytes += sync::bytes_of(segment);
  const bool is_large =
      segments.size() > sync::committed_segments_max || bytes > sync::committed_bytes_max;
  Batch batch;
  for (NewSegment& segment : segments) batch.stash(std::move(segment));
  if (is_large) {
    TRY(project.ingest(batch));
  } else {
    TRY(project.commit(batch));
  }
  return {};
}

Result<std::optional<std::vector<std::string>>> dependencies_of(const Snapshot& snapshot,
                                                                std::string_view from) {
  using Found = std::optional<std::vector<std::string>>;
  const store::View& view = *snapshot.state().view;
  const auto found = TRY(store::find_live(view, sync::dependencies_id(from)));
  if (!found) return Found();
  Metadata metadata = TRY(current_metadata(store::stored_indexes(view)[found->index], found->doc));
  TRY(store::check_still_there(view));
  return Found(std::move(metadata.tags));
}

Result<std::vector<std::string>> dependents_of(const Snapshot& snapshot,
                                               std::span<const std::string> changed) {
  const store::View& view = *snapshot.state().view;
  sync::KeptEdges edges = TRY(sync::KeptEdges::open(view));
  std::vector<std::string> found = TRY(edges.dependents_of(changed));
  TRY(store::check_still_there(view));
  return found;
}

}  // namespace shale
