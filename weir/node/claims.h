// Claims: this node in the world of DIDs: who it is there, whom it believes, and what it says to them.
//
// A connector that comes with a self-issued ID token is either a node of the space, known by the address that its DID
// stands for, or a partner that an operator named; nobody else's DID is looked up (decision 0085). A partner's
// credential service is asked for the credentials that the configuration wants.
// Format: docs/formats/claims.md. Page: docs/operate/claims.md. Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "weir/adapters/did/web.h"
#include "weir/node/config/config.h"
#include "weir/store/outbox.h"
#include "weir/supply/identifier/identifier.h"
#include "weir/trust/claims/issuer.h"

namespace weir::node {

inline constexpr std::string_view kHolderPath = "/dcp/v1/holder";
inline constexpr std::string_view kIssuerPath = "/dcp/v1/issuer";
inline constexpr std::string_view kStatusPath = "/dcp/v1/status";

class Claims {
 public:
  struct Deps {
    store::Sql& sql;
    trust::evidence::Log& log;
    const Clock& clock;
    Random& random;
    adapters::http::Client& client;  // to whom is no node of the space
    crypto::PrivateKey key;
    supply::identifier::NodeId self;
    std::string url;
    bool issues = false;  // a regional or global node
    std::vector<std::string> issuers;
    std::vector<std::string> types;
    Milliseconds fresh{60'000};
    bool plain_on_loopback = false;
    // The node of the space that a DID stands for, if it may act; kNotFound if there is none.
    std::function<Result<trust::claims::Member>(const trust::claims::Did&)> member;
    // Who may ask for credentials: a member, or the test kit in its profile.
    std::function<Result<trust::claims::Member>(const trust::claims::Did&)> applicant;
    std::function<bool(const std::string& id)> is_partner;
    std::function<bool(const std::string& node)> may_act;
  };
  // Fails with kInvalidArgument ("did.malformed") if an issuer is no DID.
  static Result<std::unique_ptr<Claims>> open(Deps deps);

  const trust::claims::Did& did() const { return did_; }
  wire::Json document() const;
  trust::claims::World& world() { return web_; }
  trust::claims::Holder& holder() { return *holder_; }
  // Fails with kConflict ("node.not_regional").
  Result<trust::claims::Issuer*> issuer();
  trust::claims::Requirement requirement() const { return {deps_.types, issuers_}; }

  // ── who speaks ──

  // A connector, by its Authorization: a node of the space, or a partner that showed the credentials that are wanted.
  struct Speaker {
    std::string id;           // node identifier, or the partner's DID
    std::string participant;  // of a node
    bool is_node = false;
  };
  Result<Speaker> recognise(std::string_view authorization);
  // A member that speaks to the issuer.
  struct Heard {
    trust::claims::IdToken token;
    trust::claims::Document document;
    trust::claims::Member member = {};
  };
  Result<Heard> hear_member(std::string_view authorization);
  // A verifier that has an access token of this node; what it may see.
  struct Asking {
    trust::claims::Did verifier;
    std::vector<trust::claims::Scope> granted;
  };
  Result<Asking> hear_verifier(std::string_view authorization);
  // An issuer that `known` lets in.
  Result<trust::claims::Document> hear_issuer(std::string_view authorization,
                                              const std::function<Result<>(const trust::claims::Did&)>& known);

  // ── what this node says ──

  // "Bearer …" for a partner, with access to what is shown to everybody.
  Result<std::string> authorization_for(const trust::claims::Did& audience);
  // The Authorization of this node towards `audience`, with a token of theirs.
  std::string authorization_with(const trust::claims::Did& audience, const std::string& access_token);
  // A delivery of the issuer, from the outbox.
  Result<adapters::http::ClientResponse> deliver(const store::OutboxMessage& message);
  // Asks an issuer for credentials of these types; the pid. Fails with kNotFound ("claims.not_supported").
  Result<std::string> request(const trust::claims::Did& issuer, const std::vector<std::string>& types,
                              trust::claims::Profile profile, const std::string& actor);
  bool knows_issuer(const trust::claims::Did& issuer);

 private:
  Claims(Deps deps, trust::claims::Did did, std::vector<trust::claims::Did> issuers);
  trust::claims::Self self() const;
  // Everything about a token but who may speak.
  Result<Heard> hear(const trust::claims::Jwt& jwt);
  Result<> check_partner(const Heard& heard);

  Deps deps_;
  trust::claims::Did did_;
  std::string kid_;
  std::vector<trust::claims::Did> issuers_;
  adapters::did::Web web_;
  std::unique_ptr<trust::claims::Holder> holder_;
  std::unique_ptr<trust::claims::Issuer> issuer_;
  std::mutex mutex_;                            // guards the maps
  std::map<std::string, Timestamp> shown_;      // DID and access token -> until when what was shown is believed
  struct Granted {
    std::string token;
    Timestamp until{};
  };
  std::map<std::string, Granted> granted_;      // by DID
};

}  // namespace weir::node
