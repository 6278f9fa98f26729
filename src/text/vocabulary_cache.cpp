#include "text/vocabulary_cache.hpp"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/checksum.hpp"
#include "base/file.hpp"
#include "base/hex.hpp"
#include "base/mapped_file.hpp"
#include "text/vocabulary_source.hpp"

namespace shale {
namespace {

namespace fs = std::filesystem;

constexpr u64 ranks_bytes_max = u64(64) << 20;

// An open vocabulary and what it lies in.
struct Opened {
  std::optional<ReadMap> map;
  Buffer memory;
  Vocabulary vocabulary;

  bool is_lost() const { return map && map->lost(); }
};

// What an image is made of.
struct Source {
  std::string_view stem;  // of the image's name
  TokenRules rules = TokenRules::cl100k;
  std::array<u8, 32> digest{};
  std::function<Result<VocabularyTokens>()> tokens;
};

std::string hex(std::span<const u8> bytes) {
  std::string out;
  for (const u8 byte : bytes) append_hex(out, byte);
  return out;
}

const KnownVocabulary* known(std::string_view name) {
  for (const KnownVocabulary& one : known_vocabularies()) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

std::string image_name(const Source& source) {
  return std::string(source.stem) + '-' + std::to_string(VocabularyHeader::this_version) + '-' +
         std::to_string(u32(source.rules)) + '-' + hex(std::span(source.digest).first(8)) + '-' +
         std::to_string(checksum32(unicode_classes()) % 10'000) + ".tokens";
}

Result<Vocabulary> sound_view(Bytes image, const Source& source) {
  const Vocabulary result = TRY(Vocabulary::view(image));
  const VocabularyHeader& header = result.header();
  if (!std::equal(source.digest.begin(), source.digest.end(), header.source) ||
      header.rules != source.rules) {
    return fail(ErrorCode::corrupt, "The image is that of another vocabulary.");
  }
  TRY(result.verify());
  return result;
}

// The image that stands at `path`, if it is sound.
Result<std::unique_ptr<Opened>> map_image(const fs::path& path, const Source& source) {
  auto opened = std::make_unique<Opened>();
  opened->map = TRY(ReadMap::open(path));
  const Bytes image = opened->map->bytes();
  opened->map->bring_in();
  opened->vocabulary = TRY(sound_view(image, source));
  return opened;
}

Result<void> keep_image(const fs::path& path, Bytes image) {
  TRY(make_folders(path.parent_path()));
  return replace_file(path, image);
}

}  // namespace

fs::path cache_folder() {
  const char* const cache = std::getenv("XDG_CACHE_HOME");
  // The XDG rules: a relative value is to be ignored.
  if (cache != nullptr && fs::path(cache).is_absolute()) return fs::path(cache) / "shale";
  const char* const home = std::getenv("HOME");
  if (home != nullptr && *home != '\0') return fs::path(home) / ".cache" / "shale";
  return {};
}

bool is_known_vocabulary(std::string_view name) { return known(name) != nullptr; }

struct VocabularyCache::State {
  fs::path folder;
  std::mutex mutex;
  std::map<std::pair<std::string, TokenRules>, std::unique_ptr<Opened>> opened;
  std::vector<std::unique_ptr<Opened>> lost;  // counters may look into them still

  Result<std::unique_ptr<Opened>> open(const Source& source) const {
    const fs::path path = folder.empty() ? fs::path() : folder / image_name(source);
    if (!path.empty()) {
      auto mapped = map_image(path, source);
      if (mapped) return mapped;
    }
    auto made = std::make_unique<Opened>();
    const VocabularyTokens tokens = TRY(source.tokens());
    const Buffer classes = TRY(class_table(unicode_classes()));
    made->memory = TRY(build_vocabulary(tokens, classes));
    if (!path.empty() && keep_image(path, made->memory)) {
      auto mapped = map_image(path, source);
      if (mapped) return mapped;
    }
    made->vocabulary = TRY(Vocabulary::view(made->memory));
    return made;
  }

  Result<std::unique_ptr<Opened>> open_known(const KnownVocabulary& known) const {
    const PackedVocabulary packed = TRY(packed_header(known.data));
    Source source{known.name, packed.rules, {}, [&] { return unpack_vocabulary(known.data); }};
    std::copy(std::begin(packed.source), std::end(packed.source), source.digest.begin());
    return open(source);
  }

  Result<std::unique_ptr<Opened>> open_ranks(const fs::path& path, TokenRules rules) const {
    const Buffer text = TRY(read_file(path, ranks_bytes_max));
    return open({"ranks", rules, digest_of_ranks(as_text(text)),
                 [&] { return parse_ranks(as_text(text), rules); }});
  }
};

VocabularyCache::VocabularyCache(fs::path folder) : state_(std::make_unique<State>()) {
  state_->folder = std::move(folder);
}
VocabularyCache::~VocabularyCache() = default;

// A child of fork finds the mutex free, whatever other threads of its parent were opening.
VocabularyCache& VocabularyCache::instance() {
  static auto* const cache = [] {
    auto* const made = new VocabularyCache(cache_folder());  // outlives every static's user
    const auto lock = [] { instance().state_->mutex.lock(); };
    const auto unlock = [] { instance().state_->mutex.unlock(); };
    if (pthread_atfork(lock, unlock, unlock) != 0) std::abort();  // no memory for a few pointers
    return made;
  }();
  return *cache;
}

Result<void> VocabularyCache::check(const Vocabulary& vocabulary) const {
  const std::lock_guard lock(state_->mutex);
  const auto check_one = [&](const std::unique_ptr<Opened>& one) -> Result<void> {
    const bool is_it = one != nullptr && &one->vocabulary == &vocabulary;
    return is_it && one->is_lost() ? Result<void>(Unexpected{one->map->loss()}) : Result<void>();
  };
  for (const auto& [name, opened] : state_->opened) TRY(check_one(opened));
  for (const auto& lost : state_->lost) TRY(check_one(lost));
  return {};
}

Result<const Vocabulary*> VocabularyCache::open(std::string_view name, TokenRules rules) {
  const std::lock_guard lock(state_->mutex);
  const KnownVocabulary* const in_program = known(name);
  if (in_program == nullptr && !name.ends_with(".tiktoken")) {
    return fail(ErrorCode::invalid_argument,
                "There is no vocabulary \"" + std::string(name) +
                    "\": there are cl100k_base, o200k_base and files of ranks (.tiktoken).");
  }
  const auto key = std::pair(std::string(name), in_program != nullptr ? TokenRules() : rules);
  std::unique_ptr<Opened>& slot = state_->opened[key];
  if (slot != nullptr && slot->is_lost()) {
    state_->lost.push_back(std::exchange(slot, nullptr));
  }
  if (slot == nullptr) {
    slot = TRY(in_program != nullptr ? state_->open_known(*in_program)
                                     : state_->open_ranks(fs::path(name), rules));
  }
  return &slot->vocabulary;
}

}  // namespace shale
