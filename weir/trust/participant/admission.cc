// The way in: apply, approve, pick up. What follows is in admission_life.cc.
// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/participant/admission.h"

#include <algorithm>

#include "weir/base/check.h"
#include "weir/crypto/hash.h"
#include "weir/trust/participant/tables.h"
#include "weir/wire/encoding.h"

namespace weir::trust::participant {
namespace {

using credential::Actor;
using store::Tx;
using tables::ApplicationRow;
using tables::Source;
using tables::SubjectRow;
using wire::Json;

constexpr std::size_t kTokenBytes = 32;
constexpr std::size_t kReasonBytesMax = 1000;

Error conflict(const char* reason, const std::string& what) { return Error(Errc::kConflict, what).because(reason); }

crypto::Digest hash_of(std::string_view token) { return crypto::hash(crypto::HashAlgorithm::kSha256, view_of(token)); }

std::string new_token(Random& random) {
  Bytes bytes(kTokenBytes);
  random.fill(bytes);
  return wire::encode_base64url(bytes);
}

Result<> check_reason(std::string_view reason) {
  if (reason.size() <= kReasonBytesMax && is_utf8(reason)) return {};
  return Error(Errc::kInvalidArgument, "reason: has more than 1000 bytes, or is not UTF-8").because("field.length");
}

Result<ApplicationRow> load(Tx& tx, std::string_view id) {
  WEIR_TRY_LET(std::vector<ApplicationRow> rows, tables::applications_where(tx, "id = ?", {id}));
  if (rows.empty()) return Error(Errc::kNotFound, "there is no such application").because("application.unknown");
  return std::move(rows.front());
}

Result<bool> any(Tx& tx, std::string_view sql, store::ParamList params) {
  WEIR_TRY_LET(const store::Rows rows, tx.query(sql, params));
  return !rows.empty();
}

}  // namespace

Admission::Admission(const Parts& parts, const NodeId& self, const supply::identifier::AreaCode& area,
                     const AdmissionOptions& options)
    : parts_(parts), self_(self), area_(area), options_(options) {
  WEIR_CHECK(self.kind() == NodeKind::kGlobal || self.kind() == NodeKind::kRegional ||
             self.kind() == NodeKind::kSector);
  WEIR_CHECK(parts.authority.certificate.info().is_authority);
}

Result<> Admission::note(Tx& tx, std::string_view kind, const Actor& actor, const SubjectId& subject,
                         const NodeId* node, Json body) {
  std::vector<std::string> participants{subject.text()};
  if (node != nullptr) participants.push_back(node->text());
  WEIR_TRY(parts_.log.append(tx, {.kind = std::string(kind),
                                  .time = parts_.clock.now(),
                                  .actor = actor.text(),
                                  .participants = std::move(participants),
                                  .body = std::move(body)}));
  return {};
}

Result<> Admission::check_conflicts(Tx& tx, const Application& application, const SubjectId& subject,
                                    const ApplicationKeys& keys, std::string_view id) {
  WEIR_TRY_LET(const store::Row waiting, tx.one("SELECT COUNT(*) FROM participant_application WHERE status = 1"));
  if (waiting.front().integer() > static_cast<std::int64_t>(options_.waiting_max)) {  // with this one
    return Error(Errc::kExhausted, "too many applications wait")
        .because("application.too_many")
        .advise("try again later");
  }
  WEIR_TRY_LET(const bool waits,
               any(tx, "SELECT 1 FROM participant_application WHERE base_url = ? AND status = 1 AND id <> ?",
                   {application.base_url, id}));
  WEIR_TRY_LET(const bool here,
               any(tx, "SELECT 1 FROM participant_node WHERE base_url = ? AND source <> 3 AND status <> 5",
                   {application.base_url}));
  if (waits || here) {
    return conflict("application.duplicate", "a node at " + application.base_url + " has applied or is here already");
  }
  for (const crypto::PublicKey* key : {&keys.identity, &keys.transport}) {
    WEIR_TRY_LET(const bool own, tables::claim_key(tx, *key, id));
    if (!own) {
      return conflict("application.key_in_use", "a key of this application belongs to another node")
          .advise("make new keys: a key belongs to one node for its life");
    }
  }
  WEIR_TRY_LET(const std::optional<SubjectRow> known, tables::find_subject(tx, subject));
  const bool gone = known && (known->status == Status::kRejected || known->status == Status::kDeregistered);
  if (!known || gone) return {};
  if (known->status == Status::kSuspended) return conflict("participant.not_active", "the participant is suspended");
  if (display_name(known->subject) != display_name(application.participant)) {
    return conflict("participant.other_name", "the participant is known here under another name")
        .advise("apply under the registered name, or have it changed first");
  }
  if (options_.second_node == SecondNode::kRefuse) {
    return conflict("participant.second_node", "the participant has applied or is here with another node");
  }
  return {};
}

// The participant's own life begins, or begins again after it ended.
Result<> Admission::begin_subject(Tx& tx, const Application& application, const SubjectId& subject) {
  WEIR_TRY_LET(const std::optional<SubjectRow> known, tables::find_subject(tx, subject));
  if (known && known->status != Status::kRejected && known->status != Status::kDeregistered) return {};
  const Timestamp now = parts_.clock.now();
  return tables::put_subject(tx, {.id = subject,
                                  .subject = application.participant,
                                  .status = Status::kApplied,
                                  .created = known ? known->created : now,
                                  .updated = now});
}

Result<> Admission::step_subject(Tx& tx, const SubjectId& id, Step step, std::string_view reason) {
  WEIR_TRY_LET(std::optional<SubjectRow> row, tables::find_subject(tx, id));
  if (!row) return Error(Errc::kNotFound, "no participant " + id.text() + " is known").because("participant.unknown");
  WEIR_TRY_LET(row->status, status_after(row->status, step));
  row->reason = std::string(reason);
  row->updated = parts_.clock.now();
  return tables::put_subject(tx, *row);
}

//= TC609-6-2025-12 access begins with an application
Result<Applied> Admission::apply(const Application& given) {
  WEIR_TRY_LET(Application application, parse_application(to_json(given).dump()));
  WEIR_TRY_LET(const ApplicationKeys keys, check_application(application));
  if (!may_admit(self_.kind(), application.node_kind)) {
    return Error(Errc::kInvalidArgument, self_.kind() == NodeKind::kGlobal
                                             ? "a global node admits regional and sector nodes"
                                             : "a regional node admits connectors and business nodes")
        .because("application.node_kind");
  }
  WEIR_TRY_LET(const SubjectId subject, subject_id(application.participant, parts_.person_key));
  if (application.node && application.node->subject() != subject) {
    return Error(Errc::kInvalidArgument, "node: the identifier is another participant's").because("application.node");
  }
  application.participant = masked(application.participant);
  const std::string id = parts_.random.uuid();
  const std::string token = new_token(parts_.random);
  const Timestamp now = parts_.clock.now();
  WEIR_TRY(parts_.sql.write([&](Tx& tx) -> Result<> {
    WEIR_TRY(tables::insert_application(tx, {.id = id,
                                             .subject = subject,
                                             .content = application,
                                             .token_hash = copy_of(hash_of(token)),
                                             .token_expires = after(now, options_.pickup_length),
                                             .applied = now,
                                             .updated = now}));
    WEIR_TRY(check_conflicts(tx, application, subject, keys, id));
    WEIR_TRY(begin_subject(tx, application, subject));
    return note(tx, "participant.applied", Actor::applicant(id), subject, nullptr,
                Json::object({{"application", id},
                              {"name", application.node_name},
                              {"baseUrl", application.base_url},
                              {"identityKey", keys.identity.fingerprint()},
                              {"transportKey", keys.transport.fingerprint()}}));
  }));
  return Applied{id, token};
}

Result<Admission::Certificates> Admission::certify(const NodeId& id, const SubjectId& subject,
                                                   std::string_view base_url, const ApplicationKeys& keys) {
  WEIR_TRY_LET(const BaseUrl url, parse_base_url(base_url));
  const Timestamp now = parts_.clock.now();
  const crypto::Certificate& authority = parts_.authority.certificate;
  // Whole seconds, as certificates have them; a minute back, for clocks that are behind.
  const Timestamp begin(now.value() / 1000 * 1000 - 60'000);
  const crypto::IssueOptions options{
      .subject = {.common_name = url.host, .unit = id.text(), .organisation = subject.text()},
      .alternative_names = {url.alternative_name},
      .not_before = std::max(begin, authority.info().not_before),
      .not_after = std::min(after(begin, options_.certificate_length), authority.info().not_after)};
  WEIR_TRY_LET(const auto identity,
               crypto::issue(parts_.authority.key, authority, keys.identity, options, parts_.random));
  WEIR_TRY_LET(const auto transport,
               crypto::issue(parts_.authority.key, authority, keys.transport, options, parts_.random));
  return Certificates{identity.pem(), transport.pem()};
}

//= NDI-TR-2025-04 business nodes and connectors take the area of the node that assigns them
//= NDI-TR-2025-03 a regional node issues the certificates of its connectors
Result<NodeId> Admission::approve(std::string_view application, std::string_view reason, const Actor& actor) {
  WEIR_TRY(check_reason(reason));
  return store::sql_write<NodeId>(parts_.sql, [&](Tx& tx) -> Result<NodeId> {
    WEIR_TRY_LET(ApplicationRow row, load(tx, application));
    WEIR_TRY_LET(row.status, status_after(row.status, Step::kApprove));
    WEIR_TRY_LET(const ApplicationKeys keys, check_application(row.content));
    WEIR_TRY_LET(std::optional<SubjectRow> subject, tables::find_subject(tx, row.subject));
    if (!subject || subject->status == Status::kSuspended || subject->status == Status::kDeregistered) {
      return conflict("participant.not_active", "the participant is suspended or gone");
    }
    if (subject->status == Status::kApplied) WEIR_TRY(step_subject(tx, row.subject, Step::kApprove, reason));
    const NodeId id = row.content.node ? *row.content.node
                                       : NodeId::generate(row.content.node_kind, row.subject, area_, parts_.random);
    WEIR_TRY_LET(const Certificates certificates, certify(id, row.subject, row.content.base_url, keys));
    const Timestamp now = parts_.clock.now();
    WEIR_TRY(tables::put_node(tx,
                              {.id = id,
                               .participant = row.subject,
                               .name = row.content.node_name,
                               .base_url = row.content.base_url,
                               .identity_certificate_pem = certificates.identity_pem,
                               .transport_certificate_pem = certificates.transport_pem,
                               .status = Status::kApproved,
                               .capabilities = row.content.capabilities,
                               .updated = now},
                              Source::kOwn, now));
    WEIR_TRY(
        parts_.registry.enter(tx, {.id = id, .owner = row.subject, .location = row.content.base_url}, actor.text()));
    row.node = id;
    row.reason = std::string(reason);
    row.decided_by = actor.text();
    row.token_expires = after(now, options_.pickup_length);
    row.updated = now;
    WEIR_TRY(tables::update_application(tx, row));
    WEIR_TRY(note(tx, "participant.approved", actor, row.subject, &id,
                  Json::object({{"application", row.id},
                                {"reason", reason},
                                {"identityKey", keys.identity.fingerprint()},
                                {"transportKey", keys.transport.fingerprint()}})));
    return id;
  });
}

Result<> Admission::reject(std::string_view application, std::string_view reason, const Actor& actor) {
  WEIR_TRY(check_reason(reason));
  return parts_.sql.write([&](Tx& tx) -> Result<> {
    WEIR_TRY_LET(ApplicationRow row, load(tx, application));
    WEIR_TRY_LET(row.status, status_after(row.status, Step::kReject));
    row.reason = std::string(reason);
    row.decided_by = actor.text();
    row.updated = parts_.clock.now();
    WEIR_TRY(tables::update_application(tx, row));
    WEIR_TRY_LET(const std::optional<SubjectRow> subject, tables::find_subject(tx, row.subject));
    WEIR_TRY_LET(const bool others, any(tx, "SELECT 1 FROM participant_application WHERE subject = ? AND status = 1",
                                        {row.subject.text()}));
    if (subject && subject->status == Status::kApplied && !others) {
      WEIR_TRY(step_subject(tx, row.subject, Step::kReject, reason));
    }
    return note(tx, "participant.rejected", actor, row.subject, nullptr,
                Json::object({{"application", row.id}, {"reason", reason}}));
  });
}

Result<Enrolment> Admission::pickup(std::string_view application, std::string_view token) {
  const crypto::Digest hash = hash_of(token);
  return store::sql_write<Enrolment>(parts_.sql, [&](Tx& tx) -> Result<Enrolment> {
    WEIR_TRY_LET(std::vector<ApplicationRow> rows, tables::applications_where(tx, "id = ?", {application}));
    if (rows.empty() || !crypto::equal_constant_time(rows.front().token_hash, hash)) {
      return Error(Errc::kUnauthenticated, "this is not the token of that application").because("pickup.token");
    }
    ApplicationRow& row = rows.front();
    if (row.status == Status::kRejected) {
      return Error(Errc::kForbidden, "the application was rejected: " + row.reason).because("pickup.rejected");
    }
    if (row.status == Status::kApplied) {
      return Error(Errc::kUnavailable, "the application was not decided yet").because("pickup.waiting");
    }
    if (row.picked_up)
      return conflict("pickup.done", "the certificates were picked up before").advise("ask for a new pickup token");
    const Timestamp now = parts_.clock.now();
    if (now > row.token_expires) {
      return Error(Errc::kForbidden, "the pickup token has expired")
          .because("pickup.expired")
          .advise("ask for a new one");
    }
    WEIR_CHECK(row.node.has_value());
    WEIR_TRY_LET(std::optional<tables::NodeRow> node, tables::find_node(tx, *row.node));
    WEIR_TRY_LET(const std::optional<tables::NodeRow> regional, tables::find_node(tx, self_));
    if (!node || !regional) return Error(Errc::kCorrupt, "the directory lacks a node").because("participant.corrupt");
    const bool first = node->own_status == Status::kApproved;
    if (first) {
      WEIR_TRY_LET(node->own_status, status_after(node->own_status, Step::kActivate));
      WEIR_TRY(tables::set_node_status(tx, *row.node, node->own_status, now));
      WEIR_TRY_LET(const std::optional<SubjectRow> subject, tables::find_subject(tx, row.subject));
      if (subject && subject->status == Status::kApproved) WEIR_TRY(step_subject(tx, row.subject, Step::kActivate, ""));
      WEIR_TRY_LET(node, tables::find_node(tx, *row.node));
    }
    if (node->record.status != Status::kActive) {
      return Error(Errc::kForbidden, "the node is " + std::string(name_of(node->record.status)))
          .because("node.not_active");
    }
    row.picked_up = true;
    row.updated = now;
    WEIR_TRY(tables::update_application(tx, row));
    WEIR_TRY(note(tx, first ? "participant.activated" : "participant.picked_up", Actor::applicant(row.id), row.subject,
                  &*row.node, Json::object({{"application", row.id}})));
    Enrolment out{row.id, node->record, regional->record, {parts_.authority.certificate.pem()}};
    WEIR_TRY_LET(const std::vector<crypto::Certificate> anchors, tables::anchors(tx));
    for (const crypto::Certificate& anchor : anchors) {
      if (anchor.der() != parts_.authority.certificate.der()) out.anchors_pem.push_back(anchor.pem());
    }
    return out;
  });
}

Result<std::string> Admission::renew_pickup(std::string_view application, const Actor& actor) {
  const std::string token = new_token(parts_.random);
  WEIR_TRY(parts_.sql.write([&](Tx& tx) -> Result<> {
    WEIR_TRY_LET(ApplicationRow row, load(tx, application));
    if (row.status == Status::kRejected) return conflict("participant.wrong_state", "the application was rejected");
    row.token_hash = copy_of(hash_of(token));
    row.token_expires = after(parts_.clock.now(), options_.pickup_length);
    row.picked_up = false;
    row.updated = parts_.clock.now();
    WEIR_TRY(tables::update_application(tx, row));
    return note(tx, "participant.pickup_renewed", actor, row.subject, row.node ? &*row.node : nullptr,
                Json::object({{"application", row.id}}));
  }));
  return token;
}

Result<NodeRecord> Admission::renew_certificates(const NodeId& id, std::string_view identity_request_pem,
                                                 std::string_view transport_request_pem, const Actor& actor) {
  return store::sql_write<NodeRecord>(parts_.sql, [&](Tx& tx) -> Result<NodeRecord> {
    WEIR_TRY_LET(std::optional<tables::NodeRow> node, tables::find_node(tx, id));
    if (!node || node->source != Source::kOwn) {
      return Error(Errc::kNotFound, "no node " + id.text() + " was admitted here").because("node.unknown");
    }
    if (node->record.status != Status::kActive) return conflict("participant.wrong_state", "the node may not act now");
    WEIR_TRY_LET(const std::vector<ApplicationRow> rows, tables::applications_where(tx, "node = ?", {id.text()}));
    WEIR_CHECK(rows.size() == 1);
    Application application = rows.front().content;
    application.identity_request_pem = std::string(identity_request_pem);
    application.transport_request_pem = std::string(transport_request_pem);
    WEIR_TRY_LET(const ApplicationKeys keys, check_application(application));
    for (const crypto::PublicKey* key : {&keys.identity, &keys.transport}) {
      WEIR_TRY_LET(const bool own, tables::claim_key(tx, *key, rows.front().id));
      if (!own) return conflict("application.key_in_use", "a key belongs to another node");
    }
    const Timestamp now = parts_.clock.now();
    for (const std::string* pem : {&node->record.identity_certificate_pem, &node->record.transport_certificate_pem}) {
      WEIR_TRY_LET(const auto old, crypto::Certificate::from_pem(*pem));
      WEIR_TRY(
          tx.execute("INSERT INTO participant_revoked (serial, node, since) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                     {old.info().serial_hex, id.text(), now}));
    }
    WEIR_TRY_LET(Certificates certificates, certify(id, node->record.participant, node->record.base_url, keys));
    node->record.identity_certificate_pem = std::move(certificates.identity_pem);
    node->record.transport_certificate_pem = std::move(certificates.transport_pem);
    node->record.updated = now;
    WEIR_TRY(tables::put_node(tx, node->record, Source::kOwn, now));
    WEIR_TRY(note(
        tx, "node.certificates_renewed", actor, node->record.participant, &id,
        Json::object({{"identityKey", keys.identity.fingerprint()}, {"transportKey", keys.transport.fingerprint()}})));
    return node->record;
  });
}

}  // namespace weir::trust::participant
