// Token: JSON Web Tokens by which a DID speaks: self-issued ID tokens, and what all of them share.
//
// DCP 1.0 section 4.3; RFC 7519. Format: docs/formats/claims.md. Thread-safety: pure functions over values.
// Trust: tokens are hostile. read_* tell what a token says and prove nothing; verify_* prove it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "weir/base/time.h"
#include "weir/crypto/sign.h"
#include "weir/trust/claims/did.h"
#include "weir/wire/json.h"

namespace weir::trust::claims {

inline constexpr Milliseconds kClockSkew{30'000};
// No token that lives longer is believed, so that no jti has to be kept longer.
inline constexpr Milliseconds kTokenLongest{3'600'000};
inline constexpr Milliseconds kTokenLength{300'000};  // of our own

struct Jwt {
  wire::Json header;
  wire::Json claims;
  std::string text;
};
// Fails with kInvalidArgument ("claims.malformed").
Result<Jwt> read_jwt(std::string_view text);
// `typ` is what the header says it is: "JWT", "vc+jwt".
std::string sign_jwt(const crypto::PrivateKey& key, std::string_view kid, std::string_view typ,
                     const wire::Json& claims);
// Whether the key named by the header, with that relation in the document, signed the token.
// Fails with kUnauthenticated ("did.no_key", "jws.algorithm", "signature.invalid").
Result<> verify_jwt(const Jwt& jwt, const Document& signer, Relation relation);

// A NumericDate of the claims; nothing if it is not there. Fails with kInvalidArgument ("claims.malformed").
Result<std::optional<Timestamp>> date_of(const wire::Json& claims, std::string_view name);
std::int64_t numeric_date(Timestamp time);
// exp, iat and nbf, as far as they are there. Fails with kUnauthenticated ("claims.expired", "claims.not_yet").
Result<> check_times(const wire::Json& claims, Timestamp now);
// The one receiver that the token names. Fails with kUnauthenticated ("claims.audience").
Result<> check_audience(const wire::Json& claims, const Did& self);

//= DCP-1.0#id-token
// A self-issued ID token: who speaks, once, to whom.
struct IdToken {
  Did issuer;
  std::string jti;
  Timestamp expires{};
  std::string access_token;  // opaque to all but the issuer; may be empty
};
// Who the token says that it is of: good only for deciding whether to look further.
Result<Did> speaker_of(const Jwt& jwt);
//= DCP-1.0#id-token-validation
// DCP 1.0 section 4.3.3, all but the replay of `jti`, which Replays knows. `speaker` is the document of speaker_of().
// Fails with kUnauthenticated ("claims.speaker", "claims.audience", "claims.expired", "claims.not_yet",
// "claims.token_long", "did.no_key", "signature.invalid", …).
Result<IdToken> verify_id_token(const Jwt& jwt, const Document& speaker, const Did& self, Timestamp now);

struct NewIdToken {
  Did issuer;
  std::string kid;
  std::string audience;
  std::string jti;
  std::string access_token = {};
  Timestamp now{};
};
std::string make_id_token(const crypto::PrivateKey& key, const NewIdToken& token);

}  // namespace weir::trust::claims
