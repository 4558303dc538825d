// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/contract/store.h"

#include <algorithm>

#include "weir/base/check.h"
#include "weir/base/text.h"

namespace weir::flow::contract {
namespace {

using store::Row;
using store::Rows;
using store::Tx;
using wire::Json;

constexpr std::string_view kVersion1 = R"sql(
CREATE TABLE contract_negotiation (
  pid TEXT PRIMARY KEY,
  peer_pid TEXT NOT NULL,
  role INTEGER NOT NULL,
  self TEXT NOT NULL,
  peer TEXT NOT NULL,
  peer_address TEXT NOT NULL,
  state INTEGER NOT NULL,
  product TEXT NOT NULL,
  offer TEXT NOT NULL,
  own_offer TEXT NOT NULL,
  rounds INTEGER NOT NULL,
  agreement TEXT NOT NULL,
  contract TEXT NOT NULL,
  seen TEXT NOT NULL,
  code TEXT NOT NULL,
  reasons TEXT NOT NULL,
  held INTEGER NOT NULL,
  hold_reason TEXT NOT NULL,
  error TEXT NOT NULL,
  notice_due INTEGER NOT NULL,
  deadline INTEGER NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL
);
CREATE UNIQUE INDEX contract_negotiation_peer ON contract_negotiation (peer, peer_pid, role) WHERE peer_pid <> '';
CREATE INDEX contract_negotiation_created ON contract_negotiation (created, pid);
CREATE INDEX contract_negotiation_held ON contract_negotiation (created, pid) WHERE held = 1;
CREATE INDEX contract_negotiation_deadline ON contract_negotiation (deadline) WHERE state < 600;
CREATE TABLE contract_agreement (
  id TEXT PRIMARY KEY,
  contract TEXT NOT NULL,
  pid TEXT NOT NULL,
  role INTEGER NOT NULL,
  peer TEXT NOT NULL,
  peer_address TEXT NOT NULL,
  product TEXT NOT NULL,
  state INTEGER NOT NULL,
  object TEXT NOT NULL,
  hash TEXT NOT NULL,
  signatures TEXT NOT NULL,
  suspended_by INTEGER NOT NULL,
  terminate_type INTEGER NOT NULL,
  code TEXT NOT NULL,
  reasons TEXT NOT NULL,
  notices TEXT NOT NULL,
  certificate TEXT NOT NULL,
  valid_until INTEGER,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  ended INTEGER
);
CREATE UNIQUE INDEX contract_agreement_contract ON contract_agreement (contract) WHERE contract <> '';
CREATE INDEX contract_agreement_created ON contract_agreement (created, id);
CREATE INDEX contract_agreement_until ON contract_agreement (valid_until)
  WHERE state IN (100, 200) AND valid_until IS NOT NULL;
CREATE TABLE contract_template (
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  body TEXT NOT NULL,
  author TEXT NOT NULL,
  created INTEGER NOT NULL,
  PRIMARY KEY (id, version)
);
)sql";

constexpr std::string_view kNegotiationColumns =
    "n.pid, n.peer_pid, n.role, n.self, n.peer, n.peer_address, n.state, n.offer, n.own_offer, n.rounds, n.agreement, "
    "n.contract, n.seen, n.code, n.reasons, n.held, n.hold_reason, n.error, n.notice_due, n.deadline, n.created, "
    "n.updated, a.state FROM contract_negotiation n LEFT JOIN contract_agreement a ON a.id = n.agreement ";
constexpr std::string_view kAgreementColumns =
    "a.object, a.pid, a.role, a.peer, a.peer_address, a.state, a.hash, a.signatures, a.suspended_by, a.terminate_type, "
    "a.code, a.reasons, a.notices, a.certificate, a.created, a.updated, a.ended, a.valid_until "
    "FROM contract_agreement a ";

Error no_negotiation() { return Error(Errc::kNotFound, "no such negotiation").because("contract.no_process"); }

constexpr std::int64_t kByProvider = 1;
constexpr std::int64_t kByConsumer = 2;

std::string joined(const std::vector<std::string>& ids) { return join(ids, ","); }
std::vector<std::string> split_ids(const std::string& text) {
  return text.empty() ? std::vector<std::string>() : split(text, ',');
}
std::string reasons_text(const std::vector<std::string>& reasons) {
  return reasons.empty() ? std::string() : Json::strings(reasons).dump();
}

Result<std::vector<std::string>> parse_reasons(const std::string& text) {
  std::vector<std::string> out;
  if (text.empty()) return out;
  WEIR_TRY_LET(const Json json, wire::parse_json(text));
  for (const Json& item : json.items()) out.push_back(item.as_string());
  return out;
}

Result<Role> parse_role(std::int64_t number) {
  if (number == 1) return Role::kProvider;
  if (number == 2) return Role::kConsumer;
  return Error(Errc::kCorrupt, "no role has the number " + std::to_string(number));
}

Result<Offer> read_offer(const std::string& text) {
  WEIR_TRY_LET(const Json json, wire::parse_json(text));
  return parse_offer(json, "stored offer");
}

Result<NegotiationRecord> negotiation_of(const Row& row) {
  NegotiationRecord out;
  Negotiation& n = out.negotiation;
  n.pid = row[0].text();
  n.peer_pid = row[1].text();
  WEIR_TRY_LET(n.role, parse_role(row[2].integer()));
  n.self = PartyId(row[3].text());
  n.peer = PartyId(row[4].text());
  n.peer_address = row[5].text();
  WEIR_TRY_LET(n.state, parse_state(row[6].integer()));
  WEIR_TRY_LET(n.offer, read_offer(row[7].text()));
  if (!row[8].text().empty()) {
    WEIR_TRY_LET(n.own_offer, read_offer(row[8].text()));
  }
  n.rounds = row[9].integer();
  n.agreement = row[10].text();
  n.contract = row[11].text();
  n.seen = split_ids(row[12].text());
  n.code = row[13].text();
  WEIR_TRY_LET(n.reasons, parse_reasons(row[14].text()));
  out.held = row[15].integer() != 0;
  out.hold_reason = row[16].text();
  out.error = row[17].text();
  out.notice_due = row[18].integer() != 0;
  out.deadline = row[19].time();
  n.created = row[20].time();
  n.updated = row[21].time();
  if (!row[22].is_null()) {
    WEIR_TRY_LET(out.agreement_state, parse_agreement_state(row[22].integer()));
  }
  return out;
}

Result<AgreementRecord> agreement_of(const Row& row) {
  AgreementRecord out;
  WEIR_TRY_LET(const Json object, wire::parse_json(row[0].text()));
  WEIR_TRY_LET(out.agreement, parse_agreement(object));
  out.pid = row[1].text();
  WEIR_TRY_LET(out.role, parse_role(row[2].integer()));
  out.peer = PartyId(row[3].text());
  out.peer_address = row[4].text();
  WEIR_TRY_LET(out.state, parse_agreement_state(row[5].integer()));
  out.hash = row[6].text();
  WEIR_TRY_LET(const Json signatures, wire::parse_json(row[7].text()));
  for (const Json& item : signatures.items()) {
    WEIR_TRY_LET(PartySignature signature, parse_party_signature(item, "stored signature"));
    out.signatures.push_back(std::move(signature));
  }
  out.suspended_by_provider = (row[8].integer() & kByProvider) != 0;
  out.suspended_by_consumer = (row[8].integer() & kByConsumer) != 0;
  out.terminate_type = static_cast<TerminateType>(row[9].integer());
  out.code = row[10].text();
  WEIR_TRY_LET(out.reasons, parse_reasons(row[11].text()));
  out.notices = split_ids(row[12].text());
  out.certificate = row[13].text();
  out.created = row[14].time();
  out.updated = row[15].time();
  if (!row[16].is_null()) out.ended = row[16].time();
  if (!row[17].is_null()) out.until = row[17].time();
  return out;
}

std::string signatures_text(const AgreementRecord& record) {
  Json json = Json::array();
  for (const PartySignature& signature : record.signatures) json.push(to_json(signature));
  return json.dump();
}

std::int64_t suspended_by(const AgreementRecord& record) {
  return (record.suspended_by_provider ? kByProvider : 0) | (record.suspended_by_consumer ? kByConsumer : 0);
}

store::Value optional_time(const std::optional<Timestamp>& time) {
  return time ? store::Value(*time) : store::Value();
}

// Where a page begins: "created:id" of the last item seen.
struct Place {
  std::int64_t created = INT64_MAX;
  std::string id{};
};
Result<Place> parse_cursor(const std::string& cursor) {
  if (cursor.empty()) return Place{};
  const std::size_t colon = cursor.find(':');
  const auto refused = Error(Errc::kInvalidArgument, "this is no cursor of this list").because("contract.cursor");
  if (colon == std::string::npos || colon == 0 || colon > 18) return refused;
  Place place{.created = 0, .id = cursor.substr(colon + 1)};
  for (const char c : std::string_view(cursor).substr(0, colon)) {
    if (c < '0' || c > '9') return refused;
    place.created = place.created * 10 + (c - '0');
  }
  return place;
}

struct Filter {
  std::string sql;
  store::Params params;
  template <class T>
  void also(std::string_view condition, const T& value) {
    sql += " AND ";
    sql += condition;
    params.emplace_back(value);
  }
};

Filter filter_of(const ListQuery& query, const std::string& t, const std::string& id, const Place& place) {
  Filter filter{.sql = "WHERE (" + t + "created < ? OR (" + t + "created = ? AND " + t + id + " < ?))", .params = {}};
  filter.params.reserve(8);
  filter.params.emplace_back(place.created);
  filter.params.emplace_back(place.created);
  filter.params.emplace_back(place.id);
  if (!query.peer.empty()) filter.also(t + "peer = ?", query.peer);
  if (!query.product.empty()) filter.also(t + "product = ?", query.product);
  if (query.role) filter.also(t + "role = ?", static_cast<std::int64_t>(*query.role));
  return filter;
}

template <class T, class Read, class Key>
Result<Page<T>> read_page(Tx& tx, const std::string& sql, const store::Params& params, std::size_t limit, Read read,
                          Key key) {
  Page<T> page;
  WEIR_TRY_LET(const Rows rows, tx.query(sql, params));
  for (const Row& row : rows) {
    if (page.items.size() == limit) {
      page.next = key(page.items.back());
      break;
    }
    WEIR_TRY_LET(T item, read(row));
    page.items.push_back(std::move(item));
  }
  return page;
}

Result<std::vector<std::string>> ids_of(Tx& tx, std::string_view sql, Timestamp now, std::size_t limit) {
  std::vector<std::string> ids;
  WEIR_TRY(tx.scan(sql, {now, limit}, [&](const Row& row) {
    ids.push_back(row[0].text());
    return true;
  }));
  return ids;
}

}  // namespace

store::Migration contract_migration() { return {.module = "contract", .versions = {kVersion1}}; }

Result<> insert(Tx& tx, const NegotiationRecord& record) {
  const Negotiation& n = record.negotiation;
  const std::string own = n.own_offer ? to_json(*n.own_offer).dump() : "";
  WEIR_TRY_LET(
      const std::int64_t changed,
      tx.execute("INSERT INTO contract_negotiation (pid, peer_pid, role, self, peer, peer_address, state, product, offer, "
                 "own_offer, rounds, agreement, contract, seen, code, reasons, held, hold_reason, error, notice_due, "
                 "deadline, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                 "?) ON CONFLICT DO NOTHING",
                 {n.pid, n.peer_pid, static_cast<std::int64_t>(n.role), n.self.value(), n.peer.value(), n.peer_address,
                  static_cast<std::int64_t>(n.state), n.offer.target, to_json(n.offer).dump(), own, n.rounds, n.agreement,
                  n.contract, joined(n.seen), n.code, reasons_text(n.reasons), record.held ? 1 : 0, record.hold_reason,
                  record.error, record.notice_due ? 1 : 0, record.deadline, n.created, n.updated}));
  if (changed == 1) return {};
  return Error(Errc::kConflict, "there is such a negotiation already").because("contract.process_exists");
}

Result<> update(Tx& tx, const NegotiationRecord& record) {
  const Negotiation& n = record.negotiation;
  const std::string own = n.own_offer ? to_json(*n.own_offer).dump() : "";
  WEIR_TRY_LET(const std::int64_t changed,
               tx.execute("UPDATE contract_negotiation SET peer_pid = ?, state = ?, offer = ?, own_offer = ?, rounds = ?, "
                          "agreement = ?, contract = ?, seen = ?, code = ?, reasons = ?, held = ?, hold_reason = ?, "
                          "error = ?, notice_due = ?, deadline = ?, updated = ? WHERE pid = ?",
                          {n.peer_pid, static_cast<std::int64_t>(n.state), to_json(n.offer).dump(), own, n.rounds,
                           n.agreement, n.contract, joined(n.seen), n.code, reasons_text(n.reasons), record.held ? 1 : 0,
                           record.hold_reason, record.error, record.notice_due ? 1 : 0, record.deadline, n.updated,
                           n.pid}));
  WEIR_CHECK(changed == 1);
  return {};
}

Result<NegotiationRecord> find_negotiation(Tx& tx, std::string_view pid) {
  static const std::string kSql = "SELECT " + std::string(kNegotiationColumns) + "WHERE n.pid = ?";
  WEIR_TRY_LET(const Rows rows, tx.query(kSql, {pid}));
  if (rows.empty()) return no_negotiation();
  return negotiation_of(rows[0]);
}

Result<State> find_state(Tx& tx, std::string_view pid) {
  WEIR_TRY_LET(const Rows rows, tx.query("SELECT state FROM contract_negotiation WHERE pid = ?", {pid}));
  if (rows.empty()) return no_negotiation();
  return parse_state(rows[0][0].integer());
}

Result<std::optional<NegotiationRecord>> find_by_peer(Tx& tx, const PartyId& peer, std::string_view peer_pid,
                                                      Role own_role) {
  static const std::string kSql = "SELECT " + std::string(kNegotiationColumns) +
                                  "WHERE n.peer = ? AND n.peer_pid = ? AND n.role = ? AND n.peer_pid <> ''";
  WEIR_TRY_LET(const Rows rows, tx.query(kSql, {peer.value(), peer_pid, static_cast<std::int64_t>(own_role)}));
  if (rows.empty()) return std::optional<NegotiationRecord>();
  WEIR_TRY_LET(NegotiationRecord record, negotiation_of(rows[0]));
  return std::optional(std::move(record));
}

Result<> insert(Tx& tx, const AgreementRecord& record) {
  const Agreement& a = record.agreement;
  WEIR_TRY_LET(
      const std::int64_t changed,
      tx.execute("INSERT INTO contract_agreement (id, contract, pid, role, peer, peer_address, product, state, object, hash, "
                 "signatures, suspended_by, terminate_type, code, reasons, notices, certificate, valid_until, created, "
                 "updated, ended) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                 "ON CONFLICT DO NOTHING",
                 {a.id, a.contract_id, record.pid, static_cast<std::int64_t>(record.role), record.peer.value(),
                  record.peer_address, a.target, static_cast<std::int64_t>(record.state), a.object.dump(), record.hash,
                  signatures_text(record), suspended_by(record), static_cast<std::int64_t>(record.terminate_type),
                  record.code, reasons_text(record.reasons), joined(record.notices), record.certificate,
                  optional_time(record.until), record.created, record.updated, optional_time(record.ended)}));
  if (changed == 1) return {};
  return Error(Errc::kConflict, "the agreement's id or contract id is taken").because("contract.agreement_exists");
}

Result<> update(Tx& tx, const AgreementRecord& record) {
  WEIR_TRY_LET(const std::int64_t changed,
               tx.execute("UPDATE contract_agreement SET state = ?, signatures = ?, suspended_by = ?, terminate_type = ?, "
                          "code = ?, reasons = ?, notices = ?, certificate = ?, updated = ?, ended = ? WHERE id = ?",
                          {static_cast<std::int64_t>(record.state), signatures_text(record), suspended_by(record),
                           static_cast<std::int64_t>(record.terminate_type), record.code, reasons_text(record.reasons),
                           joined(record.notices), record.certificate, record.updated, optional_time(record.ended),
                           record.agreement.id}));
  WEIR_CHECK(changed == 1);
  return {};
}

Result<AgreementRecord> find_agreement(Tx& tx, std::string_view id) {
  static const std::string kSql = "SELECT " + std::string(kAgreementColumns) + "WHERE a.id = ?";
  WEIR_TRY_LET(const Rows rows, tx.query(kSql, {id}));
  if (rows.empty()) return Error(Errc::kNotFound, "no such agreement").because("contract.no_agreement");
  return agreement_of(rows[0]);
}

Result<AgreementRecord> find_by_contract(Tx& tx, std::string_view contract_id) {
  static const std::string kSql =
      "SELECT " + std::string(kAgreementColumns) + "WHERE a.contract = ? AND a.contract <> ''";
  WEIR_TRY_LET(const Rows rows, tx.query(kSql, {contract_id}));
  if (rows.empty()) return Error(Errc::kNotFound, "no such agreement").because("contract.no_agreement");
  return agreement_of(rows[0]);
}

Result<Page<NegotiationRecord>> list_negotiations(Tx& tx, const ListQuery& query) {
  WEIR_TRY_LET(const Place place, parse_cursor(query.cursor));
  const std::size_t limit = std::clamp<std::size_t>(query.limit, 1, limits::kPageSizeMax);
  Filter filter = filter_of(query, "n.", "pid", place);
  if (query.held_only) filter.sql += " AND n.held = 1";
  if (query.live_only) filter.sql += " AND n.state < 600";
  filter.params.emplace_back(limit + 1);
  return read_page<NegotiationRecord>(
      tx,
      "SELECT " + std::string(kNegotiationColumns) + filter.sql + " ORDER BY n.created DESC, n.pid DESC LIMIT ?",
      filter.params, limit, negotiation_of, [](const NegotiationRecord& last) {
        return std::to_string(last.negotiation.created.value()) + ":" + last.negotiation.pid;
      });
}

Result<Page<AgreementRecord>> list_agreements(Tx& tx, const ListQuery& query) {
  WEIR_TRY_LET(const Place place, parse_cursor(query.cursor));
  const std::size_t limit = std::clamp<std::size_t>(query.limit, 1, limits::kPageSizeMax);
  Filter filter = filter_of(query, "a.", "id", place);
  if (query.live_only) filter.sql += " AND a.state IN (100, 200)";
  filter.params.emplace_back(limit + 1);
  return read_page<AgreementRecord>(
      tx, "SELECT " + std::string(kAgreementColumns) + filter.sql + " ORDER BY a.created DESC, a.id DESC LIMIT ?",
      filter.params, limit, agreement_of, [](const AgreementRecord& last) {
        return std::to_string(last.created.value()) + ":" + last.agreement.id;
      });
}

Result<std::vector<std::string>> expired_agreements(Tx& tx, Timestamp now, std::size_t limit) {
  return ids_of(tx,
                "SELECT id FROM contract_agreement WHERE state IN (100, 200) AND valid_until IS NOT NULL AND "
                "valid_until <= ? ORDER BY valid_until LIMIT ?",
                now, limit);
}

Result<std::vector<std::string>> overdue_negotiations(Tx& tx, Timestamp now, std::size_t limit) {
  return ids_of(tx, "SELECT pid FROM contract_negotiation WHERE state < 600 AND deadline <= ? ORDER BY deadline LIMIT ?",
                now, limit);
}

Result<std::optional<Timestamp>> next_deadline(Tx& tx) {
  std::optional<Timestamp> next;
  for (const std::string_view sql :
       {"SELECT MIN(valid_until) FROM contract_agreement WHERE state IN (100, 200) AND valid_until IS NOT NULL",
        "SELECT MIN(deadline) FROM contract_negotiation WHERE state < 600"}) {
    WEIR_TRY_LET(const Row row, tx.one(sql));
    if (!row[0].is_null() && (!next || row[0].time() < *next)) next = row[0].time();
  }
  return next;
}

Result<> insert(Tx& tx, const Template& contract_template) {
  WEIR_TRY(tx.execute("INSERT INTO contract_template (id, version, body, author, created) VALUES (?, ?, ?, ?, ?)",
                      {contract_template.id, contract_template.version, to_json(contract_template).dump(),
                       contract_template.author, contract_template.created}));
  return {};
}

namespace {

Result<Template> template_of(const Row& row) {
  WEIR_TRY_LET(const Json json, wire::parse_json(row[1].text()));
  WEIR_TRY_LET(Template out, parse_template(json));
  out.version = row[0].integer();
  out.author = row[2].text();
  out.created = row[3].time();
  return out;
}

}  // namespace

Result<std::vector<Template>> list_templates(Tx& tx) {
  std::vector<Template> out;
  WEIR_TRY_LET(const Rows rows,
               tx.query("SELECT version, body, author, created FROM contract_template t WHERE version = "
                        "(SELECT MAX(version) FROM contract_template WHERE id = t.id) ORDER BY id"));
  for (const Row& row : rows) {
    WEIR_TRY_LET(Template contract_template, template_of(row));
    out.push_back(std::move(contract_template));
  }
  return out;
}

Result<Template> find_template(Tx& tx, std::string_view id, std::int64_t version) {
  WEIR_TRY_LET(const Rows rows,
               tx.query("SELECT version, body, author, created FROM contract_template WHERE id = ? AND "
                        "(version = ? OR ? = 0) ORDER BY version DESC LIMIT 1",
                        {id, version, version}));
  if (rows.empty()) return Error(Errc::kNotFound, "no such template").because("contract.no_template");
  return template_of(rows[0]);
}

Result<std::map<State, std::int64_t>> count_open(store::Tx& tx) {
  WEIR_TRY_LET(const store::Rows rows,
               tx.query("SELECT state, COUNT(*) FROM contract_negotiation WHERE state < 600 GROUP BY state"));
  std::map<State, std::int64_t> out;
  for (const store::Row& row : rows) out[static_cast<State>(row[0].integer())] = row[1].integer();
  return out;
}

}  // namespace weir::flow::contract
