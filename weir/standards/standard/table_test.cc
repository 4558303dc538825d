// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/standard/table.h"

#include <gtest/gtest.h>

#include "weir/standards/standard/date.h"
#include "weir/store/files.h"

namespace weir::standards::standard {
namespace {

std::string reason(const Result<Table>& table) { return table ? "ok" : std::string(table.error().reason()); }
Bytes vector_file(const std::string& name) {
  auto bytes =
      store::real_files().read_all(std::string(WEIR_SOURCE_DIR) + "/tests/vectors/standards/" + name, 1u << 20);
  EXPECT_TRUE(bytes.ok()) << name;
  return bytes ? *bytes : Bytes{};
}

TEST(ReadCsv, TakesQuotesAllLineEndsAndSeparators) {
  const auto table = read_csv(view_of("a;b\r\n\"x;\"\"y\"\"\nz\";2\r\r\n3;4"));
  ASSERT_TRUE(table.ok());
  ASSERT_EQ(table->rows.size(), 2u);
  EXPECT_EQ(table->rows[0].cells[0], "x;\"y\"\nz");
  EXPECT_EQ(table->rows[1].cells[1], "4");
}

TEST(ReadCsv, ReadsGbkAndSaysSo) {
  const auto table = read_table(vector_file("gbk.csv"));
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table->header[1], "中文名称");
  EXPECT_EQ(table->rows[0].cells[1], "数据安全技术 数据分类分级规则");
  ASSERT_EQ(table->notes.size(), 1u);
  EXPECT_EQ(table->notes[0].reason, "encoding");
}

TEST(ReadCsv, ReadsUtf16WithMark) {
  Bytes bytes{0xFF, 0xFE};
  for (const char16_t c : std::u16string(u"标准号,b\nGB 1,2\n")) {
    bytes.push_back(static_cast<std::uint8_t>(c & 0xFF));
    bytes.push_back(static_cast<std::uint8_t>(c >> 8));
  }
  const auto table = read_csv(bytes);
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table->header[0], "标准号");
}

TEST(ReadCsv, AFewBadBytesInUtf8DoNotMakeItGbk) {
  const auto table = read_csv(view_of("number,title\nGB 1,云计算术语与参考架构\nGB 2,云\xff计算\n"));
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table->rows[0].cells[1], "云计算术语与参考架构");
  EXPECT_NE(table->rows[1].cells[1].find("\xEF\xBF\xBD"), std::string::npos);
}

TEST(ReadXlsx, ReadsTextsDatesAndMergedCellsAndSaysSo) {
  const auto table = read_table(vector_file("merged.xlsx"));
  ASSERT_TRUE(table.ok()) << table.error().message();
  EXPECT_EQ(table->header[0], "标准号");
  ASSERT_EQ(table->rows.size(), 3u);
  EXPECT_EQ(table->rows[0].number, 3);  // a title stands over the header
  EXPECT_EQ(table->rows[0].cells[2], "SAC/TC260");
  EXPECT_EQ(table->rows[1].cells[2], "SAC/TC260");  // merged with the cell above
  EXPECT_EQ(table->rows[0].cells[3], "2024-03-15");
  ASSERT_EQ(table->notes.size(), 3u);
  EXPECT_EQ(table->notes[0].reason, "merged_cells");
  EXPECT_EQ(table->notes[0].row, 4);
  EXPECT_EQ(table->notes[2].reason, "title_row");
}

TEST(ReadJson, TakesAListOfObjects) {
  const auto table =
      read_table(view_of(R"([{"number":"GB 1","cites":["GB 2","GB 3"]},7,{"number":"GB 4","year":2000}])"));
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table->rows[0].cells[1], "GB 2;GB 3");
  EXPECT_EQ(table->rows[1].cells[2], "2000");
  EXPECT_EQ(table->notes[0].reason, "not_an_object");
}

TEST(Dates, AreReadAsPeopleWriteThem) {
  const auto read = [](std::string_view text) {
    const auto date = parse_date(text);
    return date ? format(*date) : std::string(date.error().reason());
  };
  EXPECT_EQ(read("2024年3月5日"), "2024-03-05");
  EXPECT_EQ(read("2024/3/5"), "2024-03-05");
  EXPECT_EQ(read("20240305"), "2024-03-05");
  EXPECT_EQ(read("2024.03"), "2024-03");
  EXPECT_EQ(read("2024"), "2024");
  EXPECT_EQ(format(add_months({2024, 11, 30}, 3)), "2025-02-28");
  EXPECT_EQ(format(add_days({2026, 10, 1}, 60)), "2026-11-30");
  // 16:30 in London is the next day in China.
  EXPECT_EQ(format(day_in_china(*parse_iso8601("2026-11-20T16:30:00Z"))), "2026-11-21");
  for (const char* bad : {"", "soon", "2024-13", "2024-02-30", "24-03-05", "2024-3-5-1", "999999999999"})
    EXPECT_EQ(read(bad), "standard.bad_date") << bad;
}

// ── what is refused, and why ──

TEST(ReadTable, RefusesWhatIsNoTable) {
  EXPECT_EQ(reason(read_table({})), "table.empty");
  EXPECT_EQ(reason(read_table(view_of("\n\n,,\n"))), "table.empty");
  EXPECT_EQ(reason(read_table(view_of("[1"))), "table.bad_json");
  EXPECT_EQ(reason(read_table(view_of("{\"a\":1}"))), "table.bad_json");
  EXPECT_EQ(reason(read_table(view_of("[]"))), "table.empty");
  EXPECT_EQ(reason(read_table(view_of("PK\x03\x04 and no more"))), "table.bad_xlsx");
  EXPECT_EQ(reason(read_table(view_of("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"))), "table.old_excel");
  Bytes cut = vector_file("merged.xlsx");
  cut.resize(cut.size() / 2);
  EXPECT_EQ(reason(read_table(cut)), "table.bad_xlsx");
  const auto unclosed = read_csv(view_of("a,b\n1,\"2\n3,4\n"));
  ASSERT_TRUE(unclosed.ok());
  EXPECT_EQ(unclosed->notes[0].reason, "unclosed_quote");
  EXPECT_EQ(unclosed->notes[0].row, 2);
}

}  // namespace
}  // namespace weir::standards::standard
