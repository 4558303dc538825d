// PostgreSQL, held to the suites, and what only a server can do wrong.
// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include "tests/contract/outbox_suite.h"
#include "tests/contract/sql_suite.h"
#include "tests/support/postgres.h"

namespace weir::store::testing {

namespace {

using weir::testing::ThrowAwayPostgres;

class PostgresBed final : public Bed {
 public:
  explicit PostgresBed(std::string url) : url_(std::move(url)) {}
  Result<std::unique_ptr<Database>> open() override { return open_postgres(url_); }
  bool in_process() const override { return false; }

 private:
  const std::string url_;
};

std::unique_ptr<Bed> make_bed() {
  const auto server = ThrowAwayPostgres::shared();
  EXPECT_TRUE(server) << server.error().message() << ". " << server.error().hint();
  if (!server) return nullptr;
  const auto url = (*server)->fresh_schema();
  EXPECT_TRUE(url) << url.error().message();
  return url ? std::make_unique<PostgresBed>(*url) : nullptr;
}

const SqlCase kPostgres{"Postgres", make_bed};
std::string name_of_case(const ::testing::TestParamInfo<SqlCase>& info) { return info.param.name; }

}  // namespace

INSTANTIATE_TEST_SUITE_P(Sql, SqlSuite, ::testing::Values(kPostgres), name_of_case);
INSTANTIATE_TEST_SUITE_P(Sql, OutboxSuite, ::testing::Values(kPostgres), name_of_case);

class PostgresTest : public SqlSuite {
 protected:
  // Ends every connection to this server but the one that asks.
  void cut_connections() {
    const auto other = open_postgres((*ThrowAwayPostgres::shared())->url());
    ASSERT_TRUE(other);
    ASSERT_TRUE((*other)->write([](Tx& tx) -> Result<> {
      WEIR_TRY(tx.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND "
                        "backend_type = 'client backend'"));
      return {};
    }));
  }
};

INSTANTIATE_TEST_SUITE_P(Sql, PostgresTest, ::testing::Values(kPostgres), name_of_case);

TEST_P(PostgresTest, TwoNodesRaceAndNoneLosesACount) {
  must_write("INSERT INTO item (id, weight) VALUES (1, 0)");
  auto second = bed_->open();
  ASSERT_TRUE(second);
  const auto add = [](Database& database) {
    for (int i = 0; i < 40; ++i) {
      const auto done = database.write([](Tx& tx) -> Result<> {
        WEIR_TRY_LET(const Row row, tx.one("SELECT weight FROM item WHERE id = 1"));
        WEIR_TRY(tx.execute("UPDATE item SET weight = ? WHERE id = 1", {row[0].real() + 1}));
        return {};
      });
      EXPECT_TRUE(done) << done.error().message();
    }
  };
  std::thread other([&] { add(**second); });
  add(*db_);
  other.join();
  EXPECT_EQ(must_read("SELECT weight FROM item").at(0).at(0).real(), 80.0);
}

TEST_P(PostgresTest, TwoNodesMayMigrateAtOnce) {
  auto second = bed_->open();
  ASSERT_TRUE(second);
  const Migration migration{.module = "race", .versions = {"CREATE TABLE race (id INTEGER)"}};
  std::thread other([&] { EXPECT_TRUE(migrate(**second, migration)); });
  const auto here = migrate(*db_, migration);
  other.join();
  EXPECT_TRUE(here) << here.error().message();
}

TEST_P(PostgresTest, PostgresVersionsReplaceTheCommonOnes) {
  const Migration migration{
      .module = "own", .versions = {"this is no SQL"}, .postgres_versions = {"CREATE TABLE own (id INTEGER)"}};
  EXPECT_TRUE(migrate(*db_, migration));
  EXPECT_TRUE(migrate(*db_, migration));
}

// --- A connection that is lost ---

TEST_P(PostgresTest, ALostConnectionBetweenUsesIsMadeAnew) {
  must_write("INSERT INTO item (id) VALUES (1)");
  EXPECT_EQ(count("item"), 1);
  cut_connections();
  EXPECT_EQ(count("item"), 1);  // a read is repeated by itself
  const auto first = write([](Tx& tx) -> Result<> {
    WEIR_TRY(tx.execute("INSERT INTO item (id) VALUES (2)"));
    return {};
  });
  if (!first) {
    EXPECT_EQ(first.error().reason(), "store.connection_lost");
    must_write("INSERT INTO item (id) VALUES (2)");
  }
  EXPECT_EQ(count("item"), 2);
}

TEST_P(PostgresTest, ALostConnectionInsideAWorkIsUnavailableAndLeavesNothing) {
  const auto result = write([&](Tx& tx) -> Result<> {
    WEIR_TRY(tx.execute("INSERT INTO item (id) VALUES (1)"));
    cut_connections();
    WEIR_TRY(tx.execute("INSERT INTO item (id) VALUES (2)"));
    return {};
  });
  EXPECT_EQ(result.error().code(), Errc::kUnavailable);
  EXPECT_EQ(result.error().reason(), "store.connection_lost");
  EXPECT_EQ(count("item"), 0);
  must_write("INSERT INTO item (id) VALUES (3)");
}

TEST_P(PostgresTest, ALostConnectionDuringCommitIsAnUnknownOutcome) {
  db_->before_commit([&](Tx&) -> Result<> {
    cut_connections();
    return {};
  });
  const auto result = write([&](Tx& tx) -> Result<> {
    WEIR_TRY(tx.execute("INSERT INTO item (id) VALUES (1)"));
    return {};
  });
  EXPECT_EQ(result.error().reason(), "store.unknown_outcome");
  EXPECT_EQ(db_->health().error().reason(), "store.read_only");
  EXPECT_EQ(write([](Tx&) -> Result<> { return {}; }).error().reason(), "store.read_only");
  EXPECT_LE(count("item"), 1);  // reads go on
}

TEST(Postgres, AServerThatIsNotThereIsUnavailable) {
  const auto none = open_postgres("postgresql:///none?host=/nowhere");
  EXPECT_EQ(none.error().reason(), "store.connection_lost");
}

}  // namespace weir::store::testing
