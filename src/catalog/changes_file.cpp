#include "catalog/changes_file.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/checksum.hpp"
#include "base/file.hpp"

namespace shale::catalog {

namespace {

constexpr usize block_bytes = usize(64) << 10;
// A block ends behind the change that fills it.
constexpr u32 raw_bytes_max = 2 * block_bytes;
constexpr u32 stored_bytes_max = 2 * raw_bytes_max;
// Of a batch, where it is not a plain one.
constexpr u8 ingest_kind = 1;
constexpr u8 drop_kind = 2;

template <class Header>
u64 fields_checksum(const Header& header) {
  return checksum64(bytes_of(header).first(offsetof(Header, checksum)));
}

u64 block_checksum(const ChangesBlock& block, Bytes frame) {
  return checksum64(frame, fields_checksum(block));
}

Unexpected damaged(const std::filesystem::path& path, std::string what, u64 offset) {
  return fail_at(ErrorCode::corrupt, "Changes file: " + std::move(what), path.string(), offset);
}

usize shared_bytes(std::string_view one, std::string_view two) {
  const usize most = std::min(one.size(), two.size());
  usize shared = 0;
  while (shared < most && one[shared] == two[shared]) ++shared;
  return shared;
}

// The batches of one block's frame.
class BlockReader {
 public:
  explicit BlockReader(Bytes raw) : in_(raw) {}

  bool at_end() const { return in_.at_end(); }

  // Nothing where the bytes are no batch.
  std::optional<ChangedBatch> next() {
    ChangedBatch batch;
    lsn_ += in_.varint();
    time_ = i64(u64(time_) + u64(in_.zigzag()));
    batch.lsn = lsn_;
    batch.committed_at = time_;
    batch.pid = u32(in_.varint());
    next_kind(batch);
    const u64 count = in_.varint();
    if (count > in_.left()) in_.fail_now();
    for (u64 i = 0; i < count && in_.ok(); ++i) batch.changes.push_back(next_change());
    if (!in_.ok()) return std::nullopt;
    return batch;
  }

 private:
  void next_kind(ChangedBatch& batch) {
    const u8 kind = in_.value<u8>();
    batch.is_ingest = kind == ingest_kind;
    batch.is_drop = kind == drop_kind;
    if (batch.is_ingest) {
      batch.stashed = in_.varint();
      batch.superseded = in_.varint();
    } else if (batch.is_drop) {
      batch.dropped = in_.varint();
      batch.created_first = in_.zigzag();
      batch.created_last = in_.zigzag();
    } else if (kind != 0) {
      in_.fail_now();
    }
  }

  Change next_change() {
    const u8 kind = in_.value<u8>();
    const u64 shared = in_.varint();
    const std::string_view rest = in_.text();
    const bool fits = kind <= u8(ChangeKind::ingested) && shared <= id_.size() &&
                      shared + rest.size() <= id_bytes_max && shared + rest.size() > 0;
    if (!fits) return in_.fail_now(), Change();
    id_.resize(usize(shared));
    id_ += rest;
    return {ChangeKind(kind), id_};
  }

  ByteReader in_;
  u64 lsn_ = 0;
  i64 time_ = 0;
  std::string id_;
};

// The header of a file of the length that it states.
Result<ChangesHeader> checked_header(const File& file) {
  std::byte raw[sizeof(ChangesHeader)];
  TRY(file.read_exactly(0, raw));
  const auto header = load<ChangesHeader>(raw);
  const std::filesystem::path& path = file.path();
  if (header.magic != changes_magic) return damaged(path, "not a changes file.", 0);
  if (header.reader_version > changes_version) {
    return fail_at(ErrorCode::too_new, "A changes file of a newer version.", path.string());
  }
  if (header.checksum != fields_checksum(header)) {
    return damaged(path, "the header's checksum does not match.", 0);
  }
  if (TRY(file.size()) - sizeof header != header.blocks_bytes) {
    return damaged(path, "its length is not the one it states.",
                   offsetof(ChangesHeader, blocks_bytes));
  }
  return header;
}

ChangesEntry entry_of(const ChangesHeader& header) {
  ChangesEntry entry;
  entry.id = {header.sequence, header.random};
  entry.after.value = header.after;
  entry.last.value = header.last;
  entry.file_bytes = sizeof header + header.blocks_bytes;
  entry.checksum = header.checksum;
  entry.newest_at = header.newest_at;
  return entry;
}

class ChangesReader {
 public:
  explicit ChangesReader(File file) : file_(std::move(file)) {}

  Result<void> check_header(u64 project_id, const ChangesEntry& entry) {
    header_ = TRY(checked_header(file_));
    if (header_.project_id == project_id && entry_of(header_) == entry) return {};
    return damaged(path(), "not the one that MANIFEST names.", 0);
  }

  Result<void> read(Lsn since, const BatchVisitor& visit) {
    u64 offset = sizeof header_;
    u64 previous = header_.random;
    u64 last = header_.after;
    for (u64 n = 0; n < header_.blocks; ++n) {
      const ChangesBlock block = TRY(block_at(offset, previous, last));
      if (block.last > since.value && !TRY(read_block(block, offset, since, visit))) return {};
      offset += sizeof block + block.stored_bytes;
      previous = block.checksum;
      last = block.last;
    }
    if (offset != sizeof header_ + header_.blocks_bytes) {
      return damaged(path(), "it does not end with its last block.", offset);
    }
    if (previous != header_.last_checksum) {
      return damaged(path(), "its last block is another one.", sizeof header_);
    }
    if (pending_) (void)TRY(visit(*std::move(pending_)));
    return {};
  }

 private:
  const std::filesystem::path& path() const { return file_.path(); }

  Result<ChangesBlock> block_at(u64 offset, u64 previous, u64 last) const {
    std::byte raw[sizeof(ChangesBlock)];
    TRY(file_.read_exactly(offset, raw));
    const auto block = load<ChangesBlock>(raw);
    const u64 end = sizeof header_ + header_.blocks_bytes;
    const bool fits = block.previous == previous && block.raw_bytes <= raw_bytes_max &&
                      block.stored_bytes <= stored_bytes_max &&
                      offset + sizeof block + block.stored_bytes <= end && block.first >= last &&
                      block.first <= block.last && block.last <= header_.last;
    if (!fits) return damaged(path(), "the header of a block is damaged.", offset);
    return block;
  }

  // False: no more is wanted.
  Result<bool> read_block(const ChangesBlock& block, u64 offset, Lsn since,
                          const BatchVisitor& visit) {
    frame_.resize(block.stored_bytes);
    TRY(file_.read_exactly(offset + sizeof block, frame_));
    if (block_checksum(block, frame_) != block.checksum) {
      return damaged(path(), "the checksum of a block does not match.", offset);
    }
    raw_.resize(block.raw_bytes);
    Result<void> unpacked = unpacker_.unpack(frame_, raw_, nullptr);
    if (!unpacked) return damaged(path(), "a block that cannot be unpacked.", offset);
    BlockReader batches(raw_);
    while (!batches.at_end()) {
      std::optional<ChangedBatch> batch = batches.next();
      const bool fits = batch && batch->lsn >= block.first && batch->lsn <= block.last;
      if (!fits) return damaged(path(), "a batch that cannot be.", offset);
      if (batch->lsn > since.value && !TRY(take(*std::move(batch), visit))) return false;
    }
    return true;
  }

  // A batch is whole when the next one begins.
  Result<bool> take(ChangedBatch&& batch, const BatchVisitor& visit) {
    if (pending_ && pending_->lsn == batch.lsn) {
      std::move(batch.changes.begin(), batch.changes.end(), std::back_inserter(pending_->changes));
      return true;
    }
    std::optional<ChangedBatch> whole = std::exchange(pending_, std::move(batch));
    if (!whole || TRY(visit(*std::move(whole)))) return true;
    pending_.reset();
    return false;
  }

  File file_;
  ChangesHeader header_;
  Buffer frame_;
  Buffer raw_;
  Decompressor unpacker_;
  std::optional<ChangedBatch> pending_;
};

Result<void> fill(File& file, const ChangesHeader& header, Bytes blocks,
                  const ChangesEntry& entry) {
  const Bytes pieces[] = {bytes_of(header), blocks};
  TRY(file.write_pieces(0, pieces));
  TRY(file.sync_data());
  // From the disk, as for every file that MANIFEST comes to name (PROTOCOL B10).
  TRY(file.drop_cached());
  TRY(read_changes(file.path(), header.project_id, entry, {},
                   [](ChangedBatch&&) -> Result<bool> { return true; }));
  return sync_folder(file.path().parent_path());
}

}  // namespace

ChangesBuilder::ChangesBuilder(u64 project_id, FileId id, Compressor compressor)
    : compressor_(std::move(compressor)) {
  header_.project_id = project_id;
  header_.sequence = id.sequence;
  header_.random = id.random;
  header_.last_checksum = id.random;
}

Result<ChangesBuilder> ChangesBuilder::make(u64 project_id, FileId id) {
  return ChangesBuilder(project_id, id, TRY(Compressor::make({})));
}

u64 ChangesBuilder::bytes() const { return sizeof header_ + blocks_.size() + raw_.size(); }

Result<void> ChangesBuilder::add(const ChangedBatch& batch) {
  header_.newest_at = std::max(header_.newest_at, batch.committed_at);
  usize next = 0;
  do {
    append_changes(batch, next);
    if (raw_.size() >= block_bytes) TRY(end_block());
  } while (next < batch.changes.size());
  return {};
}

// From `next` on, as many as the block takes.
void ChangesBuilder::append_changes(const ChangedBatch& batch, usize& next) {
  if (block_.batches == 0) block_.first = batch.lsn;
  raw_.varint(batch.lsn - block_.last);
  raw_.zigzag(i64(u64(batch.committed_at) - u64(time_before_)));
  raw_.varint(batch.pid);
  append_kind(batch);
  ByteWriter changes;
  u64 count = 0;
  for (; next < batch.changes.size() && raw_.size() + changes.size() < block_bytes; ++next) {
    const Change& change = batch.changes[next];
    const usize shared = shared_bytes(id_before_, change.id);
    changes.value(u8(change.kind));
    changes.varint(shared);
    changes.text(std::string_view(change.id).substr(shared));
    id_before_ = change.id;
    ++count;
  }
  raw_.varint(count);
  raw_.raw(changes.bytes());
  block_.last = batch.lsn;
  ++block_.batches;
  time_before_ = batch.committed_at;
}

void ChangesBuilder::append_kind(const ChangedBatch& batch) {
  if (batch.is_drop) {
    header_.version = header_.reader_version = changes_version;
    raw_.value(drop_kind);
    raw_.varint(batch.dropped);
    raw_.zigzag(batch.created_first);
    raw_.zigzag(batch.created_last);
    return;
  }
  raw_.value(batch.is_ingest ? ingest_kind : u8(0));
  if (!batch.is_ingest) return;
  raw_.varint(batch.stashed);
  raw_.varint(batch.superseded);
}

Result<void> ChangesBuilder::end_block() {
  Buffer frame;
  TRY(compressor_.append_frame(raw_.bytes(), frame));
  block_.raw_bytes = u32(raw_.size());
  block_.stored_bytes = u32(frame.size());
  block_.previous = header_.last_checksum;
  block_.checksum = block_checksum(block_, frame);
  header_.last_checksum = block_.checksum;
  ++header_.blocks;
  const Bytes fields = bytes_of(block_);
  blocks_.insert(blocks_.end(), fields.begin(), fields.end());
  blocks_.insert(blocks_.end(), frame.begin(), frame.end());
  raw_.clear();
  block_ = {};
  time_before_ = 0;
  id_before_.clear();
  return {};
}

Result<ChangesEntry> ChangesBuilder::write(const std::filesystem::path& path, Lsn after, Lsn last) {
  if (raw_.size() > 0) TRY(end_block());
  header_.after = after.value;
  header_.last = last.value;
  header_.blocks_bytes = blocks_.size();
  header_.checksum = fields_checksum(header_);
  const ChangesEntry entry = entry_of(header_);
  File file = TRY(File::open(path, File::Mode::create_new));
  const Result<void> written = fill(file, header_, blocks_, entry);
  if (written) return entry;
  (void)remove_file(path);  // no manifest names it
  return Unexpected{written.error()};
}

Result<ChangesFile> describe_changes(const std::filesystem::path& path) {
  const File file = TRY(File::open(path, File::Mode::read));
  const ChangesHeader header = TRY(checked_header(file));
  return ChangesFile{header.version, header.project_id, entry_of(header)};
}

Result<void> read_changes(const std::filesystem::path& path, u64 project_id,
                          const ChangesEntry& entry, Lsn since, const BatchVisitor& visit) {
  ChangesReader reader(TRY(File::open(path, File::Mode::read)));
  TRY(reader.check_header(project_id, entry));
  return reader.read(since, visit);
}

}  // namespace shale::catalog
