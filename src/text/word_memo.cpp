#include "text/word_memo.hpp"

#include "text/term_hash.hpp"

namespace shale {

namespace {

constexpr usize slots_min = 1024;
constexpr usize slack = short_bytes_max / sizeof(u32);

struct Head {
  u32 hash_low;
  u32 hash_high;
  u8 bytes;
  u8 terms;  // at most one part per two bytes, and the whole
  u8 forms;
  u8 is_stop_word;
  u64 hash() const { return u64(hash_high) << 32 | hash_low; }
};
constexpr usize head_size = sizeof(Head) / sizeof(u32);
static_assert(sizeof(Head) == 12 && word_bytes_max <= 255);

Head head_at(const u32* record) {
  Head head;
  std::memcpy(&head, record, sizeof head);
  return head;
}

const char* spelling_of(const u32* record, Head head) {
  return as_chars(bytes_of_span(std::span(record + head_size + head.terms + head.forms, 1)).data());
}

u32 number_of(InternTable& table, const std::string& term) {
  return table.find_or_add(term, term_hash(term));
}

}  // namespace

void WordMemo::begin_text() {
  if (memory_bytes() > bytes_max) {
    terms_.clear();
    forms_.clear();
    records_ = {};
    slots_ = {};
    count_ = 0;
  }
  terms_.begin_marks();
  forms_.begin_marks();
}

u32 WordMemo::find_or_add(std::string_view spelling, u64 hash) {
  if ((count_ + 1) * 4 > slots_.size() * 3) grow();
  for (usize slot = slot_of(hash);; slot = (slot + 1) & (slots_.size() - 1)) {
    const u64 found = slots_[slot];
    if (found == 0) {
      const u32 place = add_word(spelling, hash);
      slots_[slot] = hash >> 32 << 32 | (place + 1);
      return place;
    }
    if (found >> 32 == hash >> 32 && is_at(u32(found) - 1, spelling, hash)) return u32(found) - 1;
  }
}

// Three passes, each asking for what the next one needs: of words that the caches do not hold, ten
// wait for memory at a time instead of one.
void WordMemo::find_or_add(const char* data, std::span<const AnalysedTerm> words,
                           std::vector<u32>& places) {
  if (slots_.empty()) grow();
  for (const AnalysedTerm& word : words) __builtin_prefetch(&slots_[slot_of(word.hash)]);
  for (const AnalysedTerm& word : words) {
    const u32 place = u32(slots_[slot_of(word.hash)]);
    if (place != 0) __builtin_prefetch(&records_[place - 1]);
  }
  places.clear();
  for (const AnalysedTerm& word : words) {
    const u32 place = find_or_add({data + word.begin, word.bytes}, word.hash);
    places.push_back(place);
    const Word found = word_at(place);
    for (const u32 number : found.terms) terms_.prefetch(number);
    for (const u32 number : found.forms) forms_.prefetch(number);
  }
}

bool WordMemo::is_at(u32 place, std::string_view spelling, u64 hash) const {
  const u32* record = records_.data() + place;
  const Head head = head_at(record);
  if (head.hash() != hash || head.bytes != spelling.size()) return false;
  const char* known = spelling_of(record, head);
  if (spelling.size() > short_bytes_max) return std::string_view(known, head.bytes) == spelling;
  return short_term_key(known, head.bytes) == short_term_key(spelling.data(), head.bytes);
}

WordMemo::Word WordMemo::word_at(u32 place) const {
  const u32* record = records_.data() + place;
  const Head head = head_at(record);
  const u32* terms = record + head_size;
  return {{terms, head.terms}, {terms + head.terms, head.forms}, head.is_stop_word != 0};
}

u32 WordMemo::add_word(std::string_view spelling, u64 hash) {
  ++expansions_;
  ++count_;
  expander_.expand(spelling, expansion_);
  const Head head{u32(hash),
                  u32(hash >> 32),
                  u8(spelling.size()),
                  u8(1 + expansion_.parts.size()),
                  u8(expansion_.forms.size()),
                  u8(expansion_.is_stop_word)};
  const usize place = count_ == 1 ? 0 : records_.size() - slack;
  records_.resize(place + head_size);
  std::memcpy(records_.data() + place, &head, sizeof head);
  records_.push_back(number_of(terms_, expansion_.whole));
  for (const std::string& part : expansion_.parts) records_.push_back(number_of(terms_, part));
  for (const std::string& form : expansion_.forms) records_.push_back(number_of(forms_, form));
  const usize at = records_.size();
  records_.resize(at + (spelling.size() + sizeof(u32) - 1) / sizeof(u32) + slack);
  std::memcpy(records_.data() + at, spelling.data(), spelling.size());
  return u32(place);
}

void WordMemo::grow() {
  const std::vector<u64> before = std::move(slots_);
  slots_.assign(before.empty() ? slots_min : before.size() * 2, 0);
  for (const u64 entry : before) {
    if (entry == 0) continue;
    usize slot = slot_of(head_at(records_.data() + u32(entry) - 1).hash());
    while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
    slots_[slot] = entry;
  }
}

usize WordMemo::memory_bytes() const {
  return terms_.memory_bytes() + forms_.memory_bytes() + records_.capacity() * sizeof(u32) +
         slots_.capacity() * sizeof(u64);
}

}  // namespace shale
