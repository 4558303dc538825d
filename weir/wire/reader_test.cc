// SPDX-License-Identifier: Apache-2.0
#include "weir/wire/reader.h"

#include <gtest/gtest.h>

namespace weir::wire {
namespace {

TEST(Reader, ReadsWhatBuilderWrote) {
  const Bytes bytes =
      Builder().u8(1).u16(0x0203).u32(0x04050607).u64(0x08090a0b0c0d0e0f).run16(view_of("ab")).run32({}).take();
  Reader reader(bytes);
  EXPECT_EQ(*reader.u8(), 1);
  EXPECT_EQ(*reader.u16(), 0x0203);
  EXPECT_EQ(*reader.u32(), 0x04050607u);
  EXPECT_EQ(*reader.u64(), 0x08090a0b0c0d0e0fu);
  EXPECT_EQ(text_of(*reader.run16()), "ab");
  EXPECT_TRUE(reader.run32()->empty());
  EXPECT_TRUE(reader.finish().ok());
}

TEST(ReaderErrors, EndsEarlyOrLeavesBytesOver) {
  const Bytes bytes{0, 5, 1};
  EXPECT_FALSE(Reader(bytes).u32().ok());
  EXPECT_FALSE(Reader(bytes).run16().ok());
  Reader reader(bytes);
  ASSERT_TRUE(reader.u16().ok());
  EXPECT_FALSE(reader.finish().ok());
}

}  // namespace
}  // namespace weir::wire
