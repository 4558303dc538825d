// SPDX-License-Identifier: Apache-2.0
// How the parts of a node are made and wired to each other.
#include <algorithm>

#include "weir/adapters/http/openapi.h"
#include "weir/adapters/metrics/http_metrics.h"
#include "weir/base/text.h"
#include "weir/flow/contract/store.h"
#include "weir/flow/usage/store.h"
#include "weir/node/harvests.h"
#include "weir/node/node_state.h"
#include "weir/node/routes.h"
#include "weir/supply/catalog/store.h"
#include "weir/tlog/checkpoint.h"
#include "weir/standards/framework/framework.h"

namespace weir::node {

using adapters::http::Client;
using adapters::http::Server;
using supply::identifier::NodeId;

namespace {

Result<> migrate_all(store::Database& database) {
  for (const store::Migration& migration :
       {store::outbox_migration(), adapters::http::idempotency_migration(), supply::identifier::Registry::migration(),
        trust::credential::Credentials::migration(), trust::participant::migration(), supply::catalog::migration(),
        flow::usage::migration(), flow::metering::migration(), flow::contract::contract_migration(),
        flow::delivery::delivery_migration(), use::job::migration(), standards::assessment::migration(),
        standards::registering::migration(), partners_migration(), signaling_migration(), harvests_migration(),
        trust::claims::migration()}) {
    WEIR_TRY(store::migrate(database, migration));
  }
  return {};
}

adapters::http::TlsIdentity tls_identity(const Opened& opened) {
  return {opened.transport_pem, opened.transport.der(crypto::SecretAccess("TLS of the node"))};
}

constexpr std::size_t kAuthoritiesBytesMax = 1u << 20;

std::vector<std::string> words_of(const std::string& list) {
  std::vector<std::string> out;
  for (const std::string& word : split(list, ',')) {
    if (!trim(word).empty()) out.emplace_back(trim(word));
  }
  return out;
}

// The kit's script keeps pauses of its own.
Milliseconds foreign_pause_of(const config::Config& config) {
  return kit::is_on(config) ? Milliseconds(0) : Milliseconds(500);
}

// Tells the HTTP face who is who.
class NodeAuthenticator final : public adapters::http::Authenticator {
 public:
  NodeAuthenticator(trust::credential::Credentials& credentials, Membership& membership, Partners& partners,
                    Claims& claims)
      : credentials_(credentials), membership_(membership), partners_(partners), claims_(claims) {}

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

  Result<adapters::http::Principal> by_authorization(std::string_view authorization) override {
    const auto agreed = partners_.recognise(authorization);
    if (agreed) return adapters::http::Principal{.kind = adapters::http::PrincipalKind::kPartner, .id = *agreed};
    // Without a token of three parts there is nothing that a DID could have signed.
    if (std::ranges::count(authorization, '.') != 2) return Error(agreed.error());
    WEIR_TRY_LET(auto speaker, claims_.recognise(authorization));
    const auto kind = speaker.is_node ? adapters::http::PrincipalKind::kNode : adapters::http::PrincipalKind::kPartner;
    return adapters::http::Principal{.kind = kind,
                                     .id = std::move(speaker.id),
                                     .participant = std::move(speaker.participant),
                                     .scopes = {}};
  }

 private:
  trust::credential::Credentials& credentials_;
  Membership& membership_;
  Partners& partners_;
  Claims& claims_;
};

}  // namespace

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

Result<> Node::State::open_store() {
  WEIR_TRY_LET(auto database, store::open_database(config.database_or_default()));
  WEIR_TRY(migrate_all(*database));
  const trust::evidence::LogOptions options{.origin = tlog::evidence_origin(opened.id.text()),
                                            .algorithm = crypto::hash_of(node_file().suite)};
  // I-11: the log is verified before anything is written, and hooks itself into every commit.
  WEIR_TRY_LET(mark, LogMark::open(files, opened.folder.file("log.mark")));
  WEIR_TRY_LET(log, mark->open_log(*database, opened.identity, options));
  counted_log = std::make_unique<CountedLog>(*log, registry);
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
  WEIR_TRY(open_outside());
  credentials = std::make_unique<trust::credential::Credentials>(*sql, *counted_log, clock, random, opened.id);
  WEIR_TRY_LET(membership, Membership::open({.sql = *sql,
                                             .log = *counted_log,
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
                                             .transport_pem = opened.transport_pem,
                                             .heartbeat = {.interval = config.heartbeat_interval}}));
  return open_claims();
}

// Whoever is no node of the space.
Result<> Node::State::open_outside() {
  adapters::http::ClientOptions options;
  options.tls.system_authorities = true;
  // Members of the space are met here too, by their DIDs.
  options.tls.authorities_pem.push_back(opened.authority_pem);
  if (!config.partner_authorities.empty()) {
    WEIR_TRY_LET(const Bytes pem, files.read_all(config.partner_authorities, kAuthoritiesBytesMax));
    options.tls.authorities_pem.emplace_back(text_of(pem));
  }
  WEIR_TRY_LET(foreign, Client::open(std::move(options)));
  OwnDid own{.node = opened.id.text(),
             .did = [this] { return claims->did().text(); },
             .show = [this](const std::string& id) -> Result<std::string> {
               WEIR_TRY_LET(const auto did, trust::claims::Did::parse(id));
               return claims->authorization_for(did);
             }};
  partners = std::make_unique<Partners>(*sql, clock, *foreign, kit::open_to(config), std::move(own));
  return {};
}

Result<> Node::State::open_claims() {
  WEIR_TRY_LET(crypto::PrivateKey key, opened.folder.did_key(opened.passphrase, random));
  WEIR_TRY_LET(claims, Claims::open({.sql = *sql,
                                     .log = *counted_log,
                                     .clock = clock,
                                     .random = random,
                                     .client = *foreign,
                                     .key = std::move(key),
                                     .self = opened.id,
                                     .url = url,
                                     .issues = admits(),
                                     .issuers = words_of(config.did_issuers),
                                     .types = words_of(config.did_credentials),
                                     .fresh = config.did_cache,
                                     .plain_on_loopback = kit::speaks_plainly(config),
                                     .member = [this](const auto& did) { return member_at(did); },
                                     .applicant = [this](const auto& did) -> Result<trust::claims::Member> {
                                       if (auto kits = kit::member(config, did, opened.id.text())) return *kits;
                                       return member_at(did);
                                     },
                                     .is_partner =
                                         [this](const std::string& id) {
                                           const auto partner = partners->find(id);
                                           return partner && partner->by_did();
                                         },
                                     .may_act =
                                         [this](const std::string& node) {
                                           const auto parsed = NodeId::parse(node);
                                           return parsed && membership->directory().usable(*parsed).ok();
                                         }}));
  return {};
}

// The participant is the same, whichever way it proves itself: a DID stands for an address, and the directory says
// whose that is.
Result<trust::claims::Member> Node::State::member_at(const trust::claims::Did& did) {
  WEIR_TRY_LET(const auto known, membership->directory().at("https://" + did.authority()));
  WEIR_TRY_LET(const auto record, membership->directory().usable(known.id));
  return trust::claims::Member{record.id.text(), record.participant.text(), record.name};
}

Result<> Node::State::open_domain() {
  WEIR_TRY_LET(auto area, supply::identifier::AreaCode::parse(node_file().area));
  catalog = std::make_unique<supply::catalog::Service>(
      supply::catalog::Service::Parts{.sql = *sql,
                                      .dialect = commits->database().dialect(),
                                      .log = *counted_log,
                                      .clock = clock,
                                      .random = random,
                                      .participant = opened.id.subject(),
                                      .node = opened.id,
                                      .area = std::move(area),
                                      .announce = [this](store::Tx& tx, const auto& list, const std::string& actor) {
                                        return membership->announce(tx, list, actor);
                                      }});
  metering = std::make_unique<flow::metering::Service>(
      flow::metering::Service::Deps{.sql = *sql, .log = *counted_log, .clock = clock, .node = opened.id.text()});
  standards = std::make_unique<standards::registering::Service>(standards::registering::Deps{
      .sql = *sql,
      .log = *counted_log,
      .clock = clock,
      .random = random,
      .known_direction = [](std::string_view direction) { return standards::framework::shipped().knows(direction); }});
  usage = std::make_unique<flow::usage::Service>(
      flow::usage::Service::Parts{.sql = *sql,
                                  .log = *counted_log,
                                  .clock = clock,
                                  .random = random,
                                  .hash = crypto::hash_of(node_file().suite),
                                  .node = opened.id.text()});
  const FindNode find = [this](const NodeId& id) { return membership->find(id); };
  Outsiders outsiders;
  outsiders.find = [this](store::Tx& tx, std::string_view id) -> Result<Outsiders::Addresses> {
    WEIR_TRY_LET(Partner partner, partners->find(tx, id));
    return Outsiders::Addresses{std::move(partner.address), std::move(partner.data_address)};
  };
  outsiders.anywhere = kit::is_on(config);
  contract_directory = std::make_unique<ContractDirectory>(find, std::move(outsiders));
  contract_offers = std::make_unique<ContractOffers>(*catalog);
  decider = std::make_unique<GradedDecider>(*catalog);
  if (kit::is_on(config)) kit_offers = kit::offers(*contract_offers);
  contract_usage = std::make_unique<ContractUsage>(*usage, opened.id.text(), [this](const std::string& agreement) {
    duties->agreement_ended(agreement);
    if (alarm) alarm->look();
  });
  contracts = std::make_unique<flow::contract::Service>(
      flow::contract::Service::Deps{.sql = *sql,
                                    .log = *counted_log,
                                    .clock = clock,
                                    .random = random,
                                    .directory = *contract_directory,
                                    .offers = kit_offers ? *kit_offers : *contract_offers,
                                    .usage = *contract_usage,
                                    .decider = kit::is_on(config) ? kit::decider() : *decider,
                                    .self = {opened.id, opened.id.subject().text(), protocol_address(),
                                             &opened.identity},
                                    .options = {.unsigned_peers = config.unsigned_peers || kit::is_on(config),
                                                .foreign_pause = foreign_pause_of(config)},
                                    .wake = [this] {
                                      if (alarm) alarm->look();
                                    }});
  return {};
}

Result<> Node::State::open_delivery() {
  const crypto::Suite suite = node_file().suite;
  WEIR_TRY(files.remove_tree(opened.folder.file("spill")));
  contents = std::make_unique<flow::delivery::Contents>(files, opened.folder.file("contents"), crypto::hash_of(suite),
                                                        random);
  WEIR_TRY(contents->sweep());
  WEIR_TRY_LET(const crypto::SecretBytes master, opened.folder.vault_key(opened.passphrase));
  vault = std::make_unique<flow::delivery::Vault>(files, opened.folder.file("vault"), suite, master, random);
  const FindNode find = [this](const NodeId& id) { return membership->find(id); };
  delivery_neighbours = std::make_unique<DeliveryNeighbours>(clock, *contracts, *contents, *contract_directory, find,
                                                            *metering);
  counted_neighbours = std::make_unique<CountedNeighbours>(*delivery_neighbours, registry);
  open_signaling();
  delivery = std::make_unique<flow::delivery::Service>(
      flow::delivery::Service::Deps{.sql = *sql,
                                    .log = *counted_log,
                                    .clock = clock,
                                    .random = random,
                                    .neighbours = *counted_neighbours,
                                    .contents = *contents,
                                    .vault = *vault,
                                    .self = {opened.id, protocol_address(), url + std::string(kDataPath),
                                             &opened.identity},
                                    .wake = [this](const std::string& pid) {
                                      if (data_plane) data_plane->wake(pid);
                                      // The kit's data addresses lead nowhere.
                                      const bool scripted = kit::is_on(config) && !kit::is_on_for_signaling(config);
                                      if (transfers && !scripted) transfers->wake(pid);
                                    },
                                    .held = kit::is_on(config),
                                    .token_lifetime = config.token_lifetime,
                                    .foreign_pause = foreign_pause_of(config),
                                    .planes = signaling.get()});
  signaling->use(*delivery);
  delete_handler = std::make_unique<DeleteHandler>(*delivery);
  usage->add_handler(*delete_handler);
  duty_hooks = std::make_unique<Hooks>(opened.folder.file("hooks"));
  usage->add_handler(*duty_hooks);
  duties = std::make_unique<Duties>(Duties::Parts{
      .clock = clock, .contracts = *contracts, .usage = *usage, .delivery = *delivery, .self = opened.id.text()});
  data_plane = std::make_unique<DataPlane>(
      *delivery, rate_limits,
      DataPlaneOptions{
          .may_renew =
              [this](const auto& transfer, std::string_view by) {
                return transfer.ordered_by.empty() ? Result<>()
                                                   : may_renew(*signaling, *claims, transfer, by, clock.now());
              },
          .spill = [this](const std::string& pid) { return open_spill(pid); }});
  assessments = std::make_unique<standards::assessment::Service>(
      standards::assessment::Service::Parts{.sql = *sql,
                                            .log = *counted_log,
                                            .clock = clock,
                                            .random = random,
                                            .clauses = [this] { return standards->clauses(); },
                                            .key = opened.identity,
                                            .certificate = opened.identity_pem,
                                            .node = opened.id.text(),
                                            .hash = crypto::hash_of(suite)});
  return {};
}

void Node::State::open_signaling() {
  signaling = std::make_unique<Signaling>(
      Signaling::Deps{.sql = *sql,
                      .clock = clock,
                      .random = random,
                      .client = *foreign,
                      .catalog = *catalog,
                      .contracts = *contracts,
                      .terms = *contract_usage,
                      .neighbours = *counted_neighbours,
                      .self = opened.id.text(),
                      .own_name = [this](store::Tx& tx, std::string_view peer) {
                        const auto partner = partners->find(tx, peer);
                        return partner && partner->by_did() ? claims->did().text() : opened.id.text();
                      },
                      .wake =
                          [this](const std::string& pid) {
                            if (transfers) transfers->wake(pid);
                          }});
}

Result<> Node::State::open_jobs() {
  for (const char* folder : {"jobs/inputs", "jobs/results", "jobs/work", "jobs/images"}) {
    WEIR_TRY(files.make_directories(opened.folder.file(folder)));
  }
  job_inputs = std::make_unique<flow::delivery::Contents>(files, opened.folder.file("jobs/inputs"),
                                                          crypto::hash_of(node_file().suite), random);
  WEIR_TRY(job_inputs->sweep());
  job_neighbours = std::make_unique<JobNeighbours>(opened.id.text(), clock, *contracts, *usage, *metering);
  jobs = std::make_unique<use::job::Service>(use::job::Service::Deps{
      .sql = *sql,
      .log = *counted_log,
      .clock = clock,
      .random = random,
      .neighbours = *job_neighbours,
      .node = opened.id.text(),
      .rules = {.set_least = config.job_set_least, .questions_most = config.job_questions_most,
                .group_least = config.job_group_least},
      .wake = [this](const std::string& id) {
        if (job_runner) job_runner->wake(id);
      }});
  return {};
}

Result<> Node::State::listen(Node& node) {
  authenticator = std::make_unique<NodeAuthenticator>(*credentials, *membership, *partners, *claims);
  idempotency = adapters::http::make_idempotency_store(*sql, clock);
  observer = adapters::metrics::make_http_metrics(registry);
  router = std::make_unique<adapters::http::Router>(adapters::http::RouterOptions{.authenticator = authenticator.get(),
                                                                                  .idempotency = idempotency.get(),
                                                                                  .random = &random,
                                                                                  .observer = observer.get()});
  add_routes(*router, node);
  if (kit_counterpart) kit_counterpart->add_routes(*router);
  if (kit::is_on_for_claims(config)) kit::add_claims_routes(*router, node);
  data_plane->add_routes(*router);
  const auto access =
      config.metrics_public ? adapters::http::Access::open() : adapters::http::Access::with_scope("admin");
  router->add(adapters::metrics::metrics_route(registry, access));
  router->add_openapi("/api/v1/openapi.json", {"Weir, node of a trusted data space", "Weir 可信数据空间节点"}, "1");
  add_schemas(*router);
  WEIR_TRY(adapters::http::check_schemas(*router));
  Measured measured{.sql = *sql,
                    .archive = *archive,
                    .heartbeats = membership->heartbeats(),
                    .health = [this] { return commits->database().health(); },
                    .above_answered = {}};
  if (membership->has_above()) measured.above_answered = [this] { return above_answered.load(); };
  measure(registry, std::move(measured));
  adapters::http::ServerOptions options;
  options.address = config.listen.host;
  options.port = config.listen.port;
  if (!kit::speaks_plainly(config)) {
    options.tls = adapters::http::TlsServerOptions{.identity = tls_identity(opened),
                                                   .client_authorities_pem = {opened.authority_pem}};
  }
  options.workers = static_cast<std::size_t>(config.workers + News::kWaitersMax);
  options.streams = static_cast<std::size_t>(config.streams);
  options.connections_max = static_cast<std::size_t>(config.connections_max);
  options.requests_per_second = static_cast<std::uint64_t>(config.requests_per_second);
  WEIR_TRY_LET(server, Server::start(std::move(options), *router));
  return {};
}

}  // namespace weir::node
