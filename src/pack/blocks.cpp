#include "pack/blocks.hpp"

#include <algorithm>
#include <limits>

namespace shale::pack {

namespace {

bool is_control(char byte) { return u8(byte) < 0x20 || byte == 0x7f; }

u32 added(u32 first, u32 lines) {
  return u32(std::min<u64>(u64(first) + lines, std::numeric_limits<u32>::max()));
}

usize longest_run_of_backticks(std::string_view text) {
  usize longest = 0;
  for (usize at = text.find('`'); at != std::string_view::npos; at = text.find('`', at)) {
    const usize end = std::min(text.find_first_not_of('`', at), text.size());
    longest = std::max(longest, end - at);
    at = end;
  }
  return longest;
}

}  // namespace

std::vector<u32> line_starts(std::string_view text) {
  std::vector<u32> starts{0};
  for (usize at = 0; at < text.size();) {
    const usize end = text.find('\n', at);
    at = end == std::string_view::npos ? text.size() : end + 1;
    starts.push_back(u32(at));
  }
  return starts;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

std::string source_of(const Metadata& metadata) { return metadata.file.value_or(metadata.id); }

LineRange lines_of(const Metadata& metadata, LineWindow window, bool is_cut) {
  if (!is_cut && metadata.line_range) return *metadata.line_range;
  const u32 base = metadata.line_range ? metadata.line_range->first : 1;
  return {added(base, window.first), added(base, window.last - 1)};
}

std::string title_of(const Metadata& metadata, LineRange lines, bool is_cut) {
  std::string title = source_of(metadata);
  std::replace_if(title.begin(), title.end(), is_control, ' ');
  if (!is_cut && !metadata.line_range) return title;
  return title + ':' + std::to_string(lines.first) + '-' + std::to_string(lines.last);
}

std::string block_of(PackFormat format, std::string_view title, std::string_view lines) {
  const std::string_view ending = lines.ends_with('\n') ? "" : "\n";
  std::string block(format == PackFormat::text ? "# " : "### ");
  block.reserve(title.size() + lines.size() + 32);
  block.append(title).append("\n");
  if (format == PackFormat::text) return block.append(lines).append(ending).append("\n");
  const std::string fence(std::max<usize>(3, longest_run_of_backticks(lines) + 1), '`');
  block.append(fence).append("\n").append(lines).append(ending);
  return block.append(fence).append("\n\n");
}

}  // namespace shale::pack
