// SPDX-License-Identifier: Apache-2.0
#include "weir/node/image_file.h"

#include <gtest/gtest.h>

#include "weir/store/memory_files.h"

namespace weir::node {
namespace {

using mpc::Block;
using mpc::Blocks;

constexpr Block kName{1, 2}, kOther{3, 4};
constexpr std::size_t kWhole = 16384;  // images of a record

Blocks images_from(std::size_t first, std::size_t count) {
  Blocks out;
  for (std::size_t i = first; i < first + count; ++i) out.push_back({i, ~i});
  return out;
}

class ImageFileTest : public ::testing::Test {
 protected:
  ImageFile file() { return {files_, "images/a"}; }
  std::size_t kept(Block name = kName) { return *file().open(name); }
  Blocks all() {
    ImageFile again = file();
    EXPECT_TRUE(again.open(kName));
    Blocks out;
    EXPECT_TRUE(again.each([&](std::span<const Block> some) { out.insert(out.end(), some.begin(), some.end()); }));
    return out;
  }
  void write(const Blocks& images) {
    ImageFile one = file();
    const auto have = one.open(kName);
    ASSERT_TRUE(have);
    ASSERT_TRUE(one.add(std::span<const Block>(images).subspan(*have)));
    ASSERT_TRUE(one.close());
  }
  void spoil(std::uint64_t place) {
    auto raw = files_.open("images/a", store::OpenMode::kReadWrite);
    std::uint8_t byte = 0;
    ASSERT_TRUE((*raw)->read_at(place, {&byte, 1}));
    byte ^= 1;
    ASSERT_TRUE((*raw)->write_at(place, {&byte, 1}));
  }

  store::MemoryFiles files_;
  static constexpr std::uint64_t kRecordBytes = 4 + 32 + 16 * kWhole;
};

TEST_F(ImageFileTest, GivesBackWhatWasAddedInOrder) {
  ASSERT_TRUE(files_.make_directories("images"));
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kWhole, kWhole + 1, 3 * kWhole + 129}) {
    write(images_from(0, size));
    EXPECT_EQ(kept(), size);
    EXPECT_EQ(all(), images_from(0, size));
    ASSERT_TRUE(files_.remove("images/a"));
  }
}

TEST_F(ImageFileTest, ImagesOfAnotherSecretCountForNothing) {
  ASSERT_TRUE(files_.make_directories("images"));
  write(images_from(0, kWhole + 5));
  EXPECT_EQ(kept(kOther), 0u);
}

// ── a crash, a spoilt disk, a hostile peer ──

TEST_F(ImageFileTest, WhatACrashToreComesAgainAndWhatIsBeforeItStays) {
  ASSERT_TRUE(files_.make_directories("images"));
  const Blocks images = images_from(0, 2 * kWhole + 100);
  write(images);
  {
    auto raw = files_.open("images/a", store::OpenMode::kReadWrite);
    ASSERT_TRUE((*raw)->truncate(2 * kRecordBytes + 200));
  }
  EXPECT_EQ(kept(), 2 * kWhole);
  spoil(kRecordBytes + 1000);
  EXPECT_EQ(kept(), kWhole);
  write(images);
  EXPECT_EQ(all(), images);
  spoil(2);  // the number of images of the first record
  EXPECT_EQ(kept(), 0u);
}

TEST_F(ImageFileTest, ARecordThatStandsInAnothersPlaceIsNone) {
  ASSERT_TRUE(files_.make_directories("images"));
  write(images_from(0, 2 * kWhole));
  auto raw = files_.open("images/a", store::OpenMode::kReadWrite);
  Bytes second(kRecordBytes);
  ASSERT_TRUE((*raw)->read_at(kRecordBytes, second));
  ASSERT_TRUE((*raw)->write_at(0, second));
  EXPECT_EQ(kept(), 0u);
}

TEST_F(ImageFileTest, WhatIsSpoiltAfterItWasOpenedIsNotTakenForImages) {
  ASSERT_TRUE(files_.make_directories("images"));
  write(images_from(0, kWhole));
  ImageFile one = file();
  ASSERT_TRUE(one.open(kName));
  spoil(5000);
  const auto read = one.each([](std::span<const Block>) {});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().reason(), "mpc.images");
}

TEST_F(ImageFileTest, MoreImagesBehindTheLastOnesAreRefused) {
  ASSERT_TRUE(files_.make_directories("images"));
  write(images_from(0, 10));
  ImageFile one = file();
  ASSERT_TRUE(one.open(kName));
  const auto added = one.add(images_from(10, 5));
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().reason(), "mpc.images");
}

TEST_F(ImageFileTest, AFullDiskIsSaidAndWhatWasThereStays) {
  ASSERT_TRUE(files_.make_directories("images"));
  write(images_from(0, kWhole));
  ImageFile one = file();
  ASSERT_TRUE(one.open(kName));
  files_.fail(store::MemoryFiles::Op::kWrite, 1, store::MemoryFiles::Fault::kNoSpace);
  const auto added = one.add(images_from(kWhole, kWhole));
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().reason(), "store.disk_full");
  EXPECT_EQ(kept(), kWhole);
}

}  // namespace
}  // namespace weir::node
