#include "unite/decision.hpp"

namespace shale::unite {

namespace {

Decision keep_mine() { return {.outcome = Outcome::mine}; }
Decision take_theirs() { return {.outcome = Outcome::theirs, .takes_theirs = true}; }

Decision keep_both(const std::string& id, const Content& ours, const Content& theirs) {
  const bool takes_theirs = theirs > ours;
  return {.outcome = Outcome::both,
          .takes_theirs = takes_theirs,
          .id_beside = id_beside(id, takes_theirs ? ours : theirs)};
}

// Ours belongs to a folder: whatever took its place, the file would still be what it is.
Decision decide_for_synced(const Version& ours, const Version& theirs, OnConflict policy) {
  if (content_beside_file(ours) == content_beside_file(theirs)) return {};
  if (policy == OnConflict::refuse) return {.outcome = Outcome::refused};
  if (policy == OnConflict::mine) return keep_mine();
  if (policy == OnConflict::both) {
    return {.outcome = Outcome::both,
            .id_beside = id_beside(theirs.metadata.id, content_of(theirs)),
            .is_synced = true};
  }
  return {.outcome = Outcome::mine, .is_synced = true};
}

}  // namespace

Decision decide(const Version* ours, const Version& theirs, OnConflict policy) {
  if (ours == nullptr) return {.outcome = Outcome::added, .takes_theirs = true};
  if (is_synced(ours->metadata)) return decide_for_synced(*ours, theirs, policy);
  const Content our_content = content_of(*ours);
  const Content their_content = content_of(theirs);
  if (our_content == their_content) return {};
  switch (policy) {
    case OnConflict::refuse:
      return {.outcome = Outcome::refused};
    case OnConflict::newest:
      return their_content > our_content ? take_theirs() : keep_mine();
    case OnConflict::both:
      return keep_both(theirs.metadata.id, our_content, their_content);
    case OnConflict::mine:
      return keep_mine();
    case OnConflict::theirs:
      return take_theirs();
  }
  return keep_mine();
}

}  // namespace shale::unite
