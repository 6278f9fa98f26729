// A store with a history of every kind, backups of it, and the question whether one equals another.
//
// The history is that of an oracle: who commits writes down what and at which LSN, so that the
// contents at any LSN are known afterwards. Used by tests/backup only.
#pragma once

#include <shale/backup.hpp>

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/in_memory.hpp"

namespace shale::testing {

inline StoreOptions plain_store() {
  StoreOptions options;
  options.create = true;
  options.analysis = "plain";
  options.tokenizer = "none";
  return options;
}

// What a segment says of itself, as far as these tests change it.
struct Said {
  std::string text;
  bool pinned = false;
  bool operator==(const Said&) const = default;
};
using Saids = std::map<std::string, Said>;

inline Saids said_by(const Snapshot& snapshot) {
  Listing all;
  all.limit = 1'000'000;
  const Page page = snapshot.list(all).value();
  Saids result;
  for (const Metadata& metadata : page.segments) {
    result[metadata.id] = {text_of(snapshot, metadata.id), metadata.pinned};
  }
  return result;
}
inline Saids said_by(const Store& store, const std::string& project = "default") {
  return said_by(store.project(project).value().snapshot().value());
}
inline Saids said_in(const path& folder, const std::string& project = "default") {
  return said_by(Store::open(folder, reading()).value(), project);
}

// Empty where both are the same.
inline std::string difference(const Saids& is, const Saids& wanted) {
  std::string told;
  const auto tell = [](const Saids& in, const std::string& id) {
    const auto found = in.find(id);
    if (found == in.end()) return std::string("nothing");
    return found->second.text.substr(0, 30) + (found->second.pinned ? " pinned" : "");
  };
  for (const auto& [id, said] : wanted) {
    if (!is.contains(id) || is.at(id) != said) {
      told += id + ": " + tell(is, id) + " instead of " + tell(wanted, id) + "; ";
    }
  }
  for (const auto& [id, said] : is) {
    if (!wanted.contains(id)) told += id + " is there; ";
  }
  return told;
}

inline std::vector<Fault> faults_of(const Store& store) {
  std::vector<Fault> faults;
  const std::vector<std::string> names = store.projects().value();
  for (const std::string& name : names) {
    const Verified verified = store.project(name).value().verify().value();
    faults.insert(faults.end(), verified.faults.begin(), verified.faults.end());
  }
  return faults;
}

// Who committed what, from all threads.
class History {
 public:
  struct Change {
    std::string id;
    std::optional<std::string> text;  // stashed
    std::optional<bool> pinned;       // updated
    bool erased = false;
  };

  void add(u64 lsn, std::vector<Change> changes) {
    const std::lock_guard lock(mutex_);
    changes_[lsn] = std::move(changes);
  }
  Saids at(u64 lsn) const {
    const std::lock_guard lock(mutex_);
    Saids result;
    for (const auto& [when, changes] : changes_) {
      if (when > lsn) break;
      for (const Change& change : changes) apply(change, result);
    }
    return result;
  }

 private:
  static void apply(const Change& change, Saids& to) {
    if (change.erased) {
      to.erase(change.id);
    } else if (change.text.has_value()) {
      to[change.id] = {*change.text, false};
    } else if (to.contains(change.id)) {
      to[change.id].pinned = *change.pinned;
    }
  }

  mutable std::mutex mutex_;
  std::map<u64, std::vector<Change>> changes_;
};

// One random batch: commits it, writes it down.
inline void random_batch(Project& project, std::mt19937_64& random, History& history,
                         bool may_be_bulk = true) {
  Batch batch;
  std::vector<History::Change> changes;
  std::map<std::string, bool> used;  // one change for each id: the last of several would win
  const u64 count = random() % 6 + 1;
  const bool is_bulk = may_be_bulk && random() % 16 == 0;  // takes new segments only
  for (u64 n = 0; n < count; ++n) {
    const std::string id = "s" + std::to_string(random() % 60);
    if (std::exchange(used[id], true)) continue;
    const u64 kind = is_bulk ? 7 : random() % 8;
    if (kind == 0) {
      batch.erase(id);
      changes.push_back({id, {}, {}, true});
    } else if (kind == 1) {
      Update update;
      update.pinned = random() % 2 == 0;
      batch.update(id, update);
      changes.push_back({id, {}, update.pinned, false});
    } else {
      const std::string text =
          "text " + std::to_string(random()) + std::string(random() % 300, 'x');
      batch.stash(segment(id, text));
      changes.push_back({id, text, {}, false});
    }
  }
  const Durability durability = random() % 2 == 0 ? Durability::relaxed : Durability::full;
  const Result<Committed> result =
      is_bulk ? project.ingest(batch) : project.commit(batch, durability);
  const Committed committed = result.value();
  // One that found nothing to change has the LSN of another.
  const u64 changed = committed.stashed + committed.updated + committed.erased;
  if (changed != 0) history.add(committed.lsn, std::move(changes));
}

}  // namespace shale::testing
