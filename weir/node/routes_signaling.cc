// Data Plane Signaling: this node as data plane and as control plane, and who is registered for either.
//
// Planes come with the Authorization that was agreed with them; who is not registered learns nothing.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/log.h"
#include "weir/node/node.h"
#include "weir/node/routes.h"
#include "weir/node/signaling.h"

namespace weir::node {
namespace {

using adapters::http::Access;
using adapters::http::Method;
using adapters::http::Request;
using adapters::http::Response;
using adapters::http::Router;
using adapters::signaling::Step;
using wire::Json;

//= DPS-1.0#authorization
Result<std::string> caller(Node& node, const Request& request, Plane plane) {
  return node.signaling().recognise(plane, request.headers.get("Authorization"));
}

// ── as a data plane ──

//= DPS-1.0#asynchronous
Response answer(const Signaling::Status& status) {
  using adapters::signaling::State;
  const bool later = status.state == State::kPreparing || status.state == State::kStarting;
  Response out = Response::json(to_json(status), later ? 202 : 200);
  if (later) out.headers.set("Location", std::string(kSignalingPath) + "/dataflows/" + status.flow + "/status");
  return out;
}

Result<Response> post_prepare(Node& node, Request& request) {
  WEIR_TRY_LET(const std::string control, caller(node, request, Plane::kControl));
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const auto message, adapters::signaling::parse_flow(body));
  WEIR_TRY_LET(const auto status, node.signaling().prepare(control, message));
  return answer(status);
}

//= DPS-1.0#data-plane
Result<Response> post_start(Node& node, Request& request) {
  WEIR_TRY_LET(const std::string control, caller(node, request, Plane::kControl));
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const auto message, adapters::signaling::parse_flow(body));
  WEIR_TRY_LET(const auto status, node.signaling().start(control, message));
  return answer(status);
}

Result<Response> post_notice(Node& node, Request& request, Step step) {
  WEIR_TRY_LET(const std::string control, caller(node, request, Plane::kControl));
  adapters::signaling::NoticeMessage message;
  if (step != Step::kComplete) {  // which has no body
    WEIR_TRY_LET(const Json body, request.json());
    WEIR_TRY_LET(message, adapters::signaling::parse_notice(body));
  }
  WEIR_TRY_LET(const auto status, node.signaling().notice(control, request.parameter("id"), step, message));
  return answer(status);
}

Result<Response> get_status(Node& node, Request& request) {
  WEIR_TRY_LET(const std::string control, caller(node, request, Plane::kControl));
  WEIR_TRY_LET(const auto status, node.signaling().status(control, request.parameter("id")));
  return Response::json(adapters::signaling::status_response(status.flow, status.state));
}

// ── as a control plane ──

//= DPS-1.0#control-plane
Result<Response> post_report(Node& node, Request& request, Step step) {
  WEIR_TRY_LET(const std::string data, caller(node, request, Plane::kData));
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const auto status, adapters::signaling::parse_status(body));
  WEIR_TRY(node.signaling().reported(data, request.parameter("id"), step, status));
  return Response::json(Json::object());
}

Result<Response> post_error(Node& node, Request& request) {
  WEIR_TRY_LET(const std::string data, caller(node, request, Plane::kData));
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const auto status, adapters::signaling::parse_status(body));
  WEIR_TRY(node.signaling().errored(data, request.parameter("id"), status));
  return Response::json(Json::object());
}

Result<Response> get_agreement(Node& node, Request& request) {
  WEIR_TRY_LET(const std::string data, caller(node, request, Plane::kData));
  WEIR_TRY_LET(const Json agreement, node.signaling().agreement(data, request.parameter("id")));
  return Response::json(agreement);
}

// ── registration ──

//= DPS-1.0#registration
Result<Response> put_plane(Node& node, Request& request, Plane plane) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const auto registration, adapters::signaling::parse_registration(plane, body));
  WEIR_TRY(node.signaling().put(plane, registration));
  log::info("signaling.registered",
            {{"plane", registration.id}, {"endpoint", registration.endpoint}, {"actor", request.principal.actor()}});
  WEIR_TRY_LET(const auto stored, store::sql_read<RegisteredPlane>(node.sql(), [&](store::Tx& tx) {
                 return node.signaling().find(tx, plane, registration.id);
               }));
  return Response::json(to_json(stored));
}

Result<Response> list_planes(Node& node, Request&, Plane plane) {
  WEIR_TRY_LET(const auto all, node.signaling().list(plane));
  Json::Array items;
  for (const RegisteredPlane& one : all) items.push_back(to_json(one));
  return Response::json(page_json(std::move(items), ""));
}

Result<Response> remove_plane(Node& node, Request& request, Plane plane) {
  WEIR_TRY(node.signaling().remove(plane, request.parameter("id")));
  log::info("signaling.removed", {{"plane", request.parameter("id")}, {"actor", request.principal.actor()}});
  return Response::empty();
}

// ── the table ──

class Table {
 public:
  Table(Router& router, Node& node) : router_(router), node_(node) {}

  // Authorised by its handler: planes are no operators and no nodes.
  template <class Handler>
  void add(Method method, std::string pattern, std::string operation, Text summary, Handler handler,
           Access access = Access::open(), int status = 200) {
    Node& node = node_;
    router_.add({.method = method,
                 .pattern = std::string(kSignalingPath) + std::move(pattern),
                 .access = std::move(access),
                 .operation = std::move(operation),
                 .summary = std::move(summary),
                 .success_status = status,
                 .handler = [&node, handler](Request& request) { return handler(node, request); }});
  }

 private:
  Router& router_;
  Node& node_;
};

void add_data_plane(Table& table) {
  const auto notice = [](Step step) { return [step](Node& n, Request& r) { return post_notice(n, r, step); }; };
  table.add(Method::kPost, "/dataflows/prepare", "prepareDataFlow",
            {"A control plane has this node prepare a data flow", "控制面请求准备数据流"}, post_prepare);
  table.add(Method::kPost, "/dataflows/start", "startDataFlow",
            {"A control plane has this node start a data flow", "控制面请求启动数据流"}, post_start);
  table.add(Method::kPost, "/dataflows/{id}/started", "dataFlowStarted",
            {"The provider has started a data flow", "提供方已启动数据流"}, notice(Step::kStarted));
  table.add(Method::kPost, "/dataflows/{id}/suspend", "suspendDataFlow", {"Suspends a data flow", "暂停数据流"},
            notice(Step::kSuspend));
  table.add(Method::kPost, "/dataflows/{id}/resume", "resumeDataFlow", {"Resumes a data flow", "恢复数据流"},
            notice(Step::kResume));
  table.add(Method::kPost, "/dataflows/{id}/terminate", "terminateDataFlow", {"Ends a data flow", "终止数据流"},
            notice(Step::kTerminate));
  table.add(Method::kPost, "/dataflows/{id}/completed", "completeDataFlow",
            {"All data of a flow were moved", "数据流已完成"}, notice(Step::kComplete));
  table.add(Method::kGet, "/dataflows/{id}/status", "getDataFlowStatus", {"State of a data flow", "数据流状态"},
            get_status);
}

void add_control_plane(Table& table) {
  const auto report = [](Step step) { return [step](Node& n, Request& r) { return post_report(n, r, step); }; };
  table.add(Method::kPost, "/transfers/{id}/dataflow/prepared", "dataPlanePrepared",
            {"A data plane has prepared a flow", "数据面已准备数据流"}, report(Step::kPrepared));
  table.add(Method::kPost, "/transfers/{id}/dataflow/started", "dataPlaneStarted",
            {"A data plane has started a flow", "数据面已启动数据流"}, report(Step::kStarted));
  table.add(Method::kPost, "/transfers/{id}/dataflow/completed", "dataPlaneCompleted",
            {"A data plane has moved everything", "数据面已完成数据流"}, report(Step::kComplete));
  table.add(Method::kPost, "/transfers/{id}/dataflow/errored", "dataPlaneErrored",
            {"A data plane cannot go on", "数据面无法继续"}, post_error);
  table.add(Method::kGet, "/transfers/{id}/agreement", "getTransferAgreement",
            {"The agreement of a transfer, for the data plane that carries it", "供数据面读取的传输协议"}, get_agreement);
}

void add_registration(Table& table, Plane plane) {
  const auto with = [plane](auto handler) {
    return [plane, handler](Node& n, Request& r) { return handler(n, r, plane); };
  };
  const bool data = plane == Plane::kData;
  const std::string pattern = data ? "/dataplanes" : "/controlplanes";
  const std::string name = data ? "DataPlane" : "ControlPlane";
  const Access access = Access::with_scope("operator:write");
  table.add(Method::kPut, pattern, "put" + name,
            data ? Text{"Registers a data plane, or changes it", "登记或更改数据面"}
                 : Text{"Registers a control plane, or changes it", "登记或更改控制面"},
            with(put_plane), access);
  table.add(Method::kGet, pattern, "list" + name + "s",
            data ? Text{"Data planes that are registered", "已登记的数据面"}
                 : Text{"Control planes that are registered", "已登记的控制面"},
            with(list_planes), access);
  table.add(Method::kDelete, pattern + "/{id}", "remove" + name,
            data ? Text{"Forgets a data plane", "删除数据面登记"} : Text{"Forgets a control plane", "删除控制面登记"},
            with(remove_plane), access, 204);
}

}  // namespace

void add_signaling_routes(Router& router, Node& node) {
  Table table(router, node);
  add_data_plane(table);
  add_control_plane(table);
  add_registration(table, Plane::kData);
  add_registration(table, Plane::kControl);
}

}  // namespace weir::node
