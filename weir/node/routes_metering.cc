// SPDX-License-Identifier: Apache-2.0
#include "weir/node/node.h"
#include "weir/node/routes.h"

namespace weir::node {
namespace {

using adapters::http::Access;
using adapters::http::Method;
using adapters::http::Request;
using adapters::http::Response;
using adapters::http::Router;
using flow::metering::Selection;
using wire::Json;

constexpr std::int64_t kRowsMax = 100'000;  // of one CSV

Result<Selection> read_selection(const Request& request) {
  Selection out{.agreement = request.query_or("agreement", ""),
                .product = request.query_or("product", ""),
                .peer = request.query_or("peer", ""),
                .process = request.query_or("process", "")};
  if (const auto since = request.query_value("since")) {
    WEIR_TRY_LET(out.from, parse_iso8601(*since));
  }
  if (const auto until = request.query_value("until")) {
    WEIR_TRY_LET(out.before, parse_iso8601(*until));
  }
  return out;
}

Result<Response> list_readings(Node& node, Request& request) {
  WEIR_TRY_LET(const Selection selection, read_selection(request));
  WEIR_TRY_LET(const std::size_t limit, page_limit(request));
  WEIR_TRY_LET(const auto page, node.metering().readings(selection, request.query_or("cursor", ""), limit));
  Json::Array items;
  for (const auto& reading : page.readings) items.push_back(flow::metering::to_json(reading));
  return Response::json(page_json(std::move(items), page.next));
}

// Billing rows for a spreadsheet: FinOps FOCUS 1.0 names.
Result<Response> get_csv(Node& node, Request& request) {
  WEIR_TRY_LET(const Selection selection, read_selection(request));
  WEIR_TRY_LET(const std::int64_t limit, request.query_integer("limit", kRowsMax, 1, kRowsMax));
  WEIR_TRY_LET(const auto page, node.metering().readings(selection, "", static_cast<std::size_t>(limit)));
  if (!page.next.empty()) {
    return Error(Errc::kExhausted, "more readings than one file takes: " + std::to_string(limit))
        .because("metering.too_many")
        .advise("ask for a shorter time: since=…&until=…");
  }
  return Response::bytes("text/csv; charset=utf-8", flow::metering::to_focus_csv(page.readings));
}

Result<Response> get_totals(Node& node, Request& request) {
  WEIR_TRY_LET(const Selection selection, read_selection(request));
  WEIR_TRY_LET(const auto by, flow::metering::parse_group_by(request.query_or("by", "agreement")));
  WEIR_TRY_LET(const auto totals, node.metering().totals(selection, by));
  Json::Array items;
  for (const auto& total : totals) {
    items.push_back(Json::object({{"key", total.key},
                                  {"direction", flow::metering::name_of(total.direction)},
                                  {"unit", total.unit},
                                  {"quantity", total.quantity},
                                  {"readings", total.readings},
                                  {"first", format_iso8601(total.first)},
                                  {"last", format_iso8601(total.last)}}));
  }
  return Response::json(page_json(std::move(items), ""));
}

}  // namespace

void add_metering_routes(Router& router, Node& node) {
  const auto add = [&](std::string pattern, std::string operation, Text summary, auto handler, std::string type) {
    router.add({.method = Method::kGet,
                .pattern = "/api/v1/metering" + std::move(pattern),
                .access = Access::with_scope("delivery:read"),
                .operation = std::move(operation),
                .summary = std::move(summary),
                .response_types = {std::move(type)},
                .handler = [&node, handler](Request& request) { return handler(node, request); }});
  };
  constexpr const char* kJson = "application/json";
  add("", "listReadings", {"Meter readings, oldest first", "计量读数，最早在前"}, list_readings, kJson);
  add("/totals", "meteringTotals", {"Sums of readings", "计量汇总"}, get_totals, kJson);
  add("/focus.csv", "meteringCsv", {"Readings as billing rows (FinOps FOCUS 1.0)", "计费行（FinOps FOCUS 1.0）"}, get_csv,
      "text/csv");
}

}  // namespace weir::node
