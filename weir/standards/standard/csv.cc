// SPDX-License-Identifier: Apache-2.0
#include <iconv.h>

#include <algorithm>
#include <cerrno>

#include "weir/standards/standard/table.h"
#include "weir/wire/json.h"

namespace weir::standards::standard {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

std::string convert(ByteView bytes, const char* from) {
  const iconv_t converter = ::iconv_open("UTF-8", from);
  if (converter == reinterpret_cast<iconv_t>(-1)) return {};
  std::string out;
  std::string piece(64u << 10, '\0');
  Bytes copy = copy_of(bytes);
  char* at = reinterpret_cast<char*>(copy.data());
  std::size_t left = copy.size();
  while (left > 0) {
    char* to = piece.data();
    std::size_t room = piece.size();
    const std::size_t done = ::iconv(converter, &at, &left, &to, &room);
    const int why = errno;
    out.append(piece.data(), piece.size() - room);
    if (done != static_cast<std::size_t>(-1) || why == E2BIG) continue;
    out += kReplacement;
    ++at;
    --left;
  }
  ::iconv_close(converter);
  return out;
}

bool is_blank(const std::vector<std::string>& cells) {
  return std::ranges::all_of(cells, [](const std::string& cell) { return cell.empty(); });
}

char separator_of(std::string_view text) {
  const std::string_view first = text.substr(0, text.find('\n'));
  const auto count = [&](char c) { return std::ranges::count(first, c); };
  if (count('\t') > count(',')) return '\t';
  return count(';') > count(',') ? ';' : ',';
}

Note too_wide(std::int64_t row) {
  return {row, "too_many_columns", {"columns beyond the 256th were not read", "第 256 列之后的列未读取"}};
}

std::string cell_text(const wire::Json& value) {
  if (value.is_string()) return std::string(trim(value.as_string()));
  if (value.is_array()) {
    std::string out;
    for (const wire::Json& item : value.items()) out += (out.empty() ? "" : ";") + cell_text(item);
    return out;
  }
  return value.is_null() ? "" : value.dump();
}

}  // namespace

std::string to_utf8(ByteView bytes, std::string& encoding) {
  std::string_view text = text_of(bytes);
  encoding = "UTF-8";
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    encoding = "UTF-16";
    return convert(bytes, "UTF-16");
  }
  if (is_utf8(text)) return std::string(text);
  // A few bad bytes in a UTF-8 file, or another encoding: whichever leaves fewer holes.
  encoding = "GB 18030";
  const auto holes = [](std::string_view in) {
    std::size_t count = 0;
    for (std::size_t at = in.find(kReplacement); at != std::string_view::npos; at = in.find(kReplacement, at + 3))
      ++count;
    return count;
  };
  std::string national = convert(bytes, "GB18030");
  std::string universal = convert(view_of(text), "UTF-8");
  if (holes(universal) >= holes(national)) return national;
  encoding = "UTF-8";
  return universal;
}

std::vector<Row> csv_rows(std::string_view text, std::vector<Note>& notes) {
  std::vector<Row> rows;
  const char separator = separator_of(text);
  std::int64_t line = 1;
  std::size_t at = 0;
  while (at < text.size() && rows.size() <= kTableRowsMax) {
    Row row{.number = line, .cells = {}};
    bool ended = false;
    bool unclosed = false;
    std::size_t beyond = 0;
    while (!ended) {
      std::string cell;
      const bool quoted = at < text.size() && text[at] == '"';
      if (quoted) {
        ++at;
        while (at < text.size() && !(text[at] == '"' && (at + 1 >= text.size() || text[at + 1] != '"'))) {
          if (text[at] == '"') ++at;
          if (text[at] == '\n') ++line;
          cell += text[at++];
        }
        unclosed = unclosed || at >= text.size();
        if (at < text.size()) ++at;
      }
      const std::size_t end = std::min(text.find_first_of(std::string{separator, '\n', '\r'}, at), text.size());
      cell += text.substr(at, end - at);
      at = end;
      if (row.cells.size() < kTableColumnsMax) {
        row.cells.emplace_back(trim(cell));
      } else {
        ++beyond;
      }
      ended = at >= text.size() || text[at] != separator;
      if (!ended) ++at;
    }
    if (at < text.size() && text[at] == '\r') ++at;
    if (at < text.size() && text[at] == '\n') ++at;
    ++line;
    if (unclosed)
      notes.push_back(
          {row.number,
           "unclosed_quote",
           {"a quotation mark is not closed; the row goes to the end of the file", "引号未闭合，该行延续至文件末尾"}});
    if (beyond > 0) notes.push_back(too_wide(row.number));
    if (!is_blank(row.cells)) rows.push_back(std::move(row));
  }
  return rows;
}

Result<Table> read_csv(ByteView bytes) {
  if (bytes.size() > kTableBytesMax)
    return Error(Errc::kExhausted, "the file is larger than 64 MiB").because("table.too_large");
  Table table;
  std::string encoding;
  const std::string text = to_utf8(bytes, encoding);
  if (encoding != "UTF-8") {
    table.notes.push_back(
        {0,
         "encoding",
         {"the file is not UTF-8; it was read as " + encoding, "文件不是 UTF-8，已按 " + encoding + " 读取"}});
  }
  table.rows = csv_rows(text, table.notes);
  if (table.rows.empty()) return Error(Errc::kInvalidArgument, "the file has no rows").because("table.empty");
  if (table.rows.size() > kTableRowsMax)
    return Error(Errc::kExhausted, "the file has more than 500,000 rows").because("table.too_large");
  table.header = std::move(table.rows.front().cells);
  table.rows.erase(table.rows.begin());
  return table;
}

Result<Table> read_json_table(std::string_view text) {
  auto parsed = wire::parse_json(text, {.bytes_max = kTableBytesMax, .depth_max = 16});
  if (!parsed) return std::move(parsed).error().because("table.bad_json");
  const wire::Json& list = parsed->is_object() && (*parsed)["standards"].is_array() ? (*parsed)["standards"] : *parsed;
  if (!list.is_array())
    return Error(Errc::kInvalidArgument, "a JSON file is a list of objects, or has one as \"standards\"")
        .because("table.bad_json");
  Table table;
  std::int64_t number = 1;
  for (const wire::Json& item : list.items()) {
    ++number;
    if (!item.is_object()) {
      table.notes.push_back(
          {number, "not_an_object", {"the item is no object and was left out", "该项不是对象，已略去"}});
      table.no_rows.push_back(number);
      continue;
    }
    Row row{.number = number, .cells = std::vector<std::string>(table.header.size())};
    for (const auto& [name, value] : item.members()) {
      const auto found = std::ranges::find(table.header, name);
      const auto column = static_cast<std::size_t>(found - table.header.begin());
      if (found == table.header.end()) {
        if (table.header.size() == kTableColumnsMax) {
          if (table.notes.empty() || table.notes.back().row != number) table.notes.push_back(too_wide(number));
          continue;
        }
        table.header.push_back(name);
      }
      row.cells.resize(table.header.size());
      row.cells[column] = cell_text(value);
    }
    table.rows.push_back(std::move(row));
  }
  if (table.rows.empty()) return Error(Errc::kInvalidArgument, "the file has no rows").because("table.empty");
  return table;
}

Result<Table> read_table(ByteView bytes) {
  const std::string_view text = text_of(bytes);
  if (text.starts_with("PK\x03\x04")) return read_xlsx(bytes);
  if (text.starts_with("\xD0\xCF\x11\xE0")) {
    return Error(Errc::kInvalidArgument, "this is a workbook of Excel 97-2003")
        .because("table.old_excel")
        .advise("Save it as .xlsx or CSV.");
  }
  const std::string_view begin = trim(text.starts_with("\xEF\xBB\xBF") ? text.substr(3, 64) : text.substr(0, 64));
  if (begin.starts_with("[") || begin.starts_with("{"))
    return read_json_table(text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text);
  return read_csv(bytes);
}

}  // namespace weir::standards::standard
