#include <random>

#include "sync/chunks.hpp"
#include "tests/support/catch.hpp"
#include "tests/sync/mirror_fixture.hpp"

// Random edits of a folder, each followed by a sync: the project is what a fresh one would be.
// SHALE_EDITS=N for more of them than a test run has time for.
namespace shale::testing {
namespace {

namespace fs = std::filesystem;

int edit_count() {
  const char* const wanted = std::getenv("SHALE_EDITS");
  return wanted == nullptr ? 150 : std::stoi(wanted);
}

class Editor {
 public:
  Editor(Mirrored& mirrored, unsigned seed) : mirrored_(mirrored), random_(seed) {}

  // What was done, for messages.
  std::string edit() {
    const fs::path path = some_file();
    switch (below(9)) {
      case 0:
      case 1:
        return write(new_path(), some_text());
      case 2:
        return append(path);
      case 3:
        fs::remove(path);
        return "delete " + path.string();
      case 4:
        return rename(path, new_path());
      case 5:
        return truncate(path);
      case 6:
      case 7:
        return same_size(path);
      default:
        return swap(path, some_file());
    }
  }

  bool has_files() const { return !files().empty(); }

  std::string write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return "write " + path.string();
  }

  fs::path new_path() {
    const char* names[] = {"a.cpp", "b.py", "c.md", "d.txt", "e#1.c", "f"};
    fs::path path = mirrored_.root();
    if (below(2) == 0) path /= below(2) == 0 ? "sub" : "other";
    return path / (std::to_string(below(4)) + names[below(6)]);
  }

  std::string some_text() {
    const char* parts[] = {"int f() {\n  return 1;\n}\n",
                           "int g() {\n  return 2;\n}\n",
                           "# Heading\n",
                           "def h():\n    pass\n",
                           "words and words\n",
                           "no end of line",
                           "\xff\xfe\n",
                           "class A {\n  int x;\n};\n\n"};
    std::string text;
    for (auto i = below(12); i > 0; --i) text += parts[below(8)];
    return text;
  }

 private:
  u64 below(u64 limit) { return random_() % limit; }

  std::vector<fs::path> files() const {
    std::vector<fs::path> result;
    for (const auto& entry : fs::recursive_directory_iterator(mirrored_.root()))
      if (entry.is_regular_file()) result.push_back(entry.path());
    std::sort(result.begin(), result.end());
    return result;
  }

  fs::path some_file() {
    if (!has_files()) write(new_path(), some_text());
    const auto all = files();
    return all[below(all.size())];
  }

  std::string append(const fs::path& path) {
    std::ofstream(path, std::ios::binary | std::ios::app) << some_text();
    return "append " + path.string();
  }

  std::string truncate(const fs::path& path) {
    fs::resize_file(path, below(fs::file_size(path) + 1));
    return "truncate " + path.string();
  }

  std::string same_size(const fs::path& path) {
    std::string text = as_string(path);
    if (!text.empty()) text[below(text.size())] = char('a' + below(26));
    return write(path, text) + " at the same size";
  }

  std::string rename(const fs::path& from, const fs::path& to) {
    fs::create_directories(to.parent_path());
    fs::rename(from, to);
    return "rename " + from.string() + " to " + to.string();
  }

  std::string swap(const fs::path& a, const fs::path& b) {
    const fs::path aside = mirrored_.root() / "aside";
    fs::rename(a, aside);
    if (a != b) fs::rename(b, a);
    fs::rename(aside, b);
    return "swap " + a.string() + " and " + b.string();
  }

  static std::string as_string(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }

  Mirrored& mirrored_;
  std::mt19937_64 random_;
};

// The folder of `mirrored` in a project of its own.
Pieces freshly_imported(Mirrored& mirrored) {
  Mirrored fresh;
  REQUIRE(sync_with(fresh.project(), mirrored.root()));
  return fresh.pieces();
}

}  // namespace

TEST_CASE("mirror: after each of many random edits the project is what a fresh one would be") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  Mirrored mirrored;
  Editor editor(mirrored, seed);
  for (int i = 0; i < 10; ++i) editor.write(editor.new_path(), editor.some_text());
  mirrored.sync();
  for (int i = 0; i < edit_count(); ++i) {
    INFO("edit " << i);
    std::string done = editor.edit();
    for (auto more = i % 3; more > 0; --more) done += ", " + editor.edit();
    INFO(done);
    const Synced synced = mirrored.sync();
    REQUIRE(synced.problems.empty());
    REQUIRE(mirrored.pieces() == freshly_imported(mirrored));
    if (i % 40 == 0) REQUIRE(mirrored.project().merge(i % 80 == 0));
  }
  std::map<std::string, std::string> held = mirrored.texts();
  for (const auto& [file, text] : held) {
    std::ifstream in(mirrored.root() / file, std::ios::binary);
    CHECK(text == std::string(std::istreambuf_iterator<char>(in), {}));
  }
  CHECK(mirrored.project().verify().value().faults.empty());
}

}  // namespace shale::testing
