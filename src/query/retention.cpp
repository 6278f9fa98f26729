#include "query/retention.hpp"

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "query/scope.hpp"

namespace shale::query {

namespace {

constexpr u32 block_documents = 4096;
constexpr i64 second_us = 1'000'000;

// What is left of one view while the rules are applied.
struct Part {
  u32 view = 0;
  DenseSet rest;    // live, and not going so far
  DenseSet pinned;  // changes applied
  DenseSet kept;    // would have gone, but for the pin
};

// A document with what orders it.
struct Aged {
  i64 created = 0;
  u32 part = 0;
  u32 doc = 0;
  u32 bytes = 0;
};

bool is_before(const Aged& a, const Aged& b) { return a.created < b.created; }
bool is_behind(const Aged& a, const Aged& b) { return a.created > b.created; }

// The moment from which on segments are young enough; the first there is, where all are.
i64 oldest_kept(i64 now, u64 age_seconds) {
  constexpr i64 lowest = std::numeric_limits<i64>::min();
  if (age_seconds > u64(std::numeric_limits<i64>::max() / second_us)) return lowest;
  const i64 age = i64(age_seconds) * second_us;
  return now < lowest + age ? lowest : now - age;
}

class Chooser {
 public:
  Chooser(Scope& scope, std::span<const std::optional<CreatedRange>> created,
          const RetentionRules& rules, i64 now)
      : scope_(scope), created_(created), rules_(rules), now_(now) {
    choice_.leaving.resize(created.size());
  }

  Result<RetentionChoice> run() {
    for (const u32 view : scope_.active()) parts_.push_back(TRY(open(view)));
    if (rules_.expire) TRY(apply_expires());
    if (rules_.max_age_seconds != 0) TRY(apply_max_age());
    if (rules_.keep_last_per_task != 0) TRY(apply_keep_last());
    if (rules_.max_bytes != 0) TRY(apply_max_bytes());
    for (const Part& part : parts_) choice_.pinned += part.kept.count();
    return std::move(choice_);
  }

 private:
  const IndexView& enter(const Part& part) { return scope_.enter(part.view); }

  Result<Part> open(u32 at) {
    const IndexView& view = scope_.enter(at);
    const u32 count = view.index->document_count();
    Part part{at, DenseSet(count), DenseSet(count), DenseSet(count)};
    part.rest.add_all();
    view.overlay->dead.for_each_block([&](std::span<const u32> docs) {
      for (const u32 doc : docs) {
        if (doc < count) part.rest.remove(doc);
      }
    });
    choice_.leaving[at] = Leaving(count);
    choice_.leaving[at].live = part.rest.count();
    TRY(add_holders(view, metadata_term(Field::pinned, "true"), part.pinned));
    for (const auto& [doc, update] : view.overlay->patches) {
      if (update.pinned && doc < count) set(part.pinned, doc, *update.pinned);
    }
    return part;
  }

  static void set(DenseSet& docs, u32 doc, bool is_in) { is_in ? docs.add(doc) : docs.remove(doc); }

  static Result<void> add_holders(const IndexView& view, std::string_view text, DenseSet& docs) {
    const std::optional<Term> term = TRY(view.index->find_term(text));
    if (term.has_value()) TRY(view.index->documents(*term)).add_to(docs);
    return {};
  }

  void let_go(Part& part, RetentionRule rule, u32 doc) {
    if (!part.rest.contains(doc)) return;
    if (part.pinned.contains(doc)) return part.kept.add(doc);
    part.rest.remove(doc);
    choice_.leaving[part.view].add(rule, doc);
  }

  // All that is left of a view: as many steps as it has words of 64 documents, where none is
  // pinned.
  void let_all_go(Part& part, RetentionRule rule) {
    if (part.pinned.count() > 0) {
      for (const u32 doc : part.rest.to_vector()) let_go(part, rule, doc);
      return;
    }
    choice_.leaving[part.view].add_all(rule, part.rest);
    part.rest = DenseSet(part.rest.limit());
  }

  // -- expires --

  Result<void> apply_expires() {
    for (Part& part : parts_) {
      const IndexView& view = enter(part);
      DenseSet expired(part.rest.limit());
      TRY(add_expired(*view.index, expired));
      for (const auto& [doc, update] : view.overlay->patches) {
        if (doc < expired.limit()) apply_update(update, doc, expired);
      }
      expired.for_each([&](u32 doc) { let_go(part, RetentionRule::expires, doc); });
    }
    return {};
  }

  // The terms of whole numbers are in the order of their values (model/fields.hpp).
  Result<void> add_expired(const Index& index, DenseSet& expired) const {
    const std::string last = attribute_term(expires_attribute, now_);
    const std::string_view prefix = std::string_view(last).substr(0, last.size() - 8);
    std::vector<Term> due;
    TRY(index.for_each_term(prefix, [&](std::string_view text, const Term& term) {
      if (text.size() == last.size() && text <= last) due.push_back(term);
      return true;
    }));
    for (const Term& term : due) TRY(index.documents(term)).add_to(expired);
    return {};
  }

  // What is both removed and set is set.
  void apply_update(const Update& update, u32 doc, DenseSet& expired) const {
    const auto& removed = update.attrs_removed;
    const bool is_removed =
        std::find(removed.begin(), removed.end(), expires_attribute) != removed.end();
    if (is_removed) expired.remove(doc);
    const auto found = update.attrs_set.find(expires_attribute);
    if (found == update.attrs_set.end()) return;
    const i64* const until = std::get_if<i64>(&found->second);
    set(expired, doc, until != nullptr && *until <= now_);
  }

  // -- max_age --

  Result<void> apply_max_age() {
    const i64 kept_from = oldest_kept(now_, rules_.max_age_seconds);
    for (Part& part : parts_) {
      const std::optional<CreatedRange>& range = created_[part.view];
      if (range && range->first >= kept_from) continue;
      if (range && range->end <= kept_from) {
        let_all_go(part, RetentionRule::max_age);
        continue;
      }
      TRY(for_each_block(part, Field::created, [&](u32 doc, i64 created) {
        if (created < kept_from) let_go(part, RetentionRule::max_age, doc);
      }));
    }
    return {};
  }

  // The number of all that is left, block by block.
  template <class Visit>
  Result<void> for_each_block(Part& part, Field field, Visit&& visit) {
    const Index& index = *enter(part).index;
    for (u32 first = 0; first < part.rest.limit(); first += block_documents) {
      numbers_.resize(std::min(block_documents, part.rest.limit() - first));
      TRY(index.numbers(field, first, numbers_));
      part.rest.for_each_between(first, first + u32(numbers_.size()),
                                 [&](u32 doc) { visit(doc, numbers_[doc - first]); });
    }
    return {};
  }

  // -- keep_last --

  using Tasks = std::unordered_map<std::string, std::vector<Aged>>;

  Result<void> apply_keep_last() {
    Tasks tasks;
    for (u32 at = 0; at < parts_.size(); ++at) TRY(add_tasks(at, tasks));
    for (auto& [task, all] : tasks) TRY(keep_newest(all));
    return {};
  }

  Result<void> add_tasks(u32 at, Tasks& tasks) {
    Part& part = parts_[at];
    const IndexView& view = enter(part);
    DenseSet changed(part.rest.limit());
    for (const auto& [doc, update] : view.overlay->patches) {
      if (!update.task || doc >= changed.limit()) continue;
      changed.add(doc);
      if (!part.rest.contains(doc) || !update.task->has_value()) continue;
      i64 created = 0;
      TRY(view.index->numbers(Field::created, doc, {&created, 1}));
      tasks[**update.task].push_back({created, at, doc, 0});
    }
    std::unordered_map<u32, std::vector<Aged>*> by_code;
    std::vector<u32> codes(block_documents);
    u32 read_up_to = 0;
    Result<void> failed;
    TRY(for_each_block(part, Field::created, [&](u32 doc, i64 created) {
      if (!failed || changed.contains(doc)) return;
      if (doc >= read_up_to) failed = read_codes(*view.index, doc, codes, read_up_to);
      const u32 code = codes[doc % block_documents];
      if (!failed || code == Index::no_code) return;
      auto& of_task = by_code[code];
      if (of_task == nullptr) {
        auto name = view.index->code_value(Field::task, code);
        if (!name) return void(failed = Unexpected{std::move(name).error()});
        of_task = &tasks[*std::move(name)];
      }
      of_task->push_back({created, at, doc, 0});
    }));
    return failed;
  }

  // Of the block that `doc` is in.
  static Result<void> read_codes(const Index& index, u32 doc, std::vector<u32>& codes,
                                 u32& read_up_to) {
    const u32 first = doc / block_documents * block_documents;
    const u32 count = std::min(block_documents, index.document_count() - first);
    read_up_to = first + count;
    return index.codes(Field::task, first, std::span(codes).first(count));
  }

  Result<void> keep_newest(std::vector<Aged>& all) {
    const u64 kept = rules_.keep_last_per_task;
    if (all.size() <= kept) return {};
    std::nth_element(all.begin(), all.begin() + std::ptrdiff_t(kept), all.end(), is_behind);
    const i64 border = all[kept].created;
    std::vector<Aged> tied;
    u64 newer = 0;
    for (const Aged& one : all) {
      if (one.created > border) ++newer;
      if (one.created == border) tied.push_back(one);
      if (one.created < border) let_go(parts_[one.part], RetentionRule::keep_last, one.doc);
    }
    TRY(order_by_id(tied));
    for (usize i = kept - newer; i < tied.size(); ++i) {
      let_go(parts_[tied[i].part], RetentionRule::keep_last, tied[i].doc);
    }
    return {};
  }

  // Segments of one moment, by id. Neighbours are read together: .1 us each.
  Result<void> order_by_id(std::vector<Aged>& tied) {
    std::sort(tied.begin(), tied.end(), [](const Aged& a, const Aged& b) {
      return a.part != b.part ? a.part < b.part : a.doc < b.doc;
    });
    std::vector<std::pair<std::string, Aged>> named;
    named.reserve(tied.size());
    for (usize begin = 0; begin < tied.size(); begin = named.size()) {
      std::vector<u32> docs;
      for (usize i = begin; i < tied.size() && tied[i].part == tied[begin].part; ++i) {
        docs.push_back(tied[i].doc);
      }
      const Index& index = *enter(parts_[tied[begin].part]).index;
      TRY(index.ids_of(docs, [&](usize i, std::string_view id) -> Result<void> {
        named.emplace_back(std::string(id), tied[begin + i]);
        return {};
      }));
      if (named.size() != begin + docs.size()) {
        return fail(ErrorCode::corrupt, "An index does not name its documents.");
      }
    }
    std::sort(named.begin(), named.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    for (usize i = 0; i < tied.size(); ++i) tied[i] = named[i].second;
    return {};
  }

  // -- max_bytes --

  Result<void> apply_max_bytes() {
    u64 total = 0;
    for (Part& part : parts_) {
      TRY(for_each_block(part, Field::bytes, [&](u32, i64 bytes) { total += u64(bytes); }));
    }
    if (total <= rules_.max_bytes) return {};
    std::vector<Aged> all = TRY(aged_that_may_go());
    const u64 excess = total - rules_.max_bytes;
    const i64 border = border_of(all, excess);
    return let_oldest_go(all, border, excess);
  }

  Result<std::vector<Aged>> aged_that_may_go() {
    std::vector<Aged> all;
    for (u32 at = 0; at < parts_.size(); ++at) {
      Part& part = parts_[at];
      const usize begin = all.size();
      TRY(for_each_block(part, Field::bytes, [&](u32 doc, i64 bytes) {
        if (!part.pinned.contains(doc)) all.push_back({0, at, doc, u32(bytes)});
      }));
      usize next = begin;
      TRY(for_each_block(part, Field::created, [&](u32 doc, i64 created) {
        if (!part.pinned.contains(doc)) all[next++].created = created;
      }));
    }
    return all;
  }

  // The moment at which so many bytes have gone, the oldest first: by halves, a pass over the whole
  // and as much again for all the others.
  static i64 border_of(std::vector<Aged>& all, u64 excess) {
    usize begin = 0, end = all.size();
    if (end == 0) return std::numeric_limits<i64>::min();
    while (end - begin > 1) {
      const usize middle = begin + (end - begin) / 2;
      std::nth_element(all.begin() + std::ptrdiff_t(begin), all.begin() + std::ptrdiff_t(middle),
                       all.begin() + std::ptrdiff_t(end), is_before);
      u64 sum = 0;
      for (usize i = begin; i < middle; ++i) sum += all[i].bytes;
      if (sum >= excess) {
        end = middle;
      } else {
        excess -= sum;
        begin = middle;
      }
    }
    return all[begin].created;
  }

  Result<void> let_oldest_go(const std::vector<Aged>& all, i64 border, u64 excess) {
    std::vector<Aged> tied;
    u64 gone = 0;
    for (const Aged& one : all) {
      if (one.created == border) tied.push_back(one);
      if (one.created >= border) continue;
      gone += one.bytes;
      let_go(parts_[one.part], RetentionRule::max_bytes, one.doc);
    }
    TRY(order_by_id(tied));  // the smallest id counts as the newest
    for (usize i = tied.size(); i-- > 0 && gone < excess; gone += tied[i].bytes) {
      let_go(parts_[tied[i].part], RetentionRule::max_bytes, tied[i].doc);
    }
    for (Part& part : parts_) {
      TRY(for_each_block(part, Field::created, [&](u32 doc, i64 created) {
        if (created < border && part.pinned.contains(doc)) part.kept.add(doc);
      }));
    }
    return {};
  }

  Scope& scope_;
  std::span<const std::optional<CreatedRange>> created_;
  const RetentionRules& rules_;
  i64 now_;
  std::vector<Part> parts_;
  std::vector<i64> numbers_;
  RetentionChoice choice_;
};

}  // namespace

bool has_rules(const RetentionRules& rules) {
  return rules.expire || rules.max_age_seconds != 0 || rules.keep_last_per_task != 0 ||
         rules.max_bytes != 0;
}

Result<RetentionChoice> choose_leaving(std::span<const IndexView> views,
                                       std::span<const std::optional<CreatedRange>> created,
                                       const RetentionRules& rules, i64 now) {
  return answer_without_failed(views, [&](Scope& scope) -> Result<RetentionChoice> {
    return Chooser(scope, created, rules, now).run();
  });
}

}  // namespace shale::query
