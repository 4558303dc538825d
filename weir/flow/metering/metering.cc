// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/metering/metering.h"

#include <array>

namespace weir::flow::metering {
namespace {

constexpr std::array<std::string_view, 10> kFocusColumns = {
    "ChargePeriodStart", "ChargePeriodEnd", "ConsumedQuantity", "ConsumedUnit", "ResourceId",
    "SubAccountId",      "x_Peer",          "x_Direction",      "x_Process",    "x_Sequence"};

std::array<std::string, kFocusColumns.size()> focus_cells(const Reading& r) {
  const std::string time = format_iso8601(r.time);
  return {time,        time,   std::to_string(r.quantity),       r.unit,    r.product,
          r.agreement, r.peer, std::string(name_of(r.direction)), r.process, std::to_string(r.sequence)};
}

// A CSV cell: quoted when it must be (RFC 4180), and never a formula.
std::string cell(std::string text) {
  if (!text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos) text.insert(0, "'");
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
  if (name == "participant") return GroupBy::kParticipant;
  return Error(Errc::kInvalidArgument, "readings are grouped by agreement, product, peer, process or participant")
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
  std::string out;
  const auto append_line = [&out](const auto& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) out += (i == 0 ? "" : ",") + cell(std::string(cells[i]));
    out += "\r\n";
  };
  append_line(kFocusColumns);
  for (const Reading& reading : readings) append_line(focus_cells(reading));
  return out;
}

wire::Json to_focus_json(const std::vector<Reading>& readings) {
  wire::Json out = wire::Json::array();
  for (const Reading& reading : readings) {
    const auto cells = focus_cells(reading);
    wire::Json row = wire::Json::object();
    for (std::size_t i = 0; i < cells.size(); ++i) row.set(kFocusColumns[i], cells[i]);
    row.set("ConsumedQuantity", reading.quantity).set("x_Sequence", reading.sequence);
    out.push(std::move(row));
  }
  return out;
}

}  // namespace weir::flow::metering
