// Test support: the facts of a node with which everything is right, to be broken one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "weir/standards/assessment/probe.h"
#include "weir/supply/grade/grade.h"

namespace weir::standards::assessment {

inline wire::Json good_event(std::int64_t index, const char* kind, std::int64_t rules = 0) {
  return wire::Json::object({{"kind", kind},
                             {"index", index},
                             {"time", "2026-01-01T00:00:00Z"},
                             {"actor", "anna"},
                             {"rules", rules},
                             {"proven", true}});
}

inline wire::Json good_route(const char* operation, const char* path, const char* access) {
  return wire::Json::object(
      {{"operation", operation}, {"path", path}, {"access", access}, {"en", "Does it"}, {"zh", "执行"}});
}

inline wire::Json good_product() {
  namespace grade = supply::grade;
  grade::Assessment assessment;
  assessment.impacts.push_back({grade::AffectedObject::kPersonalRights, grade::Severity::kGeneralHarm, "addresses"});
  return wire::Json::object({{"id", "691350100M000100Y4344031BH95JZY*"},
                             {"title", "Air quality"},
                             {"offers", 1},
                             {"resolves", true},
                             {"completeness", 97},
                             {"dataset", true},
                             {"root", "sha256:00"},
                             {"personalColumns", 1},
                             {"grade", grade::to_json(*grade::assess(assessment))}});
}

inline Facts good_facts() {
  using wire::Json;
  Facts out;
  const char* id = "291350100M000100Y431100000000011";
  out.seen["node"] = Json::object({{"node", id},
                                   {"name", "Weather bureau"},
                                   {"role", "connector"},
                                   {"suite", "international"},
                                   {"participant", "91350100M000100Y43"},
                                   {"area", "1100"}});
  out.seen["certificate"] = Json::object({{"unit", id},
                                          {"organisation", "91350100M000100Y43"},
                                          {"commonName", "node.example"},
                                          {"issued", true},
                                          {"until", "2030-01-01T00:00:00Z"},
                                          {"algorithm", "ed25519"}});
  out.seen["log"] = Json::object({{"size", 7}, {"checked", 7}, {"ok", true}, {"algorithm", "sha256"}});
  out.seen["doors"] = Json::object({{"anonymous", 401},
                                    {"badToken", 401},
                                    {"peerWithoutCertificate", 403},
                                    {"wrongLogin", 401},
                                    {"tls", true},
                                    {"plain", false},
                                    {"health", 200},
                                    {"ready", 200}});
  out.seen["passwords"] =
      Json::object({{"weak", Json::array({Json::object({{"en", "too short"}, {"zh", "过短"}, {"refused", true}})})},
                    {"strongTaken", true}});
  out.seen["operators"] = Json::array({Json::object(
      {{"id", "anna"}, {"scopes", Json::array({"*"})}, {"oldPassword", false}, {"endlessToken", false}})});
  out.seen["directory"] = Json::object({{"self", true}, {"certificate", true}, {"regional", true}, {"anchors", 1}});
  out.seen["storage"] = Json::object(
      {{"keys", Json::array({Json::object({{"file", "identity.key"}, {"private", true}, {"sealed", true}})})},
       {"vaultItems", 2}, {"vaultSealed", 2}, {"folderPrivate", true}});
  out.seen["settings"] = Json::object({{"retentionDays", 365}, {"metricsPublic", false}, {"logLevel", "info"},
                                       {"connectionsMax", 1024}, {"loopback", false}, {"requestsPerSecond", 50},
                                       {"secretInline", false}});
  out.seen["routes"] = Json::array({good_route("getNode", "/api/v1/node", "open"),
                                    good_route("createProduct", "/api/v1/products", "catalog:write")});
  out.seen["events"] = Json::array({good_event(3, "catalog.published"), good_event(5, "usage.denied", 1)});
  out.seen["products"] = Json::array({good_product()});
  out.seen["search"] = Json::object({{"words", "Air quality"}, {"found", true}});
  out.seen["agreements"] = Json::array({Json::object({{"contract", "C491350100M000100Y4335012025060112000000000001K"},
                                                      {"signed", true},
                                                      {"termsReadable", true},
                                                      {"entries", 5},
                                                      {"legal", true}})});
  out.seen["transfers"] = Json::array({Json::object({{"pid", "p"},
                                                     {"state", "COMPLETED"},
                                                     {"root", "sha256:00"},
                                                     {"agreedRoot", "sha256:00"},
                                                     {"receipt", true},
                                                     {"receiptFits", true},
                                                     {"bytes", 10},
                                                     {"metered", 12}})});
  out.seen["metrics"] = Json::object({{"series", 12}, {"requests", 1000}, {"failed", 1}});
  out.seen["latency"] = Json::object({{"questions", 30}, {"p95Micros", 4200}});
  out.seen["heartbeats"] = Json::object({{"nodes", 2}, {"running", 2}, {"unknown", 0}});
  return out;
}

}  // namespace weir::standards::assessment
