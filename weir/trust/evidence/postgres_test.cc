// The log on PostgreSQL, where several programs may write to one log.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <thread>

#include "tests/support/postgres.h"
#include "weir/trust/evidence/fsck.h"
#include "weir/trust/evidence/test_support.h"

namespace weir::trust::evidence {
namespace {

using store::Tx;

std::string fresh_url() {
  const auto server = weir::testing::ThrowAwayPostgres::shared();
  EXPECT_TRUE(server) << server.error().message();
  const auto url = (*server)->fresh_schema();
  EXPECT_TRUE(url);
  return *url;
}

FsckReport check(TestLog& test) {
  return test.read<FsckReport>([&](Tx& tx) { return fsck(tx, test.options.algorithm, {test.log->key()}); });
}

TEST(PostgresLog, SealsSearchesProvesAndReopens) {
  const std::string url = fresh_url();
  {
    TestLog test(url);
    ASSERT_TRUE(test.database->write([&](Tx& tx) -> Result<> {
      for (std::uint64_t n = 0; n < 520; ++n) WEIR_TRY(test.log->append(tx, numbered_entry(n)));
      return {};
    }));
    EXPECT_FALSE(test.database->write([&](Tx& tx) -> Result<> {
      WEIR_TRY(test.log->append(tx, numbered_entry(900)));
      return Error(Errc::kConflict, "no");
    }));
    ASSERT_TRUE(test.append(numbered_entry(520)));
  }
  TestLog test(url);
  EXPECT_EQ(test.size(), 521u);
  EXPECT_TRUE(check(test).ok());
  const auto page = test.read<EntryPage>([&](Tx& tx) { return Archive().search(tx, {.contract = "C130"}); });
  EXPECT_EQ(page.entries.size(), 1u);
  EXPECT_EQ(test.read<EntryPage>([&](Tx& tx) { return Archive().search(tx, {.contract = "C3"}); }).entries.size(), 4u);
  const auto proof = test.read<tlog::InclusionProof>([&](Tx& tx) { return Archive().proof_of(tx, EntryIndex(7)); });
  EXPECT_TRUE(tlog::verify_proof(proof, view_of(*tlog::leaf_of(numbered_entry(7))), {test.log->key()}));
}

//= I-11 type=test
TEST(PostgresLog, TwoProgramsWriteOneHistory) {
  const std::string url = fresh_url();
  TestLog a(url);
  TestLog b(url);
  constexpr std::uint64_t kEach = 150;
  const auto write = [](TestLog& log, std::uint64_t from) {
    for (std::uint64_t n = from; n < from + kEach;) {
      const auto done = log.append(numbered_entry(n));
      // Whoever lost a race is told, and tries again.
      if (done) {
        ++n;
      } else {
        EXPECT_NE(done.error().code(), Errc::kCorrupt) << done.error().message();
      }
    }
  };
  std::thread other([&] { write(b, 1000); });
  write(a, 0);
  other.join();
  EXPECT_EQ(a.size(), 2 * kEach);
  const FsckReport report = check(a);
  EXPECT_TRUE(report.ok()) << report.problems[0].what.en;
  EXPECT_EQ(report.checkpoints, 2 * kEach);
}

}  // namespace
}  // namespace weir::trust::evidence
