#include "sync/comparison.hpp"

#include "tests/support/catch.hpp"

namespace shale::sync {
namespace {

const FileStamp stamp{5, 1000, 7};

KnownFile known(std::string path, FileStamp of = stamp, bool is_settled = true) {
  return {std::move(path), of, 1, is_settled};
}

using Paths = std::vector<std::string>;

struct Compared {
  Paths changed;
  Paths added;
  Paths gone;
  u64 unchanged = 0;
};

Compared compared(const std::vector<WalkedFile>& files, const std::vector<KnownFile>& known,
                  std::string_view prefix = "", const Paths& unread = {}, bool trusts = true) {
  std::vector<const WalkedFile*> taken;
  for (const WalkedFile& file : files) taken.push_back(&file);
  const Comparison comparison = compare(taken, known, prefix, unread, trusts);
  Compared result;
  for (const Candidate& one : comparison.to_read) {
    (one.known == nullptr ? result.added : result.changed).push_back(one.file->path);
    if (one.known != nullptr) CHECK(one.known->path == std::string(prefix) + one.file->path);
  }
  for (const KnownFile* file : comparison.gone) result.gone.push_back(file->path);
  result.unchanged = comparison.unchanged;
  return result;
}

}  // namespace

TEST_CASE("comparison: both lists are gone through once, in the order of walks") {
  const Compared result = compared({{"a/b", stamp}, {"a.c", stamp}, {"d", stamp}, {"z", stamp}},
                                   {known("a/a"), known("a/b"), known("c"), known("z")});
  CHECK(result.added == Paths{"a.c", "d"});
  CHECK(result.gone == Paths{"a/a", "c"});
  CHECK(result.unchanged == 2);
  CHECK(result.changed.empty());
}

TEST_CASE("comparison: each part of a stamp tells, and one that is not settled tells nothing") {
  const WalkedFile file{"a", stamp};
  CHECK(compared({file}, {known("a")}).unchanged == 1);
  CHECK(compared({file}, {known("a", {6, 1000, 7})}).changed == Paths{"a"});
  CHECK(compared({file}, {known("a", {5, 1001, 7})}).changed == Paths{"a"});
  CHECK(compared({file}, {known("a", {5, 1000, 8})}).changed == Paths{"a"});
  CHECK(compared({file}, {known("a", stamp, false)}).changed == Paths{"a"});
  CHECK(compared({file}, {known("a")}, "", {}, false).changed == Paths{"a"});
}

TEST_CASE("comparison: prefixes come off, and what lies below an unread folder is left alone") {
  const Compared result =
      compared({{"b", stamp}}, {known("p/a/x"), known("p/ab"), known("p/b")}, "p/", {"a"});
  CHECK(result.unchanged == 1);
  CHECK(result.gone == Paths{"p/ab"});
}

TEST_CASE("comparison: patterns of files, and of folders above them") {
  const Paths only = {"*.c", "docs/"};
  const Paths without = {"/gen", "*_test.c"};
  const TakenPaths taken(only, without);
  CHECK(taken.contains("a.c"));
  CHECK(taken.contains("x/a.c"));
  CHECK(taken.contains("x/docs/y/z"));
  CHECK_FALSE(taken.contains("a.h"));
  CHECK_FALSE(taken.contains("x/a_test.c"));
  CHECK_FALSE(taken.contains("gen/a.c"));
  CHECK(taken.contains("x/gen/a.c"));
  CHECK(TakenPaths({}, {}).contains("any"));
}

}  // namespace shale::sync
