#include "base/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <utility>

namespace shale {

namespace {

constexpr usize block_bytes = 64u << 10;

// What a program is started with, as posix_spawn wants it.
class SpawnPlan {
 public:
  SpawnPlan() {
    posix_spawn_file_actions_init(&files_);
    posix_spawnattr_init(&attributes_);
  }
  ~SpawnPlan() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&files_);
  }
  SpawnPlan(const SpawnPlan&) = delete;

  // 0, or the errno of what failed.
  int prepare(int socket) {
    sigset_t none;
    sigemptyset(&none);
    sigset_t all;
    sigfillset(&all);
    constexpr auto flags =
        short(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    const std::array errors = {
        posix_spawnattr_setsigmask(&attributes_, &none),
        posix_spawnattr_setsigdefault(&attributes_, &all),
        posix_spawnattr_setpgroup(&attributes_, 0),
        posix_spawnattr_setflags(&attributes_, flags),
        posix_spawn_file_actions_adddup2(&files_, socket, STDIN_FILENO),
        posix_spawn_file_actions_adddup2(&files_, socket, STDOUT_FILENO),
        posix_spawn_file_actions_addopen(&files_, STDERR_FILENO, "/dev/null", O_WRONLY, 0),
        posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1),
        posix_spawn_file_actions_addchdir_np(&files_, "/")};
    const auto* failed =
        std::find_if(errors.begin(), errors.end(), [](int error) { return error != 0; });
    return failed == errors.end() ? 0 : *failed;
  }

  int spawn(const std::filesystem::path& program, std::span<const std::string> arguments,
            pid_t& pid) const {
    std::vector<std::string> words{program.string()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const char* const path = std::getenv("PATH");
    std::vector<std::string> environment{"LC_ALL=C"};
    if (path != nullptr) environment.push_back("PATH=" + std::string(path));
    return posix_spawn(&pid, program.c_str(), &files_, &attributes_, pointers_to(words).data(),
                       pointers_to(environment).data());
  }

 private:
  static std::vector<char*> pointers_to(std::vector<std::string>& words) {
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    return pointers;
  }

  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

// Where a limit may not be set, the deadlines are left.
void set_limit(pid_t pid, decltype(RLIMIT_AS) resource, u64 most, u64 at_all) {
  const struct rlimit limit { std::min(most, at_all), at_all };
  (void)prlimit(pid, resource, &limit, nullptr);
}

// Seconds of processor time it has used, rounded up.
u64 used_seconds(pid_t pid) {
  clockid_t clock{};
  struct timespec used {};
  const bool is_known = clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &used) == 0;
  return is_known ? u64(used.tv_sec) + 1 : 0;
}

bool is_executable_file(const std::filesystem::path& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         access(path.c_str(), X_OK) == 0;
}

bool is_momentary(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

bool has_ended(int error) { return error == EPIPE || error == ECONNRESET; }

}  // namespace

std::optional<std::filesystem::path> find_program(std::string_view name,
                                                  std::string_view search_path) {
  while (!search_path.empty()) {
    const usize end = std::min(search_path.find(':'), search_path.size());
    const std::filesystem::path folder = search_path.substr(0, end);
    search_path.remove_prefix(std::min(end + 1, search_path.size()));
    if (folder.is_absolute() && is_executable_file(folder / name)) return folder / name;
  }
  return std::nullopt;
}

Result<ChildProcess> ChildProcess::start(const std::filesystem::path& program,
                                         std::span<const std::string> arguments,
                                         const ChildLimits& limits) {
  std::array<int, 2> sockets{-1, -1};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets.data()) != 0) {
    return fail_errno("No socket for a program", program.string(), errno);
  }
  ChildProcess child(-1, sockets[0]);
  SpawnPlan plan;
  int error = plan.prepare(sockets[1]);
  if (error == 0) error = plan.spawn(program, arguments, child.pid_);
  close(sockets[1]);
  if (error != 0) {
    child.pid_ = -1;
    return fail_errno("The program cannot be started", program.string(), error);
  }
  child.processor_seconds_ = limits.processor_seconds;
  set_limit(child.pid_, RLIMIT_AS, limits.memory_bytes, limits.memory_bytes);
  set_limit(child.pid_, RLIMIT_CORE, 0, 0);
  return child;
}

ChildProcess::~ChildProcess() { end(); }

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      socket_(std::exchange(other.socket_, -1)),
      processor_seconds_(other.processor_seconds_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this == &other) return *this;
  end();
  pid_ = std::exchange(other.pid_, -1);
  socket_ = std::exchange(other.socket_, -1);
  processor_seconds_ = other.processor_seconds_;
  return *this;
}

// By force, and what it has started as well: it holds nothing that it would have to save.
void ChildProcess::end() noexcept {
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
  if (pid_ <= 0) return;
  kill(-pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

Result<void> ChildProcess::ask(std::string_view request, const Take& take,
                               Clock::time_point deadline) {
  if (!is_running()) return fail(ErrorCode::io, "it has ended");
  limit_time(deadline);
  Result<void> done = talk(request, take, deadline);
  if (!done) end();
  return done;
}

// Until the deadline it can use no more than that, though we be gone by then.
void ChildProcess::limit_time(Clock::time_point deadline) const {
  const auto left = std::chrono::ceil<std::chrono::seconds>(deadline - Clock::now()).count();
  const u64 seconds = used_seconds(pid_) + u64(std::max<i64>(left, 0)) + 1;
  set_limit(pid_, RLIMIT_CPU, seconds, processor_seconds_);
}

Result<void> ChildProcess::talk(std::string_view request, const Take& take,
                                Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return fail(ErrorCode::busy, "it did not answer in time");
    struct pollfd waiting {
      socket_, short(POLLIN | (request.empty() ? 0 : POLLOUT)), 0
    };
    const int ready = poll(&waiting, 1, int(std::min<i64>(left, 60'000)));
    if (ready < 0 && errno != EINTR) return fail_errno("Waiting for a program", "", errno);
    if (ready <= 0) continue;
    if ((waiting.revents & POLLOUT) != 0) request.remove_prefix(TRY(send_some(request)));
    if ((waiting.revents & (POLLIN | POLLHUP | POLLERR)) != 0 && TRY(receive(take))) return {};
  }
}

// To one that reads no more all is sent: what it has said is still taken.
Result<usize> ChildProcess::send_some(std::string_view request) {
  const ssize_t sent = send(socket_, request.data(), request.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent >= 0) return usize(sent);
  if (is_momentary(errno)) return usize(0);
  if (has_ended(errno)) return request.size();
  return fail_errno("Writing to a program", "", errno);
}

Result<bool> ChildProcess::receive(const Take& take) {
  std::array<char, block_bytes> block;
  const ssize_t got = recv(socket_, block.data(), block.size(), MSG_DONTWAIT);
  if (got > 0) return take({block.data(), usize(got)});
  if (got < 0 && is_momentary(errno)) return false;
  if (got == 0 || has_ended(errno)) return fail(ErrorCode::io, "it ended before it had answered");
  return fail_errno("Reading from a program", "", errno);
}

}  // namespace shale
