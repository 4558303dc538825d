// SPDX-License-Identifier: Apache-2.0
#include "weir/node/node.h"

#include <mutex>
#include <set>

#include "weir/adapters/http/client.h"
#include "weir/adapters/http/idempotency.h"
#include "weir/adapters/http/server.h"
#include "weir/adapters/metrics/http_metrics.h"
#include "weir/adapters/metrics/metrics.h"
#include "weir/base/log.h"
#include "weir/flow/contract/store.h"
#include "weir/flow/metering/service.h"
#include "weir/flow/usage/store.h"
#include "weir/node/collector.h"
#include "weir/node/data_plane.h"
#include "weir/node/dispatcher.h"
#include "weir/node/group_commit.h"
#include "weir/node/membership.h"
#include "weir/node/neighbours.h"
#include "weir/node/routes.h"
#include "weir/store/outbox.h"
#include "weir/supply/catalog/store.h"
#include "weir/supply/identifier/service.h"
#include "weir/tlog/checkpoint.h"
#include "weir/trust/credential/service.h"

namespace weir::node {

using adapters::http::Client;
using adapters::http::Server;
using supply::identifier::NodeId;
using supply::identifier::ProductId;
using wire::Json;

namespace {

constexpr std::size_t kDueAtOnce = 64;

// What the start needs before anything can be wired.
struct Opened {
  DataFolder folder;
  FolderLock lock;
  NodeId id;
  crypto::SecretBytes passphrase;
  crypto::PrivateKey identity;
  crypto::PrivateKey transport;
  std::string identity_pem;
  std::string transport_pem;
  std::string authority_pem;
};

Result<Opened> open_folder(store::Files& files, const config::Config& config) {
  WEIR_TRY_LET(DataFolder folder, DataFolder::open(files, config.data_dir));
  WEIR_TRY_LET(FolderLock lock, FolderLock::take(config.data_dir));
  if (folder.node().node.empty()) {
    return Error(Errc::kConflict, "this node was not admitted to a space yet")
        .because("node.not_admitted")
        .advise("run: weir join URL --authority FILE; when the regional node approved, run it again");
  }
  WEIR_TRY_LET(NodeId id, NodeId::parse(folder.node().node));
  WEIR_TRY_LET(crypto::SecretBytes passphrase, read_passphrase(files, config.data_dir, config.key_passphrase_ref));
  WEIR_TRY_LET(crypto::PrivateKey identity, folder.key(DataFolder::KeyName::kIdentity, passphrase));
  WEIR_TRY_LET(crypto::PrivateKey transport, folder.key(DataFolder::KeyName::kTransport, passphrase));
  using Name = DataFolder::CertificateName;
  WEIR_TRY_LET(std::string identity_pem, folder.certificate_pem(Name::kIdentity));
  WEIR_TRY_LET(std::string transport_pem, folder.certificate_pem(Name::kTransport));
  WEIR_TRY_LET(std::string authority_pem, folder.certificate_pem(Name::kAuthority));
  return Opened{std::move(folder),       std::move(lock),          std::move(id),
                std::move(passphrase),   std::move(identity),      std::move(transport),
                std::move(identity_pem), std::move(transport_pem), std::move(authority_pem)};
}

Result<> migrate_all(store::Database& database) {
  for (const store::Migration& migration :
       {store::outbox_migration(), adapters::http::idempotency_migration(), supply::identifier::Registry::migration(),
        trust::credential::Credentials::migration(), trust::participant::migration(), supply::catalog::migration(),
        flow::usage::migration(), flow::metering::migration(), flow::contract::contract_migration(),
        flow::delivery::delivery_migration()}) {
    WEIR_TRY(store::migrate(database, migration));
  }
  return {};
}

adapters::http::TlsIdentity tls_identity(const Opened& opened) {
  return {opened.transport_pem, opened.transport.der(crypto::SecretAccess("TLS of the node"))};
}

// Tells the HTTP face who is who.
class NodeAuthenticator final : public adapters::http::Authenticator {
 public:
  NodeAuthenticator(trust::credential::Credentials& credentials, Membership& membership)
      : credentials_(credentials), membership_(membership) {}

  Result<adapters::http::Principal> by_token(std::string_view token) override {
    WEIR_TRY_LET(const auto known, credentials_.authenticate(token));
    if (known.must_change_password) {
      return Error(Errc::kForbidden, "the password must be changed first").because("password.must_change");
    }
    return adapters::http::Principal{.kind = adapters::http::PrincipalKind::kOperator,
                                     .id = known.id.text(),
                                     .participant = std::string(known.id.organisation()),
                                     .scopes = known.scopes.names()};
  }

  Result<adapters::http::Principal> by_certificate(const adapters::http::PeerCertificate& certificate) override {
    WEIR_TRY(membership_.admit(certificate));
    return adapters::http::Principal{.kind = adapters::http::PrincipalKind::kNode,
                                     .id = certificate.unit,
                                     .participant = certificate.organisation,
                                     .scopes = {}};
  }

 private:
  trust::credential::Credentials& credentials_;
  Membership& membership_;
};

}  // namespace

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
  std::unique_ptr<GroupCommit> commits;
  std::unique_ptr<WakingSql> sql;
  std::unique_ptr<trust::evidence::SqlLog> log;
  std::unique_ptr<trust::evidence::Archive> archive;
  std::unique_ptr<Client> client;
  std::unique_ptr<trust::credential::Credentials> credentials;
  std::unique_ptr<Membership> membership;
  std::unique_ptr<supply::catalog::Service> catalog;
  std::unique_ptr<flow::metering::Service> metering;
  std::unique_ptr<flow::usage::Service> usage;
  std::unique_ptr<ContractDirectory> contract_directory;
  std::unique_ptr<ContractOffers> contract_offers;
  std::unique_ptr<ContractUsage> contract_usage;
  flow::contract::StandardDecider decider;
  std::unique_ptr<flow::contract::Service> contracts;
  std::unique_ptr<flow::delivery::Contents> contents;
  std::unique_ptr<flow::delivery::Vault> vault;
  std::unique_ptr<DeliveryNeighbours> delivery_neighbours;
  std::unique_ptr<flow::delivery::Service> delivery;
  std::unique_ptr<DeleteHandler> delete_handler;
  RateLimits rate_limits;
  std::unique_ptr<DataPlane> data_plane;
  std::unique_ptr<NodeAuthenticator> authenticator;
  std::unique_ptr<adapters::http::IdempotencyStore> idempotency;
  std::unique_ptr<adapters::http::Observer> observer;
  std::unique_ptr<adapters::http::Router> router;
  std::unique_ptr<Server> server;
  std::string url;

  std::mutex ended_mutex;  // guards ended
  std::set<std::string> ended;  // agreements whose data are to be destroyed

  // The threads come last, so that they end first.
  std::unique_ptr<Transfers> transfers;
  std::unique_ptr<Alarm> alarm;
  std::unique_ptr<Dispatcher> dispatcher;
  std::unique_ptr<Collector> collector;

  const NodeFile& node_file() const { return opened.folder.node(); }
  bool regional() const { return node_file().role == config::Role::kRegional; }
  std::string protocol_address() const { return url + std::string(kProtocolPath); }

  Result<> open_store();
  Result<> open_trust();
  Result<> open_domain();
  Result<> open_delivery();
  Result<> listen(Node& node);
  void start_threads(Node& node);
  void committed();
  std::vector<AlarmTask> alarm_tasks();
  Result<> destroy_ended();
  Result<> take_up_unfinished();
};

void Node::State::committed() {
  news.bump();
  if (dispatcher) dispatcher->notify();
}

Result<> Node::State::open_store() {
  WEIR_TRY_LET(auto database, store::open_database(config.database_or_default()));
  WEIR_TRY(migrate_all(*database));
  const trust::evidence::LogOptions options{.origin = tlog::evidence_origin(opened.id.text()),
                                            .algorithm = crypto::hash_of(node_file().suite)};
  // I-11: the log is verified before anything is written, and hooks itself into every commit.
  WEIR_TRY_LET(log, trust::evidence::SqlLog::open(*database, opened.identity, options));
  archive = std::make_unique<trust::evidence::Archive>(options.algorithm);
  commits = std::make_unique<GroupCommit>(std::move(database));
  sql = std::make_unique<WakingSql>(*commits, [this] { committed(); });
  return {};
}

Result<> Node::State::open_trust() {
  adapters::http::ClientOptions options;
  options.tls.identity = tls_identity(opened);
  options.tls.authorities_pem.push_back(opened.authority_pem);
  WEIR_TRY_LET(client, Client::open(std::move(options)));
  credentials = std::make_unique<trust::credential::Credentials>(*sql, *log, clock, random, opened.id);
  WEIR_TRY_LET(membership, Membership::open({.sql = *sql,
                                             .log = *log,
                                             .clock = clock,
                                             .random = random,
                                             .client = *client,
                                             .files = files,
                                             .folder = opened.folder,
                                             .passphrase = opened.passphrase,
                                             .self = opened.id,
                                             .url = url,
                                             .authority_pem = opened.authority_pem,
                                             .identity_pem = opened.identity_pem,
                                             .transport_pem = opened.transport_pem}));
  return {};
}

Result<> Node::State::open_domain() {
  WEIR_TRY_LET(auto area, supply::identifier::AreaCode::parse(node_file().area));
  catalog = std::make_unique<supply::catalog::Service>(
      supply::catalog::Service::Parts{.sql = *sql,
                                      .dialect = commits->database().dialect(),
                                      .log = *log,
                                      .clock = clock,
                                      .random = random,
                                      .participant = opened.id.subject(),
                                      .node = opened.id,
                                      .area = std::move(area)});
  metering = std::make_unique<flow::metering::Service>(
      flow::metering::Service::Deps{.sql = *sql, .log = *log, .clock = clock, .node = opened.id.text()});
  usage = std::make_unique<flow::usage::Service>(
      flow::usage::Service::Parts{.sql = *sql,
                                  .log = *log,
                                  .clock = clock,
                                  .random = random,
                                  .hash = crypto::hash_of(node_file().suite),
                                  .node = opened.id.text()});
  const FindNode find = [this](const NodeId& id) { return membership->find(id); };
  contract_directory = std::make_unique<ContractDirectory>(find);
  contract_offers = std::make_unique<ContractOffers>(*catalog);
  contract_usage = std::make_unique<ContractUsage>(*usage, opened.id.text(), [this](const std::string& agreement) {
    {
      const std::scoped_lock lock(ended_mutex);
      ended.insert(agreement);
    }
    if (alarm) alarm->look();
  });
  contracts = std::make_unique<flow::contract::Service>(
      flow::contract::Service::Deps{.sql = *sql,
                                    .log = *log,
                                    .clock = clock,
                                    .random = random,
                                    .directory = *contract_directory,
                                    .offers = *contract_offers,
                                    .usage = *contract_usage,
                                    .decider = decider,
                                    .self = {opened.id, opened.id.subject().text(), protocol_address(), &opened.identity},
                                    .wake = [this] {
                                      if (alarm) alarm->look();
                                    }});
  return {};
}

Result<> Node::State::open_delivery() {
  const crypto::Suite suite = node_file().suite;
  contents = std::make_unique<flow::delivery::Contents>(files, opened.folder.file("contents"), crypto::hash_of(suite),
                                                        random);
  WEIR_TRY(contents->sweep());
  WEIR_TRY_LET(const crypto::SecretBytes master, opened.folder.vault_key(opened.passphrase));
  vault = std::make_unique<flow::delivery::Vault>(files, opened.folder.file("vault"), suite, master, random);
  const FindNode find = [this](const NodeId& id) { return membership->find(id); };
  delivery_neighbours = std::make_unique<DeliveryNeighbours>(clock, *contracts, *contents, find, *metering);
  delivery = std::make_unique<flow::delivery::Service>(
      flow::delivery::Service::Deps{.sql = *sql,
                                    .log = *log,
                                    .clock = clock,
                                    .random = random,
                                    .neighbours = *delivery_neighbours,
                                    .contents = *contents,
                                    .vault = *vault,
                                    .self = {opened.id, protocol_address(), url + std::string(kDataPath), &opened.identity},
                                    .wake = [this](const std::string& pid) {
                                      if (transfers) transfers->wake(pid);
                                    }});
  delete_handler = std::make_unique<DeleteHandler>(*delivery);
  usage->add_handler(*delete_handler);
  data_plane = std::make_unique<DataPlane>(*delivery, rate_limits);
  return {};
}

Result<> Node::State::listen(Node& node) {
  authenticator = std::make_unique<NodeAuthenticator>(*credentials, *membership);
  idempotency = adapters::http::make_idempotency_store(*sql, clock);
  observer = adapters::metrics::make_http_metrics(registry);
  router = std::make_unique<adapters::http::Router>(adapters::http::RouterOptions{.authenticator = authenticator.get(),
                                                                                  .idempotency = idempotency.get(),
                                                                                  .random = &random,
                                                                                  .observer = observer.get()});
  add_node_routes(*router, node);
  add_participant_routes(*router, node);
  add_catalog_routes(*router, node);
  add_contract_routes(*router, node);
  add_usage_routes(*router, node);
  add_delivery_routes(*router, node);
  add_evidence_routes(*router, node);
  data_plane->add_routes(*router);
  const auto access = config.metrics_public ? adapters::http::Access::open() : adapters::http::Access::with_scope("admin");
  router->add(adapters::metrics::metrics_route(registry, access));
  router->add_openapi("/api/v1/openapi.json", {"Weir, node of a trusted data space", "Weir 可信数据空间节点"}, "1");
  adapters::http::ServerOptions options;
  options.address = config.listen.host;
  options.port = config.listen.port;
  options.tls = adapters::http::TlsServerOptions{.identity = tls_identity(opened),
                                                 .client_authorities_pem = {opened.authority_pem}};
  options.workers = static_cast<std::size_t>(config.workers + News::kWaitersMax);
  options.streams = static_cast<std::size_t>(config.streams);
  options.connections_max = static_cast<std::size_t>(config.connections_max);
  options.requests_per_second = static_cast<std::uint64_t>(config.requests_per_second);
  WEIR_TRY_LET(server, Server::start(std::move(options), *router));
  return {};
}

std::vector<AlarmTask> Node::State::alarm_tasks() {
  return {{"agreements", [this] { return contracts->next_expiry(); },
           [this](Timestamp now) -> Result<> {
             WEIR_TRY(contracts->expire(now));
             return {};
           }},
          {"obligations", [this] { return usage->next_due(); },
           [this](Timestamp now) -> Result<> {
             WEIR_TRY(usage->run_due(kDueAtOnce));
             WEIR_TRY(usage->mark_overdue(now, kDueAtOnce));
             return {};
           }},
          {"destruction",
           [this]() -> Result<std::optional<Timestamp>> {
             const std::scoped_lock lock(ended_mutex);
             return ended.empty() ? std::optional<Timestamp>() : std::optional<Timestamp>(clock.now());
           },
           [this](Timestamp) { return destroy_ended(); }}};
}

Result<> Node::State::destroy_ended() {
  std::set<std::string> now;
  {
    const std::scoped_lock lock(ended_mutex);
    now.swap(ended);
  }
  for (const std::string& agreement : now) {
    const auto destroyed = delivery->destroy(agreement, "the agreement ended", "node:" + opened.id.text());
    if (destroyed) continue;
    const std::scoped_lock lock(ended_mutex);
    ended.insert(agreement);
    return Error(destroyed.error());
  }
  return {};
}

// What was under way when the node last stopped.
Result<> Node::State::take_up_unfinished() {
  WEIR_TRY_LET(const auto unfinished, delivery->unfinished());
  for (const auto& transfer : unfinished) transfers->wake(transfer.pid);
  std::string cursor;
  do {
    WEIR_TRY_LET(const auto page, delivery->list(cursor, limits::kPageSizeMax));
    for (const auto& transfer : page.rows) {
      using flow::delivery::Custody;
      if (transfer.custody != Custody::kHeld && transfer.custody != Custody::kReceiving) continue;
      const auto agreement = contracts->get_agreement(transfer.agreement);
      if (agreement && !check_live(*agreement, clock.now())) {
        const bool suspended = agreement->state == flow::contract::AgreementState::kSuspended;
        const std::scoped_lock lock(ended_mutex);
        if (!suspended) ended.insert(transfer.agreement);
      }
    }
    cursor = page.next;
  } while (!cursor.empty());
  alarm->look();
  return {};
}

void Node::State::start_threads(Node& node) {
  transfers = std::make_unique<Transfers>(*delivery, *contents, *client, rate_limits, TransfersOptions{});
  alarm = std::make_unique<Alarm>(clock, alarm_tasks());
  collector = std::make_unique<Collector>(node);
  Dispatcher::Hooks hooks;
  hooks.answered = [this](store::Tx& tx, const store::OutboxMessage& message, std::string_view answer) -> Result<> {
    if (message.path.starts_with("/negotiations")) return contracts->answered(tx, message, answer);
    return {};
  };
  hooks.refused = [this](const store::OutboxMessage& message, const Error& error) {
    Result<> noted;
    if (message.path.starts_with("/negotiations") || message.path.starts_with("/agreements")) {
      noted = contracts->refused(message, error);
    } else if (message.path.starts_with("/transfers/request")) {
      noted = delivery->refused(message.lane, error);
    }
    if (!noted) log::warning("outbox.refusal_lost", {{"lane", message.lane}, {"error", noted.error().message()}});
  };
  dispatcher = std::make_unique<Dispatcher>(*sql, clock, *client, DispatcherOptions{}, std::move(hooks));
}

Node::Node(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Node>> Node::start(store::Files& files, const config::Config& config) {
  WEIR_TRY_LET(Opened opened, open_folder(files, config));
  std::unique_ptr<Node> node(new Node(std::make_unique<State>(files, config, std::move(opened))));
  State& s = *node->state_;
  WEIR_TRY_LET(s.url, own_url(config));
  WEIR_TRY(s.open_store());
  WEIR_TRY(s.open_trust());
  WEIR_TRY(s.open_domain());
  WEIR_TRY(s.open_delivery());
  return node;
}

Result<> Node::open_doors() {
  State& s = *state_;
  s.start_threads(*this);
  WEIR_TRY(s.listen(*this));
  WEIR_TRY(s.take_up_unfinished());
  catalog_changed();
  // Last: who reads this file may call.
  WEIR_TRY(s.opened.folder.save_running_url(s.url));
  log::info("node.ready", {{"url", s.url}, {"node", s.opened.id.text()}});
  return {};
}

Node::~Node() { stop(Milliseconds(0)); }

void Node::stop(Milliseconds deadline) {
  if (!state_->server) return;
  State& s = *state_;
  [[maybe_unused]] const Result<> cleared = s.opened.folder.clear_running_url();
  s.news.stop();
  s.server->stop(deadline);
  s.server.reset();
  s.collector->stop();
  s.alarm->stop();
  s.transfers->stop();
  s.dispatcher->stop();
  log::info("node.stopped", {});
}

std::string Node::url() const { return state_->url; }
const NodeId& Node::id() const { return state_->opened.id; }
std::string_view Node::region() const { return state_->node_file().area; }
bool Node::is_regional() const { return state_->regional(); }
const DataFolder& Node::folder() const { return state_->opened.folder; }
std::vector<std::string> Node::authorities_pem() const { return {state_->opened.authority_pem}; }
std::string Node::identity_certificate_pem() const { return state_->opened.identity_pem; }
store::Files& Node::files() { return state_->files; }
store::Sql& Node::sql() { return *state_->sql; }
const Clock& Node::clock() const { return state_->clock; }
Random& Node::random() { return state_->random; }
trust::evidence::SqlLog& Node::log() { return *state_->log; }
const trust::evidence::Archive& Node::archive() const { return *state_->archive; }
trust::credential::Credentials& Node::credentials() { return *state_->credentials; }
supply::identifier::Registry& Node::registry() { return state_->membership->registry(); }
Membership& Node::membership() { return *state_->membership; }
supply::catalog::Service& Node::catalog() { return *state_->catalog; }
flow::contract::Service& Node::contracts() { return *state_->contracts; }
flow::usage::Service& Node::usage() { return *state_->usage; }
flow::delivery::Service& Node::delivery() { return *state_->delivery; }
flow::delivery::Contents& Node::contents() { return *state_->contents; }
Transfers& Node::transfers() { return *state_->transfers; }
RateLimits& Node::rate_limits() { return state_->rate_limits; }
News& Node::news() { return state_->news; }
Alarm& Node::alarm() { return *state_->alarm; }
Result<> Node::health() const { return state_->commits->database().health(); }

Result<> Node::live(const std::string& agreement) {
  WEIR_TRY_LET(const auto record, state_->contracts->get_agreement(agreement));
  return check_live(record, state_->clock.now());
}

Result<supply::catalog::Product> Node::find_product(const ProductId& id) {
  auto own = state_->catalog->find(id);
  if (own || is_regional() || own.error().code() != Errc::kNotFound) return own;
  WEIR_TRY_LET(const Json json, ask_regional("/peer/v1/products/" + id.text()));
  return supply::catalog::parse_product(json);
}

Result<> Node::know(const NodeId& node) { return state_->membership->know(node); }

Result<std::string> Node::certificate_of(const NodeId& node) { return state_->membership->certificate_of(node); }

Result<Json> Node::ask_node(const NodeId& node, const std::string& path) {
  WEIR_TRY(state_->membership->know(node));
  WEIR_TRY_LET(const KnownNode known, state_->membership->find(node));
  return state_->membership->ask(known.base_url + path, node);
}

Result<Json> Node::ask_regional(const std::string& path) { return state_->membership->ask_regional(path); }

void Node::catalog_changed() {
  if (is_regional()) return;
  const Result<> told = state_->membership->tell_regional("/peer/v1/catalog/changed", Json::object());
  if (!told) log::warning("catalog.not_announced", {{"error", told.error().message()}});
}

void Node::collect_catalog(const NodeId& peer) { state_->collector->collect(peer); }

}  // namespace weir::node
