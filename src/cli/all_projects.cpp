#include "cli/all_projects.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "cli/joined_cursor.hpp"
#include "query/aggregate.hpp"

namespace shale::cli {

namespace {

struct Entry {
  i64 key = 0;
  ProjectSegment segment;
};

// Whether ids decide, and which way round.
enum class Order : u8 { by_key, id_falling, id_rising };

Order order_of(const std::string& sort) {
  if (sort == "id") return Order::id_falling;
  return sort == "-id" ? Order::id_rising : Order::by_key;
}

bool before(const Entry& a, const Entry& b, Order order) {
  const Metadata& x = a.segment.metadata;
  const Metadata& y = b.segment.metadata;
  if (order == Order::id_falling) return x.id > y.id;
  if (order == Order::id_rising) return x.id < y.id;
  if (a.key != b.key) return a.key > b.key;
  const i64 x_time = x.created_at.microseconds;
  const i64 y_time = y.created_at.microseconds;
  return x_time != y_time ? x_time > y_time : x.id < y.id;
}

void append(std::vector<Fault>& faults, std::vector<Fault>& more) {
  std::move(more.begin(), more.end(), std::back_inserter(faults));
}

bool hit_before(const ProjectHit& a, const ProjectHit& b) {
  if (a.hit.score != b.hit.score) return a.hit.score > b.hit.score;
  const i64 a_time = a.hit.created_at.microseconds;
  const i64 b_time = b.hit.created_at.microseconds;
  return a_time != b_time ? a_time > b_time : a.hit.id < b.hit.id;
}

bool row_before(const FacetRow& a, const FacetRow& b) {
  return a.count != b.count ? a.count > b.count : a.value < b.value;
}

Facet merge_facet(const std::vector<ProjectAnswer>& answers, usize at, usize rows_max) {
  std::map<std::string, u64> counts;
  Facet facet{answers.front().answer.facets[at].field, {}, 0};
  for (const ProjectAnswer& one : answers) {
    for (const FacetRow& row : one.answer.facets[at].rows) counts[row.value] += row.count;
    facet.distinct = std::max(facet.distinct, one.answer.facets[at].distinct);
  }
  facet.distinct = std::max<u64>(facet.distinct, counts.size());
  facet.rows.reserve(counts.size());
  for (const auto& [value, count] : counts) facet.rows.push_back({value, count});
  std::sort(facet.rows.begin(), facet.rows.end(), row_before);
  if (facet.rows.size() > rows_max) facet.rows.resize(rows_max);
  return facet;
}

// Where each project goes on behind the hits that are told; empty where nothing follows anywhere.
std::string next_cursor(const std::vector<ProjectAnswer>& answers, const FoundProjects& found) {
  ProjectCursors cursors;
  bool more = false;
  for (const ProjectAnswer& one : answers) {
    const usize told =
        usize(std::count_if(found.hits.begin(), found.hits.end(),
                            [&](const ProjectHit& hit) { return hit.project == one.project; }));
    const bool all_told = told == one.answer.hits.size();
    const bool follows = all_told && !one.answer.cursor.empty();
    more = more || follows || !all_told;
    cursors.emplace_back(one.project,
                         follows ? one.answer.cursor : cursor_behind(one.answer, told));
  }
  return more ? join_cursors(cursors) : std::string();
}

void take_sums(ProjectAnswer& one, bool all_projects, FoundProjects& found) {
  found.total += one.answer.total;
  found.widened = found.widened || one.answer.widened;
  found.partial = found.partial || one.answer.partial;
  found.moved = found.moved || one.answer.moved;
  if (all_projects && !one.answer.explanation.empty()) {
    found.explanation += "project    " + one.project + "\n";
  }
  found.explanation += one.answer.explanation;
  append(found.faults, one.answer.faults);
}

}  // namespace

FoundProjects merge_answers(std::vector<ProjectAnswer> answers, const Query& query,
                            bool all_projects) {
  FoundProjects found;
  for (ProjectAnswer& one : answers) {
    take_sums(one, all_projects, found);
    for (const Hit& hit : one.answer.hits) found.hits.push_back({one.project, hit});
  }
  std::stable_sort(found.hits.begin(), found.hits.end(), hit_before);
  if (found.hits.size() > query.limit) found.hits.resize(query.limit);
  if (answers.empty()) return found;
  for (usize i = 0; i < query.facets.size(); ++i) {
    found.facets.push_back(merge_facet(answers, i, query.facet_rows));
  }
  if (query.limit == 0) return found;
  found.cursor = all_projects ? next_cursor(answers, found) : answers.front().answer.cursor;
  return found;
}

ListedProjects merge_pages(std::vector<ProjectPage> pages, const Listing& listing) {
  ListedProjects all;
  std::vector<Entry> entries;
  for (ProjectPage& one : pages) {
    Page& page = one.page;
    for (usize i = 0; i < page.segments.size(); ++i) {
      entries.push_back({page.sort_keys[i], {one.project, std::move(page.segments[i])}});
    }
    all.total += page.total;
    append(all.faults, page.faults);
  }
  const Order order = order_of(listing.sort);
  std::stable_sort(entries.begin(), entries.end(),
                   [order](const Entry& a, const Entry& b) { return before(a, b, order); });
  if (entries.size() > listing.limit) entries.resize(listing.limit);
  for (Entry& entry : entries) all.segments.push_back(std::move(entry.segment));
  return all;
}

Sum merge_sums(std::vector<Sum> sums) {
  Sum all;
  std::map<std::vector<std::string>, SumRow> groups;
  for (Sum& one : sums) {
    for (SumRow& row : one.rows) {
      SumRow& group = groups[row.key];
      group.count += row.count;
      group.sum += row.sum;
      group.absent += row.absent;
      query::widen(group.created, row.created);
      query::widen(group.touched, row.touched);
      group.key = std::move(row.key);
    }
    all.widened = all.widened || one.widened;
    all.partial = all.partial || one.partial;
    append(all.faults, one.faults);
  }
  for (auto& [key, row] : groups) all.rows.push_back(std::move(row));
  std::stable_sort(all.rows.begin(), all.rows.end(), [](const SumRow& a, const SumRow& b) {
    return a.sum != b.sum ? a.sum > b.sum : a.count > b.count;
  });
  return all;
}

}  // namespace shale::cli
