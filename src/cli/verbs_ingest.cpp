// ingest add: many segments, from NDJSON and from files.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <optional>

#include "base/file.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/verbs.hpp"
#include "exchange/batch_writer.hpp"
#include "exchange/line_reader.hpp"
#include "exchange/ndjson_reader.hpp"
#include "sync/folder_scanner.hpp"

namespace shale::cli {

namespace {

using Clock = std::chrono::steady_clock;
using exchange::BatchWriter;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

bool not_interrupted() { return !interrupted(); }

Unexpected cancelled() { return fail(ErrorCode::cancelled, "Interrupted."); }

void report(Context& context, const BatchWriter& writer, u64 bad, Clock::time_point started,
            bool on_stdout) {
  const double seconds = seconds_since(started);
  if (!context.output.is_text()) {
    context.output.object({{"stashed", writer.stashed()},
                           {"replaced", writer.replaced()},
                           {"counted", writer.counted()},
                           {"bad", bad},
                           {"text_bytes", writer.text_bytes()},
                           {"seconds", seconds}});
    return;
  }
  std::string text = fmt::format("stashed {} ({} replaced), {} in {:.2f} s", writer.stashed(),
                                 writer.replaced(), size_text(writer.text_bytes()), seconds);
  if (bad > 0) text += fmt::format(", {} refused", bad);
  if (!on_stdout) return context.output.note(text);
  if (!context.output.quiet) context.output.line(text);
}

// --- ingest -------------------------------------------------------------------------------------

struct IngestOptions {
  std::vector<std::string> files;
  u64 ack = 0;  // 0: no acknowledgements
  bool strict = false;
  CreateOptions create;
};

// An input and the descriptor it is read by; standard input stays open.
class Input {
 public:
  static Result<Input> open(const std::string& name) {
    if (name == "-") return Input(std::nullopt, "the standard input");
    File file = TRY(File::open(name, File::Mode::read));
    return Input(std::move(file), name);
  }

  int descriptor() const { return file_ ? file_->descriptor() : STDIN_FILENO; }
  const std::string& name() const { return name_; }
  u64 size() const {  // 0 for what has none
    struct stat status {};
    const bool known = fstat(descriptor(), &status) == 0 && S_ISREG(status.st_mode);
    return known ? u64(status.st_size) : 0;
  }

 private:
  Input(std::optional<File> file, std::string name)
      : file_(std::move(file)), name_(std::move(name)) {}
  std::optional<File> file_;
  std::string name_;
};

class Ingestion {
 public:
  Ingestion(Context& context, const IngestOptions& options, Store store)
      : context_(context),
        options_(options),
        writer_(std::move(store),
                options.ack > 0 || options.strict ? BatchWriter::Mode::manual
                                                  : BatchWriter::Mode::automatic,
                not_interrupted) {}

  Result<Exit> run() {
    watch_for_interrupt();
    std::vector<std::string> files = options_.files;
    if (files.empty()) files.emplace_back("-");
    for (const std::string& file : files) {
      auto read_in = input(file);
      if (!read_in) return failed(std::move(read_in).error());
      if (strict_failed_) return strict_failure();
    }
    auto flushed = writer_.flush();
    if (!flushed) return failed(std::move(flushed).error());
    acknowledge_rest();
    writer_.for_each_project([&](Project& project) { context_.keep_up(project); });
    report(context_, writer_, bad_, started_, options_.ack == 0);
    return Exit::ok;
  }

 private:
  Result<void> input(const std::string& file) {
    const Input source = TRY(Input::open(file));
    exchange::LineReader lines(source.descriptor(), source.name(), exchange::line_bytes_max);
    ProgressBar bar("ingest", context_.output.quiet);
    const u64 size = source.size();
    writer_.expect(size);
    while (true) {
      const auto line = TRY(lines.next());
      if (line.state == exchange::LineReader::State::end) return {};
      ++consumed_;
      TRY(take(line, options_.ack > 0 || file == "-" ? "" : source.name()));
      if (strict_failed_) return {};
      if (interrupted()) return cancelled();
      TRY(acknowledge());
      bar.show(lines.bytes_read(), size, writer_.stashed());
    }
  }

  Result<void> take(const exchange::LineReader::Line& line, const std::string& source) {
    if (line.state == exchange::LineReader::State::too_long) {
      refuse(line.number, source,
             fmt::format("The line is longer than {}.", size_text(exchange::line_bytes_max)));
      return {};
    }
    if (line.text.find_first_not_of(" \t") == std::string_view::npos) return {};
    auto parsed = reader_.read(line.text);
    if (parsed && !parsed->has_id) {
      parsed = fail(ErrorCode::invalid_argument, "The line has no \"id\".");
    }
    auto added = parsed ? writer_.add(parsed->project.value_or(context_.globals.project),
                                      std::move(parsed->segment))
                        : Result<void>(Unexpected{std::move(parsed).error()});
    if (added || added.error().code != ErrorCode::invalid_argument) return added;
    refuse(line.number, source, added.error().message);
    return {};
  }

  void refuse(u64 line, const std::string& source, const std::string& reason) {
    ++bad_;
    strict_failed_ = options_.strict;
    if (options_.ack > 0) {
      context_.output.line(fmt::format("error {} {}", consumed_, printable(reason)));
      context_.output.flush();
      return;
    }
    context_.output.warning(source.empty() ? fmt::format("line {}: {}", line, reason)
                                           : fmt::format("{}:{}: {}", source, line, reason));
    if (strict_failed_) strict_reason_ = fmt::format("Line {} was refused: {}", line, reason);
  }

  Result<void> acknowledge() {
    if (options_.ack == 0 || consumed_ % options_.ack != 0) return {};
    TRY(writer_.flush());
    print_acknowledged();
    return {};
  }

  void acknowledge_rest() {
    if (options_.ack > 0 && consumed_ != acknowledged_) print_acknowledged();
  }

  void print_acknowledged() {
    acknowledged_ = consumed_;
    context_.output.line(fmt::format("ack {}", consumed_));
    context_.output.flush();
  }

  Result<Exit> strict_failure() {
    return fail(ErrorCode::invalid_argument, strict_reason_ + " Nothing was applied.");
  }

  // What was committed before stays: say how much that is.
  Result<Exit> failed(Error error) {
    if (writer_.stashed() > 0) {
      context_.output.warning(
          fmt::format("{} segments of this input are stashed, the rest is not", writer_.stashed()));
    }
    return Unexpected{std::move(error)};
  }

  Context& context_;
  const IngestOptions& options_;
  BatchWriter writer_;
  exchange::NdjsonReader reader_;
  Clock::time_point started_ = Clock::now();
  u64 consumed_ = 0;  // lines of all inputs
  u64 acknowledged_ = 0;
  u64 bad_ = 0;
  bool strict_failed_ = false;
  std::string strict_reason_;
};

Result<Exit> ingest(Context& context, const IngestOptions& options) {
  if (options.strict && options.ack > 0) {
    return fail(ErrorCode::invalid_argument,
                "--strict makes the input one batch, --ack many: choose one.");
  }
  Store store = TRY(context.store_to_write(options.create));
  return Ingestion(context, options, std::move(store)).run();
}

// --- add ----------------------------------------------------------------------------------------

struct AddOptions {
  std::vector<std::string> paths;
  u64 lines = 0;
  CreateOptions create;
};

Result<Exit> add(Context& context, const AddOptions& options) {
  watch_for_interrupt();
  const auto started = Clock::now();
  BatchWriter writer(TRY(context.store_to_write(options.create)), BatchWriter::Mode::automatic,
                     not_interrupted);
  ProgressBar bar("add", context.output.quiet);
  u64 segments = 0;
  u64 bytes = 0;
  const auto sink = [&](NewSegment segment) -> Result<void> {
    if (interrupted()) return cancelled();
    bytes += segment.text.size();
    bar.show(bytes, 0, ++segments);
    return writer.add(context.globals.project, std::move(segment));
  };
  const std::vector<std::filesystem::path> paths(options.paths.begin(), options.paths.end());
  const auto scanned = TRY(sync::scan_paths(paths, {.lines = options.lines}, sink));
  TRY(writer.flush());
  for (const auto& problem : scanned.problems) {
    context.output.warning(fmt::format("{}: {}", problem.path, problem.reason));
  }
  writer.for_each_project([&](Project& project) { context.keep_up(project); });
  report(context, writer, scanned.problems.size(), started, true);
  // Some files passed over: the rest is stashed, but the call did not do all it was asked.
  return scanned.problems.empty() ? Exit::ok : Exit::failed;
}

void add_ingest(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(app, "ingest", "stores the segments of NDJSON lines");
  auto options = std::make_shared<IngestOptions>();
  verb->add_option("FILE", options->files, "files of NDJSON; - or nothing: standard input");
  verb->add_flag("--ack{1}", options->ack,
                 "commit every N lines (1) and print `ack M` once M lines are durable")
      ->check(whole_number());
  verb->add_flag("--strict", options->strict, "all of the input or, on a bad line, nothing");
  add_create_options(*verb, options->create);
  verb->callback([&context, options] {
    context.action = [&context, options] { return ingest(context, *options); };
  });
}

}  // namespace

void add_ingest_verbs(CLI::App& app, Context& context) {
  add_ingest(app, context);
  CLI::App* verb = add_verb(app, "add", "stores files and folders as segments");
  auto options = std::make_shared<AddOptions>();
  verb->add_option("PATH", options->paths, "files and folders")->required();
  verb->add_option("--lines", options->lines, "lines of a piece (default: up to 64 KiB)")
      ->check(whole_number());
  add_create_options(*verb, options->create);
  verb->callback([&context, options] {
    context.action = [&context, options] { return add(context, *options); };
  });
}

}  // namespace shale::cli
