// SPDX-License-Identifier: Apache-2.0
#include "weir/node/facts.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "weir/adapters/http/client.h"
#include "weir/adapters/metrics/metrics.h"
#include "weir/node/facts_business.h"
#include "weir/node/membership.h"
#include "weir/node/node.h"
#include "weir/standards/register/service.h"
#include "weir/trust/credential/password.h"
#include "weir/trust/credential/service.h"
#include "weir/trust/evidence/fsck.h"

namespace weir::node {
namespace {

using standards::assessment::Facts;
using supply::identifier::NodeId;
using wire::Json;

constexpr std::uint64_t kEntriesRecomputed = 20'000;  // a longer log is checked by samples
constexpr std::uint64_t kEntriesSampled = 200;
constexpr std::size_t kEntriesNewest = 20;
constexpr int kRounds = 10;

Result<Json> see_node(Node& node) {
  const NodeFile& file = node.folder().node();
  return Json::object({{"node", node.id().text()},
                       {"name", file.name},
                       {"role", config::name_of(file.role)},
                       {"suite", crypto::name_of(file.suite)},
                       {"participant", file.participant},
                       {"area", file.area},
                       {"url", node.url()},
                       {"version", "0.1.0"}});
}

Result<Json> see_certificate(Node& node) {
  WEIR_TRY_LET(const auto own, crypto::Certificate::from_pem(node.identity_certificate_pem()));
  WEIR_TRY_LET(const auto authority, crypto::Certificate::from_pem(node.authorities_pem().front()));
  const auto issued = crypto::verify_issued(own, authority, node.clock().now());
  const auto& info = own.info();
  return Json::object({{"commonName", info.subject.common_name},
                       {"unit", info.subject.unit},
                       {"organisation", info.subject.organisation},
                       {"issuer", info.issuer_common_name},
                       {"until", format_iso8601(info.not_after)},
                       {"algorithm", crypto::name_of(own.public_key().algorithm())},
                       {"issued", issued.ok()},
                       {"problem", issued ? "" : std::string(issued.error().message())}});
}

// ── doors: what somebody unknown is answered ──

Result<std::int64_t> status_of(adapters::http::Client& client, adapters::http::ClientRequest request) {
  request.timeout = Milliseconds(5'000);
  WEIR_TRY_LET(const auto answer, client.request(request));
  return std::int64_t{answer.status};
}

Result<Json> see_doors(Node& node) {
  using adapters::http::ClientRequest;
  using adapters::http::Method;
  adapters::http::ClientOptions options;
  options.tls.authorities_pem = node.authorities_pem();
  WEIR_TRY_LET(const auto client, adapters::http::Client::open(std::move(options)));
  const std::string url = node.url();
  Json out = Json::object({{"tls", url.starts_with("https://")}});
  const auto ask = [&](const char* name, ClientRequest request) -> Result<> {
    WEIR_TRY_LET(const std::int64_t status, status_of(*client, std::move(request)));
    out.set(name, status);
    return {};
  };
  WEIR_TRY(ask("health", {.url = url + "/health"}));
  WEIR_TRY(ask("ready", {.url = url + "/ready"}));
  WEIR_TRY(ask("anonymous", {.url = url + "/api/v1/evidence"}));
  WEIR_TRY(ask("peerWithoutCertificate", {.url = url + "/peer/v1/products"}));
  ClientRequest forged{.url = url + "/api/v1/evidence"};
  forged.headers.set("Authorization", "Bearer weir_0000000000000000000000000000000000000000000");
  WEIR_TRY(ask("badToken", std::move(forged)));
  ClientRequest wrong{.method = Method::kPost, .url = url + "/api/v1/login"};
  wrong.headers.set("Content-Type", "application/json");
  wrong.body = R"({"name":"nobody-of-this-node","password":"A wrong password 1!"})";
  WEIR_TRY(ask("wrongLogin", std::move(wrong)));
  const std::string plain = "http://" + url.substr(url.find("://") + 3) + "/health";
  const auto answer = status_of(*client, {.url = plain});
  out.set("plain", answer.ok() && *answer == 200);
  return out;
}

Result<Json> see_routes(Node& node) {
  using adapters::http::AccessKind;
  Json out = Json::array();
  for (const auto& route : node.router().routes()) {
    if (route->hidden) continue;
    const bool by_operator =
        route->access.kind == AccessKind::kOperator || route->access.kind == AccessKind::kOperatorOrPeer;
    std::string access = by_operator ? route->access.scope : route->access.kind == AccessKind::kPeer ? "peer" : "open";
    if (access.empty()) access = "operator";
    out.push(Json::object({{"operation", route->operation},
                           {"method", adapters::http::name_of(route->method)},
                           {"path", route->pattern},
                           {"access", access},
                           {"en", route->summary.en},
                           {"zh", route->summary.zh}}));
  }
  return out;
}

// ── people ──

Result<Json> see_passwords(Node&) {
  struct Weak {
    const char* password;
    Text what;
  };
  static const Weak kWeak[] = {{"aB3$efg", {"of seven characters", "七位"}},
                               {"abcdefghij", {"of letters only", "仅含字母"}},
                               {"1234567890", {"of digits only", "仅含数字"}},
                               {"abcde12345", {"without a symbol", "无符号"}},
                               {"Anna-2026!", {"that holds the operator's name", "含经办人姓名"}}};
  Json weak = Json::array();
  for (const Weak& one : kWeak) {
    const auto taken =
        trust::credential::check_password(crypto::SecretBytes(view_of(std::string_view(one.password))), "anna");
    weak.push(Json::object({{"en", one.what.en}, {"zh", one.what.zh}, {"refused", !taken.ok()}}));
  }
  const std::string_view strong = "Ein guter Satz, 7 Worte lang!";
  const auto taken = trust::credential::check_password(crypto::SecretBytes(view_of(strong)), "anna");
  return Json::object({{"weak", weak}, {"strongTaken", taken.ok()}});
}

Result<Json> see_operators(Node& node) {
  constexpr std::int64_t kDay = 24LL * 3600 * 1000;
  const Timestamp now = node.clock().now();
  WEIR_TRY_LET(const auto all, node.credentials().list());
  Json out = Json::array();
  for (const auto& one : all) {
    if (one.disabled) continue;
    WEIR_TRY_LET(const auto tokens, node.credentials().tokens(one.id));
    bool endless = false;
    for (const auto& token : tokens) {
      const bool alive = token.revoked.value() == 0;
      endless = endless || (alive && (token.expires.value() == 0 || token.expires.value() > now.value() + 367 * kDay));
    }
    out.push(Json::object({{"id", one.id.text()},
                           {"scopes", Json::strings(one.scopes.names())},
                           {"oldPassword", one.has_password && one.must_change},
                           {"tokens", static_cast<std::int64_t>(tokens.size())},
                           {"endlessToken", endless}}));
  }
  return out;
}

Result<Json> see_directory(Node& node) {
  auto& directory = node.membership().directory();
  WEIR_TRY_LET(const auto anchors, directory.anchors());
  const auto self = directory.find(node.id());
  bool regional = node.admits();
  if (!regional) {
    WEIR_TRY_LET(const NodeId above, NodeId::parse(node.folder().node().above_node));
    regional = directory.find(above).ok();
  }
  return Json::object({{"self", self.ok() && self->status == trust::participant::Status::kActive},
                       {"certificate", self.ok() && self->identity_certificate_pem == node.identity_certificate_pem()},
                       {"regional", regional},
                       {"anchors", static_cast<std::int64_t>(anchors.size())}});
}

Result<Json> see_heartbeats(Node& node) {
  if (!node.admits()) return Json::object({{"nodes", 0}, {"running", 0}, {"unknown", 0}});
  using trust::participant::Running;
  WEIR_TRY_LET(const auto records, node.membership().directory().list("", limits::kPageSizeMax));
  std::int64_t nodes = 0;
  std::int64_t running = 0;
  std::int64_t unknown = 0;
  for (const auto& record : records) {
    if (record.id == node.id() || record.status != trust::participant::Status::kActive) continue;
    ++nodes;
    const Running state = node.membership().heartbeats().status(record.id);
    running += state == Running::kRunning;
    unknown += state == Running::kUnknown;
  }
  return Json::object({{"nodes", nodes}, {"running", running}, {"unknown", unknown}});
}

// ── the disk, settings, figures ──

bool is_private(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && (status.st_mode & 077) == 0;
}

Result<Json> see_storage(Node& node) {
  const std::string keys = node.folder().file("keys");
  WEIR_TRY_LET(const auto names, node.files().list(keys));
  Json rows = Json::array();
  for (const std::string& name : names) {
    if (!name.ends_with(".key")) continue;
    WEIR_TRY_LET(const Bytes head, node.files().read_all(keys + "/" + name, 1u << 16));
    rows.push(Json::object({{"file", name},
                            {"private", is_private(keys + "/" + name)},
                            {"sealed", text_of(head).starts_with("WEIRKEY1")}}));
  }
  WEIR_TRY_LET(const auto vault, see_vault(node));
  return Json::object({{"keys", rows},
                       {"vaultItems", vault.items},
                       {"vaultSealed", vault.sealed},
                       {"folderPrivate", is_private(node.folder().path())}});
}

Result<Json> see_settings(Node& node) {
  const config::Config& c = node.config();
  const std::string& host = c.listen.host;
  const bool reference = c.key_passphrase_ref.empty() || c.key_passphrase_ref.starts_with("file:") ||
                         c.key_passphrase_ref.starts_with("env:");
  const bool inline_secret = !reference || c.database_url.find("password=") != std::string::npos;
  const char* level = c.log_level == log::Level::kDebug ? "debug" : "info or above";
  return Json::object({{"retentionDays", c.retention_days},
                       {"metricsPublic", c.metrics_public},
                       {"logLevel", level},
                       {"connectionsMax", c.connections_max},
                       {"requestsPerSecond", c.requests_per_second},
                       {"loopback", host == "localhost" || host == "::1" || host.starts_with("127.")},
                       {"secretInline", inline_secret}});
}

Result<Json> see_metrics(Node& node) {
  const std::string text = node.metrics().expose();
  std::int64_t series = 0;
  double requests = 0;
  double failed = 0;
  for (const std::string& line : split(text, '\n')) {
    if (line.empty() || line.starts_with('#')) continue;
    ++series;
    if (!line.starts_with("weir_http_requests_total")) continue;
    const double value = std::strtod(line.c_str() + line.rfind(' '), nullptr);
    requests += value;
    if (line.find("status=\"5") != std::string::npos) failed += value;
  }
  return Json::object({{"series", series},
                       {"requests", static_cast<std::int64_t>(requests)},
                       {"failed", static_cast<std::int64_t>(failed)}});
}

// Questions of identity, catalogue and contract, in turn.
Result<Json> see_latency(Node& node) {
  std::vector<std::int64_t> micros;
  const auto timed = [&](const auto& question) {
    const auto start = std::chrono::steady_clock::now();
    const bool answered = question().ok();
    const auto end = std::chrono::steady_clock::now();
    if (answered) micros.push_back(std::chrono::duration_cast<std::chrono::microseconds>(end - start).count());
  };
  for (int round = 0; round < kRounds; ++round) {
    timed([&] { return node.membership().directory().find(node.id()); });
    timed([&] { return node.catalog().search({}); });
    timed([&] { return node.contracts().agreements({}); });
  }
  std::sort(micros.begin(), micros.end());
  const std::int64_t p95 = micros.empty() ? 0 : micros[(micros.size() - 1) * 95 / 100];
  return Json::object({{"questions", static_cast<std::int64_t>(micros.size())}, {"p95Micros", p95}});
}

// ── the log ──

Result<Json> see_log(Node& node) {
  Json out;
  WEIR_TRY(node.sql().read([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(const auto size, node.archive().size(tx));
    std::uint64_t checked = 0;
    std::string problem;
    if (size.value() <= kEntriesRecomputed) {
      WEIR_TRY_LET(const auto report, trust::evidence::fsck(tx, node.log().algorithm(), {node.log().key()}));
      checked = report.entries;
      if (!report.ok()) problem = report.problems.front().what.en;
    } else {
      for (std::uint64_t i = 0; i < kEntriesSampled && problem.empty(); ++i, ++checked) {
        const std::uint64_t at = i * (size.value() - 1) / (kEntriesSampled - 1);
        if (!is_proven(node, tx, trust::evidence::EntryIndex(static_cast<std::int64_t>(at)))) {
          problem = "entry " + std::to_string(at);
        }
      }
    }
    out = Json::object({{"size", static_cast<std::int64_t>(size.value())},
                        {"checked", static_cast<std::int64_t>(checked)},
                        {"ok", problem.empty()},
                        {"problem", problem},
                        {"algorithm", crypto::name_of(node.log().algorithm())}});
    return {};
  }));
  return out;
}

// Kinds of entries that checks ask for.
Result<std::set<std::string>> kinds_asked_for(Node& node) {
  std::set<std::string> out = {"usage.allowed", "usage.denied", "usage.conditional"};
  WEIR_TRY_LET(const auto clauses, node.standards().clauses());
  for (const auto& list : clauses->all()) {
    for (const auto& clause : list.clauses) {
      const auto& arguments = clause.check.arguments;
      if (clause.check.probe == "exercise" && arguments.size() > 1) out.insert(arguments.begin() + 1, arguments.end());
    }
  }
  return out;
}

Json event_json(Node& node, store::Tx& tx, const trust::evidence::StoredEntry& stored) {
  return Json::object({{"kind", stored.entry.kind},
                       {"index", stored.index.value()},
                       {"time", format_iso8601(stored.entry.time)},
                       {"actor", stored.entry.actor},
                       {"rules", static_cast<std::int64_t>(stored.entry.body["reasons"].size())},
                       {"proven", is_proven(node, tx, stored.index)}});
}

// The newest of each kind that is asked for, and the newest of any.
Result<Json> see_events(Node& node) {
  Json out;
  WEIR_TRY_LET(const auto kinds, kinds_asked_for(node));
  WEIR_TRY(node.sql().read([&](store::Tx& tx) -> Result<> {
    out = Json::array();
    trust::evidence::Query query;
    query.order = trust::evidence::Order::kNewestFirst;
    for (const std::string& kind : kinds) {
      query.kind = kind;
      query.limit = 1;
      query.cursor.clear();
      do {  // a page may be empty and not the last
        WEIR_TRY_LET(const auto page, node.archive().search(tx, query));
        if (!page.entries.empty()) out.push(event_json(node, tx, page.entries.front()));
        query.cursor = page.entries.empty() ? page.next_cursor : "";
      } while (!query.cursor.empty());
    }
    query.kind.clear();
    query.limit = kEntriesNewest;
    WEIR_TRY_LET(const auto page, node.archive().search(tx, query));
    for (const auto& stored : page.entries) out.push(event_json(node, tx, stored));
    return {};
  }));
  return out;
}

}  // namespace

bool is_proven(Node& node, store::Tx& tx, trust::evidence::EntryIndex index) {
  const auto entry = node.archive().get(tx, index);
  const auto proof = node.archive().proof_of(tx, index);
  return entry && proof && tlog::verify_proof(*proof, view_of(entry->leaf), {node.log().key()}).ok();
}

Facts gather_facts(Node& node) {
  using See = Result<Json> (*)(Node&);
  static constexpr std::pair<const char*, See> kFacts[] = {
      {"node", see_node},           {"certificate", see_certificate}, {"doors", see_doors},
      {"routes", see_routes},       {"passwords", see_passwords},     {"operators", see_operators},
      {"directory", see_directory}, {"heartbeats", see_heartbeats},   {"storage", see_storage},
      {"settings", see_settings},   {"latency", see_latency},         {"log", see_log},
      {"events", see_events},       {"products", see_products},       {"search", see_search},
      {"agreements", see_agreements}, {"transfers", see_transfers},   {"metrics", see_metrics}};
  Facts out;
  for (const auto& [name, see] : kFacts) {
    auto seen = see(node);
    if (seen) {
      out.seen.emplace(name, *std::move(seen));
    } else {
      out.unseen.emplace(name, std::string(seen.error().message()));
    }
  }
  return out;
}

}  // namespace weir::node
