// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "weir/flow/metering/service.h"

namespace weir::flow::metering {
namespace {

class RecordingLog final : public trust::evidence::Log {
 public:
  Result<trust::evidence::EntryIndex> append(store::Tx&, const trust::evidence::Entry& entry) override {
    entries.push_back(entry);
    return trust::evidence::EntryIndex(static_cast<std::int64_t>(entries.size()) - 1);
  }
  std::vector<trust::evidence::Entry> entries;
};

class MeteringTest : public ::testing::Test {
 protected:
  std::unique_ptr<store::Database> sql_ = *store::open_sqlite({.path = ":memory:"});
  RecordingLog log_;
  ManualClock clock_{Timestamp(1'000'000)};
  Service service_{{.sql = *sql_, .log = log_, .clock = clock_, .node = "N"}};
  void SetUp() override { ASSERT_TRUE(store::migrate(*sql_, migration()).ok()); }

  Result<std::int64_t> take(Reading reading) {
    reading.time = clock_.now();
    return store::sql_write<std::int64_t>(*sql_, [&](store::Tx& tx) { return service_.take(tx, reading); });
  }
  static Reading reading(const std::string& process, std::int64_t quantity, std::int64_t sequence = 0) {
    return {.process = process, .sequence = sequence, .agreement = "a", .contract = "c", .product = "p", .peer = "B",
            .quantity = quantity};
  }
};

TEST_F(MeteringTest, TotalsAreTheSumsOfReadings) {
  EXPECT_EQ(*take(reading("t1", 100)), 1);
  EXPECT_EQ(*take(reading("t1", 50)), 2);
  clock_.advance(Milliseconds(1000));
  EXPECT_EQ(*take(reading("t2", 7)), 1);
  const auto by_process = service_.totals({}, GroupBy::kProcess);
  ASSERT_TRUE(by_process.ok());
  ASSERT_EQ(by_process->size(), 2u);
  EXPECT_EQ((*by_process)[0].quantity, 150);
  EXPECT_EQ((*by_process)[0].readings, 2);
  EXPECT_EQ(service_.totals({.agreement = "a"}, GroupBy::kAgreement)->front().quantity, 157);
  EXPECT_EQ(service_.totals({.from = clock_.now()}, GroupBy::kPeer)->front().quantity, 7);
  EXPECT_TRUE(service_.totals({.agreement = "other"}, GroupBy::kPeer)->empty());
}

TEST_F(MeteringTest, TheSameReadingIsTakenOnce) {
  EXPECT_EQ(*take(reading("t", 10, 1)), 1);
  EXPECT_EQ(*take(reading("t", 10, 1)), 1);
  EXPECT_EQ(service_.totals({}, GroupBy::kProcess)->front().quantity, 10);
}

TEST_F(MeteringTest, ClosingIsOneEntryWithTheTotals) {
  ASSERT_TRUE(take(reading("t", 10)).ok());
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(sql_->write([&](store::Tx& tx) { return service_.close(tx, "t"); }).ok());
  }
  ASSERT_EQ(log_.entries.size(), 1u);
  EXPECT_EQ(log_.entries[0].kind, "metering.closed");
  EXPECT_EQ(log_.entries[0].contract, "c");
  EXPECT_EQ(log_.entries[0].body["totals"].items()[0].integer_or("quantity", 0), 10);
}

TEST_F(MeteringTest, FocusRowsQuoteWhatMustBeQuoted) {
  Reading r = reading("t", 10, 1);
  r.product = "a,\"b\"";
  const std::string csv = to_focus_csv({r});
  EXPECT_NE(csv.find("\"a,\"\"b\"\"\""), std::string::npos);
  EXPECT_TRUE(csv.ends_with("\r\n"));
}

TEST_F(MeteringTest, TotalsOfAParticipantAddUpItsNodes) {
  for (const char* node : {"591350100M000100Y430065ZZZZ9999S", "491350100M000100Y431100A1B2C3D41"}) {
    Reading r = reading(std::string("t-") + node, 10);
    r.peer = node;
    ASSERT_TRUE(take(r).ok());
  }
  const auto totals = service_.totals({}, *parse_group_by("participant"));
  ASSERT_EQ(totals->size(), 1u);
  EXPECT_EQ(totals->front().key, "91350100M000100Y43");
  EXPECT_EQ(totals->front().quantity, 20);
}

TEST_F(MeteringTest, FocusRowsAreTheSameInJsonAndNeverFormulas) {
  Reading r = reading("=t", 10, 3);
  const wire::Json rows = to_focus_json({r});
  EXPECT_EQ(rows.items()[0]["x_Process"].as_string(), "=t");
  EXPECT_EQ(rows.items()[0]["ConsumedQuantity"].as_integer(), 10);
  EXPECT_EQ(rows.items()[0].size(), 10u);
  EXPECT_NE(to_focus_csv({r}).find(",'=t,3"), std::string::npos);
}

// Error paths.
TEST_F(MeteringTest, AnotherReadingUnderTheSameNumberIsAConflict) {
  ASSERT_TRUE(take(reading("t", 10, 1)).ok());
  EXPECT_EQ(take(reading("t", 11, 1)).error().reason(), "metering.sequence");
}
TEST_F(MeteringTest, NegativeReadingsAreRefused) {
  EXPECT_EQ(take(reading("t", -1)).error().reason(), "metering.quantity");
}
TEST_F(MeteringTest, NothingIsTakenAfterClosing) {
  ASSERT_TRUE(sql_->write([&](store::Tx& tx) { return service_.close(tx, "t"); }).ok());
  EXPECT_EQ(take(reading("t", 1)).error().reason(), "metering.closed");
}
TEST(Metering, UnknownGroupIsNamed) { EXPECT_EQ(parse_group_by("mood").error().reason(), "metering.group"); }

}  // namespace
}  // namespace weir::flow::metering
