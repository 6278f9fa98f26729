// The segment: a piece of text with its metadata, as it goes into a store and comes out of it.
//
// NewSegment is what a caller hands in; Segment is a handle on one stored version. Both carry
// every field; which of them can be filtered, sorted and summed without touching text is written
// in src/model/fields.hpp.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <shale/result.hpp>

namespace shale {

// Limits a segment is held to when it is stashed; beyond them: ErrorCode::invalid_argument.
inline constexpr std::size_t id_bytes_max = 255;
inline constexpr std::size_t text_bytes_max = 16u << 20;
inline constexpr std::size_t field_bytes_max = 4096;  // type, task, file, topic, one tag, one key
inline constexpr std::size_t metadata_bytes_max = 1u << 20;  // all of a segment but its text

enum class Tier : std::uint8_t { working, stashed, archive };
enum class Generation : std::uint8_t { young, old };

// A moment: microseconds since 1970-01-01 UTC. `zoned` remembers whether the source named a zone
// (an unzoned time is kept as if it were UTC and written back without one).
struct Time {
  std::int64_t microseconds = 0;
  bool zoned = true;
  auto operator<=>(const Time&) const = default;
};

struct LineRange {
  std::uint32_t first = 0;  // as the source counts them; shale itself counts from 1
  std::uint32_t last = 0;   // inclusive
  auto operator<=>(const LineRange&) const = default;
};

// JSON text of a nested or null attribute, kept byte for byte.
struct Json {
  std::string text;
  auto operator<=>(const Json&) const = default;
};

using AttributeValue = std::variant<std::string, std::int64_t, double, bool, Json>;
using Attributes = std::map<std::string, AttributeValue, std::less<>>;
using Sha256 = std::array<std::uint8_t, 32>;

// XXH3-128 of the text, low half first.
struct TextHash {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  auto operator<=>(const TextHash&) const = default;
};

// All fields of a segment but its text. Strings are UTF-8; an empty `task`, `file` or `topic`
// is a value, std::nullopt is its absence.
struct Metadata {
  std::string id;
  std::string type = "note";
  std::optional<std::string> task;
  std::optional<std::string> file;
  std::optional<std::string> topic;
  std::optional<LineRange> line_range;
  std::vector<std::string> tags;  // first-seen order, no tag twice
  Time created_at;
  Time touched_at;
  bool pinned = false;
  Tier tier = Tier::stashed;
  Generation generation = Generation::young;
  std::uint32_t gc_survival_count = 0;
  std::uint32_t refcount = 0;
  std::optional<std::uint32_t> tokens;
  // Which vocabulary counted `tokens`; "unknown" for a count that came without one.
  std::string tokenizer;
  std::optional<Time> tokens_computed_at;  // absent where an importer did not say, or not kept yet
  std::optional<Sha256> sha256;            // only if an importer brought one
  Attributes attrs;
  bool operator==(const Metadata&) const = default;
};

// A segment to stash. Absent times become the moment of the stash; a repeated tag counts once.
struct NewSegment {
  std::string id;
  std::string text;  // any bytes; indexed as UTF-8, invalid bytes separate words
  std::string type = "note";
  std::optional<std::string> task = std::nullopt;
  std::optional<std::string> file = std::nullopt;
  std::optional<std::string> topic = std::nullopt;
  std::optional<LineRange> line_range = std::nullopt;
  std::vector<std::string> tags = {};
  std::optional<Time> created_at = std::nullopt;
  std::optional<Time> touched_at = std::nullopt;
  bool pinned = false;
  Tier tier = Tier::stashed;
  Generation generation = Generation::young;
  std::uint32_t gc_survival_count = 0;
  std::uint32_t refcount = 0;
  std::optional<std::uint32_t> tokens = std::nullopt;
  std::string tokenizer = {};
  std::optional<Time> tokens_computed_at = std::nullopt;
  std::optional<Sha256> sha256 = std::nullopt;
  Attributes attrs = {};
};

// A change of metadata that leaves the text alone: only the fields that are set change. In
// `task`, `file`, `topic` and `line_range` the inner std::nullopt removes the value.
struct Update {
  std::optional<std::string> type = std::nullopt;
  std::optional<std::optional<std::string>> task = std::nullopt;
  std::optional<std::optional<std::string>> file = std::nullopt;
  std::optional<std::optional<std::string>> topic = std::nullopt;
  std::optional<std::optional<LineRange>> line_range = std::nullopt;
  std::vector<std::string> tags_added = {};
  std::vector<std::string> tags_removed = {};
  std::optional<Time> touched_at = std::nullopt;
  std::optional<bool> pinned = std::nullopt;
  std::optional<Tier> tier = std::nullopt;
  std::optional<Generation> generation = std::nullopt;
  std::int64_t gc_survival_added = 0;  // counters move by a difference, so that two writers add up
  std::int64_t refcount_added = 0;
  // A new count brings its tokenizer and time with it: "unknown" and absent where they are not set.
  std::optional<std::uint32_t> tokens = std::nullopt;
  std::optional<std::string> tokenizer = std::nullopt;
  std::optional<Time> tokens_computed_at = std::nullopt;
  Attributes attrs_set = {};
  std::vector<std::string> attrs_removed = {};
  bool operator==(const Update&) const = default;
};

// One stored version of a segment, read. Cheap to copy: copies share the decoded bytes, and every
// view it hands out lives as long as any copy does. Safe to read from many threads.
class Segment {
 public:
  struct Body {
    Metadata metadata;
    std::string text;
    TextHash text_hash;
  };
  explicit Segment(std::shared_ptr<const Body> body) : body_(std::move(body)) {}
  // With metadata that were changed since; its id stays.
  Segment(std::shared_ptr<const Body> body, std::shared_ptr<const Metadata> changed)
      : body_(std::move(body)), changed_(std::move(changed)) {}

  std::string_view text() const noexcept { return body_->text; }
  const std::string& id() const noexcept { return body_->metadata.id; }
  const Metadata& metadata() const noexcept { return changed_ ? *changed_ : body_->metadata; }
  TextHash text_hash() const noexcept { return body_->text_hash; }

 private:
  std::shared_ptr<const Body> body_;
  std::shared_ptr<const Metadata> changed_;  // null: as it was stashed
};

}  // namespace shale
