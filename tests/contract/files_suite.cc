// SPDX-License-Identifier: Apache-2.0
#include "tests/contract/files_suite.h"

namespace weir::store::testing {

TEST_P(FilesSuite, WritesAndReadsAtAPlace) {
  auto file = files().open(at("f"), OpenMode::kCreate);
  ASSERT_TRUE(file) << file.error().message();
  ASSERT_TRUE((*file)->write_at(3, view_of("hello")));
  ASSERT_TRUE((*file)->write_at(0, view_of("abc")));
  ASSERT_TRUE((*file)->sync());
  EXPECT_EQ(*(*file)->size(), 8u);
  std::array<std::uint8_t, 20> out{};
  EXPECT_EQ(*(*file)->read_at(2, out), 6u);
  EXPECT_EQ(text_of(ByteView(out).first(6)), "chello");
  EXPECT_EQ(*(*file)->read_at(8, out), 0u);
  EXPECT_EQ(*(*file)->read_at(100, out), 0u);
}

TEST_P(FilesSuite, AGapReadsAsZeros) {
  auto file = files().open(at("f"), OpenMode::kCreateOrOpen);
  ASSERT_TRUE((*file)->write_at(2, view_of("x")));
  EXPECT_EQ(*files().read_all(at("f"), 100), (Bytes{0, 0, 'x'}));
  ASSERT_TRUE((*file)->truncate(1));
  ASSERT_TRUE((*file)->truncate(2));
  EXPECT_EQ(*files().read_all(at("f"), 100), (Bytes{0, 0}));
}

TEST_P(FilesSuite, OpenModesMeanWhatTheySay) {
  EXPECT_EQ(files().open(at("f"), OpenMode::kRead).error().code(), Errc::kNotFound);
  EXPECT_EQ(files().open(at("f"), OpenMode::kReadWrite).error().reason(), "store.no_file");
  EXPECT_TRUE(files().open(at("f"), OpenMode::kCreate));
  EXPECT_EQ(files().open(at("f"), OpenMode::kCreate).error().reason(), "store.file_exists");
  EXPECT_TRUE(files().open(at("f"), OpenMode::kCreateOrOpen));
  EXPECT_TRUE(files().open(at("f"), OpenMode::kReadWrite));
  const auto reading = files().open(at("f"), OpenMode::kRead);
  ASSERT_TRUE(reading);
  EXPECT_FALSE((*reading)->write_at(0, view_of("x")));
  EXPECT_EQ(files().open(at("no/f"), OpenMode::kCreate).error().code(), Errc::kNotFound);
}

TEST_P(FilesSuite, BulkIsReadBackWhateverItsPlaceAndLength) {
  ASSERT_FALSE(files().open(at("f"), OpenMode::kBulk)) << "it makes no file";
  ASSERT_TRUE(files().open(at("f"), OpenMode::kCreate));
  auto file = files().open(at("f"), OpenMode::kBulk);
  ASSERT_TRUE(file) << file.error().message();
  alignas(kBulkUnit) static std::array<std::uint8_t, 3 * kBulkUnit> units;
  for (std::size_t i = 0; i < units.size(); ++i) units[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
  Bytes expected(5 * kBulkUnit);
  const auto put = [&](std::uint64_t place, ByteView bytes) {
    ASSERT_TRUE((*file)->write_at(place, bytes));
    std::copy(bytes.begin(), bytes.end(), expected.begin() + static_cast<std::ptrdiff_t>(place));
    Bytes seen(bytes.size());
    ASSERT_TRUE((*file)->read_at(place, seen));  // what is written is seen at once, past the cache or not
    EXPECT_TRUE(std::ranges::equal(seen, bytes)) << place;
  };
  put(2 * kBulkUnit, units);
  put(0, ByteView(units).first(kBulkUnit));
  put(kBulkUnit - 1, ByteView(units).first(100));
  put(kBulkUnit, ByteView(units).subspan(1, kBulkUnit));
  put(2 * kBulkUnit, ByteView(units).subspan(kBulkUnit, kBulkUnit));
  ASSERT_TRUE((*file)->sync());
  EXPECT_EQ(*files().read_all(at("f"), 1u << 20), expected);
}

TEST_P(FilesSuite, DirectoriesAreMadeListedAndRemoved) {
  ASSERT_TRUE(files().make_directories(at("a/b/c")));
  ASSERT_TRUE(files().make_directories(at("a/b/c")));
  ASSERT_TRUE(files().write_durable(at("a/z"), view_of("1")));
  ASSERT_TRUE(files().write_durable(at("a/B"), view_of("1")));
  EXPECT_EQ(*files().list(at("a")), (std::vector<std::string>{"B", "b", "z"}));
  EXPECT_TRUE(*files().exists(at("a/b")));
  EXPECT_FALSE(files().open(at("a/b"), OpenMode::kRead));
  EXPECT_FALSE(files().make_directories(at("a/z")));
  ASSERT_TRUE(files().remove_tree(at("a")));
  ASSERT_TRUE(files().remove_tree(at("a")));
  EXPECT_FALSE(*files().exists(at("a")));
  EXPECT_EQ(files().list(at("a")).error().code(), Errc::kNotFound);
}

TEST_P(FilesSuite, RenameReplaces) {
  ASSERT_TRUE(files().write_durable(at("a"), view_of("new")));
  ASSERT_TRUE(files().write_durable(at("b"), view_of("old")));
  ASSERT_TRUE(files().rename(at("a"), at("b")));
  EXPECT_FALSE(*files().exists(at("a")));
  EXPECT_EQ(text_of(*files().read_all(at("b"), 10)), "new");
  EXPECT_EQ(files().rename(at("a"), at("b")).error().code(), Errc::kNotFound);
  ASSERT_TRUE(files().remove(at("b")));
  EXPECT_EQ(files().remove(at("b")).error().code(), Errc::kNotFound);
}

TEST_P(FilesSuite, WriteDurableReplacesAndLeavesNothingElse) {
  ASSERT_TRUE(files().write_durable(at("f"), view_of("a longer first text")));
  ASSERT_TRUE(files().write_durable(at("f"), view_of("short")));
  ASSERT_TRUE(files().write_durable(at("e"), {}));
  EXPECT_EQ(text_of(*files().read_all(at("f"), 100)), "short");
  EXPECT_EQ(*files().list(at("")), (std::vector<std::string>{"e", "f"}));
}

TEST_P(FilesSuite, ReadAllHasALimit) {
  ASSERT_TRUE(files().write_durable(at("f"), view_of("12345")));
  EXPECT_TRUE(files().read_all(at("f"), 5));
  EXPECT_EQ(files().read_all(at("f"), 4).error().reason(), "store.too_big");
}

TEST_P(FilesSuite, TellsFreeSpace) {
  EXPECT_GT(*files().free_bytes(at("")), 0u);
  EXPECT_FALSE(files().free_bytes(at("nowhere")));
}

}  // namespace weir::store::testing
