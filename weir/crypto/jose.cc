// SPDX-License-Identifier: Apache-2.0
#include "weir/crypto/jose.h"

#include <algorithm>

#include "weir/base/check.h"
#include "weir/base/limits.h"
#include "weir/wire/encoding.h"

namespace weir::crypto {
namespace {

constexpr std::size_t kHeaderBytesMax = 16u << 10;
constexpr std::size_t kCoordinateBytes = 32;

Error malformed_jws() {
  return Error(Errc::kInvalidArgument, "not a compact JSON Web Signature").because("jws.malformed");
}

struct Parts {
  std::string_view signing_input;  // header.payload
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
};

Result<Parts> split(std::string_view compact) {
  const std::size_t first = compact.find('.');
  const std::size_t last = compact.rfind('.');
  if (compact.size() > limits::kHttpBodyBytesMax || first == last) return malformed_jws();
  const Parts parts{compact.substr(0, last), compact.substr(0, first), compact.substr(first + 1, last - first - 1),
                    compact.substr(last + 1)};
  if (parts.header.empty() || parts.payload.find('.') != std::string_view::npos) return malformed_jws();
  return parts;
}

Result<wire::Json> read_header(std::string_view text) {
  if (text.size() > kHeaderBytesMax) return malformed_jws();
  const Result<Bytes> bytes = wire::decode_base64url(text);
  if (!bytes) return malformed_jws();
  Result<wire::Json> header = wire::parse_json(text_of(*bytes), {kHeaderBytesMax, 8});
  if (!header || !header->is_object()) return malformed_jws();
  return header;
}

// EdDSA is also called by its curve since RFC 9864.
bool is_name_of(std::string_view name, SignatureAlgorithm algorithm) {
  return name == jose_name_of(algorithm) || (algorithm == SignatureAlgorithm::kEd25519 && name == "Ed25519");
}

struct Curve {
  SignatureAlgorithm algorithm;
  std::string_view key_type;
  std::string_view name;
};
constexpr Curve kCurves[] = {{SignatureAlgorithm::kEd25519, "OKP", "Ed25519"},
                             {SignatureAlgorithm::kEcdsaP256Sha256, "EC", "P-256"},
                             {SignatureAlgorithm::kSm2Sm3, "EC", "SM2"}};

const Curve& curve_of(SignatureAlgorithm algorithm) {
  for (const Curve& curve : kCurves) {
    if (curve.algorithm == algorithm) return curve;
  }
  check_failed(__FILE__, __LINE__, "a signature algorithm without a curve");
}

Error malformed_jwk() {
  return Error(Errc::kInvalidArgument, "not a JSON Web Key of a kind that is used here")
      .because("jwk.malformed")
      .advise("use kty OKP with crv Ed25519, or kty EC with crv P-256 or SM2");
}

Result<Bytes> coordinate(const wire::Json& jwk, std::string_view name) {
  if (!jwk[name].is_string()) return malformed_jwk();
  Result<Bytes> bytes = wire::decode_base64url(jwk[name].as_string());
  if (!bytes || bytes->size() != kCoordinateBytes) return malformed_jwk();
  return bytes;
}

// A key that says what it is for must be for verifying, with its own algorithm.
bool may_verify(const wire::Json& jwk, SignatureAlgorithm algorithm) {
  if (jwk.has("alg") && !(jwk["alg"].is_string() && is_name_of(jwk["alg"].as_string(), algorithm))) return false;
  if (jwk.has("use") && jwk["use"] != wire::Json("sig")) return false;
  if (!jwk.has("key_ops")) return true;
  return jwk["key_ops"].is_array() && std::ranges::find(jwk["key_ops"].items(), wire::Json("verify")) !=
                                          jwk["key_ops"].items().end();
}

}  // namespace

std::string_view jose_name_of(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::kEd25519: return "EdDSA";
    case SignatureAlgorithm::kEcdsaP256Sha256: return "ES256";
    case SignatureAlgorithm::kSm2Sm3: return "SM2";
  }
  return "";
}

//= NDI-TR-2025-03#token
// The token is header.payload.signature in base64url; with an SM2 key and {"typ":"JWT"} its header is the national one.
std::string sign_jws(const PrivateKey& key, wire::Json header, ByteView payload) {
  WEIR_CHECK(header.is_object() && !header.has("crit") && !header.has("b64"));
  header.set("alg", jose_name_of(key.algorithm()));
  std::string out = wire::encode_base64url(view_of(header.dump()));
  WEIR_CHECK(out.size() <= kHeaderBytesMax);
  out.append(".").append(wire::encode_base64url(payload));
  const Signature signature = key.sign(view_of(out));
  return out.append(".").append(wire::encode_base64url(signature.bytes));
}

Result<Jws> verify_jws(std::string_view compact, const PublicKey& key) {
  WEIR_TRY_LET(const Parts parts, split(compact));
  WEIR_TRY_LET(wire::Json header, read_header(parts.header));
  if (header.has("crit") || header.has("b64")) {
    return Error(Errc::kInvalidArgument, "the header has extensions that are not understood").because("jws.critical");
  }
  if (!header["alg"].is_string() || !is_name_of(header["alg"].as_string(), key.algorithm())) {
    return Error(Errc::kUnauthenticated, "the header does not name the algorithm of the key").because("jws.algorithm");
  }
  Result<Bytes> signature = wire::decode_base64url(parts.signature);
  Result<Bytes> payload = wire::decode_base64url(parts.payload);
  if (!signature || !payload) return malformed_jws();
  WEIR_TRY(key.verify(view_of(parts.signing_input), {key.algorithm(), *std::move(signature)}));
  return Jws{std::move(header), *std::move(payload)};
}

Result<wire::Json> unverified_jws_header(std::string_view compact) {
  WEIR_TRY_LET(const Parts parts, split(compact));
  return read_header(parts.header);
}

wire::Json to_jwk(const PublicKey& key) {
  const Curve& curve = curve_of(key.algorithm());
  wire::Json jwk = wire::Json::object({{"kty", curve.key_type}, {"crv", curve.name}});
  const Bytes raw = key.raw();
  if (key.algorithm() == SignatureAlgorithm::kEd25519) return jwk.set("x", wire::encode_base64url(raw));
  jwk.set("x", wire::encode_base64url(ByteView(raw).subspan(1, kCoordinateBytes)));
  return jwk.set("y", wire::encode_base64url(ByteView(raw).subspan(1 + kCoordinateBytes)));
}

Result<PublicKey> parse_jwk(const wire::Json& jwk) {
  if (jwk.has("d")) {
    return Error(Errc::kInvalidArgument, "the JSON Web Key holds a private key")
        .because("jwk.private")
        .advise("give the public part only, and treat this key as disclosed");
  }
  for (const Curve& curve : kCurves) {
    if (jwk["kty"] != wire::Json(curve.key_type) || jwk["crv"] != wire::Json(curve.name)) continue;
    if (!may_verify(jwk, curve.algorithm)) {
      return Error(Errc::kInvalidArgument, "the JSON Web Key is not for verifying signatures of its kind")
          .because("jwk.use");
    }
    WEIR_TRY_LET(Bytes raw, coordinate(jwk, "x"));
    if (curve.algorithm == SignatureAlgorithm::kEd25519) return PublicKey::from_raw(curve.algorithm, raw);
    WEIR_TRY_LET(const Bytes y, coordinate(jwk, "y"));
    raw.insert(raw.begin(), 4);
    raw.insert(raw.end(), y.begin(), y.end());
    return PublicKey::from_raw(curve.algorithm, raw);
  }
  return malformed_jwk();
}

std::string jwk_thumbprint(const PublicKey& key) {
  // The required members are exactly those of to_jwk; canonical JSON orders them as RFC 7638 wants.
  return wire::encode_base64url(hash(HashAlgorithm::kSha256, view_of(to_jwk(key).canonical())));
}

}  // namespace weir::crypto
