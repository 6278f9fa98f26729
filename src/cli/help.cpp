#include "cli/help.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace shale::cli {

namespace {

struct Examples {
  std::string_view verb;
  std::string_view lines;
};

constexpr Examples examples[] = {
    {"init",
     "shale init                      # makes .shale here; verbs below this folder find it\n"
     "shale init --shard-by month ~/notes\n"
     "shale init --index none          # texts are read by id and found by fields, not by words\n"},
    {"ingest",
     "shale ingest segments.ndjson\n"
     "producer | shale ingest --ack=100 -   # `ack M`: M lines are safe\n"
     "shale ingest --strict day.ndjson      # all of it, or nothing and exit 2\n"},
    {"import",
     "shale import ~/.out_of_context          # stashed/, evicted/, storage.json, contexts/\n"
     "shale import --dry-run storage.json     # reads and checks all, writes nothing\n"
     "shale import --project notes a_2025-12.json\n"
     "shale import docdevai.db                # documents, their metadata and versions\n"
     "shale import ../laptop/.shale --on-conflict newest   # another store: the union of both\n"
     "shale import --dry-run ../laptop/.shale --json       # what is new, the same, different\n"
     "shale import --sql 'select key as id, body as text, author from notes' notes.db\n"},
    {"export",
     "shale export > notes.ndjson             # `ingest` and `import` read it back, field by "
     "field\n"
     "shale export --all-projects --where type:decision -o decisions.ndjson\n"
     "shale export --format json --all-projects -o FOLDER   # as Out of Context has it\n"},
    {"add",
     "shale add src include README.md\n"
     "shale add --lines 30 src        # pieces of 30 lines\n"},
    {"sync",
     "shale sync src                  # reads what has changed since the last time\n"
     "shale sync --plan --json src    # what would be done, file by file, and what depends on it\n"
     "shale sync --watch src          # and keeps up while files are saved, until Ctrl-C\n"
     "shale sync src --keep-deps edges.ndjson   # {\"from\": \"a.c\", \"to\": [\"a.h\", \"b.h\"]} "
     "a line\n"
     "shale sync --plan --json src --deps edges.ndjson   # by these instead of what is kept\n"
     "shale sync --no-ctags src       # Ruby, PHP, shell, ... by lines: alike on every machine\n"
     "shale sync lib --prefix lib/ --only '*.py' --without tests/\n"},
    {"stash",
     "shale stash --type decision \"we keep the log\"\n"
     "shale stash --id build-1 --type log --tag ci - < build.log\n"
     "shale stash --attr source=wiki --attr rank:=3 \"with attributes\"\n"
     "shale stash --ttl 7d \"a week\"    # then `gc retain` removes it\n"},
    {"get",
     "shale get build-1\n"
     "shale get src/main.cpp#1 --lines 10:20\n"
     "shale get --json m1 m2\n"},
    {"rm", "shale rm m1 m2\n"},
    {"update",
     "shale update m1 --task perf --add-tag slow --remove-tag new\n"
     "shale update m1 --no-topic --attr rank:=4 --remove-attr source\n"},
    {"touch", "shale touch m1\n"},
    {"pin", "shale pin m1 m2\n"},
    {"unpin", "shale unpin m1\n"},
    {"search",
     "shale search why is search slow\n"
     "shale search merge policy --where 'file:src/** type:code' --limit 3\n"
     "shale search --where 'task:perf created:>=2025-12-01' -- the option --no-merge\n"
     "shale search merge --facet type --facet tag --limit 0  # counts of all matches by value\n"
     "shale search merge --recency 7d --json      # new ones first; `cursor`: for the next page\n"
     "shale search '/merg\\w+\\(/ colour~ brow*'  # by pattern, likeness and beginning\n"
     "shale search merge --explain                # the plan, what was read, times\n"},
    {"backup",
     "shale backup monday                  # a store of its own; shards are hard links\n"
     "shale backup --bundle notes.bundle   # one file\n"
     "shale backup tuesday --copy --verify # shares nothing; read again and checked\n"},
    {"changes",
     "shale changes --since 2h              # LSN, time, process, what, id\n"
     "shale changes --id m1                 # what became of one segment\n"
     "shale changes --follow --ndjson       # as it happens, until Ctrl-C\n"
     "shale changes --since 1099511640328 --json   # the answer's `lsn` is the next --since\n"},
    {"restore",
     "shale restore monday notes.shale     # where there is no store, or an empty folder\n"
     "shale restore notes.bundle again --verify\n"},
    {"pack",
     "shale pack why is search slow --tokens 8000    # the best that fits, never a token more\n"
     "shale pack merge --tokens 2000 --where type:code --format markdown\n"
     "shale pack merge --tokens 2000 --since 0123456789abcdef0123456789abcdef  # `unchanged`?\n"},
    {"list",
     "shale list --where type:decision --sort touched --limit 20\n"
     "shale list --sort -tokens       # smallest first\n"
     "shale list --sort accessed      # read last; accesses: read most often\n"},
    {"count",
     "shale count --where 'type:code pinned:true'\n"
     "shale count --by tag --query 'merge policy'   # of what a search finds\n"
     "shale count --durable           # without what is not synced yet\n"},
    {"sum",
     "shale sum tokens --by type,task\n"
     "shale sum bytes --where tier:archive\n"
     "shale sum tokens --by project,day --all-projects\n"
     "shale sum tokens --by task --query 'slow search' --match any --times --json\n"},
    {"usage",
     "shale usage --limit 200000 --where tier:working\n"
     "shale usage --all-projects --json\n"},
    {"gc",
     "shale gc plan --task perf --file src/merge.cpp     # what neither leads to, best first\n"
     "shale gc plan --target 50000 --limit 20 --json     # as much as that takes\n"
     "shale gc run --task perf --target 50000 --confirm  # erases and stashes it\n"
     "shale gc retain                       # what the rules of shale.toml would remove\n"
     "shale gc retain --confirm             # removes it\n"
     "shale gc retain --max-age 90d --keep-last 100 --max-bytes 10G --json\n"},
    {"tokens",
     "shale tokens README.md          # of o200k_base\n"
     "producer | shale tokens --vocab cl100k_base\n"
     "shale tokens --vocab my.tiktoken --rules o200k README.md\n"
     "shale tokens --recount          # of all segments, by the store's tokenizer\n"},
    {"projects", "shale projects\n"},
    {"config", "shale config\n"},
    {"merge",
     "shale merge                     # what is due\n"
     "shale merge --full              # down to one shard\n"},
    {"stats",
     "shale stats                     # what the project holds, and what all processes do with it\n"
     "shale stats --watch 5           # every 5 seconds, with rates since the last look\n"
     "shale stats --all-projects --format prometheus\n"
     "shale stats --all-projects --json\n"},
    {"cache",
     "shale cache stats               # what the page cache holds, and how much was hot\n"
     "shale cache warm                # what was hot when a project was last closed\n"
     "shale cache warm --all          # every shard\n"
     "shale cache clear               # for measurements of a cold store\n"},
    {"verify", "shale verify                    # exit 3 where anything is damaged\n"},
    {"who",
     "shale who                       # processes with the project open, oldest first\n"
     "shale who --all-projects --json\n"},
    {"inspect", "shale inspect .shale/projects/default/MANIFEST\n"},
    {"help", "shale help search\n"},
};

std::string option_lines(const CLI::App& app) {
  std::string out;
  for (const CLI::Option* option : app.get_options()) {
    const std::string name = option->get_positional() && option->get_lnames().empty()
                                 ? option->get_name(true)
                                 : option->get_name(false, true);
    out += fmt::format("  {:<24} {}\n", name, option->get_description());
  }
  return out;
}

}  // namespace

std::string_view examples_of(std::string_view verb) {
  const auto* found = std::find_if(std::begin(examples), std::end(examples),
                                   [&](const Examples& entry) { return entry.verb == verb; });
  return found == std::end(examples) ? std::string_view() : found->lines;
}

std::string overview_help(const CLI::App& app) {
  std::string out =
      "shale stores pieces of text with their metadata and finds them again.\n\n"
      "  shale stash \"Why is search slow?\"\n"
      "  shale add src\n"
      "  shale search slow search\n\n"
      "Verbs (`shale help VERB` has examples):\n";
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    out += fmt::format("  {:<10} {}\n", verb->get_name(), verb->get_description());
  }
  out += "\nOptions of every verb:\n" + option_lines(app);
  out +=
      "\nThe store: --store, else $SHALE_STORE, else the nearest .shale upwards, else\n"
      "$XDG_DATA_HOME/shale. Exit status: 0 ok, 1 nothing found, 2 usage or bad lines under\n"
      "--strict, 3 damaged data, 4 busy, 5 I/O error or no store, 6 store of a newer version,\n"
      "130 interrupted.\n";
  return out;
}

std::string verb_help(const CLI::App& app, const std::string& verb) {
  const auto matches =
      app.get_subcommands([&](const CLI::App* one) { return one->get_name() == verb; });
  if (matches.empty()) return {};
  const CLI::App* found = matches.front();
  std::string out = fmt::format("shale {}: {}.\n\nExamples:\n", verb, found->get_description());
  std::string_view lines = examples_of(verb);
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    out += fmt::format("  {}\n", lines.substr(0, end));
    lines.remove_prefix(end + 1);
  }
  out += "\nOptions:\n" + option_lines(*found);
  for (const CLI::App* below : found->get_subcommands([](const CLI::App*) { return true; })) {
    out += fmt::format("\n`{} {}` {}:\n", verb, below->get_name(), below->get_description()) +
           option_lines(*below);
  }
  return out + "\nOptions of every verb:\n" + option_lines(app);
}

}  // namespace shale::cli
