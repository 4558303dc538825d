// Directory: which nodes there are, which keys are theirs, and whether they may act now.
//
// A regional node's directory is the authority for the nodes that it admitted; everybody else asks the node above and
// keeps the answer for a short time. A certificate proves nothing unless it was issued by a trust anchor, carries the
// node's identifier, and is the one that the directory has (so that suspension holds at once, without waiting
// for a revocation list). Default deny (I-3).
// Thread-safe. Trust: certificates and signatures are hostile; the upstream is trusted for addresses and status.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/time.h"
#include "weir/crypto/x509.h"
#include "weir/store/sql.h"
#include "weir/trust/credential/actor.h"
#include "weir/trust/evidence/evidence.h"
#include "weir/trust/participant/application.h"
#include "weir/trust/participant/node_record.h"

namespace weir::trust::participant {

// The tables of directory and admission.
store::Migration migration();

// The node above. Called outside of transactions. Fails with kNotFound if nobody above knows the node, kUnavailable if
// they cannot be asked.
class Upstream {
 public:
  virtual ~Upstream() = default;
  virtual Result<NodeRecord> resolve(const NodeId& id) = 0;
};

struct DirectoryOptions {
  Milliseconds fresh = std::chrono::seconds(60);      // then the node above is asked again
  Milliseconds stale_max = std::chrono::minutes(15);  // how old an answer may be while it cannot be asked
  Milliseconds negative = std::chrono::seconds(30);   // how long "there is none" is believed
  Milliseconds refresh_min = std::chrono::seconds(5);  // least time between two refreshes of one node
  std::size_t negative_max = 10'000;
  Milliseconds clock_skew = std::chrono::minutes(5);  // certificates may seem to begin this much in the future
};

class Directory {
 public:
  // `upstream` may be null. All must outlive the directory.
  Directory(store::Sql& sql, evidence::Log& log, const Clock& clock, Upstream* upstream = nullptr,
            const DirectoryOptions& options = {});

  // The record, whatever its status. Fails with kNotFound ("node.unknown"), kUnavailable ("node.upstream").
  Result<NodeRecord> find(const NodeId& id);
  // The node at this base URL, of those known here, whatever its status. Fails with kNotFound ("node.unknown").
  Result<NodeRecord> at(std::string_view base_url);
  // The record of a node that may act. Fails also with kForbidden ("node.suspended", "node.deregistered",
  // "node.not_active").
  Result<NodeRecord> usable(const NodeId& id);
  // The identity key of a node that may act, from a certificate of a trust anchor. Fails also with kUnauthenticated
  // ("node.certificate", "certificate.…").
  Result<crypto::PublicKey> public_key(const NodeId& id);
  // Whether the node signed the message. A signature that fails is tried again with the record asked for anew: the node
  // may have a new key. Fails with kUnauthenticated ("signature.invalid") or as public_key does.
  Result<> verify(const NodeId& id, ByteView message, const crypto::Signature& signature);
  // Who is at the other end of a connection: its transport certificate is a trust anchor's, is the one in the
  // directory, and the node may act. Fails as public_key does, and with "node.other_certificate".
  Result<NodeRecord> check_connection(const crypto::Certificate& certificate);
  Result<NodeRecord> check_connection(std::string_view certificate_pem);

  // Nodes known here, by identifier: the first `limit` after `after` (empty: from the start).
  Result<std::vector<NodeRecord>> list(std::string_view after, std::size_t limit);

  // This node itself, or the node above: believed without asking anybody.
  Result<> keep(const NodeRecord& record);
  // All that an enrolment brings, once verified: this node's record, the regional node's, the anchors.
  Result<> adopt(const Enrolment& enrolment, const credential::Actor& actor);
  // Forgets a cached answer, so that the next question goes up.
  Result<> forget(const NodeId& id);

  //= NDI-TR-2025-03#provider-list GetIdentityProviderList
  Result<std::vector<crypto::Certificate>> anchors();
  Result<> add_anchor(const crypto::Certificate& authority, const credential::Actor& actor);
  // Fails with kNotFound ("anchor.unknown").
  Result<> remove_anchor(std::string_view fingerprint, std::string_view reason, const credential::Actor& actor);

 private:
  Result<NodeRecord> ask_above(const NodeId& id, const NodeRecord* stale, Timestamp stale_since);
  Result<crypto::PublicKey> verified_key(const NodeRecord& record);
  Result<> verify_anchored(const crypto::Certificate& certificate);
  // Whom a certificate of a trust anchor names.
  Result<NodeId> anchored_node(std::string_view certificate_pem);
  bool may_refresh(const NodeId& id);
  Result<> add_anchor(store::Tx& tx, const crypto::Certificate& authority, const credential::Actor& actor);

  store::Sql& sql_;
  evidence::Log& log_;
  const Clock& clock_;
  Upstream* upstream_;
  DirectoryOptions options_;
  struct Verified {
    std::string pem;
    crypto::PublicKey key;
    Timestamp until{};
  };
  struct Anchored {
    NodeId node;
    Timestamp until{};
  };
  std::mutex mutex_;                            // guards the maps
  std::map<std::string, Anchored, std::less<>> anchored_;  // certificates of connections that were checked
  std::map<std::string, Verified> verified_;    // node -> the key of the certificate that was checked last
  std::map<std::string, Timestamp> absent_;     // node -> when it was said to be unknown
  std::map<std::string, Timestamp> refreshed_;  // node -> when it was last asked for again
};

}  // namespace weir::trust::participant
