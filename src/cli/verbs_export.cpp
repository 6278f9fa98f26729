// export: segments as NDJSON, which loses nothing, or as the files of Out of Context.
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>

#include "base/file.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/questions.hpp"
#include "cli/verbs.hpp"
#include "exchange/context_file.hpp"
#include "exchange/context_writer.hpp"
#include "exchange/draft_file.hpp"
#include "exchange/ndjson_writer.hpp"

namespace shale::cli {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

// Ids of a page are held, texts one at a time.
constexpr usize page_segments = 8192;
constexpr usize buffer_bytes = 1u << 20;

struct ExportOptions {
  std::string format = "ndjson";
  std::vector<std::string> where;
  std::string out;
};

class Exporting {
 public:
  Exporting(Context& context, const ExportOptions& options)
      : context_(context), options_(options), bar_("export", context.output.quiet) {}

  Result<Exit> run() {
    const bool is_json = options_.format == "json";
    if (is_json && to_stdout()) {
      return fail(ErrorCode::invalid_argument,
                  "--format json makes a file for each project: name their folder with -o.");
    }
    watch_for_interrupt();
    const std::vector<View> views = TRY(context_.views());
    TRY(is_json ? write_folder(views) : write_lines(views));
    report();
    context_.output.faults(faults_);
    return exit_for(true, faults_);
  }

 private:
  using Visit = std::function<Result<void>(const Segment&)>;

  bool to_stdout() const { return options_.out.empty() || options_.out == "-"; }

  // All segments that pass, oldest first.
  Result<void> each(const View& view, const Visit& visit) {
    Listing listing{joined(options_.where), "-created", page_segments};
    while (true) {
      const Page page = TRY(view.snapshot.list(listing));
      keep(page.faults);
      for (const Metadata& metadata : page.segments) TRY(one(view, metadata.id, visit));
      if (!page.last) return {};
      listing.after = page.last;
    }
  }

  Result<void> one(const View& view, const std::string& id, const Visit& visit) {
    if (interrupted()) return fail(ErrorCode::cancelled, "Interrupted.");
    const Fetched fetched = TRY(view.snapshot.get_many(std::span(&id, 1)));
    keep(fetched.faults);
    for (const Segment& segment : fetched.segments) {
      TRY(visit(segment));
      bar_.show(bytes_, 0, ++segments_);
    }
    return {};
  }

  // Every answer tells of the damage that is known: it is told once.
  void keep(const std::vector<Fault>& faults) {
    for (const Fault& fault : faults) {
      const std::string key = fmt::format("{} {} {} {}", fault.file, fault.offset, fault.message,
                                          fault.ids.empty() ? std::string() : fault.ids.front());
      if (told_.insert(key).second) faults_.push_back(fault);
    }
  }

  // --- NDJSON ---

  Result<void> write_lines(const std::vector<View>& views) {
    std::optional<exchange::DraftFile> draft;
    if (!to_stdout()) draft.emplace(TRY(exchange::DraftFile::open(options_.out)));
    std::string buffer;
    for (const View& view : views) {
      TRY(each(view, [&](const Segment& segment) -> Result<void> {
        exchange::append_segment(buffer, segment.metadata(),
                                 {.text = segment.text(), .project = view.project});
        buffer += '\n';
        return buffer.size() < buffer_bytes ? Result<void>() : put(draft, buffer);
      }));
    }
    TRY(put(draft, buffer));
    if (!draft) return {};
    ++files_;
    return draft->publish();
  }

  Result<void> put(std::optional<exchange::DraftFile>& draft, std::string& buffer) {
    bytes_ += buffer.size();
    if (draft) {
      TRY(draft->append(buffer));
    } else {
      context_.output.raw(buffer);
    }
    buffer.clear();
    return {};
  }

  // --- files of Out of Context ---

  Result<void> write_folder(const std::vector<View>& views) {
    const fs::path folder = fs::path(options_.out) / "stashed";
    TRY(make_folders(folder));
    for (const View& view : views) {
      const std::string name = exchange::project_file_stem(view.project) + ".json";
      TRY(write_project(view, folder / name));
    }
    const std::string lost = losses_.text();
    if (!lost.empty()) {
      context_.output.warning(
          fmt::format("Out of Context has no place for {}. It stands in keys that it passes over "
                      "and `import` reads; NDJSON holds all.",
                      lost));
    }
    return {};
  }

  Result<void> write_project(const View& view, const fs::path& path) {
    std::optional<exchange::DraftFile> draft = TRY(exchange::DraftFile::open(path));
    std::string buffer;
    exchange::ContextWriter writer(buffer, view.project, losses_);
    writer.begin();
    TRY(each(view, [&](const Segment& segment) -> Result<void> {
      writer.segment(segment.metadata(), segment.text());
      return buffer.size() < buffer_bytes ? Result<void>() : put(draft, buffer);
    }));
    writer.end();
    TRY(put(draft, buffer));
    ++files_;
    return draft->publish();
  }

  void report() {
    const double seconds = std::chrono::duration<double>(Clock::now() - started_).count();
    if (!context_.output.is_text() && !to_stdout()) {
      context_.output.object({{"exported", segments_},
                              {"files", files_},
                              {"bytes", bytes_},
                              {"seconds", seconds},
                              {"faults", json_of(faults_)}});
      return;
    }
    const std::string text =
        fmt::format("exported {}, {} in {:.2f} s", segments_, size_text(bytes_), seconds);
    if (to_stdout()) return context_.output.note(text);
    if (!context_.output.quiet) context_.output.line(text);
  }

  Context& context_;
  const ExportOptions& options_;
  ProgressBar bar_;
  Clock::time_point started_ = Clock::now();
  exchange::ContextLosses losses_;
  std::vector<Fault> faults_;
  std::set<std::string> told_;
  u64 segments_ = 0;
  u64 files_ = 0;
  u64 bytes_ = 0;
};

}  // namespace

void add_export_verb(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(app, "export", "prints segments as lines that `ingest` reads");
  auto options = std::make_shared<ExportOptions>();
  verb->add_option("--format", options->format,
                   "ndjson (the default), or json: stashed/PROJECT.json as Out of Context has it")
      ->check(CLI::IsMember({"ndjson", "json"}));
  add_where(*verb, options->where);
  verb->add_option("-o,--out", options->out, "the file, or the folder for json; - is stdout");
  verb->add_flag("--durable", context.globals.durable_only, "only what no power cut can take back");
  verb->callback([&context, options] {
    context.action = [&context, options] { return Exporting(context, *options).run(); };
  });
}

}  // namespace shale::cli
