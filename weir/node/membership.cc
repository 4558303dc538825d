// SPDX-License-Identifier: Apache-2.0
#include "weir/node/membership.h"

#include <map>
#include <mutex>

#include "weir/base/log.h"
#include "weir/store/outbox.h"
#include "weir/trust/credential/actor.h"
#include "weir/wire/encoding.h"

namespace weir::node {

using adapters::http::ClientRequest;
using supply::identifier::NodeId;
using trust::credential::Actor;
using trust::participant::Admission;
using trust::participant::Directory;
using trust::participant::Enrolment;
using trust::participant::NodeRecord;
using wire::Json;

namespace {

// How long a connection that was checked is believed before it is checked again. On a regional node, whose directory is
// the authority, not at all: a suspension holds at once.
constexpr Milliseconds kBelieved{5'000};
constexpr std::size_t kKnownMax = 100'000;
constexpr std::size_t kReportedAtOnce = 500;

// The node above, over HTTP.
class Above final : public trust::participant::Upstream, public supply::identifier::Upstream {
 public:
  explicit Above(Membership& membership) : membership_(membership) {}
  Result<NodeRecord> resolve(const NodeId& id) override {
    WEIR_TRY_LET(const Json json, membership_.ask_above("/peer/v1/nodes/" + id.text()));
    return trust::participant::parse_node_record(json);
  }
  Result<supply::identifier::Record> resolve(const supply::identifier::Identifier& id) override {
    WEIR_TRY_LET(const Json json, membership_.ask_above("/peer/v1/identifiers/" + id.text()));
    return supply::identifier::parse_record(json);
  }

 private:
  Membership& membership_;
};

}  // namespace

struct Membership::State {
  explicit State(Deps the_deps) : deps(std::move(the_deps)), heartbeats(deps.clock, deps.heartbeat) {}

  Deps deps;
  trust::participant::Heartbeats heartbeats;
  std::unique_ptr<Above> above;
  std::unique_ptr<adapters::http::Client> above_client;  // of a regional node that joined a global one
  std::unique_ptr<Directory> directory;
  std::unique_ptr<supply::identifier::Registry> registry;
  std::optional<crypto::PrivateKey> authority_key;
  std::optional<crypto::Certificate> authority;
  crypto::SecretBytes person_key;
  std::unique_ptr<Admission> admission;

  std::mutex mutex;  // guards known and believed
  std::map<NodeId, KnownNode> known;
  std::map<std::string, Timestamp> believed;  // certificate fingerprint -> until when

  bool admits() const { return deps.folder.node().role != config::Role::kConnector; }
  bool has_above() const { return !deps.folder.node().above_node.empty(); }
  Result<adapters::http::ClientResponse> send_above(ClientRequest request);

  Result<> keep_self();
  Result<> keep_enrolment();
  Result<> keep_anchor(const crypto::Certificate& certificate);
  Result<> open_admission(Membership& membership);
  Result<> open_above_client();
  Result<> remember(const NodeRecord& record, crypto::PublicKey key);
};

Result<> Membership::State::keep_anchor(const crypto::Certificate& certificate) {
  WEIR_TRY_LET(const auto anchors, directory->anchors());
  for (const auto& anchor : anchors) {
    if (anchor.fingerprint() == certificate.fingerprint()) return {};
  }
  return directory->add_anchor(certificate, Actor::node(deps.self));
}

Result<> Membership::State::keep_self() {
  const NodeFile& file = deps.folder.node();
  return directory->keep(NodeRecord{.id = deps.self,
                                    .participant = deps.self.subject(),
                                    .name = file.name,
                                    .base_url = deps.url,
                                    .identity_certificate_pem = deps.identity_pem,
                                    .transport_certificate_pem = deps.transport_pem,
                                    .status = trust::participant::Status::kActive,
                                    .updated = deps.clock.now()});
}

// What the node picked up when it was admitted lies beside its certificates.
Result<> Membership::State::keep_enrolment() {
  WEIR_TRY_LET(const Bytes text, deps.files.read_all(deps.folder.file("certificates/enrolment.json"), 1u << 20));
  WEIR_TRY_LET(const Enrolment enrolment, trust::participant::parse_enrolment(text_of(text)));
  for (const std::string& pem : enrolment.anchors_pem) {
    WEIR_TRY_LET(const auto anchor, crypto::Certificate::from_pem(pem));
    WEIR_TRY(keep_anchor(anchor));
  }
  return directory->keep(enrolment.regional);
}

Result<> Membership::State::open_admission(Membership&) {
  WEIR_TRY_LET(authority_key, deps.folder.key(DataFolder::KeyName::kAuthority, deps.passphrase));
  WEIR_TRY_LET(const crypto::SecretBytes vault_key, deps.folder.vault_key(deps.passphrase));
  person_key = crypto::derive(crypto::HashAlgorithm::kSha256, vault_key, {}, view_of("weir.person"), 32);
  WEIR_TRY_LET(const auto area, supply::identifier::AreaCode::parse(deps.folder.node().area));
  const Admission::Parts parts{.sql = deps.sql,
                               .log = deps.log,
                               .clock = deps.clock,
                               .random = deps.random,
                               .registry = *registry,
                               .directory = *directory,
                               .authority = {*authority_key, *authority},
                               .person_key = person_key};
  admission = std::make_unique<Admission>(parts, deps.self, area);
  return {};
}

Result<> Membership::State::open_above_client() {
  using Name = DataFolder::CertificateName;
  adapters::http::ClientOptions options;
  WEIR_TRY_LET(options.tls.identity.certificate_pem, deps.folder.certificate_pem(Name::kAboveTransport));
  WEIR_TRY_LET(const auto key, deps.folder.key(DataFolder::KeyName::kTransport, deps.passphrase));
  options.tls.identity.key = key.der(crypto::SecretAccess("TLS of the node"));
  WEIR_TRY_LET(std::string pem, deps.folder.certificate_pem(Name::kAboveAuthority));
  options.tls.authorities_pem.push_back(std::move(pem));
  WEIR_TRY_LET(above_client, adapters::http::Client::open(std::move(options)));
  return {};
}

Result<> Membership::State::remember(const NodeRecord& record, crypto::PublicKey key) {
  const std::scoped_lock lock(mutex);
  if (known.size() >= kKnownMax) known.clear();
  known.insert_or_assign(record.id, KnownNode{.id = record.id,
                                              .participant = record.participant.text(),
                                              .base_url = record.base_url,
                                              .key = std::move(key)});
  return {};
}

Membership::Membership(std::unique_ptr<State> state) : state_(std::move(state)) {}
Membership::~Membership() = default;

Result<std::unique_ptr<Membership>> Membership::open(Deps deps) {
  std::unique_ptr<Membership> out(new Membership(std::make_unique<State>(std::move(deps))));
  State& s = *out->state_;
  if (s.has_above()) s.above = std::make_unique<Above>(*out);
  if (s.admits() && s.has_above()) WEIR_TRY(s.open_above_client());
  // A regional node's directory is the authority for its space: it asks nobody.
  s.directory = std::make_unique<Directory>(s.deps.sql, s.deps.log, s.deps.clock, s.admits() ? nullptr : s.above.get());
  s.registry = std::make_unique<supply::identifier::Registry>(s.deps.sql, s.deps.log, s.deps.clock, s.deps.self,
                                                              supply::identifier::own_prefix(s.deps.self),
                                                              s.above.get());
  WEIR_TRY_LET(s.authority, crypto::Certificate::from_pem(s.deps.authority_pem));
  if (s.admits()) {
    WEIR_TRY(s.keep_anchor(*s.authority));
    WEIR_TRY(s.open_admission(*out));
  } else {
    WEIR_TRY(s.keep_enrolment());
  }
  WEIR_TRY(s.keep_self());
  WEIR_TRY(out->know(s.deps.self));
  return out;
}

Result<KnownNode> Membership::find(const NodeId& node) {
  const std::scoped_lock lock(state_->mutex);
  const auto found = state_->known.find(node);
  if (found == state_->known.end()) {
    return Error(Errc::kNotFound, "node " + node.text() + " is not known here").because("node.unknown");
  }
  return found->second;
}

Result<> Membership::know(const NodeId& node) {
  const auto forget = [&](Error error) {
    const std::scoped_lock lock(state_->mutex);
    state_->known.erase(node);
    return error;
  };
  auto record = state_->directory->usable(node);
  if (!record) return forget(record.error());
  auto key = state_->directory->public_key(node);
  if (!key) return forget(key.error());
  return state_->remember(*record, *std::move(key));
}

Result<> Membership::admit(const adapters::http::PeerCertificate& certificate) {
  const Timestamp now = state_->deps.clock.now();
  if (!state_->admits()) {
    const std::scoped_lock lock(state_->mutex);
    const auto found = state_->believed.find(certificate.fingerprint);
    if (found != state_->believed.end() && now < found->second) return {};
  }
  WEIR_TRY_LET(const NodeRecord record, state_->directory->check_connection(certificate.pem));
  WEIR_TRY(know(record.id));
  const std::scoped_lock lock(state_->mutex);
  if (state_->believed.size() >= kKnownMax) state_->believed.clear();
  state_->believed[certificate.fingerprint] = after(now, kBelieved);
  return {};
}

Result<std::string> Membership::certificate_of(const NodeId& node) {
  WEIR_TRY_LET(const NodeRecord record, state_->directory->find(node));
  return record.identity_certificate_pem;
}

Result<Json> Membership::ask(const std::string& url, const NodeId& node) {
  ClientRequest request{.url = url};
  request.node = node.text();
  WEIR_TRY_LET(const auto response, state_->deps.client.request(request));
  return response.json();
}

bool Membership::has_above() const { return state_->has_above(); }

// `request.url` is a path.
Result<adapters::http::ClientResponse> Membership::State::send_above(ClientRequest request) {
  if (!has_above()) return Error(Errc::kConflict, "there is no node above this one").because("node.none_above");
  const NodeFile& file = deps.folder.node();
  request.url = file.above_url + request.url;
  request.node = file.above_node;
  return (above_client ? *above_client : deps.client).request(request);
}

Result<Json> Membership::ask_above(const std::string& path) {
  WEIR_TRY_LET(const auto response, state_->send_above({.url = path}));
  return response.json();
}

Result<Json> Membership::tell_above(const std::string& path, const Json& body, Milliseconds longest) {
  ClientRequest request{.method = adapters::http::Method::kPost, .url = path, .body = body.dump(), .timeout = longest};
  request.headers.set("Content-Type", "application/json");
  WEIR_TRY_LET(const auto response, state_->send_above(std::move(request)));
  return response.json();
}

Result<> Membership::tell_regional(const std::string& path, const Json& body) {
  const NodeFile& file = state_->deps.folder.node();
  return state_->deps.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY(store::enqueue(tx, {.lane = "regional" + path,
                                 .peer = file.above_node,
                                 .address = file.above_url,
                                 .path = path,
                                 .body = body.dump(),
                                 .not_before = state_->deps.clock.now()}));
    return {};
  });
}

Result<> Membership::beat(Milliseconds longest) {
  WEIR_TRY_LET(const auto response, state_->send_above({.method = adapters::http::Method::kPost,
                                                        .url = "/peer/v1/heartbeat",
                                                        .timeout = longest}));
  return response.ok();
}

//= NDI-TR-2025-04#resolution
Result<bool> Membership::report_identifiers(Milliseconds longest) {
  WEIR_TRY_LET(const auto changed, state_->registry->unreported(kReportedAtOnce));
  if (changed.records.empty()) return false;
  Json records = Json::array();
  for (const auto& record : changed.records) records.push(supply::identifier::to_json(record));
  WEIR_TRY_LET(const Json answer, tell_above(std::string(kIdentifiersPath),
                                             Json::object({{"identifiers", std::move(records)}}), longest));
  // The node above took the report, but perhaps not every identifier in it: somebody has to know.
  for (const Json& each : answer["refused"].items()) {
    log::warning("identifier.refused_above", {{"id", each.text_or("id", "")}, {"reason", each.text_or("reason", "")}});
  }
  WEIR_TRY(state_->registry->mark_reported(changed.last));
  return changed.records.size() == kReportedAtOnce;
}

//= NDI-TR-2025-04#assignment
Result<> Membership::announce(store::Tx& tx, const std::vector<supply::catalog::Announcement>& list,
                              const std::string& actor) {
  using supply::identifier::RecordStatus;
  for (const auto& each : list) {
    const supply::identifier::Registration registration{
        .id = each.id,
        .owner = each.publisher,
        .location = state_->deps.url + "/peer/v1/products/" + wire::escape_url(each.id.text())};
    WEIR_TRY(each.ended ? state_->registry->set_status(tx, each.id, RecordStatus::kWithdrawn, actor)
                        : state_->registry->enter(tx, registration, actor));
  }
  return {};
}

Result<> Membership::tell_members(const std::string& changed) {
  if (state_->deps.folder.node().role == config::Role::kGlobal) return {};  // its members do not use its directory
  WEIR_TRY_LET(Admission* deciding, admission());
  std::vector<trust::participant::ApplicationInfo> members;
  Json nodes = Json::array();
  for (std::size_t offset = 0;; offset += limits::kPageSizeMax) {
    WEIR_TRY_LET(auto page, deciding->applications(std::nullopt, offset, limits::kPageSizeMax));
    const bool last = page.size() < limits::kPageSizeMax;
    for (auto& each : page) {
      if (!each.node) continue;
      const bool concerned = each.node->text() == changed || each.participant.text() == changed;
      if (concerned) nodes.push(each.node->text());
      if (!concerned && each.status == trust::participant::Status::kActive) members.push_back(std::move(each));
    }
    if (last) break;
  }
  const std::string body = Json::object({{"nodes", nodes}}).dump();
  return state_->deps.sql.write([&](store::Tx& tx) -> Result<> {
    for (const auto& member : members) {
      WEIR_TRY(store::enqueue(tx, {.lane = "member:" + member.node->text(),
                                   .peer = member.node->text(),
                                   .address = member.content.base_url,
                                   .path = std::string(kNodeChangedPath),
                                   .body = body,
                                   .not_before = state_->deps.clock.now()}));
    }
    return {};
  });
}

Result<> Membership::look_again(const NodeId& node) {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->believed.clear();
    state_->known.erase(node);
  }
  return state_->directory->forget(node);
}

Directory& Membership::directory() { return *state_->directory; }
supply::identifier::Registry& Membership::registry() { return *state_->registry; }
trust::participant::Heartbeats& Membership::heartbeats() { return state_->heartbeats; }

Result<Admission*> Membership::admission() {
  if (!state_->admission) {
    return Error(Errc::kConflict, "only a regional node admits participants").because("node.not_regional");
  }
  return state_->admission.get();
}

Result<std::string> own_url(const config::Config& config) {
  if (!config.public_url.empty()) return config.public_url;
  if (config.listen.port == 0) {
    return Error(Errc::kInvalidArgument, "a node needs an address that stays: set listen or public_url")
        .because("config.public_url")
        .advise("for instance: listen = \"127.0.0.1:8443\"");
  }
  return "https://" + config.listen.host + ":" + std::to_string(config.listen.port);
}

}  // namespace weir::node
