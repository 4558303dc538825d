// SPDX-License-Identifier: Apache-2.0
#include "weir/crypto/x25519.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstring>

#include "weir/base/check.h"
#include "weir/crypto/key_handle.h"
#include "weir/crypto/owned.h"

namespace weir::crypto {
namespace {

using OwnedNumber = Owned<BIGNUM, BN_clear_free>;
using OwnedContext = Owned<BN_CTX, BN_CTX_free>;
using OwnedKey = Owned<EVP_PKEY, EVP_PKEY_free>;
using OwnedExchange = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;

BN_CTX* context() {
  thread_local const OwnedContext context(BN_CTX_new());
  return context.get();
}

OwnedNumber number(const char* hex) {
  BIGNUM* out = nullptr;
  WEIR_CHECK(BN_hex2bn(&out, hex) > 0);
  return OwnedNumber(out);
}

OwnedNumber number_of(ByteView little_endian) {
  OwnedNumber out(BN_lebin2bn(little_endian.data(), static_cast<int>(little_endian.size()), nullptr));
  WEIR_CHECK(out != nullptr);
  return out;
}

const BIGNUM* order() {
  static const OwnedNumber out = number("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed");
  return out.get();
}

__extension__ using Wide = unsigned __int128;
constexpr std::uint64_t kLow63 = ~(std::uint64_t{1} << 63);

bool is_clamped(ByteView scalar) {
  return scalar.size() == 32 && (scalar[0] & 7) == 0 && (scalar[31] & 0xc0) == 0x40;
}

// 8 t with 8 t * scalar = 1 modulo the order.
SecretBytes undo_of(ByteView scalar) {
  const OwnedNumber k = number_of(scalar);
  const OwnedNumber product(BN_new()), inverse(BN_new()), undo(BN_new());
  WEIR_CHECK(BN_lshift(product.get(), k.get(), 3) == 1);
  BN_set_flags(product.get(), BN_FLG_CONSTTIME);
  WEIR_CHECK(BN_mod_inverse(inverse.get(), product.get(), order(), context()) != nullptr);
  WEIR_CHECK(BN_lshift(undo.get(), inverse.get(), 3) == 1);
  Bytes out(32);
  WEIR_CHECK(BN_bn2lebinpad(undo.get(), out.data(), 32) == 32);
  return SecretBytes::adopt(std::move(out));
}

// RFC 9380, section 5.3.1, for the 48 bytes that one number takes. Requires: a domain of at most 255 bytes.
std::array<std::uint8_t, 48> expand(std::string_view domain, ByteView text) {
  WEIR_CHECK(domain.size() < 256);
  Bytes suffix = copy_of(view_of(domain));
  suffix.push_back(static_cast<std::uint8_t>(domain.size()));
  Bytes first(128);  // a block of zeros
  first.insert(first.end(), text.begin(), text.end());
  first.insert(first.end(), {0, 48, 0});
  first.insert(first.end(), suffix.begin(), suffix.end());
  Bytes second(SHA512_DIGEST_LENGTH);
  SHA512(first.data(), first.size(), second.data());
  second.push_back(1);
  second.insert(second.end(), suffix.begin(), suffix.end());
  std::array<std::uint8_t, SHA512_DIGEST_LENGTH> digest;
  SHA512(second.data(), second.size(), digest.data());
  std::array<std::uint8_t, 48> out;
  std::copy_n(digest.begin(), out.size(), out.begin());
  return out;
}

// ── the field: numbers modulo p = 2^255 - 19 as sums of limb i times 2^(51 i), in constant time ──

// What a product gives has limbs below 2^52; products take limbs below 2^54.
using Fe = std::array<std::uint64_t, 5>;
constexpr std::uint64_t kMask = (std::uint64_t{1} << 51) - 1;
constexpr Fe kZero{}, kOne{1}, kA{486662};

Fe add(const Fe& a, const Fe& b) {
  Fe out;
  for (std::size_t i = 0; i < 5; ++i) out[i] = a[i] + b[i];
  return out;
}

// Requires: the limbs of b below those of 4p.
Fe subtract(const Fe& a, const Fe& b) {
  Fe out;
  for (std::size_t i = 0; i < 5; ++i) out[i] = a[i] + (4 * kMask - (i == 0 ? 72 : 0)) - b[i];
  return out;
}

Fe multiply(const Fe& a, const Fe& b) {
  const auto times = [&](std::size_t i, std::uint64_t with) { return static_cast<Wide>(a[i]) * with; };
  const std::uint64_t c1 = 19 * b[1], c2 = 19 * b[2], c3 = 19 * b[3], c4 = 19 * b[4];
  Wide r[5] = {times(0, b[0]) + times(1, c4) + times(2, c3) + times(3, c2) + times(4, c1),
               times(0, b[1]) + times(1, b[0]) + times(2, c4) + times(3, c3) + times(4, c2),
               times(0, b[2]) + times(1, b[1]) + times(2, b[0]) + times(3, c4) + times(4, c3),
               times(0, b[3]) + times(1, b[2]) + times(2, b[1]) + times(3, b[0]) + times(4, c4),
               times(0, b[4]) + times(1, b[3]) + times(2, b[2]) + times(3, b[1]) + times(4, b[0])};
  Fe out;
  for (std::size_t i = 0; i < 5; ++i) {
    out[i] = static_cast<std::uint64_t>(r[i]) & kMask;
    if (i < 4) r[i + 1] += r[i] >> 51;
  }
  const Wide low = static_cast<Wide>(static_cast<std::uint64_t>(r[4] >> 51)) * 19 + out[0];
  out[0] = static_cast<std::uint64_t>(low) & kMask;
  out[1] += static_cast<std::uint64_t>(low >> 51);
  return out;
}

Fe square_times(Fe a, int times) {
  for (int i = 0; i < times; ++i) a = multiply(a, a);
  return a;
}

// a^(2^250 - 1), and a^11 on the way.
Fe power_250(const Fe& a, Fe& a11) {
  const Fe a2 = square_times(a, 1);
  const Fe a9 = multiply(square_times(a2, 2), a);
  a11 = multiply(a9, a2);
  const Fe p5 = multiply(square_times(a11, 1), a9);
  const Fe p10 = multiply(square_times(p5, 5), p5);
  const Fe p20 = multiply(square_times(p10, 10), p10);
  const Fe p40 = multiply(square_times(p20, 20), p20);
  const Fe p50 = multiply(square_times(p40, 10), p10);
  const Fe p100 = multiply(square_times(p50, 50), p50);
  const Fe p200 = multiply(square_times(p100, 100), p100);
  return multiply(square_times(p200, 50), p50);
}

// a^(p - 2): zero of zero.
Fe inverse(const Fe& a) {
  Fe a11;
  const Fe high_part = power_250(a, a11);
  return multiply(square_times(high_part, 5), a11);
}

// The top bit is left out (RFC 7748, section 5).
Fe load(const X25519Bytes& from) {
  std::array<std::uint64_t, 4> w;
  std::memcpy(w.data(), from.data(), sizeof w);
  return {w[0] & kMask, (w[0] >> 51 | w[1] << 13) & kMask, (w[1] >> 38 | w[2] << 26) & kMask,
          (w[2] >> 25 | w[3] << 39) & kMask, (w[3] >> 12) & kMask};
}

// Below p. Requires: of a product.
X25519Bytes store(Fe a) {
  std::uint64_t carry = 19;
  for (const std::uint64_t limb : a) carry = (limb + carry) >> 51;
  a[0] += 19 * carry;
  for (std::size_t i = 0; i < 4; ++i) {
    a[i + 1] += a[i] >> 51;
    a[i] &= kMask;
  }
  a[4] &= kMask;
  const std::array<std::uint64_t, 4> w = {a[0] | a[1] << 51, a[1] >> 13 | a[2] << 38, a[2] >> 26 | a[3] << 25,
                                          a[3] >> 39 | a[4] << 12};
  X25519Bytes out;
  std::memcpy(out.data(), w.data(), out.size());
  return out;
}

// All ones if u^3 + A u^2 + u is a square, else zero.
std::uint64_t squareness(const Fe& u) {
  const Fe image = multiply(multiply(add(multiply(add(u, kA), u), kOne), u), kOne);
  Fe a11;
  const Fe root = multiply(square_times(power_250(image, a11), 2), image);  // image^((p - 5) / 8)
  const Fe character = multiply(square_times(root, 2), square_times(image, 1));
  std::uint64_t any = 0;  // zero if the character is -1
  for (const std::uint8_t byte : store(multiply(add(character, kOne), kOne))) any |= byte;
  return std::uint64_t{0} - ((any + 0xff) >> 8);
}

void swap(Fe& a, Fe& b, std::uint64_t mask) {
  for (std::size_t i = 0; i < 5; ++i) {
    const std::uint64_t differ = (a[i] ^ b[i]) & mask;
    a[i] ^= differ;
    b[i] ^= differ;
  }
}

// The Montgomery ladder of RFC 7748, section 5.
X25519Bytes ladder(ByteView scalar, const Fe& x1) {
  constexpr Fe k24{121665};
  Fe x2 = kOne, z2 = kZero, x3 = x1, z3 = kOne;
  unsigned before = 0;
  for (int t = 254; t >= 0; --t) {
    const unsigned bit = (scalar[static_cast<std::size_t>(t) / 8] >> (t % 8)) & 1u;
    const std::uint64_t mask = std::uint64_t{0} - (bit ^ before);
    before = bit;
    swap(x2, x3, mask);
    swap(z2, z3, mask);
    const Fe a = add(x2, z2), b = subtract(x2, z2);
    const Fe aa = multiply(a, a), bb = multiply(b, b);
    const Fe e = subtract(aa, bb);
    const Fe da = multiply(subtract(x3, z3), a), cb = multiply(add(x3, z3), b);
    const Fe sum = add(da, cb), difference = subtract(da, cb);
    x3 = multiply(sum, sum);
    z3 = multiply(x1, multiply(difference, difference));
    x2 = multiply(aa, bb);
    z2 = multiply(e, add(aa, multiply(k24, e)));
  }
  const std::uint64_t mask = std::uint64_t{0} - before;
  swap(x2, x3, mask);
  swap(z2, z3, mask);
  return store(multiply(x2, inverse(z2)));
}

}  // namespace

SecretBytes random_x25519_scalar(Random& random) {
  while (true) {  // about twice
    Bytes bytes(32);
    random.fill(bytes);
    bytes[0] &= 0xf8;
    bytes[31] = static_cast<std::uint8_t>((bytes[31] & 0x7f) | 0x40);
    SecretBytes out = SecretBytes::adopt(std::move(bytes));
    if (is_x25519_scalar(out)) return out;
  }
}

bool is_x25519_scalar(const SecretBytes& bytes) {
  const SecretAccess access("look at the fixed bits");
  return is_clamped(bytes.expose(access)) && is_clamped(undo_of(bytes.expose(access)).expose(access));
}

SecretBytes undo_x25519_scalar(const SecretBytes& scalar) {
  WEIR_CHECK(is_x25519_scalar(scalar));
  return undo_of(scalar.expose(SecretAccess("invert a scalar")));
}

Result<> x25519(const SecretBytes& scalar, std::span<X25519Bytes> numbers) {
  const QuietErrors quiet;
  const ByteView secret = scalar.expose(SecretAccess("multiply a point"));
  WEIR_CHECK(is_clamped(secret));
  const OwnedKey own(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, secret.data(), secret.size()));
  WEIR_CHECK(own != nullptr);
  const OwnedExchange exchange(EVP_PKEY_CTX_new(own.get(), nullptr));
  WEIR_CHECK(exchange != nullptr && EVP_PKEY_derive_init(exchange.get()) == 1);
  for (X25519Bytes& u : numbers) {
    const OwnedKey other(EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, u.data(), u.size()));
    std::size_t size = u.size();
    if (other == nullptr || EVP_PKEY_derive_set_peer(exchange.get(), other.get()) != 1 ||
        EVP_PKEY_derive(exchange.get(), u.data(), &size) != 1) {
      return Error(Errc::kInvalidArgument, "the point has small order").because("curve.point");
    }
  }
  return {};
}

bool is_canonical_x25519(const X25519Bytes& u) {
  if (u[31] < 0x7f) return true;
  const bool ones = u[31] == 0x7f && std::all_of(u.begin() + 1, u.end() - 1, [](std::uint8_t b) { return b == 0xff; });
  return u[31] == 0x7f && (!ones || u[0] < 0xed);
}

X25519Bytes hash_to_x25519_field(std::string_view domain, ByteView text) {
  std::array<std::uint8_t, 48> bytes = expand(domain, text);
  std::reverse(bytes.begin(), bytes.end());
  std::array<std::uint64_t, 6> w;
  std::memcpy(w.data(), bytes.data(), sizeof bytes);
  // What lies above 2^255 is worth 19 times as much below.
  const std::array<std::uint64_t, 4> above = {w[3] >> 63 | w[4] << 1, w[4] >> 63 | w[5] << 1, w[5] >> 63, 0};
  w[3] &= kLow63;
  Wide carry = 0;
  for (std::size_t i = 0; i < 4; ++i, carry >>= 64) {
    carry += static_cast<Wide>(above[i]) * 19 + w[i];
    w[i] = static_cast<std::uint64_t>(carry);
  }
  // The number is below 2 p; it is p or more exactly if 19 more reach 2^255.
  std::array<std::uint64_t, 4> more;
  carry = 19;
  for (std::size_t i = 0; i < 4; ++i, carry >>= 64) {
    carry += w[i];
    more[i] = static_cast<std::uint64_t>(carry);
  }
  const std::uint64_t reached = 0 - (more[3] >> 63);
  X25519Bytes out;
  for (std::size_t i = 0; i < 4; ++i) w[i] ^= (w[i] ^ more[i]) & reached;
  w[3] &= kLow63;
  std::memcpy(out.data(), w.data(), out.size());
  return out;
}

X25519Bytes map_to_x25519(const X25519Bytes& field) {
  const Fe u = load(field);
  const Fe t = add(multiply(u, u), multiply(u, u));  // 2 u^2
  const Fe x = multiply(subtract(kZero, kA), inverse(add(t, kOne)));  // -1/2 is no square
  Fe other = multiply(x, t);
  Fe out = x;
  swap(out, other, ~squareness(x));
  return store(out);
}

void x25519_each(const SecretBytes& scalars, std::span<X25519Bytes> numbers) {
  const ByteView secret = scalars.expose(SecretAccess("multiply points"));
  WEIR_CHECK(secret.size() == numbers.size() * sizeof(X25519Bytes));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = ladder(secret.subspan(i * sizeof(X25519Bytes), sizeof(X25519Bytes)), load(numbers[i]));
  }
}

bool is_on_x25519_twist(const X25519Bytes& u) { return squareness(load(u)) == 0; }

}  // namespace weir::crypto
