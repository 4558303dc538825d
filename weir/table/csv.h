// Csv: records of a CSV file, one at a time or by the piece, with bounded memory (RFC 4180; a byte order mark and bare
// LF are read).
//
// Thread-safety: one thread. Trust: takes any bytes; errors name the line, never what is in it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/result.h"

namespace weir::table {

// Fills some of `out`; 0 at the end.
using ByteSource = std::function<Result<std::size_t>(std::span<std::uint8_t> out)>;

class CsvReader {
 public:
  explicit CsvReader(ByteSource source) : source_(std::move(source)) {}
  // The next record; false at the end. Empty lines are no records. Fails with kInvalidArgument ("job.csv") if a quote
  // is not closed, with kExhausted ("job.csv") beyond kRecordBytesMax.
  Result<bool> next();
  // Of the record just read; valid until the next.
  const std::vector<std::string>& fields() const { return fields_; }
  // Whether each of them stood in quotes.
  const std::vector<bool>& quoted() const { return quoted_; }
  // As it stands in the file, with its line end.
  std::string_view record() const { return std::string_view(buffer_).substr(start_, at_ - start_); }

  static constexpr std::size_t kRecordBytesMax = 4u << 20;

 private:
  friend class PieceReader;
  Result<bool> fill();
  Result<std::size_t> end_of_record();

  ByteSource source_;
  std::string buffer_;
  std::size_t start_ = 0;  // of the record in the buffer
  std::size_t at_ = 0;     // behind it
  std::uint64_t line_ = 0;
  bool first_ = true;
  bool ended_ = false;
  std::vector<std::string> fields_;
  std::vector<bool> quoted_;
};

// The first record of a table, which names the columns.
struct Heading {
  std::string text;                 // as it stands in the file, with a line end
  std::vector<std::size_t> places;  // of the columns that were asked for
};
// Fails with kInvalidArgument: "job.csv", or "job.column" if a column is not there or is there twice.
Result<Heading> read_heading(CsvReader& reader, const std::vector<std::string>& columns);

// Some of the fields of a record, without copying it where nothing is quoted. Reads the record, which must outlive it.
class Fields {
 public:
  explicit Fields(std::vector<std::size_t> places);
  // `record` is without its line end.
  void read(std::string_view record);
  // Those of the places, in their order; empty where the record is short.
  const std::vector<std::string_view>& values() const { return values_; }

 private:
  std::vector<std::size_t> places_;
  std::size_t end_ = 0;  // behind the last place
  std::vector<std::string_view> values_;
  std::vector<std::string_view> plain_;
  std::vector<std::string> quoted_;
};

// Whole records, many at once, for those who look at them on several threads.
struct Piece {
  std::string text;
  std::uint64_t line = 0;  // of its first record: how many records, empty ones too, are before it in the file
};
class PieceReader {
 public:
  // What it reads follows the heading, where `reader` stands.
  explicit PieceReader(CsvReader reader);
  // False at the end. Fails as CsvReader::next() does.
  Result<bool> next(Piece& piece);

 private:
  ByteSource source_;
  std::string rest_;  // read, and in no piece yet
  std::uint64_t line_ = 0;
  bool ended_ = false;
};
// Calls record(line, text, whole) for each record of the piece: `line` names it wherever the table is read again,
// `text` is without its line end, `whole` with it.
template <class Each>
void each_record(const Piece& piece, Each&& each);

// A table whose first record names the columns.
class Table {
 public:
  // Fails with kInvalidArgument: "job.csv", or "job.column" if a column is not there or is there twice.
  static Result<Table> open(ByteSource source, const std::vector<std::string>& columns);
  Result<bool> next();
  // The value of the nth column that open() named; empty if the record is short.
  std::string_view value(std::size_t column) const;
  std::string_view record() const { return reader_.record(); }
  const std::string& heading() const { return heading_.text; }

 private:
  Table(CsvReader reader, Heading heading) : reader_(std::move(reader)), heading_(std::move(heading)) {}
  CsvReader reader_;
  Heading heading_;
};

// Where the record that begins at `from` ends: its line feed, or npos if it has none.
std::size_t end_of_record(std::string_view text, std::size_t from);

template <class Each>
void each_record(const Piece& piece, Each&& each) {
  const std::string_view text = piece.text;
  std::uint64_t line = piece.line;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(end_of_record(text, at), text.size());
    const std::string_view whole = text.substr(at, end + 1 - at);
    std::string_view record = text.substr(at, end - at);
    if (record.ends_with('\r')) record.remove_suffix(1);
    if (!record.empty()) each(line, record, whole);
    ++line;
    at = end + 1;
  }
}

}  // namespace weir::table
