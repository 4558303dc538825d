// Test support: parties with keys and documents, and a world in which they are found.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>

#include "weir/trust/claims/status_list.h"
#include "weir/trust/claims/verifier.h"
#include "weir/wire/encoding.h"

namespace weir::trust::claims::test {

inline constexpr Timestamp kNow{1780000000000};

struct Party {
  Party(std::string_view name, crypto::SignatureAlgorithm algorithm, Random& random)
      : did(*Did::parse(name)), key(crypto::PrivateKey::generate(algorithm, random)) {}
  std::string kid() const { return key_id(did, key.public_key()); }
  wire::Json json() const { return make_document(did, key.public_key(), {{"CredentialService", "https://h.example/cs/"}}); }
  Document document() const { return *parse_document(json(), did); }
  Did did;
  crypto::PrivateKey key;
};

struct Cast {
  SeededRandom random{7};
  Party holder{"did:web:holder.example", crypto::SignatureAlgorithm::kEcdsaP256Sha256, random};
  Party issuer{"did:web:issuer.example%3A8443", crypto::SignatureAlgorithm::kEd25519, random};
  Party verifier{"did:web:verifier.example:path", crypto::SignatureAlgorithm::kEcdsaP256Sha256, random};
  Party other{"did:web:other.example", crypto::SignatureAlgorithm::kEcdsaP256Sha256, random};

  NewCredential membership(Profile profile = Profile::kVc20) const {
    return {.profile = profile,
            .id = "urn:uuid:1",
            .issuer = issuer.did,
            .subject = holder.did.text(),
            .type = "MembershipCredential",
            .claims = wire::Json::object({{"memberOf", "a space"}}),
            .from = kNow,
            .until = after(kNow, Milliseconds(86'400'000)),
            .kid = issuer.kid()};
  }
  std::string token(const NewCredential& credential) const { return make_credential(issuer.key, credential); }
  NewPresentation presentation(std::vector<std::string> credentials, Profile profile = Profile::kVc20) const {
    return {.profile = profile,
            .holder = holder.did,
            .audience = verifier.did.text(),
            .credentials = std::move(credentials),
            .jti = "p-1",
            .now = kNow,
            .kid = holder.kid()};
  }
  std::string shown(std::vector<std::string> credentials, Profile profile = Profile::kVc20) const {
    return make_presentation(holder.key, presentation(std::move(credentials), profile));
  }
};

class FakeWorld final : public World {
 public:
  explicit FakeWorld(const Cast& cast) {
    for (const Party* party : {&cast.holder, &cast.issuer, &cast.verifier, &cast.other}) {
      documents.emplace(party->did.text(), party->document());
    }
  }
  Result<Document> resolve(const Did& did) override {
    asked.push_back(did.text());
    const auto found = documents.find(did.text());
    if (found == documents.end()) return Error(Errc::kUnavailable, "nobody there").because("did.unresolved");
    return found->second;
  }
  Result<std::string> status_list(const std::string& url) override {
    const auto found = lists.find(url);
    if (found == lists.end()) return Error(Errc::kUnavailable, "no list there").because("claims.status");
    return found->second;
  }
  std::map<std::string, Document> documents;
  std::map<std::string, std::string> lists;
  std::vector<std::string> asked;
};

// A token of which the payload was changed after it was signed.
inline std::string tampered(const std::string& token, const std::function<void(wire::Json&)>& change) {
  const std::size_t first = token.find('.');
  const std::size_t last = token.rfind('.');
  wire::Json claims = read_jwt(token)->claims;
  change(claims);
  return token.substr(0, first + 1) + wire::encode_base64url(view_of(claims.dump())) + token.substr(last);
}

// "" if it went well.
template <class T>
std::string reason_of(const Result<T>& result) {
  return result ? "" : std::string(result.error().reason());
}

}  // namespace weir::trust::claims::test
