// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/sorted_keys.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "weir/store/memory_files.h"

namespace weir::use::job {
namespace {

using store::MemoryFiles;

// In pieces of `step` bytes.
ByteSource source_of(const std::string& text, std::size_t step = 1u << 20) {
  return [text, step, at = std::size_t{0}](std::span<std::uint8_t> out) mutable -> Result<std::size_t> {
    const std::size_t count = std::min({out.size(), text.size() - at, step});
    std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(at), count, out.begin());
    at += count;
    return count;
  };
}

const Bytes kSalt(32, 7);
const Threads kThree{.count = 3, .pool = [](std::size_t tasks, const Threads::Task& task) {
                       std::vector<std::jthread> all;
                       for (std::size_t i = 0; i < tasks; ++i) all.emplace_back([&task, i] { task(i); });
                     }};

struct Sorted {
  MemoryFiles files;
  std::optional<SortedKeys> keys;

  Result<> read(const std::string& table, const Threads& threads = {}, std::size_t step = 1u << 20) {
    WEIR_TRY_LET(keys, SortedKeys::read(source_of(table, step), {"id"}, {Form::kText}, files, "keys", threads));
    return keys->settle(kSalt, threads);
  }
};

// As one would do it without a disk.
std::multiset<KeyLine> plain(const std::string& table) {
  auto open = *table::Table::open(source_of(table), {"id"});
  std::multiset<KeyLine> out;
  for (std::uint64_t line = 1; *open.next(); ++line) {
    const auto key = key_of({open.value(0)}, {Form::kText});
    if (key) out.insert({__builtin_bswap64(key->lo), __builtin_bswap64(key->hi), line});
  }
  return out;
}

std::string table_of(int rows, int keys) {
  std::string out = "x,id\n";
  for (int i = 0; i < rows; ++i) out += "v," + std::to_string(i * 7 % keys) + "\n";
  return out;
}

TEST(SortedKeys, RowsWithOneKeyAreOneElementAndRowsWithoutAreNone) {
  Sorted sorted;
  ASSERT_TRUE(sorted.read("id,x\nA,1\na ,2\n,3\nb,4\n"));
  EXPECT_EQ(sorted.keys->claim().count, 2);
  EXPECT_EQ(sorted.keys->rows(), 4u);
  EXPECT_EQ(sorted.keys->keyless(), 1u);
}

TEST(SortedKeys, AKeyOfAMegabyteCountsToItsLastByteAndOneOfNoneIsNone) {
  const std::string long_key(1u << 20, 'k');
  Sorted sorted;
  ASSERT_TRUE(sorted.read("id\n" + long_key + "1\n" + long_key + "2\n\"\"\n" + long_key + "1\n"));
  EXPECT_EQ(sorted.keys->claim().count, 2);
  EXPECT_EQ(sorted.keys->rows(), 4u);
  EXPECT_EQ(sorted.keys->keyless(), 1u);
}

TEST(SortedKeys, AreTheKeysOfTheTableInMemoryAndOnDiskByOneThreadAndByThree) {
  // Of three keys a part has so many lines that they go to disk.
  for (const auto& [rows, keys] : {std::pair{0, 1}, {1, 1}, {300, 1000}, {20'000, 3}, {20'000, 20'000}}) {
    const std::string table = table_of(rows, keys);
    const auto wanted = plain(table);
    mpc::Blocks distinct;
    for (const auto& threads : {Threads{}, kThree}) {
      Sorted sorted;
      ASSERT_TRUE(sorted.read(table, threads, 100'000));
      EXPECT_EQ(*sorted.files.exists("keys"), keys == 3);
      for (const std::size_t of : {1, 2, 16, 256}) {
        std::vector<KeyLine> all;
        std::size_t count = 0;
        for (std::size_t bucket = 0; bucket < of; ++bucket) {
          const auto lines = *sorted.keys->bucket(bucket, of);
          EXPECT_EQ(keys_of(lines).size(), sorted.keys->count(bucket, of));
          count += sorted.keys->count(bucket, of);
          all.insert(all.end(), lines.begin(), lines.end());
        }
        EXPECT_TRUE(std::equal(all.begin(), all.end(), wanted.begin(), wanted.end())) << rows << " " << of;
        EXPECT_EQ(static_cast<std::int64_t>(count), sorted.keys->claim().count);
        distinct = keys_of(all);
      }
      EXPECT_EQ(sorted.keys->claim(), claim_of(distinct, kSalt));
    }
  }
}

TEST(SortedKeys, TheFileGoesWithThem) {
  Sorted sorted;
  ASSERT_TRUE(sorted.read(table_of(20'000, 3)));
  EXPECT_TRUE(*sorted.files.exists("keys"));
  sorted.keys.reset();
  EXPECT_FALSE(*sorted.files.exists("keys"));
}

TEST(Lines, AreTheRecordsThemselvesWithTheHeading) {
  const std::string table = "\xef\xbb\xbfid,note\r\n3,\"x\n,y\"\r\n\r\n4,z\n5,\"a\"\"b\n\"\n3,again";
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{1000}}) {
    auto keys = SortedKeys::read(source_of(table, step), {"id"}, {Form::kExact}, store::real_files(), "none");
    ASSERT_TRUE(keys);
    ASSERT_TRUE(keys->settle(kSalt));
    EXPECT_EQ(keys->rows(), 4u);
    const auto three = key_of({"3"}, {Form::kExact});
    LineSet lines;
    const auto all = *keys->bucket(0, 1);
    for (const KeyLine& line : all) {
      if (line.high == __builtin_bswap64(three->lo)) lines.add(line.line);
    }
    std::string out;
    const auto rows = write_lines(source_of(table, step), lines, [&](std::string_view text) {
      out += text;
      return Result<>();
    });
    EXPECT_EQ(*rows, 2u);
    EXPECT_EQ(out, "id,note\r\n3,\"x\n,y\"\r\n3,again\n");
  }
}

// ── what fails ──

TEST(SortedKeysErrors, AQuoteThatIsNotClosedIsNamedByItsLine) {
  Sorted sorted;
  const auto read = sorted.read("id\n1\n2\n\"3\n4\n");
  EXPECT_EQ(read.error().reason(), "job.csv");
  EXPECT_NE(std::string(read.error().message()).find("line 4 "), std::string::npos) << read.error().message();
}

TEST(SortedKeysErrors, ARecordOfAnyLengthDoesNotTakeAllMemory) {
  Sorted sorted;
  const std::string endless(2 * table::CsvReader::kRecordBytesMax, 'x');
  EXPECT_EQ(sorted.read("id\n\"" + endless).error().reason(), "job.csv");
}

TEST(SortedKeysErrors, AFullDiskIsSaidWithWhatItWasFor) {
  const std::string table = table_of(20'000, 3);
  for (const std::uint64_t write : {1, 4, 12}) {
    Sorted sorted;
    sorted.files.fail(MemoryFiles::Op::kWrite, write, MemoryFiles::Fault::kNoSpace);
    const auto read = sorted.read(table);
    ASSERT_FALSE(read) << write;
    EXPECT_EQ(read.error().reason(), "store.disk_full");
    EXPECT_NE(std::string(read.error().message()).find("while a job is computed"), std::string::npos);
    sorted.keys.reset();
    sorted.files.heal();
    EXPECT_FALSE(*sorted.files.exists("keys"));
    EXPECT_TRUE(sorted.read(table));
  }
}

}  // namespace
}  // namespace weir::use::job
