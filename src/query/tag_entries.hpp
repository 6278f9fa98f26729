// Who has which tag, by blocks of documents: what a sum by tag goes through in place of documents.
//
// A document with several tags stands there once with each, one without any once with `no_tag`.
// Tags are numbered as the index tells them; patches are not applied. Costs 8 bytes an entry.
// Used by group_sums.cpp.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/dense_set.hpp"
#include "model/index.hpp"

namespace shale::query {

class TagEntries {
 public:
  static constexpr u32 no_tag = 0;
  // A block's documents, by their place in the block, and the tag of each; in any order.
  struct Block {
    std::span<const u32> offsets;
    std::span<const u32> tags;
  };

  // Of the documents of `wanted`; null: of all.
  static Result<TagEntries> make(const Index& index, const DenseSet* wanted, u32 block_documents);
  Block of(u32 block) const {
    const usize begin = begins_[block];
    const usize count = begins_[block + 1] - begin;
    return {std::span(offsets_).subspan(begin, count), std::span(tags_).subspan(begin, count)};
  }
  // Numbers are below this.
  u32 size() const { return u32(values_.size()); }
  // The tag of a number; "" of no_tag.
  const std::string& value(u32 tag) const { return values_[tag]; }

 private:
  Result<std::vector<DocumentSet>> read(const Index& index);

  std::vector<std::string> values_;
  std::vector<u32> offsets_;  // block by block
  std::vector<u32> tags_;
  std::vector<usize> begins_;  // of each block and of one more
};

}  // namespace shale::query
