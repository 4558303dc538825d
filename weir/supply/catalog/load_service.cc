// Loading into the store: a batch a transaction, each record with its own fate.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "weir/crypto/hash.h"
#include "weir/supply/catalog/records.h"
#include "weir/supply/catalog/service_impl.h"
#include "weir/wire/encoding.h"
#include "weir/wire/reader.h"

namespace weir::supply::catalog {

namespace {

constexpr std::size_t kBatchMax = 1000;
constexpr std::size_t kBatchBytesMax = 8u << 20;

// Repeatable "random" bytes out of a text: a loaded record has the same identifier wherever and whenever it is loaded.
class DerivedRandom final : public Random {
 public:
  explicit DerivedRandom(std::string seed) : seed_(std::move(seed)) {}
  void fill(std::span<std::uint8_t> out) override {
    while (!out.empty()) {
      wire::Builder counter;
      counter.u64(round_++);
      const crypto::Digest digest = crypto::hash(crypto::HashAlgorithm::kSha256, {view_of(seed_), counter.bytes()});
      const std::size_t size = std::min(out.size(), digest.size());
      std::copy_n(digest.begin(), size, out.begin());
      out = out.subspan(size);
    }
  }

 private:
  std::string seed_;
  std::uint64_t round_ = 0;
};

void refuse(LineReport& report, const Error& error) {
  report.outcome = LineOutcome::kRefused;
  report.reason = error.reason();
  report.message = error.message();
  report.repairs.clear();
}

std::string_view problem_message(std::string_view problem) {
  return problem == "load.unclosed_quote" ? "a quote that is never closed" : "longer than 1 MiB or 4096 cells";
}

void count(LoadReport& report, const LineReport& line) {
  ++report.read;
  switch (line.outcome) {
    case LineOutcome::kAccepted: ++report.accepted; break;
    case LineOutcome::kRepaired: ++report.repaired; break;
    case LineOutcome::kUpdated: ++report.updated; break;
    case LineOutcome::kUnchanged: ++report.unchanged; break;
    case LineOutcome::kRefused: ++report.refused; break;
  }
  for (const std::string& slug : line.repairs) ++report.repairs[slug];
  if (line.outcome == LineOutcome::kRefused) ++report.refusals[line.reason];
  if (line.outcome != LineOutcome::kRefused && line.outcome != LineOutcome::kRepaired) return;
  if (report.lines.size() < kReportLinesMax) {
    report.lines.push_back(line);
  } else {
    ++report.lines_left_out;
  }
}

// Columns that the mapping names must be there, or every record would silently lack them.
Result<> check_header(const std::vector<std::string>& header, const CsvMapping& map) {
  std::vector<std::string> wanted = map.more_description;
  for (const std::string* name :
       {&map.identifier, &map.title, &map.description, &map.keywords, &map.publisher, &map.theme, &map.frequency,
        &map.licence, &map.modified, &map.url, &map.format, &map.columns}) {
    if (!name->empty()) wanted.push_back(*name);
  }
  for (const std::string& name : wanted) {
    if (std::find(header.begin(), header.end(), name) == header.end()) {
      return Error(Errc::kInvalidArgument, "the file has no column '" + name + "'")
          .because("load.no_column")
          .advise("Name the columns as the file's first line does.");
    }
  }
  return {};
}

}  // namespace

// A known record's product, or a new one with an identifier derived from where it comes from.
Result<Head> Service::Impl::head_of_record(store::Tx& tx, const LoadedRecord& record, const SubjectId& publisher) {
  const std::string origin = publisher.text() + "\n" + record.source_catalog + "\n" + record.source_id;
  for (int attempt = 0; attempt < 8; ++attempt) {
    DerivedRandom random("weir catalog 1\n" + std::to_string(attempt) + "\n" + origin);
    auto id = ProductId::generate(identifier::ItemKind::kProduct, publisher, parts.area, random, record.source_id);
    if (!id) id = ProductId::generate(identifier::ItemKind::kProduct, publisher, parts.area, random);
    if (!id) return std::move(id).error();
    WEIR_TRY_LET(const std::optional<Head> taken, load_head(tx, id->text()));
    if (taken) continue;
    return Head{.id = *std::move(id), .publisher = publisher, .origin = {}, .created = parts.clock.now()};
  }
  return Error(Errc::kConflict, "the identifiers of the record are taken").because("load.identifier_taken");
}

// A refusal is an outcome; an error is the store's.
Result<> Service::Impl::store_record(store::Tx& tx, Writer& writer, Pending& pending, const LoadOptions& options) {
  const SubjectId publisher = options.publisher.value_or(parts.participant);
  const LoadedRecord& record = *pending.record;
  LineReport& report = pending.report;
  Version version = new_version(1, Status::kPublished);
  version.record = to_json(record.description).canonical();
  version.hash = "sha256:" + wire::encode_hex(crypto::hash(crypto::HashAlgorithm::kSha256, view_of(version.record)));
  WEIR_TRY_LET(
      const store::Rows known,
      tx.query("SELECT product, hash FROM catalog_source WHERE publisher = ? AND catalog = ? AND source_id = ?",
               {publisher.text(), record.source_catalog, record.source_id}));
  std::optional<Head> head;
  if (!known.empty()) {
    report.product = known[0][0].text();
    if (options.round > 0) {
      WEIR_TRY(tx.execute("UPDATE catalog_source SET seen = ? WHERE publisher = ? AND catalog = ? AND source_id = ?",
                          {options.round, publisher.text(), record.source_catalog, record.source_id}));
    }
    if (known[0][1].text() == version.hash) {
      report.outcome = LineOutcome::kUnchanged;
      return {};
    }
    WEIR_TRY_LET(head, load_head(tx, report.product));
    if (!head) return Error(Errc::kCorrupt, "a loaded product is missing").because("catalog.corrupt");
    const bool busy = head->latest != head->published;
    if (busy || head->deregistered) {
      report.outcome = LineOutcome::kRefused;
      report.reason = busy ? "load.being_edited" : "load.deregistered";
      report.message = busy ? "somebody is editing the product" : "the product was deregistered here";
      return {};
    }
    version.number = head->latest + 1;
  } else {
    WEIR_TRY_LET(head, head_of_record(tx, record, publisher));
  }
  wire::Json more = wire::Json::object({{"source_catalog", record.source_catalog}, {"source_id", record.source_id}});
  WEIR_TRY(writer.publish(*head, version, record.description,
                          {.what = "published", .reason = "loaded", .more = std::move(more)}));
  WEIR_TRY(tx.execute("INSERT INTO catalog_source (publisher, catalog, source_id, product, hash, seen)"
                      " VALUES (?, ?, ?, ?, ?, ?)"
                      " ON CONFLICT (publisher, catalog, source_id) DO UPDATE SET hash = excluded.hash",
                      {publisher.text(), record.source_catalog, record.source_id, head->id.text(), version.hash,
                       options.round}));
  report.product = head->id.text();
  report.repairs = record.repairs;
  report.outcome = !record.repairs.empty() ? LineOutcome::kRepaired
                   : known.empty()         ? LineOutcome::kAccepted
                                           : LineOutcome::kUpdated;
  return {};
}

Result<> Service::Impl::store_batch(std::vector<Pending>& batch, const LoadOptions& options, const Actor& actor) {
  return parts.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(Writer batch_writer, writer(tx, actor.value(), static_cast<std::int64_t>(batch.size())));
    for (Pending& pending : batch) {
      if (!pending.record) continue;
      pending.report.repairs.clear();
      WEIR_TRY(store_record(tx, batch_writer, pending, options));
    }
    return announce(tx, batch_writer);
  });
}

Result<LoadReport> Service::load(ByteSource& source, const LoadOptions& options, const Actor& actor,
                                 const LoadSink& sink) {
  RecordReader reader(source, options.format, options.mapping.separator);
  LoadReport report;
  std::vector<std::string> header;
  if (options.format == LoadFormat::kCsv) {
    WEIR_TRY_LET(std::optional<Record> first, reader.next());
    if (first) header = std::move(first->cells);
    for (std::string& name : header) name = std::string(trim(name));
    WEIR_TRY(check_header(header, options.mapping));
  }
  std::vector<Impl::Pending> batch;
  std::size_t bytes = 0;
  const auto flush = [&]() -> Result<> {
    if (batch.empty()) return {};
    const bool any = std::any_of(batch.begin(), batch.end(),
                                 [](const Impl::Pending& pending) { return pending.record.has_value(); });
    if (any) WEIR_TRY(impl_->store_batch(batch, options, actor));
    for (const Impl::Pending& pending : batch) {
      count(report, pending.report);
      if (sink) sink(pending.report);
    }
    batch.clear();
    bytes = 0;
    return {};
  };
  for (;;) {
    WEIR_TRY_LET(std::optional<Record> record, reader.next());
    if (!record) break;
    Impl::Pending pending{.report = {.line = record->line}};
    if (!record->problem.empty()) {
      refuse(pending.report,
             Error(Errc::kInvalidArgument, std::string(problem_message(record->problem))).because(record->problem));
    } else {
      for (const std::string& cell : record->cells) bytes += cell.size();
      bytes += record->text.size();
      auto mapped = options.format == LoadFormat::kCsv ? map_csv(header, record->cells, options)
                                                       : map_dcat_us(record->text, options);
      if (mapped) {
        pending.report.source_id = mapped->source_id;
        pending.record = *std::move(mapped);
      } else {
        refuse(pending.report, mapped.error());
      }
    }
    batch.push_back(std::move(pending));
    if (batch.size() >= std::clamp<std::size_t>(options.batch, 1, kBatchMax) || bytes >= kBatchBytesMax)
      WEIR_TRY(flush());
  }
  WEIR_TRY(flush());
  report.blank_lines = reader.blank_lines();
  return report;
}

// One batch of it; whether there may be more.
Result<bool> Service::Impl::remove_missing(const std::string& catalog, std::int64_t round, const Actor& actor,
                                           std::int64_t& removed) {
  std::int64_t here = 0;
  bool more = false;
  WEIR_TRY(parts.sql.write([&](store::Tx& tx) -> Result<> {
    here = 0;
    WEIR_TRY_LET(const store::Rows missing,
                 tx.query("SELECT product, source_id FROM catalog_source WHERE publisher = ? AND catalog = ? AND"
                          " seen > 0 AND seen < ? ORDER BY source_id LIMIT ?",
                          {parts.participant.text(), catalog, round - 1, static_cast<std::int64_t>(kBatchMax)}));
    more = missing.size() == kBatchMax;
    if (missing.empty()) return {};
    WEIR_TRY_LET(Writer writer, this->writer(tx, actor.value(), static_cast<std::int64_t>(missing.size())));
    for (const auto& row : missing) {
      WEIR_TRY_LET(std::optional<Head> head, load_head(tx, row[0].text()));
      if (!head) return Error(Errc::kCorrupt, "a loaded product is missing").because("catalog.corrupt");
      const bool theirs = head->deregistered || head->latest != head->published;
      const std::string_view settle = theirs ? "UPDATE catalog_source SET seen = 0" : "DELETE FROM catalog_source";
      WEIR_TRY(tx.execute(std::string(settle) + " WHERE publisher = ? AND catalog = ? AND source_id = ?",
                          {parts.participant.text(), catalog, row[1].text()}));
      if (theirs) continue;
      WEIR_TRY(writer.deregister(*head, {.what = "deregistered", .reason = "no longer in " + catalog}));
      ++here;
    }
    return announce(tx, writer);
  }));
  removed += here;
  return more;
}

Result<std::int64_t> Service::remove_missing(const std::string& catalog, std::int64_t round, const Actor& actor) {
  std::int64_t removed = 0;
  bool more = true;
  while (more) {
    WEIR_TRY_LET(more, impl_->remove_missing(catalog, round, actor, removed));
  }
  return removed;
}

}  // namespace weir::supply::catalog
