// SPDX-License-Identifier: Apache-2.0
#include "weir/node/harvests.h"

#include "weir/adapters/http/url.h"

namespace weir::node {

using adapters::ckan::HarvestAsk;
using adapters::ckan::HarvestStep;
using adapters::http::ClientRequest;
using wire::Json;

namespace {

constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kAnswerBytesMax = std::size_t{256} << 20;
constexpr Milliseconds kPatience{300'000};
constexpr std::string_view kColumns = "name, kind, url, region, position, records, under_way, updated, round";

Error malformed(std::string message) {
  return Error(Errc::kInvalidArgument, std::move(message)).because("harvest.malformed");
}

Result<Harvest> parse_row(const store::Row& row) {
  Harvest out;
  out.name = row[0].text();
  WEIR_TRY_LET(out.kind, adapters::ckan::parse_harvest_kind(row[1].text()));
  out.url = row[2].text();
  out.region = row[3].text();
  WEIR_TRY_LET(out.position, wire::parse_json(row[4].text()));
  out.records = row[5].integer();
  out.under_way = row[6].integer() != 0;
  out.updated = row[7].time();
  out.round = row[8].integer();
  return out;
}

}  // namespace

Json to_json(const Harvest& harvest) {
  return Json::object({{"name", harvest.name},
                       {"kind", adapters::ckan::name_of(harvest.kind)},
                       {"url", harvest.url},
                       {"region", harvest.region},
                       {"records", harvest.records},
                       {"underWay", harvest.under_way},
                       {"rounds", harvest.round},
                       {"updated", format_iso8601(harvest.updated)}});
}

store::Migration harvests_migration() {
  return {
      .module = "harvests",
      .versions = {
          "CREATE TABLE harvest (name TEXT PRIMARY KEY, kind TEXT NOT NULL, url TEXT NOT NULL, region TEXT NOT NULL, "
          "position TEXT NOT NULL, records BIGINT NOT NULL, under_way BIGINT NOT NULL, updated BIGINT NOT NULL)",
          "ALTER TABLE harvest ADD COLUMN round BIGINT NOT NULL DEFAULT 0"}};
}

Result<Harvest> Harvests::put(Harvest harvest) {
  if (harvest.name.empty() || harvest.name.size() > kNameBytesMax ||
      harvest.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") != std::string::npos) {
    return malformed("name: 1 to 64 small letters, digits, - _ .");
  }
  if (!adapters::http::may_be_called(harvest.url))
    return malformed("url: must be https; plain http is for this machine only");
  const auto known = find(harvest.name);
  if (known) harvest.round = known->round;
  if (known && known->kind == harvest.kind && known->url == harvest.url) {
    harvest.position = known->position;
    harvest.records = known->records;
    harvest.under_way = known->under_way;
  }
  WEIR_TRY(save(harvest));
  return find(harvest.name);
}

Result<> Harvests::save(const Harvest& harvest) {
  return sql_.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY(tx.execute(
        "INSERT INTO harvest (" + std::string(kColumns) +
            ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, url = excluded.url, region = excluded.region,"
            " position = excluded.position, records = excluded.records, under_way = excluded.under_way,"
            " updated = excluded.updated, round = excluded.round",
        {harvest.name, adapters::ckan::name_of(harvest.kind), harvest.url, harvest.region, harvest.position.dump(),
         harvest.records, harvest.under_way ? 1 : 0, clock_.now(), harvest.round}));
    return {};
  });
}

Result<Harvest> Harvests::find(const std::string& name) {
  std::optional<Harvest> found;
  WEIR_TRY(sql_.read([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(const auto rows, tx.query("SELECT " + std::string(kColumns) + " FROM harvest WHERE name = ?", {name}));
    if (rows.empty()) return {};
    WEIR_TRY_LET(found, parse_row(rows[0]));
    return {};
  }));
  if (!found)
    return Error(Errc::kNotFound, "there is no harvest of that name")
        .because("harvest.unknown")
        .advise("the first time: weir catalog harvest NAME --url ADDRESS; the others: weir catalog harvests");
  return *std::move(found);
}

Result<std::vector<Harvest>> Harvests::list() {
  std::vector<Harvest> out;
  WEIR_TRY(sql_.read([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(const auto rows, tx.query("SELECT " + std::string(kColumns) + " FROM harvest ORDER BY name"));
    for (const auto& row : rows) {
      WEIR_TRY_LET(Harvest one, parse_row(row));
      out.push_back(std::move(one));
    }
    return {};
  }));
  return out;
}

Result<> Harvests::remove(const std::string& name) {
  WEIR_TRY(find(name));
  return sql_.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY(tx.execute("DELETE FROM harvest WHERE name = ?", {name}));
    return {};
  });
}

Result<Harvests::Step> Harvests::step(const std::string& name, bool whole, const supply::catalog::Actor& actor) {
  Step out;
  WEIR_TRY_LET(out.harvest, find(name));
  Harvest& harvest = out.harvest;
  if (whole) {
    harvest.position = Json();
    harvest.under_way = false;
  }
  const HarvestAsk ask = next_ask(harvest.kind, harvest.url, harvest.position);
  ClientRequest request{.url = ask.url, .timeout = kPatience, .body_bytes_max = kAnswerBytesMax};
  request.headers.set("Accept", ask.accept);
  if (!ask.etag.empty()) request.headers.set("If-None-Match", ask.etag);
  WEIR_TRY_LET(const auto answer, client_.request(request));
  WEIR_TRY_LET(HarvestStep step, take_answer(harvest.kind, harvest.url, harvest.position,
                                             {.status = answer.status,
                                              .content_type = std::string(answer.headers.get("Content-Type")),
                                              .etag = std::string(answer.headers.get("ETag")),
                                              .body = answer.body}));
  const auto source = supply::catalog::text_source(std::move(step.lines));
  if (step.whole && !harvest.under_way) ++harvest.round;
  WEIR_TRY_LET(out.report, catalog_.load(*source,
                                         {.catalog = harvest.name, .region = harvest.region, .round = harvest.round},
                                         actor));
  if (step.whole && step.done) {
    WEIR_TRY_LET(out.removed, catalog_.remove_missing(harvest.name, harvest.round, actor));
  }
  harvest.records = (harvest.under_way ? harvest.records : 0) + step.records;
  harvest.under_way = !step.done;
  harvest.position = std::move(step.position);
  WEIR_TRY(save(harvest));
  out.total = step.total;
  out.done = step.done;
  return out;
}

}  // namespace weir::node
