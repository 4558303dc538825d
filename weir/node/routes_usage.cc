// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "weir/base/cut.h"
#include "weir/node/data_plane.h"
#include "weir/node/neighbours.h"
#include "weir/node/node.h"
#include "weir/node/routes.h"

namespace weir::node {
namespace {

using adapters::http::Access;
using adapters::http::Method;
using adapters::http::Request;
using adapters::http::Response;
using adapters::http::Router;
using flow::delivery::ChunkIndex;
using flow::delivery::VaultItem;
using supply::identifier::NodeId;
using wire::Json;

// A decrypted copy on its way to the user, chunk by chunk; never on disk.
class VaultSource final : public adapters::http::BodySource {
 public:
  explicit VaultSource(std::unique_ptr<VaultItem> item) : item_(std::move(item)) {}
  std::uint64_t length() const override { return item_->manifest().size; }
  Result<std::size_t> read(std::span<std::uint8_t> out) override {
    if (at_ == chunk_.size()) {
      if (next_ == item_->manifest().chunk_count()) return std::size_t{0};
      WEIR_TRY_LET(chunk_, item_->read_chunk(ChunkIndex(next_++)));
      at_ = 0;
    }
    const std::size_t count = std::min(out.size(), chunk_.size() - at_);
    std::copy_n(chunk_.begin() + static_cast<std::ptrdiff_t>(at_), count, out.begin());
    at_ += count;
    return count;
  }

 private:
  std::unique_ptr<VaultItem> item_;
  Bytes chunk_;
  std::size_t at_ = 0;
  std::uint64_t next_ = 0;
};

Json reasons_json(const std::vector<policy::Reason>& reasons) {
  Json out = Json::array();
  for (const policy::Reason& reason : reasons) {
    out.push(Json::object({{"rule", reason.rule}, {"en", reason.why.en}, {"zh", reason.why.zh}}));
  }
  return out;
}

Json to_json(const flow::usage::Authorization& answer) {
  Json obligations = Json::array();
  for (const policy::Obligation& obligation : answer.obligations) {
    obligations.push(Json::object({{"id", obligation.id},
                                   {"rule", obligation.rule},
                                   {"action", obligation.action},
                                   {"when", policy::name_of(obligation.when)}}));
  }
  return Json::object({{"effect", policy::name_of(answer.effect)},
                       {"deniedBy", policy::name_of(answer.denied_by)},
                       {"use", answer.use},
                       {"policyHash", answer.policy_hash},
                       {"reasons", reasons_json(answer.reasons)},
                       {"obligations", obligations}});
}

// The words of a denial, in the caller's language.
Error denial(const flow::usage::Authorization& answer, Language language) {
  std::string words;
  for (const policy::Reason& reason : answer.reasons) {
    if (!words.empty() && language == Language::kEnglish) words += ' ';  // each is a sentence
    words += reason.why.in(language);
  }
  if (answer.effect == policy::Effect::kAllowIf) {
    return Error(Errc::kForbidden, words)
        .because("usage.condition_open")
        .advise("fulfil what is named first, then ask again");
  }
  return Error(Errc::kForbidden, words).because("usage.denied").advise("the terms: weir contract show AGREEMENT");
}

struct Asked {
  std::string action;
  std::string purpose;
  std::string application;
  std::string region;
  std::string environment;
  std::string algorithm;
  std::string role;
  std::string recipient;
  std::vector<std::pair<std::string, std::string>> stated;
  std::vector<std::pair<std::string_view, std::string_view>> views;  // of `stated`
};

// {"event": "Hannover Messe", "industry": ["health", "sport"]}: what only the user can know, by the left operand. What
// the node knows by itself nobody may state, and each name means what the vocabulary says.
Result<> read_values(const Json& values, Asked& out) {
  constexpr std::size_t kValuesMax = 32;
  constexpr std::size_t kBytesMax = 1000;
  const auto wrong = [](const std::string& what) {
    return Error(Errc::kInvalidArgument, "values: " + what).because("usage.bad_values");
  };
  if (values.is_null()) return {};
  if (!values.is_object()) return wrong("must be an object");
  for (const auto& [written, value] : values.members()) {
    std::string name = policy::normal_name(written);
    if (const policy::OperandTerm* term = policy::find_operand(name)) {
      using policy::Operand;
      constexpr Operand kKnown[] = {Operand::kDateTime, Operand::kDelayPeriod, Operand::kConnector,
                                    Operand::kParticipantRegion, Operand::kNetworkAddress};
      if (term->counted || std::find(std::begin(kKnown), std::end(kKnown), term->operand) != std::end(kKnown)) {
        return wrong("'" + cut(written, 100) + "' is known to the node itself");
      }
      name = term->name;
    }
    const Json list = value.is_array() ? value : Json::array({value});
    for (const Json& each : list.items()) {
      if (!each.is_string() || each.as_string().empty() || each.as_string().size() > kBytesMax) {
        return wrong("'" + cut(written, 100) + "' must be a text, or several");
      }
      if (out.stated.size() == kValuesMax) return wrong("more than 32");
      out.stated.emplace_back(name, each.as_string());
    }
  }
  for (const auto& [name, value] : out.stated) out.views.emplace_back(name, value);
  return {};
}

Result<Asked> read_asked(const Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  Asked out;
  WEIR_TRY_LET(out.action, body.text("action"));
  out.action = policy::normal_name(out.action);
  out.purpose = body.text_or("purpose", "");
  out.application = body.text_or("application", "");
  out.region = body.text_or("region", "");
  out.environment = body.text_or("environment", "");
  out.algorithm = body.text_or("algorithm", "");
  out.role = body.text_or("role", "");
  out.recipient = body.text_or("recipient", "");
  WEIR_TRY(read_values(body["values"], out));
  return out;
}

policy::Request policy_request(Node& node, const Request& request, const Asked& asked) {
  policy::Request out;
  out.now = node.clock().now();
  out.action = asked.action;
  out.operator_id = request.principal.id;
  out.connector = node.id().text();
  out.purpose = asked.purpose;
  out.application = asked.application;
  out.environment = asked.environment;
  out.algorithm = asked.algorithm;
  out.role = asked.role;
  out.recipient = asked.recipient;
  out.attributes = asked.views;
  out.participant_region = node.region();
  out.address = request.remote_address;
  out.region = asked.region.empty() ? node.region() : std::string_view(asked.region);
  return out;
}

Result<Response> post_decision(Node& node, Request& request) {
  WEIR_TRY_LET(const Asked asked, read_asked(request));
  const std::string& agreement = request.parameter("id");
  WEIR_TRY_LET(const auto terms, node.usage().find(agreement));
  auto ask = policy_request(node, request, asked);
  ask.participant = terms.consumer;
  ask.product = terms.product;
  WEIR_TRY_LET(const auto answer, node.usage().preview(agreement, ask));
  return Response::json(to_json(answer));
}

Result<Response> post_use(Node& node, Request& request) {
  WEIR_TRY_LET(const Asked asked, read_asked(request));
  WEIR_TRY_LET(auto use, use_held(node.contracts(), node.usage(), node.delivery(), request.parameter("id"),
                                  policy_request(node, request, asked), request.principal.actor(), node.clock().now()));
  node.alarm().look();  // a use may have started a period, or owe something; a refused one too
  if (!use.item) return denial(use.answer, request.language);
  Response response = Response::bytes("application/octet-stream", "");
  response.headers.set("X-Weir-Use", use.answer.use);
  response.source = std::make_unique<VaultSource>(std::move(use.item));
  return response;
}

Result<Response> post_destruction(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const std::string reason, body.text("reason"));
  WEIR_TRY(node.contracts().get_agreement(request.parameter("id")));
  WEIR_TRY_LET(const std::size_t copies,
               node.delivery().destroy(request.parameter("id"), reason, request.principal.actor()));
  return Response::json(Json::object({{"agreement", request.parameter("id")}, {"copies", copies}}));
}

Result<Response> get_usage(Node& node, Request& request) {
  const std::string& agreement = request.parameter("id");
  WEIR_TRY_LET(const auto terms, node.usage().find(agreement));
  WEIR_TRY_LET(const auto counters, node.usage().counters(agreement));
  WEIR_TRY_LET(const auto owed, node.usage().obligations_of(agreement));
  Json counter_list = Json::array();
  for (const auto& counter : counters) {
    counter_list.push(Json::object({{"rule", counter.rule}, {"counter", counter.counter}, {"value", counter.value}}));
  }
  WEIR_TRY_LET(const auto allowances, node.usage().allowances(agreement));
  Json limits = Json::array();
  for (const auto& each : allowances) {
    limits.push(Json::object({{"rule", each.rule},
                              {"counter", each.counter},
                              {"most", each.most},
                              {"used", each.used},
                              {"left", each.left()}}));
  }
  Json owed_list = Json::array();
  for (const auto& duty : owed) {
    owed_list.push(Json::object({{"id", duty.id},
                                 {"action", duty.action},
                                 {"use", duty.use},
                                 {"state", flow::usage::name_of(duty.state)},
                                 {"due", format_iso8601(duty.due)}}));
  }
  return Response::json(Json::object({{"agreement", agreement},
                                      {"state", flow::usage::name_of(terms.state)},
                                      {"version", terms.version},
                                      {"policyHash", terms.policy_hash},
                                      {"counters", counter_list},
                                      {"limits", limits},
                                      {"obligations", owed_list}}));
}

// Somebody did what was owed, and says how that can be shown.
Result<Response> post_fulfilment(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const std::string proof, body.text("proof"));
  if (proof.empty()) return Error(Errc::kInvalidArgument, "proof: is required").because("field.required");
  const std::string& agreement = request.parameter("id");
  const std::string& obligation = request.parameter("obligation");
  WEIR_TRY_LET(const auto owed, node.usage().obligations_of(agreement));
  const bool its_own = std::any_of(owed.begin(), owed.end(), [&](const auto& each) { return each.id == obligation; });
  if (!its_own) {
    return Error(Errc::kNotFound, "the agreement has no obligation " + obligation).because("usage.no_obligation");
  }
  WEIR_TRY(node.usage().fulfil(obligation, proof, request.principal.actor()));
  return get_usage(node, request);
}

Result<Response> post_payment(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const auto payment, flow::usage::parse_payment(body));
  WEIR_TRY(node.usage().record_payment(request.parameter("id"), payment, request.principal.actor()));
  return get_usage(node, request);
}

Result<Response> post_breach(Node& node, Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const auto breach, flow::usage::parse_breach(body));
  WEIR_TRY(node.usage().record_breach(request.parameter("id"), breach, request.principal.actor()));
  node.alarm().look();
  return get_usage(node, request);
}

// The other side of an agreement, by the contract that it names. Others learn nothing.
Result<flow::contract::AgreementRecord> agreement_with(Node& node, const NodeId& peer, const std::string& contract) {
  WEIR_TRY_LET(auto record, node.contracts().get_by_contract(contract));
  if (record.peer.value() == peer.text()) return record;
  return Error(Errc::kNotFound, "no such agreement").because("contract.no_agreement");
}

// The provider says that it was paid.
Result<Response> take_payment(Node& node, Request& request) {
  WEIR_TRY_LET(const NodeId peer, peer_of(request));
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const std::string contract, body.text("contractId"));
  WEIR_TRY_LET(const auto record, agreement_with(node, peer, contract));
  WEIR_TRY_LET(const auto payment, flow::usage::parse_payment(body));
  WEIR_TRY(node.usage().accept_payment(record.agreement.id, payment, "peer:" + peer.text()));
  return Response::empty();
}

// The provider says that a prohibition was broken.
Result<Response> take_breach(Node& node, Request& request) {
  WEIR_TRY_LET(const NodeId peer, peer_of(request));
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const std::string contract, body.text("contractId"));
  WEIR_TRY_LET(const auto record, agreement_with(node, peer, contract));
  WEIR_TRY_LET(const auto breach, flow::usage::parse_breach(body));
  if (breach.id.empty()) return Error(Errc::kInvalidArgument, "breach: is required").because("field.required");
  WEIR_TRY(node.usage().accept_breach(record.agreement.id, breach, "peer:" + peer.text()));
  node.alarm().look();
  return Response::empty();
}

//= TC609-6-2025-15#feedback
// The consumer tells of a use that it was obliged to tell of. Told twice, it is written down once.
Result<Response> take_notice(Node& node, Request& request) {
  WEIR_TRY_LET(const auto peer, peer_of(request));
  WEIR_TRY_LET(const Json notice, request.json());
  WEIR_TRY_LET(const std::string contract, notice.text("contractId"));
  WEIR_TRY_LET(const auto record, agreement_with(node, peer, contract));
  if (notice.text_or("connectorId", "") != peer.text()) {
    return Error(Errc::kNotFound, "no such agreement").because("contract.no_agreement");
  }
  WEIR_TRY_LET(const std::string use, notice["details"].text("use"));
  WEIR_TRY(node.sql().write([&](store::Tx& tx) -> Result<> {
    trust::evidence::Query known;
    known.contract = contract;
    known.process = use;
    known.kind = "usage.noticed";
    WEIR_TRY_LET(const auto earlier, node.archive().search(tx, known));
    if (!earlier.entries.empty()) return {};
    WEIR_TRY(node.log().append(tx, {.kind = "usage.noticed",
                                    .time = node.clock().now(),
                                    .actor = "peer:" + peer.text(),
                                    .contract = contract,
                                    .product = record.agreement.target,
                                    .process = use,
                                    .participants = {node.id().text(), peer.text()},
                                    .body = Json::object({{"notice", notice}})}));
    return {};
  }));
  return Response::empty();
}

}  // namespace

void add_usage_routes(Router& router, Node& node) {
  const auto add = [&](Method method, std::string pattern, std::string operation, Text summary, const char* scope,
                       auto handler) {
    router.add({.method = method,
                .pattern = std::move(pattern),
                .access = Access::with_scope(scope),
                .operation = std::move(operation),
                .summary = std::move(summary),
                .handler = [&node, handler](Request& request) { return handler(node, request); }});
  };
  add(Method::kPost, "/api/v1/agreements/{id}/decisions", "previewUse",
      {"Whether a use would be allowed, and why; nothing is counted", "预判使用是否允许及原因；不计数"},
      "delivery:read", post_decision);
  add(Method::kPost, "/api/v1/agreements/{id}/uses", "useData",
      {"Uses held data: decided, counted, logged, then streamed", "使用已持有的数据：判定、计数、记录，然后输出"},
      "delivery:write", post_use);
  add(Method::kPost, "/api/v1/agreements/{id}/destruction", "destroyData",
      {"Destroys held data and proves it", "销毁已持有的数据并出具证明"}, "delivery:write", post_destruction);
  add(Method::kGet, "/api/v1/agreements/{id}/usage", "getUsage",
      {"Terms, counters and obligations", "条款、计数与义务"}, "delivery:read", get_usage);
  add(Method::kPost, "/api/v1/agreements/{id}/obligations/{obligation}/fulfilment", "fulfilObligation",
      {"Says that an obligation was fulfilled, and how that is shown", "登记义务已履行及其证明"}, "delivery:write",
      post_fulfilment);
  add(Method::kPost, "/api/v1/agreements/{id}/payments", "recordPayment",
      {"The provider was paid; the consumer is told", "提供方登记收款并告知使用方"}, "contract:write", post_payment);
  add(Method::kPost, "/api/v1/agreements/{id}/breaches", "recordBreach",
      {"A prohibition was broken; its remedies are owed, and the consumer is told",
       "登记违反禁止性条款；补救义务随之产生，并告知使用方"},
      "contract:write", post_breach);
  router.add({.method = Method::kPost,
              .pattern = std::string(kProtocolPath) + std::string(flow::usage::kBreachPath),
              .access = Access::peer(),
              .operation = "breachNotice",
              .summary = {"The provider says that a prohibition was broken", "提供方的违约通知"},
              .success_status = 204,
              .handler = [&node](Request& request) { return take_breach(node, request); }});
  router.add({.method = Method::kPost,
              .pattern = std::string(kProtocolPath) + std::string(flow::usage::kPaymentPath),
              .access = Access::peer(),
              .operation = "paymentNotice",
              .summary = {"The provider says that it was paid", "提供方的收款通知"},
              .success_status = 204,
              .handler = [&node](Request& request) { return take_payment(node, request); }});
  router.add({.method = Method::kPost,
              .pattern = std::string(kProtocolPath) + std::string(flow::usage::kNoticePath),
              .access = Access::peer(),
              .operation = "usageNotice",
              .summary = {"The consumer used the data, as it had to tell", "使用方的使用通知"},
              .success_status = 204,
              .handler = [&node](Request& request) { return take_notice(node, request); }});
}

}  // namespace weir::node
