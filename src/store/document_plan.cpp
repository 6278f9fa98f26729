#include "store/document_plan.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <string>

namespace shale::store {

namespace {

constexpr u32 block_documents = 4096;

// What orders documents: rank of the file or task name, then line or time.
struct SortKey {
  u32 group = 0;
  u32 source = 0;
  u32 doc = 0;
  i64 position = 0;
  auto operator<=>(const SortKey& other) const {
    return std::tie(group, position, source, doc) <=>
           std::tie(other.group, other.position, other.source, other.doc);
  }
};

// A group before its rank is known: 'f' files, 't' tasks, 'z' neither.
std::string group_name(char kind, std::string_view name) {
  std::string result(1, kind);
  result += name;
  return result;
}

struct Placed {
  std::string group;
  i64 position = 0;
};

Placed place_of(const Metadata& metadata) {
  if (metadata.file.has_value()) {
    const bool lines = metadata.line_range.has_value();
    return {group_name('f', *metadata.file),
            lines ? i64(metadata.line_range->first) : metadata.created_at.microseconds};
  }
  return {metadata.task.has_value() ? group_name('t', *metadata.task) : group_name('z', {}),
          metadata.created_at.microseconds};
}

// Group names of one field of one index, by code.
class GroupNames {
 public:
  GroupNames(const Index& index, Field field, char kind)
      : index_(index), field_(field), kind_(kind) {}

  Result<const std::string*> name(u32 code) {
    const auto known = names_.find(code);
    if (known != names_.end()) return &known->second;
    const std::string value = TRY(index_.code_value(field_, code));
    return &names_.emplace(code, group_name(kind_, value)).first->second;
  }

 private:
  const Index& index_;
  Field field_;
  char kind_;
  std::map<u32, std::string> names_;
};

// The columns that order a block of documents.
struct Block {
  std::vector<u32> files, tasks;
  std::vector<i64> lines, created, words, bytes;

  Result<void> read(const Index& index, u32 first, u32 count) {
    files.resize(count);
    tasks.resize(count);
    for (auto* numbers : {&lines, &created, &words, &bytes}) numbers->resize(count);
    TRY(index.codes(Field::file, first, files));
    TRY(index.codes(Field::task, first, tasks));
    TRY(index.numbers(Field::line_first, first, lines));
    TRY(index.numbers(Field::created, first, created));
    TRY(index.numbers(Field::words, first, words));
    return index.numbers(Field::bytes, first, bytes);
  }
};

class Planner {
 public:
  Planner(std::span<const MergeSource> sources, std::optional<u32> month)
      : sources_(sources), month_(month) {}

  Result<DocumentPlan> run() {
    plan_.new_numbers.resize(sources_.size());
    words_.resize(sources_.size());
    for (u32 s = 0; s < sources_.size(); ++s) TRY(collect(s));
    rank_groups();
    std::sort(keys_.begin(), keys_.end());
    number_documents();
    return std::move(plan_);
  }

 private:
  Result<void> collect(u32 source) {
    const IndexView& view = sources_[source].view;
    const u32 count = view.index->document_count();
    plan_.new_numbers[source].assign(count, no_document);
    words_[source].assign(count, 0);
    GroupNames files(*view.index, Field::file, 'f');
    GroupNames tasks(*view.index, Field::task, 't');
    for (u32 first = 0; first < count; first += block_documents) {
      const u32 size = std::min(block_documents, count - first);
      TRY(block_.read(*view.index, first, size));
      for (u32 i = 0; i < size; ++i) TRY(add(source, first, i, files, tasks));
    }
    return {};
  }

  Result<void> add(u32 source, u32 first, u32 i, GroupNames& files, GroupNames& tasks) {
    const IndexView& view = sources_[source].view;
    const u32 doc = first + i;
    if (view.overlay->dead.contains(doc)) return {};
    if (month_.has_value() && month_of(block_.created[i]) != *month_) return {};
    words_[source][doc] = u32(block_.words[i]);
    plan_.text_bytes += u64(block_.bytes[i]);
    if (view.overlay->patches.contains(doc)) {
      const Metadata metadata = TRY(current_metadata(view, DocNo(doc)));
      const Placed placed = place_of(metadata);
      push(placed.group, placed.position, source, doc);
    } else if (block_.files[i] != Index::no_code) {
      const std::string* name = TRY(files.name(block_.files[i]));
      const bool lines = block_.lines[i] != no_number;
      push(*name, lines ? block_.lines[i] : block_.created[i], source, doc);
    } else if (block_.tasks[i] != Index::no_code) {
      const std::string* name = TRY(tasks.name(block_.tasks[i]));
      push(*name, block_.created[i], source, doc);
    } else {
      push(group_name('z', {}), block_.created[i], source, doc);
    }
    return {};
  }

  void push(const std::string& group, i64 position, u32 source, u32 doc) {
    if (last_group_ == groups_.end() || last_group_->first != group) {
      last_group_ = groups_.try_emplace(group, u32(groups_.size())).first;
    }
    keys_.push_back({last_group_->second, source, doc, position});
  }

  // Replaces the numbers groups got on arrival by their rank in name order.
  void rank_groups() {
    std::vector<u32> rank(groups_.size());
    u32 next = 0;
    for (const auto& [name, arrival] : groups_) rank[arrival] = next++;
    for (SortKey& key : keys_) key.group = rank[key.group];
  }

  void number_documents() {
    plan_.documents.reserve(keys_.size());
    plan_.word_counts.reserve(keys_.size());
    for (const SortKey& key : keys_) {
      plan_.new_numbers[key.source][key.doc] = u32(plan_.documents.size());
      plan_.documents.push_back({key.source, key.doc});
      plan_.word_counts.push_back(words_[key.source][key.doc]);
    }
  }

  std::span<const MergeSource> sources_;
  std::optional<u32> month_;
  DocumentPlan plan_;
  std::vector<std::vector<u32>> words_;
  std::map<std::string, u32> groups_;
  std::map<std::string, u32>::iterator last_group_ = groups_.end();
  std::vector<SortKey> keys_;
  Block block_;
};

}  // namespace

u32 month_of(i64 created_microseconds) {
  const std::chrono::sys_time<std::chrono::microseconds> moment{
      std::chrono::microseconds(created_microseconds)};
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(moment)};
  return u32(int(day.year())) * 100 + unsigned(day.month());
}

Result<std::vector<u32>> months_of(std::span<const MergeSource> sources) {
  std::set<u32> months;
  std::vector<i64> created;
  for (const MergeSource& source : sources) {
    const u32 count = source.view.index->document_count();
    for (u32 first = 0; first < count; first += block_documents) {
      created.resize(std::min(block_documents, count - first));
      TRY(source.view.index->numbers(Field::created, first, created));
      for (u32 i = 0; i < created.size(); ++i) {
        if (!source.view.overlay->dead.contains(first + i)) months.insert(month_of(created[i]));
      }
    }
  }
  return std::vector<u32>(months.begin(), months.end());
}

namespace {

// Neighbours of one group.
struct Run {
  char kind = 'z';
  std::string_view name;
  std::span<const NewSegment*> segments;

  explicit Run(const NewSegment& first) {
    if (first.file.has_value())
      kind = 'f', name = *first.file;
    else if (first.task.has_value())
      kind = 't', name = *first.task;
  }
  bool is_same_group(const Run& other) const { return kind == other.kind && name == other.name; }
  bool operator<(const Run& other) const {
    return std::tie(kind, name) < std::tie(other.kind, other.name);
  }
};

}  // namespace

void order_by_plan(std::vector<const NewSegment*>& segments) {
  std::vector<Run> runs;
  for (usize i = 0; i < segments.size(); ++i) {
    const Run here(*segments[i]);
    if (runs.empty() || !runs.back().is_same_group(here)) {
      runs.push_back(here);
      runs.back().segments = {&segments[i], 0};
    }
    runs.back().segments = {runs.back().segments.data(), runs.back().segments.size() + 1};
  }
  if (std::is_sorted(runs.begin(), runs.end())) return;
  std::stable_sort(runs.begin(), runs.end());
  std::vector<const NewSegment*> ordered;
  ordered.reserve(segments.size());
  for (const Run& run : runs)
    ordered.insert(ordered.end(), run.segments.begin(), run.segments.end());
  segments.swap(ordered);
}

Result<DocumentPlan> plan_documents(std::span<const MergeSource> sources,
                                    std::optional<u32> month) {
  return Planner(sources, month).run();
}

}  // namespace shale::store
