#include "store/search_pages.hpp"

namespace shale::store {

namespace {

// What all views of a snapshot's project have in common.
u64 project_id(const View& view) { return view.edition->manifest.project_id; }

bool is_of(const query::Cursor& cursor, const View& view) {
  return cursor.edition == view.edition->manifest.edition && cursor.lsn == view.committed.value;
}

}  // namespace

Result<PageStart> page_start(Project::State& project, const std::shared_ptr<const View>& view,
                             const Query& query) {
  PageStart start{view, std::nullopt, false};
  if (query.cursor.empty()) return start;
  start.from = TRY(query::decode_cursor(query.cursor, query, project_id(*view)));
  if (is_of(*start.from, *view)) return start;
  auto kept = project.kept_views.find(start.from->edition, Lsn{start.from->lsn});
  if (kept != nullptr) {
    start.view = std::move(kept);
  } else {
    start.moved = true;
  }
  return start;
}

void finish_page(Project::State& project, const PageStart& start, const Query& query,
                 const query::RankedAnswer& ranked, Answer& answer) {
  answer.moved = start.moved;
  query::Cursor cursor;
  cursor.edition = start.view->edition->manifest.edition;
  cursor.lsn = start.view->committed.value;
  cursor.asked = query::asked_hash(query, project_id(*start.view));
  cursor.now = ranked.now;
  cursor.widened = ranked.widened;
  if (start.from) cursor.after = start.from->after;
  answer.page = query::encode_cursor(cursor);
  if (!ranked.more) return;
  const query::Ranked& last = ranked.hits.back();
  cursor.after = query::OrderKey{query::key_of(last.score), last.created, last.id};
  answer.cursor = query::encode_cursor(cursor);
  project.kept_views.keep(start.view);
}

}  // namespace shale::store
