#include "sync/tag_lines.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace shale::sync {

namespace {

constexpr u64 answer_bytes_max = 64u << 20;
constexpr usize line_bytes_max = 1u << 20;
constexpr usize fields = 6;

struct Kind {
  std::string_view name;
  bool holds_others;
};

constexpr std::array<Kind, 49> kinds = {{
    {"architecture", true},
    {"category", true},
    {"checker", true},
    {"class", true},
    {"derivedMode", false},
    {"entity", true},
    {"entry", false},
    {"enum", true},
    {"event", false},
    {"exception", false},
    {"function", false},
    {"functor", true},
    {"grammar", true},
    {"group", true},
    {"guard", false},
    {"implementation", true},
    {"inline", false},
    {"interface", true},
    {"macro", false},
    {"message", true},
    {"method", false},
    {"minorMode", false},
    {"module", true},
    {"namespace", true},
    {"package", true},
    {"procedure", false},
    {"process", false},
    {"program", true},
    {"protected", true},
    {"protocol", true},
    {"record", false},
    {"role", true},
    {"rpc", false},
    {"rule", false},
    {"service", true},
    {"signature", true},
    {"singletonMethod", false},
    {"struct", true},
    {"structure", true},
    {"submethod", false},
    {"submodule", true},
    {"subprogram", false},
    {"subroutine", false},
    {"table", false},
    {"task", false},
    {"test", false},
    {"trait", true},
    {"trigger", false},
    {"view", false},
}};

constexpr bool before(const Kind& a, const Kind& b) { return a.name < b.name; }
static_assert(std::is_sorted(kinds.begin(), kinds.end(), before));

const Kind* find_kind(std::string_view name) {
  const auto* found = std::lower_bound(kinds.begin(), kinds.end(), Kind{name, false}, before);
  return found != kinds.end() && found->name == name ? found : nullptr;
}

// A number beyond u32 is one beyond every text.
std::optional<u32> line_number(std::string_view text) {
  u32 number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc::result_out_of_range) return UINT32_MAX;
  return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

// ctags escapes backslashes and control characters; of those only the first are in names.
std::string unescaped(std::string_view text) {
  std::string out;
  for (usize i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("\\\\")) ++i;
    out += text[i];
  }
  return out;
}

bool is_name_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
         u8(c) >= 0x80;
}

// Whether `scope` is that of a member of `name`, which is in `outer` itself, or of a member of one:
// `outer`, whatever the language writes between, `name`.
bool lies_in(std::string_view scope, std::string_view outer, std::string_view name) {
  if (!scope.starts_with(outer)) return false;
  scope.remove_prefix(outer.size());
  while (!outer.empty() && !scope.empty() && !is_name_byte(scope.front())) scope.remove_prefix(1);
  if (name.empty() || !scope.starts_with(name)) return false;
  scope.remove_prefix(name.size());
  return scope.empty() || !is_name_byte(scope.front());
}

Unexpected refuse(const char* what) { return fail(ErrorCode::corrupt, what); }

}  // namespace

Result<bool> TagLines::take(std::string_view block) {
  bytes_ += block.size();
  if (bytes_ > answer_bytes_max) return refuse("it said too much");
  pending_ += block;
  usize begin = 0;
  for (;;) {
    const usize end = pending_.find('\n', begin);
    if (end == std::string::npos) break;
    if (is_complete_) return refuse("it said more than it was asked");
    is_complete_ = TRY(take_line(std::string_view(pending_).substr(begin, end - begin)));
    begin = end + 1;
  }
  pending_.erase(0, begin);
  if (pending_.size() > line_bytes_max) return refuse("it said too much");
  if (is_complete_ && !pending_.empty()) return refuse("it said more than it was asked");
  return is_complete_;
}

Result<bool> TagLines::take_line(std::string_view line) {
  if (line.starts_with('{')) return line.find("\"_type\": \"completed\"") != line.npos;
  TRY(take_tag(line));
  return false;
}

Result<void> TagLines::take_tag(std::string_view line) {
  std::array<std::string_view, fields> parts;
  for (usize i = 0; i + 1 < fields; ++i) {
    const usize tab = line.find('\t');
    if (tab == std::string_view::npos) return refuse("its answer makes no sense");
    parts[i] = line.substr(0, tab);
    line.remove_prefix(tab + 1);
  }
  parts.back() = line;
  const auto& [file, first, last, kind_name, scope, name] = parts;
  const auto first_line = line_number(first);
  const auto last_line = last.empty() ? std::optional(0u) : line_number(last);
  if (file != file_ || !first_line || !last_line) return refuse("its answer makes no sense");
  const Kind* const kind = find_kind(kind_name);
  if (kind == nullptr || name.empty()) return {};
  const bool is_open = kind->holds_others && *last_line == 0;
  tags_.push_back({{unescaped(name), std::string(kind_name), *first_line, *last_line},
                   is_open || !scope.empty() ? unescaped(scope) : std::string(),
                   is_open});
  return {};
}

std::vector<Symbol> TagLines::symbols() {
  std::stable_sort(tags_.begin(), tags_.end(), [](const Tag& a, const Tag& b) {
    return a.symbol.first_line < b.symbol.first_line;
  });
  close_open_tags();
  std::vector<Symbol> symbols;
  symbols.reserve(tags_.size());
  for (Tag& tag : tags_) symbols.push_back(std::move(tag.symbol));
  return symbols;
}

void TagLines::close_open_tags() {
  std::vector<Tag*> open;
  for (Tag& tag : tags_) {
    while (!open.empty() && !lies_in(tag.scope, open.back()->scope, open.back()->symbol.name)) {
      Symbol& ended = open.back()->symbol;
      ended.last_line = std::max(ended.first_line, tag.symbol.first_line - 1);
      open.pop_back();
    }
    if (tag.is_open) open.push_back(&tag);
  }
  for (Tag* tag : open) tag->symbol.last_line = UINT32_MAX;
}

}  // namespace shale::sync
