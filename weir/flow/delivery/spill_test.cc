// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/delivery/spill.h"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"
#include "weir/store/memory_files.h"

namespace weir::flow::delivery {
namespace {

class SpillTest : public ::testing::Test {
 protected:
  Result<Spill> open() { return Spill::open(files_, path_, crypto::Suite::kInternational, random_); }
  // Bytes of which every chunk is another.
  static Bytes bytes(std::size_t size) {
    Bytes out(size);
    for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(i * 31 + (i >> 20));
    return out;
  }

  store::Files& files_ = store::real_files();
  weir::testing::TemporaryFolder folder_;
  std::string path_ = folder_.path() + "/spill/one";
  SeededRandom random_{7};
};

TEST_F(SpillTest, GivesBackWhatCameInPiecesOfAnySize) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{kChunkBytes - 1}, std::size_t{kChunkBytes},
                                 std::size_t{kChunkBytes + 1}, std::size_t{3 * kChunkBytes + 17}}) {
    const Bytes all = bytes(size);
    auto spill = open();
    ASSERT_TRUE(spill);
    ManifestBuilder builder(crypto::HashAlgorithm::kSha256);
    for (std::size_t at = 0; at < size;) {
      const std::size_t some = std::min<std::size_t>(size - at, at % 3 == 0 ? 70'001 : 1'500'000);
      ASSERT_TRUE(spill->add(ByteView(all).subspan(at, some)));
      ASSERT_TRUE(builder.add(ByteView(all).subspan(at, some)));
      at += some;
    }
    ASSERT_TRUE(spill->finish());
    EXPECT_EQ(spill->size(), size);
    const Manifest manifest = std::move(builder).finish();
    for (std::uint64_t i = 0; i < manifest.chunk_count(); ++i) {
      const auto chunk = spill->read(ChunkIndex(i));
      ASSERT_TRUE(chunk) << size << " " << i;
      EXPECT_TRUE(manifest.verify(ChunkIndex(i), *chunk)) << size << " " << i;
    }
  }
}

TEST_F(SpillTest, WhatLiesOnTheDiskIsSealedAndIsGoneAfterwards) {
  const Bytes all(kChunkBytes, 'x');
  {
    auto spill = open();
    ASSERT_TRUE(spill && spill->add(all) && spill->finish());
    const auto there = files_.read_all(path_, 1u << 24);
    ASSERT_TRUE(there);
    EXPECT_GT(there->size(), all.size());
    EXPECT_EQ(std::search_n(there->begin(), there->end(), 8, 'x'), there->end());
    Spill moved = *std::move(spill);
    EXPECT_TRUE(moved.read(ChunkIndex(0)));
  }
  EXPECT_FALSE(*files_.exists(path_));
}

TEST_F(SpillTest, WhatACrashLeftIsReplaced) {
  ASSERT_TRUE(files_.make_directories(store::parent_of(path_)));
  ASSERT_TRUE(files_.write_durable(path_, view_of(std::string_view("left"))));
  EXPECT_TRUE(open());
}

// ── errors ──

TEST_F(SpillTest, AChunkThatWasAlteredOrMovedIsCorrupt) {
  const Bytes all = bytes(2 * kChunkBytes);
  auto spill = open();
  ASSERT_TRUE(spill && spill->add(all) && spill->finish());
  auto file = files_.open(path_, store::OpenMode::kReadWrite);
  Bytes first(1);
  ASSERT_TRUE((*file)->read_at(5, first));
  first[0] ^= 1;
  ASSERT_TRUE((*file)->write_at(5, first));
  EXPECT_EQ(spill->read(ChunkIndex(0)).error().reason(), "seal.broken");
  Bytes second(kChunkBytes + crypto::SealingKey::overhead(crypto::Suite::kInternational));
  ASSERT_TRUE((*file)->read_at(second.size(), second));
  ASSERT_TRUE((*file)->write_at(0, second));
  EXPECT_EQ(spill->read(ChunkIndex(0)).error().reason(), "seal.broken");
}

TEST_F(SpillTest, WhatDoesNotFitOnTheDiskIsRefusedBeforeItIsWritten) {
  store::MemoryFiles full;
  full.fail(store::MemoryFiles::Op::kWrite, 1, store::MemoryFiles::Fault::kNoSpace);
  auto spill = Spill::open(full, "/spill/one", crypto::Suite::kInternational, random_);
  ASSERT_TRUE(spill) << spill.error().message();
  EXPECT_EQ(spill->add(bytes(1)).error().reason(), "delivery.no_room");
}

}  // namespace
}  // namespace weir::flow::delivery
