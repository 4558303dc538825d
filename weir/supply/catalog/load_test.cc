// Reading and mapping records; storing them is in tests/contract/catalog_suite.cc.
// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/catalog/load.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "weir/base/random.h"
#include "weir/supply/catalog/records.h"
#include "weir/supply/catalog/repair.h"

namespace weir::supply::catalog {
namespace {

using Words = std::vector<std::string>;

// Hands out a few bytes at a time, so that every boundary is met.
class SlowSource final : public ByteSource {
 public:
  SlowSource(std::string text, std::size_t step) : text_(std::move(text)), step_(step) {}
  Result<std::size_t> read(std::span<std::uint8_t> out) override {
    const std::size_t size = std::min({step_, out.size(), text_.size() - at_});
    std::copy_n(text_.begin() + static_cast<std::ptrdiff_t>(at_), size, out.begin());
    at_ += size;
    return size;
  }

 private:
  std::string text_;
  std::size_t step_;
  std::size_t at_ = 0;
};

std::vector<Record> read_all(const std::string& text, LoadFormat format, std::size_t step = 3) {
  SlowSource source(text, step);
  RecordReader reader(source, format, ',');
  std::vector<Record> records;
  for (;;) {
    auto record = reader.next();
    EXPECT_TRUE(record);
    if (!record || !*record) return records;
    records.push_back(**std::move(record));
  }
}

TEST(Records, CsvWithQuotesLineEndsAndBlankLines) {
  const auto records = read_all("\xEF\xBB\xBF" "a,b\r\n\"x \"\"y\"\"\nz\",2\r\n\r\n,\n\"3\",\"\"\r4,5", LoadFormat::kCsv);
  ASSERT_EQ(records.size(), 5u);
  EXPECT_EQ(records[0].cells, (Words{"a", "b"}));
  EXPECT_EQ(records[1].cells, (Words{"x \"y\"\nz", "2"}));
  EXPECT_EQ(records[1].line, 2);
  EXPECT_EQ(records[2].cells, (Words{"", ""}));
  EXPECT_EQ(records[2].line, 5);
  EXPECT_EQ(records[3].cells, (Words{"3", ""}));
  EXPECT_EQ(records[4].cells, (Words{"4", "5"}));
  EXPECT_EQ(records[4].line, 7);
}

TEST(Records, LinesKnowTheirNumber) {
  const auto records = read_all("one\n\n  \ntwo", LoadFormat::kDcatUs);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[1].text, "two");
  EXPECT_EQ(records[1].line, 4);
}

TEST(RecordsErrors, AnUnclosedQuoteIsTold) {
  const auto records = read_all("a,b\n1,\"2", LoadFormat::kCsv);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[1].problem, "load.unclosed_quote");
}

TEST(RecordsErrors, OverlongRecordsAreToldAndTheNextIsRead) {
  const std::string longer(kRecordBytesMax + 10, 'x');
  const auto lines = read_all(longer + "\nnext\n", LoadFormat::kDcatUs, 60000);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].problem, "load.too_long");
  EXPECT_EQ(lines[1].line, 2);
  const auto csv = read_all("a," + longer + "\nnext,1\n", LoadFormat::kCsv, 60000);
  ASSERT_EQ(csv.size(), 2u);
  EXPECT_EQ(csv[0].problem, "load.too_long");
  EXPECT_EQ(csv[1].cells[0], "next");
}

TEST(Gzip, MembersAreUnpackedAndDamageIsFound) {
  // "hello " and "world\n", each its own member.
  const std::string packed(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\xcb\x48\xcd\xc9\xc9\x57\x00\x00\xf6\xf9\x81\xed\x06\x00\x00\x00"
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\x2b\xcf\x2f\xca\x49\xe1\x02\x00\xa8\x61\x38\xdd\x06\x00\x00\x00", 52);
  const auto unpack = [](std::string bytes) -> Result<std::string> {
    WEIR_TRY_LET(auto source, gunzip(std::make_unique<SlowSource>(std::move(bytes), 5)));
    std::string out(100, '\0');
    WEIR_TRY_LET(const std::size_t size, source->read({reinterpret_cast<std::uint8_t*>(out.data()), out.size()}));
    out.resize(size);
    return out;
  };
  const auto whole = unpack(packed);
  ASSERT_TRUE(whole) << whole.error().message();
  EXPECT_EQ(*whole, "hello world\n");
  EXPECT_EQ(unpack(packed.substr(0, 40)).error().reason(), "catalog.bad_gzip");
  std::string damaged = packed;
  damaged[12] ^= 1;
  EXPECT_EQ(unpack(damaged).error().code(), Errc::kCorrupt);
}

// --- Repairs ---

TEST(Repair, TextIsCleaned) {
  Repairs repairs;
  EXPECT_EQ(clean_text(" a\t\n<p>b &amp; c</p><br/> d < 3 \x01", repairs), "a b & c d < 3");
  EXPECT_EQ(repairs.take(), (Words{"html_removed", "control_characters_removed"}));
}

TEST(Repair, Frequencies) {
  Repairs repairs;
  EXPECT_EQ(read_frequency("R/P1D", repairs), Frequency::kDaily);
  EXPECT_EQ(read_frequency("Annual (R/P1Y)", repairs), Frequency::kYearly);
  EXPECT_EQ(read_frequency("No longer updated (dataset archived)", repairs), Frequency::kHistorical);
  EXPECT_EQ(read_frequency("每半年", repairs), Frequency::kHalfYearly);
  EXPECT_EQ(read_frequency("002", repairs), Frequency::kDaily);
  EXPECT_EQ(read_frequency("", repairs), std::nullopt);
  EXPECT_TRUE(repairs.take().empty());
  EXPECT_EQ(read_frequency("NA", repairs), std::nullopt);
  EXPECT_EQ(repairs.take(), Words{"frequency_unknown"});
}

TEST(Repair, Periods) {
  Repairs repairs;
  const Period years = read_period("1940/2015", repairs);
  EXPECT_EQ(format_iso8601(*years.from), "1940-01-01T00:00:00Z");
  EXPECT_EQ(format_iso8601(*years.until), "2015-12-31T00:00:00Z");
  EXPECT_EQ(repairs.take(), Words{"date_widened"});
  EXPECT_EQ(read_period("2013-01-01T00:00:00Z/2021-12-31", repairs).text, "");
  EXPECT_EQ(read_period("October 1, 2024 - no specified end date", repairs).text, "October 1, 2024 - no specified end date");
  EXPECT_EQ(repairs.take(), Words{"period_as_text"});
}

TEST(Repair, Places) {
  Repairs repairs;
  EXPECT_EQ(*read_place("-92.51 47.66 -91.77 48.17", repairs).box, (std::array<double, 4>{-92.51, 47.66, -91.77, 48.17}));
  EXPECT_EQ(*read_place("<gml:Polygon xmlns:gml=\"u\"><gml:posList>10 20 11 20 11 21.5 10 20</gml:posList></gml:Polygon>", repairs).box,
            (std::array<double, 4>{20, 10, 21.5, 11}));
  EXPECT_EQ(read_place("United States", repairs).text, "United States");
  EXPECT_FALSE(read_place("-920 0 0 0", repairs).box);
}

TEST(Repair, Languages) {
  Repairs repairs;
  EXPECT_EQ(read_languages({"English", "en-US", "us-EN", "??"}, repairs), (Words{"en", "en-US"}));
  EXPECT_EQ(repairs.take(), (Words{"language_mended", "language_dropped"}));
}

// --- Mapping ---

constexpr std::string_view kGood = R"({"agency":"nasa","dataset":{"identifier":"id-1","title":"Sea ice","description":"Extent.",
  "keyword":["ice"],"modified":"2020-01-01","accessLevel":"public","publisher":{"name":"NASA"},"accrualPeriodicity":"R/P1M",
  "distribution":[{"downloadURL":"https://x.example/a.csv","mediaType":"text/csv"}],"bureauCode":["026:00"]}})";

TEST(DcatUs, ACleanRecordNeedsNoRepair) {
  const auto record = map_dcat_us(kGood, {.catalog = "us-federal"});
  ASSERT_TRUE(record) << record.error().message();
  EXPECT_EQ(record->repairs, Words{});
  EXPECT_EQ(record->source_catalog, "us-federal/nasa");
  EXPECT_EQ(record->source_id, "id-1");
  EXPECT_EQ(record->description.title.en, "Sea ice");
  EXPECT_EQ(record->description.frequency, Frequency::kMonthly);
  EXPECT_EQ(record->description.grade->sub_grade, 1);
  EXPECT_EQ(record->description.distributions[0].media_type, "text/csv");
  EXPECT_TRUE(check_publishable(record->description));
}

TEST(DcatUs, DirtIsRepairedAndNamed) {
  const auto record = map_dcat_us(R"({"identifier":"i","title":"<b>T</b>","description":"","modified":"R/P1D","theme":"geo",
      "language":"us-EN","accessLevel":"secret","publisher":{"name":""},"spatial":"Mars","temporal":"2014",
      "distribution":[{"downloadURL":"not a url"},{"title":"x","accessURL":"https://a.example"}]})", {});
  ASSERT_TRUE(record) << record.error().message();
  const auto has = [&](std::string_view slug) { return std::count(record->repairs.begin(), record->repairs.end(), slug) == 1; };
  for (const std::string_view slug : {"html_removed", "description_from_title", "no_keywords", "text_to_list", "language_mended",
                                      "modified_is_interval", "date_widened", "address_dropped", "distribution_dropped",
                                      "access_level_unknown", "no_publisher"}) {
    EXPECT_TRUE(has(slug)) << slug;
  }
  EXPECT_EQ(record->description.description.en, "T");
  EXPECT_EQ(record->description.frequency, Frequency::kDaily);
  EXPECT_EQ(record->description.grade->sub_grade, 3);
  EXPECT_EQ(record->description.distributions.size(), 1u);
}

TEST(DcatUsErrors, EachRefusalHasItsReason) {
  const auto why = [](std::string_view line) { return std::string(map_dcat_us(line, {}).error().reason()); };
  EXPECT_EQ(why("{"), "load.not_json");
  EXPECT_EQ(why("\xff"), "load.not_json");
  EXPECT_EQ(why("[1]"), "load.not_an_object");
  EXPECT_EQ(why(R"({"title":"t"})"), "load.no_identifier");
  EXPECT_EQ(why(R"({"identifier":"i"})"), "load.no_title");
  EXPECT_EQ(why(R"({"identifier":"i","title":" "})"), "load.no_title");
  EXPECT_EQ(why(R"({"title":"t","identifier":")" + std::string(1025, 'i') + R"("})"), "load.long_identifier");
}

TEST(Csv, MapsByHeader) {
  const LoadOptions options{.catalog = "城市",
                            .mapping = {.identifier = "编号", .title = "名称", .description = "描述", .keywords = "内容", .columns = "内容"}};
  const auto record = map_csv({"编号", "名称", "描述", "内容"}, {"7", "空气质量", "小时数据", "站点、浓度，时间"}, options);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->source_id, "7");
  EXPECT_EQ(record->description.title.zh, "空气质量");
  EXPECT_EQ(record->description.keywords, (Words{"站点", "浓度", "时间"}));
  EXPECT_EQ(record->description.columns[1].name, "浓度");
  EXPECT_TRUE(record->repairs.empty());
}

TEST(CsvErrors, CellsAndEncoding) {
  const LoadOptions options{.mapping = {.identifier = "id", .title = "t"}};
  EXPECT_EQ(map_csv({"id", "t"}, {"1", "a", "b"}, options).error().reason(), "load.too_many_cells");
  EXPECT_EQ(map_csv({"id", "t"}, {"1", "\xb1\xb1"}, options).error().reason(), "load.not_utf8");
  EXPECT_EQ(map_csv({"id", "t"}, {"1"}, options).error().reason(), "load.no_title");
  EXPECT_EQ(map_csv({"id", "t"}, {"", "a"}, options).error().reason(), "load.no_identifier");
}

TEST(CsvErrors, Mapping) {
  EXPECT_EQ(parse_mapping(*wire::parse_json(R"({"title":"名称","separator":";"})"))->separator, ';');
  for (const std::string_view text : {R"([])", R"({})", R"({"title":1})", R"({"title":"a","separator":",,"})", R"({"title":"a","separator":"\""})"}) {
    EXPECT_EQ(parse_mapping(*wire::parse_json(text)).error().reason(), "load.bad_mapping") << text;
  }
}

}  // namespace
}  // namespace weir::supply::catalog
