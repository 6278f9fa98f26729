#include "sync/headings.hpp"

#include <algorithm>

#include "sync/text_lines.hpp"

namespace shale::sync {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view section_kind = "section";
constexpr std::string_view path_separator = " / ";
constexpr usize indent_max = 3;  // four blanks make code of a line
constexpr usize atx_level_max = 6;
constexpr usize fence_marks_min = 3;

// The headings above the one just found, outermost first.
class HeadingPath {
 public:
  std::string enter(usize level, std::string_view title) {
    while (!open_.empty() && open_.back().level >= level) open_.pop_back();
    std::string name = open_.empty() ? "" : open_.back().name;
    if (!name.empty() && name.size() < name_bytes_max) name += path_separator;
    if (name.size() < name_bytes_max) name += title.substr(0, name_bytes_max);
    open_.push_back({level, name});
    return name;
  }

 private:
  struct Open {
    usize level;
    std::string name;
  };
  std::vector<Open> open_;
};

// Sections as they are found, from the first byte on.
class Sections {
 public:
  Sections(std::string_view text, usize head_bytes, u64 bytes_min)
      : text_(text), head_(head_bytes), bytes_min_(bytes_min) {}

  void add(usize begin, usize level, std::string_view title) {
    if (borders_.empty()) {
      const std::string_view before = without_blanks(text_.substr(head_, begin - head_));
      if (before.empty() || before.size() < bytes_min_) {
        begin = 0;
      } else {
        borders_.push_back({0, "", ""});
      }
    }
    borders_.push_back({begin, path_.enter(level, title), section_kind});
  }

  std::vector<Border> take() {
    if (borders_.empty() && !text_.empty()) borders_.push_back({0, "", ""});
    return std::move(borders_);
  }

 private:
  std::string_view text_;
  usize head_;  // bytes of front matter
  u64 bytes_min_;
  HeadingPath path_;
  std::vector<Border> borders_;
};

usize count_leading(std::string_view line, char mark) {
  return std::min(line.find_first_not_of(mark), line.size());
}

// The line without its indentation; empty where that makes code of it.
std::string_view unindented(std::string_view line) {
  const usize blanks = count_leading(line, ' ');
  const bool code = blanks > indent_max || line.substr(blanks).starts_with('\t');
  return code ? std::string_view() : without_blanks(line);
}

struct Atx {
  usize level = 0;  // 0: none
  std::string_view title;
};

Atx atx_heading(std::string_view line) {
  const usize level = count_leading(line, '#');
  if (level == 0 || level > atx_level_max) return {};
  std::string_view title = line.substr(level);
  if (!title.empty() && title[0] != ' ' && title[0] != '\t') return {};
  title = without_blanks(title);
  const usize last = title.find_last_not_of('#');  // marks at the end close it, behind a blank
  if (last == std::string_view::npos) return {level, {}};
  if (last + 1 < title.size() && is_blank(title[last])) title = title.substr(0, last);
  return {level, without_blanks(title)};
}

// 1 or 2 where `line` underlines a heading, 0 else.
usize setext_level(std::string_view line) {
  if (line.empty() || (line[0] != '=' && line[0] != '-')) return 0;
  if (count_leading(line, line[0]) != line.size()) return 0;
  return line[0] == '=' ? 1 : 2;
}

// Whether a line may be the text of a setext heading: not one of a list, quotation or table.
bool is_paragraph(std::string_view line) {
  return !line.empty() && std::string_view("-*+>|#=<").find(line[0]) == std::string_view::npos;
}

class MarkdownScan {
 public:
  MarkdownScan(std::string_view text, u64 bytes_min) : text_(text), bytes_min_(bytes_min) {}

  std::vector<Border> run() {
    const auto yaml = front_matter(text_);
    usize at = 0;
    if (yaml) at = line_end(text_, usize(yaml->data() - text_.data()) + yaml->size());
    if (!yaml && text_.starts_with(byte_order_mark)) at = byte_order_mark.size();
    Sections sections(text_, at, bytes_min_);
    while (at < text_.size()) {
      const usize end = line_end(text_, at);
      read_line(sections, at, unindented(text_.substr(at, end - at)));
      at = end;
    }
    return sections.take();
  }

 private:
  void read_line(Sections& sections, usize begin, std::string_view line) {
    const bool after_blank = paragraph_lines_ == 0;
    if (in_fence() || opens_fence(line)) {
      if (closes_fence(line)) fence_marks_ = 0;
      paragraph_lines_ = 0;
      return;
    }
    if (const Atx atx = atx_heading(line); atx.level > 0) {
      sections.add(begin, atx.level, atx.title);
      paragraph_lines_ = 0;
      return;
    }
    const usize underline = paragraph_lines_ == 1 ? setext_level(line) : 0;
    if (underline > 0) {
      sections.add(paragraph_begin_, underline, paragraph_);
      paragraph_lines_ = 0;
      return;
    }
    if (line.empty()) {
      paragraph_lines_ = 0;
    } else if (!after_blank || is_paragraph(line)) {
      paragraph_begin_ = begin;
      paragraph_ = line;
      ++paragraph_lines_;
    } else {
      paragraph_lines_ = 2;  // text, but no title
    }
  }

  bool in_fence() const { return fence_marks_ > 0; }

  bool opens_fence(std::string_view line) {
    if (line.empty() || (line[0] != '`' && line[0] != '~')) return false;
    const usize marks = count_leading(line, line[0]);
    const bool inline_code = line[0] == '`' && line.find('`', marks) != std::string_view::npos;
    if (marks < fence_marks_min || inline_code) return false;
    fence_mark_ = line[0];
    fence_marks_ = marks;
    opened_ = line.data();
    return true;
  }
  bool closes_fence(std::string_view line) const {
    const usize marks = count_leading(line, fence_mark_);
    return line.data() != opened_ && marks >= fence_marks_ && marks == line.size();
  }

  std::string_view text_;
  u64 bytes_min_;
  char fence_mark_ = 0;
  usize fence_marks_ = 0;  // 0: not inside of fenced code
  const char* opened_ = nullptr;
  std::string_view paragraph_;
  usize paragraph_begin_ = 0;
  usize paragraph_lines_ = 0;
};

// -- reStructuredText --

constexpr usize adornment_bytes_min = 3;

bool is_adornment(std::string_view line) {
  constexpr std::string_view marks = "=-~^\"'`:.#*+_<>!$%&,/;?@|";
  return line.size() >= adornment_bytes_min && marks.find(line[0]) != std::string_view::npos &&
         count_leading(line, line[0]) == line.size();
}

usize characters(std::string_view line) {
  return usize(
      std::count_if(line.begin(), line.end(), [](char c) { return (u8(c) & 0xC0) != 0x80; }));
}

class RestructuredScan {
 public:
  RestructuredScan(std::string_view text, u64 bytes_min)
      : text_(text), sections_(text, 0, bytes_min) {}

  std::vector<Border> run() {
    for (usize at = 0; at < text_.size();) {
      const usize end = line_end(text_, at);
      read_line({at, text_.substr(at, end - at)});
      at = end;
    }
    return sections_.take();
  }

 private:
  struct Line {
    usize begin = 0;
    std::string_view text;
    std::string_view title() const { return without_blanks(text); }
  };

  // Looks at three lines: adornment or blank, title, adornment.
  void read_line(Line line) {
    const std::string_view under = line.title();
    const std::string_view title = title_.title();
    const std::string_view over = over_.title();
    const bool flush = !line.text.empty() && !is_blank(line.text[0]);
    if (flush && is_adornment(under) && !title.empty() && !is_adornment(title)) {
      const bool overlined = is_adornment(over) && over[0] == under[0];
      const bool own_line = over.empty() && !is_blank(title_.text[0]);
      if ((overlined || own_line) && under.size() >= characters(title)) {
        const usize begin = overlined ? over_.begin : title_.begin;
        sections_.add(std::min(begin, label_), level(under[0], overlined), title);
        line = {};
        title_ = {};
        label_ = nowhere;
      }
    }
    // What is neither blank nor a label, two lines back, is no title: text below the labels.
    if (!over.empty() && !over.starts_with(label_mark) && !is_adornment(over)) label_ = nowhere;
    if (under.starts_with(label_mark)) label_ = std::min(label_, line.begin);
    over_ = title_;
    title_ = line;
  }

  usize level(char mark, bool overlined) {
    const std::pair<char, bool> style{mark, overlined};
    const auto known = std::find(styles_.begin(), styles_.end(), style);
    const usize level = usize(known - styles_.begin()) + 1;
    if (known == styles_.end()) styles_.push_back(style);
    return level;
  }

  std::string_view text_;
  Sections sections_;
  static constexpr usize nowhere = ~usize(0);
  static constexpr std::string_view label_mark = ".. _";
  usize label_ = nowhere;  // the first of the labels right above
  Line over_;
  Line title_;
  std::vector<std::pair<char, bool>> styles_;
};

}  // namespace

std::optional<std::string_view> front_matter(std::string_view text) {
  const usize start = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
  const auto line_at = [&](usize at) {
    std::string_view line = text.substr(at, line_end(text, at) - at);
    while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
    return line;
  };
  if (line_at(start) != "---") return std::nullopt;
  const usize begin = line_end(text, start);
  for (usize at = begin; at < text.size(); at = line_end(text, at)) {
    const std::string_view line = line_at(at);
    if (line == "---" || line == "...") return text.substr(begin, at - begin);
  }
  return std::nullopt;
}

std::vector<Border> markdown_borders(std::string_view text, u64 bytes_min) {
  return MarkdownScan(text, bytes_min).run();
}

std::vector<Border> restructured_borders(std::string_view text, u64 bytes_min) {
  return RestructuredScan(text, bytes_min).run();
}

}  // namespace shale::sync
