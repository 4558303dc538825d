// SPDX-License-Identifier: Apache-2.0
#include "weir/table/csv.h"

#include <algorithm>

namespace weir::table {
namespace {

constexpr std::size_t kPieceBytes = 256u << 10;
constexpr std::size_t kPieceTextBytes = 4u << 20;
constexpr std::string_view kOpenQuote = "a quote that is not closed";
constexpr std::string_view kTooLong = "a record that is too long";

Error at_line(Errc code, std::uint64_t line, std::string_view what) {
  return Error(code, "line " + std::to_string(line) + " of the table: " + std::string(what)).because("job.csv");
}

// Splits a whole record, without its line end.
void split_record(std::string_view record, std::vector<std::string>& fields, std::vector<bool>* in_quotes = nullptr) {
  std::size_t count = 0;
  if (in_quotes != nullptr) in_quotes->clear();
  const auto add = [&]() -> std::string& {
    if (count == fields.size()) fields.emplace_back();
    fields[count].clear();
    if (in_quotes != nullptr) in_quotes->push_back(false);
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
      if (in_quotes != nullptr) in_quotes->back() = true;
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
  if (held > kRecordBytesMax) return at_line(Errc::kExhausted, line_ + 1, kTooLong);
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
  while (true) {
    const std::size_t end = table::end_of_record(buffer_, start_);
    if (end != std::string::npos) return end;
    WEIR_TRY_LET(const bool more, fill());
    if (!more) break;
  }
  if (std::count(buffer_.begin() + static_cast<std::ptrdiff_t>(start_), buffer_.end(), '"') % 2 != 0) {
    return at_line(Errc::kInvalidArgument, line_ + 1, kOpenQuote);
  }
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
    split_record(record, fields_, &quoted_);
    return true;
  }
}

std::size_t end_of_record(std::string_view text, std::size_t from) {
  const std::size_t end = text.find('\n', from);
  if (end == std::string_view::npos) return end;
  const std::size_t quote = text.substr(0, end).find('"', from);
  if (quote == std::string_view::npos) return end;
  bool quoted = false;
  for (std::size_t i = quote; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == '\n' && !quoted) return i;
  }
  return std::string_view::npos;
}

Result<Heading> read_heading(CsvReader& reader, const std::vector<std::string>& columns) {
  WEIR_TRY_LET(const bool any, reader.next());
  if (!any) return Error(Errc::kInvalidArgument, "the table is empty: not even a heading").because("job.csv");
  Heading out;
  const std::vector<std::string>& names = reader.fields();
  for (const std::string& column : columns) {
    if (std::count(names.begin(), names.end(), column) != 1) {
      return Error(Errc::kInvalidArgument, "the table has no column '" + column + "', or has it twice")
          .because("job.column")
          .advise("name a column as the table's first line has it");
    }
    out.places.push_back(static_cast<std::size_t>(std::find(names.begin(), names.end(), column) - names.begin()));
  }
  std::string_view heading = reader.record();
  if (heading.starts_with("\xef\xbb\xbf")) heading.remove_prefix(3);
  out.text = heading;
  if (!heading.ends_with('\n')) out.text += '\n';
  return out;
}

Fields::Fields(std::vector<std::size_t> places) : places_(std::move(places)), values_(places_.size()) {
  for (const std::size_t place : places_) end_ = std::max(end_, place + 1);
}

void Fields::read(std::string_view record) {
  const auto pick = [&](const auto& fields) {
    for (std::size_t i = 0; i < places_.size(); ++i) {
      values_[i] = places_[i] < fields.size() ? std::string_view(fields[places_[i]]) : std::string_view();
    }
  };
  if (record.find('"') != std::string_view::npos) {
    split_record(record, quoted_);
    return pick(quoted_);
  }
  plain_.clear();
  for (std::size_t at = 0; at <= record.size() && plain_.size() < end_;) {
    const std::size_t end = std::min(record.find(',', at), record.size());
    plain_.push_back(record.substr(at, end - at));
    at = end + 1;
  }
  pick(plain_);
}

PieceReader::PieceReader(CsvReader reader)
    : source_(std::move(reader.source_)),
      rest_(reader.buffer_.substr(reader.at_)),
      line_(reader.line_),
      ended_(reader.ended_) {}

// Fills a piece and cuts it behind its last whole record.
Result<bool> PieceReader::next(Piece& piece) {
  piece.text.swap(rest_);
  rest_.clear();
  std::size_t filled = piece.text.size();
  std::size_t cut = 0;  // behind the last whole record
  std::uint64_t records = 0;
  while (cut == 0 && !ended_) {
    const std::size_t target = filled + kPieceTextBytes;
    piece.text.resize(target);
    while (filled < target && !ended_) {
      const auto room = std::span(reinterpret_cast<std::uint8_t*>(piece.text.data()) + filled, target - filled);
      WEIR_TRY_LET(const std::size_t got, source_(room));
      filled += got;
      ended_ = got == 0;
    }
    piece.text.resize(filled);
    if (piece.text.find('"') == std::string::npos) {
      cut = piece.text.rfind('\n') + 1;  // npos + 1 is 0
      records = static_cast<std::uint64_t>(std::count(piece.text.begin(), piece.text.end(), '\n'));
    } else {
      for (std::size_t end; (end = end_of_record(piece.text, cut)) != std::string::npos; ++records) cut = end + 1;
    }
    if (filled - cut > CsvReader::kRecordBytesMax) return at_line(Errc::kExhausted, line_ + 1, kTooLong);
  }
  piece.line = line_;
  if (ended_) {
    const auto tail = piece.text.begin() + static_cast<std::ptrdiff_t>(cut);
    if (std::count(tail, piece.text.end(), '"') % 2 != 0) {
      return at_line(Errc::kInvalidArgument, line_ + records + 1, kOpenQuote);
    }
    cut = piece.text.size();
  }
  rest_.assign(piece.text, cut);
  piece.text.resize(cut);
  line_ += records;
  return cut > 0;
}

Result<Table> Table::open(ByteSource source, const std::vector<std::string>& columns) {
  CsvReader reader(std::move(source));
  WEIR_TRY_LET(Heading heading, read_heading(reader, columns));
  return Table(std::move(reader), std::move(heading));
}

Result<bool> Table::next() { return reader_.next(); }

std::string_view Table::value(std::size_t column) const {
  const std::size_t place = heading_.places[column];
  return place < reader_.fields().size() ? std::string_view(reader_.fields()[place]) : std::string_view();
}

}  // namespace weir::table
