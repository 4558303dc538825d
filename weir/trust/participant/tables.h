// Tables: how subjects, applications, nodes and trust anchors lie in the database. Inside this room only.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/store/sql.h"
#include "weir/trust/participant/admission.h"

namespace weir::trust::participant::tables {

extern const std::string_view kVersion1;

// Who says what the row says.
enum class Source : std::int64_t {
  kOwn = 1,     // this node admitted it
  kKept = 2,    // this node itself and the node above: believed without asking
  kCached = 3,  // the node above said so, at `fetched`
};

struct NodeRow {
  NodeRecord record;  // with the status that counts: the participant's, if that is suspended or deregistered
  Status own_status = Status::kActive;
  Source source = Source::kOwn;
  Timestamp fetched{};
  Timestamp since{};  // of the status that counts
};
Result<std::optional<NodeRow>> find_node(store::Tx& tx, const NodeId& id);
Result<std::vector<NodeRow>> nodes_where(store::Tx& tx, std::string_view where_order_limit, store::ParamList params);
// Replaces what is there, except that a cached row never replaces another one.
Result<> put_node(store::Tx& tx, const NodeRecord& record, Source source, Timestamp fetched);
Result<> set_node_status(store::Tx& tx, const NodeId& id, Status status, Timestamp now);

struct SubjectRow {
  SubjectId id;
  Subject subject;
  Status status = Status::kApplied;
  std::string reason;
  Timestamp created{};
  Timestamp updated{};
};
Result<std::optional<SubjectRow>> find_subject(store::Tx& tx, const SubjectId& id);
Result<std::vector<SubjectRow>> subjects_after(store::Tx& tx, std::string_view after, std::size_t limit);
Result<> put_subject(store::Tx& tx, const SubjectRow& row);

struct ApplicationRow {
  std::string id;
  SubjectId subject;
  Status status = Status::kApplied;  // applied, approved or rejected
  Application content;               // personal fields masked
  std::optional<NodeId> node;
  std::string reason;
  std::string decided_by;
  Bytes token_hash;
  Timestamp token_expires{};
  bool picked_up = false;
  Timestamp applied{};
  Timestamp updated{};
};
Result<std::vector<ApplicationRow>> applications_where(store::Tx& tx, std::string_view where_order_limit,
                                                       store::ParamList params);
Result<> insert_application(store::Tx& tx, const ApplicationRow& row);
Result<> update_application(store::Tx& tx, const ApplicationRow& row);

// Notes that a key belongs to an application. False if it belongs to another one that was not rejected.
Result<bool> claim_key(store::Tx& tx, const crypto::PublicKey& key, std::string_view application);

// The certificates of all trust anchors, oldest first.
Result<std::vector<crypto::Certificate>> anchors(store::Tx& tx);

}  // namespace weir::trust::participant::tables
