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

const BIGNUM* prime() {
  static const OwnedNumber out = number("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");
  return out.get();
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

// a * b + c
void multiply_add(BIGNUM* out, const BIGNUM* a, const BIGNUM* b, const BIGNUM* c) {
  WEIR_CHECK(BN_mod_mul(out, a, b, prime(), context()) == 1 && BN_mod_add(out, out, c, prime(), context()) == 1);
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
  const OwnedNumber u = number_of(field), a = number("76d06"), one = number("1"), zero = number("0");
  const OwnedNumber t(BN_new()), d(BN_new()), x(BN_new()), image(BN_new());
  multiply_add(t.get(), u.get(), u.get(), zero.get());
  multiply_add(t.get(), t.get(), number("2").get(), zero.get());  // 2 u^2
  multiply_add(d.get(), t.get(), one.get(), one.get());
  WEIR_CHECK(BN_mod_inverse(d.get(), d.get(), prime(), context()) != nullptr);  // -1/2 is no square
  multiply_add(x.get(), d.get(), a.get(), zero.get());
  WEIR_CHECK(BN_mod_sub(x.get(), zero.get(), x.get(), prime(), context()) == 1);  // -A / (1 + 2 u^2)
  multiply_add(image.get(), x.get(), one.get(), a.get());
  multiply_add(image.get(), image.get(), x.get(), one.get());
  multiply_add(image.get(), image.get(), x.get(), zero.get());
  if (BN_kronecker(image.get(), prime(), context()) == -1) multiply_add(x.get(), x.get(), t.get(), zero.get());
  X25519Bytes out;
  WEIR_CHECK(BN_bn2lebinpad(x.get(), out.data(), 32) == 32);
  return out;
}

}  // namespace weir::crypto
