// A store as a bundle, and a store of one: which members there are, and where they go.
//
// Out: the store's options; then project by project, each pinned while it is written, so that no
// merge matters; of an active log, what the snapshot sees. In: into a draft folder, each member
// checked as it passes; logs first under the bundle's ids, then rewritten under new ones. What the
// bytes of the file mean is in bundle_format.hpp.
#pragma once

#include "backup/bundle_reader.hpp"
#include "backup/bundle_writer.hpp"
#include "backup/meter.hpp"

namespace shale::backup {

Result<void> write_bundle(const Store& store, BundleWriter& bundle, Meter& meter);
// Every byte of it is as it was written.
Result<void> check_bundle(const BundleReader& bundle, const Meter& meter);
// `folder` is there, and holds nothing of a store.
Result<void> unpack_bundle(const BundleReader& bundle, const std::filesystem::path& folder,
                           Meter& meter);

}  // namespace shale::backup
