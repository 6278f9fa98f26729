// Listings and counts: columns only.
#include "base/system.hpp"
#include "query/collector.hpp"
#include "query/engine.hpp"
#include "query/values.hpp"

namespace shale::query {

namespace {

constexpr usize walk_block = 1024;  // of Bitmap::Walk

struct Order {
  Field field = Field::created;
  bool ascending = false;
};

Result<Order> parse_order(std::string_view sort) {
  Order order;
  order.ascending = sort.starts_with('-');
  if (order.ascending) sort.remove_prefix(1);
  const std::optional<Field> field = field_by_name(sort);
  if (!field || (!is_number(*field) && *field != Field::id)) {
    return fail(ErrorCode::invalid_argument,
                "Cannot sort by \"" + std::string(sort) +
                    "\": sortable are id created touched tokens bytes words refcount "
                    "gc_survival_count line_first line_last accessed accesses.");
  }
  order.field = *field;
  return order;
}

// Keys fall where the answer goes on; absent numbers come last in either direction.
void turn_to_keys(const Order& order, std::span<i64> numbers) {
  if (!order.ascending) return;
  for (i64& number : numbers) number = number == no_number ? no_number : ~number;
}

Collector::Ties ties_of(const Order& order) {
  if (order.field != Field::id) return Collector::Ties::newest_then_id;
  return order.ascending ? Collector::Ties::id_ascending : Collector::Ties::id_descending;
}

std::optional<OrderKey> place_of(const std::optional<ListPlace>& place) {
  if (!place) return std::nullopt;
  return OrderKey{place->key, place->created, place->id};
}

Result<ListedAnswer> list_attempt(Scope& scope, const Listing& listing, const Order& order,
                                  const Filter& filter) {
  const bool by_id = order.field == Field::id;  // all keys are equal then
  Collector collector(scope, listing.limit, ties_of(order), place_of(listing.after));
  ListedAnswer answer;
  std::vector<i64> keys(walk_block, 0);
  for (const u32 number : scope.active()) {
    const IndexView& view = scope.enter(number);
    const Bitmap docs = TRY(matching_documents(view, filter)).to_bitmap();
    answer.total += docs.count();
    Bitmap::Walk walk(docs);
    for (auto block = walk.next(); !block.empty(); block = walk.next()) {
      const std::span<i64> block_keys = std::span(keys).first(block.size());
      if (!by_id) {
        TRY(current_numbers(scope.enter(number), order.field, block, block_keys));
        turn_to_keys(order, block_keys);
      }
      TRY(collector.offer(number, block, block_keys));
    }
  }
  for (const Collector::Entry& entry : TRY(collector.finish())) {
    answer.places.push_back(entry.place);
    answer.keys.push_back(entry.key);
    answer.last = ListPlace{entry.key, entry.created, entry.id};
  }
  return answer;
}

}  // namespace

Result<ListedAnswer> list(std::span<const IndexView> views, const Listing& listing) {
  const Order order = TRY(parse_order(listing.sort));
  const Filter filter = TRY(parse_filter(listing.where, now_microseconds()));
  return answer_without_failed(
      views, [&](Scope& scope) { return list_attempt(scope, listing, order, filter); });
}

Result<Count> count(std::span<const IndexView> views, std::string_view where) {
  const Filter filter = TRY(parse_filter(where, now_microseconds()));
  return answer_without_failed(views, [&](Scope& scope) -> Result<Count> {
    Count sum;
    for (const u32 number : scope.active()) {
      sum.count += TRY(matching_documents(scope.enter(number), filter)).count();
    }
    return sum;
  });
}

}  // namespace shale::query
