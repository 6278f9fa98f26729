#include "catalog/access_file.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

#include "base/checksum.hpp"

namespace shale::catalog {

namespace {

constexpr u32 window_documents = 512;   // 4 KiB: what is read and written back at once
constexpr u32 stride_documents = 8192;  // of a walk through all

constexpr u64 offset_of(u32 doc) { return sizeof(AccessHeader) + u64(doc) * sizeof(AccessEntry); }

u64 checksum_of(const AccessHeader& header) {
  return checksum64(bytes_of(header).first(offsetof(AccessHeader, checksum)));
}

bool is_whole(const AccessHeader& header) {
  return header.magic == access_magic && header.version == access_version &&
         header.entry_bytes == sizeof(AccessEntry) && header.checksum == checksum_of(header);
}

// A file that was cut is as if it had never been: its header is of zeros, then.
Result<AccessHeader> read_header(const File& file) {
  std::byte bytes[sizeof(AccessHeader)] = {};
  if (TRY(file.read_at(0, bytes)) < sizeof bytes) return AccessHeader{.magic = 0};
  return load<AccessHeader>(bytes);
}

Unexpected no_such_document(const File& file, u64 doc) {
  return fail_at(ErrorCode::corrupt, "There is no such document", file.path().string(),
                 sizeof(AccessHeader) + doc * sizeof(AccessEntry));
}

}  // namespace

void add_to(AccessEntry& sum, const AccessEntry& more) {
  const u64 count = u64(sum.count) + more.count;
  sum.count = u32(std::min<u64>(count, std::numeric_limits<u32>::max()));
  sum.last_seconds = std::max(sum.last_seconds, more.last_seconds);
}

Result<std::optional<AccessFile>> AccessFile::open(const std::filesystem::path& path,
                                                   const AccessOwner& owner, File::Mode mode) {
  Result<File> file = File::open(path, mode);
  if (!file && file.error().code == ErrorCode::not_found) return std::optional<AccessFile>();
  if (!file) return Unexpected{std::move(file).error()};
  const AccessHeader header = TRY(read_header(*file));
  const FileId id{header.sequence, header.random};
  const bool fits = is_whole(header) && id == owner.id && header.documents == owner.documents &&
                    header.recoveries == owner.recoveries;
  if (!fits) return std::optional<AccessFile>();
  return std::optional(AccessFile(*std::move(file), u32(owner.documents)));
}

Result<AccessFile> AccessFile::make(const std::filesystem::path& path, const AccessOwner& owner) {
  if (owner.documents > access_documents_max) {
    return fail_at(ErrorCode::invalid_argument, "Too many documents to be counted", path.string());
  }
  TRY(remove_file(path));
  File file = TRY(File::open(path, File::Mode::create_new));
  AccessHeader header;
  header.sequence = owner.id.sequence;
  header.random = owner.id.random;
  header.documents = owner.documents;
  header.recoveries = owner.recoveries;
  header.checksum = checksum_of(header);
  TRY(file.write_at(0, bytes_of(header)));
  return AccessFile(std::move(file), u32(owner.documents));
}

Result<void> AccessFile::write(const std::filesystem::path& path, const AccessOwner& owner,
                               std::span<const AccessEntry> entries) {
  AccessFile made = TRY(make(path, owner));
  if (entries.size() > made.documents_) return no_such_document(made.file_, made.documents_);
  TRY(made.file_.write_at(sizeof(AccessHeader), bytes_of_span(entries)));
  return made.sync();
}

Result<void> AccessFile::read(u32 first, std::span<AccessEntry> out) const {
  if (first > documents_ || out.size() > documents_ - first) {
    return no_such_document(file_, first);
  }
  Buffer bytes(out.size_bytes());
  const usize count = TRY(file_.read_at(offset_of(first), bytes));
  std::fill(bytes.begin() + std::ptrdiff_t(count), bytes.end(), std::byte(0));
  for (usize i = 0; i < out.size(); ++i) {
    out[i] = load<AccessEntry>(bytes.data() + i * sizeof(AccessEntry));
  }
  return {};
}

// Up to where the documents from `begin` on lie within one window that starts at the first of them.
Result<usize> AccessFile::window_end(std::span<const u32> docs, usize begin) const {
  usize end = begin;
  while (end < docs.size() && docs[end] - docs[begin] < window_documents) ++end;
  if (docs[end - 1] >= documents_) return no_such_document(file_, docs[end - 1]);
  return end;
}

Result<void> AccessFile::read_some(std::span<const u32> docs, std::span<AccessEntry> out) const {
  std::vector<AccessEntry> window;
  for (usize begin = 0; begin < docs.size();) {
    const usize end = TRY(window_end(docs, begin));
    window.resize(docs[end - 1] - docs[begin] + 1);
    TRY(read(docs[begin], window));
    for (usize i = begin; i < end; ++i) out[i] = window[docs[i] - docs[begin]];
    begin = end;
  }
  return {};
}

Result<void> AccessFile::for_each(const Visitor& visit) const {
  const u64 size = TRY(file_.size());
  if (size <= sizeof(AccessHeader)) return {};
  const u64 held = (size - sizeof(AccessHeader) + sizeof(AccessEntry) - 1) / sizeof(AccessEntry);
  const u32 count = u32(std::min<u64>(held, documents_));
  std::vector<AccessEntry> entries;
  for (u32 first = 0; first < count; first += stride_documents) {
    entries.resize(std::min(stride_documents, count - first));
    TRY(read(first, entries));
    for (u32 i = 0; i < entries.size(); ++i) {
      if (entries[i].count != 0) TRY(visit(first + i, entries[i]));
    }
  }
  return {};
}

Result<void> AccessFile::change(std::span<const u32> docs, const Change& change) {
  std::vector<AccessEntry> window;
  for (usize begin = 0; begin < docs.size();) {
    const usize end = TRY(window_end(docs, begin));
    const u32 first = docs[begin];
    window.resize(docs[end - 1] - first + 1);
    TRY(read(first, window));
    for (usize i = begin; i < end; ++i) change(i, window[docs[i] - first]);
    TRY(file_.write_at(offset_of(first), bytes_of_span(std::span<const AccessEntry>(window))));
    begin = end;
  }
  return {};
}

Result<AccessHeader> describe_access(const std::filesystem::path& path) {
  const File file = TRY(File::open(path, File::Mode::read));
  const AccessHeader header = TRY(read_header(file));
  if (is_whole(header)) return header;
  return fail_at(ErrorCode::corrupt, "The header of the file is damaged", path.string());
}

}  // namespace shale::catalog
