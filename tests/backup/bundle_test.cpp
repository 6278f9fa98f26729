#include "backup/bundle.hpp"

#include "tests/backup/bundle_fixture.hpp"

namespace shale::testing {
namespace {

using backup::BundleMember;
using backup::BundleReader;
using backup::BundleWriter;
using backup::ByteSink;

std::string code_and_message(const Result<BackedUp>& result) {
  REQUIRE(!result);
  return std::to_string(int(result.error().code)) + result.error().message;
}

// The bundle again, with the members that `change` leaves, in its order.
using Members = std::vector<std::pair<std::string, std::string>>;
void rewrite(const path& file, const std::function<void(Members&)>& change) {
  Members members;
  {
    const BundleReader reader = BundleReader::open(file).value();
    for (const BundleMember& member : reader.members()) {
      const Buffer bytes = reader.read_whole(member, u64(1) << 30).value();
      members.emplace_back(member.path, as_text(bytes));
    }
  }
  change(members);
  BundleWriter writer = BundleWriter::create(file).value();
  for (const auto& [name, bytes] : members) {
    const std::string& all = bytes;
    writer.add(name, [&](const ByteSink& sink) { return sink(as_bytes(all)); }).value();
  }
  writer.finish().value();
  writer.publish().value();
}

}  // namespace

TEST_CASE("bundle: a store of it is equal to a snapshot, and its own") {
  Bundled b;
  const BackedUp packed = b.pack();
  const Saids said = said_by(b.store);
  CHECK(packed.linked_files == 0);
  CHECK(packed.projects.size() == 2);
  const BackedUp done = restore(b.bundle, b.target).value();
  CHECK(done.files == packed.files);
  REQUIRE(done.projects.size() == 2);
  for (usize n = 0; n < 2; ++n) {
    CHECK(done.projects[n].name == packed.projects[n].name);
    CHECK(done.projects[n].edition == packed.projects[n].edition);
    CHECK(done.projects[n].lsn == packed.projects[n].lsn);
  }
  CHECK(difference(said_in(b.target), said) == "");
  CHECK(said_in(b.target, "Other/Project") == said_by(b.store, "Other/Project"));
  restore(b.bundle, b.folder / "second").value();
  std::set<std::string> logs;
  for (const path& store : {b.source, b.target, b.folder / "second"}) {
    const Store opened = Store::open(store).value();
    stash(opened.project("default").value(), "own", store.string(), Durability::full);
    CHECK(faults_of(opened).empty());
    for (const std::string& log : files_in(store / "projects" / "default" / "log")) {
      CHECK(logs.insert(log).second);
    }
  }
  CHECK(said_in(b.target).at("own").text == b.target.string());
  CHECK(said_by(b.store).at("own").text == b.source.string());
}

TEST_CASE("bundle: equal stores give equal bytes, and it replaces the one before") {
  Bundled b;
  BackupOptions options;
  options.verify = true;
  b.pack();
  const std::string first = read_text(b.bundle);
  b.pack(options);
  CHECK(read_text(b.bundle) == first);
  stash(b.project, "more", "text");
  b.pack();
  CHECK(read_text(b.bundle) != first);
  CHECK(b.names() == std::vector<std::string>{"bundle", "source"});
}

TEST_CASE("bundle: damage is told, and nothing is left at the target") {
  const InMemory memory;
  const Bundled b;
  b.pack();
  const std::string bytes = read_text(b.bundle);
  std::mt19937_64 random(7);
  for (int n = 0; n < 200; ++n) {
    std::string changed = bytes;
    if (n % 3 == 0) {
      changed.resize(random() % bytes.size());
    } else {
      changed[random() % bytes.size()] ^= char(1 + random() % 255);
    }
    write_text(b.bundle, changed);
    const auto restored = restore(b.bundle, b.target);
    REQUIRE(!restored);
    const ErrorCode code = restored.error().code;
    CHECK((code == ErrorCode::corrupt || code == ErrorCode::too_new));
    CHECK(restored.error().path == b.bundle.string());
    CHECK(b.names() == std::vector<std::string>{"bundle", "source"});
  }
}

TEST_CASE("bundle: members that are not those of a store are refused, wherever they would lead") {
  const InMemory memory;
  const Bundled b;
  b.pack();
  const std::string bytes = read_text(b.bundle);
  const auto refused = [&](const std::function<void(Members&)>& change) {
    write_text(b.bundle, bytes);
    rewrite(b.bundle, change);
    const auto restored = restore(b.bundle, b.target);
    CHECK(code_and_message(restored).starts_with(std::to_string(int(ErrorCode::corrupt))));
    CHECK(b.names() == std::vector<std::string>{"bundle", "source"});
  };
  rewrite(b.bundle, [](Members&) {});
  CHECK(read_text(b.bundle) == bytes);
  for (const char* name : {"/etc/file", "../file", "projects/../../file", "", "shale.toml/",
                           "projects/default/LOCK", "projects/default/volatile/CONTROL",
                           "projects/default/log/../../../../file", "projects//MANIFEST"}) {
    INFO(name);
    for (usize at = 0; at < BundleReader::open(b.bundle).value().members().size(); ++at) {
      refused([&](Members& members) { members[at].first = name; });
      refused([&](Members& members) {
        members.insert(members.begin() + std::ptrdiff_t(at), {name, "bytes"});
      });
      write_text(b.bundle, bytes);
    }
    refused([&](Members& members) { members.emplace_back(name, "bytes"); });
    write_text(b.bundle, bytes);
  }
  refused([](Members& members) { members.pop_back(); });
  refused([](Members& members) { members.clear(); });
  refused([](Members& members) { members.erase(members.begin()); });
  refused([](Members& members) { std::swap(members[1], members[2]); });
  refused([](Members& members) { members.back().second += '\0'; });
  refused([](Members& members) { members.back().second.pop_back(); });
  // The same project twice.
  refused([](Members& members) {
    const Members twice(members.begin() + 1, members.end());
    members.insert(members.end(), twice.begin(), twice.end());
  });
}

}  // namespace shale::testing
