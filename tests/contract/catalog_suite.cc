// SPDX-License-Identifier: Apache-2.0
#include "tests/contract/catalog_suite.h"

#include <set>

#include "weir/supply/catalog/store.h"
#include "weir/supply/catalog/tokens.h"

namespace weir::supply::catalog::testing {

Result<trust::evidence::EntryIndex> RecordingLog::append(store::Tx& tx, const trust::evidence::Entry& entry) {
  if (broken) return Error(Errc::kUnavailable, "the log is closed").because("evidence.closed");
  tx.after_commit([this, entry] { entries.push_back(entry); });
  return trust::evidence::EntryIndex(0);
}

TestNode::TestNode(std::unique_ptr<store::Database> opened, SubjectId subject, std::uint64_t seed, Service::Review review,
                   identifier::NodeKind kind)
    : database(std::move(opened)), participant(std::move(subject)), node(node_of(participant, seed, kind)), random(seed) {
  EXPECT_TRUE(store::migrate(*database, migration()));
  service = std::make_unique<Service>(Service::Parts{.sql = *database, .dialect = database->dialect(), .log = log, .clock = clock,
                                                     .random = random, .participant = participant, .node = node,
                                                     .area = *identifier::AreaCode::parse("3501"), .review = review});
}

std::unique_ptr<TestNode> CatalogSuite::make_node(const SubjectId& participant, std::uint64_t seed) {
  return std::make_unique<TestNode>(GetParam().open(), participant, seed);
}

void CatalogSuite::SetUp() {
  here_ = make_node(subject(), 11);
  catalog_ = here_->service.get();
}

Product CatalogSuite::published(const Description& description) {
  here_->clock.advance(Milliseconds(1000));
  auto product = catalog_->publish({.description = description}, Actor("op-1"));
  EXPECT_TRUE(product) << product.error().message();
  return *std::move(product);
}

Product CatalogSuite::titled(const std::string& title) {
  Description d = air_quality();
  d.title = by_script(title);
  d.description = {"-", ""};
  d.keywords.clear();
  return published(d);
}

std::vector<std::string> CatalogSuite::titles(const Query& query) {
  std::vector<std::string> out;
  auto page = catalog_->search(query);
  EXPECT_TRUE(page) << page.error().message();
  if (page) {
    for (const Hit& hit : page->hits) out.push_back(hit.title.en.empty() ? hit.title.zh : hit.title.en);
  }
  return out;
}

namespace {

using Titles = std::vector<std::string>;
const Actor kAuthor("op-1");
const Actor kReviewer("op-2");

// --- Life cycle ---

//= NDI-TR-2025-06 type=test
TEST_P(CatalogSuite, ADraftIsSubmittedReviewedAndPublished) {
  const Product draft = *catalog_->create({.description = full()}, kAuthor);
  EXPECT_EQ(draft.status, Status::kDraft);
  EXPECT_EQ(catalog_->find(draft.id).error().reason(), "catalog.no_product");
  EXPECT_EQ(catalog_->submit(draft.id, "", kAuthor)->status, Status::kSubmitted);
  EXPECT_EQ(catalog_->review(draft.id, Verdict::kReturn, "title unclear", kReviewer)->status, Status::kDraft);
  ASSERT_TRUE(catalog_->submit(draft.id, "", kAuthor));
  const Product published = *catalog_->review(draft.id, Verdict::kApprove, "", kReviewer);
  EXPECT_EQ(published.status, Status::kPublished);
  EXPECT_EQ(*catalog_->find(draft.id), published);
  EXPECT_EQ(published.description, full());
  Titles whats;
  const auto history = catalog_->history(draft.id);
  for (const Transition& line : *history) whats.push_back(line.what + " by " + line.actor);
  EXPECT_EQ(whats, (Titles{"created by op-1", "submitted by op-1", "returned by op-2", "submitted by op-1", "published by op-2"}));
  ASSERT_EQ(here_->log.entries.size(), 5u);
  EXPECT_EQ(here_->log.entries[4].kind, "catalog.published");
  EXPECT_EQ(here_->log.entries[4].product, draft.id.text());
  EXPECT_EQ(here_->log.entries[4].body["hash"].as_string(), content_hash(full()));
}

TEST_P(CatalogSuite, AChangeMakesANewVersionAndKeepsTheOld) {
  const Product first = published(air_quality());
  Description changed = air_quality();
  changed.title.en = "Air quality, corrected";
  EXPECT_EQ(catalog_->edit(first.id, changed, "correction", kAuthor)->version, 2);
  EXPECT_EQ(catalog_->find(first.id)->version, 1);
  EXPECT_EQ(catalog_->find_latest(first.id)->status, Status::kDraft);
  ASSERT_TRUE(catalog_->submit(first.id, "", kAuthor));
  ASSERT_TRUE(catalog_->review(first.id, Verdict::kApprove, "", kReviewer));
  EXPECT_EQ(catalog_->find(first.id)->description, changed);
  const Product old = *catalog_->find(first.id, 1);
  EXPECT_EQ(old.status, Status::kSuperseded);
  EXPECT_EQ(old.description, air_quality());
  EXPECT_EQ(titles({.text = "hourly"}), Titles{});
  EXPECT_EQ(titles({.text = "corrected"}), Titles{"Air quality, corrected"});
}

TEST_P(CatalogSuite, AnEditWithoutChangeIsNoTransition) {
  const Product product = published(air_quality());
  EXPECT_EQ(catalog_->edit(product.id, air_quality(), "", kAuthor)->version, 1);
  EXPECT_EQ(catalog_->history(product.id)->size(), 1u);
}

TEST_P(CatalogSuite, DeregistrationKeepsTheHistoryAndEndsTheProduct) {
  const Product product = published(air_quality());
  EXPECT_EQ(catalog_->deregister(product.id, "withdrawn", kAuthor)->status, Status::kDeregistered);
  EXPECT_EQ(catalog_->find(product.id)->status, Status::kDeregistered);
  EXPECT_EQ(titles({.text = "air"}), Titles{});
  EXPECT_EQ(titles({.text = "status:deregistered", .shelf = Shelf::kDesk}), Titles{product.description.title.en});
  EXPECT_EQ(catalog_->history(product.id)->back().reason, "withdrawn");
  for (const auto& again : {catalog_->deregister(product.id, "again", kAuthor), catalog_->edit(product.id, full(), "", kAuthor),
                            catalog_->submit(product.id, "", kAuthor)}) {
    EXPECT_EQ(again.error().reason(), "catalog.wrong_state");
  }
}

TEST_P(CatalogSuite, LegacyCodesStayInTheIdentifier) {
  const auto product = catalog_->publish({.description = air_quality(), .extension = "AQ-2014"}, kAuthor);
  ASSERT_TRUE(product);
  EXPECT_EQ(product->id.extension(), "AQ-2014");
  EXPECT_EQ(product->id.subject(), here_->participant);
}

// --- Error paths of the life cycle ---

TEST_P(CatalogSuite, WrongStatesAreRefused) {
  const Product draft = *catalog_->create({.description = air_quality()}, kAuthor);
  EXPECT_EQ(catalog_->review(draft.id, Verdict::kApprove, "", kReviewer).error().reason(), "catalog.wrong_state");
  ASSERT_TRUE(catalog_->submit(draft.id, "", kAuthor));
  EXPECT_EQ(catalog_->submit(draft.id, "", kAuthor).error().reason(), "catalog.wrong_state");
  EXPECT_EQ(catalog_->edit(draft.id, full(), "", kAuthor).error().reason(), "catalog.wrong_state");
  EXPECT_EQ(catalog_->review(draft.id, Verdict::kReturn, " ", kReviewer).error().reason(), "catalog.no_reason");
  EXPECT_EQ(catalog_->deregister(draft.id, "", kReviewer).error().reason(), "catalog.no_reason");
  EXPECT_EQ(catalog_->edit(draft.id, full(), std::string(2049, 'a'), kAuthor).error().reason(), "catalog.too_long");
}

TEST_P(CatalogSuite, WhatIsNotThereIsNotFound) {
  const ProductId unknown = product_id(subject(), 99);
  EXPECT_EQ(catalog_->find(unknown).error().code(), Errc::kNotFound);
  EXPECT_EQ(catalog_->find_latest(unknown).error().code(), Errc::kNotFound);
  EXPECT_EQ(catalog_->history(unknown).error().code(), Errc::kNotFound);
  EXPECT_EQ(catalog_->submit(unknown, "", kAuthor).error().code(), Errc::kNotFound);
  const Product product = published(air_quality());
  EXPECT_EQ(catalog_->find(product.id, 7).error().reason(), "catalog.no_version");
  EXPECT_EQ(catalog_->find_many({unknown, product.id})->size(), 1u);
}

TEST_P(CatalogSuite, WhoSubmittedMayNotReviewIfTheNodeSaysSo) {
  TestNode strict(GetParam().open(), subject(), 21, Service::Review::kAnotherOperator);
  const Product draft = *strict.service->create({.description = air_quality()}, kAuthor);
  ASSERT_TRUE(strict.service->submit(draft.id, "", kAuthor));
  EXPECT_EQ(strict.service->review(draft.id, Verdict::kApprove, "", kAuthor).error().reason(), "catalog.same_operator");
  EXPECT_EQ(strict.service->publish({.description = air_quality()}, kAuthor).error().code(), Errc::kForbidden);
  EXPECT_TRUE(strict.service->review(draft.id, Verdict::kApprove, "", kReviewer));
}

TEST_P(CatalogSuite, CoreDataIsNotOffered) {
  Description core = full();
  core.grade = *grade::assess({.impacts = {{grade::AffectedObject::kNationalSecurity, grade::Severity::kSeriousHarm, ""}}});
  EXPECT_EQ(catalog_->publish({.description = core}, kAuthor).error().reason(), "grade.never_offered");
  const Product draft = *catalog_->create({.description = core}, kAuthor);
  EXPECT_EQ(catalog_->submit(draft.id, "", kAuthor).error().code(), Errc::kForbidden);
}

TEST_P(CatalogSuite, WithoutEvidenceNothingHappens) {
  const Product product = published(air_quality());
  here_->log.broken = true;
  EXPECT_EQ(catalog_->deregister(product.id, "why", kAuthor).error().reason(), "evidence.closed");
  EXPECT_FALSE(catalog_->publish({.description = full()}, kAuthor));
  here_->log.broken = false;
  EXPECT_EQ(catalog_->find(product.id)->status, Status::kPublished);
  EXPECT_EQ(catalog_->search({})->total, 1);
  EXPECT_EQ(catalog_->history(product.id)->size(), 1u);
}

// --- Search ---

TEST_P(CatalogSuite, FindsWordsPhrasesAndChinese) {
  titled("Hourly air quality of Beijing");
  titled("Quality of water, by air");
  titled("上海市空气质量监测数据");
  titled("水质监测站点");
  EXPECT_EQ(titles({.text = "air quality"}), (Titles{"Quality of water, by air", "Hourly air quality of Beijing"}));
  EXPECT_EQ(titles({.text = "\"air quality\""}), Titles{"Hourly air quality of Beijing"});
  EXPECT_EQ(titles({.text = "quality -water"}), Titles{"Hourly air quality of Beijing"});
  EXPECT_EQ(titles({.text = "-quality"}), (Titles{"水质监测站点", "上海市空气质量监测数据"}));
  EXPECT_EQ(titles({.text = "空气质量"}), Titles{"上海市空气质量监测数据"});
  EXPECT_EQ(titles({.text = "监测"}), (Titles{"水质监测站点", "上海市空气质量监测数据"}));
  EXPECT_EQ(titles({.text = "气质"}), Titles{"上海市空气质量监测数据"});
  EXPECT_EQ(titles({.text = "站"}), Titles{"水质监测站点"});
  EXPECT_EQ(titles({.text = "质站"}), Titles{});
  EXPECT_EQ(titles({.text = "QUALITIES"}), (Titles{"Quality of water, by air", "Hourly air quality of Beijing"}));
  EXPECT_EQ(titles({.text = "!!!"}), Titles{});
  EXPECT_EQ(titles({.text = ""}).size(), 4u);
  EXPECT_EQ(titles({.text = "'; DROP TABLE \" ) OR 1=1 \\ :* <->"}), Titles{});
}

TEST_P(CatalogSuite, FiltersAndFacets) {
  Description a = full();
  Description b = air_quality();
  b.region = "310000";
  b.distributions = {{.format = "JSON", .media_type = "", .access_url = "", .download_url = "", .bytes = std::nullopt, .title = {}}};
  published(a);
  published(b);
  const auto found = [&](Facet facet, std::vector<std::string> values) {
    return catalog_->search({.filters = {{facet, std::move(values)}}})->total;
  };
  EXPECT_EQ(found(Facet::kPublisher, {subject().text()}), 2);
  EXPECT_EQ(found(Facet::kRegion, {"11"}), 1);
  EXPECT_EQ(found(Facet::kRegion, {"11", "31"}), 2);
  EXPECT_EQ(found(Facet::kTopic, {"C0000"}), 1);
  EXPECT_EQ(found(Facet::kFormat, {"json"}), 1);
  EXPECT_EQ(found(Facet::kFormat, {"text/csv"}), 1);
  EXPECT_EQ(found(Facet::kGrade, {"general-2"}), 1);
  EXPECT_EQ(found(Facet::kPricing, {"paid"}), 1);
  EXPECT_EQ(found(Facet::kQuality, {"001"}), 0);
  EXPECT_EQ(titles({.text = "air format:json"}).size(), 1u);
  const Page page = *catalog_->search({.text = "air", .facets = {Facet::kGrade, Facet::kFormat, Facet::kCatalog}});
  ASSERT_EQ(page.facets.size(), 3u);
  EXPECT_EQ(page.facets[0].second[0].value, "general");
  EXPECT_EQ(page.facets[0].second[0].count, 2);
  EXPECT_EQ(page.facets[1].second.size(), 3u);
  EXPECT_FALSE(page.facets_partial);
}

TEST_P(CatalogSuite, TimeRanges) {
  titled("one");
  const Timestamp between = here_->clock.now();
  titled("two");
  titled("three");
  EXPECT_EQ(titles({.updated_until = between}), Titles{"one"});
  EXPECT_EQ(titles({.updated_from = after(between, Milliseconds(1))}), (Titles{"three", "two"}));
  EXPECT_EQ(titles({.text = "two", .updated_until = between}), Titles{});
  EXPECT_EQ(titles({.updated_from = after(here_->clock.now(), Milliseconds(1))}), Titles{});
}

TEST_P(CatalogSuite, AClockSetBackDoesNotDisorder) {
  titled("one");
  here_->clock.advance(Milliseconds(-3'600'000));
  titled("two");
  EXPECT_EQ(titles({}), (Titles{"two", "one"}));
  EXPECT_EQ(titles({.updated_from = Timestamp(1'700'000'000'500)}).size(), 2u);
}

TEST_P(CatalogSuite, Orders) {
  titled("beta air");
  titled("alpha");
  Description d = air_quality();
  d.title = {"gamma", ""};
  d.description = {"air", ""};
  d.keywords.clear();
  published(d);
  EXPECT_EQ(titles({.order = Order::kUpdatedAscending}), (Titles{"beta air", "alpha", "gamma"}));
  EXPECT_EQ(titles({.order = Order::kTitle}), (Titles{"alpha", "beta air", "gamma"}));
  EXPECT_EQ(titles({.text = "air", .order = Order::kTitle}), (Titles{"beta air", "gamma"}));
  EXPECT_EQ(titles({.text = "air"}), (Titles{"gamma", "beta air"}));
  EXPECT_EQ(titles({.text = "air", .order = Order::kRelevance}), (Titles{"beta air", "gamma"}));
}

// Whatever the order, pages put together are the whole list, also while others publish.
TEST_P(CatalogSuite, PagesNeitherRepeatNorSkipWhileOthersPublish) {
  for (int i = 0; i < 23; ++i) titled((i % 2 ? "odd air " : "even air ") + std::to_string(i % 7));
  for (const Order order : {Order::kUpdatedDescending, Order::kUpdatedAscending, Order::kTitle, Order::kRelevance}) {
    for (const char* text : {"", "air"}) {
      std::set<std::string> seen;
      std::int64_t first_total = 0;
      Query query{.text = text, .order = order, .limit = 5};
      const std::int64_t before = catalog_->search(query)->total;
      int pages = 0;
      do {
        const auto page = catalog_->search(query);
        ASSERT_TRUE(page) << page.error().message();
        for (const Hit& hit : page->hits) EXPECT_TRUE(seen.insert(hit.id.text()).second) << "twice: " << hit.title.en;
        first_total = page->total;
        query.cursor = page->next;
        if (pages++ == 1) titled("zz air");
      } while (!query.cursor.empty() && pages < 50);
      EXPECT_EQ(first_total, before);
      const bool sees_new = order == Order::kUpdatedAscending || (order == Order::kTitle && *text == 0);
      EXPECT_EQ(static_cast<std::int64_t>(seen.size()), before + (sees_new ? 1 : 0)) << static_cast<int>(order) << text;
    }
  }
}

TEST_P(CatalogSuite, CursorsFitOnlyTheirQuery) {
  titled("a");
  titled("b");
  const std::string cursor = catalog_->search({.limit = 1})->next;
  ASSERT_FALSE(cursor.empty());
  EXPECT_TRUE(catalog_->search({.limit = 2, .cursor = cursor}));
  for (const Query& query : {Query{.text = "a", .cursor = cursor}, Query{.order = Order::kTitle, .cursor = cursor},
                             Query{.cursor = "x"}, Query{.cursor = "e30"}, Query{.cursor = std::string(2000, 'a')}}) {
    EXPECT_EQ(catalog_->search(query).error().reason(), "catalog.bad_cursor");
  }
}

TEST_P(CatalogSuite, ListsWhatIsOffered) {
  published(full());
  published(air_quality());
  const Page page = *catalog_->list(10, "");
  ASSERT_EQ(page.hits.size(), 1u);
  EXPECT_EQ(page.hits[0].title.zh, full().title.zh);
  EXPECT_EQ(page.hits[0].formats, (Titles{"csv", "text/csv"}));
}

}  // namespace
}  // namespace weir::supply::catalog::testing
