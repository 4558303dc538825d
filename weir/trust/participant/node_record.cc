// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/participant/node_record.h"

#include <algorithm>

#include "weir/supply/identifier/address.h"
#include "weir/trust/participant/application.h"

namespace weir::trust::participant {
namespace {

using wire::Json;

constexpr std::size_t kPemBytesMax = 32u << 10;

Error bad_url() {
  return Error(Errc::kInvalidArgument, "baseUrl: must be https://host or https://host:port, without path")
      .because("participant.base_url");
}

bool is_host_name(std::string_view host) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; };
  return !host.empty() && host.size() <= 64 && std::all_of(host.begin(), host.end(), fits) && host.front() != '.' &&
         host.front() != '-' && host.back() != '.' && host.back() != '-' && host.find("..") == std::string_view::npos;
}

bool is_ipv4(std::string_view host) {
  const std::vector<std::string> parts = split(host, '.');
  return parts.size() == 4 && std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
           const bool digits = std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
           return !part.empty() && part.size() <= 3 && digits && (part.size() == 1 || part[0] != '0') &&
                  std::stoi(part) <= 255;
         });
}

bool is_port(std::string_view text) {
  const bool digits = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return !text.empty() && text.size() <= 5 && digits && text[0] != '0' && std::stoi(std::string(text)) <= 65535;
}

}  // namespace

Result<BaseUrl> parse_base_url(std::string_view text) {
  constexpr std::string_view kScheme = "https://";
  if (!text.starts_with(kScheme) || text.size() > 128) return bad_url();
  std::string_view rest = text.substr(kScheme.size());
  std::string_view host = rest.substr(0, rest.find(':'));
  if (rest.starts_with("[")) {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos) return bad_url();
    host = rest.substr(1, end - 1);
    rest = rest.substr(end + 1);
    const auto address = supply::identifier::parse_address(host);
    if (!address || supply::identifier::format(*address) != host) return bad_url();
    if (!rest.empty() && (rest[0] != ':' || !is_port(rest.substr(1)))) return bad_url();
    return BaseUrl{std::string(host), "IP:" + std::string(host)};
  }
  rest = rest.substr(host.size());
  if (!rest.empty() && !is_port(rest.substr(1))) return bad_url();
  if (!is_host_name(host)) return bad_url();
  const bool numeric = std::all_of(host.begin(), host.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  if (numeric && !is_ipv4(host)) return bad_url();
  return BaseUrl{std::string(host), (numeric ? "IP:" : "DNS:") + std::string(host)};
}

Json to_json(const NodeRecord& record) {
  return Json::object({{"id", record.id.text()},
                       {"participant", record.participant.text()},
                       {"name", record.name},
                       {"baseUrl", record.base_url},
                       {"identityCertificate", record.identity_certificate_pem},
                       {"transportCertificate", record.transport_certificate_pem},
                       {"status", name_of(record.status)},
                       {"capabilities", Json::strings(record.capabilities)},
                       {"updated", format_iso8601(record.updated)}});
}

Result<NodeRecord> parse_node_record(const Json& json) {
  WEIR_TRY_LET(const std::string id_text, json.text("id"));
  WEIR_TRY_LET(const NodeId id, NodeId::parse(id_text));
  WEIR_TRY_LET(const std::string participant_text, json.text("participant"));
  WEIR_TRY_LET(const SubjectId participant, SubjectId::parse(participant_text));
  NodeRecord record{.id = id, .participant = participant};
  WEIR_TRY_LET(record.name, json.text("name"));
  WEIR_TRY_LET(record.base_url, json.text("baseUrl"));
  WEIR_TRY(parse_base_url(record.base_url));
  WEIR_TRY_LET(record.identity_certificate_pem, json.text("identityCertificate"));
  WEIR_TRY_LET(record.transport_certificate_pem, json.text("transportCertificate"));
  WEIR_TRY_LET(const std::string status, json.text("status"));
  WEIR_TRY_LET(record.status, parse_status(status));
  WEIR_TRY_LET(record.capabilities, json.texts("capabilities"));
  WEIR_TRY_LET(const std::string updated, json.text("updated"));
  WEIR_TRY_LET(record.updated, parse_iso8601(updated));
  const bool fits = record.name.size() <= 512 && record.identity_certificate_pem.size() <= kPemBytesMax &&
                    record.transport_certificate_pem.size() <= kPemBytesMax &&
                    record.capabilities.size() <= kCapabilitiesMax;
  if (!fits) return Error(Errc::kInvalidArgument, "a member of the node record is too long").because("field.length");
  return record;
}

}  // namespace weir::trust::participant
