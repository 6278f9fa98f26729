#include "exchange/store_export.hpp"

#include <algorithm>

#include "base/file.hpp"
#include "exchange/context_file.hpp"
#include "exchange/draft_file.hpp"
#include "exchange/ndjson_writer.hpp"
#include "store/accesses.hpp"

namespace shale::exchange {

namespace fs = std::filesystem;

namespace {

constexpr usize page_segments = 8192;
constexpr usize buffer_bytes = 1u << 20;

}  // namespace

// All segments that pass, oldest first.
Result<void> StoreExport::each(const ExportedView& asked, const Visit& visit) {
  const ExportedView view{asked.project, store::uncounted(asked.snapshot)};
  Listing listing{where_, "-created", page_segments};
  while (true) {
    const Page page = TRY(view.snapshot.list(listing));
    keep(page.faults);
    for (const Metadata& metadata : page.segments) TRY(one(view, metadata.id, visit));
    if (!page.last) return {};
    listing.after = page.last;
  }
}

Result<void> StoreExport::one(const ExportedView& view, const std::string& id, const Visit& visit) {
  const bool goes_on =
      !stop_.stop_requested() && (!progress_ || progress_({done_.bytes, 0, done_.segments}));
  if (!goes_on) return fail(ErrorCode::cancelled, "Interrupted.");
  const Fetched fetched = TRY(view.snapshot.get_many(std::span(&id, 1)));
  keep(fetched.faults);
  for (const Segment& segment : fetched.segments) {
    TRY(visit(segment));
    ++done_.segments;
  }
  return {};
}

// Every answer tells of the damage that is known: it is told once.
void StoreExport::keep(const std::vector<Fault>& faults) {
  for (const Fault& fault : faults) {
    const std::string key = fault.file + ' ' + std::to_string(fault.offset) + ' ' + fault.message +
                            ' ' + (fault.ids.empty() ? std::string() : fault.ids.front());
    if (told_.insert(key).second) done_.faults.push_back(fault);
  }
}

Result<void> StoreExport::put_away(std::string& buffer, const Put& put) {
  done_.bytes += buffer.size();
  TRY(put(buffer));
  buffer.clear();
  return {};
}

Exported StoreExport::done() const {
  Exported done = done_;
  done.losses = losses_.text();
  return done;
}

// --- NDJSON ---

Result<void> StoreExport::lines_to(const Put& put) {
  std::string buffer;
  for (const ExportedView& view : views_) {
    TRY(each(view, [&](const Segment& segment) -> Result<void> {
      append_segment(buffer, segment.metadata(), {.text = segment.text(), .project = view.project});
      buffer += '\n';
      return buffer.size() < buffer_bytes ? Result<void>() : put_away(buffer, put);
    }));
  }
  return put_away(buffer, put);
}

Result<void> StoreExport::lines_to_file(const fs::path& path) {
  DraftFile draft = TRY(DraftFile::open(path));
  TRY(lines_to([&](std::string_view bytes) { return draft.append(bytes); }));
  ++done_.files;
  return draft.publish();
}

// --- files of Out of Context ---

Result<void> StoreExport::context_to_folder(const fs::path& folder) {
  const fs::path stashed = folder / "stashed";
  TRY(make_folders(stashed));
  for (const ExportedView& view : views_) {
    TRY(write_project(view, stashed / (project_file_stem(view.project) + ".json")));
  }
  return {};
}

Result<void> StoreExport::write_project(const ExportedView& view, const fs::path& path) {
  DraftFile draft = TRY(DraftFile::open(path));
  const Put put = [&](std::string_view bytes) { return draft.append(bytes); };
  std::string buffer;
  ContextWriter writer(buffer, view.project, losses_);
  writer.begin();
  TRY(each(view, [&](const Segment& segment) -> Result<void> {
    writer.segment(segment.metadata(), segment.text());
    return buffer.size() < buffer_bytes ? Result<void>() : put_away(buffer, put);
  }));
  writer.end();
  TRY(put_away(buffer, put));
  ++done_.files;
  return draft.publish();
}

}  // namespace shale::exchange
