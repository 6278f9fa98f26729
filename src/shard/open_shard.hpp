// The one Shard there is: readers of all sections over one map and one file.
//
// Apart from shard.cpp only shard_verify.cpp looks in here.
#pragma once

#include "shard/columns.hpp"
#include "shard/extras.hpp"
#include "shard/ids.hpp"
#include "shard/known_values.hpp"
#include "shard/length_table.hpp"
#include "shard/shard_file.hpp"
#include "shard/shard_map.hpp"
#include "shard/terms.hpp"
#include "shard/texts.hpp"

namespace shale::shard {

class OpenShard final : public Shard {
 public:
  static Result<std::shared_ptr<const Shard>> make(std::unique_ptr<File> file, ShardFrame frame,
                                                   std::shared_ptr<PageBudget> budget);

  std::optional<Error> loss() const override {
    return map_->lost() ? std::optional<Error>(map_->loss()) : std::nullopt;
  }
  FileId file_id() const override { return frame_.info.id; }
  u32 document_count() const override { return frame_.info.document_count; }
  bool has_positions() const override { return frame_.info.positions; }
  u64 word_count() const override { return frame_.info.word_count; }

  Result<std::optional<Term>> find_term(std::string_view term) const override;
  Result<void> for_each_term(std::string_view prefix, const TermVisitor& visit) const override;
  Result<DocumentSet> documents(const Term& term) const override;
  Result<void> add_holders(std::string_view prefix, TermFilter* filter,
                           DenseSet& holders) const override;
  u32 term_group_count() const override { return terms_.group_count(); }
  Result<void> add_groups(std::string_view piece, DenseSet& groups) const override {
    return terms_.add_groups(piece, groups);
  }
  Result<void> add_holders_in(const DenseSet& groups, TermFilter& filter,
                              DenseSet& holders) const override {
    return terms_.add_holders_in(groups, filter, holders);
  }
  Result<void> frequencies(const Term& term, std::span<const u32> docs,
                           std::span<u32> tfs) const override;
  Result<void> postings(const Term& term, std::vector<u32>& docs,
                        std::vector<u32>& tfs) const override;
  Result<std::unique_ptr<RangePostings>> range_postings(const Term& term) const override;
  Result<std::unique_ptr<PositionCursor>> position_cursor(const Term& term) const override {
    return terms_.position_cursor(term);
  }
  Result<std::vector<u32>> positions(const Term& term, DocNo doc) const override;
  std::unique_ptr<TermStream> all_terms() const override;

  Result<void> numbers(Field field, u32 first, std::span<i64> out) const override;
  Result<void> numbers_of(Field field, std::span<const u32> docs,
                          std::span<i64> out) const override;
  Result<void> lengths(u32 first, std::span<u32> out) const override;
  Result<void> lengths_of(std::span<const u32> docs, std::span<u32> out) const override;
  Result<std::span<const u32>> range_lengths(u32 range) const override {
    return length_table_.range(range);
  }
  Result<KeptLengths> kept_lengths() const override { return length_table_.whole(); }
  Result<void> codes(Field field, u32 first, std::span<u32> out) const override;
  Result<std::string> code_value(Field field, u32 code) const override;

  Result<std::optional<DocNo>> find_id(std::string_view id) const override;
  Result<std::string> id_of(DocNo doc) const override;
  Result<void> ids_of(std::span<const u32> docs, const IdVisitor& visit) const override {
    return ids_.ids_of(docs, visit);
  }
  Result<Lsn> lsn_of(DocNo doc) const override;
  Result<Metadata> metadata(DocNo doc) const override;
  Result<Summary> summary(DocNo doc) const override;
  Result<TextHash> text_hash(DocNo doc) const override;
  Result<std::string> text(DocNo doc) const override;

  const ShardInfo& info() const override { return frame_.info; }
  std::vector<SectionBytes> sections() const override;
  Result<void> for_each_id(
      const std::function<Result<void>(std::string_view id)>& visit) const override;
  Result<std::string> text_range(DocNo doc, u32 begin, u32 end) const override;
  Result<StoredText> stored_text(DocNo doc, ReadAhead& ahead) const override;
  u32 dictionary_count() const override { return texts_.dictionary_count(); }
  Result<Buffer> dictionary(u32 number) const override { return texts_.dictionary(number); }
  std::vector<PageRun> hot_pages() const override;
  Result<u64> verify(std::vector<Fault>& faults, Texts texts,
                     const std::function<bool(u64 bytes)>& keep_going) const override;

 private:
  friend class Verifier;  // shard_verify.cpp
  OpenShard(std::unique_ptr<File> file, ShardFrame frame, std::shared_ptr<const ShardMap> map,
            IdsReader ids, ColumnsReader columns, ExtrasReader extras, TextsReader texts,
            TermsReader terms, std::shared_ptr<PageBudget> budget);

  Result<u64> id_hash(DocNo doc) const;
  Result<std::optional<std::string>> string_field(Field field, DocNo doc) const;
  Result<std::string> type_of(DocNo doc) const;
  Result<std::optional<LineRange>> line_range_of(DocNo doc) const;
  Result<std::optional<u32>> tokens_of(DocNo doc) const;
  Result<u32> flags_of(DocNo doc) const;
  Result<void> read_numbers(Metadata& out, DocNo doc) const;
  Result<void> read_tokens(Metadata& out, DocNo doc) const;
  Result<void> read_extras(Metadata& out, DocNo doc) const;

  std::unique_ptr<File> file_;  // where it stays: the texts hold on to it
  ShardFrame frame_;
  std::shared_ptr<const ShardMap> map_;
  IdsReader ids_;
  ColumnsReader columns_;
  ExtrasReader extras_;
  TextsReader texts_;
  TermsReader terms_;
  mutable LengthTable length_table_;
  mutable KnownValues known_types_;
};

}  // namespace shale::shard
