#include "store/edition.hpp"

#include "base/shortage.hpp"
#include "catalog/overlay_file.hpp"
#include "store/project_analysis.hpp"

namespace shale::store {

namespace {

bool becomes_fault(const Error& error, bool missing_is_error) {
  if (error.code == ErrorCode::not_found) return !missing_is_error;
  return is_damage(error);
}

const catalog::ShardEntry* previous_entry(const Edition* previous, FileId id, usize& at) {
  if (previous == nullptr) return nullptr;
  for (at = 0; at < previous->manifest.shards.size(); ++at) {
    if (previous->manifest.shards[at].id == id) return &previous->manifest.shards[at];
  }
  return nullptr;
}

class Opener {
 public:
  explicit Opener(EditionRequest request) : request_(std::move(request)) {}

  Result<std::shared_ptr<const Edition>> run() {
    edition_->manifest = request_.manifest;
    edition_->analysis = TRY(project_analysis(request_.manifest));
    for (const catalog::ShardEntry& entry : request_.manifest.shards) TRY(add_shard(entry));
    for (const catalog::LogEntry& entry : request_.manifest.logs) TRY(add_log(entry));
    return std::shared_ptr<const Edition>(edition_);
  }

 private:
  // Passes a value on, or turns its error into a fault and answers T{}.
  template <class T>
  Result<T> or_fault(Result<T> result, const char* section) {
    if (result || !becomes_fault(result.error(), request_.missing_is_error)) return result;
    add_fault(result.error(), section);
    return T{};
  }

  void add_fault(const Error& error, const char* section) {
    edition_->faults.push_back(fault_of(error, request_.manifest.project, section));
    edition_->try_again |= error.code == ErrorCode::io;
  }

  Result<void> add_shard(const catalog::ShardEntry& entry) {
    usize at = 0;
    const catalog::ShardEntry* known = previous_entry(request_.previous.get(), entry.id, at);
    std::shared_ptr<const shard::Shard> shard;
    if (known != nullptr) shard = request_.previous->shards[at];
    if (shard != nullptr && shard->loss()) shard = nullptr;  // what is at the path now?
    if (shard == nullptr) shard = TRY(or_fault(open_shard(entry), "shard"));
    std::shared_ptr<const Overlay> overlay;
    // Where the shard was left out, its overlay may have been what could not be read.
    const bool was_whole = known != nullptr && request_.previous->shards[at] != nullptr;
    if (was_whole && known->dead == entry.dead && known->patch == entry.patch) {
      overlay = request_.previous->overlays[at];
    }
    if (overlay == nullptr && shard != nullptr) {
      overlay = TRY(or_fault(read_overlay(entry), "overlay"));
      if (overlay == nullptr) shard = nullptr;  // dead versions must never be shown as live
    }
    const bool is_known =
        shard != nullptr && known != nullptr && shard == request_.previous->shards[at];
    edition_->access.push_back(is_known ? request_.previous->access[at] : open_slot(shard));
    edition_->shards.push_back(std::move(shard));
    edition_->overlays.push_back(overlay != nullptr ? std::move(overlay)
                                                    : std::make_shared<const Overlay>());
    return {};
  }

  std::shared_ptr<AccessSlot> open_slot(const std::shared_ptr<const shard::Shard>& shard) const {
    if (request_.accesses == nullptr || shard == nullptr) return nullptr;
    std::shared_ptr<AccessSlot> slot = request_.accesses->open_slot(shard->file_id());
    if (slot != nullptr) slot->keep(shard);
    return slot;
  }

  Result<std::shared_ptr<const shard::Shard>> open_shard(const catalog::ShardEntry& entry) {
    const std::filesystem::path path = request_.paths.shard(entry.id);
    auto shard = TRY(shard::Shard::open(path, request_.budget, entry.base_lsn));
    if (shard->info().id != entry.id || shard->info().checksum != entry.checksum ||
        shard->document_count() != entry.documents) {
      return fail_at(ErrorCode::corrupt, "The shard is not the one that MANIFEST names",
                     path.string());
    }
    // Its terms would not be those that a query asks for, nor may they be merged with others.
    if (shard->info().analysis != request_.manifest.analysis ||
        shard->info().words_version != request_.manifest.words_version) {
      return fail_at(ErrorCode::corrupt,
                     "The shard is analysed as '" + shard->info().analysis + "' of version " +
                         std::to_string(shard->info().words_version) + ", its project as '" +
                         request_.manifest.analysis + "' of version " +
                         std::to_string(request_.manifest.words_version),
                     path.string());
    }
    return shard;
  }

  Result<std::shared_ptr<const Overlay>> read_overlay(const catalog::ShardEntry& entry) {
    auto overlay = std::make_shared<Overlay>();
    const u32 documents = u32(entry.documents);
    if (entry.dead.has_value()) {
      overlay->dead = TRY(catalog::read_dead(request_.paths.dead(entry.id, entry.dead->number),
                                             entry.id, *entry.dead, documents));
    }
    if (entry.patch.has_value()) {
      overlay->patches = TRY(catalog::read_patch(
          request_.paths.patch(entry.id, entry.patch->number), entry.id, *entry.patch, documents));
    }
    return std::shared_ptr<const Overlay>(std::move(overlay));
  }

  Result<void> add_log(const catalog::LogEntry& entry) {
    if (request_.previous != nullptr) {
      for (const OpenLog& log : request_.previous->logs) {
        if (log.id != entry.id || log.arena == nullptr) continue;
        edition_->logs.push_back(log);
        return {};
      }
    }
    OpenLog log;
    log.id = entry.id;
    auto reader = delta::LogReader::open(request_.paths.log(entry.id), request_.manifest.project_id,
                                         entry.id);
    if (reader) {
      log.reader = std::make_shared<const delta::LogReader>(*std::move(reader));
      log.arena = TRY(or_fault(request_.arenas(entry, *log.reader), "log"));
      if (request_.tokenizer != no_tokenizer) {
        log.counts = std::make_shared<LogCounts>(request_.tokenizer);
      }
      if (request_.accesses != nullptr) log.access = request_.accesses->open_slot(entry.id);
    } else if (!becomes_fault(reader.error(), request_.missing_is_error)) {
      return Unexpected{std::move(reader).error()};
    } else {
      add_fault(reader.error(), "log");
    }
    edition_->logs.push_back(std::move(log));
    return {};
  }

  EditionRequest request_;
  std::shared_ptr<Edition> edition_ = std::make_shared<Edition>();
};

}  // namespace

Result<std::shared_ptr<const Edition>> open_edition(EditionRequest request) {
  return Opener(std::move(request)).run();
}

Fault fault_of(const Error& error, const std::string& project, std::string section) {
  Fault fault;
  fault.project = project;
  fault.file = error.path;
  fault.section = std::move(section);
  fault.offset = error.offset;
  fault.message = error.message;
  return fault;
}

}  // namespace shale::store
