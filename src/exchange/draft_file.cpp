#include "exchange/draft_file.hpp"

namespace shale::exchange {

namespace fs = std::filesystem;

namespace {

fs::path draft_of(const fs::path& path) {
  fs::path draft = path;
  draft += ".tmp";
  return draft;
}

}  // namespace

Result<DraftFile> DraftFile::open(const fs::path& path) {
  const fs::path draft = draft_of(path);
  TRY(remove_file(draft));  // of a writer that was killed here
  File file = TRY(File::open(draft, File::Mode::create_new));
  file.pace_writes();
  return DraftFile(std::move(file), path);
}

DraftFile::~DraftFile() {
  if (file_ && file_->descriptor() >= 0) static_cast<void>(remove_file(file_->path()));
}

Result<void> DraftFile::append(std::string_view bytes) {
  TRY(file_->write_at(bytes_, as_bytes(bytes)));
  bytes_ += bytes.size();
  return {};
}

Result<void> DraftFile::publish() {
  TRY(file_->sync_data());
  TRY(rename_path(file_->path(), path_));
  file_.reset();
  const fs::path folder = path_.parent_path();
  return sync_folder(folder.empty() ? "." : folder);
}

}  // namespace shale::exchange
