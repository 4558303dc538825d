// The Dataspace Protocol 2025-1 as a face of catalog, contract and delivery: both roles, all endpoints.
//
// Nodes come with their certificate and send what this node sends; partners come with their Authorization and send
// JSON-LD as they write it. Both end in the same use cases.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "weir/adapters/dsp/message.h"
#include "weir/adapters/http/problem.h"
#include "weir/node/data_plane.h"
#include "weir/node/neighbours.h"
#include "weir/node/node.h"
#include "weir/node/routes.h"
#include "weir/supply/catalog/dcat.h"
#include "weir/wire/encoding.h"

namespace weir::node {
namespace {

using adapters::http::Access;
using adapters::http::Method;
using adapters::http::PrincipalKind;
using adapters::http::Request;
using adapters::http::Response;
using adapters::http::Router;
using flow::contract::PartyId;
using flow::delivery::MessageKind;
using flow::delivery::PeerId;
using wire::Json;

bool is_partner(const Request& request) { return request.principal.kind == PrincipalKind::kPartner; }

// The message as the core reads it. What a node sends is signed as it is written; what others write is brought into
// one form.
Result<Json> message_of(Node& node, const Request& request) {
  WEIR_TRY_LET(Json body, flow::contract::parse_body(request.body));
  if (!is_partner(request)) return body;
  WEIR_TRY_LET(Json message, adapters::dsp::compact(body));
  return node.partners().taken_in(request.principal.id, std::move(message));
}

int status_of(const Error& error) { return adapters::http::status_of(error); }

// ── version and catalog ──

Result<Response> get_version(Node& node, Request&) {
  const Json version = Json::object({{"version", "2025-1"},
                                     {"path", kProtocolPath},
                                     {"binding", "HTTPS"},
                                     {"serviceId", node.id().text()}});
  return Response::json(Json::object({{"protocolVersions", Json::array({version})}}));
}

constexpr std::size_t kTrailMost = 8;

std::string link_to(const Node& node, std::size_t limit, const std::string& cursor,
                    const std::vector<std::string>& trail) {
  std::string url = node.url() + std::string(kProtocolPath) + "/catalog/request?limit=" + std::to_string(limit);
  if (!cursor.empty()) url += "&cursor=" + wire::escape_url(cursor);
  for (const std::string& one : trail) url += "&back=" + wire::escape_url(one);
  return url;
}

// Link to the pages before and after; "back" remembers where the last ones began ("-" is the first page).
std::string links(const Node& node, const Request& request, std::size_t limit, const std::string& next) {
  std::vector<std::string> trail;
  for (const auto& [name, value] : request.query) {
    if (name == "back" && trail.size() < kTrailMost) trail.push_back(value);
  }
  const std::string here = request.query_or("cursor", "");
  std::string out;
  if (!next.empty()) {
    std::vector<std::string> ahead = trail;
    ahead.push_back(here.empty() ? "-" : here);
    if (ahead.size() > kTrailMost) ahead.erase(ahead.begin());
    out = "<" + link_to(node, limit, next, ahead) + ">; rel=\"next\"";
  }
  if (!trail.empty()) {
    const std::string last = trail.back() == "-" ? "" : trail.back();
    trail.pop_back();
    if (!out.empty()) out += ", ";
    out += "<" + link_to(node, limit, last, trail) + ">; rel=\"previous\"";
  }
  return out;
}

supply::catalog::DspService service_of(const Node& node) {
  return {.id = node.id().text(), .endpoint_url = node.url() + std::string(kProtocolPath)};
}

std::string own_name(Node& node, const Request& request) {
  return is_partner(request) ? node.partners().own_name(request.principal.id) : node.id().text();
}

Result<supply::catalog::Page> offered(Node& node, std::size_t limit, const std::string& cursor) {
  return node.catalog().list(limit, cursor, supply::catalog::FeedScope::kOwn);
}

// Where the page begins that leaves out the first `offset` products; nothing if there are not as many.
Result<std::optional<std::string>> cursor_after(Node& node, std::size_t offset, std::string cursor) {
  while (offset > 0) {
    WEIR_TRY_LET(const auto page, offered(node, std::min(offset, limits::kPageSizeMax), cursor));
    if (page.next.empty()) return std::optional<std::string>{};
    offset -= page.hits.size();
    cursor = page.next;
  }
  return std::optional(std::move(cursor));
}

Result<Response> catalog_page(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, flow::contract::parse_body(request.body));
  WEIR_TRY_LET(const auto query, adapters::dsp::parse_catalog_request(body));
  WEIR_TRY_LET(std::size_t limit, page_limit(request));
  if (query.limit > 0) limit = std::min(query.limit, limits::kPageSizeMax);
  WEIR_TRY_LET(const auto begin, cursor_after(node, query.offset, request.query_or("cursor", "")));
  supply::catalog::Page page;
  if (begin) {
    WEIR_TRY_LET(page, offered(node, limit, *begin));
  }
  std::vector<supply::identifier::ProductId> ids;
  for (const auto& hit : page.hits) ids.push_back(hit.id);
  WEIR_TRY_LET(const auto products, node.catalog().find_many(ids));
  const std::string id = "urn:x-weir:catalog:" + node.id().text();
  Response response =
      Response::json(supply::catalog::to_dsp_catalog(id, own_name(node, request), service_of(node), products));
  const std::string link = links(node, request, limit, page.next);
  if (!link.empty()) response.headers.set("Link", link);
  return response;
}

Result<Response> dataset(Node& node, Request& request) {
  const Error none = Error(Errc::kNotFound, "no such dataset").because("catalog.no_product");
  const auto id = supply::identifier::ProductId::parse(request.parameter("id"));
  if (!id) return none;
  const auto product = node.catalog().find(*id);
  if (!product && product.error().code() != Errc::kNotFound) return Error(product.error());
  if (!product || product->node != node.id() || product->status != supply::catalog::Status::kPublished) return none;
  const auto json = supply::catalog::to_dsp_dataset(*product, service_of(node));
  if (!json) return none;
  return Response::json(*json);
}

// A catalog handler whose refusals are CatalogErrors.
auto with_catalog_error(Result<Response> (*handler)(Node&, Request&)) {
  return [handler](Node& node, Request& request) -> Result<Response> {
    Result<Response> response = handler(node, request);
    if (response) return response;
    return Response::json(adapters::dsp::catalog_error(response.error()), status_of(response.error()));
  };
}

// ── contract negotiation ──

Response negotiation_error(const Json& message, const std::string& pid, const Error& error) {
  const std::string provider = message.text_or("providerPid", "");
  const std::string consumer = message.text_or("consumerPid", "");
  const bool neither = provider.empty() && consumer.empty();
  return Response::json(flow::contract::error_json(neither ? pid : provider, neither ? pid : consumer, error),
                        status_of(error));
}

Result<Response> receive_negotiation(Node& node, Request& request) {
  const auto message = message_of(node, request);
  if (!message) return negotiation_error(Json(), "", message.error());
  const std::string path = request.path.substr(kProtocolPath.size());
  const std::string body = is_partner(request) ? message->dump() : request.body;
  const auto reply = node.contracts().receive(PartyId(request.principal.id), path, body);
  if (!reply) return negotiation_error(*message, "", reply.error());
  return Response::json(reply->body, reply->created ? 201 : 200);
}

Result<Response> get_negotiation(Node& node, Request& request) {
  const std::string& pid = request.parameter("pid");
  const auto state = node.contracts().status_for(PartyId(request.principal.id), pid);
  if (!state) return negotiation_error(Json(), pid, state.error());
  return Response::json(*state);
}

// ── transfer process ──

Response transfer_error(const Json& message, const std::string& pid, const Error& error) {
  const std::string provider = message.text_or("providerPid", "");
  const std::string consumer = message.text_or("consumerPid", "");
  const bool neither = provider.empty() && consumer.empty();
  return Response::json(flow::delivery::error_json(neither ? pid : provider, neither ? pid : consumer, error),
                        status_of(error));
}

Result<Response> receive_transfer(Node& node, Request& request, MessageKind kind) {
  const PeerId peer(request.principal.id);
  const auto body = message_of(node, request);
  if (!body) return transfer_error(Json(), "", body.error());
  auto message = flow::delivery::parse_message(kind, *body);
  if (!message) return transfer_error(*body, "", message.error());
  // A data plane that carries the transfer may read more of it than this node does.
  for (auto& address : message->data_address) address.as_written = (*body)["dataAddress"].dump();
  const bool first = kind == MessageKind::kRequest;
  const auto answer = first ? node.delivery().receive_request(peer, *message)
                            : node.delivery().receive(peer, request.parameter("pid"), *message);
  if (!answer) return transfer_error(*body, "", answer.error());
  return Response::json(*answer, first ? 201 : 200);
}

Result<Response> get_transfer(Node& node, Request& request) {
  const std::string& pid = request.parameter("pid");
  const auto process = node.delivery().status_for(PeerId(request.principal.id), pid);
  if (!process) return transfer_error(Json(), pid, process.error());
  return Response::json(*process);
}

Result<Response> take_destruction(Node& node, Request& request) {
  WEIR_TRY_LET(const auto peer, peer_of(request));
  WEIR_TRY_LET(const Json proof, request.json());
  if (proof.text_or("providerPid", "") != request.parameter("pid")) {
    return Error(Errc::kInvalidArgument, "the proof is about another process").because("delivery.proof");
  }
  WEIR_TRY(node.delivery().take_destruction_proof(peer, proof));
  WEIR_TRY(node.copy_destroyed(request.parameter("pid")));
  return Response::empty();
}

Result<Response> receive_notice(Node& node, Request& request) {
  const std::string path = request.path.substr(kProtocolPath.size());
  WEIR_TRY_LET(const auto reply, node.contracts().receive(PartyId(request.principal.id), path, request.body));
  return Response::json(reply.body);
}

// ── the table ──

class Table {
 public:
  Table(Router& router, Node& node) : router_(router), node_(node) {}

  template <class Handler>
  void add(Method method, std::string pattern, std::string operation, Text summary, Handler handler, int status = 200,
           Access access = Access::connector()) {
    Node& node = node_;
    router_.add({.method = method,
                 .pattern = std::string(kProtocolPath) + std::move(pattern),
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

void add_negotiation(Table& table) {
  //= DSP-2025-1#N2
  table.add(Method::kPost, "/negotiations/request", "dspNegotiationRequest", {"Contract request", "合约请求"},
            receive_negotiation, 201);
  //= DSP-2025-1#N8
  table.add(Method::kPost, "/negotiations/offers", "dspNegotiationOffer", {"Contract offer", "合约报价"},
            receive_negotiation, 201);
  //= DSP-2025-1#N7
  //= DSP-2025-1#N1
  table.add(Method::kGet, "/negotiations/{pid}", "dspNegotiation", {"State of a negotiation", "协商状态"}, get_negotiation);
  //= DSP-2025-1#N3
  table.add(Method::kPost, "/negotiations/{pid}/request", "dspCounterRequest", {"Counter-request", "还价请求"},
            receive_negotiation);
  //= DSP-2025-1#N9
  table.add(Method::kPost, "/negotiations/{pid}/offers", "dspCounterOffer", {"Counter-offer", "还价报价"},
            receive_negotiation);
  //= DSP-2025-1#N11
  //= DSP-2025-1#N4
  table.add(Method::kPost, "/negotiations/{pid}/events", "dspNegotiationEvent", {"Accepted or finalized", "接受或完成"},
            receive_negotiation);
  //= DSP-2025-1#N10
  table.add(Method::kPost, "/negotiations/{pid}/agreement", "dspAgreement",
            {"Agreement, signed by the provider", "提供方签署的协议"}, receive_negotiation);
  //= DSP-2025-1#N5
  table.add(Method::kPost, "/negotiations/{pid}/agreement/verification", "dspAgreementVerification",
            {"The consumer's signature", "使用方签名"}, receive_negotiation);
  //= DSP-2025-1#N12
  //= DSP-2025-1#N6
  table.add(Method::kPost, "/negotiations/{pid}/termination", "dspNegotiationTermination", {"Termination", "终止"},
            receive_negotiation);
  table.add(Method::kPost, "/agreements/{id}/notices", "agreementNotice",
            {"Suspension, resumption or end of an agreement", "协议暂停、恢复或终止通知"}, receive_notice, 200, Access::peer());
}

void add_transfer(Table& table) {
  const auto message = [](MessageKind kind) {
    return [kind](Node& n, Request& r) { return receive_transfer(n, r, kind); };
  };
  //= DSP-2025-1#T2
  table.add(Method::kPost, "/transfers/request", "dspTransferRequest", {"Transfer request", "传输请求"},
            message(MessageKind::kRequest), 201);
  //= DSP-2025-1#T11
  //= DSP-2025-1#T1
  table.add(Method::kGet, "/transfers/{pid}", "dspTransfer", {"State of a transfer process", "传输过程状态"}, get_transfer);
  //= DSP-2025-1#T7
  //= DSP-2025-1#T3
  table.add(Method::kPost, "/transfers/{pid}/start", "dspTransferStart", {"Transfer start", "传输开始"},
            message(MessageKind::kStart));
  //= DSP-2025-1#T10
  //= DSP-2025-1#T6
  table.add(Method::kPost, "/transfers/{pid}/suspension", "dspTransferSuspension", {"Transfer suspension", "传输暂停"},
            message(MessageKind::kSuspension));
  //= DSP-2025-1#T8
  //= DSP-2025-1#T4
  table.add(Method::kPost, "/transfers/{pid}/completion", "dspTransferCompletion", {"Transfer completion", "传输完成"},
            message(MessageKind::kCompletion));
  //= DSP-2025-1#T9
  //= DSP-2025-1#T5
  table.add(Method::kPost, "/transfers/{pid}/termination", "dspTransferTermination", {"Transfer termination", "传输终止"},
            message(MessageKind::kTermination));
  table.add(Method::kPost, "/transfers/{pid}/destruction", "transferDestruction",
            {"The receiver's proof that it destroyed the data", "接收方的数据销毁证明"}, take_destruction, 204, Access::peer());
}

}  // namespace

void add_dsp_routes(Router& router, Node& node) {
  //= DSP-2025-1#V
  router.add({.method = Method::kGet,
              .pattern = "/.well-known/dspace-version",
              .access = Access::open(),
              .operation = "dspVersion",
              .summary = {"Versions of the Dataspace Protocol", "数据空间协议版本"},
              .handler = [&node](Request& request) { return get_version(node, request); }});
  Table table(router, node);
  //= DSP-2025-1#C1
  table.add(Method::kPost, "/catalog/request", "dspCatalog", {"What this node offers, page by page", "本节点的目录，分页"},
            with_catalog_error(catalog_page));
  //= DSP-2025-1#C2
  table.add(Method::kGet, "/catalog/datasets/{id}", "dspDataset", {"One dataset with its offers", "数据集及其报价"},
            with_catalog_error(dataset));
  add_negotiation(table);
  add_transfer(table);
}

}  // namespace weir::node
