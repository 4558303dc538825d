// SPDX-License-Identifier: Apache-2.0
#include "weir/base/log.h"
#include "weir/node/data_plane.h"
#include "weir/node/membership.h"
#include "weir/node/node.h"
#include "weir/node/routes.h"

namespace weir::node {
namespace {

using adapters::http::Access;
using adapters::http::Method;
using adapters::http::Request;
using adapters::http::Response;
using adapters::http::Router;
using supply::identifier::NodeId;
using trust::credential::Actor;
using wire::Json;

// ── for applicants: anybody ──

Result<Response> post_application(Node& node, Request& request) {
  WEIR_TRY_LET(auto* admission, node.membership().admission());
  WEIR_TRY_LET(const auto application, trust::participant::parse_application(request.body));
  WEIR_TRY_LET(const auto applied, admission->apply(application));
  return Response::created("/api/v1/applications/" + applied.application,
                           Json::object({{"application", applied.application}, {"pickupToken", applied.pickup_token}}));
}

Result<Response> post_pickup(Node& node, Request& request) {
  WEIR_TRY_LET(auto* admission, node.membership().admission());
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const std::string token, body.text("pickupToken"));
  WEIR_TRY_LET(const auto enrolment, admission->pickup(request.parameter("id"), token));
  return Response::json(trust::participant::to_json(enrolment));
}

Result<Response> get_authority(Node& node, Request&) {
  return Response::bytes("application/x-pem-file", node.authorities_pem().front());
}

Result<Response> get_revocations(Node& node, Request&) {
  WEIR_TRY_LET(auto* admission, node.membership().admission());
  WEIR_TRY_LET(const auto list, admission->revocations());
  return Response::json(trust::participant::to_json(list));
}

// ── for operators of the regional node ──

// Whether the node is heard of, as this regional node knows it.
void set_running(Node& node, const NodeId& id, Json& out) {
  const auto& beats = node.membership().heartbeats();
  using trust::participant::Running;
  out.set("running", trust::participant::name_of(id == node.id() ? Running::kRunning : beats.status(id)));
  if (const auto seen = beats.last_seen(id)) out.set("lastSeen", format_iso8601(*seen));
}

Json summary(Node& node, const trust::participant::ApplicationInfo& info) {
  Json out = Json::object({{"id", info.id},
                           {"status", trust::participant::name_of(info.status)},
                           {"participant", info.participant.text()},
                           {"participantName", info.participant_name},
                           {"name", info.content.node_name},
                           {"url", info.content.base_url},
                           {"applied", format_iso8601(info.applied)}});
  if (info.node) {
    out.set("node", info.node->text());
    if (info.status == trust::participant::Status::kActive) set_running(node, *info.node, out);
  }
  if (!info.reason.empty()) out.set("reason", info.reason);
  return out;
}

Result<Response> list_participants(Node& node, Request& request) {
  WEIR_TRY_LET(auto* admission, node.membership().admission());
  WEIR_TRY_LET(const std::size_t limit, page_limit(request));
  WEIR_TRY_LET(const std::int64_t offset, request.query_integer("cursor", 0, 0, INT64_MAX));
  std::optional<trust::participant::Status> status;
  if (const auto name = request.query_value("status")) {
    WEIR_TRY_LET(status, trust::participant::parse_status(*name));
  }
  WEIR_TRY_LET(const auto all, admission->applications(status, static_cast<std::size_t>(offset), limit));
  Json::Array items;
  for (const auto& info : all) items.push_back(summary(node, info));
  const std::string next = all.size() == limit ? std::to_string(offset + static_cast<std::int64_t>(limit)) : "";
  return Response::json(page_json(std::move(items), next));
}

Result<Response> get_participant(Node& node, Request& request) {
  WEIR_TRY_LET(auto* admission, node.membership().admission());
  const std::string& id = request.parameter("id");
  if (const auto subject = supply::identifier::SubjectId::parse(id)) {
    WEIR_TRY_LET(const auto info, admission->participant(*subject));
    return Response::json(trust::participant::to_json(info));
  }
  WEIR_TRY_LET(const auto info, admission->application(id));
  return Response::json(trust::participant::to_json(info));
}

constexpr std::size_t kIdentifiersMax = 1000;

struct Step {
  Actor actor;
  std::string reason;
};
Result<Step> read_step(const Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const Actor actor, Actor::parse(request.principal.actor()));
  return Step{actor, body.text_or("reason", "")};
}

// A decision against somebody is made with its reason, which they are told.
Result<Step> read_step_with_reason(const Request& request) {
  WEIR_TRY_LET(Step step, read_step(request));
  if (step.reason.empty()) {
    return Error(Errc::kInvalidArgument, "to refuse, suspend or end needs a reason").because("participant.no_reason");
  }
  return step;
}

Result<Response> approve(Node& node, Request& request) {
  WEIR_TRY_LET(auto* admission, node.membership().admission());
  WEIR_TRY_LET(const Step step, read_step(request));
  WEIR_TRY_LET(const NodeId id, admission->approve(request.parameter("id"), step.reason, step.actor));
  node.identifiers_changed();
  return Response::json(Json::object({{"application", request.parameter("id")}, {"node", id.text()}}));
}

Result<Response> reject(Node& node, Request& request) {
  WEIR_TRY_LET(auto* admission, node.membership().admission());
  WEIR_TRY_LET(const Step step, read_step_with_reason(request));
  WEIR_TRY(admission->reject(request.parameter("id"), step.reason, step.actor));
  return Response::json(Json::object({{"application", request.parameter("id")}}));
}

// A step about a node, or about a participant with all its nodes; the other members hear of it at once.
template <class OfNode, class OfParticipant>
Result<Response> change(Node& node, const Request& request, const Result<Step>& read, OfNode of_node,
                        OfParticipant of_participant) {
  WEIR_TRY_LET(auto* admission, node.membership().admission());
  WEIR_TRY_LET(const Step step, read);
  const std::string& id = request.parameter("id");
  if (const auto subject = supply::identifier::SubjectId::parse(id)) {
    WEIR_TRY(of_participant(*admission, *subject, step));
  } else {
    WEIR_TRY_LET(const NodeId parsed, NodeId::parse(id));
    WEIR_TRY(of_node(*admission, parsed, step));
  }
  WEIR_TRY(node.membership().tell_members(id));
  node.identifiers_changed();
  WEIR_TRY(node.withdraw_credentials(step.reason, step.actor.text()));
  return Response::json(Json::object({{"id", id}}));
}

using trust::participant::Admission;

Result<Response> suspend(Node& node, Request& request) {
  const auto act = [](Admission& a, const auto& id, const Step& s) { return a.suspend(id, s.reason, s.actor); };
  return change(node, request, read_step_with_reason(request), act, act);
}
Result<Response> resume(Node& node, Request& request) {
  const auto act = [](Admission& a, const auto& id, const Step& s) { return a.resume(id, s.reason, s.actor); };
  return change(node, request, read_step(request), act, act);
}
Result<Response> deregister(Node& node, Request& request) {
  const auto act = [](Admission& a, const auto& id, const Step& s) { return a.deregister(id, s.reason, s.actor); };
  return change(node, request, read_step_with_reason(request), act, act);
}

// ── resolution ──

Result<Response> resolve_node(Node& node, Request& request) {
  WEIR_TRY_LET(const NodeId id, NodeId::parse(request.parameter("id")));
  WEIR_TRY_LET(const auto record, node.membership().directory().find(id));
  return Response::json(trust::participant::to_json(record));
}

// Nodes in the order of their identifiers; "running=stopped" asks for those that are late.
Result<Response> list_nodes(Node& node, Request& request) {
  WEIR_TRY_LET(const std::size_t limit, page_limit(request));
  const std::string running = request.query_or("running", "");
  WEIR_TRY_LET(const auto records, node.membership().directory().list(request.query_or("cursor", ""), limit));
  Json::Array items;
  for (const auto& record : records) {
    Json item = Json::object({{"id", record.id.text()},
                              {"participant", record.participant.text()},
                              {"name", record.name},
                              {"url", record.base_url},
                              {"status", trust::participant::name_of(record.status)},
                              {"updated", format_iso8601(record.updated)}});
    if (node.admits()) set_running(node, record.id, item);
    if (running.empty() || item.text_or("running", "") == running) items.push_back(std::move(item));
  }
  return Response::json(page_json(std::move(items), records.size() == limit ? records.back().id.text() : ""));
}

// A node below tells which identifiers were given, moved or withdrawn by it, or by those below it. One record that is
// refused does not hold up the others.
Result<Response> post_identifiers(Node& node, Request& request) {
  WEIR_TRY_LET(const NodeId peer, peer_of(request));
  WEIR_TRY_LET(const Json body, request.json());
  if (!body["identifiers"].is_array() || body["identifiers"].size() > kIdentifiersMax) {
    return Error(Errc::kInvalidArgument, "identifiers is a list of at most 1000 records").because("identifier.report");
  }
  std::vector<supply::identifier::Record> records;
  for (const Json& item : body["identifiers"].items()) {
    WEIR_TRY_LET(auto record, supply::identifier::parse_record(item));
    records.push_back(std::move(record));
  }
  Json refused = Json::array();
  WEIR_TRY(node.sql().write([&](store::Tx& tx) -> Result<> {
    refused = Json::array();
    for (const auto& record : records) {
      const auto taken = node.registry().accept_report(tx, record, peer, "peer:" + peer.text());
      if (taken) continue;
      if (taken.error().code() != Errc::kForbidden && taken.error().code() != Errc::kConflict)
        return Error(taken.error());
      refused.push(Json::object({{"id", record.id.text()}, {"reason", taken.error().reason()}}));
    }
    return {};
  }));
  node.identifiers_changed();
  const auto accepted = static_cast<std::int64_t>(records.size() - refused.size());
  return Response::json(Json::object({{"accepted", accepted}, {"refused", std::move(refused)}}));
}

//= TC609-6-2025-11#heartbeat
Result<Response> post_heartbeat(Node& node, Request& request) {
  WEIR_TRY_LET(const NodeId peer, peer_of(request));
  WEIR_TRY_LET(const bool began, node.membership().heartbeats().beat(peer));
  if (began) {
    log::info("node.beats", {{"node", peer.text()}});
    node.alarm().look();  // a new deadline
  }
  return Response::empty();
}

// The regional node says that it decided about a member.
Result<Response> take_node_change(Node& node, Request& request) {
  WEIR_TRY_LET(const NodeId peer, peer_of(request));
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const auto nodes, body.texts("nodes"));
  if (peer.text() != node.folder().node().above_node) {
    return Error(Errc::kForbidden, "only the regional node says so").because("node.not_regional");
  }
  for (const std::string& text : nodes) {
    WEIR_TRY_LET(const NodeId id, NodeId::parse(text));
    WEIR_TRY(node.membership().look_again(id));
  }
  return Response::empty();
}

}  // namespace

void add_participant_routes(Router& router, Node& node) {
  const auto add = [&](Method method, std::string pattern, Access access, std::string operation, Text summary,
                       auto handler, int status = 200) {
    router.add({.method = method,
                .pattern = std::move(pattern),
                .access = std::move(access),
                .operation = std::move(operation),
                .summary = std::move(summary),
                .success_status = status,
                .handler = [&node, handler](Request& request) { return handler(node, request); }});
  };
  const Access read = Access::with_scope("participant:read");
  const Access write = Access::with_scope("participant:write");
  add(Method::kPost, "/api/v1/applications", Access::open(), "apply", {"Asks to be admitted", "申请接入"}, post_application,
      201);
  add(Method::kPost, "/api/v1/applications/{id}/pickup", Access::open(), "pickup",
      {"Picks up identifier and certificates after approval", "批准后领取标识与证书"}, post_pickup);
  add(Method::kGet, "/api/v1/authority", Access::open(), "getAuthority", {"The space's authority certificate", "空间根证书"},
      get_authority);
  add(Method::kGet, "/api/v1/revocations", Access::open(), "getRevocations", {"Certificates not to be trusted", "吊销列表"},
      get_revocations);
  add(Method::kGet, "/api/v1/participants", read, "listParticipants", {"Applications and members", "申请与成员"},
      list_participants);
  add(Method::kGet, "/api/v1/participants/{id}", read, "getParticipant", {"One of them", "单个申请或成员"}, get_participant);
  add(Method::kPost, "/api/v1/participants/{id}/approve", write, "approveParticipant", {"Admits", "批准"}, approve);
  add(Method::kPost, "/api/v1/participants/{id}/reject", write, "rejectParticipant", {"Refuses", "拒绝"}, reject);
  add(Method::kPost, "/api/v1/participants/{id}/suspend", write, "suspendParticipant", {"Suspends at once", "立即暂停"},
      suspend);
  add(Method::kPost, "/api/v1/participants/{id}/resume", write, "resumeParticipant", {"Resumes", "恢复"}, resume);
  add(Method::kPost, "/api/v1/participants/{id}/deregister", write, "deregisterParticipant", {"Ends for good", "注销"},
      deregister);
  add(Method::kGet, "/api/v1/nodes", read, "listNodes", {"Nodes, and whether they are running", "节点列表及运行状态"},
      list_nodes);
  add(Method::kGet, "/api/v1/nodes/{id}", read, "getNodeRecord", {"What the directory says of a node", "节点目录查询"},
      resolve_node);
  //= NDI-TR-2025-02#identity-verify
  add(Method::kGet, "/peer/v1/nodes/{id}", Access::peer(), "peerNode", {"Directory, for nodes", "节点间目录查询"},
      resolve_node);
  add(Method::kPost, "/peer/v1/identifiers", Access::peer(), "reportIdentifiers",
      {"Identifiers that the sender gave or withdrew", "上报新增或注销的标识"}, post_identifiers);
  add(Method::kPost, std::string(kNodeChangedPath), Access::peer(), "peerNodeChanged",
      {"A member was suspended, resumed or ended", "成员状态变更通知"}, take_node_change, 204);
  add(Method::kPost, "/peer/v1/heartbeat", Access::peer(), "heartbeat", {"I am running", "心跳"}, post_heartbeat, 204);
}

}  // namespace weir::node
