// XLSX: a zip file of XML parts; what is read of it is the shared texts and the first sheet that has rows.
// SPDX-License-Identifier: Apache-2.0
#include <expat.h>
#include <zlib.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include "weir/standards/standard/clip.h"
#include "weir/standards/standard/date.h"
#include "weir/standards/standard/table.h"

namespace weir::standards::standard {

namespace {

constexpr std::size_t kPartsMax = 4096;

Error bad(std::string message) {
  return Error(Errc::kInvalidArgument, "the workbook cannot be read: " + std::move(message))
      .because("table.bad_xlsx")
      .advise("Save it anew as .xlsx, or as CSV.");
}

// ── zip ──

struct Part {
  std::uint32_t method = 0;
  std::uint32_t packed = 0;
  std::uint32_t size = 0;
  std::uint32_t at = 0;
};

std::uint32_t little(ByteView bytes, std::size_t at, int count) {
  std::uint32_t value = 0;
  for (int i = count - 1; i >= 0; --i) value = value << 8 | bytes[at + static_cast<std::size_t>(i)];
  return value;
}

Result<std::map<std::string, Part>> directory_of(ByteView zip) {
  constexpr std::size_t kEnd = 22;
  if (zip.size() < kEnd) return bad("it is too short");
  std::optional<std::size_t> end;
  const std::size_t lowest = zip.size() > kEnd + 65535 ? zip.size() - kEnd - 65535 : 0;
  for (std::size_t at = zip.size() - kEnd + 1; at-- > lowest && !end;) {
    if (little(zip, at, 4) == 0x06054b50) end = at;
  }
  if (!end) return bad("its directory is missing");
  const std::size_t count = little(zip, *end + 10, 2);
  std::size_t at = little(zip, *end + 16, 4);
  if (count > kPartsMax) return bad("it has too many parts");
  std::map<std::string, Part> parts;
  for (std::size_t i = 0; i < count; ++i) {
    if (at + 46 > zip.size() || little(zip, at, 4) != 0x02014b50) return bad("its directory is damaged");
    const std::size_t name = little(zip, at + 28, 2);
    const std::size_t more = little(zip, at + 30, 2) + little(zip, at + 32, 2);
    if (at + 46 + name > zip.size()) return bad("its directory is damaged");
    parts[std::string(text_of(zip.subspan(at + 46, name)))] = {.method = little(zip, at + 10, 2),
                                                               .packed = little(zip, at + 20, 4),
                                                               .size = little(zip, at + 24, 4),
                                                               .at = little(zip, at + 42, 4)};
    at += 46 + name + more;
  }
  return parts;
}

Result<std::string> unpack(ByteView zip, const Part& part) {
  if (part.at > zip.size() || zip.size() - part.at < 30 || little(zip, part.at, 4) != 0x04034b50)
    return bad("a part is missing");
  const std::size_t from = part.at + 30 + little(zip, part.at + 26, 2) + little(zip, part.at + 28, 2);
  if (from > zip.size() || part.packed > zip.size() - from) return bad("a part is cut short");
  const ByteView packed = zip.subspan(from, part.packed);
  if (part.size > kTableBytesMax)
    return Error(Errc::kExhausted, "the workbook is larger than 64 MiB unpacked").because("table.too_large");
  if (part.method == 0) return std::string(text_of(packed));
  if (part.method != 8) return bad("a part is packed in an unknown way");
  std::string out(part.size, '\0');
  z_stream stream{};
  stream.next_in = const_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (::inflateInit2(&stream, -MAX_WBITS) != Z_OK) return bad("a part cannot be unpacked");
  const int done = ::inflate(&stream, Z_FINISH);
  const bool whole = done == Z_STREAM_END && stream.avail_out == 0;
  ::inflateEnd(&stream);
  if (!whole) return bad("a part is damaged");
  return out;
}

// ── XML ──

// What listens to a part; documents with a DTD are refused, so no entity is ever expanded.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void open(std::string_view name, const XML_Char** attributes) = 0;
  virtual void close(std::string_view name) = 0;
  virtual void text(std::string_view piece) = 0;
  bool too_large = false;
};

std::string_view local(const XML_Char* name) {
  const std::string_view whole(name);
  const std::size_t colon = whole.rfind(':');
  return colon == std::string_view::npos ? whole : whole.substr(colon + 1);
}

std::string attribute(const XML_Char** attributes, std::string_view name) {
  for (; *attributes != nullptr; attributes += 2) {
    if (local(attributes[0]) == name) return attributes[1];
  }
  return {};
}

Result<> listen(const std::string& xml, Listener& listener) {
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(::XML_ParserCreate(nullptr),
                                                                            &::XML_ParserFree);
  ::XML_SetUserData(parser.get(), &listener);
  ::XML_SetElementHandler(
      parser.get(),
      [](void* to, const XML_Char* name, const XML_Char** attributes) {
        static_cast<Listener*>(to)->open(local(name), attributes);
      },
      [](void* to, const XML_Char* name) { static_cast<Listener*>(to)->close(local(name)); });
  ::XML_SetCharacterDataHandler(parser.get(), [](void* to, const XML_Char* text, int length) {
    static_cast<Listener*>(to)->text({text, static_cast<std::size_t>(length)});
  });
  if (xml.find("<!DOCTYPE") != std::string::npos) return bad("a part has a document type declaration");
  const auto status = ::XML_Parse(parser.get(), xml.data(), static_cast<int>(xml.size()), 1);
  if (listener.too_large) return Error(Errc::kExhausted, "the sheet has too many cells").because("table.too_large");
  if (status != XML_STATUS_OK)
    return bad("a part is no XML: " + std::string(::XML_ErrorString(::XML_GetErrorCode(parser.get()))));
  return {};
}

// <si> with its <t> runs; phonetic runs (<rPh>) are no part of the text.
class SharedTexts final : public Listener {
 public:
  std::vector<std::string> texts;
  void open(std::string_view name, const XML_Char**) override {
    if (name == "si") texts.emplace_back();
    if (name == "rPh") phonetic_ = true;
    if (name == "t") in_text_ = !phonetic_ && !texts.empty();
  }
  void close(std::string_view name) override {
    if (name == "t") in_text_ = false;
    if (name == "rPh") phonetic_ = false;
  }
  void text(std::string_view piece) override {
    if (in_text_) texts.back() += piece;
  }

 private:
  bool in_text_ = false;
  bool phonetic_ = false;
};

Note too_wide(std::int64_t row) {
  return {row, "too_many_columns", {"columns beyond the 256th were not read", "第 256 列之后的列未读取"}};
}

struct Place {
  std::size_t column = 0;  // from 0
  std::int64_t row = 0;    // from 1
};
std::optional<Place> parse_place(std::string_view text) {
  Place place;
  std::size_t letters = 0;
  for (const char c : text) {
    if (c >= 'A' && c <= 'Z') {
      place.column = place.column * 26 + static_cast<std::size_t>(c - 'A' + 1);
      ++letters;
    } else if (c >= '0' && c <= '9' && letters > 0) {
      place.row = place.row * 10 + (c - '0');
    } else {
      return std::nullopt;
    }
    if (letters > 3 || place.row > 2'000'000) return std::nullopt;
  }
  if (letters == 0 || place.row == 0) return std::nullopt;
  --place.column;
  return place;
}

struct Range {
  std::string words;
  Place from;
  Place to;
};

class Sheet final : public Listener {
 public:
  explicit Sheet(const std::vector<std::string>& shared) : shared_(shared) {}
  std::map<std::int64_t, std::vector<std::string>> rows;
  std::vector<Range> merged;
  std::vector<std::int64_t> too_wide;  // the first row that has cells beyond the columns that are read

  void open(std::string_view name, const XML_Char** attributes) override {
    if (name == "row") {
      const std::string number = attribute(attributes, "r");
      row_ = number.empty() ? row_ + 1 : std::atoll(number.c_str());
      column_ = 0;
    }
    if (name == "c") {
      type_ = attribute(attributes, "t");
      value_.clear();
      if (const auto place = parse_place(attribute(attributes, "r"))) {
        row_ = place->row;
        column_ = place->column;
      }
    }
    if (name == "mergeCell") merge(attribute(attributes, "ref"));
    in_value_ = name == "v" || name == "t";
  }
  void close(std::string_view name) override {
    in_value_ = false;
    if (name == "c") put();
  }
  void text(std::string_view piece) override {
    if (in_value_) value_ += piece;
  }

 private:
  void merge(const std::string& range) {
    const std::size_t colon = range.find(':');
    if (colon == std::string::npos || merged.size() == 100'000) return;
    const auto from = parse_place(std::string_view(range).substr(0, colon));
    const auto to = parse_place(std::string_view(range).substr(colon + 1));
    if (from && to) merged.push_back({range, *from, *to});
  }
  void put() {
    std::string value(trim(value_));
    if (type_ == "s") {
      const std::size_t index = static_cast<std::size_t>(std::strtoull(value.c_str(), nullptr, 10));
      value = index < shared_.size() ? std::string(trim(shared_[index])) : "";
    }
    if (!value.empty() && column_ >= kTableColumnsMax && too_wide.empty()) too_wide = {row_};
    if (!value.empty() && column_ < kTableColumnsMax && row_ > 0) {
      if (++cells_ > kTableCellsMax || rows.size() > kTableRowsMax) {
        too_large = true;
        return;
      }
      std::vector<std::string>& cells = rows[row_];
      if (cells.size() <= column_) cells.resize(column_ + 1);
      cells[column_] = std::move(value);
    }
    ++column_;
  }

  const std::vector<std::string>& shared_;
  std::string type_;
  std::string value_;
  std::int64_t row_ = 0;
  std::size_t column_ = 0;
  std::size_t cells_ = 0;
  bool in_value_ = false;
};

// The value of a merged range stands in its first cell only; each row of the range means it.
void spread(Sheet& sheet, std::vector<Note>& notes) {
  std::size_t filled = 0;
  for (const Range& range : sheet.merged) {
    const auto first = sheet.rows.find(range.from.row);
    if (first == sheet.rows.end() || range.from.column >= first->second.size()) continue;
    const std::string value = first->second[range.from.column];
    const std::string shown(clip(value, 80));
    for (auto it = sheet.rows.lower_bound(range.from.row); it != sheet.rows.end() && it->first <= range.to.row; ++it) {
      // Across columns only the first takes the value: a title over several columns is no value of each.
      if (it->second.size() <= range.from.column) it->second.resize(range.from.column + 1);
      std::string& cell = it->second[range.from.column];
      if (!cell.empty() || ++filled > kTableCellsMax) continue;
      cell = value;
      notes.push_back(
          {it->first,
           "merged_cells",
           {"cell of the merged range " + range.words + ": the value \"" + shown + "\" was repeated",
            "单元格属于合并区域 " + range.words + "：已重复取值“" + shown + "”"}});
    }
  }
}

// Excel keeps a date as the days since 1899-12-30.
void read_serial_dates(Table& table) {
  constexpr std::string_view kDates[] = {"published",     "implemented", "withdrawn", "as_of",    "comment_from",
                                         "comment_until", "发布日期",    "实施日期",  "废止日期", "征求意见开始",
                                         "征求意见截止",  "截至",        "日期"};
  for (std::size_t column = 0; column < table.header.size(); ++column) {
    if (std::ranges::find(kDates, to_lower_ascii(table.header[column])) == std::end(kDates)) continue;
    for (Row& row : table.rows) {
      if (column >= row.cells.size() || row.cells[column].size() != 5) continue;
      if (!std::ranges::all_of(row.cells[column], [](char c) { return c >= '0' && c <= '9'; })) continue;
      row.cells[column] = format(add_days({1899, 12, 30}, std::stoi(row.cells[column])));
    }
  }
}

// Title lines over the table have one cell; the header is the first row with two.
Table table_of(Sheet& sheet) {
  Table table;
  spread(sheet, table.notes);
  auto at = sheet.rows.begin();
  const auto cells_in = [](const std::vector<std::string>& cells) {
    return std::ranges::count_if(cells, [](const auto& cell) { return !cell.empty(); });
  };
  for (; std::next(at) != sheet.rows.end() && cells_in(at->second) < 2; ++at) {
    table.notes.push_back({at->first, "title_row", {"a row of one cell over the table is its title", "表格上方单格行视为标题"}});
  }
  table.header = std::move(at->second);
  for (++at; at != sheet.rows.end(); ++at) table.rows.push_back({at->first, std::move(at->second)});
  for (const std::int64_t row : sheet.too_wide) table.notes.push_back(too_wide(row));
  read_serial_dates(table);
  return table;
}

}  // namespace

Result<Table> read_xlsx(ByteView bytes) {
  if (bytes.size() > kTableBytesMax)
    return Error(Errc::kExhausted, "the file is larger than 64 MiB").because("table.too_large");
  WEIR_TRY_LET(const auto parts, directory_of(bytes));
  SharedTexts shared;
  if (const auto part = parts.find("xl/sharedStrings.xml"); part != parts.end()) {
    WEIR_TRY_LET(const std::string xml, unpack(bytes, part->second));
    WEIR_TRY(listen(xml, shared));
  }
  constexpr std::string_view kSheets = "xl/worksheets/sheet";
  std::map<int, const Part*> sheets;
  for (const auto& [name, part] : parts) {
    if (name.starts_with(kSheets)) sheets[std::atoi(name.c_str() + kSheets.size())] = &part;
  }
  std::optional<Table> table;
  for (const auto& [number, part] : sheets) {
    WEIR_TRY_LET(const std::string xml, unpack(bytes, *part));
    Sheet sheet(shared.texts);
    WEIR_TRY(listen(xml, sheet));
    if (sheet.rows.empty()) continue;
    if (!table) {
      table = table_of(sheet);
      continue;
    }
    const std::string which = std::to_string(number);
    const std::string rows = std::to_string(sheet.rows.size());
    table->notes.push_back({0,
                            "sheet_not_read",
                            {"sheet " + which + " has " + rows + " rows that were not read: only the first sheet is",
                             "第 " + which + " 个工作表有 " + rows + " 行未读取：仅读取第一个工作表"}});
  }
  if (table) return *std::move(table);
  return Error(Errc::kInvalidArgument, "no sheet of the workbook has rows").because("table.empty");
}

}  // namespace weir::standards::standard
