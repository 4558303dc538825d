// Holder: the credentials that this node holds, what it asked issuers for, and to whom it shows them.
//
// The credential service of DCP 1.0 without HTTP. Whoever may ask for presentations has an access token of this node,
// which names them and what they may see; nobody else's identifier is ever looked up.
// Each change is one transaction with its evidence entry (I-1). Format: docs/formats/claims.md. Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "weir/base/random.h"
#include "weir/trust/claims/message.h"
#include "weir/trust/claims/presentation.h"
#include "weir/trust/claims/store.h"
#include "weir/trust/evidence/evidence.h"

namespace weir::trust::claims {

// Who this node is in that world.
struct Self {
  Did did;
  const crypto::PrivateKey& key;
  std::string kid;
  std::string actor;  // as evidence names the node
};

struct HeldCredential {
  std::string id;
  std::string issuer;
  std::string type;
  Profile profile = Profile::kVc20;
  std::string token;
  Timestamp valid_until{};  // 0: no end
  Timestamp received{};
};
wire::Json to_json(const HeldCredential& credential);  // without the token

struct RequestRecord {
  std::string pid;
  std::string issuer;
  std::string state;  // "REQUESTED", "ISSUED", "REJECTED", "FAILED"
  std::string reason;
  Timestamp created{};
};
wire::Json to_json(const RequestRecord& request);

//= DCP-1.0#replay
//= DCP-1.0#storage
//= DCP-1.0#presentation-query
class Holder {
 public:
  struct Deps {
    store::Sql& sql;
    evidence::Log& log;
    const Clock& clock;
    Random& random;
    Self self;
  };
  explicit Holder(Deps deps) : deps_(std::move(deps)) {}

  // What lets `verifier` ask for credentials of these scopes, for kTokenLength.
  std::string grant(const Did& verifier, const std::vector<std::string>& scopes);
  // What a token lets its bearer see. Fails with kUnauthenticated ("claims.access").
  Result<std::vector<Scope>> granted(std::string_view access_token, const Did& bearer) const;
  // Presentations for `audience`: what is asked for, granted, held and valid. One for each profile.
  Result<std::vector<std::string>> present(const Did& audience, const std::vector<Scope>& asked,
                                           const std::vector<Scope>& granted);

  // Writes down that `issuer` is asked; its pid.
  Result<std::string> begin_request(const Did& issuer, const std::string& pid, const std::string& actor);
  Result<> fail_request(const std::string& pid, std::string_view reason);
  // Whether the issuer was asked under this pid. Fails with kForbidden ("claims.request_unknown").
  Result<> check_asked(const std::string& pid, const Did& issuer);
  // What the issuer delivers; `document` is the issuer's. Fails with kForbidden ("claims.request_unknown"),
  // kInvalidArgument ("claims.malformed"), kUnauthenticated ("claims.holder", "claims.issuer_key", …).
  Result<> receive(const Delivered& delivered, const Document& issuer);
  // An offer of an issuer that is known here.
  Result<> note_offer(const Offered& offered);
  bool has_asked(const Did& issuer);

  Result<std::vector<HeldCredential>> held();
  Result<std::vector<RequestRecord>> requests();
  // Fails with kNotFound ("claims.unknown").
  Result<> forget(const std::string& id, const std::string& actor);

 private:
  Result<> keep(store::Tx& tx, const Credential& credential, std::string_view type);
  Result<> note(store::Tx& tx, std::string_view kind, const std::string& actor, wire::Json body);
  Deps deps_;
};

}  // namespace weir::trust::claims
