// What follows admission: suspend, resume, deregister; what there is; what is revoked.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "weir/trust/participant/admission.h"
#include "weir/trust/participant/tables.h"

namespace weir::trust::participant {
namespace {

using credential::Actor;
using store::Tx;
using supply::identifier::RecordStatus;
using tables::ApplicationRow;
using tables::NodeRow;
using tables::Source;
using tables::SubjectRow;
using wire::Json;

constexpr std::size_t kReasonBytesMax = 1000;

Result<> check_reason(std::string_view reason) {
  if (reason.size() <= kReasonBytesMax && is_utf8(reason)) return {};
  return Error(Errc::kInvalidArgument, "reason: has more than 1000 bytes, or is not UTF-8").because("field.length");
}

RecordStatus registry_status(Step step) {
  if (step == Step::kSuspend) return RecordStatus::kSuspended;
  return step == Step::kResume ? RecordStatus::kActive : RecordStatus::kWithdrawn;
}

Result<ApplicationInfo> info_of(Tx& tx, ApplicationRow row) {
  Status status = row.status;
  if (row.node) {
    WEIR_TRY_LET(const std::optional<NodeRow> node, tables::find_node(tx, *row.node));
    if (node) status = node->record.status;
  }
  return ApplicationInfo{.id = std::move(row.id),
                         .status = status,
                         .participant = row.subject,
                         .participant_name = display_name(row.content.participant),
                         .content = std::move(row.content),
                         .node = std::move(row.node),
                         .reason = std::move(row.reason),
                         .decided_by = std::move(row.decided_by),
                         .applied = row.applied,
                         .updated = row.updated};
}

ParticipantInfo info_of(SubjectRow row) {
  return {.id = row.id,
          .subject = std::move(row.subject),
          .status = row.status,
          .reason = std::move(row.reason),
          .created = row.created,
          .updated = row.updated};
}

}  // namespace

Json to_json(const ApplicationInfo& info) {
  Json json = Json::object({{"id", info.id},
                            {"status", name_of(info.status)},
                            {"participant", info.participant.text()},
                            {"name", info.participant_name},
                            {"node", info.node ? Json(info.node->text()) : Json()},
                            {"reason", info.reason},
                            {"decidedBy", info.decided_by},
                            {"applied", format_iso8601(info.applied)},
                            {"updated", format_iso8601(info.updated)},
                            {"application", to_json(info.content)}});
  return json;
}

Json to_json(const ParticipantInfo& info) {
  return Json::object({{"id", info.id.text()},
                       {"name", display_name(info.subject)},
                       {"status", name_of(info.status)},
                       {"reason", info.reason},
                       {"created", format_iso8601(info.created)},
                       {"updated", format_iso8601(info.updated)},
                       {"subject", to_json(info.subject)}});
}

//= NDI-TR-2025-03 SyncLogoffInfo: an identity that was ended is refused everywhere
Result<> Admission::step_node(Tx& tx, const NodeId& id, Step step, std::string_view reason, const Actor& actor) {
  WEIR_TRY_LET(const std::optional<NodeRow> node, tables::find_node(tx, id));
  if (!node || node->source != Source::kOwn) {
    return Error(Errc::kNotFound, "no node " + id.text() + " was admitted here").because("node.unknown");
  }
  WEIR_TRY_LET(const Status next, status_after(node->own_status, step));
  WEIR_TRY_LET(const std::optional<SubjectRow> whole, tables::find_subject(tx, node->record.participant));
  if (step == Step::kResume && whole && whole->status == Status::kSuspended) {
    return Error(Errc::kConflict, "the participant is suspended as a whole").because("participant.not_active");
  }
  WEIR_TRY(tables::set_node_status(tx, id, next, parts_.clock.now()));
  WEIR_TRY(parts_.registry.set_status(tx, id, registry_status(step), actor.text()));
  return note(tx, "node." + std::string(past_name_of(step)), actor, node->record.participant, &id,
              Json::object({{"reason", reason}}));
}

// With the participant go its nodes: their identifiers' status, and when it ends, they end too.
Result<std::vector<std::string>> Admission::step_nodes_of(Tx& tx, const SubjectId& id, Step step, const Actor& actor) {
  WEIR_TRY_LET(
      const std::vector<NodeRow> nodes,
      tables::nodes_where(tx, "n.participant = ? AND n.source = 1 AND n.status <> 5 ORDER BY n.id", {id.text()}));
  std::vector<std::string> touched;
  for (const NodeRow& node : nodes) {
    const bool ends = step == Step::kDeregister;
    if (!ends && node.own_status != Status::kActive) continue;
    if (ends) WEIR_TRY(tables::set_node_status(tx, node.record.id, Status::kDeregistered, parts_.clock.now()));
    WEIR_TRY(parts_.registry.set_status(tx, node.record.id, registry_status(step), actor.text()));
    touched.push_back(node.record.id.text());
  }
  if (step != Step::kDeregister) return touched;
  WEIR_TRY_LET(std::vector<ApplicationRow> waiting,
               tables::applications_where(tx, "subject = ? AND status = 1 ORDER BY id", {id.text()}));
  for (ApplicationRow& row : waiting) {
    row.status = Status::kRejected;
    row.reason = "the participant was deregistered";
    row.decided_by = actor.text();
    row.updated = parts_.clock.now();
    WEIR_TRY(tables::update_application(tx, row));
  }
  return touched;
}

Result<> Admission::step_participant(const SubjectId& id, Step step, std::string_view reason, const Actor& actor) {
  WEIR_TRY(check_reason(reason));
  return parts_.sql.write([&](Tx& tx) -> Result<> {
    WEIR_TRY(step_subject(tx, id, step, reason));
    WEIR_TRY_LET(const std::vector<std::string> nodes, step_nodes_of(tx, id, step, actor));
    return note(tx, "participant." + std::string(past_name_of(step)), actor, id, nullptr,
                Json::object({{"reason", reason}, {"nodes", Json::strings(nodes)}}));
  });
}

Result<> Admission::suspend(const NodeId& id, std::string_view reason, const Actor& actor) {
  WEIR_TRY(check_reason(reason));
  return parts_.sql.write([&](Tx& tx) { return step_node(tx, id, Step::kSuspend, reason, actor); });
}
Result<> Admission::resume(const NodeId& id, std::string_view reason, const Actor& actor) {
  WEIR_TRY(check_reason(reason));
  return parts_.sql.write([&](Tx& tx) { return step_node(tx, id, Step::kResume, reason, actor); });
}
Result<> Admission::deregister(const NodeId& id, std::string_view reason, const Actor& actor) {
  WEIR_TRY(check_reason(reason));
  return parts_.sql.write([&](Tx& tx) { return step_node(tx, id, Step::kDeregister, reason, actor); });
}
Result<> Admission::suspend(const SubjectId& id, std::string_view reason, const Actor& actor) {
  return step_participant(id, Step::kSuspend, reason, actor);
}
Result<> Admission::resume(const SubjectId& id, std::string_view reason, const Actor& actor) {
  return step_participant(id, Step::kResume, reason, actor);
}
Result<> Admission::deregister(const SubjectId& id, std::string_view reason, const Actor& actor) {
  return step_participant(id, Step::kDeregister, reason, actor);
}

Result<ApplicationInfo> Admission::application(std::string_view id) {
  return store::sql_read<ApplicationInfo>(parts_.sql, [&](Tx& tx) -> Result<ApplicationInfo> {
    WEIR_TRY_LET(std::vector<ApplicationRow> rows, tables::applications_where(tx, "id = ?", {id}));
    if (rows.empty()) return Error(Errc::kNotFound, "there is no such application").because("application.unknown");
    return info_of(tx, std::move(rows.front()));
  });
}

Result<std::vector<ApplicationInfo>> Admission::applications(std::optional<Status> status, std::size_t offset,
                                                             std::size_t limit) {
  using Infos = std::vector<ApplicationInfo>;
  return store::sql_read<Infos>(parts_.sql, [&](Tx& tx) -> Result<Infos> {
    // A decided application has the status of its node, or of the participant where that counts.
    WEIR_TRY_LET(
        std::vector<ApplicationRow> rows,
        tables::applications_where(
            tx,
            "? = 0 OR (CASE WHEN node = '' THEN status ELSE (SELECT CASE WHEN s.status = 4 AND n.status = 3 THEN 4 "
            "ELSE n.status END FROM participant_node n LEFT JOIN participant_subject s ON s.subject = n.participant "
            "WHERE n.id = participant_application.node) END) = ? ORDER BY applied DESC, id LIMIT ? OFFSET ?",
            {static_cast<std::int64_t>(status ? *status : Status{}),
             static_cast<std::int64_t>(status ? *status : Status{}), limit, offset}));
    Infos infos;
    for (ApplicationRow& row : rows) {
      WEIR_TRY_LET(ApplicationInfo info, info_of(tx, std::move(row)));
      infos.push_back(std::move(info));
    }
    return infos;
  });
}

Result<ParticipantInfo> Admission::participant(const SubjectId& id) {
  return store::sql_read<ParticipantInfo>(parts_.sql, [&](Tx& tx) -> Result<ParticipantInfo> {
    WEIR_TRY_LET(std::optional<SubjectRow> row, tables::find_subject(tx, id));
    if (!row) return Error(Errc::kNotFound, "no participant " + id.text() + " is known").because("participant.unknown");
    return info_of(*std::move(row));
  });
}

Result<std::vector<ParticipantInfo>> Admission::participants(std::string_view after_id, std::size_t limit) {
  using Infos = std::vector<ParticipantInfo>;
  return store::sql_read<Infos>(parts_.sql, [&](Tx& tx) -> Result<Infos> {
    WEIR_TRY_LET(std::vector<SubjectRow> rows, tables::subjects_after(tx, after_id, limit));
    Infos infos;
    for (SubjectRow& row : rows) infos.push_back(info_of(std::move(row)));
    return infos;
  });
}

Result<RevocationList> Admission::revocations() {
  RevocationList list{.issuer = parts_.authority.certificate.info().subject.common_name, .updated = parts_.clock.now()};
  WEIR_TRY(parts_.sql.read([&](Tx& tx) -> Result<> {
    list.entries.clear();
    WEIR_TRY_LET(const std::vector<NodeRow> nodes,
                 tables::nodes_where(tx, "n.source = 1 AND (n.status >= 4 OR s.status >= 4)", {}));
    for (const NodeRow& node : nodes) {
      const Status status = node.record.status;
      if (status != Status::kSuspended && status != Status::kDeregistered) continue;
      for (const std::string* pem : {&node.record.identity_certificate_pem, &node.record.transport_certificate_pem}) {
        WEIR_TRY_LET(const auto certificate, crypto::Certificate::from_pem(*pem));
        list.entries.push_back(
            {.serial_hex = certificate.info().serial_hex,
             .node = node.record.id,
             .reason = status == Status::kSuspended ? RevocationReason::kHold : RevocationReason::kCessation,
             .since = node.since});
      }
    }
    WEIR_TRY_LET(const store::Rows superseded, tx.query("SELECT serial, node, since FROM participant_revoked"));
    for (const store::Row& row : superseded) {
      WEIR_TRY_LET(const NodeId id, NodeId::parse(row[1].text()));
      list.entries.push_back({row[0].text(), id, RevocationReason::kSuperseded, row[2].time()});
    }
    return {};
  }));
  std::sort(list.entries.begin(), list.entries.end(),
            [](const Revocation& a, const Revocation& b) { return a.serial_hex < b.serial_hex; });
  sign(list, parts_.authority.key);
  return list;
}

}  // namespace weir::trust::participant
