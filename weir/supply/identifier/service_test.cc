// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/identifier/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/support/recording_log.h"

namespace weir::supply::identifier {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const SubjectId kOwner = *SubjectId::parse("91350100M000100Y43");
const SubjectId kOther = *SubjectId::parse("91440300708461136T");
const AreaCode kArea = *AreaCode::parse("3501");
const Timestamp kStart(1780000000000);

// A registry of one level with its own database.
struct Level {
  explicit Level(NodeKind kind, Upstream* upstream = nullptr)
      : self(NodeId::generate(kind, kOwner, kArea, random)),
        database(*store::open_sqlite({.path = ":memory:"})),
        registry(*database, log, clock, self, own_prefix(self), upstream) {
    EXPECT_TRUE(store::migrate(*database, Registry::migration()).ok());
  }
  Record enter(const Identifier& id, const std::string& location = "https://a.example/1") {
    auto entered = registry.enter({.id = id, .owner = kOwner, .location = location}, "anna");
    EXPECT_TRUE(entered.ok()) << entered.error().message();
    return *std::move(entered);
  }
  Identifier product() { return *ProductId::generate(ItemKind::kProduct, kOwner, kArea, random); }
  Identifier node(NodeKind kind) { return NodeId::generate(kind, kOwner, kArea, random); }
  NodeId registrar(NodeKind kind) { return NodeId::generate(kind, kOwner, kArea, random); }
  // The identifiers that are to be reported, and then are.
  std::vector<std::string> report(std::size_t limit = 10) {
    const Unreported changed = *registry.unreported(limit);
    std::vector<std::string> out;
    for (const Record& record : changed.records) out.push_back(record.id.text());
    EXPECT_TRUE(out.empty() || registry.mark_reported(changed.last).ok());
    return out;
  }

  SeededRandom random{11};
  ManualClock clock{kStart};
  weir::testing::RecordingLog log;
  NodeId self;
  std::unique_ptr<store::Database> database;
  Registry registry;
};

// The level above, called in the process.
struct Above final : Upstream {
  explicit Above(Registry& above) : registry(above) {}
  Result<Record> resolve(const Identifier& id) override {
    ++asked;
    if (down) return Error(Errc::kUnavailable, "no route");
    WEIR_TRY_LET(Resolution found, registry.resolve(id));
    if (lies) found.record.id = *lies;
    return found.record;
  }
  Registry& registry;
  int asked = 0;
  bool down = false;
  const Identifier* lies = nullptr;
};

//= NDI-TR-2025-04 type=test
TEST(Registry, EntersOnceAndResolvesToLocationAndStatus) {
  Level regional(NodeKind::kRegional);
  const Identifier id = regional.product();
  const Record record = regional.enter(id);
  EXPECT_EQ(record.registered, kStart);
  const Resolution found = *regional.registry.resolve(id);
  EXPECT_TRUE(found.local);
  EXPECT_EQ(found.record, record);
  EXPECT_EQ(*parse_record(to_json(record)), record);
  EXPECT_THAT(regional.log.kinds(), ElementsAre("identifier.registered"));
  EXPECT_EQ(regional.log.entries[0].product, id.text());
  EXPECT_EQ(regional.log.entries[0].actor, "anna");
}

TEST(Registry, OnlyLocationAndStatusMove) {
  Level regional(NodeKind::kRegional);
  const Identifier id = regional.product();
  regional.enter(id);
  regional.clock.advance(Milliseconds(1000));
  EXPECT_EQ(regional.registry.relocate(id, "https://b.example/2", "anna")->location, "https://b.example/2");
  EXPECT_EQ(regional.registry.set_status(id, RecordStatus::kSuspended, "anna")->status, RecordStatus::kSuspended);
  EXPECT_EQ(regional.registry.set_status(id, RecordStatus::kWithdrawn, "anna")->status, RecordStatus::kWithdrawn);
  EXPECT_EQ(regional.registry.resolve(id)->record.updated, after(kStart, Milliseconds(1000)));
  EXPECT_THAT(regional.log.kinds(), ElementsAre("identifier.registered", "identifier.relocated", "identifier.suspended",
                                                "identifier.withdrawn"));
}

TEST(Registry, ThatChangesNothingLeavesNoEntry) {
  Level regional(NodeKind::kRegional);
  const Identifier id = regional.product();
  regional.enter(id, "https://a.example/1");
  ASSERT_TRUE(regional.registry.relocate(id, "https://a.example/1", "anna").ok());
  ASSERT_TRUE(regional.registry.set_status(id, RecordStatus::kActive, "anna").ok());
  EXPECT_EQ(regional.log.entries.size(), 1u);
}

//= NDI-TR-2025-02#identifier-resolve type=test
//= NDI-TR-2025-04#resolution type=test
TEST(Registry, ResolvesLocalThenRegionalThenGlobal) {
  Level global(NodeKind::kGlobal);
  Above to_global(global.registry);
  Level regional(NodeKind::kRegional, &to_global);
  Above to_regional(regional.registry);
  Level connector(NodeKind::kConnector, &to_regional);

  const Identifier here = connector.product();
  connector.enter(here);
  EXPECT_TRUE(connector.registry.resolve(here)->local);
  EXPECT_EQ(to_regional.asked, 0);

  const Identifier there = regional.node(NodeKind::kConnector);
  regional.enter(there);
  EXPECT_FALSE(connector.registry.resolve(there)->local);
  EXPECT_EQ(to_global.asked, 0);

  const Identifier top = global.node(NodeKind::kSector);
  global.enter(top);
  EXPECT_EQ(connector.registry.resolve(top)->record.registrar, global.self);
  EXPECT_EQ(to_global.asked, 1);

  SeededRandom other(99);
  const Identifier nowhere = *ProductId::generate(ItemKind::kProduct, kOther, kArea, other);
  EXPECT_EQ(connector.registry.resolve(nowhere).error().reason(), "identifier.unknown");
  EXPECT_EQ(to_global.asked, 2);
}

TEST(Registry, WhatChangedIsReportedOnceInTheOrderOfTheChanges) {
  Level regional(NodeKind::kRegional);
  EXPECT_THAT(regional.report(), IsEmpty());
  const Identifier first = regional.product();
  const Identifier second = regional.product();
  regional.enter(first);
  regional.enter(second);
  Level connector(NodeKind::kConnector);
  const Record below = connector.enter(regional.product());
  ASSERT_TRUE(regional.registry.accept_report(below, connector.self, "peer:x").ok());
  EXPECT_THAT(regional.report(2), ElementsAre(first.text(), second.text()));
  ASSERT_TRUE(regional.registry.relocate(first, "https://moved.example/", "anna").ok());
  EXPECT_THAT(regional.report(), ElementsAre(below.id.text(), first.text()));
  EXPECT_THAT(regional.report(), IsEmpty());
}

TEST(Registry, AReportFromBelowIsTakenOnceAndThenKeptUpToDate) {
  Level connector(NodeKind::kConnector);
  Level regional(NodeKind::kRegional);
  const Identifier id = connector.product();
  Record record = connector.enter(id);
  ASSERT_TRUE(regional.registry.accept_report(record, connector.self, "peer:x").ok());
  ASSERT_TRUE(regional.registry.accept_report(record, connector.self, "peer:x").ok());
  EXPECT_EQ(regional.log.entries.size(), 1u);
  connector.clock.advance(Milliseconds(5));
  record = *connector.registry.set_status(id, RecordStatus::kWithdrawn, "anna");
  EXPECT_EQ(regional.registry.accept_report(record, connector.self, "peer:x")->status, RecordStatus::kWithdrawn);
  record.status = RecordStatus::kActive;
  record.updated = after(record.updated, Milliseconds(5));
  EXPECT_EQ(regional.registry.accept_report(record, connector.self, "peer:x")->status, RecordStatus::kWithdrawn);
  EXPECT_EQ(regional.log.entries.size(), 2u);
}

//= NDI-TR-2025-04#ipv6 type=test
TEST(Registry, AddressesComeBackAsTheIdentifier) {
  Level regional(NodeKind::kRegional);
  const Identifier a = regional.product();
  SeededRandom random(5);
  const Identifier b = *ProductId::generate(ItemKind::kResource, kOther, kArea, random, "旧-1");
  regional.enter(a);
  regional.enter(b);
  const Address at_a = *regional.registry.address_of(a, "anna");
  const Address at_b = *regional.registry.address_of(b, "anna");
  EXPECT_EQ(*regional.registry.identifier_at(at_a), a);
  EXPECT_EQ(*regional.registry.identifier_at(at_b), b);
  EXPECT_EQ(*regional.registry.address_of(a, "anna"), at_a);
  EXPECT_EQ(take_apart(at_a)->subject.value(), 0u);
  EXPECT_EQ(take_apart(at_b)->subject.value(), 1u);
  EXPECT_EQ(regional.log.count("identifier.numbered"), 2);
}

//= NDI-TR-2025-04#legacy type=test
TEST(Registry, AnItemIsFoundWithItsExtensionOrNone) {
  Level regional(NodeKind::kRegional);
  SeededRandom random(5);
  const Identifier id = *ProductId::generate(ItemKind::kResource, kOwner, kArea, random, "旧-1");
  regional.enter(id);
  EXPECT_EQ(regional.registry.resolve(id.base())->record.id, id);
  EXPECT_EQ(regional.registry.resolve(id)->record.id, id);
  const Identifier other = *Identifier::parse(id.base().text() + "•旧-2");
  EXPECT_EQ(regional.registry.resolve(other).error().reason(), "identifier.unknown");
}

// Errors.
//= NDI-TR-2025-04#unique type=test
TEST(Registry, NeverEntersTheSameTwice) {
  Level regional(NodeKind::kRegional);
  const Identifier id = regional.product();
  regional.enter(id);
  for (const Identifier& again : {id, *Identifier::parse(id.text() + "•X")}) {
    const auto refused =
        regional.registry.enter({.id = again, .owner = kOther, .location = "https://c.example"}, "eve");
    EXPECT_EQ(refused.error().code(), Errc::kConflict);
    EXPECT_EQ(refused.error().reason(), "identifier.taken");
  }
  ASSERT_TRUE(regional.registry.set_status(id, RecordStatus::kWithdrawn, "anna").ok());
  EXPECT_FALSE(regional.registry.enter({.id = id, .owner = kOwner, .location = "https://c.example"}, "anna").ok());
  EXPECT_EQ(regional.registry.relocate(id, "https://c.example", "anna").error().reason(), "identifier.withdrawn");
  EXPECT_EQ(regional.registry.resolve(id)->record.owner, kOwner);
  EXPECT_EQ(regional.log.entries.size(), 2u);
}

TEST(Registry, OfTwoThatEnterAtOnceOneWins) {
  Level regional(NodeKind::kRegional);
  const Identifier id = regional.product();
  std::atomic<int> entered = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      if (regional.registry.enter({.id = id, .owner = kOwner, .location = "https://a.example"}, "anna")) ++entered;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(entered, 1);
  EXPECT_EQ(regional.log.entries.size(), 1u);
}

//= NDI-TR-2025-04#audit type=test
TEST(Registry, WithoutItsEvidenceNothingIsEntered) {
  Level regional(NodeKind::kRegional);
  const Identifier id = regional.product();
  regional.log.fail_next = true;
  EXPECT_EQ(
      regional.registry.enter({.id = id, .owner = kOwner, .location = "https://a.example"}, "anna").error().reason(),
      "test.log");
  EXPECT_FALSE(regional.registry.resolve(id).ok());
}

//= NDI-TR-2025-04#assignment type=test
TEST(Registry, EachLevelAssignsOnlyItsOwn) {
  struct Case {
    NodeKind registrar;
    std::string_view kinds;  // that it may register
  };
  for (const Case& c :
       {Case{NodeKind::kGlobal, "23"}, Case{NodeKind::kRegional, "4567C"}, Case{NodeKind::kSector, "4567C"},
        Case{NodeKind::kBusiness, "67C"}, Case{NodeKind::kConnector, "67C"}}) {
    Level level(c.registrar);
    EXPECT_TRUE(may_register(level.self, level.self));
    for (const char kind : std::string_view("12345")) {
      EXPECT_EQ(may_register(level.self, level.node(static_cast<NodeKind>(kind))), c.kinds.find(kind) != c.kinds.npos)
          << kind;
    }
    EXPECT_EQ(may_register(level.self, level.product()), c.kinds.find('6') != c.kinds.npos);
    const Identifier contract = ContractId::generate(c.registrar, kOwner, kArea, kStart, level.random);
    EXPECT_EQ(may_register(level.self, contract), c.kinds.find('C') != c.kinds.npos);
  }
  Level connector(NodeKind::kConnector);
  const auto refused = connector.registry.enter(
      {.id = connector.node(NodeKind::kRegional), .owner = kOwner, .location = "https://a.example"}, "anna");
  EXPECT_EQ(refused.error().reason(), "identifier.wrong_level");
}

TEST(Registry, AReportOfAnothersIdentifierIsRefused) {
  Level connector(NodeKind::kConnector);
  Level regional(NodeKind::kRegional);
  Record record = connector.enter(connector.product());
  ASSERT_TRUE(regional.registry.accept_report(record, connector.self, "peer:x").ok());
  Record stolen = record;
  stolen.owner = kOther;
  stolen.updated = after(stolen.updated, Milliseconds(9));
  EXPECT_EQ(regional.registry.accept_report(stolen, connector.self, "peer:x").error().reason(), "identifier.not_yours");
  stolen.owner = record.owner;
  const NodeId other = regional.registrar(NodeKind::kConnector);
  EXPECT_EQ(regional.registry.accept_report(stolen, other, "peer:x").error().reason(), "identifier.not_yours");
  stolen.registrar = other;
  EXPECT_EQ(regional.registry.accept_report(stolen, other, "peer:x").error().reason(), "identifier.taken");
}

// Of two regional nodes the one that reported an identifier first answers for it.
TEST(Registry, AnotherRegionalNodesReportIsRefused) {
  Level connector(NodeKind::kConnector);
  Level global(NodeKind::kGlobal);
  Record record = connector.enter(connector.product());
  const NodeId one = global.registrar(NodeKind::kRegional);
  const NodeId two = global.registrar(NodeKind::kSector);
  ASSERT_TRUE(global.registry.accept_report(record, one, "peer:one").ok());
  record.location = "https://two.example/";
  record.updated = after(record.updated, Milliseconds(9));
  EXPECT_EQ(global.registry.accept_report(record, two, "peer:two").error().reason(), "identifier.taken");
  EXPECT_EQ(global.registry.accept_report(record, one, "peer:one")->location, "https://two.example/");
  record.registrar = two;
  EXPECT_EQ(global.registry.accept_report(record, one, "peer:one").error().reason(), "identifier.not_yours");
}

TEST(Registry, TheNodeAboveMayBeAwayOrWrong) {
  Level regional(NodeKind::kRegional);
  Above up(regional.registry);
  Level connector(NodeKind::kConnector, &up);
  const Identifier id = regional.product();
  regional.enter(id);
  const Identifier other = regional.product();
  regional.enter(other);
  up.down = true;
  EXPECT_EQ(connector.registry.resolve(id).error().reason(), "identifier.upstream");
  EXPECT_EQ(connector.registry.resolve(id).error().code(), Errc::kUnavailable);
  up.down = false;
  up.lies = &other;
  EXPECT_EQ(connector.registry.resolve(id).error().reason(), "identifier.upstream");
}

TEST(Registry, LocationsAreUrls) {
  Level regional(NodeKind::kRegional);
  const Identifier id = regional.product();
  for (const std::string& location : {std::string(), std::string("ftp://a"), std::string("https://"),
                                      std::string("https://a b"), "https://" + std::string(3000, 'a')}) {
    EXPECT_EQ(regional.registry.enter({.id = id, .owner = kOwner, .location = location}, "anna").error().reason(),
              "identifier.location");
  }
}

TEST(Registry, RecordsAreReadWithNamesOfWhatIsWrong) {
  Level regional(NodeKind::kRegional);
  const wire::Json good = to_json(regional.enter(regional.product()));
  for (const char* member : {"id", "owner", "registrar", "location", "status", "registered", "updated"}) {
    wire::Json bad = good;
    bad.set(member, "?");
    EXPECT_EQ(parse_record(bad).error().code(), Errc::kInvalidArgument) << member;
    bad.erase(member);
    EXPECT_NE(parse_record(bad).error().message().find(member), std::string_view::npos);
  }
}

TEST(Registry, WhatIsNotEnteredHasNoAddress) {
  Level regional(NodeKind::kRegional);
  EXPECT_EQ(regional.registry.address_of(regional.product(), "anna").error().reason(), "identifier.unknown");
  EXPECT_FALSE(regional.registry.identifier_at(*parse_address("2001:db8::1")).ok());
  const Identifier id = regional.product();
  EXPECT_EQ(
      regional.registry.identifier_at(*to_address(id, own_prefix(regional.self), SubjectNumber(5))).error().reason(),
      "identifier.unknown");
}

}  // namespace
}  // namespace weir::supply::identifier
