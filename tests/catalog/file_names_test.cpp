#include "catalog/file_names.hpp"

#include <random>
#include <set>

#include "tests/support/catch.hpp"

namespace shale::catalog {
namespace {

TEST_CASE("plain names stand for themselves, others are escaped") {
  CHECK(encode_project_name("default") == "default");
  CHECK(encode_project_name("a_b-c.d9") == "a_b-c.d9");
  CHECK(encode_project_name("Notes") == "%4eotes");
  CHECK(encode_project_name("a/b c") == "a%2fb%20c");
  CHECK(encode_project_name("100%") == "100%25");
  CHECK(encode_project_name("\xc3\xa9") == "%c3%a9");
}

TEST_CASE("no name leaves the folder of projects or hides") {
  CHECK(encode_project_name("") == "%");
  CHECK(encode_project_name(".") == "%2e");
  CHECK(encode_project_name("..") == "%2e%2e");
  CHECK(encode_project_name(".a") == "%2ea");
  CHECK(encode_project_name("a.") == "a%2e");
  CHECK(encode_project_name("../x") == "%2e.%2fx");
}

TEST_CASE("names go there and back, and never meet") {
  const u32 seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  std::set<std::string> names;
  std::set<std::string> folders;
  for (int i = 0; i < 5000; ++i) {
    std::string name;
    for (auto n = random() % 12; n-- > 0;) {
      name += random() % 3 != 0 ? "aA.%/h0"[random() % 7] : char(random());
    }
    const std::string folder = encode_project_name(name);
    REQUIRE(decode_project_name(folder) == name);
    REQUIRE(folder.find('/') == std::string::npos);
    REQUIRE(folder.find('\0') == std::string::npos);
    names.insert(name);
    folders.insert(folder);
  }
  CHECK(names.size() == folders.size());
}

TEST_CASE("long names become a hash that the folder cannot undo") {
  const std::string fits(200, 'a');
  CHECK(encode_project_name(fits) == fits);
  const std::string folder = encode_project_name(fits + "a");
  CHECK(folder.size() == 2 + 32);
  CHECK(folder.substr(0, 2) == "%h");
  CHECK(folder != encode_project_name(fits + "b"));
  CHECK_FALSE(decode_project_name(folder));
  std::string japanese;
  for (int i = 0; i < 85; ++i) japanese += "\xe3\x81\x82";  // 255 bytes, 765 escaped (PROTOCOL C9)
  CHECK(encode_project_name(japanese).size() == 34);
}

TEST_CASE("what encode never gives is no project's folder") {
  for (const char* folder :
       {"", ".", "..", "a b", "A", "%4E", "%61", "a%2", "%2f%", ".hidden", "x.", "\xff"}) {
    INFO(folder);
    CHECK_FALSE(decode_project_name(folder));
  }
}

TEST_CASE("file ids") {
  const FileId id{12, 0xabc};
  CHECK(file_id_text(id) == "12-0000000000000abc");
  CHECK(parse_file_id("12-0000000000000abc") == id);
  for (const char* text : {"", "12", "-0000000000000abc", "12-abc", "012-0000000000000abc",
                           "12-0000000000000ABC", "12-0000000000000abc ", "1-2-0000000000000abc"}) {
    INFO(text);
    CHECK_FALSE(parse_file_id(text));
  }
}

TEST_CASE("paths of a project") {
  const ProjectPaths paths{"/s/projects/p"};
  const FileId id{3, 1};
  CHECK(paths.manifest() == "/s/projects/p/MANIFEST");
  CHECK(paths.lock() == "/s/projects/p/LOCK");
  CHECK(paths.control() == "/s/projects/p/volatile/CONTROL");
  CHECK(paths.log(id) == "/s/projects/p/log/3-0000000000000001.log");
  CHECK(paths.index(id) == "/s/projects/p/volatile/3-0000000000000001.idx");
  CHECK(paths.shard(id) == "/s/projects/p/shards/3-0000000000000001.shard");
  CHECK(paths.dead(id, 7) == "/s/projects/p/shards/3-0000000000000001.dead.7");
  CHECK(paths.patch(id, 8) == "/s/projects/p/shards/3-0000000000000001.patch.8");
}

}  // namespace
}  // namespace shale::catalog
