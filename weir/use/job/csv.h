// Csv: records of a CSV file, one at a time, with bounded memory (RFC 4180; a byte order mark and bare LF are read).
//
// Thread-safety: one thread. Trust: takes any bytes; errors name the line, never what is in it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/result.h"

namespace weir::use::job {

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
  // As it stands in the file, with its line end.
  std::string_view record() const { return std::string_view(buffer_).substr(start_, at_ - start_); }

  static constexpr std::size_t kRecordBytesMax = 4u << 20;

 private:
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
};

// A table whose first record names the columns.
class Table {
 public:
  // Fails with kInvalidArgument: "job.csv", or "job.column" if a column is not there or is there twice.
  static Result<Table> open(ByteSource source, const std::vector<std::string>& columns);
  Result<bool> next();
  // The value of the nth column that open() named; empty if the record is short.
  std::string_view value(std::size_t column) const;
  std::string_view record() const { return reader_.record(); }
  const std::string& heading() const { return heading_; }

 private:
  explicit Table(CsvReader reader) : reader_(std::move(reader)) {}
  CsvReader reader_;
  std::string heading_;
  std::vector<std::size_t> places_;
};

}  // namespace weir::use::job
