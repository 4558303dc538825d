// Loading and keeping in step, on every database.
// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <fstream>

#include "tests/contract/catalog_suite.h"

namespace weir::supply::catalog::testing {

namespace {

const Actor kLoader("op-loader");

std::string file_text(const std::string& name) {
  std::ifstream in(std::string(WEIR_SOURCE_DIR) + "/tests/vectors/catalog/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

LoadOptions federal() { return {.catalog = "us-federal", .offers = {make_offer("open", use_policy())}}; }

LoadOptions chinese() {
  return {.format = LoadFormat::kCsv,
          .catalog = "city",
          .mapping = {.identifier = "编号", .title = "数据项名称", .description = "数据项描述", .more_description = {"数据项内容"},
                      .keywords = "数据项内容", .publisher = "提供部门", .theme = "领域", .frequency = "更新频率"},
          .region = "310000"};
}

// --- Loading ---

TEST_P(CatalogSuite, LoadsTheExtractAndAccountsForEveryRecord) {
  const auto source = text_source(file_text("us-federal-extract.jsonl"));
  std::int64_t told = 0;
  const auto report = catalog_->load(*source, federal(), kLoader, [&](const LineReport&) { ++told; });
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->read, 212);
  EXPECT_EQ(report->read, report->accepted + report->repaired + report->updated + report->unchanged + report->refused);
  EXPECT_EQ(told, report->read);
  EXPECT_EQ(report->refused, 0);
  EXPECT_GT(report->repairs.at("description_from_title"), 5);
  EXPECT_GT(report->repairs.at("modified_is_interval"), 5);
  EXPECT_EQ(catalog_->search({})->total, report->read);
  EXPECT_EQ(here_->log.entries.size(), 212u);
  const wire::Json json = to_json(*report);
  EXPECT_EQ(json["read"].as_integer(), 212);
  EXPECT_EQ(static_cast<std::int64_t>(json["lines"].size()), report->repaired);
}

TEST_P(CatalogSuite, LoadingAgainChangesNothingAndAChangedRecordIsANewVersion) {
  std::string text = file_text("us-federal-extract.jsonl");
  ASSERT_TRUE(catalog_->load(*text_source(text), federal(), kLoader));
  const std::size_t entries = here_->log.entries.size();
  const auto again = catalog_->load(*text_source(text), federal(), kLoader);
  EXPECT_EQ(again->unchanged, 212);
  EXPECT_EQ(here_->log.entries.size(), entries);
  const std::string line = R"({"agency":"x","dataset":{"identifier":"1","title":"Sea ice","description":"Extent."}})";
  const std::string changed =
      R"({"agency":"x","dataset":{"identifier":"1","title":"Sea ice extent","description":"Extent."}})";
  std::string id;
  const auto note = [&](const LineReport& report) { id = report.product; };
  ASSERT_TRUE(catalog_->load(*text_source(line), federal(), kLoader, note));
  const std::string first = id;
  EXPECT_EQ(catalog_->load(*text_source(changed), federal(), kLoader, note)->repaired, 1);
  EXPECT_EQ(id, first);
  EXPECT_EQ(catalog_->find(*ProductId::parse(id))->version, 2);
  EXPECT_EQ(ProductId::parse(id)->extension(), "1");
}

TEST_P(CatalogSuite, TheSameRecordHasTheSameIdentifierEverywhere) {
  const std::string line =
      R"({"identifier":"https://example.org/a-long-identifier-of-a-dataset","title":"t","description":"d"})";
  std::string ids[2];
  for (std::string& id : ids) {
    const auto node = make_node(subject(), 30 + static_cast<std::uint64_t>(&id - ids));
    ASSERT_TRUE(node->service->load(*text_source(line), federal(), kLoader,
                                    [&](const LineReport& report) { id = report.product; }));
  }
  EXPECT_EQ(ids[0], ids[1]);
  EXPECT_TRUE(ProductId::parse(ids[0])->extension().empty());
}

TEST_P(CatalogSuite, LoadsChineseCsv) {
  std::vector<std::string> outcomes;
  const auto report =
      catalog_->load(*text_source(file_text("chinese.csv")), chinese(), kLoader, [&](const LineReport& line) {
        outcomes.push_back(std::to_string(line.line) + " " + std::string(name_of(line.outcome)) + " " + line.reason);
      });
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(outcomes, (std::vector<std::string>{"2 accepted ", "3 accepted ", "4 refused load.no_title", "5 repaired ",
                                                "6 refused load.too_many_cells", "9 repaired "}));
  EXPECT_EQ(report->blank_lines, 1);
  EXPECT_EQ(titles({.text = "细颗粒物"}), std::vector<std::string>{"空气质量小时数据"});
  EXPECT_EQ(catalog_->search({.filters = {{Facet::kRegion, {"31"}}}})->total, 4);
}

TEST_P(CatalogSuite, BadRecordsAreRefusedWithTheirLineAndTheRestIsLoaded) {
  const std::string text =
      "{\n\n[1]\n"
      R"({"identifier":"1","title":"good","description":"d"})"
      "\n"
      R"({"identifier":"2"})"
      "\n";
  const auto report = catalog_->load(*text_source(text), federal(), kLoader);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->read, 4);
  EXPECT_EQ(report->refused, 3);
  EXPECT_EQ(report->blank_lines, 1);
  EXPECT_EQ(report->refusals, (std::map<std::string, std::int64_t>{
                                  {"load.not_json", 1}, {"load.not_an_object", 1}, {"load.no_title", 1}}));
  EXPECT_EQ(report->lines[1].line, 3);
  EXPECT_EQ(catalog_->search({})->total, 1);
}

TEST_P(CatalogSuite, WhatAFollowedCatalogLacksTwiceIsDeregisteredAndComesBackAsANewProduct) {
  std::map<std::string, std::string> products;
  const auto note = [&](const LineReport& report) { products[report.source_id] = report.product; };
  // Rounds 1, 2, …: the records that are there, each by its identifier. How many were taken away after it.
  std::int64_t round = 0;
  const auto follow = [&](std::string_view there) {
    std::string text;
    for (const char id : there) text += std::string(R"({"title":"t","description":"d","identifier":")") + id + "\"}\n";
    LoadOptions options = federal();
    options.round = ++round;
    EXPECT_TRUE(catalog_->load(*text_source(text), options, kLoader, note));
    return *catalog_->remove_missing(options.catalog, round, kLoader);
  };
  const auto status_of = [&](const std::string& product) {
    return catalog_->find_latest(*ProductId::parse(product))->status;
  };
  EXPECT_EQ(follow("abcd"), 0);
  EXPECT_EQ(follow("cd"), 0);  // once may be a page that shifted
  const auto first = products;
  ASSERT_TRUE(catalog_->edit(*ProductId::parse(first.at("b")), air_quality(), "", kLoader));
  EXPECT_EQ(follow("c"), 1);  // a; somebody edits b
  EXPECT_EQ(status_of(first.at("a")), Status::kDeregistered);
  EXPECT_EQ(status_of(first.at("b")), Status::kDraft);
  EXPECT_EQ(catalog_->history(*ProductId::parse(first.at("a")))->back().reason, "no longer in us-federal");
  EXPECT_EQ(follow("acd"), 0);
  EXPECT_NE(products.at("a"), first.at("a"));
  EXPECT_EQ(products.at("d"), first.at("d"));
  EXPECT_EQ(catalog_->search({})->total, 4);
}

TEST_P(CatalogSuite, WhatWasLoadedWithoutARoundIsNotTakenAway) {
  ASSERT_TRUE(catalog_->load(*text_source(R"({"identifier":"1","title":"t","description":"d"})"), federal(), kLoader));
  EXPECT_EQ(*catalog_->remove_missing("us-federal", 9, kLoader), 0);
  EXPECT_EQ(catalog_->search({})->total, 1);
}

TEST_P(CatalogSuite, ARecordThatSomebodyEditsOrEndedIsNotOverwritten) {
  std::string id;
  const auto note = [&](const LineReport& report) { id = report.product; };
  const auto load = [&](const std::string& title) {
    return *catalog_->load(*text_source(R"({"identifier":"1","description":"d","title":")" + title + "\"}"), federal(),
                           kLoader, note);
  };
  load("one");
  const ProductId product = *ProductId::parse(id);
  ASSERT_TRUE(catalog_->edit(product, air_quality(), "", kLoader));
  EXPECT_EQ(load("two").refusals.count("load.being_edited"), 1u);
  ASSERT_TRUE(catalog_->deregister(product, "ended", kLoader));
  EXPECT_GE(load("three").refused, 1);
}

TEST_P(CatalogSuite, AFileWithoutTheNamedColumnsIsRefusedWhole) {
  EXPECT_EQ(catalog_->load(*text_source("a,b\n1,2\n"), chinese(), kLoader).error().reason(), "load.no_column");
}

// --- Keeping in step ---

class Region {
 public:
  explicit Region(std::unique_ptr<TestNode> node) : node_(std::move(node)) {}
  TestNode& operator*() { return *node_; }
  Service& catalog() { return *node_->service; }
  // Asks until there is no more; through JSON, as between processes.
  ApplyReport pull(TestNode& from, std::size_t limit = 500) {
    ApplyReport sum;
    for (int round = 0; round < 100; ++round) {
      const PeerCursor cursor = *catalog().cursor_of(from.node);
      const ChangeBatch batch = *from.service->changes_since(cursor.after, limit);
      const ApplyReport report =
          *catalog().apply_changes(from.peer(), *parse_batch(*wire::parse_json(to_json(batch).dump())));
      sum.stored += report.stored;
      sum.removed += report.removed;
      sum.unchanged += report.unchanged;
      sum.refused.insert(sum.refused.end(), report.refused.begin(), report.refused.end());
      if (!batch.more) break;
    }
    return sum;
  }

 private:
  std::unique_ptr<TestNode> node_;
};

//= TC609-6-2025-11 type=test
TEST_P(CatalogSuite, TheRegionCollectsAndAnswersForAll) {
  const auto other = make_node(other_subject(), 40);
  Region region(make_node(subject(), 41));
  for (int i = 0; i < 7; ++i) titled("air " + std::to_string(i));
  ASSERT_TRUE(other->service->publish({.description = full()}, kLoader));
  EXPECT_EQ(region.pull(*here_, 3).stored, 7);
  EXPECT_EQ(region.pull(*other).stored, 1);
  EXPECT_EQ(region.catalog().search({.text = "air"})->total, 8);
  EXPECT_EQ(region.catalog().search({.filters = {{Facet::kPublisher, {other_subject().text()}}}})->total, 1);
  EXPECT_EQ(region.pull(*here_).stored, 0);
  EXPECT_EQ((*region).log.entries.size(), 8u);
  EXPECT_EQ((*region).log.entries[0].actor, "peer:" + here_->node.text());
  EXPECT_EQ(region.catalog().changes_since(0, 100)->changes.size(), 0u);  // its own
  EXPECT_EQ(region.catalog().changes_since(0, 100, FeedScope::kAll)->changes.size(), 8u);
}

TEST_P(CatalogSuite, ChangesAndRemovalsFollow) {
  Region region(make_node(subject(), 42));
  const Product product = published(air_quality());
  const Product ended = titled("short-lived");
  region.pull(*here_);
  ASSERT_TRUE(catalog_->edit(product.id, full(), "", kLoader));
  EXPECT_EQ(region.pull(*here_).stored, 0);  // a draft is nobody else's business
  ASSERT_TRUE(catalog_->submit(product.id, "", kLoader));
  ASSERT_TRUE(catalog_->review(product.id, Verdict::kApprove, "", kLoader));
  ASSERT_TRUE(catalog_->deregister(ended.id, "withdrawn", kLoader));
  const ApplyReport report = region.pull(*here_);
  EXPECT_EQ(report.stored, 1);
  EXPECT_EQ(report.removed, 1);
  EXPECT_EQ(*region.catalog().find(product.id), *catalog_->find(product.id));
  EXPECT_EQ(region.catalog().find(ended.id)->status, Status::kDeregistered);
  EXPECT_EQ(region.catalog().history(ended.id)->back().reason, "withdrawn");
  EXPECT_EQ(region.catalog().search({})->total, 1);
}

TEST_P(CatalogSuite, TheSameBatchTwiceDoesNothingTwice) {
  Region region(make_node(subject(), 43));
  titled("air");
  const ParsedBatch batch{.batch = *catalog_->changes_since(0, 10), .unreadable = {}};
  EXPECT_EQ(region.catalog().apply_changes(here_->peer(), batch)->stored, 1);
  const ApplyReport again = *region.catalog().apply_changes(here_->peer(), batch);
  EXPECT_EQ(again.stored, 0);
  EXPECT_EQ(again.unchanged, 1);
  EXPECT_EQ((*region).log.entries.size(), 1u);
}

TEST_P(CatalogSuite, APeerSpeaksForItselfOnly) {
  Region region(make_node(subject(), 44));
  titled("air");
  const ParsedBatch batch{.batch = *catalog_->changes_since(0, 10), .unreadable = {}};
  const auto why = [&](const Peer& peer) {
    const auto report = region.catalog().apply_changes(peer, batch);
    return report->refused.empty() ? std::string("taken") : report->refused[0].reason;
  };
  EXPECT_EQ(why({.node = here_->node, .participant = other_subject()}), "catalog.not_yours");
  EXPECT_EQ(why({.node = node_of(subject(), 77), .participant = subject()}), "catalog.wrong_node");
  EXPECT_EQ(region.catalog().search({})->total, 0);
  EXPECT_EQ(
      why({.node = node_of(other_subject(), 78), .participant = other_subject(), .authority = PeerAuthority::kRelay}),
      "taken");
  EXPECT_EQ(why(here_->peer()), "catalog.other_origin");
}

TEST_P(CatalogSuite, APublishedVersionDoesNotChangeUnderItsNumber) {
  Region region(make_node(subject(), 45));
  published(air_quality());
  ParsedBatch batch{.batch = *catalog_->changes_since(0, 10), .unreadable = {}};
  ASSERT_EQ(region.catalog().apply_changes(here_->peer(), batch)->stored, 1);
  batch.batch.changes[0].product[0].description.title.en = "Something else";
  EXPECT_EQ(region.catalog().apply_changes(here_->peer(), batch)->refused[0].reason, "catalog.version_changed");
  batch.batch.changes[0].product[0].description.grade.reset();
  EXPECT_EQ(region.catalog().apply_changes(here_->peer(), batch)->refused[0].reason, "catalog.no_grade");
}

TEST_P(CatalogSuite, OwnProductsCannotBeOverwrittenByAPeer) {
  published(air_quality());
  const ParsedBatch batch{.batch = *catalog_->changes_since(0, 10), .unreadable = {}};
  EXPECT_EQ(catalog_->apply_changes(here_->peer(), batch)->refused[0].reason, "catalog.is_ours");
}

TEST_P(CatalogSuite, AGapIsRefusedAndANewEpochStartsAnew) {
  Region region(make_node(subject(), 46));
  titled("one");
  titled("two");
  ParsedBatch batch{.batch = *catalog_->changes_since(1, 10), .unreadable = {}};
  EXPECT_EQ(region.catalog().apply_changes(here_->peer(), batch).error().reason(), "catalog.gap");
  EXPECT_EQ(region.pull(*here_).stored, 2);
  EXPECT_TRUE(region.catalog().apply_changes(here_->peer(), batch));
  EXPECT_EQ(region.catalog().cursor_of(here_->node)->after, 2);
  batch.batch.epoch = "another";
  EXPECT_EQ(region.catalog().apply_changes(here_->peer(), batch).error().reason(), "catalog.gap");
  batch.batch.after = 0;
  EXPECT_EQ(region.catalog().apply_changes(here_->peer(), batch)->cursor.epoch, "another");
}

// Found by tests/sim: a regional node said that it would come and see, died, and never came.
TEST_P(CatalogSuite, APeerThatSaidSomethingIsRememberedBeforeItWasEverRead) {
  Region region(make_node(subject(), 48));
  ASSERT_TRUE(region.catalog().add_peer(here_->node));
  ASSERT_TRUE(region.catalog().add_peer(here_->node));
  EXPECT_EQ(*region.catalog().peers(), std::vector{here_->node});
  titled("one");
  EXPECT_EQ(region.pull(*here_).stored, 1);
  ASSERT_TRUE(region.catalog().add_peer(here_->node));
  EXPECT_EQ(region.catalog().cursor_of(here_->node)->after, 1) << "the cursor stays";
}

TEST_P(CatalogSuite, ForeignProductsAreChangedAtHomeOnly) {
  Region region(make_node(subject(), 47));
  const Product product = titled("air");
  region.pull(*here_);
  EXPECT_EQ(region.catalog().edit(product.id, full(), "", kLoader).error().reason(), "catalog.not_ours");
  EXPECT_EQ(region.catalog().deregister(product.id, "no", kLoader).error().code(), Errc::kForbidden);
}

// --- The whole real catalogs, if they are there ---

TEST_P(CatalogSuite, LoadsTheWholeFederalCatalogAndShanghai) {
  const char* folder = std::getenv("WEIR_TEST_DATA");
  if (folder == nullptr) GTEST_SKIP() << "WEIR_TEST_DATA is not set: the whole catalogs were not loaded";
  auto source = file_source(store::real_files(), std::string(folder) + "/catalog/us-federal-dcat-us-1.1.jsonl.gz");
  ASSERT_TRUE(source) << source.error().message();
  const auto report = catalog_->load(**source, federal(), kLoader);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->read, 14000);
  EXPECT_EQ(report->read, report->accepted + report->repaired + report->refused);
  std::printf("%s\n", [&] { auto json = to_json(*report); json.erase("lines"); return json.dump(); }().c_str());
  auto shanghai = file_source(store::real_files(), std::string(folder) + "/catalog/shanghai-2014.csv");
  ASSERT_TRUE(shanghai);
  LoadOptions options = chinese();
  options.mapping.more_description = {"数据项内容（包括但不仅限于）"};
  options.mapping.keywords = "数据项内容（包括但不仅限于）";
  options.mapping.frequency = "";
  const auto city = catalog_->load(**shanghai, options, kLoader);
  ASSERT_TRUE(city) << city.error().message();
  EXPECT_EQ(city->read, 190);
  EXPECT_EQ(city->refused, 0);
}

}  // namespace
}  // namespace weir::supply::catalog::testing
