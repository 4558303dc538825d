// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/http/problem.h"
#include "weir/node/data_plane.h"
#include "weir/node/node.h"
#include "weir/node/routes.h"

namespace weir::node {
namespace {

using adapters::http::Access;
using adapters::http::Method;
using adapters::http::Request;
using adapters::http::Response;
using adapters::http::Router;
using flow::delivery::MessageKind;
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

// ── for other nodes: Dataspace Protocol 2025-1, transfer process ──

// A refusal in the protocol's own shape.
Response protocol_error(std::string_view provider, std::string_view consumer, const Error& error) {
  return Response::json(flow::delivery::error_json(provider, consumer, error), adapters::http::status_of(error));
}

Result<Response> dsp_request(Node& node, Request& request) {
  WEIR_TRY_LET(const auto peer, peer_of(request));
  WEIR_TRY_LET(const Json body, request.json());
  const auto message = flow::delivery::parse_message(MessageKind::kRequest, body);
  if (!message) return protocol_error("", body.text_or("consumerPid", ""), message.error());
  const auto answer = node.delivery().receive_request(peer, *message);
  if (!answer) return protocol_error("", message->consumer_pid, answer.error());
  return Response::json(*answer, 201);
}

Result<Response> dsp_message(Node& node, Request& request, MessageKind kind) {
  WEIR_TRY_LET(const auto peer, peer_of(request));
  WEIR_TRY_LET(const Json body, request.json());
  const std::string provider = body.text_or("providerPid", "");
  const std::string consumer = body.text_or("consumerPid", "");
  const auto message = flow::delivery::parse_message(kind, body);
  if (!message) return protocol_error(provider, consumer, message.error());
  const std::string& pid = request.parameter("pid");
  const auto answer = node.delivery().receive(peer, pid, *message);
  if (!answer) return protocol_error(provider, consumer, answer.error());
  return Response::json(*answer);
}

Result<Response> dsp_get(Node& node, Request& request) {
  WEIR_TRY_LET(const auto peer, peer_of(request));
  WEIR_TRY_LET(const Json process, node.delivery().status_for(peer, request.parameter("pid")));
  return Response::json(process);
}

Result<Response> take_destruction(Node& node, Request& request) {
  WEIR_TRY_LET(const auto peer, peer_of(request));
  WEIR_TRY_LET(const Json proof, request.json());
  if (proof.text_or("providerPid", "") != request.parameter("pid")) {
    return Error(Errc::kInvalidArgument, "the proof is about another process").because("delivery.proof");
  }
  WEIR_TRY(node.delivery().take_destruction_proof(peer, proof));
  return Response::empty();
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

void add_protocol_routes(Router& router, Node& node) {
  const auto add = [&](Method method, std::string pattern, std::string operation, Text summary, auto handler,
                       int status = 200) {
    router.add({.method = method,
                .pattern = "/dsp/2025-1" + std::move(pattern),
                .access = Access::peer(),
                .operation = std::move(operation),
                .summary = std::move(summary),
                .success_status = status,
                .handler = [&node, handler](Request& request) { return handler(node, request); }});
  };
  const auto message = [](MessageKind kind) {
    return [kind](Node& n, Request& r) { return dsp_message(n, r, kind); };
  };
  //= DSP-2025-1#T2
  add(Method::kPost, "/transfers/request", "dspTransferRequest", {"Transfer request", "传输请求"}, dsp_request, 201);
  //= DSP-2025-1#T11
  //= DSP-2025-1#T1
  add(Method::kGet, "/transfers/{pid}", "dspTransfer", {"State of a transfer process", "传输过程状态"}, dsp_get);
  //= DSP-2025-1#T7
  //= DSP-2025-1#T3
  add(Method::kPost, "/transfers/{pid}/start", "dspTransferStart", {"Transfer start", "传输开始"},
      message(MessageKind::kStart));
  //= DSP-2025-1#T10
  //= DSP-2025-1#T6
  add(Method::kPost, "/transfers/{pid}/suspension", "dspTransferSuspension", {"Transfer suspension", "传输暂停"},
      message(MessageKind::kSuspension));
  //= DSP-2025-1#T8
  //= DSP-2025-1#T4
  add(Method::kPost, "/transfers/{pid}/completion", "dspTransferCompletion", {"Transfer completion", "传输完成"},
      message(MessageKind::kCompletion));
  //= DSP-2025-1#T9
  //= DSP-2025-1#T5
  add(Method::kPost, "/transfers/{pid}/termination", "dspTransferTermination", {"Transfer termination", "传输终止"},
      message(MessageKind::kTermination));
  add(Method::kPost, "/transfers/{pid}/destruction", "transferDestruction",
      {"The receiver's proof that it destroyed the data", "接收方的数据销毁证明"}, take_destruction, 204);
}

}  // namespace

void add_delivery_routes(Router& router, Node& node) {
  add_operator_routes(router, node);
  add_protocol_routes(router, node);
}

}  // namespace weir::node
