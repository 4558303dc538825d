// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/metering/metering.h"

namespace weir::flow::metering {
namespace {

// A CSV cell: quoted when it must be (RFC 4180).
std::string cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

}  // namespace

std::string_view name_of(Direction direction) { return direction == Direction::kOut ? "out" : "in"; }

Result<GroupBy> parse_group_by(std::string_view name) {
  if (name == "agreement") return GroupBy::kAgreement;
  if (name == "product") return GroupBy::kProduct;
  if (name == "peer") return GroupBy::kPeer;
  if (name == "process") return GroupBy::kProcess;
  return Error(Errc::kInvalidArgument, "readings are grouped by agreement, product, peer or process")
      .because("metering.group");
}

wire::Json to_json(const Reading& reading) {
  return wire::Json::object({{"process", reading.process},
                             {"sequence", reading.sequence},
                             {"direction", name_of(reading.direction)},
                             {"agreement", reading.agreement},
                             {"contract", reading.contract},
                             {"product", reading.product},
                             {"peer", reading.peer},
                             {"quantity", reading.quantity},
                             {"unit", reading.unit},
                             {"time", format_iso8601(reading.time)}});
}

std::string to_focus_csv(const std::vector<Reading>& readings) {
  std::string out =
      "ChargePeriodStart,ChargePeriodEnd,ConsumedQuantity,ConsumedUnit,ResourceId,SubAccountId,x_Peer,x_Direction,"
      "x_Process,x_Sequence\r\n";
  for (const Reading& r : readings) {
    const std::string time = format_iso8601(r.time);
    out += time + "," + time + "," + std::to_string(r.quantity) + "," + cell(r.unit) + "," + cell(r.product) + "," +
           cell(r.agreement) + "," + cell(r.peer) + "," + std::string(name_of(r.direction)) + "," + cell(r.process) +
           "," + std::to_string(r.sequence) + "\r\n";
  }
  return out;
}

}  // namespace weir::flow::metering
