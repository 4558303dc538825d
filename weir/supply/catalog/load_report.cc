// The load report as JSON, and the mapping of CSV columns from JSON: docs/formats/load-report.md.
// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/catalog/json_fields.h"
#include "weir/supply/catalog/load.h"

namespace weir::supply::catalog {

namespace {

using wire::Json;

Json json_of(const std::map<std::string, std::int64_t>& counts) {
  Json out = Json::object();
  for (const auto& [slug, count] : counts) out.set(slug, count);
  return out;
}

Json json_of(const LineReport& line) {
  Json out = Json::object({{"line", line.line}, {"outcome", name_of(line.outcome)}});
  set_text(out, "source_id", line.source_id);
  set_text(out, "product", line.product);
  set_texts(out, "repairs", line.repairs);
  set_text(out, "reason", line.reason);
  set_text(out, "message", line.message);
  return out;
}

}  // namespace

std::string_view name_of(LineOutcome outcome) {
  switch (outcome) {
    case LineOutcome::kAccepted: return "accepted";
    case LineOutcome::kRepaired: return "repaired";
    case LineOutcome::kUpdated: return "updated";
    case LineOutcome::kUnchanged: return "unchanged";
    case LineOutcome::kRefused: return "refused";
  }
  return "";
}

Json to_json(const LoadReport& report) {
  Json out = Json::object({{"read", report.read},
                           {"accepted", report.accepted},
                           {"repaired", report.repaired},
                           {"updated", report.updated},
                           {"unchanged", report.unchanged},
                           {"refused", report.refused},
                           {"blank_lines", report.blank_lines}});
  out.set("repairs", json_of(report.repairs));
  out.set("refusals", json_of(report.refusals));
  Json lines = Json::array();
  for (const LineReport& line : report.lines) lines.push(json_of(line));
  out.set("lines", std::move(lines));
  out.set("lines_left_out", report.lines_left_out);
  return out;
}

Result<CsvMapping> parse_mapping(const Json& json) {
  if (!json.is_object()) return Error(Errc::kInvalidArgument, "the mapping is no object").because("load.bad_mapping");
  Fields fields(json, "mapping");
  CsvMapping map{.identifier = fields.text("identifier"),
                 .title = fields.text("title"),
                 .description = fields.text("description"),
                 .more_description = fields.texts("more_description"),
                 .keywords = fields.text("keywords"),
                 .publisher = fields.text("publisher"),
                 .theme = fields.text("theme"),
                 .frequency = fields.text("frequency"),
                 .licence = fields.text("licence"),
                 .modified = fields.text("modified"),
                 .url = fields.text("url"),
                 .format = fields.text("format"),
                 .columns = fields.text("columns")};
  const std::string separator = fields.text("separator");
  if (!separator.empty()) map.separator = separator[0];
  const bool fits = separator.size() <= 1 && map.separator != '"' && map.separator != '\n' && map.separator != '\r';
  if (!fits) fields.wrong("separator", "one character of ASCII");
  if (map.title.empty()) fields.wrong("title", "the name of a column");
  if (auto done = fields.finish(); !done) return std::move(done).error().because("load.bad_mapping");
  return map;
}

}  // namespace weir::supply::catalog
