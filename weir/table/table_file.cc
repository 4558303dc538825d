// SPDX-License-Identifier: Apache-2.0
#include "weir/table/table_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "weir/base/text.h"
#include "weir/table/engine.h"

namespace weir::table {
namespace {

constexpr std::string_view kMagic = "PAR1";
constexpr std::size_t kWaitingBytes = 256u << 10;
constexpr std::uint64_t kCountedBytes = 1u << 20;  // a longer CSV file is not counted to its end
constexpr std::uint64_t kSamples = 64;
constexpr std::uint64_t kSampleBytes = 16u << 10;

// Values of these come out of the engine as they are; of others, the engine makes text.
constexpr std::array kPlain = {"VARCHAR", "TINYINT",   "SMALLINT",  "INTEGER", "BIGINT", "UTINYINT",
                               "USMALLINT", "UINTEGER", "UBIGINT", "FLOAT",  "DOUBLE"};
// Of these, text turns back into what it was.
constexpr std::array kFaithful = {"BOOLEAN",   "HUGEINT",     "UHUGEINT",     "DATE",         "TIME", "UUID", "BLOB",
                                  "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS",
                                  "TIMESTAMP WITH TIME ZONE"};

bool is_one_of(const auto& names, std::string_view type) {
  return std::find(names.begin(), names.end(), type) != names.end();
}

bool is_decimal(std::string_view type) {  // DECIMAL(10,2)
  return type.starts_with("DECIMAL(") && type.ends_with(")") &&
         type.find_first_not_of("0123456789,", 8) == type.size() - 1;
}

std::string kept_type(std::string_view type) {
  return std::string(is_one_of(kPlain, type) || is_one_of(kFaithful, type) || is_decimal(type) ? type : "VARCHAR");
}

// What a reader is told of the engine's failure.
Error unreadable(const Error& error) {
  if (error.code() == Errc::kExhausted) {
    return Error(Errc::kInvalidArgument,
                 "the Parquet file takes more than " + std::string(kEngineMemory) + " of memory to be read")
        .because("job.parquet")
        .advise("write it with smaller row groups");
  }
  return Error(Errc::kInvalidArgument, "this is no Parquet file that can be read: it is damaged, or encrypted, or of a "
                                       "kind that is not known")
      .because("job.parquet")
      .advise("write it again, as Parquet or as CSV");
}

// A file that the engine opens by its number: its name, whatever is in it, means nothing to the engine.
class Descriptor {
 public:
  static Result<std::shared_ptr<Descriptor>> open(const std::string& path, int flags) {
    const int number = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
    if (number < 0) return Error(Errc::kUnavailable, "cannot open " + path).because("store.cannot_open");
    return std::shared_ptr<Descriptor>(std::make_shared<Descriptor>(number));
  }
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { ::close(number_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(number_); }
  bool sync() const { return ::fdatasync(number_) == 0; }

 private:
  const int number_;
};

std::string from_file(const Descriptor& file) { return " FROM read_parquet(" + quoted_text(file.path()) + ")"; }

void add_value(std::string& out, std::string_view value) {
  if (!value.empty() && value.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += value;
    return;
  }
  out += '"';
  for (const char c : value) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

// Rows of a Parquet file as they are asked for.
class ParquetText {
 public:
  // `seen` hears how many rows came.
  ParquetText(std::shared_ptr<const void> engine, Rows rows, std::uint64_t expected, std::size_t columns,
              std::string heading, std::function<void(std::uint64_t)> seen)
      : engine_(std::move(engine)),
        rows_(std::move(rows)),
        expected_(expected),
        columns_(columns),
        waiting_(std::move(heading)),
        hear_(std::move(seen)) {}

  Result<std::size_t> read(std::span<std::uint8_t> out) {
    if (at_ == waiting_.size()) WEIR_TRY(fill());
    const std::size_t count = std::min(out.size(), waiting_.size() - at_);
    std::copy_n(waiting_.data() + at_, count, out.data());
    at_ += count;
    return count;
  }

 private:
  Result<> fill() {
    waiting_.clear();
    at_ = 0;
    while (!ended_ && waiting_.size() < kWaitingBytes) {
      const Result<std::size_t> rows = rows_.next();
      if (!rows) return unreadable(rows.error());
      for (std::size_t row = 0; row < *rows; ++row) add_row(row);
      seen_ += *rows;
      ended_ = *rows == 0;
    }
    hear_(seen_);
    if (ended_ && seen_ != expected_) return unreadable(Error(Errc::kInvalidArgument, "rows are missing"));
    return {};
  }
  void add_row(std::size_t row) {
    const std::size_t begin = waiting_.size();
    for (std::size_t column = 0; column < columns_; ++column) {
      if (column > 0) waiting_ += ',';
      if (const auto value = rows_.value(column, row)) add_value(waiting_, *value);
    }
    if (waiting_.size() == begin) waiting_ += "\"\"";  // an empty line would be no record
    waiting_ += '\n';
  }

  std::shared_ptr<const void> engine_;  // goes after the rows
  Rows rows_;
  std::uint64_t expected_;
  std::size_t columns_;
  std::string waiting_;
  std::function<void(std::uint64_t)> hear_;
  std::size_t at_ = 0;
  std::uint64_t seen_ = 0;
  bool ended_ = false;
};

// Every value of a statement's few rows.
Result<std::vector<std::vector<std::string>>> all_of(Engine& engine, const std::string& sql, std::size_t columns) {
  std::vector<std::vector<std::string>> out;
  Result<Rows> rows = engine.run(sql);
  if (!rows) return unreadable(rows.error());
  while (true) {
    const Result<std::size_t> count = rows->next();
    if (!count) return unreadable(count.error());
    if (*count == 0) return out;
    for (std::size_t row = 0; row < *count; ++row) {
      out.emplace_back();
      for (std::size_t i = 0; i < columns; ++i) out.back().emplace_back(rows->value(i, row).value_or(""));
    }
  }
}

}  // namespace

struct TableFile::Parquet {
  std::shared_ptr<Descriptor> file;
  Engine engine;
};

Result<TableFile> TableFile::open(store::Files& files, const std::string& path) {
  TableFile out;
  WEIR_TRY_LET(out.file_, files.open(path, store::OpenMode::kRead));
  WEIR_TRY_LET(out.size_, out.file_->size());
  std::array<std::uint8_t, kMagic.size()> first{};
  WEIR_TRY_LET(const std::size_t got, out.file_->read_at(0, first));
  if (std::string_view(reinterpret_cast<const char*>(first.data()), got) != kMagic) return out;
  WEIR_TRY_LET(auto file, Descriptor::open(path, O_RDONLY));
  WEIR_TRY_LET(Engine engine, Engine::open(file->path()));
  WEIR_TRY_LET(const auto columns,
               all_of(engine, "SELECT column_name, column_type FROM (DESCRIBE SELECT *" + from_file(*file) + ")", 2));
  WEIR_TRY_LET(const auto count, all_of(engine, "SELECT count(*)" + from_file(*file), 1));
  if (columns.empty() || count.size() != 1) return unreadable(Error(Errc::kInvalidArgument, "no columns"));
  for (const auto& column : columns) {
    out.names_.push_back(column[0]);
    out.types_.push_back(column[1]);
  }
  out.parquet_ = std::make_shared<Parquet>(Parquet{std::move(file), std::move(engine)});
  std::from_chars(count[0][0].data(), count[0][0].data() + count[0][0].size(), out.rows_);
  return out;
}

Result<std::vector<std::string>> TableFile::columns() const {
  if (is_parquet()) return names_;
  WEIR_TRY_LET(auto text, read());
  CsvReader reader(std::move(text));
  WEIR_TRY_LET(const bool any, reader.next());
  return any ? reader.fields() : std::vector<std::string>{};
}

// The beginning shows how many lines a record has; samples from everywhere, how long a line is.
Result<TableFile::RowCount> TableFile::count_rows() const {
  if (is_parquet()) return RowCount{.rows = static_cast<std::int64_t>(rows_)};
  WEIR_TRY_LET(auto text, read());
  CsvReader reader(std::move(text));
  std::int64_t records = 0, lines = 0;
  std::uint64_t bytes = 0;
  while (bytes < kCountedBytes) {
    WEIR_TRY_LET(const bool more, reader.next());
    if (!more) return RowCount{.rows = std::max<std::int64_t>(records - 1, 0)};
    ++records;
    lines += std::count(reader.record().begin(), reader.record().end(), '\n');
    bytes += reader.record().size();
  }
  std::uint64_t seen = 0, ends = 0;
  Bytes sample(kSampleBytes);
  for (std::uint64_t i = 0; i < kSamples; ++i) {
    WEIR_TRY_LET(const std::size_t got, file_->read_at(i * (size_ - kSampleBytes) / (kSamples - 1), sample));
    seen += got;
    ends += static_cast<std::uint64_t>(std::ranges::count(std::span(sample).first(got), '\n'));
  }
  const double all = static_cast<double>(ends * size_) / static_cast<double>(std::max<std::uint64_t>(seen, 1));
  const double a_line = static_cast<double>(records) / static_cast<double>(std::max<std::int64_t>(lines, 1));
  return RowCount{.rows = std::llround(all * a_line) - 1, .exact = false};
}

Result<ByteSource> TableFile::read(const std::vector<std::string>& columns) const {
  if (!is_parquet()) {
    const auto bytes = [file = file_, taken = taken_, at = std::uint64_t{0}](auto out) mutable -> Result<std::size_t> {
      WEIR_TRY_LET(const std::size_t got, file->read_at(at, out));
      at += got;
      taken->store(at);
      return got;
    };
    return ByteSource(bytes);
  }
  std::string heading, values;
  std::size_t width = 0;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (!columns.empty() && !is_one_of(columns, names_[i])) continue;
    const std::string name = quoted_name(names_[i]);
    heading += width > 0 ? "," : "";
    add_value(heading, names_[i]);
    values += (width > 0 ? ", " : "") + (is_one_of(kPlain, types_[i]) ? name : "CAST(" + name + " AS VARCHAR)");
    ++width;
  }
  if (width == 0) return read({names_[0]});  // the heading then shows what is not there
  Result<Rows> rows = parquet_->engine.run("SELECT " + values + from_file(*parquet_->file));
  if (!rows) return unreadable(rows.error());
  const double a_row = static_cast<double>(size_) / static_cast<double>(std::max<std::uint64_t>(rows_, 1));
  const auto seen = [taken = taken_, a_row](std::uint64_t count) {
    taken->store(static_cast<std::uint64_t>(static_cast<double>(count) * a_row));
  };
  const auto text = std::make_shared<ParquetText>(parquet_, *std::move(rows), rows_, width, heading + "\n", seen);
  return ByteSource([text](std::span<std::uint8_t> out) { return text->read(out); });
}

namespace {

// The records of a table as rows for the engine.
class CsvRows {
 public:
  explicit CsvRows(CsvReader reader) : reader_(std::move(reader)) {}
  Result<bool> next(Row& row) {
    WEIR_TRY_LET(const bool more, reader_.next());
    if (!more) return false;
    const std::vector<std::string>& fields = reader_.fields();
    row.resize(fields.size());
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].empty() && !reader_.quoted()[i]) {
        row[i].reset();
        continue;
      }
      if (!is_utf8(fields[i])) {
        return Error(Errc::kInvalidArgument, "a value of the table is no UTF-8, which Parquet wants")
            .because("job.parquet")
            .advise("take CSV");
      }
      row[i] = fields[i];
    }
    return true;
  }

 private:
  CsvReader reader_;
};

// Each column under its name, as its type.
Result<std::string> typed_columns(const std::vector<std::string>& names, const std::vector<std::string>& types) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!is_utf8(names[i]) || names[i].find('\0') != std::string::npos) {
      return Error(Errc::kInvalidArgument, "the name of a column is no text").because("job.parquet");
    }
    const std::string name = names[i].empty() ? "column" + std::to_string(i + 1) : names[i];
    const std::string type = i < types.size() ? kept_type(types[i]) : "VARCHAR";
    out += (i > 0 ? ", CAST(c" : "CAST(c") + std::to_string(i) + " AS " + type + ") AS " + quoted_name(name);
  }
  return out;
}

}  // namespace

Result<> write_parquet(ByteSource csv, const std::vector<std::string>& types, const std::string& path) {
  CsvReader reader(std::move(csv));
  WEIR_TRY(read_heading(reader, {}));
  const std::vector<std::string> names = reader.fields();
  WEIR_TRY_LET(const std::string columns, typed_columns(names, types));
  WEIR_TRY_LET(const auto file, Descriptor::open(path, O_RDWR | O_CREAT | O_EXCL));
  WEIR_TRY_LET(Engine engine, Engine::open(file->path()));
  const auto rows = std::make_shared<CsvRows>(std::move(reader));
  Result<> read;  // what the table itself says
  WEIR_TRY(engine.give(names.size(), [rows, &read](Row& row) {
    Result<bool> more = rows->next(row);
    if (!more) read = Error(more.error());
    return more;
  }));
  const auto failed = [&](const Error& error) {
    if (!read) return Error(read.error());
    if (error.code() != Errc::kInvalidArgument) {
      return Error(Errc::kExhausted, "the Parquet file could not be written").because("store.disk_full");
    }
    return Error(Errc::kInvalidArgument, "a value of the table is none of its column's type").because("job.parquet");
  };
  Result<Rows> done = engine.run("COPY (SELECT " + columns + " FROM given_rows()) TO " + quoted_text(file->path()) +
                                 " (FORMAT parquet, USE_TMP_FILE false)");
  if (!done) return failed(done.error());
  const Result<std::size_t> counted = done->next();
  if (!counted) return failed(counted.error());
  return {};
}

}  // namespace weir::table
