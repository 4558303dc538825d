// NodeRecord: what the directory says about a node: whose it is, where, with which certificates, and whether it may
// act.
//
// Format: docs/formats/participant.md. Thread-safety: values. Trust: parse_node_record takes hostile JSON; the
// certificates in it prove nothing before Directory has verified them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/base/time.h"
#include "weir/supply/identifier/identifier.h"
#include "weir/trust/participant/life.h"
#include "weir/wire/json.h"

namespace weir::trust::participant {

using supply::identifier::NodeId;
using supply::identifier::NodeKind;
using supply::identifier::SubjectId;

//= NDI-TR-2025-02#connector-address
struct NodeRecord {
  NodeId id;
  SubjectId participant;
  std::string name;                       // of the node, for people
  std::string base_url;                   // "https://a.example:8443", no path, no slash at the end
  std::string identity_certificate_pem;   // signs contracts and evidence
  std::string transport_certificate_pem;  // opens TLS connections
  Status status = Status::kActive;
  std::vector<std::string> capabilities;
  Timestamp updated{};
  NodeKind kind() const { return id.kind(); }
  friend bool operator==(const NodeRecord&, const NodeRecord&) = default;
};
wire::Json to_json(const NodeRecord& record);
Result<NodeRecord> parse_node_record(const wire::Json& json);

// "https://host[:port]" taken apart. Fails with kInvalidArgument ("participant.base_url") for other schemes, user
// names, paths, queries, empty or over-long hosts.
struct BaseUrl {
  std::string host;              // without brackets
  std::string alternative_name;  // "DNS:host" or "IP:host": what its certificate must say
};
Result<BaseUrl> parse_base_url(std::string_view text);

}  // namespace weir::trust::participant
