// Table: rows of cells out of a file of a person: CSV, XLSX or JSON, in any common encoding.
//
// CSV: RFC 4180, UTF-8 (with or without mark), UTF-16 with mark, else GB 18030 (which holds GBK and GB 2312).
// XLSX: the first sheet with rows (others are named); a merged range gives its value to all its rows. JSON: a list of
// flat objects. Whatever was read otherwise than it stood there is a note with its row. Thread-safety: pure functions.
// Trust: bytes are hostile; sizes are bounded (I-10).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/base/bytes.h"
#include "weir/base/result.h"
#include "weir/base/text.h"

namespace weir::standards::standard {

inline constexpr std::size_t kTableBytesMax = 64u << 20;  // of the file, and of what is unpacked
inline constexpr std::size_t kTableRowsMax = 500'000;
inline constexpr std::size_t kTableColumnsMax = 256;
inline constexpr std::size_t kTableCellsMax = 8'000'000;

struct Note {
  std::int64_t row = 0;  // as a person counts: the header is row 1; 0: the whole file
  std::string reason;    // slug: "encoding", "merged_cells", "unclosed_quote"
  Text words;
};

struct Row {
  std::int64_t number = 0;
  std::vector<std::string> cells;  // UTF-8, without outer spaces
};

struct Table {
  std::vector<std::string> header;
  std::vector<Row> rows;  // blank rows are left out
  std::vector<std::int64_t> no_rows;  // what stood where a row should, and was none; each has a note
  std::vector<Note> notes;
};

// By what the bytes are: XLSX begins as a zip file does, JSON with [ or {, all else is CSV.
// Fails with kInvalidArgument ("table.empty", "table.bad_json", "table.bad_xlsx", "table.old_excel") or kExhausted
// ("table.too_large").
Result<Table> read_table(ByteView bytes);
Result<Table> read_csv(ByteView bytes);
Result<Table> read_xlsx(ByteView bytes);
Result<Table> read_json_table(std::string_view text);

// UTF-8, whatever the bytes were; the name of the encoding it was read in. Bytes that fit nowhere become U+FFFD.
std::string to_utf8(ByteView bytes, std::string& encoding);
// Cells of CSV text, rows with their line; the header not set apart.
std::vector<Row> csv_rows(std::string_view text, std::vector<Note>& notes);

}  // namespace weir::standards::standard
