// TableFile: a table on disk, CSV or Parquet, as the CSV text that csv.h reads; and such text as a Parquet file.
//
// Parquet is what begins with PAR1. Its rows come out in order, one record each, as docs/formats/jobs.md has it; lists
// and structures as DuckDB writes them. Memory: that of a row group's pages, bounded by the engine's (engine.h).
// Parquet files are opened by the engine, not through store::Files (I-9), so they are real ones.
// Thread-safety: one thread. Trust: files may be damaged; errors name no content.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "weir/store/files.h"
#include "weir/table/csv.h"

namespace weir::table {

class TableFile {
 public:
  // Fails as Files::open() does, and with kInvalidArgument ("job.parquet"), kConflict ("job.no_parquet").
  static Result<TableFile> open(store::Files& files, const std::string& path);

  bool is_parquet() const { return parquet_ != nullptr; }
  // Of the file.
  std::uint64_t size() const { return size_; }
  // Tells how much of the file was read so far, of Parquet by its rows; on any thread, and when this is gone too.
  std::function<std::uint64_t()> progress() const {
    return [taken = taken_] { return taken->load(); };
  }
  // DuckDB's names of the columns' types, of Parquet; those that write_parquet() does not know are VARCHAR.
  const std::vector<std::string>& types() const { return types_; }
  // Their names; none of an empty CSV file.
  Result<std::vector<std::string>> columns() const;
  // How many rows there are: of Parquet and of a short CSV file exactly, else by samples. Fails as CsvReader does.
  struct RowCount {
    std::int64_t rows = 0;
    bool exact = true;
  };
  Result<RowCount> count_rows() const;
  // The heading and the records: those of the columns that are named and there, or of all. Whatever columns are chosen,
  // the nth record is the nth row. Once.
  Result<ByteSource> read(const std::vector<std::string>& columns = {}) const;

 private:
  struct Parquet;
  std::shared_ptr<store::File> file_;
  std::shared_ptr<Parquet> parquet_;
  std::shared_ptr<std::atomic<std::uint64_t>> taken_ = std::make_shared<std::atomic<std::uint64_t>>(0);
  std::uint64_t size_ = 0;
  std::uint64_t rows_ = 0;
  std::vector<std::string> names_;
  std::vector<std::string> types_;
};

// Makes `path`, which may not exist, of a table whose first record names the columns. Fewer types than columns: the
// rest is VARCHAR. A value that is empty and not quoted is NULL. Fails as CsvReader does, with kInvalidArgument
// ("job.parquet") where a value is none of its type, or no UTF-8, and with kExhausted ("store.disk_full").
Result<> write_parquet(ByteSource csv, const std::vector<std::string>& types, const std::string& path);

}  // namespace weir::table
