#include "cli/all_projects.hpp"

#include <algorithm>
#include <map>
#include <utility>

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

}  // namespace

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
      group.key = std::move(row.key);
    }
    append(all.faults, one.faults);
  }
  for (auto& [key, row] : groups) all.rows.push_back(std::move(row));
  std::stable_sort(all.rows.begin(), all.rows.end(), [](const SumRow& a, const SumRow& b) {
    return a.sum != b.sum ? a.sum > b.sum : a.count > b.count;
  });
  return all;
}

}  // namespace shale::cli
