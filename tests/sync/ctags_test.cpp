#include "sync/ctags.hpp"

#include <sys/stat.h>
#include <sys/wait.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "base/on_all_cores.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/sync/chunk_checks.hpp"

namespace shale::sync {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using testing::Names;
using testing::TemporaryFolder;
using Clock = std::chrono::steady_clock;

const std::string greeting =
    "echo '{\"_type\": \"program\", \"name\": \"Universal Ctags\", \"version\": \"5.9.0\"}'\n";
// Reads a question, the bytes as well; $n is the name it gives, $s how many bytes.
const std::string read_question =
    "IFS= read -r q || exit; n=${q#*filename\\\":\\\"}; n=${n%%\\\"*}; s=${q##*size\\\":}; "
    "s=${s%\\}}\n"
    "dd bs=1 count=$s of=/dev/null 2>/dev/null\n";
const std::string completed = "echo '{\"_type\": \"completed\", \"command\": \"generate-tags\"}'\n";

std::string answer(const std::string& line, const std::string& last, const std::string& name) {
  return "printf '%s\\t" + line + "\\t" + last + "\\tmethod\\t\\t" + name + "\\n' \"$n\"\n";
}

std::string forever(const std::string& script) { return "while :; do\n" + script + "done\n"; }

// A folder with a program of that name.
class Fake {
 public:
  explicit Fake(const std::string& script, const std::string& name = "ctags") { add(script, name); }
  void add(const std::string& script, const std::string& name) const {
    std::ofstream(folder_ / name) << "#!/bin/sh\n" << script;
    chmod((folder_ / name).c_str(), 0700);
  }
  std::string path() const { return folder_.path().string(); }

 private:
  TemporaryFolder folder_;
};

constexpr CtagsLimits quick{.start = 20s, .file = 1s, .failures = 2};
constexpr std::string_view ruby = "def f\n  1\nend\n\ndef g\n  2\nend\n";

Names names(const std::vector<Symbol>& symbols) {
  Names all;
  for (const Symbol& symbol : symbols) all.push_back(symbol.name);
  return all;
}

Names ask(Ctags& ctags, std::string_view path = "a.rb", std::string_view text = ruby) {
  return names(ctags.symbols_of(path, text));
}

bool says(const Ctags& ctags, std::string_view what) {
  const auto trouble = ctags.trouble();
  INFO(trouble.value_or("nothing"));
  CHECK((trouble && trouble->find(what) != std::string::npos));
  return trouble && trouble->find(what) != std::string::npos;
}

std::string content_of(const std::string& path) {
  std::string all;
  std::getline(std::ifstream(path), all, '\0');
  return all;
}

bool has_children() { return waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD; }

std::string search_path() {
  const char* const path = std::getenv("PATH");
  return path == nullptr ? "" : path;
}

// Whether there is a real one; says so where there is none.
bool is_installed() {
  Ctags ctags(search_path());
  const bool is_there = ask(ctags) == Names{"f", "g"};
  if (!is_there) WARN("skipped: no Universal Ctags here");
  return is_there;
}

// Chunks as a sync makes them; "defect: ..." where they do not make up the text.
Names cut(Ctags& ctags, const std::string& path, std::string_view text) {
  const ChunkRules rules;
  const auto symbols = ctags.symbols_of(path, text);
  const auto chunks = chunk_text(path, text, rules, symbols);
  const std::string wrong = testing::defect(text, chunks, rules.bytes_max);
  return wrong.empty() ? testing::names_of(chunks) : Names{"defect: " + wrong};
}

}  // namespace

TEST_CASE("ctags: one that is not there is no trouble") {
  const TemporaryFolder empty;
  Ctags ctags(empty.path().string());
  CHECK(ask(ctags).empty());
  CHECK(ctags.trouble() == std::nullopt);
}

TEST_CASE("ctags: is asked for languages of its own, once for each file") {
  const TemporaryFolder seen;
  const std::string log = (seen / "log").string();
  const Fake fake("echo start >> " + log + '\n' + greeting +
                  forever(read_question + "echo \"$n $s\" >> " + log + '\n' +
                          answer("1", "3", "f") + completed));
  {
    Ctags ctags(fake.path());
    CHECK(ask(ctags, "a.c").empty());
    CHECK(ask(ctags, "a.txt").empty());
    CHECK(ask(ctags, "x/--options=y\n.rb") == Names{"f"});
    CHECK(ask(ctags, "-.PHP", "12345") == Names{"f"});
    CHECK(ask(ctags, "empty.lua", "") == Names{"f"});
    CHECK(ctags.trouble() == std::nullopt);
  }
  CHECK_FALSE(has_children());
  CHECK(content_of(log) == "start\n1.rb 29\n2.php 5\n3.lua 0\n");
}

TEST_CASE("ctags: other programs of that name are refused, and told once") {
  const Fake exuberant("echo 'ctags: Unknown option: --_interactive' >&2; exit 1\n");
  Ctags refused(exuberant.path(), quick);
  CHECK(ask(refused).empty());
  CHECK(ask(refused).empty());
  CHECK(says(refused, "ctags: it ended before it had answered; files of"));
  const Fake talker("echo 'Exuberant Ctags 5.8'; sleep 100\n");
  Ctags other(talker.path(), quick);
  CHECK(ask(other).empty());
  CHECK(says(other, "it is another program"));
  const Fake other_json("echo '{\"name\": \"Other\"}'; sleep 100\n");
  Ctags json(other_json.path(), quick);
  CHECK(ask(json).empty());
  CHECK(says(json, "it is another program"));
  // The right one may have another name.
  exuberant.add(greeting + forever(read_question + answer("1", "3", "f") + completed),
                "ctags-universal");
  Ctags found(exuberant.path());
  CHECK(ask(found) == Names{"f"});
  CHECK(found.trouble() == std::nullopt);
}

TEST_CASE("ctags: one without a sandbox will do") {
  const Fake fake("case $* in *=sandbox*) exit 1;; esac\n" + greeting +
                  forever(read_question + answer("1", "3", "f") + completed));
  Ctags ctags(fake.path());
  CHECK(ask(ctags) == Names{"f"});
}

TEST_CASE("ctags: one that hangs as it starts is not waited for again") {
  const TemporaryFolder seen;
  const std::string log = (seen / "log").string();
  const Fake fake("echo start >> " + log + "\nsleep 100\n");
  Ctags ctags(fake.path(), {.start = 1s});
  const auto start = Clock::now();
  for (int i = 0; i < 100; ++i) CHECK(ask(ctags).empty());
  CHECK(Clock::now() - start < 20s);
  CHECK(says(ctags, "in time"));
  CHECK(content_of(log) == "start\n");
  CHECK_FALSE(has_children());
}

TEST_CASE("ctags: one that fails over a file fails over that file alone, and a few times at most") {
  struct Case {
    std::string script;
    std::string_view reason;
  };
  const Case cases[] = {
      {"sleep 100\n", "it did not answer in time"},
      {read_question + "exit 1\n", "it ended before it had answered"},
      {read_question + "printf '1.rb\\t1\\t'\nexit\n", "it ended before it had answered"},
      {read_question + "yes garbage\n", "its answer makes no sense"},
      {read_question + "while :; do printf xxxxxxxx; done\n", ""},
      {read_question + "head -c 100000 /dev/urandom; sleep 100\n", ""},
  };
  for (const Case& one : cases) {
    INFO(one.script);
    const Fake fake(greeting + one.script);
    Ctags ctags(fake.path(), quick);
    for (int i = 0; i < 6; ++i) CHECK(ask(ctags).empty());
    CHECK(says(ctags, one.reason));
    CHECK(says(ctags, "cut by lines"));
  }
  CHECK_FALSE(has_children());
}

TEST_CASE("ctags: after some failures it is asked no more") {
  const TemporaryFolder seen;
  const std::string log = (seen / "log").string();
  const Fake fake("echo start >> " + log + '\n' + greeting + read_question + "exit 1\n");
  Ctags ctags(fake.path(), quick);
  for (int i = 0; i < 6; ++i) CHECK(ask(ctags).empty());
  CHECK(content_of(log) == "start\nstart\n");
}

TEST_CASE("ctags: where one has died or is out of turn, the next file asks another one") {
  const TemporaryFolder seen;
  const std::string log = (seen / "log").string();
  const std::string f = answer("1", "3", "f") + completed;
  const std::string two_answers =
      "echo start >> " + log + '\n' + greeting + read_question + f + read_question + f;
  // Then it dies, or says what the question before was.
  const Names thens = {"exit\n", read_question + "n=2.rb\n" + f};
  for (const std::string& then : thens) {
    const Fake fake(two_answers + then);
    Ctags ctags(fake.path());
    for (int i = 0; i < 6; ++i) CHECK(ask(ctags) == Names{"f"});
    CHECK(ctags.trouble() == std::nullopt);
    CHECK(content_of(log) == "start\nstart\nstart\n");
    std::filesystem::remove(log);
  }
}

TEST_CASE("ctags: what is said behind an answer is no part of the next one") {
  const Fake fake(greeting + forever(read_question + answer("1", "3", "f") + completed +
                                     answer("1", "3", "more")));
  Ctags ctags(fake.path(), quick);
  for (int i = 0; i < 6; ++i) {
    const Names found = ask(ctags);
    CHECK((found.empty() || found == Names{"f"}));
  }
}

TEST_CASE("ctags: lines that are not in the text do no harm") {
  const Fake fake(greeting +
                  forever(read_question + answer("0", "3", "zero") + answer("6", "2", "back") +
                          answer("1", "99999999999999999999", "far") +
                          answer("4000000000", "", "x") + answer("99999999999", "", "y") +
                          answer("2", "3", "inner") + completed));
  Ctags ctags(fake.path());
  for (const std::string_view text : {ruby, std::string_view("x"), std::string_view("\n\n")}) {
    const Names all = cut(ctags, "a.rb", text);
    REQUIRE_FALSE(all.empty());
    CHECK_FALSE(all[0].starts_with("defect"));
  }
  CHECK(ctags.trouble() == std::nullopt);
}

TEST_CASE("ctags: many threads ask, each a process of its own") {
  const Fake fake(greeting + forever(read_question + answer("1", "3", "f") + completed));
  {
    Ctags ctags(fake.path());
    CHECK(on_all_cores(200, [&](usize) -> Result<void> {
      return ask(ctags) == Names{"f"} ? Result<void>() : fail(ErrorCode::io, "no symbols");
    }));
    CHECK(ctags.trouble() == std::nullopt);
  }
  CHECK_FALSE(has_children());
}

TEST_CASE("ctags: the real one, several languages, byte for byte") {
  if (!is_installed()) return;
  Ctags ctags(search_path());
  CHECK(cut(ctags, "a.rb",
            "require 'x'\n# of A\nclass A\n  def f\n    1\n  end\nend\n\ndef h\nend\n") ==
        Names{"A", "h"});
  CHECK(cut(ctags, "a.php",
            "<?php\nnamespace N;\nclass A {\n  function f() {\n  }\n  function g() {\n  }\n}\n") ==
        Names{"N"});
  CHECK(cut(ctags, "a.lua", "function M.f(a)\n  return a\nend\n\nfunction g()\nend\n") ==
        Names{"M.f", "g"});
  CHECK(cut(ctags, "a.sh", "set -e\nf() {\n  echo\n}\n\ng() {\n  :\n}\nf\n") == Names{"f", "g"});
  CHECK(cut(ctags, "a.pl", "package A;\n\nsub f {\n  1\n}\n\nsub g {\n  2\n}\n1;\n") ==
        Names{"A", "f", "g"});
  CHECK(cut(ctags, "a.jl", "function f(x)\n  x\nend\n\nfunction g(x)\n  x\nend\n") ==
        Names{"f", "g"});
  CHECK(cut(ctags, "a.proto", "message A {\n  int32 a = 1;\n}\n\nmessage B {\n}\n") ==
        Names{"A", "B"});
  CHECK(cut(ctags, "a.scala", "object A {\n}\n") == Names{""});  // unknown to it
  const std::string body = "    # " + std::string(300, 'x') + '\n';
  std::string long_class = "<?php\nclass A {\n";
  for (char name = 'a'; name < 'q'; ++name)
    long_class += std::string("  function ") + name + "() {\n" + body + "  }\n\n";
  long_class += "}\n\nfunction g() {\n}\n";
  const Names all = cut(ctags, "b.php", long_class);
  REQUIRE(all.size() == 18);
  CHECK(all[0] == "A");
  CHECK(all[1] == "A.a");
  CHECK(all[16] == "A.p");
  CHECK(all[17] == "g");
  CHECK(ctags.trouble() == std::nullopt);
}

TEST_CASE("ctags: the real one, any bytes") {
  if (!is_installed()) return;
  Ctags ctags(search_path());
  const std::string text =
      "class A::\xff\n def self.<=>(x)\nend end\0\nmodule \r\n \"\x01\\n{\n\"_type\n"s;
  for (const char* path : {"a.rb", "a.php", "a.lua", "a.pl", "a.sh", "a.ex", "a.m", "a.sql", "a.el",
                           "a.hs", "a.r", "a.d", "a.jl", "a.tcl", "a.vim", "a.ps1", "a.f90"}) {
    INFO(path);
    for (usize size = 0; size <= text.size(); size += 5) {
      const Names all = cut(ctags, path, std::string_view(text).substr(0, size));
      CHECK((all.empty() ? size == 0 : !all[0].starts_with("defect")));
    }
  }
  std::string many;
  for (int i = 0; i < 20'000; ++i) many += "def f" + std::to_string(i) + "\nend\n";
  CHECK(cut(ctags, "many.rb", many).size() == 20'000);
  const auto start = Clock::now();
  for (int i = 0; i < 500; ++i) REQUIRE(ask(ctags).size() == 2);
  std::printf("ctags: %.2f ms for a small file\n",
              std::chrono::duration<double>(Clock::now() - start).count() * 1e3 / 500);
  CHECK(ctags.trouble() == std::nullopt);
}

}  // namespace shale::sync
