// Jose: compact JSON Web Signatures and public JSON Web Keys.
//
// JWS: RFC 7515 with EdDSA (RFC 8037), ES256 (RFC 7518), and SM2 for the token of NDI-TR-2025-03, whose header is
// {"typ":"JWT","alg":"SM2"}. JWK: RFC 7517, RFC 8037; thumbprint: RFC 7638. docs/formats/signatures.md.
// Thread-safety: pure functions. Trust: verify_jws and parse_jwk take hostile input. The key decides the algorithm;
// the header may only agree with it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "weir/crypto/sign.h"
#include "weir/wire/json.h"

namespace weir::crypto {

// "EdDSA", "ES256", "SM2".
std::string_view jose_name_of(SignatureAlgorithm algorithm);

struct Jws {
  wire::Json header;
  Bytes payload;
};

// Signs. The header is `header` with "alg" set last; use {"typ":"JWT"} for a token.
// Requires: header is an object without "crit" and "b64".
std::string sign_jws(const PrivateKey& key, wire::Json header, ByteView payload);
// Fails with kInvalidArgument ("jws.malformed", "jws.critical") or kUnauthenticated ("jws.algorithm" if the header
// names another algorithm than the key's, "signature.invalid").
Result<Jws> verify_jws(std::string_view compact, const PublicKey& key);
// The header before anything is verified: only good for finding the key ("kid", "x5c") to verify with.
Result<wire::Json> unverified_jws_header(std::string_view compact);

// The public key as {"kty", "crv", "x", "y"}; an SM2 key is of "kty" EC and "crv" SM2.
wire::Json to_jwk(const PublicKey& key);
// Fails with kInvalidArgument: "jwk.malformed", "jwk.private" (it holds a private key), "jwk.use" (not for
// verifying with this key's algorithm), or as PublicKey::from_raw.
Result<PublicKey> parse_jwk(const wire::Json& jwk);
// RFC 7638 with SHA-256, in base64url.
std::string jwk_thumbprint(const PublicKey& key);

}  // namespace weir::crypto
