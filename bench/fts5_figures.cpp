// The same questions to a store and to SQLite's FTS5, both in this process, both warm.
//
//   fts5_figures build DATABASE SHARD                 a table of the shard's documents
//   fts5_figures compare DATABASE STORE SHARD [PER_PATTERN [KIND]]
//
// The table is FTS5 at its best: contentless, all positions (detail=full), optimised into one
// b-tree, mapped, and it holds the very words that the store has (the plain analysis' own, joined
// by blanks), so that both have the same hits: they are counted and compared before a time is
// printed. A `build` that finds a table of the same documents does nothing. FTS5 answers rowids of
// the ten best; the store ids, metadata and the exact number of hits, which FTS5 is not asked for
// while time is taken. Prints one JSON object, times in microseconds; ends with 1 where hits
// differ.
#include <sqlite3.h>

#include <stdexcept>

#include <shale/shale.hpp>

#include "bench/figures.hpp"
#include "bench/sampled_queries.hpp"
#include "text/words.hpp"

namespace {

using namespace shale::bench;
using shale::u32;
using shale::u64;

constexpr int rounds = 3;
constexpr double patience_us = 1e6;  // for all rounds of a query
constexpr u32 hits_wanted = 10;

class Database {
 public:
  explicit Database(const char* path) {
    if (sqlite3_open(path, &handle_) != SQLITE_OK) fail("open");
    run("PRAGMA mmap_size=34359738368; PRAGMA cache_size=-262144");
  }
  ~Database() { sqlite3_close(handle_); }
  Database(const Database&) = delete;

  sqlite3* handle() const { return handle_; }
  void run(const char* sql) const {
    if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(sql);
  }
  [[noreturn]] void fail(const char* what) const {
    throw std::runtime_error(std::string(what) + ": " + sqlite3_errmsg(handle_));
  }

 private:
  sqlite3* handle_ = nullptr;
};

class Statement {
 public:
  Statement(const Database& database, const std::string& sql) : database_(database) {
    if (sqlite3_prepare_v2(database.handle(), sql.c_str(), -1, &handle_, nullptr) != SQLITE_OK) {
      database.fail(sql.c_str());
    }
  }
  ~Statement() { sqlite3_finalize(handle_); }
  Statement(const Statement&) = delete;

  void bind(int at, const std::string& text) {
    sqlite3_bind_text(handle_, at, text.data(), int(text.size()), SQLITE_TRANSIENT);
  }
  void bind(int at, u64 number) { sqlite3_bind_int64(handle_, at, sqlite3_int64(number)); }
  // False at the end; what was bound stays.
  bool step() {
    const int code = sqlite3_step(handle_);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) database_.fail(sqlite3_sql(handle_));
    sqlite3_reset(handle_);
    return false;
  }
  u64 number() { return u64(sqlite3_column_int64(handle_, 0)); }

 private:
  const Database& database_;
  sqlite3_stmt* handle_ = nullptr;
};

// -- the table --

bool is_made_of(const Database& database, const shale::shard::Shard& shard) {
  Statement known(database, "SELECT count(*) FROM sqlite_master WHERE name = 'made_of'");
  if (!known.step() || known.number() == 0) return false;
  Statement same(database, "SELECT count(*) FROM made_of WHERE documents = ? AND words = ?");
  same.bind(1, u64(shard.document_count()));
  same.bind(2, shard.word_count());
  return same.step() && same.number() == 1;
}

std::string words_of(shale::WordScanner& scanner, const std::string& text) {
  std::string words;
  scanner.scan(text);
  for (const shale::Word word : scanner.words()) words.append(scanner.spelling(word)) += ' ';
  return words;
}

int build(const char* path, const char* shard_path) {
  const auto shard = shale::shard::Shard::open(shard_path, nullptr).value();
  {
    const Database database(path);
    if (is_made_of(database, *shard)) return 0;
  }
  std::remove(path);
  const Database database(path);
  database.run("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN");
  database.run(
      "CREATE VIRTUAL TABLE fts USING fts5(text, content='', detail=full, "
      "tokenize=\"ascii tokenchars '_'\")");
  database.run("CREATE TABLE seg(id INTEGER PRIMARY KEY, topic TEXT)");
  Statement words(database, "INSERT INTO fts(rowid, text) VALUES(?, ?)");
  Statement columns(database, "INSERT INTO seg VALUES(?, ?)");
  shale::WordScanner scanner;
  for (u32 doc = 0; doc < shard->document_count(); ++doc) {
    words.bind(1, doc + 1);
    words.bind(2, words_of(scanner, shard->text(shale::DocNo{doc}).value()));
    words.step();
    columns.bind(1, doc + 1);
    columns.bind(2, shard->metadata(shale::DocNo{doc}).value().topic.value_or(""));
    columns.step();
  }
  database.run("CREATE INDEX seg_topic ON seg(topic)");
  database.run("INSERT INTO fts(fts) VALUES('optimize')");
  database.run("CREATE TABLE made_of(documents INTEGER, words INTEGER)");
  Statement made(database, "INSERT INTO made_of VALUES(?, ?)");
  made.bind(1, u64(shard->document_count()));
  made.bind(2, shard->word_count());
  made.step();
  database.run("COMMIT; ANALYZE");
  return 0;
}

// -- the questions --

std::string match_of(const SampledQuery& query, shale::Match match) {
  std::string text;
  if (query.kind == "phrase" || query.kind == "prefix") {
    for (const std::string& word : query.words) text.append(text.empty() ? "\"" : " ").append(word);
    return text + (query.kind == "phrase" ? "\"" : "\" *");
  }
  const char* const between = match == shale::Match::any ? " OR " : " ";
  for (const std::string& word : query.words) {
    text.append(text.empty() ? "" : between).append('"' + word + '"');
  }
  return text;
}

class Fts5 {
 public:
  Fts5(const Database& database, bool is_filtered)
      : is_filtered_(is_filtered),
        best_(database, "SELECT fts.rowid" + from(is_filtered) + " ORDER BY rank LIMIT " +
                            std::to_string(hits_wanted)),
        count_(database, "SELECT count(*)" + from(is_filtered)) {}

  u64 search(const SampledQuery& query, shale::Match match) {
    bind(best_, query, match);
    u64 hits = 0;
    while (best_.step()) ++hits;
    return hits;
  }
  u64 count(const SampledQuery& query, shale::Match match) {
    bind(count_, query, match);
    if (!count_.step()) return 0;
    const u64 count = count_.number();
    count_.step();
    return count;
  }

 private:
  static std::string from(bool is_filtered) {
    return is_filtered ? " FROM fts JOIN seg ON seg.id = fts.rowid WHERE fts MATCH ? AND "
                         "seg.topic = ?"
                       : " FROM fts WHERE fts MATCH ?";
  }
  void bind(Statement& statement, const SampledQuery& query, shale::Match match) const {
    statement.bind(1, match_of(query, match));
    if (is_filtered_) statement.bind(2, query.topic);
  }

  bool is_filtered_;
  Statement best_, count_;
};

shale::Answer search(const shale::Snapshot& store, const SampledQuery& query, shale::Match match) {
  shale::Query asked;
  asked.text = query.text();
  asked.where = query.where();
  asked.match = match;
  asked.limit = hits_wanted;
  asked.snippets = false;
  return store.search(asked).value();
}

// One kind of query; says how many had other hits here than there.
std::size_t compare(const char* name, const Database& database, const shale::Snapshot& store,
                    const std::vector<SampledQuery>& queries, shale::Match match) {
  Fts5 fts5(database, !queries.empty() && !queries.front().topic.empty());
  std::vector<double> ours, theirs;
  std::size_t differing = 0;
  for (const SampledQuery& query : queries) {
    u64 found = fts5.search(query, match);  // warms
    const shale::Answer answer = search(store, query, match);
    if (answer.total != fts5.count(query, match) || answer.hits.size() != found) {
      ++differing;
      std::fprintf(stderr, "%s: %llu hits here, %llu there: %s %s\n", name,
                   static_cast<unsigned long long>(answer.total),
                   static_cast<unsigned long long>(fts5.count(query, match)), query.text().c_str(),
                   query.where().c_str());
      continue;
    }
    ours.push_back(1e12);
    theirs.push_back(1e12);
    double spent = 0;
    for (int round = 0; round < rounds && spent < patience_us; ++round) {
      const double there = warm_microseconds_of([&] { found += fts5.search(query, match); });
      const double here = warm_microseconds_of([&] { found += search(store, query, match).total; });
      theirs.back() = std::min(theirs.back(), there);
      ours.back() = std::min(ours.back(), here);
      spent += there;
    }
  }
  std::printf(",\"%s\":{\"queries\":%zu,\"differing\":%zu,\"shale\":{%s},\"fts5\":{%s}}", name,
              queries.size(), differing, shares_of(ours).c_str(), shares_of(theirs).c_str());
  std::fflush(stdout);
  return differing;
}

// Of one kind, or of all where `only` is empty.
int compare_all(const char* path, const char* store_path, const char* shard_path, int per_pattern,
                const std::string& only) {
  const auto shard = shale::shard::Shard::open(shard_path, nullptr).value();
  const Database database(path);
  if (!is_made_of(database, *shard)) throw std::runtime_error("a table of other documents");
  const auto now = shale::Store::open(store_path, {.result_bytes = 0})
                       .value()
                       .project("default")
                       .value()
                       .snapshot()
                       .value();
  QuerySampler sampler(*shard);
  const std::vector<SampledQuery> words = sampler.by_pattern(per_pattern);
  const int count = 20 * per_pattern;
  const auto run = [&](const char* name, const std::vector<SampledQuery>& queries,
                       shale::Match match) -> std::size_t {
    if (!only.empty() && only != name) return 0;
    return compare(name, database, now, queries, match);
  };
  std::printf("{\"documents\":%u", shard->document_count());
  std::size_t differing = run("and", words, shale::Match::all);
  differing += run("or", words, shale::Match::any);
  differing += run("filtered", sampler.filtered(count), shale::Match::all);
  differing += run("phrase", sampler.phrases(count), shale::Match::all);
  differing += run("prefix", sampler.prefixes(count), shale::Match::all);
  std::printf("}\n");
  return differing == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string verb = argc > 1 ? argv[1] : "";
  if (verb == "build" && argc == 4) return build(argv[2], argv[3]);
  if (verb == "compare" && argc >= 5 && argc <= 7) {
    return compare_all(argv[2], argv[3], argv[4], argc > 5 ? std::stoi(argv[5]) : 8,
                       argc > 6 ? argv[6] : "");
  }
  std::fprintf(stderr,
               "usage: fts5_figures build DATABASE SHARD | "
               "compare DATABASE STORE SHARD [PER_PATTERN [KIND]]\n");
  return 2;
} catch (const std::exception& error) {
  std::fprintf(stderr, "fts5_figures: %s\n", error.what());
  return 1;
}
