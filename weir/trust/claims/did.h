// Did: decentralized identifiers of the method did:web, and the documents they stand for.
//
// DID Core 1.0, did:web. Format: docs/formats/claims.md. Thread-safety: values and pure functions.
// Trust: identifiers and documents come from anybody. A document proves nothing but which keys its place names; keys of
// other kinds than Ed25519 and P-256 are passed over, so nobody can be verified with them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/crypto/sign.h"
#include "weir/wire/json.h"

namespace weir::trust::claims {

class Did {
 public:
  // "did:web:host", "did:web:host%3A8443:path:parts". Fails with kInvalidArgument ("did.malformed").
  static Result<Did> parse(std::string_view text);
  // Of a base URL: "https://host:8443/path". Fails as parse.
  static Result<Did> of_url(std::string_view base_url);

  const std::string& text() const { return text_; }
  // Where its document lies, without scheme: "host:8443/.well-known/did.json", "host/path/did.json".
  std::string place() const;
  // Host and port.
  std::string authority() const;
  friend bool operator==(const Did&, const Did&) = default;

 private:
  explicit Did(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// What a key of a document may be used for.
enum class Relation : std::uint8_t {
  kAuthentication,  // presentations
  kAssertion,       // credentials
  kInvocation,      // self-issued ID tokens
};

struct Method {
  std::string id;  // "did:web:…#key-1"
  crypto::PublicKey key;
  bool authentication = false;
  bool assertion = false;
  bool invocation = false;
  bool may(Relation relation) const;
};

struct Service {
  std::string type;
  std::string endpoint;
};

struct Document {
  Did id;
  std::vector<Method> methods;
  std::vector<Service> services;
  // The key named by `kid` ("did:web:…#key-1" or "#key-1"), if it has that relation; without `kid` the only key, if
  // there is only one. Fails with kUnauthenticated ("did.no_key").
  Result<crypto::PublicKey> key(Relation relation, std::string_view kid) const;
  // Base URL of the service, without a slash at the end. Fails with kNotFound ("did.no_service").
  Result<std::string> endpoint(std::string_view type) const;
};

inline constexpr std::string_view kCredentialService = "CredentialService";
inline constexpr std::string_view kIssuerService = "IssuerService";

//= DCP-1.0#did
// Fails with kInvalidArgument ("did.document"); it must be the document of `expected`.
Result<Document> parse_document(const wire::Json& json, const Did& expected);
// The document of a node: one key, all three relations.
wire::Json make_document(const Did& did, const crypto::PublicKey& key, const std::vector<Service>& services);
// The id of that key.
std::string key_id(const Did& did, const crypto::PublicKey& key);

}  // namespace weir::trust::claims
