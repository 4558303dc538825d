// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/participant/tables.h"

#include <algorithm>

namespace weir::trust::participant::tables {
namespace {

using store::Row;
using store::Rows;
using store::Tx;

constexpr std::string_view kNodeQuery =
    "SELECT n.id, n.participant, n.name, n.base_url, n.identity_certificate, n.transport_certificate, n.status, "
    "n.capabilities, n.updated, n.source, n.fetched, s.status, s.updated "
    "FROM participant_node n LEFT JOIN participant_subject s ON s.subject = n.participant AND n.source = 1 WHERE ";
constexpr std::string_view kSubjectColumns = "subject, content, status, reason, created, updated";
constexpr std::string_view kApplicationColumns =
    "id, subject, status, content, node, reason, decided_by, token_hash, token_expires, picked_up, applied, updated";

std::int64_t number_of(Status status) { return static_cast<std::int64_t>(status); }

Result<NodeRow> node_of(const Row& row) {
  WEIR_TRY_LET(const NodeId id, NodeId::parse(row[0].text()));
  WEIR_TRY_LET(const SubjectId participant, SubjectId::parse(row[1].text()));
  const Status own = static_cast<Status>(row[6].integer());
  NodeRow out{.record = {.id = id,
                         .participant = participant,
                         .name = row[2].text(),
                         .base_url = row[3].text(),
                         .identity_certificate_pem = row[4].text(),
                         .transport_certificate_pem = row[5].text(),
                         .status = own,
                         .capabilities = row[7].text().empty() ? std::vector<std::string>() : split(row[7].text(), ' '),
                         .updated = row[8].time()},
              .own_status = own,
              .source = static_cast<Source>(row[9].integer()),
              .fetched = row[10].time(),
              .since = row[8].time()};
  if (row[11].is_null()) return out;
  const Status whole = static_cast<Status>(row[11].integer());
  const bool ends = whole == Status::kDeregistered && own != Status::kDeregistered;
  const bool holds = whole == Status::kSuspended && own == Status::kActive;
  if (ends || holds) {
    out.record.status = whole;
    out.since = row[12].time();
    out.record.updated = std::max(out.record.updated, out.since);
  }
  return out;
}

Result<SubjectRow> subject_of(const Row& row) {
  WEIR_TRY_LET(const SubjectId id, SubjectId::parse(row[0].text()));
  WEIR_TRY_LET(const wire::Json json, wire::parse_json(row[1].text()));
  WEIR_TRY_LET(Subject subject, parse_subject(json));
  return SubjectRow{.id = id,
                    .subject = std::move(subject),
                    .status = static_cast<Status>(row[2].integer()),
                    .reason = row[3].text(),
                    .created = row[4].time(),
                    .updated = row[5].time()};
}

Result<ApplicationRow> application_of(const Row& row) {
  WEIR_TRY_LET(const SubjectId subject, SubjectId::parse(row[1].text()));
  WEIR_TRY_LET(Application content, parse_application(row[3].text()));
  ApplicationRow out{.id = row[0].text(),
                     .subject = subject,
                     .status = static_cast<Status>(row[2].integer()),
                     .content = std::move(content),
                     .reason = row[5].text(),
                     .decided_by = row[6].text(),
                     .token_hash = row[7].blob(),
                     .token_expires = row[8].time(),
                     .picked_up = row[9].integer() != 0,
                     .applied = row[10].time(),
                     .updated = row[11].time()};
  if (!row[4].text().empty()) {
    WEIR_TRY_LET(const NodeId node, NodeId::parse(row[4].text()));
    out.node = node;
  }
  return out;
}

template <class T, class Function>
Result<std::vector<T>> all_of(Tx& tx, const std::string& sql, store::ParamList params, Function read) {
  WEIR_TRY_LET(const Rows rows, tx.query(sql, params));
  std::vector<T> out;
  out.reserve(rows.size());
  for (const Row& row : rows) {
    WEIR_TRY_LET(T item, read(row));
    out.push_back(std::move(item));
  }
  return out;
}

}  // namespace

const std::string_view kVersion1 = R"sql(
CREATE TABLE participant_subject (
  subject TEXT PRIMARY KEY,
  content TEXT NOT NULL,
  status INTEGER NOT NULL,
  reason TEXT NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL
);
CREATE TABLE participant_application (
  id TEXT PRIMARY KEY,
  subject TEXT NOT NULL,
  base_url TEXT NOT NULL,
  status INTEGER NOT NULL,
  content TEXT NOT NULL,
  node TEXT NOT NULL,
  reason TEXT NOT NULL,
  decided_by TEXT NOT NULL,
  token_hash BLOB NOT NULL,
  token_expires INTEGER NOT NULL,
  picked_up INTEGER NOT NULL,
  applied INTEGER NOT NULL,
  updated INTEGER NOT NULL
);
CREATE INDEX participant_application_status ON participant_application (status, applied, id);
CREATE INDEX participant_application_subject ON participant_application (subject, status);
CREATE INDEX participant_application_url ON participant_application (base_url, status);
CREATE TABLE participant_key (
  fingerprint TEXT PRIMARY KEY,
  application TEXT NOT NULL
);
CREATE TABLE participant_node (
  id TEXT PRIMARY KEY,
  participant TEXT NOT NULL,
  name TEXT NOT NULL,
  base_url TEXT NOT NULL,
  identity_certificate TEXT NOT NULL,
  transport_certificate TEXT NOT NULL,
  status INTEGER NOT NULL,
  capabilities TEXT NOT NULL,
  updated INTEGER NOT NULL,
  source INTEGER NOT NULL,
  fetched INTEGER NOT NULL
);
CREATE INDEX participant_node_participant ON participant_node (participant, id);
CREATE INDEX participant_node_url ON participant_node (base_url);
CREATE TABLE participant_revoked (
  serial TEXT PRIMARY KEY,
  node TEXT NOT NULL,
  since INTEGER NOT NULL
);
CREATE TABLE participant_anchor (
  fingerprint TEXT PRIMARY KEY,
  pem TEXT NOT NULL,
  added INTEGER NOT NULL
);
)sql";

Result<std::vector<NodeRow>> nodes_where(Tx& tx, std::string_view where_order_limit, store::ParamList params) {
  return all_of<NodeRow>(tx, std::string(kNodeQuery) + std::string(where_order_limit), params, node_of);
}

Result<std::optional<NodeRow>> find_node(Tx& tx, const NodeId& id) {
  WEIR_TRY_LET(std::vector<NodeRow> rows, nodes_where(tx, "n.id = ?", {id.text()}));
  if (rows.empty()) return std::optional<NodeRow>();
  return std::optional<NodeRow>(std::move(rows.front()));
}

Result<> put_node(Tx& tx, const NodeRecord& r, Source source, Timestamp fetched) {
  WEIR_TRY(tx.execute(
      "INSERT INTO participant_node (id, participant, name, base_url, identity_certificate, transport_certificate, "
      "status, "
      "capabilities, updated, source, fetched) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
      "participant = excluded.participant, name = excluded.name, base_url = excluded.base_url, "
      "identity_certificate = excluded.identity_certificate, transport_certificate = excluded.transport_certificate, "
      "status = excluded.status, capabilities = excluded.capabilities, updated = excluded.updated, "
      "source = excluded.source, fetched = excluded.fetched "
      "WHERE excluded.source <> 3 OR participant_node.source = 3",
      {r.id.text(), r.participant.text(), r.name, r.base_url, r.identity_certificate_pem, r.transport_certificate_pem,
       number_of(r.status), join(r.capabilities, " "), r.updated, static_cast<std::int64_t>(source), fetched}));
  return {};
}

Result<> set_node_status(Tx& tx, const NodeId& id, Status status, Timestamp now) {
  WEIR_TRY(tx.execute("UPDATE participant_node SET status = ?, updated = ? WHERE id = ?",
                      {number_of(status), now, id.text()}));
  return {};
}

Result<std::optional<SubjectRow>> find_subject(Tx& tx, const SubjectId& id) {
  WEIR_TRY_LET(
      const Rows rows,
      tx.query("SELECT " + std::string(kSubjectColumns) + " FROM participant_subject WHERE subject = ?", {id.text()}));
  if (rows.empty()) return std::optional<SubjectRow>();
  WEIR_TRY_LET(SubjectRow row, subject_of(rows.front()));
  return std::optional<SubjectRow>(std::move(row));
}

Result<std::vector<SubjectRow>> subjects_after(Tx& tx, std::string_view after, std::size_t limit) {
  return all_of<SubjectRow>(
      tx,
      "SELECT " + std::string(kSubjectColumns) + " FROM participant_subject WHERE subject > ? ORDER BY subject LIMIT ?",
      {after, limit}, subject_of);
}

Result<> put_subject(Tx& tx, const SubjectRow& row) {
  WEIR_TRY(tx.execute(
      "INSERT INTO participant_subject (" + std::string(kSubjectColumns) +
          ") VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (subject) DO UPDATE SET content = excluded.content, "
          "status = excluded.status, reason = excluded.reason, updated = excluded.updated",
      {row.id.text(), to_json(row.subject).dump(), number_of(row.status), row.reason, row.created, row.updated}));
  return {};
}

Result<std::vector<ApplicationRow>> applications_where(Tx& tx, std::string_view where_order_limit,
                                                       store::ParamList params) {
  return all_of<ApplicationRow>(tx,
                                "SELECT " + std::string(kApplicationColumns) + " FROM participant_application WHERE " +
                                    std::string(where_order_limit),
                                params, application_of);
}

Result<> insert_application(Tx& tx, const ApplicationRow& row) {
  WEIR_TRY(
      tx.execute("INSERT INTO participant_application (base_url, " + std::string(kApplicationColumns) +
                     ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                 {row.content.base_url, row.id, row.subject.text(), number_of(row.status), to_json(row.content).dump(),
                  row.node ? row.node->text() : std::string(), row.reason, row.decided_by, row.token_hash,
                  row.token_expires, row.picked_up ? 1 : 0, row.applied, row.updated}));
  return {};
}

Result<> update_application(Tx& tx, const ApplicationRow& row) {
  WEIR_TRY(
      tx.execute("UPDATE participant_application SET status = ?, node = ?, reason = ?, decided_by = ?, token_hash = ?, "
                 "token_expires = ?, picked_up = ?, updated = ? WHERE id = ?",
                 {number_of(row.status), row.node ? row.node->text() : std::string(), row.reason, row.decided_by,
                  row.token_hash, row.token_expires, row.picked_up ? 1 : 0, row.updated, row.id}));
  return {};
}

Result<bool> claim_key(Tx& tx, const crypto::PublicKey& key, std::string_view application) {
  const std::string fingerprint = key.fingerprint();
  WEIR_TRY_LET(const Rows rows,
               tx.query("SELECT k.application, a.status FROM participant_key k JOIN participant_application a "
                        "ON a.id = k.application WHERE k.fingerprint = ?",
                        {fingerprint}));
  if (!rows.empty()) {
    const bool rejected = rows.front()[1].integer() == number_of(Status::kRejected);
    if (rows.front()[0].text() != application && !rejected) return false;
  }
  WEIR_TRY(
      tx.execute("INSERT INTO participant_key (fingerprint, application) VALUES (?, ?) "
                 "ON CONFLICT (fingerprint) DO UPDATE SET application = excluded.application",
                 {fingerprint, application}));
  return true;
}

Result<std::vector<crypto::Certificate>> anchors(Tx& tx) {
  return all_of<crypto::Certificate>(tx, "SELECT pem FROM participant_anchor ORDER BY added, fingerprint", {},
                                     [](const Row& row) { return crypto::Certificate::from_pem(row[0].text()); });
}

}  // namespace weir::trust::participant::tables
