#include "base/document_set.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/container_kernels.hpp"

namespace shale {

namespace {

constexpr u32 no_key = ~u32(0);
// So few members of arrays are sorted together rather than collected in a bitset.
constexpr usize sorted_values_max = 256;

// Room for a container of either kind while it is made.
struct BitsetRoom {
  alignas(32) std::array<u64, bitset_words> words;
};
struct ValuesRoom {
  std::array<u16, array_values_max + values_slack> values;
};

Bitset bits_of(const FrozenContainer& container) { return container.words.first<bitset_words>(); }

void append_members(const FrozenContainer& container, std::vector<u32>& documents) {
  const u32 high = u32(container.key) << 16;
  for (const u16 value : container.values) documents.push_back(high | value);
  for (usize i = 0; i < container.words.size(); ++i) {
    for (u64 bits = container.words[i]; bits != 0; bits &= bits - 1) {
      documents.push_back(high | u32(i * 64 + usize(std::countr_zero(bits))));
    }
  }
}

// The containers of several sets, key by key.
class KeyWalk {
 public:
  explicit KeyWalk(std::span<const DocumentSet* const> sets) : sets_(sets), at_(sets.size(), 0) {}

  // Those of the next key; empty at the end.
  std::span<const FrozenContainer* const> next() {
    u32 key = no_key;
    for (usize i = 0; i < sets_.size(); ++i) {
      const auto containers = sets_[i]->containers();
      if (at_[i] < containers.size()) key = std::min<u32>(key, containers[at_[i]].key);
    }
    here_.clear();
    for (usize i = 0; i < sets_.size(); ++i) {
      const auto containers = sets_[i]->containers();
      if (at_[i] < containers.size() && containers[at_[i]].key == key) {
        here_.push_back(&containers[at_[i]++]);
      }
    }
    return here_;
  }

 private:
  std::span<const DocumentSet* const> sets_;
  std::vector<usize> at_;
  std::vector<const FrozenContainer*> here_;
};

// The container of that key, from `at` on, which moves there.
const FrozenContainer* find_key(std::span<const FrozenContainer> containers, u16 key, usize& at) {
  while (at < containers.size() && containers[at].key < key) ++at;
  return at < containers.size() && containers[at].key == key ? &containers[at] : nullptr;
}

usize members_of(std::span<const FrozenContainer* const> containers) {
  usize members = 0;
  for (const FrozenContainer* one : containers) members += one->count;
  return members;
}

bool any_bitset(std::span<const FrozenContainer* const> containers) {
  return std::any_of(containers.begin(), containers.end(),
                     [](const FrozenContainer* one) { return one->is_bitset; });
}

// The members of all containers. Returns how many.
u32 collect(std::span<const FrozenContainer* const> containers, u64* words) {
  std::memset(words, 0, bitset_words * sizeof(u64));
  for (const FrozenContainer* one : containers) {
    if (one->is_bitset) {
      or_words(bits_of(*one), Bitset(words, bitset_words), words);
    } else {
      add_members(one->values, words);
    }
  }
  return count_words(Bitset(words, bitset_words));
}

u32 common_count(Bitset words, const FrozenContainer& container) {
  if (container.is_bitset) {
    BitsetRoom room;
    return and_words(words, bits_of(container), room.words.data());
  }
  ValuesRoom room;
  return select_members(container.values, words, room.values.data());
}

u32 common_count(const FrozenContainer& a, const FrozenContainer& b) {
  if (a.is_bitset) return common_count(bits_of(a), b);
  if (b.is_bitset) return common_count(bits_of(b), a);
  ValuesRoom room;
  return and_values(a.values, b.values, room.values.data());
}

}  // namespace

// Makes containers, all of them in one piece of memory whose size is known before.
class DocumentSet::Builder {
 public:
  // Room for so many values and bitsets.
  Builder(usize values, usize bitsets)
      : memory_(std::make_unique_for_overwrite<u64[]>(bitsets * bitset_words + values / 4 + 1)),
        words_(memory_.get()) {}

  static usize room_for(usize values) { return (values + values_slack + 3) / 4 * 4; }

  u64* words() { return words_; }
  u16* values() { return static_cast<u16*>(static_cast<void*>(words_)); }
  // What was put where words() or values() pointed; nothing where it is empty.
  void add_bitset(u16 key, u32 count) {
    if (count == 0) return;
    set_.containers_.push_back({key, true, count, {words_, bitset_words}, {}});
    words_ += bitset_words;
  }
  void add_values(u16 key, u32 count) {
    if (count == 0) return;
    set_.containers_.push_back({key, false, count, {}, {values(), count}});
    words_ += room_for(count) / 4;
  }
  // One of another set, where it lies.
  void add_same(const FrozenContainer& container) { set_.containers_.push_back(container); }
  void keep_memory_of(const DocumentSet& set) {
    set_.memory_.insert(set_.memory_.end(), set.memory_.begin(), set.memory_.end());
  }
  DocumentSet finish() {
    set_.memory_.push_back(std::shared_ptr<const void>(std::move(memory_)));
    return std::move(set_);
  }

  void intersect(std::span<const FrozenContainer*> containers);
  void unite(std::span<const FrozenContainer* const> containers);
  void subtract(const FrozenContainer& container, const FrozenContainer& others);

 private:
  std::shared_ptr<u64[]> memory_;
  u64* words_;
  DocumentSet set_;
};

// The arrays first, shortest first; `containers` is reordered.
void DocumentSet::Builder::intersect(std::span<const FrozenContainer*> containers) {
  std::sort(containers.begin(), containers.end(),
            [](const FrozenContainer* a, const FrozenContainer* b) {
              return std::tuple(a->is_bitset, a->count) < std::tuple(b->is_bitset, b->count);
            });
  const FrozenContainer& first = *containers[0];
  if (first.is_bitset) {
    Bitset so_far = bits_of(first);
    u32 count = first.count;
    for (const FrozenContainer* other : containers.subspan(1)) {
      count = and_words(so_far, bits_of(*other), words_);
      so_far = Bitset(words_, bitset_words);
    }
    return add_bitset(first.key, count);
  }
  ValuesRoom rooms[2];
  usize room = 0;
  std::span<const u16> so_far = first.values;
  for (const FrozenContainer* other : containers.subspan(1)) {
    u16* const out = rooms[room].values.data();
    const u32 count = other->is_bitset ? select_members(so_far, bits_of(*other), out)
                                       : and_values(so_far, other->values, out);
    so_far = {out, count};
    room = 1 - room;
  }
  std::copy(so_far.begin(), so_far.end(), values());
  add_values(first.key, u32(so_far.size()));
}

void DocumentSet::Builder::unite(std::span<const FrozenContainer* const> containers) {
  const u16 key = containers[0]->key;
  if (containers.size() == 1) return add_same(*containers[0]);
  if (any_bitset(containers) || members_of(containers) > sorted_values_max) {
    return add_bitset(key, collect(containers, words_));
  }
  u16* end = values();
  for (const FrozenContainer* one : containers) {
    end = std::copy(one->values.begin(), one->values.end(), end);
  }
  std::sort(values(), end);
  add_values(key, u32(std::unique(values(), end) - values()));
}

void DocumentSet::Builder::subtract(const FrozenContainer& container,
                                    const FrozenContainer& others) {
  if (!container.is_bitset) {
    u16* end = values();
    if (others.is_bitset) {
      end += select_others(container.values, bits_of(others), values());
    } else {
      end = std::set_difference(container.values.begin(), container.values.end(),
                                others.values.begin(), others.values.end(), end);
    }
    return add_values(container.key, u32(end - values()));
  }
  if (others.is_bitset) {
    return add_bitset(container.key, and_not_words(bits_of(container), bits_of(others), words_));
  }
  std::copy(container.words.begin(), container.words.end(), words_);
  remove_members(others.values, words_);
  add_bitset(container.key, count_words(Bitset(words_, bitset_words)));
}

// -- made --

DocumentSet DocumentSet::from_sorted(std::span<const u32> documents) {
  Buffer image;
  if (documents.empty()) return {};
  append_frozen(documents, image);
  return of_image(std::move(image));
}

DocumentSet DocumentSet::of_image(Buffer image) {
  auto kept = std::make_shared<const Buffer>(std::move(image));
  DocumentSet set = view(*kept).value_or(DocumentSet());
  set.memory_.push_back(std::move(kept));
  return set;
}

DocumentSet DocumentSet::range(u32 begin, u32 end) {
  if (begin >= end) return {};
  const usize containers = ((end - 1) >> 16) - (begin >> 16) + 1;
  Builder builder(0, containers);
  for (u32 first = begin; first < end;) {
    const u32 key = first >> 16;
    const u32 last = std::min(end - 1, key << 16 | 0xffff);
    u64* const words = builder.words();
    std::memset(words, 0, bitset_words * sizeof(u64));
    for (u32 document = first; document <= last;) {
      const bool is_whole = document % 64 == 0 && last - document >= 63;
      words[(document & 0xffff) / 64] |= is_whole ? ~u64(0) : u64(1) << (document % 64);
      document += is_whole ? 64 : 1;
    }
    builder.add_bitset(u16(key), last - first + 1);
    first = last + 1;
    if (first == 0) break;
  }
  return builder.finish();
}

DocumentSet DocumentSet::copy_of(const Bitmap& bitmap) {
  return bitmap.empty() ? DocumentSet() : of_image(bitmap.to_frozen());
}

DocumentSet DocumentSet::sharing(std::shared_ptr<const DenseSet> dense) {
  DocumentSet set;
  for (u32 key = 0; key < dense->container_count(); ++key) {
    const Bitset words = dense->container(key);
    const u32 count = count_words(words);
    if (count > 0) set.containers_.push_back({u16(key), true, count, words, {}});
  }
  set.memory_.push_back(std::move(dense));
  return set;
}

std::optional<DocumentSet> DocumentSet::view(Bytes image) {
  const auto view = FrozenView::make(image);
  if (!view) return std::nullopt;
  DocumentSet set;
  set.containers_.resize(view->container_count());
  FrozenView::Walk walk(*view);
  for (FrozenContainer& container : set.containers_) walk.next(container);
  return set;
}

// -- asked --

u32 DocumentSet::count() const {
  u32 count = 0;
  for (const FrozenContainer& container : containers_) count += container.count;
  return count;
}

bool DocumentSet::contains(u32 document) const {
  usize at = 0;
  const FrozenContainer* const container = find_key(containers_, u16(document >> 16), at);
  if (container == nullptr) return false;
  const u16 low = u16(document);
  if (container->is_bitset) return (container->words[low / 64] >> (low % 64) & 1) != 0;
  return std::binary_search(container->values.begin(), container->values.end(), low);
}

std::vector<u32> DocumentSet::to_vector() const {
  std::vector<u32> documents;
  documents.reserve(count());
  for (const FrozenContainer& container : containers_) append_members(container, documents);
  // Zeros of a page that is lost: whoever reads the list may rely on its order all the same.
  if (!std::is_sorted(documents.begin(), documents.end(), std::less_equal<>())) {
    std::sort(documents.begin(), documents.end());
    documents.erase(std::unique(documents.begin(), documents.end()), documents.end());
  }
  return documents;
}

// By whole containers, which takes a tenth of the time of member by member where there are many.
Bitmap DocumentSet::to_bitmap() const {
  if (empty()) return {};
  Buffer image;
  image.reserve(frozen_alignment + frozen_bytes(containers_));
  usize padding = 0;
  while (!is_aligned(image.data() + padding, frozen_alignment)) ++padding;
  image.resize(padding);
  append_frozen(containers_, image);
  const Bytes frozen = Bytes(image).subspan(padding);
  // Of a page that was lost while it was read (to_vector) CRoaring must not hear.
  const bool is_sound = check_frozen(frozen, count(), ~u32(0));
  return is_sound ? Bitmap::from_frozen(frozen) : Bitmap::from_sorted(to_vector());
}

void DocumentSet::add_to(DenseSet& sum) const {
  for (const FrozenContainer& container : containers_) sum.add(container);
}

// -- algebra --

DocumentSet DocumentSet::intersection_of(std::span<const DocumentSet* const> sets) {
  const DocumentSet& smallest = **std::min_element(
      sets.begin(), sets.end(), [](auto* a, auto* b) { return a->count() < b->count(); });
  if (sets.size() == 1 || smallest.empty()) return smallest;
  usize values = 0, bitsets = 0;
  for (const FrozenContainer& container : smallest.containers_) {
    values += container.is_bitset ? 0 : Builder::room_for(container.count);
    bitsets += container.is_bitset ? 1 : 0;
  }
  Builder builder(values, bitsets);
  std::vector<usize> at(sets.size(), 0);
  std::vector<const FrozenContainer*> here(sets.size());
  for (const FrozenContainer& container : smallest.containers_) {
    bool in_all = true;
    for (usize i = 0; i < sets.size() && in_all; ++i) {
      here[i] = find_key(sets[i]->containers_, container.key, at[i]);
      in_all = here[i] != nullptr;
    }
    if (in_all) builder.intersect(here);
  }
  return builder.finish();
}

DocumentSet DocumentSet::union_of(std::span<const DocumentSet* const> sets) {
  if (sets.size() == 1) return *sets[0];
  usize values = 0, bitsets = 0;
  KeyWalk measured(sets);
  for (auto here = measured.next(); !here.empty(); here = measured.next()) {
    const bool is_small = !any_bitset(here) && members_of(here) <= sorted_values_max;
    if (here.size() > 1)
      (is_small ? values : bitsets) += is_small ? Builder::room_for(members_of(here)) : 1;
  }
  Builder builder(values, bitsets);
  for (const DocumentSet* set : sets) builder.keep_memory_of(*set);
  KeyWalk walk(sets);
  for (auto here = walk.next(); !here.empty(); here = walk.next()) builder.unite(here);
  return builder.finish();
}

DocumentSet DocumentSet::difference_of(const DocumentSet& set, const DocumentSet& others) {
  if (set.empty() || others.empty()) return set;
  usize values = 0, bitsets = 0;
  for (const FrozenContainer& container : set.containers_) {
    values += container.is_bitset ? 0 : Builder::room_for(container.count);
    bitsets += container.is_bitset ? 1 : 0;
  }
  Builder builder(values, bitsets);
  builder.keep_memory_of(set);
  usize at = 0;
  for (const FrozenContainer& container : set.containers_) {
    const FrozenContainer* const other = find_key(others.containers_, container.key, at);
    if (other == nullptr) {
      builder.add_same(container);
    } else {
      builder.subtract(container, *other);
    }
  }
  return builder.finish();
}

u32 DocumentSet::union_count(std::span<const DocumentSet* const> sets, const DocumentSet* among) {
  BitsetRoom room;
  u32 count = 0;
  usize at = 0;
  KeyWalk walk(sets);
  for (auto here = walk.next(); !here.empty(); here = walk.next()) {
    const FrozenContainer* const filter =
        among == nullptr ? nullptr : find_key(among->containers_, here[0]->key, at);
    if (among != nullptr && filter == nullptr) continue;
    if (here.size() == 1) {
      count += filter == nullptr ? here[0]->count : common_count(*here[0], *filter);
    } else if (here.size() == 2 && filter == nullptr) {
      count += here[0]->count + here[1]->count - common_count(*here[0], *here[1]);
    } else {
      const u32 all = collect(here, room.words.data());
      count += filter == nullptr ? all : common_count(Bitset(room.words), *filter);
    }
  }
  return count;
}

}  // namespace shale
