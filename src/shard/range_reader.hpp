// A frequent word by ranges of 256 documents: RangePostings over a frozen image, its nibbles and
// its range maxima, read where they lie.
//
// Making one looks at every container once and verifies all the word's documents; its frequencies
// are verified container by container, as ranges of theirs are read. (A word of half of all
// documents has 5 MB of them, of which a search reads little: verifying all was three fifths of
// what a search did whose pages had been given back. So damage there is found by those searches
// alone that read it.) A range then costs a table look-up, a few
// population counts or a short binary search, and its postings. Layouts are in postings.hpp and
// ranges.hpp. Used by terms_reader.
#pragma once

#include <memory>

#include "model/range_postings.hpp"
#include "shard/postings.hpp"
#include "shard/ranges.hpp"

namespace shale::shard {

// `number` and `term` name a big term that has range maxima, `average_length` is the shard's.
Result<std::unique_ptr<RangePostings>> make_range_reader(const PostingsReader& postings, u32 number,
                                                         const BigTerm& term,
                                                         const RangeMaxima& maxima,
                                                         float average_length);

}  // namespace shale::shard
