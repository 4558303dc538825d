// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/participant/application.h"

#include <algorithm>

namespace weir::trust::participant {
namespace {

using crypto::Certificate;
using crypto::SignatureAlgorithm;
using wire::Json;

constexpr std::size_t kRequestBytesMax = 16u << 10;

Error bad(const char* reason, const std::string& what) { return Error(Errc::kInvalidArgument, what).because(reason); }

// A text of 1 (or 0) to `most` bytes without control characters.
Result<std::string> short_text(const Json& json, std::string_view name, std::size_t most, bool required) {
  if (!required && json[name].is_null()) return std::string();
  WEIR_TRY_LET(std::string text, json.text(name));
  const bool control =
      std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (text.size() > most)
    return bad("field.length", std::string(name) + ": has more than " + std::to_string(most) + " bytes");
  if (control) return bad("field.format", std::string(name) + ": has a control character");
  if (required && text.empty()) return bad("field.required", std::string(name) + ": is required");
  return text;
}

struct KindName {
  NodeKind kind;
  std::string_view name;
};
constexpr KindName kKinds[] = {{NodeKind::kConnector, "connector"},
                               {NodeKind::kBusiness, "business"},
                               {NodeKind::kRegional, "regional"},
                               {NodeKind::kSector, "sector"}};

std::string_view kind_text(NodeKind kind) {
  for (const KindName& each : kKinds) {
    if (each.kind == kind) return each.name;
  }
  return "global";
}

Result<NodeKind> parse_kind(std::string_view text) {
  for (const KindName& each : kKinds) {
    if (each.name == text) return each.kind;
  }
  return bad("application.node_kind", "nodeKind: connector, business, regional or sector");
}

bool is_upper(NodeKind kind) { return kind == NodeKind::kRegional || kind == NodeKind::kSector; }

// Only a node that assigns identifiers itself comes with one: its own, which its kind is in.
Result<> check_node(const Application& application) {
  if (!is_upper(application.node_kind) && application.node_kind != NodeKind::kConnector &&
      application.node_kind != NodeKind::kBusiness) {
    return bad("application.node_kind", "nodeKind: nobody admits a global node");
  }
  const bool own = application.node && application.node->kind() == application.node_kind;
  if (is_upper(application.node_kind) ? own : !application.node) return {};
  return bad("application.node", "node: a regional or sector node names its own identifier, others none");
}

SubjectKind data_kind(NodeKind kind) {
  return kind == NodeKind::kConnector ? SubjectKind::kConnector : SubjectKind::kPlatform;
}

bool is_capability(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == ':' || c == '/';
  });
}

// A request for the host of the base URL, signed by its own key.
Result<crypto::CertificateRequest> read_request(std::string_view pem, const BaseUrl& url, const char* which) {
  auto request = crypto::parse_request(pem);
  if (!request) return Error(std::move(request).error()).with(which);
  if (request->subject.common_name != url.host) {
    return bad("application.host",
               std::string(which) + ": the common name is not the host of baseUrl, '" + url.host + "'");
  }
  return request;
}

}  // namespace

bool may_admit(NodeKind level, NodeKind applicant) {
  if (level == NodeKind::kGlobal) return is_upper(applicant);
  return is_upper(level) && (applicant == NodeKind::kConnector || applicant == NodeKind::kBusiness);
}

Json to_json(const Application& application) {
  Json out = Json::object({{"participant", to_json(application.participant)},
                           {"nodeKind", kind_text(application.node_kind)},
                           {"nodeName", application.node_name},
                           {"baseUrl", application.base_url},
                           {"identityRequest", application.identity_request_pem},
                           {"transportRequest", application.transport_request_pem},
                           {"contact", application.contact},
                           {"nodeData", application.node_data},
                           {"capabilities", Json::strings(application.capabilities)}});
  if (application.node) out.set("node", application.node->text());
  return out;
}

Result<Application> parse_application(std::string_view text) {
  WEIR_TRY_LET(const Json json, wire::parse_json(text, {.bytes_max = kApplicationBytesMax, .depth_max = 8}));
  if (!json.is_object()) return bad("field.type", "an application is an object");
  Application out;
  WEIR_TRY_LET(out.participant, parse_subject(json["participant"]));
  if (out.participant.kind != SubjectKind::kOrganisation && out.participant.kind != SubjectKind::kPerson) {
    return bad("participant.kind", "participant.kind: must be organisation or person");
  }
  WEIR_TRY_LET(const std::string kind, json.text("nodeKind"));
  WEIR_TRY_LET(out.node_kind, parse_kind(kind));
  if (json.has("node")) {
    WEIR_TRY_LET(const std::string node, json.text("node"));
    WEIR_TRY_LET(out.node, NodeId::parse(node));
  }
  WEIR_TRY_LET(out.node_name, short_text(json, "nodeName", 128, true));
  WEIR_TRY_LET(out.base_url, json.text("baseUrl"));
  WEIR_TRY(parse_base_url(out.base_url));
  WEIR_TRY_LET(out.identity_request_pem, json.text("identityRequest"));
  WEIR_TRY_LET(out.transport_request_pem, json.text("transportRequest"));
  if (std::max(out.identity_request_pem.size(), out.transport_request_pem.size()) > kRequestBytesMax) {
    return bad("field.length", "a certificate request has more than 16 KiB");
  }
  WEIR_TRY_LET(out.contact, short_text(json, "contact", 254, false));
  if (!json["nodeData"].is_null()) {
    WEIR_TRY_LET(out.node_data, read_section(data_kind(out.node_kind), Section::kExtended, json["nodeData"]));
  }
  if (json["capabilities"].is_null()) return out;
  WEIR_TRY_LET(out.capabilities, json.texts("capabilities"));
  if (out.capabilities.size() > kCapabilitiesMax ||
      !std::all_of(out.capabilities.begin(), out.capabilities.end(), is_capability)) {
    return bad("field.format", "capabilities: at most 64 words of a-z, 0-9 and . - _ : /");
  }
  return out;
}

//= NDI-TR-2025-03 subject CN is the domain or address, OU the identifier
Result<ApplicationKeys> check_application(const Application& application) {
  WEIR_TRY(check_node(application));
  WEIR_TRY_LET(const BaseUrl url, parse_base_url(application.base_url));
  WEIR_TRY_LET(const auto identity, read_request(application.identity_request_pem, url, "identityRequest"));
  WEIR_TRY_LET(const auto transport, read_request(application.transport_request_pem, url, "transportRequest"));
  const SignatureAlgorithm signs = identity.key.algorithm();
  if (signs != SignatureAlgorithm::kEd25519 && signs != SignatureAlgorithm::kSm2Sm3) {
    return bad("application.identity_key", "identityRequest: an identity key is Ed25519 or SM2");
  }
  const SignatureAlgorithm speaks = transport.key.algorithm();
  if (speaks != SignatureAlgorithm::kEcdsaP256Sha256 && speaks != SignatureAlgorithm::kEd25519) {
    return bad("application.transport_key", "transportRequest: a transport key is P-256 or Ed25519");
  }
  if (identity.key.der() == transport.key.der()) {
    return bad("application.same_key", "identity and transport need keys of their own");
  }
  return ApplicationKeys{identity.key, transport.key};
}

Json to_json(const Enrolment& enrolment) {
  return Json::object({{"application", enrolment.application},
                       {"node", to_json(enrolment.node)},
                       {"regional", to_json(enrolment.regional)},
                       {"anchors", Json::strings(enrolment.anchors_pem)}});
}

Result<Enrolment> parse_enrolment(std::string_view text) {
  WEIR_TRY_LET(const Json json, wire::parse_json(text, {.bytes_max = kApplicationBytesMax, .depth_max = 8}));
  WEIR_TRY_LET(std::string application, json.text("application"));
  WEIR_TRY_LET(NodeRecord node, parse_node_record(json["node"]));
  WEIR_TRY_LET(NodeRecord regional, parse_node_record(json["regional"]));
  WEIR_TRY_LET(std::vector<std::string> anchors, json.texts("anchors"));
  if (anchors.empty() || anchors.size() > 16) return bad("field.length", "anchors: 1 to 16 certificates");
  return Enrolment{std::move(application), std::move(node), std::move(regional), std::move(anchors)};
}

namespace {

Error refused(const char* reason, const std::string& what) {
  return Error(Errc::kUnauthenticated, what).because(reason);
}

// A certificate of an anchor that names the node and its host, and is for this key if one is given.
Result<> verify_certificate(std::string_view pem, const NodeRecord& node, const crypto::PublicKey* key,
                            const std::vector<Certificate>& anchors, Timestamp now) {
  WEIR_TRY_LET(const Certificate certificate, Certificate::from_pem(pem));
  if (key != nullptr && certificate.public_key().der() != key->der()) {
    return refused("enrolment.key", "a certificate is for another key than was applied with");
  }
  WEIR_TRY_LET(const BaseUrl url, parse_base_url(node.base_url));
  const crypto::CertificateSubject& subject = certificate.info().subject;
  const auto& names = certificate.info().alternative_names;
  const bool host = std::find(names.begin(), names.end(), url.alternative_name) != names.end();
  if (subject.unit != node.id.text() || subject.organisation != node.participant.text() || !host) {
    return refused("enrolment.subject", "a certificate names another node, participant or host than the record");
  }
  Result<> last = refused("certificate.issuer", "no trust anchor issued the certificate");
  for (const Certificate& anchor : anchors) {
    last = crypto::verify_issued(certificate, anchor, now);
    if (last) return {};
  }
  return last;
}

}  // namespace

Result<> verify_enrolment(const Enrolment& enrolment, const Expectation& expected, Timestamp now) {
  std::vector<Certificate> anchors;
  for (const std::string& pem : enrolment.anchors_pem) {
    WEIR_TRY_LET(Certificate anchor, Certificate::from_pem(pem));
    anchors.push_back(std::move(anchor));
  }
  if (anchors.empty()) return refused("enrolment.anchor", "there is no trust anchor");
  // Only the pinned one vouches for this node; the others are what it says they are once it is trusted.
  std::vector<Certificate> pinned;
  for (const Certificate& anchor : anchors) {
    if (expected.anchor_fingerprint.empty() || anchor.fingerprint() == expected.anchor_fingerprint)
      pinned.push_back(anchor);
    if (expected.anchor_fingerprint.empty()) break;
  }
  if (pinned.empty()) {
    return refused("enrolment.anchor", "the regional node's certificate authority is not the one that was told")
        .advise("ask the regional node's operator for the fingerprint of its authority");
  }
  if (enrolment.node.base_url != expected.base_url)
    return refused("enrolment.subject", "the record is for another address");
  WEIR_TRY(
      verify_certificate(enrolment.node.identity_certificate_pem, enrolment.node, &expected.identity, pinned, now));
  WEIR_TRY(
      verify_certificate(enrolment.node.transport_certificate_pem, enrolment.node, &expected.transport, pinned, now));
  WEIR_TRY(verify_certificate(enrolment.regional.identity_certificate_pem, enrolment.regional, nullptr, pinned, now));
  WEIR_TRY(verify_certificate(enrolment.regional.transport_certificate_pem, enrolment.regional, nullptr, pinned, now));
  return {};
}

}  // namespace weir::trust::participant
