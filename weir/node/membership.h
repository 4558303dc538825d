// Membership: the node's place in its space: who the others are, who may come in, and how it joined.
//
// On a regional or global node: the authority, the register of participants and the directory. On a connector: what it
// picked up when it was admitted, and a cache of the directory, filled from the regional node. A regional node that
// joined a global one reports identifiers to it, and asks it for those that nobody here knows; towards it, and nowhere
// else, it shows the certificate that it got there. Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "weir/adapters/http/client.h"
#include "weir/adapters/http/http.h"
#include "weir/node/config/config.h"
#include "weir/node/data_folder.h"
#include "weir/node/neighbours.h"
#include "weir/supply/identifier/service.h"
#include "weir/trust/participant/admission.h"
#include "weir/trust/participant/directory.h"
#include "weir/trust/participant/heartbeat.h"

namespace weir::node {

inline constexpr std::string_view kIdentifiersPath = "/peer/v1/identifiers";
inline constexpr std::string_view kNodeChangedPath = "/peer/v1/nodes/changed";

class Membership {
 public:
  struct Deps {
    store::Sql& sql;
    trust::evidence::Log& log;
    const Clock& clock;
    Random& random;
    adapters::http::Client& client;
    store::Files& files;
    DataFolder& folder;
    const crypto::SecretBytes& passphrase;
    supply::identifier::NodeId self;
    std::string url;  // of this node, as others reach it
    std::string authority_pem;
    std::string identity_pem;
    std::string transport_pem;
    trust::participant::HeartbeatRule heartbeat = {};  // what is expected of others
  };
  // Puts this node, its regional node and the space's authorities into the directory.
  static Result<std::unique_ptr<Membership>> open(Deps deps);
  ~Membership();

  // What is known of a node that may act, without asking anybody: for use inside a transaction, after know() or admit().
  // Fails with kNotFound ("node.unknown").
  Result<KnownNode> find(const supply::identifier::NodeId& node);
  // Asks the directory, which may ask the regional node. Fails as Directory::usable does.
  Result<> know(const supply::identifier::NodeId& node);
  // Who is at the other end of a connection. Fails as Directory::check_connection does.
  Result<> admit(const adapters::http::PeerCertificate& certificate);
  Result<std::string> certificate_of(const supply::identifier::NodeId& node);

  // GET as this node; `node` is who must answer.
  Result<wire::Json> ask(const std::string& url, const supply::identifier::NodeId& node);
  // Whether there is a node above: a connector's regional node, or the global node that a regional node joined.
  bool has_above() const;
  // Ask or tell it. Fail with kConflict ("node.none_above") if there is none.
  Result<wire::Json> ask_above(const std::string& path);
  Result<wire::Json> tell_above(const std::string& path, const wire::Json& body, Milliseconds longest);
  // A connector's message to its regional node through the outbox.
  Result<> tell_regional(const std::string& path, const wire::Json& body);
  //= TC609-6-2025-11#heartbeat
  // Says now, without the outbox, that this node runs; waits at most this long for the answer.
  Result<> beat(Milliseconds longest);
  // Reports the identifiers that changed since the last report to the node above; whether there may be more.
  Result<bool> report_identifiers(Milliseconds longest);
  // Own products come and go: their identifiers are entered or withdrawn here.
  Result<> announce(store::Tx& tx, const std::vector<supply::catalog::Announcement>& list, const std::string& actor);

  // Regional nodes: tells the active members that what the directory says of a node, or of all of a participant's,
  // changed.
  Result<> tell_members(const std::string& changed);
  // Whatever is known of the node is asked for anew before it is believed again.
  Result<> look_again(const supply::identifier::NodeId& node);

  trust::participant::Directory& directory();
  supply::identifier::Registry& registry();
  trust::participant::Heartbeats& heartbeats();
  // Regional nodes only. Fails with kConflict ("node.not_regional").
  Result<trust::participant::Admission*> admission();

 private:
  struct State;
  explicit Membership(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Where a node is reached: its configured address, else the one it listens on.
// Fails with kInvalidArgument ("config.public_url") if the port is only known after listening.
Result<std::string> own_url(const config::Config& config);

}  // namespace weir::node
