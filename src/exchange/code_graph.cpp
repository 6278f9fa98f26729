#include "exchange/code_graph.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "exchange/json_stream.hpp"
#include "exchange/json_text.hpp"
#include "exchange/ndjson_reader.hpp"
#include "exchange/times.hpp"

namespace shale::exchange {

namespace {

using Json = nlohmann::json;
using Take = JsonStream::Take;

struct Edge {
  u64 from = 0;
  u64 to = 0;
  u32 kind = 0;   // into Graph::kinds
  u32 order = 0;  // in the file: edges of a node keep theirs
  auto operator<=>(const Edge&) const = default;
};

bool leaves_first(const Edge& a, const Edge& b) {
  return a.from != b.from ? a.from < b.from : a.order < b.order;
}

// What stands behind the nodes.
struct Graph {
  std::vector<Edge> edges;  // sorted by `from` once all are read
  std::vector<std::string> kinds;
  std::optional<Time> made_at;
  std::optional<u64> node_count;
  std::optional<u64> edge_count;

  u32 kind_number(const std::string& kind) {
    const auto found = std::find(kinds.begin(), kinds.end(), kind);
    if (found != kinds.end()) return u32(found - kinds.begin());
    kinds.push_back(kind);
    return u32(kinds.size() - 1);
  }
};

std::optional<u64> unsigned_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
  return found->get<u64>();
}

std::string string_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// One reading of the file: `visit` gets every value under the keys it chose.
class Pass {
 public:
  Pass(ImportRun& run, const ImportFile& file, bool nodes)
      : run_(run), file_(file), nodes_(nodes) {}

  template <class Visit>
  Result<void> read(const File& input, Visit visit) {
    const auto choose = [this](const JsonStream::Path& path) {
      if (path.empty()) return Take::enter;
      if (path.size() == 1 && path[0] == "metadata") return nodes_ ? Take::skip : Take::whole;
      const bool is_wanted = path.size() == 1 && path[0] == (nodes_ ? "nodes" : "edges");
      return is_wanted ? Take::each : Take::skip;
    };
    JsonStream stream(input.descriptor(), file_.path, line_bytes_max, choose);
    u64 told = 0;
    while (true) {
      auto value = stream.next();
      if (nodes_) TRY(run_.advance(stream.bytes_read() - told));
      told = stream.bytes_read();
      if (!value) return Unexpected{std::move(value).error()};
      if (value->state == JsonStream::State::end) return {};
      // is_json refuses what is nested too deeply to be walked by recursion.
      const Json json = is_json(value->text) ? Json::parse(value->text, nullptr, false) : Json();
      if (!json.is_object()) {
        run_.refuse({file_.path, value->line}, "This is no JSON object.");
        continue;
      }
      TRY(visit(json, value->line, stream.path().empty() ? std::string() : stream.path()[0]));
    }
  }

 private:
  ImportRun& run_;
  const ImportFile& file_;
  bool nodes_;
};

AttributeValue attribute_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_float()) return value.get<double>();
  const bool fits = value.is_number_integer() &&
                    (!value.is_number_unsigned() || value.get<u64>() <= u64(INT64_MAX));
  if (fits) return value.get<i64>();
  return shale::Json{value.dump()};
}

class GraphImport {
 public:
  GraphImport(ImportRun& run, const ImportFile& file) : run_(run), file_(file) {}

  Result<void> read_edges(const File& input) {
    Pass pass(run_, file_, false);
    auto read = pass.read(input, [this](const Json& json, u64 line, const std::string& key) {
      if (key == "metadata") return take_metadata(json);
      return take_edge(json, line);
    });
    std::sort(graph_.edges.begin(), graph_.edges.end(), leaves_first);
    used_.assign(graph_.edges.size(), false);
    return read;
  }

  Result<void> read_nodes(const File& input) {
    Pass pass(run_, file_, true);
    return pass.read(input, [this](const Json& json, u64 line, const std::string&) {
      return take_node(json, line);
    });
  }

  void tell_of_the_rest() {
    const auto lost = u64(std::count(used_.begin(), used_.end(), false));
    if (lost > 0) {
      run_.refuse({file_.path},
                  std::to_string(lost) + " edges begin at a node that is not there: left out.");
    }
    tell_count("nodes", graph_.node_count, nodes_);
    tell_count("edges", graph_.edge_count, graph_.edges.size());
  }

 private:
  void tell_count(std::string_view what, std::optional<u64> said, u64 found) {
    if (!said || *said == found) return;
    run_.warn({file_.path}, "it says it has " + std::to_string(*said) + ' ' + std::string(what) +
                                ", and has " + std::to_string(found) + '.');
  }

  Result<void> take_metadata(const Json& json) {
    if (const auto seconds = unsigned_of(json, "timestamp")) {
      graph_.made_at = time_from_seconds(i64(std::min<u64>(*seconds, u64(INT64_MAX))));
    }
    graph_.node_count = unsigned_of(json, "node_count");
    graph_.edge_count = unsigned_of(json, "edge_count");
    return {};
  }

  Result<void> take_edge(const Json& json, u64 line) {
    const auto from = unsigned_of(json, "from");
    const auto to = unsigned_of(json, "to");
    const std::string kind = string_of(json, "kind");
    if (!from || !to || kind.empty()) {
      run_.refuse({file_.path, line}, "An edge has no `from`, `to` and `kind`.");
      return {};
    }
    graph_.edges.push_back({*from, *to, graph_.kind_number(kind), u32(graph_.edges.size())});
    return {};
  }

  Result<void> take_node(const Json& json, u64 line) {
    ++nodes_;
    const auto hash = unsigned_of(json, "hash");
    const auto signature = json.find("signature");
    if (!hash || signature == json.end() || !signature->is_string()) {
      run_.refuse({file_.path, line}, "A node has no `hash` and `signature`.");
      return {};
    }
    NewSegment segment;
    segment.id = std::to_string(*hash);
    segment.text = signature->get<std::string>();
    segment.type = "code";
    segment.created_at = graph_.made_at;
    segment.touched_at = graph_.made_at;
    for (const auto& [key, value] : json.items()) {
      if (key == "file_path" && value.is_string()) {
        segment.file = value.get<std::string>();
      } else if (key == "line" && value.is_number_unsigned() && value.get<u64>() <= UINT32_MAX) {
        segment.line_range = LineRange{value.get<u32>(), value.get<u32>()};
      } else if (key != "signature") {
        segment.attrs.insert_or_assign(key, attribute_of(value));
      }
    }
    add_edges(*hash, segment.tags);
    return run_.take({file_.path, line}, run_.project_of(std::nullopt), std::move(segment));
  }

  void add_edges(u64 hash, std::vector<std::string>& tags) {
    auto edge = std::lower_bound(graph_.edges.begin(), graph_.edges.end(), hash,
                                 [](const Edge& one, u64 from) { return one.from < from; });
    for (; edge != graph_.edges.end() && edge->from == hash; ++edge) {
      tags.push_back(graph_.kinds[edge->kind] + ':' + std::to_string(edge->to));
      used_[usize(edge - graph_.edges.begin())] = true;
    }
  }

  ImportRun& run_;
  const ImportFile& file_;
  Graph graph_;
  std::vector<bool> used_;
  u64 nodes_ = 0;
};

}  // namespace

Result<void> import_code_graph(ImportRun& run, const ImportFile& file) {
  GraphImport graph(run, file);
  // A file that is cut off in its edges has all its nodes: they are taken, then the end is told.
  const File first = TRY(File::open(file.path, File::Mode::read));
  Result<void> edges = graph.read_edges(first);
  if (!edges && edges.error().code != ErrorCode::corrupt) return edges;
  const File second = TRY(File::open(file.path, File::Mode::read));
  Result<void> nodes = graph.read_nodes(second);
  if (nodes || nodes.error().code == ErrorCode::corrupt) graph.tell_of_the_rest();
  return nodes ? edges : nodes;
}

}  // namespace shale::exchange
