#include "catalog/stats_file.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>

#include "base/file.hpp"

namespace shale::catalog {

namespace {

using Word = std::atomic_ref<u64>;
static_assert(Word::is_always_lock_free, "words are shared between processes");
static_assert(offsetof(StatsPage, words) % Word::required_alignment == 0);

constexpr usize word_count = sizeof(StatsWords) / sizeof(u64);

// Whether a word is the longest of a kind: those are raised.
constexpr std::array<bool, word_count> longest_words() {
  std::array<bool, word_count> is_longest{};
  for (usize i = 0; i < std::extent_v<decltype(StatsWords::operations)>; ++i) {
    const usize part = offsetof(StatsWords, operations) + i * sizeof(OperationPart);
    is_longest[(part + offsetof(OperationPart, longest)) / sizeof(u64)] = true;
  }
  for (usize i = 0; i < std::extent_v<decltype(StatsWords::waits)>; ++i) {
    const usize part = offsetof(StatsWords, waits) + i * sizeof(WaitPart);
    is_longest[(part + offsetof(WaitPart, longest)) / sizeof(u64)] = true;
  }
  return is_longest;
}
constexpr std::array<bool, word_count> is_longest = longest_words();

u64* first_word(StatsWords& words) {
  return object_at<u64>(std::as_writable_bytes(std::span(&words, 1)).data(), 0);
}
std::span<const u64> words_of(const StatsWords& words) { return view_as<u64>(bytes_of(words)); }

// Why a file is not ours, or nothing.
Result<bool> fits(const StatsHeader& header, const ControlIdentity& wanted, FileIdentity file,
                  const std::filesystem::path& path) {
  if (header.magic != stats_magic || header.boot != wanted.boot) return false;
  if (header.version != stats_version || header.bytes != stats_bytes) {
    return fail_at(ErrorCode::too_new, "Figures of another version of shale", path.string());
  }
  const bool is_itself = FileIdentity{header.device, header.inode} == file;
  return is_itself && header.project_id == wanted.project_id;
}

Result<bool> is_whole(const File& file) { return TRY(file.size()) >= stats_bytes; }

// The file at the path where it fits, as it was opened.
Result<std::optional<File>> open_fitting(const std::filesystem::path& path, File::Mode mode,
                                         const ControlIdentity& identity) {
  Result<File> file = File::open(path, mode);
  if (!file && file.error().code == ErrorCode::not_found) return std::optional<File>();
  if (!file) return Unexpected{std::move(file).error()};
  std::array<std::byte, sizeof(StatsHeader)> bytes;
  if (TRY(file->read_at(0, bytes)) < bytes.size()) return std::optional<File>();
  const FileIdentity self = TRY(file->identity());
  const auto header = load<StatsHeader>(bytes.data());
  if (!TRY(fits(header, identity, self, path)) || !TRY(is_whole(*file))) {
    return std::optional<File>();
  }
  return std::optional<File>(*std::move(file));
}

Result<SharedMap> map_file(File file) {
  SharedMap map = TRY(SharedMap::open(std::move(file), stats_bytes));
  TRY(map.reserve(stats_bytes));
  return map;
}

}  // namespace

StatsWords difference(const StatsWords& now, const StatsWords& before) {
  StatsWords result = now;
  u64* const to = first_word(result);
  const std::span<const u64> from = words_of(before);
  for (usize i = 0; i < word_count; ++i) {
    if (!is_longest[i]) to[i] -= from[i];
  }
  return result;
}

void add(StatsWords& sum, const StatsWords& more) {
  u64* const to = first_word(sum);
  const std::span<const u64> from = words_of(more);
  for (usize i = 0; i < word_count; ++i) {
    to[i] = is_longest[i] ? std::max(to[i], from[i]) : to[i] + from[i];
  }
}

bool is_zero(const StatsWords& words) {
  const std::span<const u64> all = words_of(words);
  for (usize i = 0; i < word_count; ++i) {
    if (all[i] != 0 && !is_longest[i]) return false;
  }
  return true;
}

StatsWords load_words(StatsWords& words) {
  StatsWords copy;
  u64* const to = first_word(copy);
  u64* const from = first_word(words);
  for (usize i = 0; i < word_count; ++i) to[i] = Word(from[i]).load(std::memory_order_relaxed);
  return copy;
}

Result<std::optional<StatsFile>> StatsFile::open(const std::filesystem::path& path,
                                                 const ControlIdentity& identity) {
  std::optional<File> file = TRY(open_fitting(path, File::Mode::read_write, identity));
  if (!file.has_value()) return std::optional<StatsFile>();
  return std::optional<StatsFile>(StatsFile(TRY(map_file(*std::move(file)))));
}

// Plain stores: nobody else can see the page before it has its name.
Result<StatsFile> StatsFile::create(const std::filesystem::path& path,
                                    const ControlIdentity& identity, i64 made_at) {
  const std::filesystem::path temporary = path.string() + ".tmp";
  TRY(remove_file(temporary));
  File file = TRY(File::open(temporary, File::Mode::create_new));
  const FileIdentity self = TRY(file.identity());
  StatsFile made(TRY(map_file(std::move(file))));
  made.page() = StatsPage{};
  made.page().header = {stats_magic,         stats_version, u32(stats_bytes),
                        identity.boot,       self.device,   self.inode,
                        identity.project_id, u64(made_at),  0};
  TRY(rename_path(temporary, path));
  return made;
}

StatsPage& StatsFile::page() const { return *object_at<StatsPage>(map_.data(), 0); }

// Relaxed: no word says anything of another.
void StatsFile::add(const StatsWords& more) {
  u64* const to = first_word(page().words);
  const std::span<const u64> from = words_of(more);
  for (usize i = 0; i < word_count; ++i) {
    if (from[i] == 0) continue;
    Word word(to[i]);
    if (!is_longest[i]) {
      word.fetch_add(from[i], std::memory_order_relaxed);
      continue;
    }
    u64 seen = word.load(std::memory_order_relaxed);
    while (seen < from[i] &&
           !word.compare_exchange_weak(seen, from[i], std::memory_order_relaxed)) {
    }
  }
}

StatsWords StatsFile::words() const { return load_words(page().words); }

i64 StatsFile::made_at() const { return i64(page().header.made_at); }

Result<bool> StatsFile::is_at(const std::filesystem::path& path) const {
  const std::optional<FileIdentity> there = TRY(path_identity(path));
  const StatsHeader& header = page().header;
  if (there != FileIdentity{header.device, header.inode} || map_.lost()) return false;
  return TRY(map_.usable_bytes()) >= stats_bytes;
}

Result<std::optional<StatsCopy>> read_stats(const std::filesystem::path& path,
                                            const ControlIdentity& identity) {
  const std::optional<File> file = TRY(open_fitting(path, File::Mode::read, identity));
  if (!file.has_value()) return std::optional<StatsCopy>();
  Buffer bytes(stats_bytes);
  TRY(file->read_exactly(0, bytes));
  const auto page = load<StatsPage>(bytes.data());
  return std::optional<StatsCopy>({i64(page.header.made_at), page.words});
}

}  // namespace shale::catalog
