// Test support: participants, nodes and descriptions that tests share.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "weir/supply/catalog/product.h"

namespace weir::supply::catalog::testing {

inline SubjectId subject(std::string_view text = "91350100M000100Y43") { return *SubjectId::parse(text); }
inline SubjectId other_subject() { return *SubjectId::parse("91440300708461136T"); }

inline NodeId node_of(const SubjectId& subject, std::uint64_t seed, identifier::NodeKind kind = identifier::NodeKind::kConnector) {
  SeededRandom random(seed);
  return NodeId::generate(kind, subject, *identifier::AreaCode::parse("3501"), random);
}

inline ProductId product_id(const SubjectId& subject, std::uint64_t seed, std::string_view extension = {}) {
  SeededRandom random(seed);
  return *ProductId::generate(identifier::ItemKind::kProduct, subject, *identifier::AreaCode::parse("3501"), random, extension);
}

inline wire::Json use_policy() {
  return *wire::parse_json(R"({"@type":"Offer","permission":[{"action":"use","constraint":[
      {"leftOperand":"count","operator":"lteq","rightOperand":3}]}]})");
}

inline Description air_quality() {
  Description d;
  d.title = {"Hourly air quality of Beijing", "北京市空气质量小时数据"};
  d.description = {"Concentrations of PM2.5 by the hour.", "按小时统计的细颗粒物浓度。"};
  d.keywords = {"PM2.5", "空气质量"};
  d.publisher_name = "Example Environment Centre";
  d.grade = grade::stated(grade::Level::kGeneral, 1, "test");
  return d;
}

// Every member filled.
inline Description full() {
  Description d = air_quality();
  d.classifications = {Classification::kTopic, Classification::kScenario};
  d.topics = {"C0500", "S0101"};
  d.themes = {"Environment"};
  d.source = DataSource::kOriginal;
  d.frequency = Frequency::kDaily;
  d.quality = Quality::kB;
  d.service = ServiceKind::kFile;
  d.region = "110105";
  d.industry = "N7722";
  d.languages = {"zh", "en"};
  d.licence = "https://creativecommons.org/licenses/by/4.0/";
  d.rights = "as the licence says";
  d.temporal = {.from = Timestamp(1262304000000), .until = Timestamp(1420070399000), .text = "2010-2014"};
  d.spatial = {.text = "Beijing", .box = std::array<double, 4>{115.4, 39.4, 117.5, 41.05}};
  d.columns = {{.name = "pm25", .type = "number", .title = {"PM2.5", "细颗粒物"}, .description = {"in µg/m³", ""}, .personal = false},
               {.name = "observer", .type = "string", .title = {}, .description = {}, .personal = true}};
  d.grade = *grade::assess({.impacts = {{grade::AffectedObject::kOrganisationRights, grade::Severity::kGeneralHarm, "sites"}},
                            .elements = {.field = "environment"}});
  d.offers = {make_offer("offer-1", use_policy(), Price{.currency = "CNY", .amount = 120000, .per = "once"})};
  d.distributions = {{.form = DeliveryForm::kDataset, .format = "csv", .media_type = "text/csv",
                      .access_url = "https://example.org/air", .download_url = "https://example.org/air.csv", .bytes = 2010494,
                      .title = {"all years", "全部年份"}}};
  d.content = Content{.hash_algorithm = "sha256", .root = std::string(64, 'a'), .bytes = 2010494, .chunk_bytes = 1 << 20, .chunks = 2};
  d.origin = Origin{.catalog = "demo", .identifier = "air-1", .publisher = "Centre", .modified = "2024-01-01",
                    .landing_page = "https://example.org/", .contact = "mailto:a@example.org"};
  return d;
}

inline Product full_product() {
  return {.id = product_id(subject(), 1, "AIR-1"), .publisher = subject(), .node = node_of(subject(), 2), .version = 3,
          .status = Status::kPublished, .created = Timestamp(1700000000000), .updated = Timestamp(1700000001000),
          .description = full()};
}

}  // namespace weir::supply::catalog::testing
