// A store with all kinds of files, and its bundle: what tests of bundles take apart.
//
// Used by tests/backup only.
#pragma once

#include "tests/backup/backup_fixture.hpp"

namespace shale::testing {

struct Bundled {
  TemporaryFolder folder;
  path source = folder / "source";
  path bundle = folder / "bundle";
  path target = folder / "target";
  Store store = Store::open(source, plain_store()).value();
  Project project = store.project("default").value();

  Bundled() {
    stash_many(project, "s", 8);
    project.merge(true).value();
    stash(project, "s1", "second");
    erase(project, "s2");
    project.merge(false).value();
    Update pinned;
    pinned.pinned = true;
    update(project, "s3", pinned);
    stash(project, "late", "text", Durability::full);
    Project other = store.project("Other/Project").value();
    stash(other, "o", "text", Durability::full);
  }
  BackedUp pack(const BackupOptions& options = {}) const {
    return back_up_to_bundle(store, bundle, options).value();
  }
  std::vector<std::string> names() const { return files_in(folder.path()); }
};

}  // namespace shale::testing
