// What a project holds of a mirrored folder: its files with their stamps, and the pieces of one.
//
// Kept in attributes of the segments themselves, so that it is always true of them, whoever writes,
// restores or erases. Of each piece: `.mirror`, the prefix it belongs to; `name` and `kind`, where
// it is a function, class or section; `.part`, where the piece before it begins on the same line.
// Of the first piece of a file: `.size`, `.inode` and `.hash` of the file, `.mtime_ns` where the
// stamp is settled (source_file.hpp). Times and inodes as whole numbers.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/folder.hpp"
#include "store/view.hpp"

namespace shale::sync {

namespace attribute {
inline constexpr std::string_view mirror = ".mirror";
inline constexpr std::string_view part = ".part";
inline constexpr std::string_view size = ".size";
inline constexpr std::string_view modified = ".mtime_ns";
inline constexpr std::string_view inode = ".inode";
inline constexpr std::string_view hash = ".hash";
inline constexpr std::string_view name = "name";
inline constexpr std::string_view kind = "kind";
}  // namespace attribute

// A file as its first piece tells it.
struct KnownFile {
  std::string path;  // with the prefix
  FileStamp stamp;
  u64 hash = 0;
  bool is_settled = false;  // an equal stamp means equal bytes
};

struct KnownPiece {
  Metadata metadata;
  TextHash text;
};

// The file that a first piece tells of; nothing where it is none.
std::optional<KnownFile> known_file(const Metadata& metadata);

// The files of one prefix, in the order of walks.
Result<std::vector<KnownFile>> known_files(const store::View& view, std::string_view prefix);

// The pieces of files, as one view shows them.
class KnownPieces {
 public:
  explicit KnownPieces(std::shared_ptr<const store::View> view);
  // The live pieces of a file of any prefix, in their order. Not what others keep of the same file.
  Result<std::vector<KnownPiece>> of(std::string_view path) const;
  // The first piece of a file that is mirrored, which has its stamp.
  Result<std::optional<Metadata>> first_of(std::string_view path) const;
  // Whether a live segment has the id.
  Result<bool> has_id(std::string_view id) const;
  const store::View& view() const { return *view_; }

 private:
  // Documents that an update has moved to another path: the terms of their index do not tell.
  using Moved = std::multimap<std::string, u32, std::less<>>;
  Result<std::vector<u32>> documents_of(usize index, std::string_view path) const;

  std::shared_ptr<const store::View> view_;
  std::vector<IndexView> indexes_;
  std::vector<Moved> moved_;  // by index
};

// Text or whole number of an attribute; nothing where it is absent or another kind of value.
std::optional<std::string_view> text_attribute(const Metadata& metadata, std::string_view key);
std::optional<i64> number_attribute(const Metadata& metadata, std::string_view key);

}  // namespace shale::sync
