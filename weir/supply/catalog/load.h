// Load: whole catalogs of others, record by record: DCAT-US 1.1 lines, CSV with Chinese or other headers.
//
// Streaming, bounded memory, a batch a transaction. Nothing is dropped silently: every record is accepted, accepted
// with repairs that are named, unchanged, or refused with a reason. Loading the same again changes nothing. Format of
// the report: docs/formats/load-report.md. Thread-safety: a source belongs to one thread. Trust: records are hostile.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/result.h"
#include "weir/supply/catalog/product.h"
#include "weir/store/files.h"
#include "weir/wire/json.h"

namespace weir::supply::catalog {

// A run of bytes that is read once.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills `out`; fewer bytes only at the end.
  virtual Result<std::size_t> read(std::span<std::uint8_t> out) = 0;
};
std::unique_ptr<ByteSource> text_source(std::string text);
// A file; unpacked while reading if it starts as gzip does. Fails with kCorrupt ("catalog.bad_gzip") while reading.
Result<std::unique_ptr<ByteSource>> file_source(store::Files& files, const std::string& path);
Result<std::unique_ptr<ByteSource>> gunzip(std::unique_ptr<ByteSource> packed);

// Which column of a CSV file is what. Names as in the header line, without quotes and outer spaces.
struct CsvMapping {
  std::string identifier;    // empty: the line's content identifies it
  std::string title;
  std::string description;
  std::vector<std::string> more_description;  // appended, with the column's name before
  std::string keywords;      // separated by , ; 、 or ，
  std::string publisher;
  std::string theme;
  std::string frequency;
  std::string licence;
  std::string modified;
  std::string url;
  std::string format;
  std::string columns;       // names of the data's columns, separated like keywords
  char separator = ',';
};
// {"title": "数据项名称", …}. Fails with kInvalidArgument ("load.bad_mapping").
Result<CsvMapping> parse_mapping(const wire::Json& json);

enum class LoadFormat : std::uint8_t {
  kDcatUs,  // DCAT-US 1.1: one record a line, bare or as {"agency", "dataset"}
  kCsv,
};

struct LoadOptions {
  LoadFormat format = LoadFormat::kDcatUs;
  std::string catalog;            // name of the source: with the record's identifier it makes records the same
  CsvMapping mapping;             // of kCsv
  std::optional<SubjectId> publisher;  // whom the products belong to; this node's participant if not given
  std::string region;             // GB/T 2260 code for all records; may be empty
  std::optional<grade::Grading> grade;  // for all; by the record's access level if not given
  std::vector<Offer> offers;      // for records of public access
  std::int64_t round = 0;         // of a catalog that is read again and again, from 1; 0: it is not followed
  std::size_t batch = 500;
};

enum class LineOutcome : std::uint8_t {
  kAccepted,   // new, as it was
  kRepaired,   // new or changed, with repairs
  kUpdated,    // known, changed: a new version, no repairs
  kUnchanged,  // known, the same
  kRefused,
};
std::string_view name_of(LineOutcome outcome);

struct LineReport {
  std::int64_t line = 0;           // first line of the record, from 1
  LineOutcome outcome = LineOutcome::kAccepted;
  std::string source_id;
  std::string product;             // identifier, unless refused
  std::vector<std::string> repairs;  // slugs, docs/formats/load-report.md
  std::string reason;              // slug of a refusal
  std::string message;             // of a refusal
};

inline constexpr std::size_t kReportLinesMax = 1'000;

struct LoadReport {
  std::int64_t read = 0;           // records; always the sum of the next five
  std::int64_t accepted = 0;
  std::int64_t repaired = 0;
  std::int64_t updated = 0;
  std::int64_t unchanged = 0;
  std::int64_t refused = 0;
  std::int64_t blank_lines = 0;
  std::map<std::string, std::int64_t> repairs;   // slug -> how often
  std::map<std::string, std::int64_t> refusals;
  std::vector<LineReport> lines;   // the first kReportLinesMax refused or repaired; all go to LoadSink
  std::int64_t lines_left_out = 0;
};
wire::Json to_json(const LoadReport& report);

// Called for every record, after its batch is durable.
using LoadSink = std::function<void(const LineReport&)>;

// A record read and mapped, before it is stored.
struct LoadedRecord {
  Description description;
  std::string source_catalog;      // options.catalog, with the agency after it
  std::string source_id;
  std::vector<std::string> repairs;
};
// Fails with kInvalidArgument: "load.not_json", "load.not_an_object", "load.no_identifier", "load.long_identifier",
// "load.no_title", "load.not_utf8", "load.too_many_cells", or a reason of check().
Result<LoadedRecord> map_dcat_us(std::string_view line, const LoadOptions& options);
Result<LoadedRecord> map_csv(const std::vector<std::string>& header, const std::vector<std::string>& cells,
                             const LoadOptions& options);

}  // namespace weir::supply::catalog
