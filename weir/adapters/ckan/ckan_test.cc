// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/ckan/ckan.h"

#include <gtest/gtest.h>

#include "weir/adapters/ckan/harvest.h"
#include "weir/supply/catalog/load.h"
#include "weir/supply/catalog/test_support.h"

namespace weir::adapters::ckan {
namespace {

using supply::catalog::Facet;
using supply::catalog::Order;
using supply::catalog::testing::full_product;
using wire::Json;

Json json(std::string_view text) { return *wire::parse_json(text); }

TEST(CkanName, IsOneOfCkansAndTellsTheIdentifier) {
  for (const std::string& text : {full_product().id.text(), std::string("A•b_c-d"), std::string()}) {
    const std::string name = name_of(text);
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_"), std::string::npos) << name;
    EXPECT_EQ(*identifier_of(name), text);
  }
}

TEST(CkanPackage, AnotherNodeReadsWhatThisOneWrites) {
  const auto product = full_product();
  const Json package = package_of(product, "https://a.example");
  EXPECT_EQ(package["num_resources"].as_integer(), static_cast<std::int64_t>(product.description.distributions.size()));
  const auto loaded = supply::catalog::map_dcat_us(record_of(package).dump(), {.catalog = "theirs"});
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(loaded->description.keywords, product.description.keywords);
  EXPECT_EQ(loaded->description.frequency, product.description.frequency);
  EXPECT_EQ(loaded->description.publisher_name, product.description.publisher_name);
  EXPECT_EQ(loaded->description.languages, product.description.languages);
  EXPECT_EQ(loaded->description.distributions[0].download_url, product.description.distributions[0].download_url);
}

TEST(CkanSearch, ReadsWhatClientsSend) {
  const auto search = read_search(
      json(R"({"q":"air \"clean water\"","fq":"+organization:91350100m000100y43 res_format:CSV dataset_type:dataset",
      "rows":"5000","start":"20","sort":"metadata_modified asc","facet.field":"[\"organization\",\"tags\"]"})"));
  ASSERT_TRUE(search) << search.error().message();
  EXPECT_EQ(search->query.text, "air \"clean water\"");
  EXPECT_EQ(search->query.limit, kRowsMax);
  EXPECT_EQ(search->start, 20u);
  EXPECT_EQ(search->query.order, Order::kUpdatedAscending);
  ASSERT_EQ(search->query.filters.size(), 2u);
  EXPECT_EQ(search->query.filters[0].any_of, std::vector<std::string>{"91350100M000100Y43"});
  ASSERT_EQ(search->facets.size(), 1u);
  EXPECT_EQ(search->facets[0].second, Facet::kPublisher);
}

TEST(CkanSearch, EverythingIfNothingIsAsked) {
  for (const char* text : {"{}", R"({"q":"*:*"})", R"({"q":"","fq":"state:active"})"}) {
    const auto search = read_search(json(text));
    ASSERT_TRUE(search);
    EXPECT_EQ(search->query.text, "");
    EXPECT_EQ(search->query.limit, 10u);
    EXPECT_EQ(search->query.order, Order::kUpdatedDescending);
  }
}

TEST(CkanSearch, RangesOfTimeAreWhatChangedSince) {
  const auto search = read_search(json(R"({"fq":"metadata_modified:[2026-01-01T00:00:00 TO *]"})"));
  ASSERT_TRUE(search) << search.error().message();
  EXPECT_EQ(search->query.updated_from, *parse_iso8601("2026-01-01T00:00:00Z"));
  EXPECT_FALSE(search->query.updated_until);
}

TEST(Harvest, OfCkanAsksForPagesThenForChanges) {
  const std::string source = "https://ckan.example/";
  HarvestAsk ask = next_ask(HarvestKind::kCkan, source, {});
  EXPECT_NE(ask.url.find("https://ckan.example/api/3/action/package_search?"), std::string::npos);
  EXPECT_EQ(ask.url.find("fq="), std::string::npos);
  const std::string page =
      R"({"success":true,"result":{"count":2,
          "results":[{"id":"a","title":"A","metadata_modified":"2026-01-02T00:00:00"}]}})";
  auto step = take_answer(HarvestKind::kCkan, source, {}, {.content_type = "application/json", .body = page});
  ASSERT_TRUE(step) << step.error().message();
  EXPECT_FALSE(step->done);
  EXPECT_EQ(step->total, 2);
  EXPECT_NE(next_ask(HarvestKind::kCkan, source, step->position).url.find("start=1"), std::string::npos);
  step = take_answer(HarvestKind::kCkan, source, step->position, {.content_type = "application/json", .body = page});
  ASSERT_TRUE(step);
  EXPECT_TRUE(step->done);
  ask = next_ask(HarvestKind::kCkan, source, step->position);
  EXPECT_NE(ask.url.find("2026-01-02T00%3A00%3A00Z%20TO"), std::string::npos) << ask.url;
  EXPECT_NE(ask.url.find("start=0"), std::string::npos);
}

TEST(Harvest, OfDataJsonAsksOnlyForWhatChanged) {
  const auto step = take_answer(HarvestKind::kDataJson, "https://a.example/data.json", {},
                                {.etag = "\"7\"", .body = R"({"dataset":[{"title":"A"},{"title":"B"}]})"});
  ASSERT_TRUE(step);
  EXPECT_EQ(step->records, 2);
  EXPECT_EQ(next_ask(HarvestKind::kDataJson, "https://a.example/data.json", step->position).etag, "\"7\"");
  const auto same = take_answer(HarvestKind::kDataJson, "https://a.example/data.json", step->position, {.status = 304});
  ASSERT_TRUE(same);
  EXPECT_TRUE(same->done);
  EXPECT_EQ(same->records, 0);
  EXPECT_EQ(same->position, step->position);
}

// ── errors ──

TEST(CkanSearchErrors, WhatIsNotUnderstoodIsRefusedAndNotLeftOut) {
  for (const char* text :
       {R"({"fq":"vocab_colour:red"})", R"({"rows":"many"})", R"({"rows":-1})", R"({"sort":"views_recent desc"})",
        R"({"fq":"metadata_modified:yesterday"})", R"({"q":7})", R"({"facet.field":"organization"})"}) {
    const auto search = read_search(json(text));
    ASSERT_FALSE(search) << text;
    EXPECT_EQ(search.error().reason(), "ckan.parameter");
  }
}

TEST(HarvestErrors, AnswersThatAreNone) {
  const auto reason = [](HarvestKind kind, const HarvestAnswer& answer) {
    const auto step = take_answer(kind, "https://a.example/c", {}, answer);
    return step ? std::string("taken") : std::string(step.error().reason());
  };
  EXPECT_EQ(reason(HarvestKind::kCkan, {.status = 500}), "harvest.refused");
  EXPECT_EQ(reason(HarvestKind::kCkan, {.body = "<html>"}), "harvest.malformed");
  EXPECT_EQ(reason(HarvestKind::kCkan, {.body = R"({"success":false})"}), "harvest.malformed");
  EXPECT_EQ(reason(HarvestKind::kDataJson, {.body = R"({"x":1})"}), "harvest.malformed");
  EXPECT_EQ(reason(HarvestKind::kDcat, {.content_type = "text/turtle", .body = "<html>"}), "harvest.malformed");
  EXPECT_EQ(reason(HarvestKind::kDcat,
                   {.content_type = "text/turtle",
                    .body = "<https://a.example/c> <http://www.w3.org/ns/hydra/core#next> <https://evil.example/c> ."}),
            "harvest.origin");
}

}  // namespace
}  // namespace weir::adapters::ckan
