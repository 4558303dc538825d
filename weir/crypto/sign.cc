// SPDX-License-Identifier: Apache-2.0
#include "weir/crypto/sign.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/x509.h>

#include <algorithm>
#include <bit>
#include <optional>

#include "weir/base/check.h"
#include "weir/crypto/key_handle.h"
#include "weir/crypto/owned.h"
#include "weir/crypto/pem.h"
#include "weir/wire/encoding.h"

namespace weir::crypto {
namespace {

using Key = Owned<EVP_PKEY, EVP_PKEY_free>;
using KeyContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using MdContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using Number = Owned<BIGNUM, BN_clear_free>;
using NumberContext = Owned<BN_CTX, BN_CTX_free>;
using Point = Owned<EC_POINT, EC_POINT_free>;
using EcdsaSig = Owned<ECDSA_SIG, ECDSA_SIG_free>;
using Pkcs8 = Owned<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;

constexpr std::size_t kScalarBytes = 32;
constexpr std::size_t kPointBytes = 65;  // 04, x, y
constexpr std::size_t kSignatureBytes = 64;

// What differs between the algorithms. The prefix is all of a SubjectPublicKeyInfo (RFC 5480, RFC 8410) before the raw
// key: one exact form, so two encodings of one key cannot exist.
struct Family {
  SignatureAlgorithm algorithm;
  const char* key_type;  // as EVP_PKEY_is_a knows it
  const char* group;     // null for Ed25519
  const char* digest;    // null for Ed25519
  std::size_t raw_bytes;
  std::string_view prefix;
};

using namespace std::string_view_literals;

constexpr Family kFamilies[] = {
    {SignatureAlgorithm::kEd25519, "ED25519", nullptr, nullptr, kScalarBytes,
     "\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"sv},
    {SignatureAlgorithm::kEcdsaP256Sha256, "EC", "prime256v1", "SHA256", kPointBytes,
     "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00"sv},
    {SignatureAlgorithm::kSm2Sm3, "SM2", "SM2", "SM3", kPointBytes,
     "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d\x03\x42\x00"sv},
};

const Family& family_of(SignatureAlgorithm algorithm) {
  for (const Family& family : kFamilies) {
    if (family.algorithm == algorithm) return family;
  }
  check_failed(__FILE__, __LINE__, "a signature algorithm without a family");
}

Error malformed(const char* message) { return Error(Errc::kInvalidArgument, message).because("key.malformed"); }
Error unknown_algorithm() {
  return Error(Errc::kInvalidArgument, "the key is of no algorithm that is used here")
      .because("key.algorithm")
      .advise("use Ed25519, P-256 or SM2 with a named curve and an uncompressed point");
}

// The y coordinates of the points of order 1, 2, 4 and 8 of edwards25519, with p and p+1 for 0 and 1.
bool is_small_order(ByteView raw) {
  static const auto kTorsion = [] {
    std::array<Bytes, 7> out;
    constexpr std::string_view kHex[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"};
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = *wire::decode_hex(kHex[i]);
    return out;
  }();
  Bytes y = copy_of(raw);
  y.back() &= 0x7f;
  return std::find(kTorsion.begin(), kTorsion.end(), y) != kTorsion.end();
}

// The EVP key of a curve from its point and, if given, its scalar in the machine's byte order. Null if refused.
Key curve_key(const Family& family, ByteView point, std::span<std::uint8_t> scalar_native) {
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, family.key_type, nullptr));
  WEIR_CHECK(context != nullptr && EVP_PKEY_fromdata_init(context.get()) == 1);
  OSSL_PARAM params[4];
  std::size_t count = 0;
  params[count++] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, const_cast<char*>(family.group), 0);
  params[count++] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, const_cast<std::uint8_t*>(point.data()),
                                                      point.size());
  if (!scalar_native.empty()) {
    params[count++] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, scalar_native.data(), scalar_native.size());
  }
  params[count] = OSSL_PARAM_construct_end();
  EVP_PKEY* key = nullptr;
  const int selection = scalar_native.empty() ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR;
  if (EVP_PKEY_fromdata(context.get(), &key, selection, params) != 1) return nullptr;
  return Key(key);
}

const EC_GROUP* group_of(SignatureAlgorithm algorithm) {
  static const EC_GROUP* const p256 = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
  static const EC_GROUP* const sm2 = EC_GROUP_new_by_curve_name(NID_sm2);
  WEIR_CHECK(p256 != nullptr && sm2 != nullptr);
  return algorithm == SignatureAlgorithm::kSm2Sm3 ? sm2 : p256;
}

// The point of a scalar; none unless 1 <= scalar <= n-2 (SM2 needs n-2; P-256 loses one key in 2^256 by it).
std::optional<std::array<std::uint8_t, kPointBytes>> point_of(SignatureAlgorithm algorithm, ByteView scalar) {
  const EC_GROUP* const group = group_of(algorithm);
  const Number d(BN_bin2bn(scalar.data(), static_cast<int>(scalar.size()), nullptr));
  const Number limit(BN_dup(EC_GROUP_get0_order(group)));
  const NumberContext context(BN_CTX_new());
  const Point point(EC_POINT_new(group));
  WEIR_CHECK(d != nullptr && limit != nullptr && context != nullptr && point != nullptr);
  BN_set_flags(d.get(), BN_FLG_CONSTTIME);
  WEIR_CHECK(BN_sub_word(limit.get(), 1) == 1);
  if (BN_is_zero(d.get()) || BN_cmp(d.get(), limit.get()) >= 0) return std::nullopt;
  WEIR_CHECK(EC_POINT_mul(group, point.get(), d.get(), nullptr, nullptr, context.get()) == 1);
  std::array<std::uint8_t, kPointBytes> out;
  WEIR_CHECK(EC_POINT_point2oct(group, point.get(), POINT_CONVERSION_UNCOMPRESSED, out.data(), out.size(),
                                context.get()) == out.size());
  return out;
}

// r||s from DER, which OpenSSL made itself.
Bytes raw_from_der(ByteView der) {
  const unsigned char* at = der.data();
  const EcdsaSig pair(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  WEIR_CHECK(pair != nullptr);
  Bytes out(kSignatureBytes);
  WEIR_CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), out.data(), kScalarBytes) == kScalarBytes);
  WEIR_CHECK(BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), out.data() + kScalarBytes, kScalarBytes) == kScalarBytes);
  return out;
}

Bytes der_from_raw(ByteView raw) {
  const EcdsaSig pair(ECDSA_SIG_new());
  BIGNUM* const r = BN_bin2bn(raw.data(), kScalarBytes, nullptr);
  BIGNUM* const s = BN_bin2bn(raw.data() + kScalarBytes, kScalarBytes, nullptr);
  WEIR_CHECK(pair != nullptr && r != nullptr && s != nullptr && ECDSA_SIG_set0(pair.get(), r, s) == 1);
  const int size = i2d_ECDSA_SIG(pair.get(), nullptr);
  WEIR_CHECK(size > 0);
  Bytes out(static_cast<std::size_t>(size));
  unsigned char* at = out.data();
  WEIR_CHECK(i2d_ECDSA_SIG(pair.get(), &at) == size);
  return out;
}

//= NDI-TR-2025-03#signature
void set_default_id(EVP_PKEY_CTX* context, SignatureAlgorithm algorithm) {
  if (algorithm != SignatureAlgorithm::kSm2Sm3) return;
  WEIR_CHECK(EVP_PKEY_CTX_set1_id(context, kSm2DefaultId.data(), static_cast<int>(kSm2DefaultId.size())) == 1);
}

Error invalid_signature() {
  return Error(Errc::kUnauthenticated, "the signature is not of this key over this message")
      .because("signature.invalid");
}

}  // namespace

std::string format(const Signature& signature) {
  return std::string(name_of(signature.algorithm)) + ":" + wire::encode_base64url(signature.bytes);
}

Result<Signature> parse_signature(std::string_view text) {
  const Error bad = Error(Errc::kInvalidArgument, "not a signature in text form")
                        .because("signature.malformed")
                        .advise("write ALGORITHM:BASE64URL, 64 bytes");
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || text.size() > 128) return bad;
  WEIR_TRY_LET(const SignatureAlgorithm algorithm, parse_signature_algorithm(text.substr(0, colon)));
  Result<Bytes> bytes = wire::decode_base64url(text.substr(colon + 1));
  if (!bytes || bytes->size() != kSignatureBytes) return bad;
  return Signature{algorithm, *std::move(bytes)};
}

struct PublicKey::State {
  SignatureAlgorithm algorithm;
  Bytes raw;
  Key key;
};

PublicKey::PublicKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}
PublicKey::PublicKey(const PublicKey&) = default;
PublicKey& PublicKey::operator=(const PublicKey&) = default;
PublicKey::PublicKey(PublicKey&&) noexcept = default;
PublicKey& PublicKey::operator=(PublicKey&&) noexcept = default;
PublicKey::~PublicKey() = default;

Result<PublicKey> PublicKey::from_raw(SignatureAlgorithm algorithm, ByteView raw) {
  const QuietErrors quiet;
  const Family& family = family_of(algorithm);
  if (raw.size() != family.raw_bytes) return malformed("the public key has the wrong length");
  Key key;
  if (algorithm == SignatureAlgorithm::kEd25519) {
    if (is_small_order(raw)) {
      return Error(Errc::kInvalidArgument, "the public key is a point of small order").because("key.weak");
    }
    key.reset(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw.data(), raw.size()));
  } else if (raw[0] == 4) {
    key = curve_key(family, raw, {});
  }
  if (key == nullptr) return malformed("the public key is no point of its curve");
  return PublicKey(std::make_shared<const State>(algorithm, copy_of(raw), std::move(key)));
}

Result<PublicKey> PublicKey::from_der(ByteView spki) {
  for (const Family& family : kFamilies) {
    if (!text_of(spki).starts_with(family.prefix)) continue;
    return from_raw(family.algorithm, spki.subspan(family.prefix.size()));
  }
  return unknown_algorithm();
}

Result<PublicKey> PublicKey::from_pem(std::string_view pem) {
  WEIR_TRY_LET(const std::vector<Bytes> blocks, read_pem(pem, "PUBLIC KEY", 1));
  return from_der(blocks[0]);
}

SignatureAlgorithm PublicKey::algorithm() const { return state_->algorithm; }

Bytes PublicKey::der() const {
  Bytes out = copy_of(view_of(family_of(state_->algorithm).prefix));
  out.insert(out.end(), state_->raw.begin(), state_->raw.end());
  return out;
}

std::string PublicKey::pem() const { return write_pem("PUBLIC KEY", der()); }

Bytes PublicKey::raw() const { return state_->raw; }

std::string PublicKey::fingerprint() const { return wire::encode_hex(hash(HashAlgorithm::kSha256, der())); }

bool operator==(const PublicKey& a, const PublicKey& b) {
  return a.state_->algorithm == b.state_->algorithm && a.state_->raw == b.state_->raw;
}

Result<> PublicKey::verify(ByteView message, const Signature& signature) const {
  const Family& family = family_of(state_->algorithm);
  if (signature.algorithm != family.algorithm || signature.bytes.size() != kSignatureBytes) return invalid_signature();
  const QuietErrors quiet;
  const MdContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_context = nullptr;
  WEIR_CHECK(context != nullptr);
  WEIR_CHECK(EVP_DigestVerifyInit_ex(context.get(), &key_context, family.digest, nullptr, nullptr, state_->key.get(),
                                     nullptr) == 1);
  set_default_id(key_context, family.algorithm);
  const Bytes bytes = family.digest == nullptr ? signature.bytes : der_from_raw(signature.bytes);
  if (EVP_DigestVerify(context.get(), bytes.data(), bytes.size(), message.data(), message.size()) != 1) {
    return invalid_signature();
  }
  return {};
}

struct PrivateKey::State {
  Key key;
  PublicKey public_key;
};

PrivateKey::PrivateKey(std::unique_ptr<State> state) : state_(std::move(state)) {}
PrivateKey::PrivateKey(PrivateKey&&) noexcept = default;
PrivateKey& PrivateKey::operator=(PrivateKey&&) noexcept = default;
PrivateKey::~PrivateKey() = default;

PrivateKey PrivateKey::generate(SignatureAlgorithm algorithm, Random& random) {
  while (true) {  // a scalar out of range comes once in 2^32 (P-256, SM2) or never (Ed25519)
    Result<PrivateKey> key = from_raw(algorithm, SecretBytes::random(random, kScalarBytes));
    if (key) return *std::move(key);
  }
}

Result<PrivateKey> PrivateKey::from_raw(SignatureAlgorithm algorithm, const SecretBytes& raw) {
  const QuietErrors quiet;
  if (raw.size() != kScalarBytes) return malformed("the private key has the wrong length");
  const ByteView scalar = raw.expose(SecretAccess("make the signing key"));
  Key key;
  Bytes public_raw;
  if (algorithm == SignatureAlgorithm::kEd25519) {
    key.reset(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, scalar.data(), scalar.size()));
    std::size_t size = kScalarBytes;
    public_raw.resize(size);
    WEIR_CHECK(key != nullptr && EVP_PKEY_get_raw_public_key(key.get(), public_raw.data(), &size) == 1);
  } else {
    const auto point = point_of(algorithm, scalar);
    if (!point) return malformed("the private key is out of range");
    public_raw.assign(point->begin(), point->end());
    std::array<std::uint8_t, kScalarBytes> native;
    std::copy(scalar.begin(), scalar.end(), native.begin());
    if constexpr (std::endian::native == std::endian::little) std::reverse(native.begin(), native.end());
    key = curve_key(family_of(algorithm), public_raw, native);
    OPENSSL_cleanse(native.data(), native.size());
    WEIR_CHECK(key != nullptr);
  }
  WEIR_TRY_LET(PublicKey public_key, PublicKey::from_raw(algorithm, public_raw));
  return PrivateKey(std::make_unique<State>(std::move(key), std::move(public_key)));
}

Result<PrivateKey> PrivateKey::from_der(const SecretBytes& pkcs8) {
  const QuietErrors quiet;
  const ByteView der = pkcs8.expose(SecretAccess("decode the signing key"));
  const unsigned char* at = der.data();
  const Pkcs8 info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.size())));
  if (info == nullptr || at != der.data() + der.size()) return malformed("not a PKCS #8 private key");
  const Key key(EVP_PKCS82PKEY(info.get()));
  if (key == nullptr) return malformed("not a PKCS #8 private key");
  Bytes raw(kScalarBytes);
  if (EVP_PKEY_is_a(key.get(), "ED25519")) {
    std::size_t size = raw.size();
    WEIR_CHECK(EVP_PKEY_get_raw_private_key(key.get(), raw.data(), &size) == 1);
    return from_raw(SignatureAlgorithm::kEd25519, SecretBytes::adopt(std::move(raw)));
  }
  for (const Family& family : kFamilies) {
    char group[32] = {};
    if (family.group == nullptr || !EVP_PKEY_is_a(key.get(), family.key_type)) continue;
    if (EVP_PKEY_get_group_name(key.get(), group, sizeof group, nullptr) != 1) continue;
    if (std::string_view(group) != family.group) continue;
    BIGNUM* scalar = nullptr;
    if (EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_PRIV_KEY, &scalar) != 1) break;
    const Number number(scalar);
    if (BN_bn2binpad(number.get(), raw.data(), kScalarBytes) != kScalarBytes) break;
    return from_raw(family.algorithm, SecretBytes::adopt(std::move(raw)));
  }
  return unknown_algorithm();
}

SignatureAlgorithm PrivateKey::algorithm() const { return state_->public_key.algorithm(); }

const PublicKey& PrivateKey::public_key() const { return state_->public_key; }

Signature PrivateKey::sign(ByteView message) const {
  const MdContext context(EVP_MD_CTX_new());
  WEIR_CHECK(context != nullptr);
  start_signing(context.get(), *this);
  std::array<std::uint8_t, 80> out;  // DER of two 32-byte numbers takes at most 72
  std::size_t size = out.size();
  WEIR_CHECK(EVP_DigestSign(context.get(), out.data(), &size, message.data(), message.size()) == 1);
  const ByteView made(out.data(), size);
  return {algorithm(), algorithm() == SignatureAlgorithm::kEd25519 ? copy_of(made) : raw_from_der(made)};
}

SecretBytes PrivateKey::der(SecretAccess) const {
  const Pkcs8 info(EVP_PKEY2PKCS8(state_->key.get()));
  WEIR_CHECK(info != nullptr);
  const int size = i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr);
  WEIR_CHECK(size > 0);
  Bytes out(static_cast<std::size_t>(size));
  unsigned char* at = out.data();
  WEIR_CHECK(i2d_PKCS8_PRIV_KEY_INFO(info.get(), &at) == size);
  return SecretBytes::adopt(std::move(out));
}

evp_pkey_st* KeyHandle::of(const PublicKey& key) { return key.state_->key.get(); }
evp_pkey_st* KeyHandle::of(const PrivateKey& key) { return key.state_->key.get(); }

void start_signing(evp_md_ctx_st* context, const PrivateKey& key) {
  const Family& family = family_of(key.algorithm());
  EVP_PKEY_CTX* key_context = nullptr;
  WEIR_CHECK(EVP_DigestSignInit_ex(context, &key_context, family.digest, nullptr, nullptr, KeyHandle::of(key),
                                   nullptr) == 1);
  set_default_id(key_context, family.algorithm);
}

QuietErrors::QuietErrors() { ERR_set_mark(); }
QuietErrors::~QuietErrors() { ERR_pop_to_mark(); }

}  // namespace weir::crypto
