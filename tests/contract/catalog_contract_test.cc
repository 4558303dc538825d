// The catalog on SQLite and PostgreSQL.
// SPDX-License-Identifier: Apache-2.0
#include "tests/contract/catalog_suite.h"
#include "tests/support/postgres.h"

namespace weir::supply::catalog::testing {

namespace {

std::unique_ptr<store::Database> open_memory() {
  auto database = store::open_sqlite({.path = ":memory:"});
  EXPECT_TRUE(database);
  return database ? *std::move(database) : nullptr;
}

std::unique_ptr<store::Database> open_server() {
  const auto server = weir::testing::ThrowAwayPostgres::shared();
  EXPECT_TRUE(server) << server.error().message() << ". " << server.error().hint();
  if (!server) return nullptr;
  const auto url = (*server)->fresh_schema();
  EXPECT_TRUE(url);
  auto database = store::open_postgres(*url);
  EXPECT_TRUE(database);
  return database ? *std::move(database) : nullptr;
}

std::string name_of_case(const ::testing::TestParamInfo<DatabaseCase>& info) { return info.param.name; }

const DatabaseCase kSqlite{"Sqlite", open_memory};
const DatabaseCase kPostgres{"Postgres", open_server};

}  // namespace

INSTANTIATE_TEST_SUITE_P(Catalog, CatalogSuite, ::testing::Values(kSqlite, kPostgres),
                         name_of_case);

}  // namespace weir::supply::catalog::testing
