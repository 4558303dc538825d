// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/csv.h"

#include <algorithm>

namespace weir::use::job {
namespace {

constexpr std::size_t kPieceBytes = 256u << 10;

Error at_line(Errc code, std::uint64_t line, std::string_view what) {
  return Error(code, "line " + std::to_string(line) + " of the table: " + std::string(what)).because("job.csv");
}

// Splits a whole record, without its line end.
void split_record(std::string_view record, std::vector<std::string>& fields) {
  std::size_t count = 0;
  const auto add = [&]() -> std::string& {
    if (count == fields.size()) fields.emplace_back();
    fields[count].clear();
    return fields[count++];
  };
  std::string* field = &add();
  bool quoted = false;
  for (std::size_t i = 0; i < record.size(); ++i) {
    const char c = record[i];
    if (quoted && c == '"' && i + 1 < record.size() && record[i + 1] == '"') {
      *field += '"';
      ++i;
    } else if (c == '"' && (quoted || field->empty())) {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      field = &add();
    } else {
      *field += c;
    }
  }
  fields.resize(count);
}

}  // namespace

// False when there is nothing more.
Result<bool> CsvReader::fill() {
  if (ended_) return false;
  buffer_.erase(0, start_);
  at_ -= start_;
  start_ = 0;
  const std::size_t held = buffer_.size();
  if (held > kRecordBytesMax) return at_line(Errc::kExhausted, line_ + 1, "a record that is too long");
  buffer_.resize(held + kPieceBytes);
  const auto room = std::span(reinterpret_cast<std::uint8_t*>(buffer_.data()) + held, kPieceBytes);
  const Result<std::size_t> got = source_(room);
  buffer_.resize(held + (got ? *got : 0));
  if (!got) return Error(got.error());
  ended_ = *got == 0;
  return !ended_;
}

// Where the record that starts at start_ ends, without its line end.
Result<std::size_t> CsvReader::end_of_record() {
  bool quoted = false;
  std::size_t i = start_;
  while (true) {
    for (; i < buffer_.size(); ++i) {
      if (buffer_[i] == '"') quoted = !quoted;
      if (buffer_[i] == '\n' && !quoted) return i;
    }
    const std::size_t read = i - start_;
    WEIR_TRY_LET(const bool more, fill());
    i = start_ + read;
    if (!more) break;
  }
  if (quoted) return at_line(Errc::kInvalidArgument, line_ + 1, "a quote that is not closed");
  return buffer_.size();
}

Result<bool> CsvReader::next() {
  while (true) {
    start_ = at_;
    WEIR_TRY_LET(const std::size_t end, end_of_record());
    at_ = std::min(end + 1, buffer_.size());
    if (at_ == start_) return false;
    ++line_;
    std::string_view record = std::string_view(buffer_).substr(start_, end - start_);
    if (first_ && record.starts_with("\xef\xbb\xbf")) record.remove_prefix(3);
    first_ = false;
    if (record.ends_with('\r')) record.remove_suffix(1);
    if (record.empty()) continue;
    split_record(record, fields_);
    return true;
  }
}

Result<Table> Table::open(ByteSource source, const std::vector<std::string>& columns) {
  Table out{CsvReader(std::move(source))};
  WEIR_TRY_LET(const bool any, out.reader_.next());
  if (!any) return Error(Errc::kInvalidArgument, "the table is empty: not even a heading").because("job.csv");
  const std::vector<std::string>& names = out.reader_.fields();
  for (const std::string& column : columns) {
    if (std::count(names.begin(), names.end(), column) != 1) {
      return Error(Errc::kInvalidArgument, "the table has no column '" + column + "', or has it twice")
          .because("job.column")
          .advise("name a column as the table's first line has it");
    }
    out.places_.push_back(static_cast<std::size_t>(std::find(names.begin(), names.end(), column) - names.begin()));
  }
  std::string_view heading = out.record();
  if (heading.starts_with("\xef\xbb\xbf")) heading.remove_prefix(3);
  out.heading_ = heading;
  if (!heading.ends_with('\n')) out.heading_ += '\n';
  return out;
}

Result<bool> Table::next() { return reader_.next(); }

std::string_view Table::value(std::size_t column) const {
  const std::size_t place = places_[column];
  return place < reader_.fields().size() ? std::string_view(reader_.fields()[place]) : std::string_view();
}

}  // namespace weir::use::job
