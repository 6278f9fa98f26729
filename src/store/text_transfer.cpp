#include "store/text_transfer.hpp"

#include <algorithm>
#include <numeric>

#include "base/compress.hpp"

namespace shale::store {

namespace {

constexpr u32 dictionaries_max = 31;  // of a shard: 32, one kept for texts compressed here
constexpr u64 training_text_min = u64(4) << 20;
constexpr u64 sample_bytes_max = u64(4) << 20;
constexpr usize sample_piece_bytes = 1024;
constexpr u64 dictionary_bytes_max = 512 * 1024;
constexpr u64 text_per_dictionary_byte = 128;  // 128 KB of dictionary for 16 MB of text

// Takes pieces of up to 1 KB from documents spread evenly over those to be compressed.
struct Sample {
  Buffer bytes;
  std::vector<usize> sizes;

  void add(std::string_view text) {
    const std::string_view piece = text.substr(0, sample_piece_bytes);
    if (piece.size() < 32) return;
    const Bytes raw = as_bytes(piece);
    bytes.insert(bytes.end(), raw.begin(), raw.end());
    sizes.push_back(raw.size());
  }
};

}  // namespace

Result<TextTransfer> TextTransfer::make(std::span<const MergeSource> sources,
                                        const DocumentPlan& plan, Bytes newest_dictionary,
                                        shard::ShardWriter& writer) {
  TextTransfer transfer(sources, writer);
  TRY(transfer.admit_dictionaries(plan));
  TRY(transfer.prepare_compression(plan, newest_dictionary));
  return transfer;
}

Result<void> TextTransfer::admit_dictionaries(const DocumentPlan& plan) {
  dictionaries_.resize(sources_.size());
  copied_.assign(sources_.size(), false);
  ahead_.resize(sources_.size());
  std::vector<usize> order(sources_.size());
  std::iota(order.begin(), order.end(), usize(0));
  std::sort(order.begin(), order.end(), [&](usize a, usize b) {
    return plan.new_numbers[a].size() > plan.new_numbers[b].size();
  });
  u32 admitted = 0;
  for (const usize s : order) {
    const shard::Shard* shard = sources_[s].shard.get();
    if (shard == nullptr) continue;
    const u32 count = shard->dictionary_count();
    if (admitted + count > dictionaries_max) continue;
    for (u32 number = 0; number < count; ++number) {
      const Buffer dictionary = TRY(shard->dictionary(number));
      dictionaries_[s].push_back(TRY(writer_->add_dictionary(dictionary)));
    }
    admitted += count;
    copied_[s] = true;
  }
  return {};
}

Result<void> TextTransfer::prepare_compression(const DocumentPlan& plan, Bytes newest_dictionary) {
  std::vector<PlannedDocument> fresh;
  u64 bytes = 0;
  std::vector<i64> length(1);
  for (const PlannedDocument& from : plan.documents) {
    if (copied_[from.source]) continue;
    TRY(sources_[from.source].view.index->numbers(Field::bytes, from.doc, length));
    bytes += u64(length[0]);
    fresh.push_back(from);
  }
  if (fresh.empty()) return {};
  if (bytes < training_text_min) {
    if (newest_dictionary.empty()) return writer_->compress_with(std::nullopt);
    return writer_->compress_with(TRY(writer_->add_dictionary(newest_dictionary)));
  }
  const u64 wanted = std::min(sample_bytes_max, bytes / 4);
  const u64 usual_piece = std::min<u64>(sample_piece_bytes, bytes / fresh.size());
  const usize step = usize(std::max<u64>(1, fresh.size() * usual_piece / wanted));
  Sample sample;
  for (usize i = 0; i < fresh.size() && sample.bytes.size() < wanted; i += step) {
    const Index& index = *sources_[fresh[i].source].view.index;
    sample.add(TRY(index.text(DocNo(fresh[i].doc))));
  }
  const Buffer dictionary =
      train_dictionary(sample.bytes, sample.sizes,
                       usize(std::min(dictionary_bytes_max, bytes / text_per_dictionary_byte)));
  if (dictionary.empty()) return writer_->compress_with(std::nullopt);
  return writer_->compress_with(TRY(writer_->add_dictionary(dictionary)));
}

Result<void> TextTransfer::fetch(const PlannedDocument& from, shard::DocumentToWrite& document) {
  const MergeSource& source = sources_[from.source];
  document.stored.reset();
  document.text.reset();
  if (!copied_[from.source]) {
    text_ = TRY(source.view.index->text(DocNo(from.doc)));
    document.text = text_;
    return {};
  }
  shard::StoredText stored = TRY(source.shard->stored_text(DocNo(from.doc), ahead_[from.source]));
  if (stored.dictionary.has_value()) {
    stored.dictionary = dictionaries_[from.source][*stored.dictionary];
  }
  document.stored = stored;
  return {};
}

}  // namespace shale::store
