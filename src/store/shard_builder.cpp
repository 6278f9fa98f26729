#include "store/shard_builder.hpp"

#include <chrono>

#include "base/file.hpp"
#include "base/system.hpp"
#include "shard/shard_writer.hpp"
#include "store/term_merge.hpp"
#include "store/text_transfer.hpp"

namespace shale::store {

namespace {

constexpr u32 stop_checked_every = 1024;  // terms or documents
constexpr int guard_attempts_max = 10;
constexpr std::chrono::milliseconds guard_patience{1000};

Unexpected cancelled() { return fail(ErrorCode::cancelled, "The merge was cancelled"); }

Result<void> write_terms(const BuildRequest& request, shard::ShardWriter& writer) {
  const std::unique_ptr<TermMerge> terms = TRY(TermMerge::make(request.sources, *request.plan));
  TermPostings term;
  for (u32 n = 1; TRY(terms->next(term)); ++n) {
    TRY(writer.add_term(term));
    if (n % stop_checked_every == 0 && request.stop.stop_requested()) return cancelled();
  }
  return {};
}

// How many texts were counted.
Result<u64> write_documents(const BuildRequest& request, shard::ShardWriter& writer) {
  TextTransfer texts =
      TRY(TextTransfer::make(request.sources, *request.plan, request.newest_dictionary, writer));
  PlannedMetadata metadata(request.sources, *request.plan, request.counting, request.stop);
  for (u32 n = 0; n < request.plan->documents.size(); ++n) {
    const PlannedDocument& from = request.plan->documents[n];
    const IndexView& view = request.sources[from.source].view;
    const DocNo doc{from.doc};
    shard::DocumentToWrite document;
    const Metadata counted = TRY(metadata.next());
    document.metadata = &counted;
    document.text_hash = TRY(view.index->text_hash(doc));
    document.word_count = request.plan->word_counts[n];
    if (!request.local_lsns) document.lsn = TRY(view.index->lsn_of(doc));
    TRY(texts.fetch(from, document));
    TRY(writer.add_document(document));
    if (n % stop_checked_every == 0 && request.stop.stop_requested()) return cancelled();
  }
  return metadata.counted();
}

shard::ShardOptions options_of(const BuildRequest& request) {
  shard::ShardOptions options;
  options.id = request.id;
  options.document_count = u32(request.plan->documents.size());
  options.word_counts = request.plan->word_counts;
  options.positions = request.positions;
  options.fast_reads = request.fast_reads;
  options.analysis = request.analysis;
  options.words_version = request.words_version;
  options.replaced = request.replaced;
  return options;
}

// Reads the new file from the disk, not from what the page cache remembers of writing it.
Result<std::shared_ptr<const shard::Shard>> reopen(const BuildRequest& request,
                                                   const std::filesystem::path& path) {
  const File file = TRY(File::open(path, File::Mode::read));
  TRY(file.drop_cached());
  std::shared_ptr<const shard::Shard> shard = TRY(shard::Shard::open(path, request.budget));
  std::vector<Fault> faults;
  TRY(shard->verify(faults, shard::Texts::some,
                    [&](u64) { return !request.stop.stop_requested(); }));
  if (!faults.empty()) {
    return fail_at(ErrorCode::corrupt,
                   "The new shard fails its verification: " + faults.front().message, path.string(),
                   faults.front().offset);
  }
  return shard;
}

// The new file, locked. Where somebody took it for an orphan before that, another one.
Result<shard::ShardWriter> guarded_writer(const BuildRequest& request,
                                          const std::filesystem::path& path,
                                          std::shared_ptr<LockFile>& guard) {
  const std::filesystem::path unfinished = shard::unfinished_path(path);
  for (int attempt = 0; attempt < guard_attempts_max; ++attempt) {
    shard::ShardWriter writer = TRY(shard::ShardWriter::make(path, options_of(request)));
    Result<LockFile> file = LockFile::open(unfinished, false);
    if (!file && file.error().code == ErrorCode::not_found) continue;
    guard = std::make_shared<LockFile>(TRY(std::move(file)));
    // Whoever takes it for an orphan has the lock until it is gone.
    const bool locked = TRY(guard->lock(0, std::chrono::steady_clock::now() + guard_patience));
    if (locked && TRY(guard->still_at_path())) return writer;
  }
  return fail_at(ErrorCode::busy, "The new shard was taken for an orphan each time",
                 unfinished.string());
}

Result<BuiltShard> build(const BuildRequest& request, const std::filesystem::path& path) {
  BuiltShard built;
  shard::ShardWriter writer = TRY(guarded_writer(request, path, built.guard));
  TRY(write_terms(request, writer));
  built.counted = TRY(write_documents(request, writer));
  const shard::ShardWriter::Finished finished = TRY(writer.finish());
  TRY(rename_path(shard::unfinished_path(path), path));
  TRY(sync_folder(path.parent_path()));  // a manifest that names it must find the name
  built.shard = TRY(reopen(request, path));
  built.entry.id = request.id;
  built.entry.file_bytes = finished.file_bytes;
  built.entry.checksum = finished.checksum;
  built.entry.documents = request.plan->documents.size();
  built.entry.text_bytes = finished.text_bytes;
  built.entry.word_count = finished.word_count;
  return built;
}

}  // namespace

BuildRequest build_request(const Project::State& project, const View& view) {
  const catalog::Manifest& manifest = view.edition->manifest;
  BuildRequest request;
  request.paths = project.paths;
  // Two builders may take the same sequence: the random half keeps their files apart, and
  // whichever is published moves the manifest's counter on.
  request.id = {manifest.next_sequence, random_u64()};
  request.positions = manifest.keeps_positions();
  request.fast_reads = project.config.fast_reads;
  request.analysis = analysis_name(view.edition->analysis);
  request.words_version = manifest.words_version;
  request.counting.tokenizer = project.config.tokenizer;
  request.budget = project.caches->pages;
  return request;
}

Result<Buffer> newest_dictionary(const View& view) {
  for (auto shard = view.edition->shards.rbegin(); shard != view.edition->shards.rend(); ++shard) {
    if (*shard != nullptr && (*shard)->dictionary_count() > 0) {
      return (*shard)->dictionary((*shard)->dictionary_count() - 1);
    }
  }
  return Buffer();
}

Result<BuiltShard> build_shard(const BuildRequest& request) {
  const std::filesystem::path path = request.paths.shard(request.id);
  Result<BuiltShard> built = build(request, path);
  if (!built) {
    // What is left is an orphan nobody names; not removing it is no failure of its own.
    (void)remove_file(shard::unfinished_path(path));
    (void)remove_file(path);
  }
  return built;
}

}  // namespace shale::store
