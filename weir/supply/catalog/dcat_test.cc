// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/catalog/dcat.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "weir/supply/catalog/test_support.h"

namespace weir::supply::catalog {
namespace {

using testing::full_product;

const DspService kService{.id = "urn:uuid:service", .endpoint_url = "https://a.example/dsp"};

Product plain_product() {
  Product product = full_product();
  product.description = testing::air_quality();
  return product;
}

TEST(Dcat, ComesBackAsItWas) {
  EXPECT_EQ(*parse_dcat(to_dcat(full_product())), full_product());
  EXPECT_EQ(*parse_dcat(to_dcat(plain_product())), plain_product());
  EXPECT_EQ(*parse_dcat(*wire::parse_json(to_dcat(full_product()).dump())), full_product());
}

TEST(Dcat, SpeaksTheVocabulary) {
  const wire::Json json = to_dcat(full_product());
  EXPECT_EQ(json["@type"].as_string(), "dcat:Dataset");
  EXPECT_EQ(json["dct:title"].items()[1]["@language"].as_string(), "zh");
  EXPECT_EQ(json["dcat:distribution"].items()[0]["dcat:byteSize"].as_integer(), 2010494);
  EXPECT_EQ(json["dct:spatial"]["dcat:bbox"].as_string(), "POLYGON((115.4 39.4,117.5 39.4,117.5 41.05,115.4 41.05,115.4 39.4))");
}

TEST(DcatErrors, Malformed) {
  EXPECT_FALSE(parse_dcat(*wire::parse_json("[]")));
  EXPECT_FALSE(parse_dcat(*wire::parse_json(R"({"@type":"dcat:Dataset"})")));
  for (const std::string_view member : {"dct:identifier", "dct:publisher", "weir:node", "dcat:version", "dct:title"}) {
    wire::Json json = to_dcat(full_product());
    json.erase(member);
    EXPECT_FALSE(parse_dcat(json)) << member;
  }
  wire::Json json = to_dcat(full_product());
  json.set("dct:spatial", *wire::parse_json(R"({"dcat:bbox":"CIRCLE 1"})"));
  EXPECT_EQ(parse_dcat(json).error().reason(), "catalog.malformed");
}

TEST(Dsp, DatasetHasOffersWithoutTargetAndNumbersAsText) {
  Product product = full_product();
  wire::Json policy = testing::use_policy();
  policy.set("target", "x");
  policy.set("@context", "y");
  product.description.offers = {make_offer("o", policy)};
  const wire::Json json = *to_dsp_dataset(product, kService);
  const wire::Json& offer = json["hasPolicy"].items()[0];
  EXPECT_EQ(offer["@id"].as_string(), "o");
  EXPECT_FALSE(offer.has("target"));
  EXPECT_FALSE(offer.has("@context"));
  EXPECT_EQ(offer["permission"].items()[0]["constraint"].items()[0]["rightOperand"].as_string(), "3");
  EXPECT_EQ(json["distribution"].items()[0]["format"].as_string(), "HttpData-PULL");
}

TEST(Dsp, CatalogLeavesOutWhatIsNotOfferedAndAnEmptyList) {
  const std::vector<Product> products{plain_product(), full_product()};
  const wire::Json json = to_dsp_catalog("urn:c", testing::subject().text(), kService, products);
  EXPECT_EQ(json["dataset"].size(), 1u);
  EXPECT_FALSE(json["dataset"].items()[0].has("@context"));
  const wire::Json empty = to_dsp_catalog("urn:c", testing::subject().text(), kService, std::span(products).first(1));
  EXPECT_FALSE(empty.has("dataset"));
}

TEST(Dsp, ReadsWhatItWrites) {
  const std::vector<Product> products{full_product()};
  const auto catalog = parse_dsp_catalog(to_dsp_catalog("urn:c", testing::subject().text(), kService, products));
  ASSERT_TRUE(catalog) << catalog.error().message();
  EXPECT_EQ(catalog->participant, testing::subject().text());
  ASSERT_EQ(catalog->datasets.size(), 1u);
  EXPECT_EQ(catalog->datasets[0].id, products[0].id.text());
  EXPECT_EQ(catalog->datasets[0].description.title, products[0].description.title);
  EXPECT_EQ(catalog->datasets[0].description.distributions[0].access_url, kService.endpoint_url);
}

TEST(Dsp, ReadsTheExamplesOfTheProtocol) {
  const std::string folder = std::string(WEIR_SOURCE_DIR) + "/tests/vectors/catalog/dsp/example/";
  const auto read = [&](const char* name) {
    std::ifstream in(folder + name);
    std::string text((std::istreambuf_iterator<char>(in)), {});
    auto json = wire::parse_json(text);
    EXPECT_TRUE(json) << name;
    return json ? *json : wire::Json();
  };
  const auto catalog = parse_dsp_catalog(read("catalog.json"));
  ASSERT_TRUE(catalog) << catalog.error().message();
  EXPECT_EQ(catalog->datasets.size(), 1u);
  EXPECT_TRUE(parse_dsp_dataset(read("dataset.json")));
  EXPECT_TRUE(parse_dsp_catalog(read("nested-catalog.json")));
}

TEST(DspErrors, NotOfferedOrMalformed) {
  EXPECT_EQ(to_dsp_dataset(plain_product(), kService).error().reason(), "catalog.not_offered");
  Product duties = full_product();
  duties.description.offers = {make_offer("o", *wire::parse_json(R"({"obligation":[{"action":"log"}]})"))};
  EXPECT_EQ(to_dsp_dataset(duties, kService).error().code(), Errc::kConflict);
  const wire::Json good = *to_dsp_dataset(full_product(), kService);
  for (const std::string_view member : {"@context", "@id", "hasPolicy", "distribution"}) {
    wire::Json json = good;
    json.erase(member);
    EXPECT_FALSE(parse_dsp_dataset(json)) << member;
  }
  EXPECT_FALSE(parse_dsp_catalog(good));
}

//= DSP-2025-1#catalog-messages type=test
// An independent judge: python3 with jsonschema, against the schemas of the protocol.
TEST(Dsp, ValidatesAgainstTheSchemas) {
  if (std::system("python3 -c 'import jsonschema' 2>/dev/null") != 0) {
    GTEST_SKIP() << "python3 has no jsonschema here (Debian: python3-jsonschema): the schemas were not checked";
  }
  const auto folder = std::filesystem::temp_directory_path() / ("weir-dsp-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const std::vector<Product> products{full_product(), plain_product()};
  std::ofstream(folder / "dataset.json") << to_dsp_dataset(full_product(), kService)->dump();
  std::ofstream(folder / "catalog.json") << to_dsp_catalog("urn:c", testing::subject().text(), kService,
      products).dump();
  std::ofstream(folder / "empty-catalog.json") << to_dsp_catalog("urn:c", testing::subject().text(), kService,
      {}).dump();
  const std::string script = std::string(WEIR_SOURCE_DIR) + "/tests/vectors/catalog/dsp/validate.py";
  for (const std::string name : {"dataset", "catalog", "empty-catalog"}) {
    const std::string schema = name == "dataset" ? "dataset" : "catalog";
    const std::string command = "python3 " + script + " " + schema + " " + (folder / (name + ".json")).string();
    EXPECT_EQ(std::system(command.c_str()), 0) << name;
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace weir::supply::catalog
