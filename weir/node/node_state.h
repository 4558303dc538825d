// NodeState: the parts of a running node, in the order in which they are made; node.h is its face.
//
// node_open.cc makes the parts, node_tasks.cc starts and says what falls due. For these files and node.cc only.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

#include "weir/adapters/http/client.h"
#include "weir/adapters/http/idempotency.h"
#include "weir/adapters/http/server.h"
#include "weir/adapters/metrics/metrics.h"
#include "weir/flow/metering/service.h"
#include "weir/node/claims.h"
#include "weir/standards/register/service.h"
#include "weir/node/collector.h"
#include "weir/node/data_plane.h"
#include "weir/node/dispatcher.h"
#include "weir/node/domain_metrics.h"
#include "weir/node/duties.h"
#include "weir/node/group_commit.h"
#include "weir/node/hooks.h"
#include "weir/node/job_neighbours.h"
#include "weir/node/jobs.h"
#include "weir/node/kit.h"
#include "weir/node/log_mark.h"
#include "weir/node/membership.h"
#include "weir/node/neighbours.h"
#include "weir/node/node.h"
#include "weir/node/signaling.h"
#include "weir/standards/assessment/service.h"
#include "weir/trust/credential/service.h"

namespace weir::node {

// A part with threads of its own; those of the parts before it may ask whether it is there while it is made.
template <class T>
class Part {
 public:
  Part& operator=(std::unique_ptr<T> made) {
    made_ = std::move(made);
    there_ = made_.get();
    return *this;
  }
  explicit operator bool() const { return there_ != nullptr; }
  T* operator->() const { return there_; }
  T& operator*() const { return *there_; }

 private:
  std::unique_ptr<T> made_;
  std::atomic<T*> there_{nullptr};
};

// What the start needs before anything can be wired.
struct Opened {
  DataFolder folder;
  FolderLock lock;
  supply::identifier::NodeId id;
  crypto::SecretBytes passphrase;
  crypto::PrivateKey identity;
  crypto::PrivateKey transport;
  std::string identity_pem;
  std::string transport_pem;
  std::string authority_pem;
};

Result<Opened> open_folder(store::Files& files, const config::Config& config);

struct Node::State {
  State(store::Files& the_files, config::Config the_config, Opened the_opened)
      : files(the_files), config(std::move(the_config)), opened(std::move(the_opened)) {}

  store::Files& files;
  config::Config config;
  Opened opened;
  SystemClock clock;
  SystemRandom random;
  News news;
  adapters::metrics::Registry registry;
  std::unique_ptr<LogMark> mark;
  std::unique_ptr<GroupCommit> commits;
  std::unique_ptr<WakingSql> sql;
  std::unique_ptr<trust::evidence::SqlLog> log;
  std::unique_ptr<CountedLog> counted_log;  // the same, as services write it
  std::unique_ptr<trust::evidence::Archive> archive;
  std::unique_ptr<adapters::http::Client> client;
  std::unique_ptr<adapters::http::Client> foreign;  // to whom is no node of the space
  std::unique_ptr<Partners> partners;
  std::unique_ptr<Claims> claims;
  std::unique_ptr<trust::credential::Credentials> credentials;
  std::unique_ptr<Membership> membership;
  std::unique_ptr<supply::catalog::Service> catalog;
  std::unique_ptr<flow::metering::Service> metering;
  std::unique_ptr<standards::registering::Service> standards;
  std::unique_ptr<flow::usage::Service> usage;
  std::unique_ptr<ContractDirectory> contract_directory;
  std::unique_ptr<ContractOffers> contract_offers;
  std::unique_ptr<flow::contract::Offers> kit_offers;  // profile "tck" only
  std::unique_ptr<ContractUsage> contract_usage;
  std::unique_ptr<GradedDecider> decider;
  std::unique_ptr<flow::contract::Service> contracts;
  std::unique_ptr<flow::delivery::Contents> contents;
  std::unique_ptr<flow::delivery::Vault> vault;
  std::unique_ptr<DeliveryNeighbours> delivery_neighbours;
  std::unique_ptr<CountedNeighbours> counted_neighbours;
  std::unique_ptr<Signaling> signaling;
  std::unique_ptr<flow::delivery::Service> delivery;
  std::unique_ptr<DeleteHandler> delete_handler;
  std::unique_ptr<Hooks> duty_hooks;
  RateLimits rate_limits{config.delivery_bytes_per_second};
  std::unique_ptr<DataPlane> data_plane;
  std::unique_ptr<JobNeighbours> job_neighbours;
  std::unique_ptr<flow::delivery::Contents> job_inputs;
  std::unique_ptr<use::job::Service> jobs;
  std::unique_ptr<standards::assessment::Service> assessments;
  std::unique_ptr<adapters::http::Authenticator> authenticator;
  std::unique_ptr<adapters::http::IdempotencyStore> idempotency;
  std::unique_ptr<adapters::http::Observer> observer;
  std::unique_ptr<adapters::http::Router> router;
  std::unique_ptr<adapters::http::Server> server;
  std::string url;

  std::unique_ptr<Duties> duties;

  Timestamp next_beat{};                       // these three: of the thread that talks to the node above, alone
  Timestamp next_report{};
  std::int64_t reports_failed = 0;
  std::atomic<bool> above_answered{false};     // the last heartbeat
  Timestamp next_housekeeping{};               // of the alarm's thread alone

  // The threads come last, so that they end first.
  Part<Transfers> transfers;
  Part<Jobs> job_runner;
  Part<Alarm> alarm;
  Part<Alarm> above;  // of its own: a node above that does not answer must not hold up what falls due
  Part<Dispatcher> dispatcher;
  std::unique_ptr<Collector> collector;
  std::unique_ptr<kit::Counterpart> kit_counterpart;  // profile "tck" only

  const NodeFile& node_file() const { return opened.folder.node(); }
  bool admits() const { return node_file().role != config::Role::kConnector; }
  std::string protocol_address() const { return url + std::string(kProtocolPath); }

  Result<> open_store();
  Result<> open_trust();
  Result<> open_outside();
  Result<> open_claims();
  Result<trust::claims::Member> member_at(const trust::claims::Did& did);
  Result<> open_domain();
  Result<> open_delivery();
  void open_signaling();
  Result<flow::delivery::Spill> open_spill(const std::string& pid);
  Result<> open_jobs();
  Result<> listen(Node& node);
  void start_threads(Node& node);
  Result<> credential_delivered(store::Tx& tx, const store::OutboxMessage& message, bool taken);
  void committed();
  std::vector<AlarmTask> alarm_tasks();
  AlarmTask heartbeat_task();
  AlarmTask report_task();
  void report(Timestamp now);
  AlarmTask watch_task();
  AlarmTask housekeeping_task();
  void beat(Timestamp now);
  Result<> keep_house(Timestamp now);
};

}  // namespace weir::node
