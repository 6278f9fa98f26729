#include "store/surroundings.hpp"

namespace shale::store {

Result<u64> boot_of_memory() { return u64(1); }

Result<Sharing> sharing_in(const Surroundings& surroundings, const std::filesystem::path& folder,
                           bool any_file_system) {
  const Mount mount = TRY(surroundings.mount(folder));
  const bool shares = mount.read_only || shares_memory(mount.magic);
  const Result<u64> boot = surroundings.boot();
  if (shares && boot) return Sharing{false, *boot};
  if (any_file_system) return Sharing{true, random_u64()};
  const std::string why = shares
                              ? "The kernel's boot id cannot be read (" + boot.error().message + ')'
                              : "The store lies on " + file_system_name(mount.magic) +
                                    ", where processes are not known to share memory";
  return fail_at(ErrorCode::read_only,
                 why +
                     ": it can only be read, or be written by one process at a time that asks "
                     "for any file system",
                 folder.string());
}

}  // namespace shale::store
