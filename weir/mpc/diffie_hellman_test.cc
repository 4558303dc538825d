// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/diffie_hellman.h"

#include <gtest/gtest.h>
#include <ucontext.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <optional>

#include "weir/crypto/curve.h"
#include "weir/crypto/test_support.h"
#include "weir/crypto/x25519.h"
#include "weir/mpc/isa.h"
#include "weir/mpc/sm2_lanes.h"
#include "weir/mpc/x25519_lanes.h"
#include "weir/wire/encoding.h"

namespace weir::mpc {
namespace {

using crypto::SecretBytes;
using crypto::X25519Bytes;
using crypto::test::hex_member;
using crypto::test::load_vectors;

Blocks some(std::size_t count) {
  SeededRandom random(1);
  Blocks out(count);
  random.fill(bytes_of(std::span(out)));
  return out;
}

X25519Bytes number_of(const Bytes& bytes) {
  X25519Bytes out{};
  std::ranges::copy(bytes, out.begin());
  return out;
}

bool has_lanes() { return available_isas().back() == Isa::kAvx512; }

// By OpenSSL, by the ladder here and, where this processor can, in the lanes: what they agree on, or nothing if it is
// refused.
std::optional<X25519Bytes> x25519(X25519Bytes scalar, const X25519Bytes& u) {
  scalar[0] &= 0xf8;
  scalar[31] = static_cast<std::uint8_t>((scalar[31] & 0x7f) | 0x40);
  X25519Bytes by_openssl = u;
  const bool plain = crypto::x25519(SecretBytes(ByteView(scalar)), std::span(&by_openssl, 1)).ok();
  X25519Bytes by_ladder = u;
  crypto::x25519_each(SecretBytes(ByteView(scalar)), std::span(&by_ladder, 1));
  EXPECT_EQ(by_ladder, plain ? by_openssl : X25519Bytes{});
#if defined(__x86_64__)
  if (has_lanes()) {
    std::array<X25519Bytes, 11> points, out;
    points.fill(u);
    EXPECT_EQ(lanes::x25519(scalar, points, out), plain);
    for (const X25519Bytes& each : out) EXPECT_EQ(each, by_ladder);
  }
#endif
  return plain ? std::optional(by_openssl) : std::nullopt;
}

TEST(X25519, AgreesWithTheStandard) {
  const wire::Json vectors = load_vectors("x25519.json");
  for (const wire::Json& each : vectors["rfc7748"].items()) {
    const auto out = x25519(number_of(hex_member(each, "scalar")), number_of(hex_member(each, "u")));
    ASSERT_TRUE(out);
    EXPECT_EQ(*out, number_of(hex_member(each, "out"))) << each["source"].as_string();
  }
}

TEST(X25519, AgreesWithTheStandardAfterAThousandTimes) {
  const wire::Json vectors = load_vectors("x25519.json");
  X25519Bytes k{9}, u{9};
  int done = 0;
  for (const wire::Json& each : vectors["iterated"].items()) {
    for (; done < each["times"].as_integer(); ++done) {
      const auto out = x25519(k, u);
      ASSERT_TRUE(out);
      u = k;
      k = *out;
    }
    EXPECT_EQ(k, number_of(hex_member(each, "out"))) << done;
  }
  EXPECT_EQ(done, 1000);
}

TEST(X25519, AgreesWithWycheproofAndRefusesSmallOrder) {
  const wire::Json vectors = load_vectors("wycheproof_x25519.json");
  int refused = 0;
  for (const wire::Json& each : vectors["tests"].items()) {
    const auto out = x25519(number_of(hex_member(each, "private")), number_of(hex_member(each, "public")));
    const X25519Bytes shared = number_of(hex_member(each, "shared"));
    EXPECT_EQ(out.value_or(X25519Bytes{}), shared) << each["tcId"].as_integer();
    refused += out ? 0 : 1;
  }
  EXPECT_GT(refused, 10);
}

TEST(X25519, HashesToTheCurveAsTheStandardDoes) {
  const wire::Json vectors = load_vectors("x25519.json");
  for (const wire::Json& each : vectors["rfc9380"].items()) {
    const auto big_endian = [&](std::string_view name) {
      Bytes bytes = hex_member(each, name);
      std::ranges::reverse(bytes);
      return number_of(bytes);
    };
    const std::string source = each["message"].as_string();
    const X25519Bytes field = crypto::hash_to_x25519_field(each["domain"].as_string(), view_of(source));
    EXPECT_EQ(field, big_endian("field")) << source;
    EXPECT_EQ(crypto::map_to_x25519(field), big_endian("mapped")) << source;
  }
}

#if defined(__x86_64__)
TEST(X25519, MapsTheSameInLanesAlsoTheEdges) {
  if (!has_lanes()) GTEST_SKIP() << "no AVX-512 IFMA";
  std::vector<X25519Bytes> fields = {{}, {1}, {2}, {0xff, 0xff}};
  X25519Bytes last;
  last.fill(0xff);
  last[0] = 0xec;
  last[31] = 0x7f;
  fields.push_back(last);  // p - 1
  for (std::uint8_t i = 0; i < 60; ++i) fields.push_back(crypto::hash_to_x25519_field("test", ByteView(&i, 1)));
  std::vector<X25519Bytes> out(fields.size());
  lanes::x25519_map(fields, out);
  for (std::size_t i = 0; i < fields.size(); ++i) EXPECT_EQ(out[i], crypto::map_to_x25519(fields[i])) << i;
}

TEST(X25519, TakesEachPointByItsOwnScalarInLanesAlsoPointsOfSmallOrder) {
  if (!has_lanes()) GTEST_SKIP() << "no AVX-512 IFMA";
  SeededRandom random(5);
  std::vector<X25519Bytes> points;
  for (std::uint8_t u = 0; u < 40; ++u) points.push_back({u});
  for (int low = 0xe8; low < 0x100; ++low) {  // around p, and up to 2^255 - 1
    points.emplace_back().fill(0xff);
    points.back()[0] = static_cast<std::uint8_t>(low);
  }
  const wire::Json vectors = load_vectors("wycheproof_x25519.json");
  for (const wire::Json& each : vectors["tests"].items()) {
    points.push_back(number_of(hex_member(each, "public")));
  }
  while (points.size() % 8 != 3) points.push_back(points.back());
  Bytes scalars(points.size() * sizeof(X25519Bytes));
  random.fill(scalars);
  std::fill_n(scalars.begin(), 3 * sizeof(X25519Bytes), 0);
  std::vector<std::uint8_t> on_twist(points.size());
  lanes::x25519_on_twist(points, on_twist);
  for (std::size_t at = 0; at < points.size(); at += lanes::kX25519Group) {
    const auto some = std::span(points).subspan(at, std::min(lanes::kX25519Group, points.size() - at));
    std::vector<X25519Bytes> plain(some.begin(), some.end()), out(some.size());
    const ByteView own = ByteView(scalars).subspan(at * sizeof(X25519Bytes), some.size_bytes());
    lanes::x25519(own, some, out);
    crypto::x25519_each(SecretBytes(own), plain);
    EXPECT_EQ(out, plain);
    for (std::size_t i = 0; i < some.size(); ++i) {
      EXPECT_EQ(on_twist[at + i] == 1, crypto::is_on_x25519_twist(some[i])) << at + i;
    }
  }
  EXPECT_GT(std::ranges::count(on_twist, 1), 100);
  EXPECT_GT(std::ranges::count(on_twist, 0), 100);
}

TEST(Sm2Lanes, TakeEveryScalarAsOpenSslDoes) {
  if (!has_lanes()) GTEST_SKIP() << "no AVX-512 IFMA";
  const Bytes order = crypto::test::hex("fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123");
  std::vector<Bytes> scalars;
  for (std::uint8_t i = 1; i < 0x23; ++i) {
    Bytes low(32), high = order;
    low[31] = i;
    high[31] = static_cast<std::uint8_t>(0x23 - i);
    scalars.insert(scalars.end(), {low, high});
  }
  for (const int byte : {0x55, 0xaa, 0xf0, 0x0f, 0x10, 0x01}) {
    scalars.push_back(Bytes(32, static_cast<std::uint8_t>(byte)));
  }
  const crypto::Point point = crypto::Point::hash(crypto::Curve::kSm2, "test", view_of("p"));
  std::vector<lanes::Sm2Point> plain(1);
  std::vector<std::uint8_t> found(1);
  std::copy_n(point.bytes().begin() + 1, 32, plain[0].x.begin());
  lanes::sm2_lift(plain, found);
  ASSERT_EQ(found[0], 1);
  for (const Bytes& scalar : scalars) {
    const SecretBytes secret{ByteView(scalar)};
    if (!crypto::is_scalar(crypto::Curve::kSm2, secret)) continue;
    std::vector<crypto::PointBytes> out(1);
    lanes::sm2_multiply(scalar, plain, out);
    EXPECT_EQ(out[0], point.times(secret).bytes()) << wire::encode_hex(scalar);
  }
}
#endif

class DhTest : public ::testing::TestWithParam<DhCurve> {
 protected:
  SeededRandom random_{7};
};
INSTANTIATE_TEST_SUITE_P(Curves, DhTest, ::testing::Values(DhCurve::kX25519, DhCurve::kSm2));

TEST_P(DhTest, GivesTheSameWhateverTheProcessorCan) {
  const DhSecret secret = DhSecret::random(GetParam(), random_);
  for (const std::size_t count : {0, 1, 7, 8, 9, 127, 128, 131}) {
    const Blocks elements = some(count);
    std::vector<Bytes> hidden, raised;
    for (const Isa isa : available_isas()) {
      const IsaOverride only(isa);
      hidden.push_back(secret.hide(elements));
      const auto again = secret.raise(hidden.back());
      ASSERT_TRUE(again);
      raised.push_back(*again);
    }
    EXPECT_EQ(std::ranges::count(hidden, hidden[0]), std::ssize(hidden)) << count;
    EXPECT_EQ(std::ranges::count(raised, raised[0]), std::ssize(raised)) << count;
  }
}

TEST_P(DhTest, SecretsCommuteAndComeOffAgain) {
  const DhSecret a = DhSecret::random(GetParam(), random_);
  const DhSecret b = DhSecret::random(GetParam(), random_);
  const Blocks elements = some(20);
  const auto both = b.raise(a.hide(elements));
  ASSERT_TRUE(both);
  EXPECT_EQ(*both, *a.raise(b.hide(elements)));
  EXPECT_EQ(*a.undo().raise(*both), b.hide(elements));
}

TEST_P(DhTest, ASecretThatIsKeptIsTheSame) {
  const DhSecret a = DhSecret::random(GetParam(), random_);
  const auto again = DhSecret::parse(GetParam(), a.bytes().expose(crypto::SecretAccess("keep it in a test")));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->hide(some(3)), a.hide(some(3)));
}

// ── what is refused ──

TEST_P(DhTest, RefusesASecretThatIsNone) {
  for (const Bytes& bytes : {Bytes(), Bytes(32), Bytes(31, 0x40), Bytes(32, 0xff)}) {
    const auto secret = DhSecret::parse(GetParam(), bytes);
    ASSERT_FALSE(secret);
    EXPECT_EQ(secret.error().reason(), "mpc.secret");
  }
}

TEST_P(DhTest, RefusesAPointThatIsNoneWhereverItStands) {
  const DhSecret secret = DhSecret::random(GetParam(), random_);
  const std::size_t size = point_bytes(GetParam());
  const Bytes good = secret.hide(some(131));
  std::vector<Bytes> bad = {Bytes(size, 0xff), Bytes(size)};
  if (GetParam() == DhCurve::kX25519) {
    Bytes one(size), prime(size, 0xff);
    one[0] = 1;  // of order 4
    prime[0] = 0xee;
    prime[31] = 0x7f;  // p + 1, which is 1
    bad.insert(bad.end(), {one, prime});
  } else {
    Bytes another(good.begin(), good.begin() + 33);
    another[0] = 4;
    Bytes beyond(33, 0xff);
    beyond[0] = 2;  // x is not below the prime
    bad.insert(bad.end(), {another, beyond});
  }
  for (const Isa isa : available_isas()) {
    const IsaOverride only(isa);
    for (const std::size_t place : {0, 5, 127, 128, 130}) {
      for (const Bytes& each : bad) {
        Bytes points = good;
        std::ranges::copy(each, points.begin() + static_cast<std::ptrdiff_t>(place * size));
        const auto raised = secret.raise(points);
        ASSERT_FALSE(raised) << name_of(isa) << " " << place;
        EXPECT_EQ(raised.error().reason(), "mpc.message");
      }
    }
  }
}

// ── constant time ──

#if defined(__x86_64__)

struct Path {
  std::uint64_t instructions = 0;
  std::uint64_t hash = 0;  // of their addresses, in order
  friend bool operator==(const Path&, const Path&) = default;
};

// The way that a call takes through the program, instruction by instruction: the processor traps after each. As that
// takes long, the beginning of the way: the reading of the scalar and some rounds of each loop.
constexpr std::uint64_t kSteps = 30'000;
Path* traced = nullptr;
void step(int, siginfo_t*, void* context) {
  auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  traced->hash = (traced->hash ^ static_cast<std::uint64_t>(registers[REG_RIP])) * 0x100000001b3;
  if (++traced->instructions == kSteps) registers[REG_EFL] &= ~0x100;
}

Path path_of(const std::function<void()>& call) {
  Path out;
  traced = &out;
  struct sigaction action {}, before {};
  action.sa_sigaction = &step;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGTRAP, &action, &before);
  // The flag for single steps, beyond the 128 bytes that the compiler may use below the stack.
  asm volatile("lea -128(%%rsp), %%rsp; pushfq; orq $0x100, (%%rsp); popfq; lea 128(%%rsp), %%rsp" ::: "memory", "cc");
  call();
  asm volatile("lea -128(%%rsp), %%rsp; pushfq; andq $-257, (%%rsp); popfq; lea 128(%%rsp), %%rsp" ::: "memory", "cc");
  sigaction(SIGTRAP, &before, nullptr);
  return out;
}

TEST(ConstantTime, TheSecretAndThePointsDecideNoBranch) {
  if (!has_lanes()) GTEST_SKIP() << "no AVX-512 IFMA";
  SeededRandom random(3);
  const auto scalar = [&](std::uint8_t fill, bool of_x25519) {
    X25519Bytes out;
    out.fill(fill);
    if (fill == 1) random.fill(out);
    if (of_x25519) {
      out[0] &= 0xf8;
      out[31] = static_cast<std::uint8_t>((out[31] & 0x7f) | 0x40);
    }
    return out;
  };
  std::vector<Path> ladder, each_its_own, plain, multiply, map;
  for (const int each_fill : {0xee, 0x11, 1}) {  // even, odd, any
    const auto fill = static_cast<std::uint8_t>(each_fill);
    std::array<X25519Bytes, 8> u, out;
    for (X25519Bytes& each : u) random.fill(each);
    const X25519Bytes k = scalar(fill, true);
    ladder.push_back(path_of([&] { lanes::x25519(k, u, out); }));
    map.push_back(path_of([&] { lanes::x25519_map(u, out); }));
    Bytes scalars;
    for (int i = 0; i < 8; ++i) scalars.insert(scalars.end(), k.begin(), k.end());
    if (fill == 1) random.fill(scalars);
    each_its_own.push_back(path_of([&] { lanes::x25519(scalars, u, out); }));
    const SecretBytes secret{ByteView(scalars)};
    plain.push_back(path_of([&] { crypto::x25519_each(secret, u); }));
    std::array<lanes::Sm2Point, 8> points;
    std::array<crypto::PointBytes, 8> products;
    for (lanes::Sm2Point& each : points) {
      random.fill(each.x);
      random.fill(each.y);
    }
    const X25519Bytes s = scalar(fill, false);
    multiply.push_back(path_of([&] { lanes::sm2_multiply(s, points, products); }));
  }
  for (const auto* paths : {&ladder, &each_its_own, &plain, &multiply, &map}) {
    EXPECT_GT(paths->front().instructions, kSteps / 3);
    for (const Path& each : *paths) EXPECT_EQ(each, paths->front());
  }
}

#endif

}  // namespace
}  // namespace weir::mpc
