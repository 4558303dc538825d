// SPDX-License-Identifier: Apache-2.0
#include "weir/table/table_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <set>

#include "tests/support/temporary_folder.h"

namespace weir::table {
namespace {

ByteSource source_of(std::string bytes) {
  return [bytes = std::move(bytes), at = std::size_t{0}](std::span<std::uint8_t> out) mutable -> Result<std::size_t> {
    const std::size_t count = std::min(out.size(), bytes.size() - at);
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), count, out.begin());
    at += count;
    return count;
  };
}

Result<std::string> read_all(const TableFile& table, const std::vector<std::string>& columns = {}) {
  WEIR_TRY_LET(const ByteSource source, table.read(columns));
  std::string out;
  std::vector<std::uint8_t> some(1000);
  while (true) {
    WEIR_TRY_LET(const std::size_t got, source(some));
    if (got == 0) return out;
    out.append(some.begin(), some.begin() + static_cast<std::ptrdiff_t>(got));
  }
}

Result<std::string> read_file(const std::string& path, const std::vector<std::string>& columns = {}) {
  WEIR_TRY_LET(const TableFile table, TableFile::open(store::real_files(), path));
  return read_all(table, columns);
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void put(const std::string& path, std::string_view bytes) { std::ofstream(path, std::ios::binary) << bytes; }

const std::string kText =
    "id,名称,amount,price,day,at,paid\n"
    "1,\"中文, \"\"q\"\"\",12.50,0.1,2024-02-29,2024-02-29 23:59:59.5,true\n"
    "2,\"\",-0.01,3,1969-12-31,1969-12-31 00:00:00,false\n"
    "3,,,,,,\n";
const std::vector<std::string> kTypes = {"BIGINT", "VARCHAR",   "DECIMAL(10,2)", "DOUBLE",
                                         "DATE",   "TIMESTAMP", "BOOLEAN"};

class TableFiles : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return folder_.path() + "/" + name; }
  // A Parquet file of a text.
  std::string made(const std::string& text, const std::vector<std::string>& types,
                   const std::string& name = "t.parquet") {
    std::filesystem::remove(path(name));
    const Result<> written = write_parquet(source_of(text), types, path(name));
    EXPECT_TRUE(written) << written.error().message();
    return path(name);
  }

 private:
  weir::testing::TemporaryFolder folder_;
};

TEST_F(TableFiles, WhatWasWrittenAsParquetComesBackAsItWas) {
  const std::string file = made(kText, kTypes);
  const auto table = TableFile::open(store::real_files(), file);
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_TRUE(table->is_parquet());
  EXPECT_EQ(table->types(), kTypes);
  EXPECT_EQ(table->count_rows()->rows, 3);
  EXPECT_EQ(table->columns()->at(1), "名称");
  EXPECT_EQ(*read_all(*table), kText);
}

TEST_F(TableFiles, OnlyTheColumnsThatAreNamedAreRead) {
  EXPECT_EQ(*read_file(made(kText, kTypes), {"price", "id", "nowhere"}), "id,price\n1,0.1\n2,3\n3,\n");
  const std::string file = made("a,b\n1,x\n,y\n", {"BIGINT"});
  EXPECT_EQ(*read_file(file, {"a"}), "a\n1\n\"\"\n");  // a row without a value is a record all the same
}

TEST_F(TableFiles, NumbersAreWrittenAsPeopleWriteThem) {
  const std::string text = "n\n1\n-0.5\n0.000001\n123456789012\n1e+300\n0.30000000000000004\n1e-12\n";
  EXPECT_EQ(*read_file(made(text, {"DOUBLE"})), text);
  EXPECT_EQ(*read_file(made("n\n0.1\n16777216\n", {"FLOAT"})), "n\n0.1\n16777216\n");
  const std::string large = "n\n18446744073709551615\n0\n";
  EXPECT_EQ(*read_file(made(large, {"UBIGINT"})), large);
}

TEST_F(TableFiles, CsvIsReadAsItStands) {
  put(path("t.csv"), "a,b\r\n1,\"x\"\r\n");
  const auto table = TableFile::open(store::real_files(), path("t.csv"));
  ASSERT_TRUE(table);
  EXPECT_FALSE(table->is_parquet());
  EXPECT_EQ(table->size(), 12u);
  EXPECT_EQ(table->count_rows()->rows, 1);
  EXPECT_EQ(*table->columns(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(*read_all(*table, {"b"}), "a,b\r\n1,\"x\"\r\n");
}

TEST_F(TableFiles, RowsOfAShortCsvFileAreCountedOneByOne) {
  const auto rows = [&](std::string_view text) {
    put(path("t.csv"), text);
    const auto count = TableFile::open(store::real_files(), path("t.csv"))->count_rows();
    EXPECT_TRUE(count->exact);
    return count->rows;
  };
  EXPECT_EQ(rows(""), 0);
  EXPECT_EQ(rows("a,b\n"), 0);
  EXPECT_EQ(rows("\xef\xbb\xbf" "a,b\r\n1,x\r\n\r\n2,\"two\r\nlines, \"\"quoted\"\"\"\r\n3,no end"), 3);
}

// As tables are that grow: numbers get longer, and so do the remarks, some of which have lines of their own.
TEST_F(TableFiles, RowsOfALongCsvFileAreEstimatedByAllOfIt) {
  constexpr std::int64_t kRows = 200'000;
  std::string text = "id,remark\n";
  for (std::int64_t i = 1; i <= kRows; ++i) {
    text += std::to_string(i) + ",\"" + std::string(static_cast<std::size_t>(i * 40 / kRows), 'x');
    text += i % 3 == 0 ? "\nmore\"\n" : "\"\n";
  }
  put(path("t.csv"), text);
  const auto count = TableFile::open(store::real_files(), path("t.csv"))->count_rows();
  ASSERT_TRUE(count);
  EXPECT_FALSE(count->exact);
  EXPECT_NEAR(static_cast<double>(count->rows), kRows, 0.02 * kRows);
}

TEST_F(TableFiles, RowsOfAParquetFileAreCountedByItsFooter) {
  std::string text = "n\n";
  for (std::int64_t i = 0; i < 300'000; ++i) text += std::to_string(i) + "\n";
  const auto count = TableFile::open(store::real_files(), made(text, {"BIGINT"}))->count_rows();
  EXPECT_EQ(count->rows, 300'000);
  EXPECT_TRUE(count->exact);
}

TEST_F(TableFiles, HowMuchOfAFileWasReadIsToldOfBothKinds) {
  std::string text = "n\n";
  for (std::int64_t i = 0; i < 300'000; ++i) text += std::to_string(i) + "\n";
  put(path("t.csv"), text);
  for (const std::string& file : {path("t.csv"), made(text, {"BIGINT"})}) {
    std::function<std::uint64_t()> progress;
    ByteSource source;
    {
      const auto table = TableFile::open(store::real_files(), file);
      progress = table->progress();
      EXPECT_EQ(progress(), 0u);
      source = *table->read();
    }
    const std::uint64_t size = std::filesystem::file_size(file);
    std::vector<std::uint8_t> some(1000);
    std::set<std::uint64_t> seen;
    while (*source(some) > 0) seen.insert(progress());
    EXPECT_GT(seen.size(), 5u) << file;
    EXPECT_GT(*std::next(seen.begin(), static_cast<std::ptrdiff_t>(seen.size() / 2)), size / 4) << file;
    EXPECT_NEAR(static_cast<double>(*seen.rbegin()), static_cast<double>(size), 1) << file;
  }
}

TEST_F(TableFiles, AnyNameOfAFileOrAColumnIsOnlyAName) {
  const std::string name = "it's [a*] \"'; DROP.parquet";
  const std::string text = "\"a \"\"b\"\"'; --\",\"b\n,c\"\n1,2\n";
  EXPECT_EQ(*read_file(made(text, {}, name)), text);
  EXPECT_EQ(*read_file(made(text, {}, name), {"b\n,c"}), "\"b\n,c\"\n2\n");
}

TEST_F(TableFiles, ManyRowGroupsComeInOrder) {
  std::string text = "n,t\n";
  for (std::int64_t i = 0; i < 300'000; ++i) text += std::to_string(i) + "," + std::to_string(i * 7919 % 1000) + "\n";
  EXPECT_EQ(*read_file(made(text, {"BIGINT", "VARCHAR"})), text);
}

// ── what fails ──

TEST_F(TableFiles, WhatIsNoUtf8OrNoneOfItsTypeIsNotWritten) {
  EXPECT_EQ(write_parquet(source_of("a\n\xff\n"), {}, path("a")).error().reason(), "job.parquet");
  EXPECT_EQ(write_parquet(source_of("a\nx\n"), {"BIGINT"}, path("b")).error().reason(), "job.parquet");
  EXPECT_EQ(write_parquet(source_of("a\n\"1\n"), {}, path("c")).error().reason(), "job.csv");
  EXPECT_EQ(write_parquet(source_of(""), {}, path("d")).error().reason(), "job.csv");
  EXPECT_EQ(write_parquet(source_of("a\n1\n"), {}, path("no/folder")).error().reason(), "store.cannot_open");
}

TEST_F(TableFiles, RowsThatCannotBeReadAreNotCounted) {
  put(path("t.csv"), "a\n\"1\n");
  EXPECT_EQ(TableFile::open(store::real_files(), path("t.csv"))->count_rows().error().reason(), "job.csv");
}

TEST_F(TableFiles, WhatOnlyBeginsAsParquetIsRefused) {
  for (const std::string& bytes : {std::string("PAR1"), std::string("PAR1PAR1"), "PAR1" + std::string(5000, 'x'),
                                   "PAR1" + std::string(4, '\xff') + "PAR1"}) {
    put(path("bad"), bytes);
    EXPECT_EQ(read_file(path("bad")).error().reason(), "job.parquet");
  }
}

TEST_F(TableFiles, AFileCutShortIsRefusedWhereverItIsCut) {
  const std::string whole = bytes_of(made(kText, kTypes));
  for (std::size_t length = 4; length < whole.size(); length += 1 + length / 10) {
    put(path("bad"), whole.substr(0, length));
    const auto read = read_file(path("bad"));
    ASSERT_FALSE(read) << length;
    EXPECT_EQ(read.error().reason(), "job.parquet");
  }
}

TEST_F(TableFiles, ADamagedFileIsReadOrRefused) {
  const std::string whole = bytes_of(made(kText, kTypes));
  std::mt19937 random(20240229);
  int refused = 0;
  for (int round = 0; round < 100; ++round) {
    std::string bytes = whole;
    for (unsigned i = 0; i <= random() % 4; ++i) bytes[4 + random() % (bytes.size() - 4)] = static_cast<char>(random());
    put(path("bad"), bytes);
    const auto read = read_file(path("bad"));
    if (read) continue;
    ++refused;
    EXPECT_EQ(read.error().reason(), "job.parquet");
  }
  EXPECT_GT(refused, 10);
}

}  // namespace
}  // namespace weir::table
