// Segments of a store as NDJSON, or as the files of Out of Context: the flow of the program's
// `export`.
//
// Goes through snapshots page by page, oldest first: ids of a page are held, texts one at a time.
// Where lines go is the caller's: a file (draft_file), or the program's standard output.
#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include <shale/store.hpp>

#include "base/error.hpp"
#include "base/integers.hpp"
#include "exchange/context_writer.hpp"

namespace shale::exchange {

struct ExportedView {
  std::string project;
  Snapshot snapshot;
};

struct Exported {
  std::uint64_t segments = 0;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  // Of what the files of Out of Context have no place for, how much there is: "the attributes of
  // 3".
  std::string losses = {};
  std::vector<Fault> faults = {};  // what could not be read, and is not there
};

class StoreExport {
 public:
  // All of it must outlive this.
  StoreExport(std::span<const ExportedView> views, const std::string& where,
              const ProgressCallback& progress, const std::stop_token& stop)
      : views_(views), where_(where), progress_(progress), stop_(stop) {}

  using Put = std::function<Result<void>(std::string_view bytes)>;
  Result<void> lines_to(const Put& put);
  Result<void> lines_to_file(const std::filesystem::path& path);
  // stashed/PROJECT.json in it.
  Result<void> context_to_folder(const std::filesystem::path& folder);

  // So far.
  Exported done() const;

 private:
  using Visit = std::function<Result<void>(const Segment&)>;
  Result<void> each(const ExportedView& asked, const Visit& visit);
  Result<void> one(const ExportedView& view, const std::string& id, const Visit& visit);
  Result<void> write_project(const ExportedView& view, const std::filesystem::path& path);
  Result<void> put_away(std::string& buffer, const Put& put);
  void keep(const std::vector<Fault>& faults);

  std::span<const ExportedView> views_;
  const std::string& where_;
  const ProgressCallback& progress_;
  const std::stop_token& stop_;
  ContextLosses losses_;
  Exported done_;
  std::set<std::string> told_;  // of the faults
};

}  // namespace shale::exchange
