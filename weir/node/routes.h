// Routes: the node's faces: /api/v1 for operators, /dsp/2025-1 and /peer/v1 for other nodes. One file a room.
//
// A handler reads the request, calls one use case, and writes the answer; nothing else.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "weir/adapters/http/router.h"
#include "weir/base/limits.h"
#include "weir/base/time.h"
#include "weir/wire/json.h"

namespace weir::node {

class Node;

void add_routes(adapters::http::Router& router, Node& node);  // all of these:
void add_node_routes(adapters::http::Router& router, Node& node);         // node, health, metrics
void add_participant_routes(adapters::http::Router& router, Node& node);  // participants, heartbeat
void add_credential_routes(adapters::http::Router& router, Node& node);     // operators, tokens, sessions
void add_identifier_routes(adapters::http::Router& router, Node& node);
void add_policy_routes(adapters::http::Router& router, Node& node);
void add_catalog_routes(adapters::http::Router& router, Node& node);
void add_dcat_routes(adapters::http::Router& router, Node& node);  // the catalogue as DCAT-AP; harvests
void add_ckan_routes(adapters::http::Router& router, Node& node);
void add_contract_routes(adapters::http::Router& router, Node& node);
void add_delivery_routes(adapters::http::Router& router, Node& node);
void add_job_routes(adapters::http::Router& router, Node& node);
void add_usage_routes(adapters::http::Router& router, Node& node);
void add_metering_routes(adapters::http::Router& router, Node& node);
// The Dataspace Protocol 2025-1, whole: version, catalog, negotiation and transfer, both roles.
void add_dsp_routes(adapters::http::Router& router, Node& node);
void add_partner_routes(adapters::http::Router& router, Node& node);
void add_signaling_routes(adapters::http::Router& router, Node& node);  // Data Plane Signaling, both ways
void add_claims_routes(adapters::http::Router& router, Node& node);  // DID and credentials, for operators
// The Decentralized Claims Protocol 1.0, as holder and issuer, and the DID document.
void add_dcp_routes(adapters::http::Router& router, Node& node);
void add_evidence_routes(adapters::http::Router& router, Node& node);
void add_assessment_routes(adapters::http::Router& router, Node& node);  // checklists, assessments, attestations
void add_standards_routes(adapters::http::Router& router, Node& node);  // questions, import, comments

// The JSON Schemas of requests and answers, and which route has which. After all routes were added.
void add_schemas(adapters::http::Router& router);

// "limit" of a list: 1 to kPageSizeMax.
Result<std::size_t> page_limit(const adapters::http::Request& request);
// {"items": [...], "next": cursor}; "next" is left out at the end.
wire::Json page_json(wire::Json::Array items, const std::string& next);
// How long a caller wants to wait for news: query "wait" in milliseconds, at most 60 s.
Result<Milliseconds> wait_time(const adapters::http::Request& request);

}  // namespace weir::node
