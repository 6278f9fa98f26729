// Moves the texts of documents into a new shard: frames of shards are copied with the dictionaries
// they need, texts of logs are compressed with a dictionary trained on them.
//
// Copying is 150 times cheaper than compressing again (LAYOUT A3). A fold of less than 4 MB does
// not train: it uses the project's newest dictionary, if there is one. Where the sources hold more
// dictionaries than a shard may, the texts of the sources with the fewest documents are compressed
// anew. Used by shard_builder.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "shard/shard_writer.hpp"
#include "store/document_plan.hpp"

namespace shale::store {

class TextTransfer {
 public:
  // `newest_dictionary` is used where too little text is at hand to train one; may be empty.
  static Result<TextTransfer> make(std::span<const MergeSource> sources, const DocumentPlan& plan,
                                   Bytes newest_dictionary, shard::ShardWriter& writer);

  // Fills in `stored` or `text` of `document`; views are valid until the next call.
  Result<void> fetch(const PlannedDocument& from, shard::DocumentToWrite& document);

 private:
  TextTransfer(std::span<const MergeSource> sources, shard::ShardWriter& writer)
      : sources_(sources), writer_(&writer) {}
  Result<void> admit_dictionaries(const DocumentPlan& plan);
  Result<void> prepare_compression(const DocumentPlan& plan, Bytes newest_dictionary);

  std::span<const MergeSource> sources_;
  shard::ShardWriter* writer_;
  // [source][dictionary of the source]: its number in the new shard; absent = compress anew
  std::vector<std::vector<std::optional<u32>>> dictionaries_;
  std::vector<bool> copied_;             // [source]: its frames are copied
  std::vector<shard::ReadAhead> ahead_;  // [source]: a plan takes the documents of each in order
  std::string text_;
};

}  // namespace shale::store
