// Membership: the node's place in its space: who the others are, who may come in, and how it joined.
//
// On a regional node: the authority, the register of participants and the directory. On a connector: a cache of the
// directory, filled from the regional node, and its own record. Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "weir/adapters/http/client.h"
#include "weir/node/config/config.h"
#include "weir/node/data_folder.h"
#include "weir/node/neighbours.h"
#include "weir/supply/identifier/service.h"

namespace weir::node {

class Membership {
 public:
  struct Deps {
    store::Sql& sql;
    trust::evidence::Log& log;
    const Clock& clock;
    Random& random;
    adapters::http::Client& client;
    DataFolder& folder;
    const crypto::SecretBytes& passphrase;
    supply::identifier::NodeId self;
    std::string authority_pem;
  };
  static store::Migration migration();
  static Result<std::unique_ptr<Membership>> open(Deps deps);
  ~Membership();

  // Reads only this node's database. Fails with kNotFound, or kForbidden if the node is not active.
  Result<KnownNode> find(store::Tx& tx, const supply::identifier::NodeId& node);
  // Makes find() succeed if anybody knows the node: asks the regional node when the record is missing or stale.
  Result<> know(const supply::identifier::NodeId& node);
  // A connection from `node`, proven by a certificate with this fingerprint. Fails with kForbidden.
  Result<> admit(const std::string& node, const std::string& fingerprint);
  Result<std::string> certificate_of(const supply::identifier::NodeId& node);

  // GET as this node; `node` is who must answer.
  Result<wire::Json> ask(const std::string& url, const supply::identifier::NodeId& node);
  Result<wire::Json> ask_regional(const std::string& path);
  // A message to the regional node through the outbox.
  Result<> tell_regional(const std::string& path);

  // This node's own address, as others reach it.
  Result<std::string> own_url(const config::Config& config) const;
  // Puts the own record into the directory, at start.
  Result<> announce();

  supply::identifier::AddressPrefix prefix() const;
  supply::identifier::Upstream* upstream();

 private:
  struct State;
  explicit Membership(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weir::node
