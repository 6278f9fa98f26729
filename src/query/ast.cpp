#include "query/ast.hpp"

#include <algorithm>

#include "base/hex.hpp"

namespace shale::query {

namespace {

std::string_view kind_name(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::words:
      return "words";
    case Node::Kind::phrase:
      return "phrase";
    case Node::Kind::prefix:
      return "prefix";
    case Node::Kind::fuzzy:
      return "fuzzy";
    case Node::Kind::regex:
      return "regex";
    case Node::Kind::clause:
      return "clause";
    case Node::Kind::all_of:
      return "all_of";
    case Node::Kind::any_of:
      return "any_of";
    case Node::Kind::sequence:
      return "sequence";
  }
  return {};
}

void append_quoted(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (c < ' ' || c > '~') {
      out += "\\x";
      append_hex(out, u8(c));
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

void append(const Node& node, std::string& out) {
  if (node.negated) out += "(not ";
  out += '(';
  out += kind_name(node.kind);
  if (node.is_leaf()) {
    out += ' ';
    append_quoted(node.text, out);
  }
  if (node.distance != 0) out.append(1, ' ').append(std::to_string(node.distance));
  for (const Node& child : node.children) {
    out += ' ';
    append(child, out);
  }
  out += ')';
  if (node.negated) out += ')';
}

}  // namespace

std::string to_string(const Node& node) {
  std::string out;
  append(node, out);
  return out;
}

bool depends_on_now(const Node& node) {
  if (node.clause.has_value() && node.clause->depends_on_now()) return true;
  return std::any_of(node.children.begin(), node.children.end(), depends_on_now);
}

}  // namespace shale::query
