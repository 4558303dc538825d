// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/participant/directory.h"

#include <algorithm>

#include "weir/trust/participant/tables.h"

namespace weir::trust::participant {
namespace {

using crypto::Certificate;
using store::Tx;
using tables::NodeRow;
using tables::Source;

Error unknown(const NodeId& id) {
  return Error(Errc::kNotFound, "no node " + id.text() + " is known").because("node.unknown");
}

Error unproven(const char* reason, const std::string& what) {
  return Error(Errc::kUnauthenticated, what).because(reason);
}

Result<> check_active(const NodeRecord& record) {
  if (record.status == Status::kActive) return {};
  const char* reason = record.status == Status::kSuspended      ? "node.suspended"
                       : record.status == Status::kDeregistered ? "node.deregistered"
                                                                : "node.not_active";
  return Error(Errc::kForbidden, "the node " + record.id.text() + " is " + std::string(name_of(record.status)))
      .because(reason)
      .advise("ask the regional node that admitted it");
}

// The same text is the same certificate; another text may be, too.
Result<bool> is_same_certificate(std::string_view known_pem, std::string_view pem) {
  if (known_pem == pem) return true;
  WEIR_TRY_LET(const Certificate known, Certificate::from_pem(known_pem));
  WEIR_TRY_LET(const Certificate other, Certificate::from_pem(pem));
  return known.der() == other.der();
}

}  // namespace

store::Migration migration() { return {.module = "participant", .versions = {tables::kVersion1}}; }

Directory::Directory(store::Sql& sql, evidence::Log& log, const Clock& clock, Upstream* upstream,
                     const DirectoryOptions& options)
    : sql_(sql), log_(log), clock_(clock), upstream_(upstream), options_(options) {}

Result<NodeRecord> Directory::find(const NodeId& id) {
  WEIR_TRY_LET(const std::optional<NodeRow> row,
               store::sql_read<std::optional<NodeRow>>(sql_, [&](Tx& tx) { return tables::find_node(tx, id); }));
  if (!row) return ask_above(id, nullptr, Timestamp(0));
  const bool fresh = clock_.now() < after(row->fetched, options_.fresh);
  if (row->source != Source::kCached || fresh) return row->record;
  return ask_above(id, &row->record, row->fetched);
}

Result<NodeRecord> Directory::at(std::string_view base_url) {
  WEIR_TRY_LET(const auto rows, store::sql_read<std::vector<NodeRow>>(sql_, [&](Tx& tx) {
                 return tables::nodes_where(tx, "n.base_url = ? AND n.status <> 5 ORDER BY n.id LIMIT 1", {base_url});
               }));
  if (rows.empty()) return Error(Errc::kNotFound, "no node is known at that address").because("node.unknown");
  return find(rows.front().record.id);
}

Result<NodeRecord> Directory::ask_above(const NodeId& id, const NodeRecord* stale, Timestamp stale_since) {
  const Timestamp now = clock_.now();
  if (stale == nullptr) {
    const std::lock_guard lock(mutex_);
    const auto absent = absent_.find(id.text());
    if (absent != absent_.end() && now < after(absent->second, options_.negative)) return unknown(id);
  }
  Result<NodeRecord> found = Error(Errc::kUnavailable, "there is no node above").because("node.upstream");
  if (upstream_ != nullptr) {
    found = upstream_->resolve(id);
    if (found && found->id != id) found = Error(Errc::kUnavailable, "the node above answered for another node");
  } else if (stale == nullptr) {
    return unknown(id);
  }
  if (found) {
    WEIR_TRY(sql_.write([&](Tx& tx) { return tables::put_node(tx, *found, Source::kCached, now); }));
    const std::lock_guard lock(mutex_);
    absent_.erase(id.text());
    return found;
  }
  if (found.error().code() == Errc::kNotFound) {
    if (stale != nullptr) WEIR_TRY(forget(id));
    const std::lock_guard lock(mutex_);
    if (absent_.size() >= options_.negative_max) absent_.clear();
    absent_[id.text()] = now;
    return unknown(id);
  }
  if (stale != nullptr && now < after(stale_since, options_.stale_max)) return *stale;
  return Error(Errc::kUnavailable, std::string(found.error().message()))
      .with("asking the node above for " + id.text())
      .because("node.upstream")
      .advise("try again when the node above answers");
}

Result<NodeRecord> Directory::usable(const NodeId& id) {
  WEIR_TRY_LET(NodeRecord record, find(id));
  WEIR_TRY(check_active(record));
  return record;
}

Result<> Directory::verify_anchored(const Certificate& certificate) {
  WEIR_TRY_LET(const std::vector<Certificate> all, anchors());
  const Timestamp now = clock_.now();
  // A certificate made a moment ago by a node whose clock is ahead is not refused.
  const Timestamp begin = certificate.info().not_before;
  const Timestamp at = begin > now && begin <= after(now, options_.clock_skew) ? begin : now;
  Result<> last = unproven("node.certificate", "this node trusts no certificate authority");
  for (const Certificate& anchor : all) {
    last = crypto::verify_issued(certificate, anchor, at);
    if (last) return {};
    if (last.error().reason() != "certificate.issuer") return last;
  }
  return last;
}

Result<crypto::PublicKey> Directory::verified_key(const NodeRecord& record) {
  const Timestamp now = clock_.now();
  {
    const std::lock_guard lock(mutex_);
    const auto known = verified_.find(record.id.text());
    if (known != verified_.end() && known->second.pem == record.identity_certificate_pem && now < known->second.until) {
      return known->second.key;
    }
  }
  WEIR_TRY_LET(const Certificate certificate, Certificate::from_pem(record.identity_certificate_pem));
  if (certificate.info().subject.unit != record.id.text()) {
    return unproven("node.certificate", "the certificate of " + record.id.text() + " names another node");
  }
  WEIR_TRY(verify_anchored(certificate));
  const Timestamp until = std::min(certificate.info().not_after, after(now, options_.fresh));
  const std::lock_guard lock(mutex_);
  if (verified_.size() >= options_.negative_max) verified_.clear();
  verified_.insert_or_assign(record.id.text(),
                             Verified{record.identity_certificate_pem, certificate.public_key(), until});
  return certificate.public_key();
}

Result<crypto::PublicKey> Directory::public_key(const NodeId& id) {
  WEIR_TRY_LET(const NodeRecord record, usable(id));
  return verified_key(record);
}

bool Directory::may_refresh(const NodeId& id) {
  if (upstream_ == nullptr) return false;
  const Timestamp now = clock_.now();
  const std::lock_guard lock(mutex_);
  if (refreshed_.size() >= options_.negative_max) refreshed_.clear();
  const auto [entry, fresh] = refreshed_.try_emplace(id.text(), now);
  if (!fresh && now < after(entry->second, options_.refresh_min)) return false;
  entry->second = now;
  return true;
}

Result<> Directory::verify(const NodeId& id, ByteView message, const crypto::Signature& signature) {
  WEIR_TRY_LET(const crypto::PublicKey key, public_key(id));
  const auto verified = key.verify(message, signature);
  if (verified || !may_refresh(id)) return verified;
  WEIR_TRY(forget(id));
  WEIR_TRY_LET(const crypto::PublicKey again, public_key(id));
  return again.verify(message, signature);
}

//= NDI-TR-2025-03 nodes authenticate each other with their certificates
Result<NodeRecord> Directory::check_connection(const Certificate& certificate) {
  return check_connection(certificate.pem());
}

Result<NodeRecord> Directory::check_connection(std::string_view certificate_pem) {
  // First the certificate: a stranger must not make this node ask the one above.
  WEIR_TRY_LET(const NodeId id, anchored_node(certificate_pem));
  for (;;) {
    WEIR_TRY_LET(NodeRecord record, usable(id));
    WEIR_TRY_LET(const bool same, is_same_certificate(record.transport_certificate_pem, certificate_pem));
    if (same) return record;
    if (!may_refresh(id)) {
      return unproven("node.other_certificate", "the directory has another certificate for " + id.text());
    }
    WEIR_TRY(forget(id));
  }
}

Result<NodeId> Directory::anchored_node(std::string_view certificate_pem) {
  const Timestamp now = clock_.now();
  {
    const std::lock_guard lock(mutex_);
    const auto known = anchored_.find(certificate_pem);
    if (known != anchored_.end() && now < known->second.until) return known->second.node;
  }
  const auto certificate = Certificate::from_pem(certificate_pem);
  if (!certificate) return unproven("node.certificate", "the certificate cannot be read");
  WEIR_TRY(verify_anchored(*certificate));
  const auto id = NodeId::parse(certificate->info().subject.unit);
  if (!id) return unproven("node.certificate", "the certificate names no node");
  const Timestamp until = std::min(certificate->info().not_after, after(now, options_.fresh));
  const std::lock_guard lock(mutex_);
  if (anchored_.size() >= options_.negative_max) anchored_.clear();
  anchored_.insert_or_assign(std::string(certificate_pem), Anchored{*id, until});
  return *id;
}

Result<std::vector<NodeRecord>> Directory::list(std::string_view after_id, std::size_t limit) {
  return store::sql_read<std::vector<NodeRecord>>(sql_, [&](Tx& tx) -> Result<std::vector<NodeRecord>> {
    WEIR_TRY_LET(std::vector<NodeRow> rows,
                 tables::nodes_where(tx, "n.id > ? ORDER BY n.id LIMIT ?", {after_id, limit}));
    std::vector<NodeRecord> records;
    for (NodeRow& row : rows) records.push_back(std::move(row.record));
    return records;
  });
}

Result<> Directory::keep(const NodeRecord& record) {
  return sql_.write([&](Tx& tx) { return tables::put_node(tx, record, Source::kKept, clock_.now()); });
}

Result<> Directory::adopt(const Enrolment& enrolment, const credential::Actor& actor) {
  std::vector<Certificate> authorities;
  for (const std::string& pem : enrolment.anchors_pem) {
    WEIR_TRY_LET(Certificate authority, Certificate::from_pem(pem));
    authorities.push_back(std::move(authority));
  }
  return sql_.write([&](Tx& tx) -> Result<> {
    for (const Certificate& authority : authorities) WEIR_TRY(add_anchor(tx, authority, actor));
    WEIR_TRY(tables::put_node(tx, enrolment.node, Source::kKept, clock_.now()));
    WEIR_TRY(tables::put_node(tx, enrolment.regional, Source::kKept, clock_.now()));
    WEIR_TRY(log_.append(tx, {.kind = "node.adopted",
                              .time = clock_.now(),
                              .actor = actor.text(),
                              .participants = {enrolment.node.id.text(), enrolment.regional.id.text()},
                              .body = wire::Json::object({{"application", enrolment.application},
                                                          {"baseUrl", enrolment.node.base_url},
                                                          {"regionalUrl", enrolment.regional.base_url}})}));
    return {};
  });
}

Result<> Directory::forget(const NodeId& id) {
  WEIR_TRY(sql_.write([&](Tx& tx) -> Result<> {
    WEIR_TRY(tx.execute("DELETE FROM participant_node WHERE id = ? AND source = ?",
                        {id.text(), static_cast<std::int64_t>(Source::kCached)}));
    return {};
  }));
  const std::lock_guard lock(mutex_);
  absent_.erase(id.text());
  verified_.erase(id.text());
  return {};
}

Result<std::vector<Certificate>> Directory::anchors() {
  return store::sql_read<std::vector<Certificate>>(sql_, [](Tx& tx) { return tables::anchors(tx); });
}

Result<> Directory::add_anchor(Tx& tx, const Certificate& authority, const credential::Actor& actor) {
  if (!authority.info().is_authority) {
    return Error(Errc::kInvalidArgument, "the certificate is not of a certificate authority")
        .because("anchor.no_authority");
  }
  WEIR_TRY_LET(
      const std::int64_t added,
      tx.execute("INSERT INTO participant_anchor (fingerprint, pem, added) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                 {authority.fingerprint(), authority.pem(), clock_.now()}));
  if (added == 0) return {};
  WEIR_TRY(log_.append(tx, {.kind = "anchor.added",
                            .time = clock_.now(),
                            .actor = actor.text(),
                            .body = wire::Json::object({{"fingerprint", authority.fingerprint()},
                                                        {"name", authority.info().subject.common_name}})}));
  return {};
}

Result<> Directory::add_anchor(const Certificate& authority, const credential::Actor& actor) {
  return sql_.write([&](Tx& tx) { return add_anchor(tx, authority, actor); });
}

Result<> Directory::remove_anchor(std::string_view fingerprint, std::string_view reason,
                                  const credential::Actor& actor) {
  WEIR_TRY(sql_.write([&](Tx& tx) -> Result<> {
    WEIR_TRY_LET(const std::int64_t removed,
                 tx.execute("DELETE FROM participant_anchor WHERE fingerprint = ?", {fingerprint}));
    if (removed == 0) return Error(Errc::kNotFound, "no such trust anchor").because("anchor.unknown");
    WEIR_TRY(log_.append(tx, {.kind = "anchor.removed",
                              .time = clock_.now(),
                              .actor = actor.text(),
                              .body = wire::Json::object({{"fingerprint", fingerprint}, {"reason", reason}})}));
    return {};
  }));
  const std::lock_guard lock(mutex_);
  verified_.clear();
  anchored_.clear();
  return {};
}

}  // namespace weir::trust::participant
