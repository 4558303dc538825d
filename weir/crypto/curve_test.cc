// SPDX-License-Identifier: Apache-2.0
#include "weir/crypto/curve.h"

#include <gtest/gtest.h>

#include "weir/crypto/aes.h"
#include "weir/wire/encoding.h"

namespace weir::crypto {
namespace {

class CurveTest : public ::testing::TestWithParam<Curve> {
 protected:
  SeededRandom random_{7};
};

TEST_P(CurveTest, DiffieHellmanAgrees) {
  const SecretBytes a = random_scalar(GetParam(), random_);
  const SecretBytes b = random_scalar(GetParam(), random_);
  EXPECT_EQ(Point::of(GetParam(), a).times(b).bytes(), Point::of(GetParam(), b).times(a).bytes());
}

TEST_P(CurveTest, SubtractsWhatItAdded) {
  const Point p = Point::hash(GetParam(), "test", view_of("p"));
  const Point q = Point::hash(GetParam(), "test", view_of("q"));
  EXPECT_NE(p.bytes(), q.bytes());
  const auto sum = p.plus(q);
  ASSERT_TRUE(sum);
  const auto back = sum->minus(q);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->bytes(), p.bytes());
}

TEST_P(CurveTest, ReadsWhatItWrote) {
  const Point p = Point::of(GetParam(), random_scalar(GetParam(), random_));
  const auto read = Point::parse(GetParam(), p.bytes());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->bytes(), p.bytes());
}

TEST_P(CurveTest, HashesDependOnTheDomain) {
  EXPECT_NE(Point::hash(GetParam(), "one", view_of("p")).bytes(), Point::hash(GetParam(), "two", view_of("p")).bytes());
}

// ── what is refused ──

TEST_P(CurveTest, RefusesBytesThatAreNoPoint) {
  PointBytes bytes = Point::hash(GetParam(), "test", view_of("p")).bytes();
  EXPECT_FALSE(Point::parse(GetParam(), ByteView(bytes).first(32)));
  EXPECT_FALSE(Point::parse(GetParam(), {}));
  const std::uint8_t infinity = 0;
  EXPECT_FALSE(Point::parse(GetParam(), {&infinity, 1}));
  bytes[0] = 4;
  EXPECT_FALSE(Point::parse(GetParam(), bytes));
  bytes.fill(0xff);
  bytes[0] = 2;
  EXPECT_FALSE(Point::parse(GetParam(), bytes));  // x is not below the prime
}

TEST_P(CurveTest, RefusesASumAtInfinity) {
  const Point p = Point::hash(GetParam(), "test", view_of("p"));
  const auto none = p.minus(p);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().reason(), "curve.infinity");
}

INSTANTIATE_TEST_SUITE_P(Curves, CurveTest, ::testing::Values(Curve::kP256, Curve::kSm2));

// FIPS 197, appendix C.1.
TEST(Aes128, EncryptsTheStandardsBlock) {
  const auto key = wire::decode_hex("000102030405060708090a0b0c0d0e0f");
  const auto in = wire::decode_hex("00112233445566778899aabbccddeeff");
  ASSERT_TRUE(key && in);
  Bytes out(16);
  aes128_blocks(*key, *in, out);
  EXPECT_EQ(wire::encode_hex(out), "69c4e0d86a7b0430d8cdb78070b4c55a");
}

}  // namespace
}  // namespace weir::crypto
