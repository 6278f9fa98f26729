#include "base/mount.hpp"

#include <cerrno>

#include "tests/support/catch.hpp"
#include "tests/support/temporary_folder.hpp"

namespace shale {
namespace {

using testing::TemporaryFolder;

TEST_CASE("memory is shared on the file systems of the list and on no other") {
  for (const u32 magic :
       {0xef53u, 0x58465342u, 0x9123683eu, 0xf2f52010u, 0x2fc12fc1u, 0x01021994u, 0x794c7630u}) {
    INFO(file_system_name(magic));
    CHECK(shares_memory(magic));
  }
  // nfs, 9p, fuse, cifs, smb2, smb, ceph, afs, ramfs, vboxsf, gpfs, lustre, nothing
  for (const u32 magic :
       {0x6969u, 0x01021997u, 0x65735546u, 0xff534d42u, 0xfe534d42u, 0x517bu, 0x00c36400u,
        0x5346414fu, 0x858458f6u, 0x786f4256u, 0x47504653u, 0x0bd00bd0u, 0u, ~0u}) {
    INFO(file_system_name(magic));
    CHECK_FALSE(shares_memory(magic));
  }
}

TEST_CASE("a file system has a name, or says its number") {
  CHECK(file_system_name(0xef53) == "ext4");
  CHECK(file_system_name(0x6969) == "nfs");
  CHECK(file_system_name(0xff534d42) == "cifs");
  CHECK(file_system_name(0x786f4256) == "a file system of type 0x786f4256");
  CHECK(file_system_name(0) == "a file system of type 0x0");
}

TEST_CASE("a folder that is yet to be made lies where the nearest one above it does") {
  const TemporaryFolder folder;
  const Mount here = mount_of(folder.path()).value();
  const Mount to_come = mount_of(folder / "a/b/c").value();
  CHECK(to_come.magic == here.magic);
  CHECK_FALSE(to_come.read_only);
  CHECK(mount_of("/proc/self").value().magic == 0x9fa0);
  CHECK(mount_of("/proc/none/such").value().magic == 0x9fa0);
  CHECK(mount_of("not there").value().magic ==
        mount_of(std::filesystem::current_path()).value().magic);
}

TEST_CASE("what cannot be asked for is an error") {
  const std::string endless(5000, 'x');
  CHECK(mount_of(endless).error().errno_value == ENAMETOOLONG);
}

}  // namespace
}  // namespace shale
