#include "sync/symbols.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include "sync/text_lines.hpp"

namespace shale::sync {

namespace {

// What has these kinds has no members.
constexpr std::array<std::string_view, 6> opaque_kinds = {
    "function", "method", "procedure", "singletonMethod", "subroutine", "variable"};

// Where each line begins, and where the text ends.
std::vector<usize> line_begins(std::string_view text) {
  std::vector<usize> begins{0};
  while (begins.back() < text.size()) begins.push_back(line_end(text, begins.back()));
  return begins;
}

class SymbolReader {
 public:
  SymbolReader(std::string_view text, std::span<const Symbol> symbols)
      : begins_(line_begins(text)), lines_(u32(begins_.size() - 1)) {
    for (const Symbol& symbol : symbols) {
      if (symbol.first_line >= 1 && symbol.first_line <= lines_) sorted_.push_back(&symbol);
    }
    // The outer one first where two begin on one line.
    std::stable_sort(sorted_.begin(), sorted_.end(), [](const Symbol* a, const Symbol* b) {
      return std::tuple(a->first_line, ~a->last_line) < std::tuple(b->first_line, ~b->last_line);
    });
  }

  std::vector<Definition> run() {
    for (usize i = 0; i < sorted_.size(); ++i) add(*sorted_[i], last_line_of(i));
    return std::move(definitions_);
  }

 private:
  struct Open {
    u32 definition;
    u32 last_line;
    bool opaque;
  };

  u32 last_line_of(usize index) const {
    const Symbol& symbol = *sorted_[index];
    const u32 next = index + 1 < sorted_.size() ? sorted_[index + 1]->first_line - 1 : lines_;
    const u32 last = symbol.last_line > 0 ? symbol.last_line : next;
    return std::clamp(last, symbol.first_line, lines_);
  }

  void add(const Symbol& symbol, u32 last_line) {
    while (!open_.empty() && open_.back().last_line < symbol.first_line) open_.pop_back();
    u32 parent = no_parent;
    if (!open_.empty()) {
      const bool same_line =
          definitions_[open_.back().definition].body > begins_[symbol.first_line - 1];
      if (open_.back().opaque || same_line) return;
      parent = open_.back().definition;
      last_line = std::min(last_line, open_.back().last_line);
    }
    const bool opaque =
        std::find(opaque_kinds.begin(), opaque_kinds.end(), symbol.kind) != opaque_kinds.end();
    open_.push_back({u32(definitions_.size()), last_line, opaque});
    definitions_.push_back({begins_[symbol.first_line - 1], begins_[symbol.first_line],
                            begins_[last_line], parent, symbol.name, symbol.kind});
  }

  std::vector<usize> begins_;
  u32 lines_;
  std::vector<const Symbol*> sorted_;
  std::vector<Open> open_;
  std::vector<Definition> definitions_;
};

}  // namespace

std::vector<Definition> definitions_of(std::string_view text, std::span<const Symbol> symbols) {
  return SymbolReader(text, symbols).run();
}

}  // namespace shale::sync
