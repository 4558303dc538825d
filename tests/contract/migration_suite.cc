// Migrations, on every Database.
// SPDX-License-Identifier: Apache-2.0
#include "tests/contract/sql_suite.h"

namespace weir::store::testing {

TEST_P(SqlSuite, MigrationsRunOnceAndInOrder) {
  const std::string_view first = "CREATE TABLE a (id INTEGER PRIMARY KEY); INSERT INTO a VALUES (1)";
  const std::string_view second = "ALTER TABLE a ADD COLUMN name TEXT; UPDATE a SET name = 'given?'";
  Migration migration{.module = "test", .versions = {first}};
  ASSERT_TRUE(migrate(*db_, migration));
  ASSERT_TRUE(migrate(*db_, migration));
  migration.versions.push_back(second);
  const auto result = migrate(*db_, migration);
  ASSERT_TRUE(result) << result.error().message();
  ASSERT_TRUE(migrate(*db_, migration));
  EXPECT_EQ(must_read("SELECT name FROM a").at(0).at(0).text(), "given?");
  EXPECT_EQ(must_read("SELECT version FROM schema_version WHERE module = 'test' ORDER BY version").size(), 2u);
}

TEST_P(SqlSuite, SchemaVersionIsAsTheFormatSays) {
  ASSERT_TRUE(migrate(*db_, {.module = "test", .versions = {"CREATE TABLE a (id INTEGER)"}}));
  const Row row = must_read("SELECT module, version, checksum FROM schema_version WHERE module = 'test'").at(0);
  EXPECT_EQ(row[0].text(), "test");
  EXPECT_EQ(row[1].integer(), 1);
  EXPECT_EQ(row[2].text(), "4de939341d4c4be8");  // docs/formats/store.md
}

TEST_P(SqlSuite, MigrationsAreAppendOnly) {
  Migration migration{.module = "test", .versions = {"CREATE TABLE a (id INTEGER)", "CREATE TABLE b (id INTEGER)"}};
  ASSERT_TRUE(migrate(*db_, migration));
  migration.versions[0] = "CREATE TABLE a (id TEXT)";
  const auto changed = migrate(*db_, migration);
  EXPECT_EQ(changed.error().reason(), "store.migration_changed");
  const auto newer = migrate(*db_, {.module = "test", .versions = {"CREATE TABLE a (id INTEGER)"}});
  EXPECT_EQ(newer.error().reason(), "store.schema_newer");
}

TEST_P(SqlSuite, AFailingMigrationLeavesNothing) {
  const auto result =
      migrate(*db_, {.module = "test", .versions = {"CREATE TABLE a (id INTEGER)", "CREATE TABLE a (id INTEGER)"}});
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message().find("test"), std::string_view::npos);
  const auto gone = db_->read([](Tx& tx) -> Result<> {
    WEIR_TRY(tx.query("SELECT * FROM a"));
    return {};
  });
  EXPECT_FALSE(gone);
}

}  // namespace weir::store::testing
