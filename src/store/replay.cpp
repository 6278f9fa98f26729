#include "store/replay.hpp"

#include <string>
#include <unordered_map>
#include <utility>

#include "base/shortage.hpp"
#include "store/project_analysis.hpp"

namespace shale::store {

namespace {

// Where the newest version of an id lies, as far as the replay has come.
struct Place {
  FileId index;
  DocNo doc{};
  Lsn lsn;
  bool alive = false;
};

class Replay {
 public:
  explicit Replay(const ReplayRequest& request) : request_(request) {}

  Result<ReplayedLog> run(const catalog::LogEntry& entry) {
    ReplayedLog result;
    result.log.id = entry.id;
    if (!analyser_) analyser_.emplace(TRY(project_analysis(*request_.manifest)));
    const u64 project_id = request_.manifest->project_id;
    auto opened = delta::LogReader::open(request_.paths.log(entry.id), project_id, entry.id);
    const bool skipped = !opened && request_.skip_unreadable && !is_shortage(opened.error());
    if (skipped) return result;
    auto reader = std::make_shared<delta::LogReader>(TRY(std::move(opened)));
    result.log.arena = TRY(make_arena(request_.paths, {request_.boot, project_id, entry.id},
                                      request_.in_files, new_log_terms));
    log_ = entry.id;
    writer_.emplace(result.log.arena, request_.manifest->keeps_positions());
    result.scan =
        TRY(reader->scan(entry.sealed_end, [&](const delta::FrameHeader& header, Bytes payload) {
          return add_frame(header, payload, reader->path());
        }));
    result.log.reader = std::move(reader);
    writer_.reset();
    return result;
  }

 private:
  Result<void> add_frame(const delta::FrameHeader& header, Bytes payload,
                         const std::filesystem::path& path) {
    const Lsn lsn{header.lsn};
    if (header.kind == u8(delta::FrameKind::advance)) return {};
    auto decoded = delta::decode_payload(payload);
    if (!decoded) {
      decoded.error().path = path.string();
      return Unexpected{std::move(decoded).error()};
    }
    std::vector<delta::Change> changes = *std::move(decoded);
    const u64 payload_offset =
        lsn.offset() - delta::frame_total_bytes(header.payload_bytes) + sizeof header;
    delta::IndexWriter::BatchSize size;
    std::vector<delta::PreparedDocument> prepared = prepare(changes, size);
    for (const delta::Change& change : changes) (void)TRY(find(delta::change_id(change)));
    size.tombstones += u32(stale_.size());
    if (!TRY(writer_->room_for(size))) {
      return fail_at(ErrorCode::no_space, "The log does not fit its index", path.string());
    }
    writer_->begin();
    for (const Place& stale : stale_) writer_->add_tombstone(stale.index, stale.doc);
    stale_.clear();
    for (usize i = 0; i < changes.size(); ++i) {
      TRY(apply(changes[i], prepared[i], payload_offset, lsn));
    }
    writer_->publish(lsn);
    return {};
  }

  std::vector<delta::PreparedDocument> prepare(const std::vector<delta::Change>& changes,
                                               delta::IndexWriter::BatchSize& size) {
    std::vector<delta::PreparedDocument> prepared(changes.size());
    for (usize i = 0; i < changes.size(); ++i) {
      const auto* stash = std::get_if<delta::StashChange>(&changes[i]);
      if (stash != nullptr) {
        prepared[i] = delta::IndexWriter::prepare(*analyser_, stash->metadata, stash->text,
                                                  request_.manifest->keeps_positions());
        ++size.documents;
        ++size.tombstones;
        size.arena_bytes += prepared[i].arena_bytes;
        continue;
      }
      ++size.tombstones;
      if (const auto* update = std::get_if<delta::UpdateChange>(&changes[i])) {
        ++size.updates;
        size.arena_bytes += delta::IndexWriter::arena_bytes_of(update->update);
      }
    }
    return prepared;
  }

  Result<void> apply(const delta::Change& change, const delta::PreparedDocument& prepared,
                     u64 payload_offset, Lsn lsn) {
    Place& target = *TRY(find(delta::change_id(change)));
    const bool newer_exists = target.alive && target.lsn > lsn;
    if (const auto* stash = std::get_if<delta::StashChange>(&change)) {
      const DocNo doc =
          writer_->add_document({&stash->metadata, stash->text_hash,
                                 payload_offset + stash->text_offset, u32(stash->text.size())},
                                prepared);
      if (newer_exists) {
        writer_->add_tombstone(log_, doc);
        return {};
      }
      if (target.alive) writer_->add_tombstone(target.index, target.doc);
      target = {log_, doc, lsn, true};
    } else if (target.alive && !newer_exists) {
      if (const auto* update = std::get_if<delta::UpdateChange>(&change)) {
        writer_->add_update(target.index, target.doc, update->update);
      } else {
        writer_->add_tombstone(target.index, target.doc);
        target.alive = false;
      }
    }
    return {};
  }

  // What is known of the id: from the logs replayed so far, else from the shards. Several shards
  // may hold a version that their files call alive, where a log killed the older one before a bulk
  // ingest brought the newer: the newest counts, the others are to be hidden (stale_).
  Result<Place*> find(const std::string& id) {
    const auto [entry, is_new] = known_.try_emplace(id);
    if (!is_new) return &entry->second;
    if (request_.base != nullptr) {
      entry->second = TRY(live_in(*request_.base, id));
      return &entry->second;
    }
    const Edition& edition = *request_.shards;
    for (usize i = 0; i < edition.shards.size(); ++i) {
      if (edition.shards[i] == nullptr) continue;
      const std::optional<DocNo> doc = TRY(edition.shards[i]->find_id(id));
      if (!doc.has_value() || edition.overlays[i]->dead.contains(to_index(*doc))) continue;
      const Lsn lsn = TRY(edition.shards[i]->lsn_of(*doc));
      Place place{edition.shards[i]->file_id(), *doc, lsn, true};
      if (place.lsn > entry->second.lsn) std::swap(place, entry->second);
      if (place.alive) stale_.push_back(place);
    }
    return &entry->second;
  }

  static Result<Place> live_in(const View& view, const std::string& id) {
    const std::optional<Located> found = TRY(find_live(view, id));
    if (!found.has_value()) return Place{};
    const Index& index = *view.indexes[found->index].index;
    const Lsn lsn = TRY(index.lsn_of(found->doc));
    return Place{index.file_id(), found->doc, lsn, true};
  }

  const ReplayRequest& request_;
  std::optional<Analyser> analyser_;
  FileId log_;
  std::optional<delta::IndexWriter> writer_;
  std::unordered_map<std::string, Place> known_;
  std::vector<Place> stale_;  // of the frame at hand: older versions in shards
};

}  // namespace

Result<std::shared_ptr<delta::Arena>> make_arena(const catalog::ProjectPaths& paths,
                                                 const delta::ArenaIdentity& identity, bool in_file,
                                                 u32 expected_terms) {
  if (!in_file) {
    SharedMap map = TRY(SharedMap::anonymous(delta::arena_bytes_max));
    return delta::Arena::create(std::move(map), identity, expected_terms);
  }
  // Whoever still maps a file of that name keeps it: the name gets a new file, never new content.
  TRY(remove_file(paths.index(identity.log)));
  File file = TRY(File::open(paths.index(identity.log), File::Mode::create_new));
  SharedMap map = TRY(SharedMap::open(std::move(file), delta::arena_bytes_max));
  return delta::Arena::create(std::move(map), identity, expected_terms);
}

Result<ReplayedLog> replay_log(const ReplayRequest& request, const catalog::LogEntry& entry) {
  return Replay(request).run(entry);
}

Result<std::vector<ReplayedLog>> replay_logs(const ReplayRequest& request) {
  Replay replay(request);
  std::vector<ReplayedLog> logs;
  for (const catalog::LogEntry& entry : request.manifest->logs) {
    logs.push_back(TRY(replay.run(entry)));
  }
  return logs;
}

}  // namespace shale::store
