// Negotiations and agreements as the API shows them.
// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/contract/store.h"

namespace weir::flow::contract {
namespace {

using wire::Json;

Json label_json(const Text& text) { return Json::object({{"en", text.en}, {"zh", text.zh}}); }

void set_unless_empty(Json& json, std::string_view name, const std::string& value) {
  if (!value.empty()) json.set(name, value);
}

}  // namespace

Json to_json(const NegotiationRecord& record) {
  const Negotiation& n = record.negotiation;
  const std::string_view status = contract_status(n.state, n.rounds, record.agreement_state);
  Json json = Json::object({{"id", n.pid},
                            {"role", name_of(n.role)},
                            {"peer", n.peer.value()},
                            {"state", name_of(n.state)},
                            {"label", label_json(label(n.state))},
                            {"contractStatus", status},
                            {"contractStatusLabel", label_json(label_of_status(status))},
                            {"providerPid", n.provider_pid()},
                            {"consumerPid", n.consumer_pid()},
                            {"product", n.offer.target},
                            {"offer", to_json(n.offer)},
                            {"rounds", n.rounds},
                            {"held", record.held},
                            {"created", format_iso8601(n.created)},
                            {"updated", format_iso8601(n.updated)}});
  set_unless_empty(json, "holdReason", record.hold_reason);
  set_unless_empty(json, "agreementId", n.agreement);
  set_unless_empty(json, "contractId", n.contract);
  set_unless_empty(json, "code", n.code);
  if (!n.reasons.empty()) json.set("reasons", Json::strings(n.reasons));
  set_unless_empty(json, "error", record.error);
  if (!is_final(n.state)) json.set("deadline", format_iso8601(record.deadline));
  return json;
}

Json to_json(const AgreementRecord& record) {
  const Agreement& a = record.agreement;
  const bool failed = record.state == AgreementState::kVoid;
  const State state = failed ? State::kTerminated
                             : (record.state == AgreementState::kSigning ? State::kAgreed : State::kFinalized);
  const std::string_view status = contract_status(state, 1, record.state);
  Json signatures = Json::array();
  for (const PartySignature& signature : record.signatures) signatures.push(to_json(signature));
  Json json = Json::object({{"id", a.id},
                            {"contractId", a.contract_id},
                            {"negotiation", record.pid},
                            {"role", name_of(record.role)},
                            {"peer", record.peer.value()},
                            {"state", name_of(record.state)},
                            {"label", label_json(label(record.state))},
                            {"contractStatus", status},
                            {"contractStatusLabel", label_json(label_of_status(status))},
                            {"product", a.target},
                            {"productVersion", a.product_version},
                            {"contentRoot", a.content_root},
                            {"agreement", a.object},
                            {"agreementHash", record.hash},
                            {"signatures", std::move(signatures)},
                            {"created", format_iso8601(record.created)},
                            {"updated", format_iso8601(record.updated)}});
  if (record.until) json.set("validUntil", format_iso8601(*record.until));
  if (record.state == AgreementState::kSuspended) {
    Json by = Json::array();
    if (record.suspended_by_provider) by.push("provider");
    if (record.suspended_by_consumer) by.push("consumer");
    json.set("suspendedBy", std::move(by));
  }
  if (record.ended) json.set("ended", format_iso8601(*record.ended));
  set_unless_empty(json, "terminateType", std::string(code_of(record.terminate_type)));
  set_unless_empty(json, "code", record.code);
  if (!record.reasons.empty()) json.set("reasons", Json::strings(record.reasons));
  return json;
}

}  // namespace weir::flow::contract
