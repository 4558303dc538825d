// SPDX-License-Identifier: Apache-2.0
#include "weir/table/csv.h"

#include <gtest/gtest.h>

#include <memory>

namespace weir::table {
namespace {

ByteSource source_of(std::string bytes, std::size_t piece = 7) {
  auto at = std::make_shared<std::size_t>(0);
  return [bytes = std::move(bytes), at, piece](std::span<std::uint8_t> out) -> Result<std::size_t> {
    const std::size_t count = std::min({piece, out.size(), bytes.size() - *at});
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(*at), count, out.begin());
    *at += count;
    return count;
  };
}

TEST(Csv, RecordsWithQuotesLineEndsAndAMarkAreRead) {
  Table table = *Table::open(source_of("\xef\xbb\xbfid,name\r\n1,\"a, \"\"b\"\"\nc\"\r\n\r\n2,d"), {"name", "id"});
  ASSERT_TRUE(*table.next());
  EXPECT_EQ(table.value(0), "a, \"b\"\nc");
  EXPECT_EQ(table.value(1), "1");
  EXPECT_EQ(table.record(), "1,\"a, \"\"b\"\"\nc\"\r\n");
  ASSERT_TRUE(*table.next());
  EXPECT_EQ(table.value(0), "d");
  EXPECT_FALSE(*table.next());
}

TEST(Csv, AShortRecordHasEmptyValues) {
  Table table = *Table::open(source_of("a,b\n1\n"), {"b"});
  ASSERT_TRUE(*table.next());
  EXPECT_EQ(table.value(0), "");
}

TEST(Csv, WhatIsNoTableIsRefused) {
  EXPECT_EQ(Table::open(source_of(""), {"a"}).error().reason(), "job.csv");
  EXPECT_EQ(Table::open(source_of("a,b\n"), {"c"}).error().reason(), "job.column");
  EXPECT_EQ(Table::open(source_of("a,a\n"), {"a"}).error().reason(), "job.column");
  Table open_quote = *Table::open(source_of("a\n\"1\n2"), {"a"});
  EXPECT_EQ(open_quote.next().error().reason(), "job.csv");
  const std::string endless(CsvReader::kRecordBytesMax + (1u << 20), 'x');
  EXPECT_EQ(Table::open(source_of(endless, 1u << 20), {"a"}).error().code(), Errc::kExhausted);
}

}  // namespace
}  // namespace weir::table
