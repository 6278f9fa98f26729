#include "sync/definition_chunks.hpp"

#include <algorithm>

#include "sync/text_lines.hpp"

namespace shale::sync {

namespace {

// A line between definitions.
struct GapLine {
  enum class Kind : u8 { blank, comment, opening, code };  // opening: an #if, `namespace {`
  usize begin = 0;
  Kind kind = Kind::blank;
  usize code_bytes = 0;
};

class GapLines {
 public:
  GapLines(std::string_view text, Comments comments)
      : text_(text),
        slashes_(comments != Comments::hashes),
        hashes_(comments != Comments::slashes),
        dashes_(comments == Comments::any) {}

  std::vector<GapLine> read(usize begin, usize end) const {
    std::vector<GapLine> lines;
    bool in_comment = false;
    for (usize at = begin; at < end;) {
      const usize next = std::min(line_end(text_, at), end);
      const std::string_view line = without_blanks(text_.substr(at, next - at));
      GapLine found{at, kind_of(line, in_comment), 0};
      const bool counts = found.kind == GapLine::Kind::code || found.kind == GapLine::Kind::opening;
      if (counts) found.code_bytes = line.size();
      lines.push_back(found);
      at = next;
    }
    return lines;
  }

 private:
  GapLine::Kind kind_of(std::string_view line, bool& in_comment) const {
    const bool opens = slashes_ && !in_comment && line.starts_with("/*");
    if (in_comment || opens) {
      in_comment = line.find("*/", opens ? 2 : 0) == std::string_view::npos;
      return GapLine::Kind::comment;
    }
    if (line.empty()) return GapLine::Kind::blank;
    const bool comment = (slashes_ && line.starts_with("//")) ||
                         (hashes_ && line.starts_with('#')) || (dashes_ && line.starts_with("--"));
    if (comment) return GapLine::Kind::comment;
    const bool opening = line.starts_with("#if") || line.ends_with('{');
    return opening ? GapLine::Kind::opening : GapLine::Kind::code;
  }

  std::string_view text_;
  bool slashes_;
  bool hashes_;
  bool dashes_;
};

class BorderMaker {
 public:
  BorderMaker(std::string_view text, std::span<const Definition> definitions,
              const DefinitionRules& rules)
      : text_(text),
        definitions_(definitions),
        rules_(rules),
        gap_lines_(text, rules.comments),
        has_members_(definitions.size()),
        is_cut_(definitions.size()) {
    for (const Definition& definition : definitions) {
      if (definition.parent != no_parent) has_members_[definition.parent] = true;
    }
  }

  std::vector<Border> run() {
    for (u32 i = 0; i < definitions_.size(); ++i) {
      if (is_chunk(i)) add(i);
    }
    while (!classes_.empty()) close_class();
    if (at_ < text_.size()) gap(text_.size(), false);
    if (borders_.empty() && !text_.empty()) borders_.push_back({0, "", ""});
    if (!borders_.empty()) borders_[0].begin = 0;
    return std::move(borders_);
  }

 private:
  struct Class {
    u32 definition;
    std::string name;  // with those of the classes it is in
    usize end;
  };

  usize bytes_of(const Definition& definition) const { return definition.end - definition.begin; }

  bool is_chunk(u32 index) const {
    const Definition& definition = definitions_[index];
    if (definition.name.empty()) return false;
    if (definition.parent != no_parent && !is_cut_[definition.parent]) return false;
    const bool counts = definition.kind != variable_kind || bytes_of(definition) > rules_.bytes_min;
    return counts && definition.begin >= at_;  // else it begins on a line of the last one
  }

  void add(u32 index) {
    const Definition& definition = definitions_[index];
    while (!classes_.empty() && classes_.back().definition != definition.parent) close_class();
    const usize start = gap(line_begin(text_, definition.begin), true);
    std::string name = classes_.empty() ? "" : classes_.back().name;
    if (!name.empty() && name.size() < name_bytes_max) name += '.';
    if (name.size() < name_bytes_max) name += definition.name;
    borders_.push_back({start, name, definition.kind});
    is_cut_[index] = has_members_[index] && bytes_of(definition) > rules_.members_from;
    at_ = line_end(text_, (is_cut_[index] ? definition.body : definition.end) - 1);
    if (is_cut_[index]) {
      classes_.push_back({index, std::move(name), line_end(text_, definition.end - 1)});
      in_head_ = true;
    } else {
      in_head_ = false;
    }
  }

  // What is left of the innermost open class behind its last member.
  void close_class() {
    const usize end = classes_.back().end;
    if (end > at_) {
      gap(end, false);
      at_ = end;
    }
    classes_.pop_back();
    in_head_ = false;
  }

  // What lies between `at_` and `end`, where a definition begins or nothing more comes. Returns
  // where the chunk of that definition begins.
  usize gap(usize end, bool before_definition) {
    const std::vector<GapLine> lines = gap_lines_.read(at_, end);
    usize lead = lines.size();  // the lines from here on belong to the definition in any case
    while (before_definition && lead > 0 && introduces(lines[lead - 1])) --lead;
    const usize rest = borders_.empty() ? 0 : lines_of_last(lines, lead);
    const auto begin_of = [&](usize line) { return line < lines.size() ? lines[line].begin : end; };
    u64 code_bytes = 0;
    for (usize i = rest; i < lead; ++i) code_bytes += lines[i].code_bytes;
    const bool first = borders_.empty() && !before_definition;
    if (in_head_) return begin_of(lead);
    if (code_bytes < rules_.bytes_min && !first) return begin_of(rest);
    borders_.push_back({begin_of(rest), "", ""});
    if (!classes_.empty()) {
      borders_.back().name = classes_.back().name;
      borders_.back().kind = definitions_[classes_.back().definition].kind;
    }
    return begin_of(lead);
  }

  static bool introduces(const GapLine& line) {
    return line.kind == GapLine::Kind::comment || line.kind == GapLine::Kind::opening;
  }

  // How many lines belong to the definition before: code that follows at once, then blank lines.
  usize lines_of_last(const std::vector<GapLine>& lines, usize lead) const {
    usize count = 0;
    u64 code_bytes = 0;
    while (count < lead && lines[count].kind == GapLine::Kind::code) {
      code_bytes += lines[count++].code_bytes;
    }
    if (code_bytes >= rules_.bytes_min) count = 0;
    while (count < lead && lines[count].kind == GapLine::Kind::blank) ++count;
    return count;
  }

  std::string_view text_;
  std::span<const Definition> definitions_;
  const DefinitionRules& rules_;
  GapLines gap_lines_;
  std::vector<bool> has_members_;
  std::vector<bool> is_cut_;
  std::vector<Class> classes_;  // that are cut and still open
  usize at_ = 0;                // what lies before is in chunks already
  bool in_head_ = false;        // behind the head of a class, before its first member
  std::vector<Border> borders_;
};

}  // namespace

std::vector<Border> definition_borders(std::string_view text,
                                       std::span<const Definition> definitions,
                                       const DefinitionRules& rules) {
  return BorderMaker(text, definitions, rules).run();
}

}  // namespace shale::sync
