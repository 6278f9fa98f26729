// export: segments as NDJSON, which loses nothing, or as the files of Out of Context.
#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/questions.hpp"
#include "cli/verbs.hpp"
#include "exchange/store_export.hpp"

namespace shale::cli {

namespace {

using Clock = std::chrono::steady_clock;

struct ExportVerbOptions {
  std::string format = "ndjson";
  std::vector<std::string> where;
  std::string out;
};

class Exporting {
 public:
  Exporting(Context& context, const ExportVerbOptions& options)
      : context_(context), options_(options), bar_("export", context.output.quiet) {}

  Result<Exit> run() {
    const bool is_json = options_.format == "json";
    if (is_json && to_stdout()) {
      return fail(ErrorCode::invalid_argument,
                  "--format json makes a file for each project: name their folder with -o.");
    }
    watch_for_interrupt();
    std::vector<exchange::ExportedView> views;
    for (View& view : TRY(context_.views())) {
      views.push_back({std::move(view.project), std::move(view.snapshot)});
    }
    const std::string where = joined(options_.where);
    const ProgressCallback progress = progress_on(bar_);
    const std::stop_token never;
    exchange::StoreExport writing(views, where, progress, never);
    TRY(is_json ? writing.context_to_folder(options_.out) : write_lines(writing));
    const exchange::Exported done = writing.done();
    tell_losses(done);
    report(done);
    context_.output.faults(done.faults);
    return exit_for(true, done.faults);
  }

 private:
  bool to_stdout() const { return options_.out.empty() || options_.out == "-"; }

  Result<void> write_lines(exchange::StoreExport& writing) const {
    if (!to_stdout()) return writing.lines_to_file(options_.out);
    return writing.lines_to([this](std::string_view bytes) {
      context_.output.raw(bytes);
      return Result<void>();
    });
  }

  void tell_losses(const exchange::Exported& done) const {
    if (done.losses.empty()) return;
    context_.output.warning(
        fmt::format("Out of Context has no place for {}. It stands in keys that it passes over "
                    "and `import` reads; NDJSON holds all.",
                    done.losses));
  }

  void report(const exchange::Exported& done) {
    const double seconds = std::chrono::duration<double>(Clock::now() - started_).count();
    if (!context_.output.is_text() && !to_stdout()) {
      context_.output.object({{"exported", done.segments},
                              {"files", done.files},
                              {"bytes", done.bytes},
                              {"seconds", seconds},
                              {"faults", json_of(done.faults)}});
      return;
    }
    const std::string text =
        fmt::format("exported {}, {} in {:.2f} s", done.segments, size_text(done.bytes), seconds);
    if (to_stdout()) return context_.output.note(text);
    if (!context_.output.quiet) context_.output.line(text);
  }

  Context& context_;
  const ExportVerbOptions& options_;
  ProgressBar bar_;
  Clock::time_point started_ = Clock::now();
};

}  // namespace

void add_export_verb(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(app, "export", "prints segments as lines that `ingest` reads");
  auto options = std::make_shared<ExportVerbOptions>();
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
