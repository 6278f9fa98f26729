// Backups of a store while others write to it, and stores made of them.
//
//   auto done = shale::back_up(store, "/backups/monday").value();
//   std::printf("%llu files, %llu bytes copied\n", done.files, done.copied_bytes);
//   shale::restore("/backups/monday", "notes.shale").value();
//
// A backup is a store of its own: it opens, verifies and takes writes like any other, and neither
// it nor the one it was made of ever notices what is written to the other. Each project is there as
// one snapshot shows it (one edition, one LSN), `relaxed` commits included, all of it durable;
// projects are taken one after the other. Nobody waits for a backup: it takes no lock of the store.
//
// Shards and their overlays, which never change, are hard links where both folders are on one file
// system, so that a backup costs little time and space; logs are copied under new ids, never
// linked. What is made stands whole under its name or not at all, whatever stops the making; a call
// that was killed leaves `<name>.tmp`, which the next one of that name clears away.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include <shale/store.hpp>

namespace shale {

struct BackupOptions {
  // Shards may be hard links. Without it every byte is copied: damage to the disk, or purging a
  // text from one store, reaches no other one. Of no matter to bundles.
  bool may_link = true;
  // Read all that was made, and check it, before it gets its name. A bundle's checksums are checked
  // by every restore from it.
  bool verify = false;
};

struct BackedUpProject {
  std::string name;
  std::uint64_t edition = 0;  // of the source, as Snapshot tells them
  std::uint64_t lsn = 0;
};

struct BackedUp {
  std::uint64_t files = 0;  // that hold data
  std::uint64_t linked_files = 0;
  std::uint64_t linked_bytes = 0;
  std::uint64_t copied_bytes = 0;  // written, by hand or by the kernel
  std::vector<BackedUpProject> projects;
};

// Makes `folder`, which is absent or empty, a backup of the store; folders above it are made.
// invalid_argument where something is in it already, or where it lies in the store; busy where
// another call is making the same; corrupt where a project is damaged (it would pass for whole).
// Progress counts bytes copied. Safe from many threads.
SHALE_API Result<BackedUp> back_up(const Store& store, const std::filesystem::path& folder,
                                   const BackupOptions& options = {},
                                   const ProgressCallback& progress = {},
                                   std::stop_token stop = {});

// The same as one file, to be moved and cached as such, which replaces one of that name. No store:
// restore() makes one of it. Equal stores give equal bytes.
SHALE_API Result<BackedUp> back_up_to_bundle(const Store& store, const std::filesystem::path& file,
                                             const BackupOptions& options = {},
                                             const ProgressCallback& progress = {},
                                             std::stop_token stop = {});

// Makes `folder`, which is absent or empty, a store of a backup: a bundle, or a folder, which may
// be any store. Errors as those of back_up; not_found where there is no backup; corrupt, with the
// place, where a bundle is cut or damaged. Two stores restored from one backup share no log.
SHALE_API Result<BackedUp> restore(const std::filesystem::path& backup,
                                   const std::filesystem::path& folder,
                                   const BackupOptions& options = {},
                                   const ProgressCallback& progress = {},
                                   std::stop_token stop = {});

}  // namespace shale
