#include "backup/bundle_writer.hpp"

#include <algorithm>
#include <cstddef>

#include "base/checksum.hpp"

namespace shale::backup {

namespace {

using std::filesystem::path;

constexpr int attempts_max = 100;

Unexpected is_busy(const path& draft) {
  return fail_at(ErrorCode::busy, "Another process is writing this bundle.", draft.string());
}

// An empty file at `draft` that nobody else has locked.
Result<LockFile> lock_draft(const path& draft) {
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    LockFile lock = TRY(LockFile::open(draft, true));
    if (!TRY(lock.try_lock(0))) return is_busy(draft);
    if (!TRY(lock.still_at_path())) continue;
    if (TRY(lock.file().size()) == 0) return lock;
    TRY(remove_file(draft));  // of a call that was killed: it would have the lock
  }
  return is_busy(draft);
}

path holder_of(const path& file) {
  const path folder = file.parent_path();
  return folder.empty() ? "." : folder;
}

}  // namespace

BundleWriter::BundleWriter(path target, LockFile lock, File file)
    : path_(std::move(target)), lock_(std::move(lock)), file_(std::move(file)) {}

Result<BundleWriter> BundleWriter::create(const path& target) {
  TRY(make_folders(holder_of(target)));
  const path draft = target.string() + ".tmp";
  LockFile lock = TRY(lock_draft(draft));
  File file = TRY(File::open(draft, File::Mode::read_write));
  file.pace_writes();
  BundleWriter writer(target, std::move(lock), std::move(file));
  // The header is written last: without it this is no bundle.
  TRY(writer.file_.write_at(0, Buffer(bundle_alignment)));
  writer.at_ = bundle_alignment;
  return writer;
}

BundleWriter::BundleWriter(BundleWriter&& other) noexcept
    : path_(std::move(other.path_)),
      lock_(std::move(other.lock_)),
      file_(std::move(other.file_)),
      room_(std::move(other.room_)),
      at_(other.at_),
      sum_(other.sum_),
      members_(std::move(other.members_)) {
  other.lock_.reset();
}

BundleWriter::~BundleWriter() {
  if (lock_.has_value()) static_cast<void>(remove_file(file_.path()));
}

Result<void> BundleWriter::flush() {
  sum_ = checksum64(room_, sum_);
  TRY(file_.write_at(at_, room_));
  at_ += room_.size();
  room_.clear();
  return {};
}

Result<void> BundleWriter::put(Bytes bytes) {
  while (!bytes.empty()) {
    const usize count = std::min(bytes.size(), bundle_piece_bytes - room_.size());
    room_.insert(room_.end(), bytes.begin(), bytes.begin() + std::ptrdiff_t(count));
    bytes = bytes.subspan(count);
    if (room_.size() == bundle_piece_bytes) TRY(flush());
  }
  return {};
}

Result<void> BundleWriter::add(std::string path, const FillMember& fill) {
  const u64 begin = at_;
  sum_ = 0;
  TRY(fill([this](Bytes bytes) { return put(bytes); }));
  if (!room_.empty()) TRY(flush());
  members_.push_back({std::move(path), begin, at_ - begin, sum_});
  const u64 end = bundle_aligned(at_);
  TRY(file_.write_at(at_, Buffer(usize(end - at_))));
  at_ = end;
  return {};
}

Result<void> BundleWriter::finish() {
  ByteWriter contents;
  for (const BundleMember& member : members_) {
    contents.text(member.path);
    contents.value(member.offset);
    contents.value(member.bytes);
    contents.value(member.checksum);
  }
  BundleHeader header;
  const bool has_accesses =
      std::any_of(members_.begin(), members_.end(),
                  [](const BundleMember& member) { return member.path.ends_with(".access"); });
  header.version = header.reader_version = has_accesses ? 2 : 1;
  header.members = members_.size();
  header.contents_offset = at_;
  header.contents_bytes = contents.size();
  header.checksum = checksum64(bytes_of(header).first(offsetof(BundleHeader, checksum)));
  contents.value(checksum64(contents.bytes(), header.checksum));
  TRY(file_.write_at(at_, contents.bytes()));
  TRY(file_.write_at(0, bytes_of(header)));
  return file_.sync_data();
}

Result<void> BundleWriter::publish() {
  TRY(rename_path(file_.path(), path_));
  lock_.reset();
  return sync_folder(holder_of(path_));
}

}  // namespace shale::backup
