// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/signaling/message.h"

namespace weir::adapters::signaling {

using wire::Json;

namespace {

constexpr std::size_t kIdBytesMax = 512;
constexpr std::size_t kListMost = 1000;
constexpr std::string_view kDspContext = "https://w3id.org/dspace/2025/1/context.jsonld";

Error malformed(std::string message) {
  return Error(Errc::kInvalidArgument, std::move(message)).because("signaling.malformed");
}

Result<std::string> id_in(const Json& json, std::string_view name) {
  if (!json[name].is_string()) return malformed(std::string(name) + ": must be there, as text");
  std::string text = json.text_or(name, "");
  if (text.empty() || text.size() > kIdBytesMax) {
    return malformed(std::string(name) + ": must be 1 to " + std::to_string(kIdBytesMax) + " characters");
  }
  return text;
}

// Text that may be left out.
Result<std::string> text_in(const Json& json, std::string_view name) {
  if (!json.has(name)) return std::string();
  if (!json[name].is_string()) return malformed(std::string(name) + ": must be text");
  return json.text_or(name, "");
}

Result<std::vector<std::string>> texts_in(const Json& json, std::string_view name) {
  if (!json.has(name)) return std::vector<std::string>();
  auto texts = json.texts(name);
  if (!texts || texts->size() > kListMost) return malformed(std::string(name) + ": must be an array of texts");
  return *std::move(texts);
}

Result<> check_object(const Json& json) {
  if (json.is_object()) return {};
  return malformed("the body must be a JSON object");
}

Result<std::vector<DataAddress>> address_in(const Json& json) {
  std::vector<DataAddress> out;
  // "null" is how some write that there is none.
  if (!json.has("dataAddress") || json["dataAddress"].is_null()) return out;
  const Json& written = json["dataAddress"];
  if (!written.is_object()) return malformed("dataAddress: must be an object");
  DataAddress address = flow::delivery::parse_data_address(written);
  address.type = written.text_or("endpointType", "");
  address.as_written = written.dump();
  if (address.type.empty()) return malformed("dataAddress.endpointType: must be there, as text");
  out.push_back(std::move(address));
  return out;
}

}  // namespace

std::string_view format_of(std::string_view profile) {
  if (profile == kHttpPull || profile == "http-pull" || profile == flow::delivery::kPullFormat) {
    return flow::delivery::kPullFormat;
  }
  if (profile == kHttpPush || profile == "http-push" || profile == flow::delivery::kPushFormat) {
    return flow::delivery::kPushFormat;
  }
  return "";
}

std::string_view profile_of(std::string_view format) {
  if (format == flow::delivery::kPullFormat) return kHttpPull;
  if (format == flow::delivery::kPushFormat) return kHttpPush;
  return format;
}

Json to_json(const FlowMessage& message) {
  Json out = Json::object({{"messageId", message.message_id},
                           {"participantId", message.participant},
                           {"counterPartyId", message.counter_party},
                           {"dataspaceContext", message.dataspace},
                           {"processId", message.process},
                           {"agreementId", message.agreement},
                           {"datasetId", message.dataset},
                           {"profile", message.profile},
                           {"claims", message.claims}});
  if (!message.data_address.empty()) out.set("dataAddress", flow::delivery::to_json(message.data_address.front()));
  return out;
}

Result<FlowMessage> parse_flow(const Json& json) {
  WEIR_TRY(check_object(json));
  FlowMessage out;
  WEIR_TRY_LET(out.message_id, id_in(json, "messageId"));
  WEIR_TRY_LET(out.participant, id_in(json, "participantId"));
  WEIR_TRY_LET(out.counter_party, id_in(json, "counterPartyId"));
  WEIR_TRY_LET(out.dataspace, id_in(json, "dataspaceContext"));
  WEIR_TRY_LET(out.process, id_in(json, "processId"));
  WEIR_TRY_LET(out.agreement, id_in(json, "agreementId"));
  WEIR_TRY_LET(out.dataset, id_in(json, "datasetId"));
  WEIR_TRY_LET(out.profile, id_in(json, "profile"));
  if (!json["claims"].is_object()) return malformed("claims: must be there, as an object");
  out.claims = json["claims"];
  if (json.has("metadata") && !json["metadata"].is_object()) return malformed("metadata: must be an object");
  WEIR_TRY(texts_in(json, "labels"));
  WEIR_TRY_LET(out.data_address, address_in(json));
  return out;
}

Json to_json(const NoticeMessage& message) {
  Json out = Json::object({{"messageId", message.message_id}});
  if (!message.data_address.empty()) out.set("dataAddress", flow::delivery::to_json(message.data_address.front()));
  if (!message.reason.empty()) out.set("reason", message.reason);
  return out;
}

Result<NoticeMessage> parse_notice(const Json& json) {
  WEIR_TRY(check_object(json));
  NoticeMessage out;
  WEIR_TRY_LET(out.message_id, id_in(json, "messageId"));
  WEIR_TRY_LET(out.data_address, address_in(json));
  WEIR_TRY_LET(out.reason, text_in(json, "reason"));
  return out;
}

Json to_json(const StatusMessage& message) {
  Json out = Json::object(
      {{"messageId", message.message_id}, {"dataFlowId", message.flow}, {"state", name_of(message.state)}});
  if (!message.data_address.empty()) out.set("dataAddress", flow::delivery::to_json(message.data_address.front()));
  if (!message.error.empty()) out.set("error", message.error);
  return out;
}

Result<StatusMessage> parse_status(const Json& json) {
  WEIR_TRY(check_object(json));
  StatusMessage out;
  WEIR_TRY_LET(const std::string state, id_in(json, "state"));
  WEIR_TRY_LET(out.state, parse_state(state));
  WEIR_TRY_LET(out.message_id, text_in(json, "messageId"));
  WEIR_TRY_LET(out.flow, text_in(json, "dataFlowId"));
  if (out.flow.size() > kIdBytesMax) return malformed("dataFlowId: is too long");
  WEIR_TRY_LET(out.data_address, address_in(json));
  WEIR_TRY_LET(out.error, text_in(json, "error"));
  return out;
}

Json status_response(std::string_view flow, State state) {
  return Json::object({{"dataFlowId", flow}, {"state", name_of(state)}});
}

Result<Registration> parse_registration(Plane plane, const Json& json) {
  WEIR_TRY(check_object(json));
  Registration out;
  WEIR_TRY_LET(out.id, id_in(json, plane == Plane::kData ? "dataplaneId" : "controlplaneId"));
  WEIR_TRY_LET(out.endpoint, id_in(json, "endpoint"));
  WEIR_TRY_LET(out.profiles, texts_in(json, "profiles"));
  WEIR_TRY_LET(out.labels, texts_in(json, "labels"));
  WEIR_TRY_LET(out.products, texts_in(json, "products"));
  if (json.has("agreements") && !json["agreements"].is_bool()) return malformed("agreements: must be true or false");
  out.agreements = json.boolean_or("agreements", false);
  if (plane == Plane::kData && out.profiles.empty()) return malformed("profiles: must name at least one");
  const Json& authorization = json["authorization"];
  if (!authorization.is_object()) return malformed("authorization: must be there, as an object");
  if (authorization.text_or("type", "") != "agreed") {
    return Error(Errc::kInvalidArgument, "authorization.type: this node knows 'agreed' only")
        .because("signaling.authorization")
        .advise("agree on two secrets, and give them as authorizationIn and authorizationOut");
  }
  WEIR_TRY_LET(out.authorization_in, id_in(authorization, "authorizationIn"));
  WEIR_TRY_LET(out.authorization_out, text_in(authorization, "authorizationOut"));
  return out;
}

Result<> check_address(std::string_view profile, const DataAddress& address, bool may_be_called) {
  const auto wrong = [](std::string what) {
    return Error(Errc::kInvalidArgument, std::move(what)).because("signaling.address");
  };
  if (!may_be_called) return wrong("dataAddress.endpoint: must be https; plain http is for this machine only");
  if (profile != kHttpPull && profile != kHttpPush) return {};
  if (address.type != profile) return wrong("dataAddress.endpointType: must be the profile, " + std::string(profile));
  if (profile == kHttpPush) return {};
  if (address.token.empty() || address.refresh_token.empty() || address.expires_in <= 0) {
    return wrong("dataAddress: an address to pull from has authorization, refreshToken and expiresIn");
  }
  return {};
}

Json agreement_response(Json agreement) {
  agreement.set("@context", Json::array({kDspContext}));
  return agreement;
}

}  // namespace weir::adapters::signaling
