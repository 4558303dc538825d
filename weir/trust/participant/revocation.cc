// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/participant/revocation.h"

#include <algorithm>

namespace weir::trust::participant {
namespace {

using wire::Json;

constexpr RevocationReason kReasons[] = {RevocationReason::kHold, RevocationReason::kCessation,
                                         RevocationReason::kSuperseded};

std::string signed_text(const RevocationList& list) {
  Json json = to_json(list);
  json.erase("signature");
  return json.canonical();
}

}  // namespace

std::string_view name_of(RevocationReason reason) {
  switch (reason) {
    case RevocationReason::kHold: return "certificateHold";
    case RevocationReason::kCessation: return "cessationOfOperation";
    case RevocationReason::kSuperseded: return "superseded";
  }
  return "unknown";
}

bool RevocationList::contains(std::string_view serial_hex) const {
  return std::any_of(entries.begin(), entries.end(),
                     [&](const Revocation& entry) { return entry.serial_hex == serial_hex; });
}

Json to_json(const RevocationList& list) {
  Json entries = Json::array();
  for (const Revocation& entry : list.entries) {
    entries.push(Json::object({{"serial", entry.serial_hex},
                               {"node", entry.node.text()},
                               {"reason", name_of(entry.reason)},
                               {"since", format_iso8601(entry.since)}}));
  }
  return Json::object({{"issuer", list.issuer},
                       {"updated", format_iso8601(list.updated)},
                       {"entries", std::move(entries)},
                       {"signature", list.signature}});
}

Result<RevocationList> parse_revocation_list(std::string_view text) {
  WEIR_TRY_LET(const Json json, wire::parse_json(text));
  RevocationList list;
  WEIR_TRY_LET(list.issuer, json.text("issuer"));
  WEIR_TRY_LET(const std::string updated, json.text("updated"));
  WEIR_TRY_LET(list.updated, parse_iso8601(updated));
  WEIR_TRY_LET(list.signature, json.text("signature"));
  if (!json["entries"].is_array()) {
    return Error(Errc::kInvalidArgument, "entries: must be a list").because("field.type");
  }
  for (const Json& item : json["entries"].items()) {
    WEIR_TRY_LET(const std::string node_text, item.text("node"));
    WEIR_TRY_LET(const NodeId node, NodeId::parse(node_text));
    Revocation entry{.node = node};
    WEIR_TRY_LET(entry.serial_hex, item.text("serial"));
    WEIR_TRY_LET(const std::string reason, item.text("reason"));
    const auto found = std::find_if(std::begin(kReasons), std::end(kReasons),
                                    [&](RevocationReason r) { return name_of(r) == reason; });
    if (found == std::end(kReasons)) return Error(Errc::kInvalidArgument, "reason: is unknown").because("field.code");
    entry.reason = *found;
    WEIR_TRY_LET(const std::string since, item.text("since"));
    WEIR_TRY_LET(entry.since, parse_iso8601(since));
    list.entries.push_back(std::move(entry));
  }
  return list;
}

void sign(RevocationList& list, const crypto::PrivateKey& authority_key) {
  list.signature = crypto::format(authority_key.sign(view_of(signed_text(list))));
}

Result<> verify(const RevocationList& list, const crypto::Certificate& authority) {
  WEIR_TRY_LET(const crypto::Signature signature, crypto::parse_signature(list.signature));
  return authority.public_key().verify(view_of(signed_text(list)), signature);
}

}  // namespace weir::trust::participant
