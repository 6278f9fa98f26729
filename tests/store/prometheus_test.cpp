#include "store/prometheus.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"

namespace shale::store {
namespace {

using namespace testing;

using Labels = std::map<std::string, std::string>;
struct Sample {
  std::string name;
  Labels labels;
  double value = 0;
};
struct Family {
  std::string type, help;
  std::vector<Sample> samples;
};

// A strict reader of format 0.0.4: throws where anything is not as it has to be.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::map<std::string, Family> read() {
    while (!text_.empty()) {
      const auto end = text_.find('\n');
      need(end != text_.npos, "the last line has no end");
      line_ = text_.substr(0, end);
      text_.remove_prefix(end + 1);
      line_.starts_with("# ") ? comment() : sample();
    }
    return families_;
  }

 private:
  void need(bool holds, const std::string& what) const {
    if (!holds) throw std::runtime_error(what + ": " + std::string(line_));
  }

  static bool is_name(std::string_view name) {
    if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
    return name.find_first_not_of(
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:") == name.npos;
  }

  // HELP, then TYPE, then all samples of the family, which never comes again.
  void comment() {
    std::string_view rest = line_.substr(2);
    const bool is_help = rest.starts_with("HELP ");
    need(is_help || rest.starts_with("TYPE "), "neither HELP nor TYPE");
    rest.remove_prefix(5);
    const auto blank = rest.find(' ');
    need(blank != rest.npos, "a name and nothing else");
    const std::string name(rest.substr(0, blank));
    need(is_name(name), "no name");
    const std::string_view value = rest.substr(blank + 1);
    if (is_help) {
      need(!families_.contains(name), "a family comes twice");
      families_[name].help = value;
      current_ = name;
      return;
    }
    need(name == current_ && families_[name].type.empty(), "TYPE without HELP before it");
    need(value == "counter" || value == "gauge" || value == "histogram", "no type");
    families_[name].type = value;
  }

  void sample() {
    Sample one;
    const auto end = line_.find_first_of("{ ");
    need(end != line_.npos, "no sample");
    one.name = line_.substr(0, end);
    need(is_name(one.name), "no name");
    std::string_view rest = line_.substr(end);
    if (rest.starts_with("{")) rest = labels(rest.substr(1), one.labels);
    need(rest.starts_with(" "), "no blank before the value");
    rest.remove_prefix(1);
    const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), one.value);
    need(read.ec == std::errc() && read.ptr == rest.data() + rest.size(), "no number");
    Family& family = families_[current_];
    need(!family.type.empty(), "a sample before its TYPE");
    std::string_view suffix = one.name;
    need(suffix.starts_with(current_), "a sample of another family");
    suffix.remove_prefix(current_.size());
    const bool is_part = suffix == "_bucket" || suffix == "_sum" || suffix == "_count";
    need(family.type == "histogram" ? is_part : suffix.empty(), "a suffix of another type");
    need(seen_.insert({one.name, one.labels}).second, "a sample comes twice");
    family.samples.push_back(std::move(one));
  }

  std::string_view labels(std::string_view rest, Labels& labels) {
    for (;;) {
      const auto equals = rest.find("=\"");
      need(equals != rest.npos, "no label");
      const std::string name(rest.substr(0, equals));
      need(is_name(name) && !labels.contains(name), "no label's name");
      rest.remove_prefix(equals + 2);
      std::string value;
      for (;;) {
        need(!rest.empty(), "a label without an end");
        const char c = rest.front();
        rest.remove_prefix(1);
        if (c == '"') break;
        if (c != '\\') {
          value += c;
          continue;
        }
        need(!rest.empty() && (rest[0] == '\\' || rest[0] == '"' || rest[0] == 'n'), "no escape");
        value += rest[0] == 'n' ? '\n' : rest[0];
        rest.remove_prefix(1);
      }
      labels[name] = value;
      need(!rest.empty(), "labels without an end");
      const char c = rest.front();
      rest.remove_prefix(1);
      if (c == '}') return rest;
      need(c == ',', "no comma");
    }
  }

  std::string_view text_, line_;
  std::string current_;
  std::set<std::pair<std::string, Labels>> seen_;
  std::map<std::string, Family> families_;
};

double value_of(const Family& family, const Labels& labels) {
  for (const Sample& one : family.samples) {
    if (one.labels == labels) return one.value;
  }
  throw std::runtime_error("there is no such sample");
}

// Buckets of one histogram: cumulative, the last one is all of them.
void check_histograms(const Family& family) {
  std::map<Labels, std::vector<std::pair<double, double>>> buckets;
  std::map<Labels, double> counts, sums;
  for (Sample one : family.samples) {
    if (one.name.ends_with("_count")) counts[one.labels] = one.value;
    if (one.name.ends_with("_sum")) sums[one.labels] = one.value;
    if (!one.name.ends_with("_bucket")) continue;
    const std::string end = one.labels.at("le");
    one.labels.erase("le");
    const double up_to = end == "+Inf" ? std::numeric_limits<double>::infinity() : std::stod(end);
    buckets[one.labels].push_back({up_to, one.value});
  }
  CHECK(buckets.size() == counts.size());
  CHECK(sums.size() == counts.size());
  for (const auto& [labels, list] : buckets) {
    INFO(labels.at("operation"));
    for (usize i = 1; i < list.size(); ++i) {
      CHECK(list[i].first > list[i - 1].first);
      CHECK(list[i].second >= list[i - 1].second);
    }
    CHECK(std::isinf(list.back().first));
    CHECK(list.back().second == counts.at(labels));
    CHECK(sums.at(labels) > 0);
  }
}

TEST_CASE("the text of a store is what the format says, and says what the figures say") {
  const TestStore store;
  const Store own = Store::open(store.path(), {.create = true}).value();
  const std::string odd = "a \"name\" with \\ and\nlines";
  for (const std::string& name : {std::string("default"), odd}) {
    const Project project = own.project(name).value();
    stash_many(project, "a", 30);
    Project(project).merge(false).value();
    stash(project, "b", "more text", Durability::full);
    const Snapshot now = project.snapshot().value();
    for (int n = 0; n < 200; ++n) (void)now.get("a1").value();
    for (int n = 0; n < 7; ++n) (void)now.search({.text = "text"}).value();
  }
  const auto families = Reader(prometheus_text(own).value()).read();
  CHECK(families.size() > 30);
  for (const auto& [name, family] : families) {
    INFO(name);
    CHECK(name.starts_with("shale_"));
    CHECK(name.ends_with("_total") == (family.type == "counter"));
    CHECK_FALSE(family.help.empty());
    CHECK_FALSE(family.samples.empty());
  }
  for (const std::string& name : {std::string("default"), odd}) {
    const ProjectStats stats = own.project(name).value().stats().value();
    CHECK(value_of(families.at("shale_segments"), {{"project", name}}) == 31);
    CHECK(value_of(families.at("shale_delta_segments"), {{"project", name}}) == 1);
    CHECK(value_of(families.at("shale_logs"), {{"project", name}, {"state", "active"}}) == 1);
    CHECK(value_of(families.at("shale_shards"),
                   {{"project", name}, {"level", "0"}, {"month", "0"}}) == 1);
    CHECK(value_of(families.at("shale_operations_total"),
                   {{"project", name}, {"operation", "get"}}) == 200);
    CHECK(value_of(families.at("shale_operations_total"),
                   {{"project", name}, {"operation", "pack"}}) == 0);
    CHECK(value_of(families.at("shale_merges_total"), {{"project", name}, {"kind", "fold"}}) == 1);
    CHECK(value_of(families.at("shale_disk_bytes"), {{"project", name}}) > 0);
    CHECK(value_of(families.at("shale_operation_seconds"),
                   {{"project", name}, {"operation", "search"}, {"le", "+Inf"}}) == 7);
    CHECK(value_of(families.at("shale_section_bytes"),
                   {{"project", name}, {"section", stats.sections[0].name}}) ==
          double(stats.sections[0].bytes));
  }
  check_histograms(families.at("shale_operation_seconds"));
  CHECK(value_of(families.at("shale_process_cache_entries"), {{"cache", "segments"}}) > 0);
}

TEST_CASE("buckets end where the histogram's do, in seconds") {
  NamedProjectStats one;
  one.project = "p";
  OperationStats& gets = one.stats.activity.operations[usize(Operation::get)];
  gets = {.count = 640, .timed = 10, .total_ns = 1500, .buckets = {{64, 2}, {128, 9}}};
  const std::string text = prometheus_text(std::span(&one, 1), nullptr);
  for (const char* line :
       {"shale_operation_seconds_bucket{project=\"p\",operation=\"get\",le=\"6.4e-08\"} 2\n",
        "shale_operation_seconds_bucket{project=\"p\",operation=\"get\",le=\"1.28e-07\"} 9\n",
        "shale_operation_seconds_bucket{project=\"p\",operation=\"get\",le=\"+Inf\"} 10\n",
        "shale_operation_seconds_count{project=\"p\",operation=\"get\"} 10\n",
        "shale_operations_total{project=\"p\",operation=\"get\"} 640\n"}) {
    INFO(line);
    CHECK(text.find(line) != text.npos);
  }
  CHECK(text.find("operation=\"search\",le=") == text.npos);
  CHECK(text.find("shale_process_") == text.npos);
  (void)Reader(text).read();
}

TEST_CASE("no projects, no samples; labels are escaped, numbers as short as they can be") {
  CHECK(prometheus_text(std::span<const NamedProjectStats>(), nullptr).empty());
  CHECK(escaped_label("a\\b\"c\nd e{},=") == "a\\\\b\\\"c\\nd e{},=");
  CHECK(number_text(.1) == "0.1");
  CHECK(number_text(3) == "3");
  CHECK(number_text(1e-9) == "1e-09");
}

}  // namespace
}  // namespace shale::store
