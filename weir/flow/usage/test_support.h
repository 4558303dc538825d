// Test support: the terms of one agreement, with a database, a log and a clock of their own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

#include "weir/flow/usage/service.h"
#include "weir/flow/usage/store.h"
#include "weir/policy/odrl.h"
#include "weir/policy/terms.h"
#include "weir/store/outbox.h"

namespace weir::flow::usage {

// A log in a table, so that it stands and falls with the transaction.
class TableLog final : public trust::evidence::Log {
 public:
  Result<trust::evidence::EntryIndex> append(store::Tx& tx, const trust::evidence::Entry& entry) override {
    const std::string leaf = trust::evidence::to_json(entry).canonical();
    WEIR_TRY(tx.execute("INSERT INTO test_log (kind, leaf) VALUES (?, ?)", {entry.kind, leaf}));
    WEIR_TRY_LET(const auto row, tx.one("SELECT COUNT(*) FROM test_log"));
    return trust::evidence::EntryIndex(row[0].integer() - 1);
  }
};

// One writer at a time, as the node's group commit sees to it.
class SerialSql final : public store::Sql {
 public:
  explicit SerialSql(store::Sql& inner) : inner_(inner) {}
  Result<> write(const store::Work& work) override {
    const std::lock_guard lock(mutex_);
    return inner_.write(work);
  }
  Result<> read(const store::Work& work) override {
    const std::lock_guard lock(mutex_);
    return inner_.read(work);
  }

 private:
  store::Sql& inner_;
  std::mutex mutex_;
};

inline Timestamp at(std::string_view text) { return parse_iso8601(text).value_or(Timestamp()); }

inline constexpr std::string_view kAgreement = "C491350100M000100Y4335012025060112000000000001K";

struct Fixture {
  explicit Fixture(const std::string& path = ":memory:") {
    auto opened = store::open_sqlite({.path = path});
    EXPECT_TRUE(opened.ok());
    database = *std::move(opened);
    EXPECT_TRUE(store::migrate(*database, migration()).ok());
    EXPECT_TRUE(store::migrate(*database, store::outbox_migration()).ok());
    EXPECT_TRUE(
        store::migrate(*database, {.module = "test", .versions = {"CREATE TABLE test_log (kind TEXT, leaf TEXT);"}})
            .ok());
    serial = std::make_unique<SerialSql>(*database);
    service = std::make_unique<Service>(
        Service::Parts{.sql = *serial, .log = log, .clock = clock, .random = random, .node = "node-1"});
  }

  Terms adopt(std::string_view terms, bool obliged = true, std::string peer_address = {}) {
    auto offer = policy::parse_terms(terms);
    EXPECT_TRUE(offer.ok()) << (offer ? "" : offer.error().message());
    NewTerms given{.agreement = std::string(kAgreement),
                   .product = "product",
                   .provider = "A",
                   .consumer = "B",
                   .peer = "peer",
                   .peer_address = std::move(peer_address),
                   .obliged = obliged,
                   .policy = policy::make_agreement(*offer, "urn:agreement", "product", "A", "B")};
    auto adopted = service->adopt(given, "operator-1");
    EXPECT_TRUE(adopted.ok()) << (adopted ? "" : adopted.error().message());
    return adopted ? *adopted : Terms();
  }

  Authorization use(std::string_view action = "read", std::string_view product = {}) {
    policy::Request request;
    request.action = action;
    request.participant = "B";
    request.product = product;
    request.purpose = purpose;
    request.bytes = bytes;
    auto answer = service->authorize(kAgreement, request, {.actor = "operator-2"});
    EXPECT_TRUE(answer.ok()) << (answer ? "" : answer.error().message());
    return answer ? *answer : Authorization();
  }

  std::vector<store::OutboxMessage> outbox() {
    return *store::sql_read<std::vector<store::OutboxMessage>>(
        *database, [&](store::Tx& tx) { return store::due(tx, clock.now(), 10); });
  }
  std::vector<std::string> kinds() {
    std::vector<std::string> out;
    EXPECT_TRUE(database->read([&](store::Tx& tx) -> Result<> {
      WEIR_TRY_LET(const auto rows, tx.query("SELECT kind FROM test_log ORDER BY rowid"));
      for (const auto& row : rows) out.push_back(row[0].text());
      return {};
    }).ok());
    return out;
  }
  std::string last_leaf() {
    std::string out;
    EXPECT_TRUE(database->read([&](store::Tx& tx) -> Result<> {
      WEIR_TRY_LET(const auto row, tx.one("SELECT leaf FROM test_log ORDER BY rowid DESC LIMIT 1"));
      out = row[0].text();
      return {};
    }).ok());
    return out;
  }
  std::int64_t counter(std::string_view name) {
    auto counters = service->counters(kAgreement);
    EXPECT_TRUE(counters.ok());
    for (const CounterState& each : *counters) {
      if (each.counter == name) return each.value;
    }
    return 0;
  }

  std::unique_ptr<store::Database> database;
  std::unique_ptr<SerialSql> serial;
  TableLog log;
  ManualClock clock{at("2026-06-01T00:00:00Z")};
  SeededRandom random{7};
  std::unique_ptr<Service> service;
  std::string purpose;
  std::optional<std::int64_t> bytes;
};

}  // namespace weir::flow::usage
