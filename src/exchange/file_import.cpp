#include "exchange/file_import.hpp"

#include <optional>

#include "exchange/batch_writer.hpp"
#include "exchange/import_files.hpp"
#include "exchange/rehearsal.hpp"

namespace shale::exchange {

namespace {

class FileImport {
 public:
  FileImport(const Store* into, const FileImportOptions& options, const ProgressCallback& progress,
             const std::stop_token& stop)
      : options_(options), progress_(progress), stop_(stop) {
    if (options.dry_run) {
      rehearsal_.emplace(into);
    } else {
      writer_.emplace(*into, BatchWriter::Mode::automatic, [this] { return goes_on(); });
    }
  }
  FileImport(const FileImport&) = delete;

  Result<void> run(const ImportPlan& plan, ImportedFiles& done) {
    for (const ImportFile& file : plan.files) total_bytes_ += file.bytes;
    if (writer_) writer_->expect(total_bytes_);
    if (rehearsal_) rehearsal_->expect(total_bytes_);
    ImportRun run = make_run();
    auto read = exchange::import_files(run, plan, options_.sql);
    // What stands before the end of an import that was broken off is kept, as ingest keeps it.
    if (read && writer_) read = writer_->flush();
    tell(run.counts(), done);
    return read;
  }

 private:
  ImportRun make_run() {
    ImportOptions options;
    options.project = options_.project;
    options.with_deleted = options_.with_deleted;
    return ImportRun(std::move(options),
                     {.stash =
                          [this](const std::string& project, NewSegment segment) {
                            ++taken_;
                            return writer_ ? writer_->add(project, std::move(segment))
                                           : rehearsal_->add(project, segment);
                          },
                      .warn =
                          [this](const std::string& message) {
                            if (options_.warn) options_.warn(message);
                          },
                      .advance = [this](u64 bytes) { return advance(bytes); }});
  }

  bool goes_on() const {
    return !stop_.stop_requested() &&
           (!progress_ || progress_({read_bytes_, total_bytes_, taken_}));
  }

  Result<void> advance(u64 bytes) {
    read_bytes_ += bytes;
    if (goes_on()) return {};
    return fail(ErrorCode::cancelled, "Interrupted.");
  }

  void tell(const ImportCounts& counts, ImportedFiles& done) {
    done.files = counts.files;
    done.bad = counts.bad;
    done.skipped = counts.skipped;
    done.damaged = counts.damaged;
    done.unreadable = counts.unreadable;
    done.undecidable = counts.undecidable;
    if (rehearsal_) {
      done.stashed = rehearsal_->stashed();
      done.replaced = rehearsal_->replaced();
      done.text_bytes = rehearsal_->text_bytes();
      return;
    }
    done.stashed = writer_->stashed();
    done.replaced = writer_->replaced();
    done.counted = writer_->counted();
    done.text_bytes = writer_->text_bytes();
    writer_->for_each_project(
        [&](const Project& project) { done.projects.push_back(project.name()); });
  }

  const FileImportOptions& options_;
  const ProgressCallback& progress_;
  const std::stop_token& stop_;
  std::optional<BatchWriter> writer_;
  std::optional<Rehearsal> rehearsal_;
  u64 total_bytes_ = 0;
  u64 read_bytes_ = 0;
  u64 taken_ = 0;
};

}  // namespace

Result<ImportPlan> plan_paths(std::span<const std::filesystem::path> paths,
                              const FileImportOptions& options) {
  std::optional<ImportFormat> forced;
  if (!options.sql.empty()) forced = ImportFormat::database;
  if (!options.format.empty()) {
    forced = format_by_name(options.format);
    if (!forced) {
      return fail(ErrorCode::invalid_argument,
                  "There is no format \"" + options.format + "\": " + format_names() + ".");
    }
  }
  ImportPlan all;
  for (const std::filesystem::path& path : paths) {
    ImportPlan one = TRY(plan_import(path, forced));
    all.files.insert(all.files.end(), one.files.begin(), one.files.end());
    all.left_alone.insert(all.left_alone.end(), one.left_alone.begin(), one.left_alone.end());
  }
  return all;
}

Result<void> import_planned(const Store* into, const ImportPlan& plan,
                            const FileImportOptions& options, const ProgressCallback& progress,
                            const std::stop_token& stop, ImportedFiles& done) {
  return FileImport(into, options, progress, stop).run(plan, done);
}

}  // namespace shale::exchange
