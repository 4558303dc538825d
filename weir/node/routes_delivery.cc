// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/http/problem.h"
#include "weir/node/node.h"
#include "weir/node/routes.h"

namespace weir::node {
namespace {

using adapters::http::Access;
using adapters::http::Method;
using adapters::http::Request;
using adapters::http::Response;
using adapters::http::Router;
using flow::delivery::Transfer;
using wire::Json;

Json with_progress(Node& node, const Transfer& transfer) {
  Json out = flow::delivery::to_json(transfer);
  const auto progress = node.transfers().progress(transfer.pid);
  const std::uint64_t done = progress ? progress->bytes_done : transfer.bytes_moved;
  out.set("bytesDone", static_cast<std::int64_t>(done));
  return out;
}

// ── for operators ──

Result<Response> post_transfer(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const std::string agreement, body.text("agreement"));
  const std::string format = body.text_or("format", flow::delivery::kPullFormat);
  WEIR_TRY_LET(const std::string pid, node.delivery().request(agreement, format, request.principal.actor()));
  WEIR_TRY_LET(const Transfer transfer, node.delivery().get(pid));
  return Response::created("/api/v1/transfers/" + pid, with_progress(node, transfer));
}

Result<Response> list_transfers(Node& node, Request& request) {
  WEIR_TRY_LET(const std::size_t limit, page_limit(request));
  WEIR_TRY_LET(const auto page, node.delivery().list(request.query_or("cursor", ""), limit));
  Json::Array items;
  for (const Transfer& transfer : page.rows) items.push_back(with_progress(node, transfer));
  return Response::json(page_json(std::move(items), page.next));
}

Result<Response> get_transfer(Node& node, Request& request) {
  const std::string& pid = request.parameter("id");
  WEIR_TRY_LET(const Milliseconds wait, wait_time(request));
  WEIR_TRY(node.news().wait_until(wait, [&]() -> Result<bool> {
    WEIR_TRY_LET(const Transfer transfer, node.delivery().get(pid));
    return is_final(transfer.state);
  }));
  WEIR_TRY_LET(const Transfer transfer, node.delivery().get(pid));
  return Response::json(with_progress(node, transfer));
}

using Change = Result<> (flow::delivery::Service::*)(const std::string&, std::string_view, const std::string&);

Result<Response> change_transfer(Node& node, Request& request, Change change) {
  WEIR_TRY_LET(const Json body, request.json());
  const std::string& pid = request.parameter("id");
  WEIR_TRY((node.delivery().*change)(pid, body.text_or("reason", ""), request.principal.actor()));
  WEIR_TRY_LET(const Transfer transfer, node.delivery().get(pid));
  return Response::json(with_progress(node, transfer));
}

Result<Response> resume_transfer(Node& node, Request& request) {
  const std::string& pid = request.parameter("id");
  WEIR_TRY(node.delivery().resume(pid, request.principal.actor()));
  WEIR_TRY_LET(const Transfer transfer, node.delivery().get(pid));
  return Response::json(with_progress(node, transfer));
}

Result<Response> patch_transfer(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const std::int64_t rate, body.integer("rateBytesPerSecond"));
  const std::string& pid = request.parameter("id");
  WEIR_TRY(node.delivery().set_rate(pid, rate, request.principal.actor()));
  node.rate_limits().set(pid, rate);
  WEIR_TRY_LET(const Transfer transfer, node.delivery().get(pid));
  return Response::json(with_progress(node, transfer));
}

void add_operator_routes(Router& router, Node& node) {
  const auto add = [&](Method method, std::string pattern, std::string operation, Text summary, const char* scope,
                       auto handler, int status = 200) {
    router.add({.method = method,
                .pattern = std::move(pattern),
                .access = Access::with_scope(scope),
                .operation = std::move(operation),
                .summary = std::move(summary),
                .success_status = status,
                .handler = [&node, handler](Request& request) { return handler(node, request); }});
  };
  constexpr const char* kRead = "delivery:read";
  constexpr const char* kWrite = "delivery:write";
  add(Method::kPost, "/api/v1/transfers", "createTransfer",
      {"Asks for the data of an agreement", "请求协议下的数据"}, kWrite, post_transfer, 201);
  add(Method::kGet, "/api/v1/transfers", "listTransfers", {"Deliveries, newest first", "交付列表，最新在前"}, kRead,
      list_transfers);
  add(Method::kGet, "/api/v1/transfers/{id}", "getTransfer",
      {"One delivery; with wait, answers when it is done or the time is up", "一次交付；带 wait 时等到完成或超时"}, kRead,
      get_transfer);
  add(Method::kPatch, "/api/v1/transfers/{id}", "changeTransfer", {"Changes its rate limit", "更改限速"}, kWrite,
      patch_transfer);
  add(Method::kPost, "/api/v1/transfers/{id}/resume", "resumeTransfer", {"Lets data flow again", "恢复传输"}, kWrite,
      resume_transfer);
  add(Method::kPost, "/api/v1/transfers/{id}/suspend", "suspendTransfer", {"Stops the flow of data", "暂停传输"}, kWrite,
      [](Node& n, Request& r) { return change_transfer(n, r, &flow::delivery::Service::suspend); });
  add(Method::kPost, "/api/v1/transfers/{id}/terminate", "terminateTransfer", {"Ends it", "终止传输"}, kWrite,
      [](Node& n, Request& r) { return change_transfer(n, r, &flow::delivery::Service::terminate); });
}

}  // namespace

void add_delivery_routes(Router& router, Node& node) {
  add_operator_routes(router, node);
}

}  // namespace weir::node
