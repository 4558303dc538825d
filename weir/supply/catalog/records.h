// Records: lines and CSV records out of a run of bytes, with the line each begins on.
//
// CSV is RFC 4180 with LF, CRLF or CR and any one-byte separator; a byte order mark is skipped. Memory stays below
// kRecordBytesMax whatever the input holds. Thread-safety: belongs to one thread. Trust: any bytes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "weir/supply/catalog/load.h"

namespace weir::supply::catalog {

inline constexpr std::size_t kRecordBytesMax = 1u << 20;
inline constexpr std::size_t kCellsMax = 4096;

class ByteReader {
 public:
  explicit ByteReader(ByteSource& source) : source_(source), buffer_(64u << 10) {}
  // The next byte, or -1 at the end, or -2 if the source failed (see error()).
  int next() {
    if (at_ == size_ && !refill()) return error_ ? -2 : -1;
    return buffer_[at_++];
  }
  int peek() {
    if (at_ == size_ && !refill()) return -1;
    return buffer_[at_];
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  bool refill();

  ByteSource& source_;
  std::vector<std::uint8_t> buffer_;
  std::size_t at_ = 0;
  std::size_t size_ = 0;
  bool started_ = false;
  std::optional<Error> error_;
};

// One record as it was found.
struct Record {
  std::int64_t line = 0;            // from 1
  std::string text;                 // of a line
  std::vector<std::string> cells;   // of CSV
  std::string problem;              // slug: "load.too_long", "load.unclosed_quote"; the rest is then empty
};

class RecordReader {
 public:
  RecordReader(ByteSource& source, LoadFormat format, char separator)
      : bytes_(source), format_(format), separator_(separator) {}
  // The next record that is not blank; nothing at the end.
  Result<std::optional<Record>> next();
  std::int64_t blank_lines() const { return blank_lines_; }

 private:
  Result<std::optional<Record>> next_line();
  Result<std::optional<Record>> next_csv();
  void read_cell(Record& record, std::size_t& bytes);
  void skip_line();
  void end_of_line(int byte);

  ByteReader bytes_;
  LoadFormat format_;
  char separator_;
  std::int64_t line_ = 1;
  std::int64_t blank_lines_ = 0;
  bool ended_ = false;              // the record's last cell ended the line
};

}  // namespace weir::supply::catalog
