// Credential: Verifiable Credentials as JSON Web Tokens, in both profiles of DCP 1.0.
//
// "vc20-bssl/jwt": VC Data Model 2.0 secured with JOSE (vc-jose-cose), the payload is the credential.
// "vc11-sl2021/jwt": VC Data Model 1.1, the credential is the claim "vc". Their contexts are known by name and never
// fetched: what a credential says is read by the terms of those contexts.
// Format: docs/formats/claims.md. Thread-safety: values and pure functions.
// Trust: credentials are hostile; read_credential proves nothing, verify_credential proves who said it and that it is
// valid by its own dates. Status and trust in the issuer are Verifier's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/trust/claims/token.h"

namespace weir::trust::claims {

enum class Profile : std::uint8_t { kVc20, kVc11 };
std::string_view name_of(Profile profile);  // "vc20-bssl/jwt", "vc11-sl2021/jwt"
Result<Profile> parse_profile(std::string_view text);

// Where it is said whether the credential was revoked.
struct StatusEntry {
  std::string type;     // "BitstringStatusListEntry", "StatusList2021Entry"
  std::string purpose;  // "revocation", "suspension"
  std::int64_t index = 0;
  std::string list;     // URL
};

struct Credential {
  Profile profile = Profile::kVc20;
  std::string id;
  Did issuer;
  std::string subject;               // whom it is about: a DID
  std::vector<std::string> types;
  Timestamp valid_from{};
  std::optional<Timestamp> valid_until;
  std::vector<StatusEntry> status;
  bool has_schema = false;
  wire::Json claims;                 // credentialSubject
  Jwt jwt;
  bool is(std::string_view type) const;
};

//= DCP-1.0#profiles
// Fails with kInvalidArgument ("claims.malformed").
Result<Credential> read_credential(std::string_view text);
// `issuer` is the document of credential.issuer. Fails with kUnauthenticated ("claims.issuer_key", "did.no_key",
// "signature.invalid", "claims.expired", "claims.not_yet").
Result<> verify_credential(const Credential& credential, const Document& issuer, Timestamp now);

struct NewCredential {
  Profile profile = Profile::kVc20;
  std::string id;
  Did issuer;
  std::string subject;
  std::string type;        // beside VerifiableCredential
  wire::Json claims = wire::Json::object();  // of the subject, without its id
  Timestamp from{};
  Timestamp until{};
  std::optional<StatusEntry> status = {};
  std::string kid;
};
std::string make_credential(const crypto::PrivateKey& key, const NewCredential& credential);

}  // namespace weir::trust::claims
