// A set of documents as containers of 65,536, which lie where an index has them or in the set's own
// memory: what queries are put together from.
//
// CRoaring (bitmap.hpp) needs a copy of a list before it may be used, because it trusts what stands
// in it; here the containers of a shard are read in place, by code that comes to no harm whatever
// stands in them (container_kernels.hpp). A set that views an image is valid as long as the image.
// Movable and cheap to copy (the memory is shared, and never changed once a set is made); const
// members may be used from many threads. Used by the indexes and by the query engine; sets that are
// stored or change document by document are Bitmaps.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/bitmap.hpp"
#include "base/dense_set.hpp"
#include "base/frozen.hpp"

namespace shale {

class DocumentSet {
 public:
  DocumentSet() = default;
  static DocumentSet from_sorted(std::span<const u32> documents);  // ascending, none twice
  static DocumentSet range(u32 begin, u32 end);                    // [begin, end)
  static DocumentSet copy_of(const Bitmap& bitmap);
  static DocumentSet sharing(std::shared_ptr<const DenseSet> set);
  // In place; nothing where the image is malformed. What check_frozen has passed is well-formed.
  static std::optional<DocumentSet> view(Bytes image);

  bool empty() const { return containers_.empty(); }
  u32 count() const;
  bool contains(u32 document) const;
  std::vector<u32> to_vector() const;  // ascending, none twice
  Bitmap to_bitmap() const;
  void add_to(DenseSet& sum) const;  // those below its limit
  // In key order, none of them empty; a bitset may hold fewer members than an array could.
  std::span<const FrozenContainer> containers() const { return containers_; }

  // Members of all the sets; of at least one; of the first only. At least one set is given.
  static DocumentSet intersection_of(std::span<const DocumentSet* const> sets);
  static DocumentSet union_of(std::span<const DocumentSet* const> sets);
  static DocumentSet difference_of(const DocumentSet& set, const DocumentSet& others);
  // How many are in at least one of the sets and, where `among` is given, in that too: without
  // making the set.
  static u32 union_count(std::span<const DocumentSet* const> sets, const DocumentSet* among);

 private:
  class Builder;
  static DocumentSet of_image(Buffer image);

  std::vector<FrozenContainer> containers_;
  std::vector<std::shared_ptr<const void>> memory_;  // that the containers lie in, where not mapped
};

}  // namespace shale
