// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/catalog/records.h"

namespace weir::supply::catalog {

bool ByteReader::refill() {
  while (!error_) {
    auto size = source_.read(buffer_);
    if (!size) {
      error_ = size.error();
      break;
    }
    at_ = 0;
    size_ = *size;
    const bool marked = !started_ && size_ >= 3 && buffer_[0] == 0xEF && buffer_[1] == 0xBB && buffer_[2] == 0xBF;
    if (marked) at_ = 3;
    started_ = true;
    if (at_ < size_) return true;
    if (size_ == 0) break;
  }
  at_ = size_ = 0;
  return false;
}

// A CR is a line end of its own unless an LF follows.
void RecordReader::end_of_line(int byte) {
  if (byte == '\r' && bytes_.peek() == '\n') bytes_.next();
  ++line_;
}

void RecordReader::skip_line() {
  for (int byte = bytes_.next(); byte >= 0; byte = bytes_.next()) {
    if (byte == '\n' || byte == '\r') return end_of_line(byte);
  }
}

Result<std::optional<Record>> RecordReader::next() {
  return format_ == LoadFormat::kCsv ? next_csv() : next_line();
}

Result<std::optional<Record>> RecordReader::next_line() {
  Record record{.line = line_};
  for (;;) {
    const int byte = bytes_.next();
    if (byte == -2) return Error(*bytes_.error());
    if (byte == -1 || byte == '\n') {
      if (byte == '\n') ++line_;
      if (!trim(record.text).empty()) return std::optional<Record>(std::move(record));
      if (byte == -1) return std::optional<Record>();
      ++blank_lines_;
      record = {.line = line_};
      continue;
    }
    record.text += static_cast<char>(byte);
    if (record.text.size() <= kRecordBytesMax) continue;
    for (int rest = bytes_.next(); rest >= 0 && rest != '\n';) rest = bytes_.next();
    ++line_;
    record.text.clear();
    record.problem = "load.too_long";
    return std::optional<Record>(std::move(record));
  }
}

// Reads one cell and what ends it. Sets ended_ at the end of the line or the file.
void RecordReader::read_cell(Record& record, std::size_t& bytes) {
  std::string cell;
  bool quoted = false;
  const bool starts_quoted = bytes_.peek() == '"';
  if (starts_quoted) {
    bytes_.next();
    quoted = true;
  }
  for (;;) {
    const int byte = bytes_.next();
    if (byte < 0) {
      if (quoted) record.problem = "load.unclosed_quote";
      ended_ = true;
      break;
    }
    if (++bytes > kRecordBytesMax || record.cells.size() >= kCellsMax) {
      record.problem = quoted ? "load.unclosed_quote" : "load.too_long";
      skip_line();
      ended_ = true;
      break;
    }
    if (quoted) {
      if (byte == '"' && bytes_.peek() == '"') {
        cell += static_cast<char>(bytes_.next());
      } else if (byte == '"') {
        quoted = false;
      } else {
        if (byte == '\n' || (byte == '\r' && bytes_.peek() != '\n')) ++line_;
        cell += static_cast<char>(byte);
      }
      continue;
    }
    if (byte == static_cast<unsigned char>(separator_)) break;
    if (byte == '\n' || byte == '\r') {
      end_of_line(byte);
      ended_ = true;
      break;
    }
    cell += static_cast<char>(byte);
  }
  record.cells.push_back(std::move(cell));
}

Result<std::optional<Record>> RecordReader::next_csv() {
  for (;;) {
    if (bytes_.peek() < 0) {
      if (bytes_.error()) return Error(*bytes_.error());
      return std::optional<Record>();
    }
    Record record{.line = line_};
    std::size_t bytes = 0;
    ended_ = false;
    while (!ended_) read_cell(record, bytes);
    if (bytes_.error()) return Error(*bytes_.error());
    if (!record.problem.empty()) {
      record.cells.clear();
      return std::optional<Record>(std::move(record));
    }
    if (record.cells.size() > 1 || !trim(record.cells[0]).empty()) return std::optional<Record>(std::move(record));
    ++blank_lines_;
  }
}

}  // namespace weir::supply::catalog
