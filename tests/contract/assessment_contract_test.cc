// What operators file and assessments as they were signed, on every database.
// SPDX-License-Identifier: Apache-2.0
#include "tests/support/postgres.h"
#include "weir/standards/assessment/service_suite.h"

namespace weir::standards::assessment {
namespace {

TEST(AssessmentContract, OnSqlite) {
  ServiceFixture fixture;
  files_and_assesses(fixture);
}

TEST(AssessmentContract, OnPostgres) {
  const auto server = weir::testing::ThrowAwayPostgres::shared();
  ASSERT_TRUE(server) << server.error().message();
  const auto url = (*server)->fresh_schema();
  ASSERT_TRUE(url) << url.error().message();
  ServiceFixture fixture(*url);
  files_and_assesses(fixture);
}

}  // namespace
}  // namespace weir::standards::assessment
