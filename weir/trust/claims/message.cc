// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/claims/message.h"

#include <algorithm>

namespace weir::trust::claims {
namespace {

using wire::Json;

constexpr std::string_view kContext = "https://w3id.org/dspace-dcp/v1.0/dcp.jsonld";
constexpr std::string_view kTypeAlias = "org.eclipse.dspace.dcp.vc.type:";
constexpr std::string_view kIdAlias = "org.eclipse.dspace.dcp.vc.id:";
constexpr std::string_view kRead = ":read";
constexpr std::size_t kListMax = 64;
constexpr std::size_t kPidBytesMax = 256;

Error bad_message(std::string_view why) {
  return Error(Errc::kInvalidArgument, "the message is not understood: " + std::string(why)).because("claims.message");
}

Result<> check_kind(const Json& message, std::string_view type) {
  const Json& context = message["@context"];
  const Json ours(kContext);
  const bool named =
      context.is_array() ? std::ranges::find(context.items(), ours) != context.items().end() : context == ours;
  if (!named) return bad_message("its context is not " + std::string(kContext));
  if (message.text_or("type", "") != type) return bad_message("it is no " + std::string(type));
  return {};
}

Result<std::string> pid_of(const Json& message, std::string_view name) {
  std::string pid = message.text_or(name, "");
  if (pid.empty() || pid.size() > kPidBytesMax) return bad_message(std::string(name) + " must be 1 to 256 characters");
  return pid;
}

Result<Json::Array> list_of(const Json& message, std::string_view name, std::size_t least) {
  const Json& list = message[name];
  if (list.is_null() && least == 0) return Json::Array{};
  if (!list.is_array() || list.size() < least || list.size() > kListMax) {
    return bad_message(std::string(name) + " must be a list of " + std::to_string(least) + " to " +
                       std::to_string(kListMax));
  }
  return list.items();
}

Result<std::vector<std::string>> ids_of(const Json& message) {
  WEIR_TRY_LET(const Json::Array items, list_of(message, "credentials", 1));
  std::vector<std::string> out;
  for (const Json& item : items) {
    WEIR_TRY_LET(std::string id, pid_of(item, "id"));
    out.push_back(std::move(id));
  }
  return out;
}

}  // namespace

Json make_message(std::string_view type) {
  return Json::object({{"@context", Json::array({Json(kContext)})}, {"type", type}});
}

Result<Scope> parse_scope(std::string_view text) {
  if (text.starts_with(kIdAlias) && text.size() > kIdAlias.size()) {
    return Scope{Scope::Kind::kId, std::string(text.substr(kIdAlias.size()))};
  }
  std::string_view type = text.starts_with(kTypeAlias) ? text.substr(kTypeAlias.size()) : std::string_view();
  if (type.ends_with(kRead)) type.remove_suffix(kRead.size());
  if (type.empty() || type.find(':') != std::string_view::npos) {
    return Error(Errc::kInvalidArgument, "a scope is " + std::string(kTypeAlias) + "TYPE or " + std::string(kIdAlias) +
                                             "ID")
        .because("claims.scope");
  }
  return Scope{Scope::Kind::kType, std::string(type)};
}

std::string scope_of_type(std::string_view type) {
  return std::string(kTypeAlias) + std::string(type) + std::string(kRead);
}

Result<std::vector<Scope>> parse_query(const Json& message) {
  WEIR_TRY(check_kind(message, "PresentationQueryMessage"));
  const bool defined = message.has("presentationDefinition");
  if (defined && message.has("scope")) return bad_message("it has both scope and presentationDefinition");
  if (defined && message["presentationDefinition"].size() > 0) {
    return Error(Errc::kInvalidArgument, "presentation definitions are not read here").because("claims.definition");
  }
  WEIR_TRY_LET(const Json::Array items, list_of(message, "scope", 1));
  std::vector<Scope> out;
  for (const Json& item : items) {
    WEIR_TRY_LET(Scope scope, parse_scope(item.is_string() ? item.as_string() : ""));
    out.push_back(std::move(scope));
  }
  return out;
}

Json make_query(const std::vector<std::string>& scopes) {
  return make_message("PresentationQueryMessage").set("scope", Json::strings(scopes));
}

Json make_response(const std::vector<std::string>& presentations) {
  return make_message("PresentationResponseMessage").set("presentation", Json::strings(presentations));
}

Result<std::vector<std::string>> parse_response(const Json& message) {
  WEIR_TRY(check_kind(message, "PresentationResponseMessage"));
  WEIR_TRY_LET(const Json::Array items, list_of(message, "presentation", 0));
  std::vector<std::string> out;
  for (const Json& item : items) {
    // A presentation as a JSON object is of a proof stack that is not done here.
    if (item.is_string()) out.push_back(item.as_string());
  }
  return out;
}

Result<Delivered> parse_delivered(const Json& message) {
  WEIR_TRY(check_kind(message, "CredentialMessage"));
  Delivered out;
  WEIR_TRY_LET(out.issuer_pid, pid_of(message, "issuerPid"));
  WEIR_TRY_LET(out.holder_pid, pid_of(message, "holderPid"));
  const std::string status = message.text_or("status", "");
  if (status != "ISSUED" && status != "REJECTED") return bad_message("status must be ISSUED or REJECTED");
  out.issued = status == "ISSUED";
  out.rejection = message.text_or("rejectionReason", "");
  WEIR_TRY_LET(const Json::Array items, list_of(message, "credentials", out.issued ? 1 : 0));
  for (const Json& item : items) {
    Delivered::Container one;
    WEIR_TRY_LET(one.type, pid_of(item, "credentialType"));
    WEIR_TRY_LET(one.format, pid_of(item, "format"));
    one.payload = item.text_or("payload", "");
    out.credentials.push_back(std::move(one));
  }
  return out;
}

Json to_message(const Delivered& delivered) {
  Json message = make_message("CredentialMessage");
  message.set("issuerPid", delivered.issuer_pid);
  message.set("holderPid", delivered.holder_pid);
  message.set("status", delivered.issued ? "ISSUED" : "REJECTED");
  if (!delivered.rejection.empty()) message.set("rejectionReason", delivered.rejection);
  Json list = Json::array();
  for (const auto& one : delivered.credentials) {
    list.push(Json::object({{"credentialType", one.type}, {"payload", one.payload}, {"format", one.format}}));
  }
  return message.set("credentials", std::move(list));
}

Result<Asked> parse_asked(const Json& message) {
  WEIR_TRY(check_kind(message, "CredentialRequestMessage"));
  Asked out;
  WEIR_TRY_LET(out.holder_pid, pid_of(message, "holderPid"));
  WEIR_TRY_LET(out.credentials, ids_of(message));
  return out;
}

Json to_message(const Asked& asked) {
  Json message = make_message("CredentialRequestMessage");
  message.set("holderPid", asked.holder_pid);
  Json list = Json::array();
  for (const std::string& id : asked.credentials) list.push(Json::object({{"id", id}}));
  return message.set("credentials", std::move(list));
}

Json make_metadata(const Did& issuer, const std::vector<Supported>& supported) {
  Json list = Json::array();
  for (const Supported& one : supported) {
    list.push(Json::object({{"id", one.id},
                            {"type", "CredentialObject"},
                            {"credentialType", one.type},
                            {"offerReason", "issuance"},
                            {"bindingMethods", Json::array({"did:web"})},
                            {"profile", name_of(one.profile)}}));
  }
  Json message = make_message("IssuerMetadata");
  message.set("issuer", issuer.text());
  return message.set("credentialsSupported", std::move(list));
}

Result<std::vector<Supported>> parse_metadata(const Json& message, const Did& issuer) {
  WEIR_TRY(check_kind(message, "IssuerMetadata"));
  if (message.text_or("issuer", "") != issuer.text()) return bad_message("it is of another issuer");
  WEIR_TRY_LET(const Json::Array items, list_of(message, "credentialsSupported", 0));
  std::vector<Supported> out;
  for (const Json& item : items) {
    const auto profile = parse_profile(item.text_or("profile", ""));
    if (!profile) continue;
    WEIR_TRY_LET(std::string id, pid_of(item, "id"));
    out.push_back({.id = std::move(id), .type = item.text_or("credentialType", ""), .profile = *profile});
  }
  return out;
}

Result<Offered> parse_offered(const Json& message) {
  WEIR_TRY(check_kind(message, "CredentialOfferMessage"));
  WEIR_TRY_LET(Did issuer, Did::parse(message.text_or("issuer", "")));
  WEIR_TRY_LET(auto ids, ids_of(message));
  return Offered{.issuer = std::move(issuer), .credentials = std::move(ids)};
}

Json make_status(std::string_view issuer_pid, std::string_view holder_pid, std::string_view status) {
  Json message = make_message("CredentialStatus");
  message.set("issuerPid", issuer_pid);
  message.set("holderPid", holder_pid);
  return message.set("status", status);
}

}  // namespace weir::trust::claims
