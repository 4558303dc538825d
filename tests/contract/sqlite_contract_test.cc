// SQLite, on disk and in memory, held to the suites.
// SPDX-License-Identifier: Apache-2.0
#include "tests/contract/outbox_suite.h"
#include "tests/contract/sql_suite.h"
#include "tests/support/temporary_folder.h"

namespace weir::store::testing {

namespace {

class SqliteBed final : public Bed {
 public:
  Result<std::unique_ptr<Database>> open() override { return open_sqlite({.path = folder_.path() + "/weir.db"}); }

 private:
  weir::testing::TemporaryFolder folder_;
};

class MemoryBed final : public Bed {
 public:
  Result<std::unique_ptr<Database>> open() override { return open_sqlite({.path = ":memory:"}); }
  bool durable() const override { return false; }
};

const SqlCase kOnDisk{"Sqlite", [] { return std::make_unique<SqliteBed>(); }};
const SqlCase kInMemory{"SqliteMemory", [] { return std::make_unique<MemoryBed>(); }};

std::string name_of_case(const ::testing::TestParamInfo<SqlCase>& info) { return info.param.name; }

}  // namespace

INSTANTIATE_TEST_SUITE_P(Sql, SqlSuite, ::testing::Values(kOnDisk, kInMemory), name_of_case);
INSTANTIATE_TEST_SUITE_P(Sql, OutboxSuite, ::testing::Values(kOnDisk, kInMemory), name_of_case);

}  // namespace weir::store::testing
