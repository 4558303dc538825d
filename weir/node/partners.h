// Partners: connectors of another world (Eclipse EDC and others) that an operator of this node made known to it.
//
// A partner is known by its participant id. Either the id is a DID, and both sides show themselves with self-issued ID
// tokens (claims.h), or it shows itself with the Authorization agreed with it, of which only a digest is kept, and this
// node with the one that the partner gave. Messages for it go to the origin of its address only.
// Format: docs/formats/partners.md. Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "weir/adapters/http/client.h"
#include "weir/base/time.h"
#include "weir/store/outbox.h"
#include "weir/store/sql.h"
#include "weir/wire/json.h"

namespace weir::node {

struct Partner {
  std::string id{};             // participant id: "did:web:example.com", or what it calls itself
  std::string name{};           // for people
  std::string address{};        // base URL of its protocol endpoint
  std::string data_address{};   // where its data lie, if on another origin than that
  std::string authorization_in_digest{};  // SHA-256 of what it sends, hex; of one that is known by its DID, its id
  std::string authorization_out{};        // what is sent to it, whole: "Bearer …"
  Timestamp created{};
  bool by_did() const { return authorization_in_digest == id; }
};
wire::Json to_json(const Partner& partner);  // without secrets

store::Migration partners_migration();

// Who this node is to partners that are known by their DIDs.
struct OwnDid {
  std::string node;                  // its identifier, by which it knows itself
  std::function<std::string()> did;  // by which they know it
  // The Authorization that it shows to one of them.
  std::function<Result<std::string>(const std::string& did)> show;
};

class Partners {
 public:
  // `open_to` is set by the test kit's profile only: everybody who is not known otherwise is this partner.
  Partners(store::Sql& sql, const Clock& clock, adapters::http::Client& client, std::string open_to, OwnDid own)
      : sql_(sql), clock_(clock), client_(client), open_to_(std::move(open_to)), own_(std::move(own)) {}

  // Without `authorization_in` it is known by its DID. Fails with kInvalidArgument ("partner.malformed"): plain http
  // only to this machine, an id that is a node's, or that is no DID and comes without Authorization.
  Result<> put(Partner partner, const std::string& authorization_in);
  Result<> remove(const std::string& id);
  Result<Partner> find(store::Tx& tx, std::string_view id);  // kNotFound
  Result<Partner> find(std::string_view id);
  Result<std::vector<Partner>> list();
  // Who sends this Authorization, of those who are not known by a DID. Fails with kUnauthenticated.
  Result<std::string> recognise(std::string_view authorization);
  // What this node is called by the partner: its DID, or its identifier.
  std::string own_name(std::string_view partner);
  // A message of the partner, in which this node has the name that it has for itself.
  wire::Json taken_in(std::string_view partner, wire::Json message);
  // Sends to a partner, as this node.
  Result<adapters::http::ClientResponse> send(const Partner& partner, adapters::http::ClientRequest request);
  Result<adapters::http::ClientResponse> send(const store::OutboxMessage& message);
  adapters::http::Client& client() { return client_; }

 private:
  store::Sql& sql_;
  const Clock& clock_;
  adapters::http::Client& client_;
  std::string open_to_;
  OwnDid own_;
};

}  // namespace weir::node
