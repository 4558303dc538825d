// Node: the composition root: one running node, wired from its data folder and configuration.
//
// start() opens and verifies everything, open_doors() listens, stop() ends in the reverse order. Thread-safe accessors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weir/adapters/http/router.h"
#include "weir/flow/contract/service.h"
#include "weir/flow/delivery/service.h"
#include "weir/flow/metering/service.h"
#include "weir/flow/usage/service.h"
#include "weir/node/alarm.h"
#include "weir/node/config/config.h"
#include "weir/node/data_folder.h"
#include "weir/node/news.h"
#include "weir/node/partners.h"
#include "weir/node/transfers.h"
#include "weir/supply/catalog/service.h"
#include "weir/trust/evidence/archive.h"
#include "weir/trust/evidence/log.h"

namespace weir::trust::credential {
class Credentials;
}
namespace weir::supply::identifier {
class Registry;
}

namespace weir::use::job {
class Service;
}
namespace weir::standards::assessment {
class Service;
}
namespace weir::standards::registering {
class Service;
}
namespace weir::adapters::metrics {
class Registry;
}
namespace weir::flow::metering {
class Service;
}

namespace weir::node {

class Claims;
class Jobs;
class Membership;
class Signaling;

class Node {
 public:
  // Opens, verifies and wires; nothing is heard or said yet.
  static Result<std::unique_ptr<Node>> start(store::Files& files, const config::Config& config);
  // Listens, and goes on with what was under way when the node last stopped.
  Result<> open_doors();
  ~Node();

  std::string url() const;
  // Finishes what runs, at most this long, and stops everything.
  void stop(Milliseconds deadline);

  // ── who it is ──
  const supply::identifier::NodeId& id() const;
  std::string_view region() const;
  bool admits() const;  // a regional or global node: it has an authority of its own, and members
  const DataFolder& folder() const;
  std::vector<std::string> authorities_pem() const;
  std::string identity_certificate_pem() const;

  // ── its parts ──
  store::Files& files();
  store::Sql& sql();
  const Clock& clock() const;
  Random& random();
  trust::evidence::SqlLog& log();
  const trust::evidence::Archive& archive() const;
  trust::credential::Credentials& credentials();
  supply::identifier::Registry& registry();
  Membership& membership();
  supply::catalog::Service& catalog();
  flow::contract::Service& contracts();
  flow::usage::Service& usage();
  flow::metering::Service& metering();
  flow::delivery::Service& delivery();
  flow::delivery::Contents& contents();
  use::job::Service& jobs();
  Jobs& job_runner();
  flow::delivery::Contents& job_inputs();
  standards::assessment::Service& assessments();
  const config::Config& config() const;
  const adapters::http::Router& router() const;
  const adapters::metrics::Registry& metrics() const;
  standards::registering::Service& standards();
  Partners& partners();
  Signaling& signaling();
  Claims& claims();
  Transfers& transfers();
  RateLimits& rate_limits();
  News& news();
  Alarm& alarm();
  // Whether it can take writes, and if not, why: readiness.
  Result<> health() const;

  // ── what concerns several rooms ──
  // Fails with kForbidden ("agreement.not_live") unless the agreement is in force here and now.
  Result<> live(const std::string& agreement);
  // Here, or as the regional node knows it.
  Result<supply::catalog::Product> find_product(const supply::identifier::ProductId& id);
  // Sees to it that the directory has a fresh record of the node; may ask the regional node.
  Result<> know(const supply::identifier::NodeId& node);
  Result<std::string> certificate_of(const supply::identifier::NodeId& node);
  // GET from another node, as this node.
  Result<wire::Json> ask_node(const supply::identifier::NodeId& node, const std::string& path);
  Result<wire::Json> ask_above(const std::string& path);
  // The receiver proved that its copy of a transfer is gone; with the last one an agreement that ended is destroyed.
  Result<> copy_destroyed(const std::string& pid);
  // Credentials of members that may not act any more are revoked, for good.
  Result<> withdraw_credentials(const std::string& reason, const std::string& actor);
  // Identifiers were given, moved or withdrawn: reports them to the node above, soon.
  void identifiers_changed();
  // The own catalogue changed: tells the regional node.
  void catalog_changed();
  // Reads a connector's changes, soon.
  void collect_catalog(const supply::identifier::NodeId& peer);

 private:
  struct State;
  explicit Node(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The query part of a request's target, as it was sent.
std::string query_text(const adapters::http::Request& request);

}  // namespace weir::node
