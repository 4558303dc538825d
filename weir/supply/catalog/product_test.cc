// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/catalog/product.h"

#include "weir/supply/catalog/sync.h"
#include "weir/supply/catalog/test_support.h"

namespace weir::supply::catalog {
namespace {

using testing::air_quality;
using testing::full;
using testing::full_product;

std::string_view why(const Description& d) {
  static Result<> result;
  result = check(d);
  return result ? std::string_view("accepted") : result.error().reason();
}

//= NDI-TR-2025-06#code-tables type=test
TEST(Codes, EveryRowComesBackFromItsCodeSlugAndNames) {
  const auto each = [](std::span<const CodeRow> rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(rows[i].number, i + 1);
      for (const std::string_view text : {rows[i].code, rows[i].slug, rows[i].en, rows[i].zh}) {
        EXPECT_EQ(*parse_code(rows, text), rows[i].number) << text;
      }
    }
  };
  each(code_rows<Classification>());
  each(code_rows<DataSource>());
  each(code_rows<DeliveryForm>());
  each(code_rows<Frequency>());
  each(code_rows<Quality>());
  each(code_rows<SecurityLevel>());
  each(code_rows<ServiceKind>());
  EXPECT_EQ(code_of(DeliveryForm::kDataObject), "005");
  EXPECT_EQ(parse_code<Frequency>("010").error().reason(), "catalog.unknown_code");
}

TEST(Codes, TopicsAreNamedByTheSmallestKnownClass) {
  EXPECT_EQ(topic_name("C0500").en, "environment");
  EXPECT_EQ(topic_name("C0512").zh, "生态环境");
  EXPECT_EQ(topic_name("S0301").en, "governance scenarios");
  EXPECT_TRUE(check_topic("V0001"));
  for (const std::string_view bad : {"E0000", "A01", "a0100", "A01O0", ""}) {
    EXPECT_EQ(check_topic(bad).error().reason(), "catalog.unknown_topic") << bad;
  }
}

//= NDI-TR-2025-06#product-record type=test
TEST(Product, JsonComesBackAsItWas) {
  for (const Description& d : {air_quality(), full()}) EXPECT_EQ(*parse_description(to_json(d)), d);
  EXPECT_EQ(*parse_product(to_json(full_product())), full_product());
  EXPECT_EQ(*parse_product(*wire::parse_json(to_json(full_product()).dump())), full_product());
}

TEST(Product, PlainTextsGoToTheSideOfTheirScript) {
  const auto d = parse_description(*wire::parse_json(R"({"title":"空气","description":"air","keywords":{"en":["a"],"zh":["气"]}})"));
  ASSERT_TRUE(d);
  EXPECT_EQ(d->title.zh, "空气");
  EXPECT_EQ(d->description.en, "air");
  EXPECT_EQ(d->keywords, (std::vector<std::string>{"a", "气"}));
}

TEST(Product, HashFollowsTheContent) {
  Description changed = full();
  EXPECT_EQ(content_hash(changed), content_hash(full()));
  changed.region = "3100";
  EXPECT_NE(content_hash(changed), content_hash(full()));
  changed.offers.clear();
  EXPECT_EQ(changed_members(full(), changed), (std::vector<std::string>{"region", "offers"}));
  EXPECT_EQ(changed_members(air_quality(), air_quality()), std::vector<std::string>());
}

//= NDI capability draft#completeness type=test
TEST(Product, CompletenessCountsTheKeyMembers) {
  EXPECT_EQ(completeness(full()), 1.0);
  EXPECT_EQ(completeness(Description{}), 0.0);
  EXPECT_LT(completeness(air_quality()), 0.6);
}

// --- Error paths ---

TEST(ProductErrors, WhatADescriptionMustHave) {
  Description d = full();
  EXPECT_EQ(why(d), "accepted");
  d.title = {" ", ""};
  EXPECT_EQ(why(d), "catalog.no_title");
  d = full();
  d.title.en = std::string(1025, 'a');
  EXPECT_EQ(why(d), "catalog.too_long");
  d = full();
  d.keywords.assign(513, "a");
  EXPECT_EQ(why(d), "catalog.too_long");
  d = full();
  d.keywords = {""};
  EXPECT_EQ(why(d), "catalog.malformed");
  d = full();
  d.description.zh = "\xff";
  EXPECT_EQ(why(d), "catalog.malformed");
}

TEST(ProductErrors, Codes) {
  Description d = full();
  d.region = "31A0";
  EXPECT_EQ(why(d), "catalog.bad_code");
  d = full();
  d.industry = "Z1";
  EXPECT_EQ(why(d), "catalog.bad_code");
  d = full();
  d.topics = {"X0000"};
  EXPECT_EQ(why(d), "catalog.unknown_topic");
  d = full();
  d.spatial.box = std::array<double, 4>{0, 0, 181, 1};
  EXPECT_EQ(why(d), "catalog.bad_code");
}

TEST(ProductErrors, Offers) {
  Description d = full();
  d.offers[0].policy_hash.back() ^= 1;
  EXPECT_EQ(why(d), "catalog.bad_offer");
  d = full();
  d.offers[0].policy = " {}";
  EXPECT_EQ(why(d), "catalog.bad_offer");
  d = full();
  d.offers.push_back(d.offers[0]);
  EXPECT_EQ(why(d), "catalog.bad_offer");
  d = full();
  d.offers[0].price->currency = "yuan";
  EXPECT_EQ(why(d), "catalog.bad_offer");
  d = full();
  d.offers[0].id.clear();
  EXPECT_EQ(why(d), "catalog.bad_offer");
}

TEST(ProductErrors, Content) {
  Description d = full();
  d.content->chunks = 3;
  EXPECT_EQ(why(d), "catalog.bad_content");
  d = full();
  d.content->root = "aa";
  EXPECT_EQ(why(d), "catalog.bad_content");
  d = full();
  d.content->hash_algorithm = "md5";
  EXPECT_EQ(why(d), "catalog.bad_content");
  d = full();
  d.content->chunk_bytes = 0;
  EXPECT_EQ(why(d), "catalog.bad_content");
}

TEST(ProductErrors, WhatPublicationNeeds) {
  Description d = full();
  EXPECT_TRUE(check_publishable(d));
  d.grade.reset();
  EXPECT_EQ(check_publishable(d).error().reason(), "catalog.no_grade");
  d = full();
  d.description = {};
  EXPECT_EQ(check_publishable(d).error().reason(), "catalog.no_description");
  d = full();
  d.grade = grade::stated(grade::Level::kCore, 0, "test");
  EXPECT_EQ(check_publishable(d).error().reason(), "grade.never_offered");
  d.offers.clear();
  EXPECT_TRUE(check_publishable(d));
}

TEST(ProductErrors, MalformedJsonNamesTheMember) {
  struct Case {
    std::string_view json, member;
  };
  for (const Case& item : {Case{R"({"title":1})", "title"}, Case{R"({"title":"a","keywords":[1]})", "keywords"},
                           Case{R"({"title":"a","spatial":{"box":[1,2,3]}})", "box"},
                           Case{R"({"title":"a","spatial":{"box":[1,2,3,"4"]}})", "box"},
                           Case{R"({"title":"a","frequency":"hourly"})", "frequency"},
                           Case{R"({"title":"a","temporal":{"from":"yesterday"}})", "from"},
                           Case{R"({"title":"a","columns":{}})", "columns"},
                           Case{R"({"title":"a","offers":[{"id":"o","policy":"x"}]})", "policy"},
                           Case{R"({"title":"a","content":{"bytes":"1"}})", "bytes"}}) {
    const auto parsed = parse_description(*wire::parse_json(item.json));
    ASSERT_FALSE(parsed) << item.json;
    EXPECT_NE(parsed.error().message().find(item.member), std::string_view::npos) << parsed.error().message();
  }
  wire::Json product = to_json(full_product());
  for (const std::string_view member : {"id", "publisher", "node", "version", "status", "created"}) {
    wire::Json broken = product;
    broken.erase(member);
    EXPECT_FALSE(parse_product(broken)) << member;
  }
}

// --- Sync batches as JSON ---

ChangeBatch one_change() {
  const Product product = full_product();
  return {.epoch = "e1", .after = 4, .next = 9, .more = false,
          .changes = {{.sequence = 7, .kind = ChangeKind::kPublished, .id = product.id, .version = product.version,
                       .updated = product.updated, .product = {product}, .reason = {}},
                      {.sequence = 9, .kind = ChangeKind::kRemoved, .id = testing::product_id(testing::subject(), 5), .version = 1,
                       .updated = product.updated, .product = {}, .reason = "ended"}}};
}

//= NDI-TR-2025-02#catalogue-report type=test
TEST(Batch, JsonComesBackAsItWas) {
  const auto parsed = parse_batch(to_json(one_change()));
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->unreadable.empty());
  EXPECT_EQ(to_json(parsed->batch), to_json(one_change()));
}

TEST(BatchErrors, AChangeThatCannotBeReadIsListed) {
  wire::Json json = to_json(one_change());
  json.members()[4].second.items()[0].set("version", 4);  // not the product's
  const auto parsed = parse_batch(json);
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->unreadable.size(), 1u);
  EXPECT_EQ(parsed->unreadable[0].sequence, 7);
  EXPECT_EQ(parsed->unreadable[0].reason, "catalog.malformed");
  EXPECT_EQ(parsed->batch.changes.size(), 1u);
}

TEST(BatchErrors, DisorderRefusesTheBatch) {
  for (const auto& [member, value] : {std::pair<std::string_view, std::int64_t>{"after", 8}, {"next", 8}, {"next", 3}, {"after", -1}}) {
    wire::Json json = to_json(one_change());
    json.set(member, value);
    EXPECT_EQ(parse_batch(json).error().reason(), "catalog.malformed") << member << value;
  }
  EXPECT_FALSE(parse_batch(*wire::parse_json("[]")));
  EXPECT_FALSE(parse_batch(*wire::parse_json(R"({"after":0,"next":0,"changes":[]})")));
}

}  // namespace
}  // namespace weir::supply::catalog
