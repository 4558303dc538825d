// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/evidence/log.h"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"
#include "weir/trust/evidence/fsck.h"
#include "weir/trust/evidence/tables.h"
#include "weir/trust/evidence/test_support.h"

namespace weir::trust::evidence {
namespace {

using store::Tx;

FsckReport check(TestLog& test) {
  return test.read<FsckReport>([&](Tx& tx) { return fsck(tx, test.options.algorithm, {test.log->key()}); });
}

// What the latest checkpoint says, verified.
tlog::Checkpoint latest(TestLog& test) {
  const std::string note = test.read<std::string>([&](Tx& tx) { return Archive().latest_checkpoint(tx); });
  const auto checkpoint = tlog::open_checkpoint(note, {test.log->key()});
  EXPECT_TRUE(checkpoint);
  return *checkpoint;
}

Result<> run(TestLog& test, std::string_view sql, store::ParamList params = {}) {
  return test.database->write([&](Tx& tx) -> Result<> {
    WEIR_TRY(tx.execute(sql, params));
    return {};
  });
}

TEST(SqlLog, SealsEveryCommitWithOneSignedCheckpoint) {
  TestLog test;
  tlog::Frontier expected(crypto::HashAlgorithm::kSha256);
  for (std::uint64_t n = 0; n < 5; ++n) {
    ASSERT_TRUE(test.append(numbered_entry(n)));
    expected.append(tlog::leaf_hash(expected.algorithm(), view_of(*tlog::leaf_of(numbered_entry(n)))));
    EXPECT_EQ(latest(test).size, tlog::TreeSize(n + 1));
    EXPECT_EQ(latest(test).root, expected.root());
  }
  const CheckpointPage page = test.read<CheckpointPage>([&](Tx& tx) { return Archive().checkpoints(tx, "", 50); });
  EXPECT_EQ(page.checkpoints.size(), 5u);
}

TEST(SqlLog, ABatchOfManyWorksIsOneCheckpoint) {
  TestLog test;
  std::vector<store::Work> works;
  for (std::uint64_t n = 0; n < 700; ++n) {
    works.push_back([&test, n](Tx& tx) -> Result<> {
      WEIR_TRY(test.log->append(tx, numbered_entry(n)));
      return {};
    });
  }
  for (const Result<>& result : test.database->write_batch(works)) EXPECT_TRUE(result);
  EXPECT_EQ(test.size(), 700u);
  EXPECT_EQ(test.read<CheckpointPage>([&](Tx& tx) { return Archive().checkpoints(tx, "", 50); }).checkpoints.size(),
            1u);
  EXPECT_TRUE(check(test).ok());
}

//= I-1 type=test
TEST(SqlLog, AWorkThatFailsAfterItsEntryLeavesNoEntryAndItsIndexIsGivenAgain) {
  TestLog test;
  ASSERT_TRUE(test.append(numbered_entry(0)));
  std::vector<EntryIndex> indexes;
  const auto append = [&](Tx& tx, std::uint64_t n) -> Result<> {
    WEIR_TRY_LET(const EntryIndex index, test.log->append(tx, numbered_entry(n)));
    indexes.push_back(index);
    return {};
  };
  const std::vector<store::Work> works{[&](Tx& tx) -> Result<> { return append(tx, 1); },
                                       [&](Tx& tx) -> Result<> {
                                         WEIR_TRY(append(tx, 100));
                                         WEIR_TRY(append(tx, 101));
                                         return Error(Errc::kConflict, "changed its mind");
                                       },
                                       [&](Tx& tx) -> Result<> { return append(tx, 2); }};
  const auto results = test.database->write_batch(works);
  EXPECT_TRUE(results[0]);
  EXPECT_FALSE(results[1]);
  EXPECT_TRUE(results[2]);
  EXPECT_EQ(test.size(), 3u);
  EXPECT_EQ(indexes.back(), EntryIndex(2));
  tlog::Frontier expected(crypto::HashAlgorithm::kSha256);
  for (std::uint64_t n = 0; n < 3; ++n) {
    expected.append(tlog::leaf_hash(expected.algorithm(), view_of(*tlog::leaf_of(numbered_entry(n)))));
  }
  EXPECT_EQ(latest(test).root, expected.root());
  EXPECT_TRUE(check(test).ok());
}

TEST(SqlLog, AFailedTransactionLeavesNothingAndTheNextOneSealsRightly) {
  TestLog test;
  ASSERT_TRUE(test.append(numbered_entry(0)));
  EXPECT_FALSE(test.database->write([&](Tx& tx) -> Result<> {
    for (std::uint64_t n = 0; n < 300; ++n) WEIR_TRY(test.log->append(tx, numbered_entry(n + 1000)));
    return Error(Errc::kConflict, "no");
  }));
  EXPECT_EQ(test.size(), 1u);
  ASSERT_TRUE(test.append(numbered_entry(1)));
  EXPECT_EQ(test.size(), 2u);
  EXPECT_TRUE(check(test).ok());
}

// A hook after the seal fails: what the log keeps in memory is ahead of the database, and must not be believed.
TEST(SqlLog, ABatchThatFailsAfterTheSealIsForgotten) {
  TestLog test;
  bool fail = false;
  test.database->before_commit([&](Tx&) -> Result<> {
    if (fail) return Error(Errc::kUnavailable, "crash between seal and commit");
    return {};
  });
  for (std::uint64_t n = 0; n < 250; ++n) ASSERT_TRUE(test.append(numbered_entry(n)));
  fail = true;
  const auto many = [&](Tx& tx) -> Result<> {
    for (std::uint64_t n = 0; n < 20; ++n) WEIR_TRY(test.log->append(tx, numbered_entry(n + 5000)));
    return {};
  };
  EXPECT_FALSE(test.database->write(many));
  fail = false;
  EXPECT_EQ(test.size(), 250u);
  for (std::uint64_t n = 250; n < 260; ++n) ASSERT_TRUE(test.append(numbered_entry(n)));
  EXPECT_EQ(test.size(), 260u);
  EXPECT_TRUE(check(test).ok());
}

TEST(SqlLog, ACommitWithoutEntriesSignsNothing) {
  TestLog test;
  ASSERT_TRUE(test.append(numbered_entry(0)));
  ASSERT_TRUE(run(test, "CREATE TABLE other (x INTEGER)"));
  EXPECT_EQ(test.read<CheckpointPage>([&](Tx& tx) { return Archive().checkpoints(tx, "", 50); }).checkpoints.size(),
            1u);
}

TEST(SqlLog, EntriesAppendedPastTheLogObjectAreReadBackAndSealed) {
  TestLog test;
  const std::string leaf = *tlog::leaf_of(numbered_entry(0));
  ASSERT_TRUE(run(test, "INSERT INTO evidence_entry (idx, leaf) VALUES (0, ?)", {leaf}));
  EXPECT_EQ(test.size(), 1u);
  EXPECT_TRUE(check(test).ok());
}

class SqlLogOverHash : public ::testing::TestWithParam<crypto::HashAlgorithm> {};
INSTANTIATE_TEST_SUITE_P(BothHashes, SqlLogOverHash,
                         ::testing::Values(crypto::HashAlgorithm::kSha256, crypto::HashAlgorithm::kSm3));

TEST_P(SqlLogOverHash, GoesOnAfterReopeningAtAnySize) {
  const weir::testing::TemporaryFolder folder;
  const std::string path = folder.path() + "/log.db";
  std::uint64_t size = 0;
  for (const std::uint64_t step : {1ull, 254ull, 1ull, 1ull, 300ull}) {
    TestLog test(path, GetParam());
    ASSERT_EQ(test.size(), size);
    ASSERT_TRUE(test.database->write([&](Tx& tx) -> Result<> {
      for (std::uint64_t n = 0; n < step; ++n) WEIR_TRY(test.log->append(tx, numbered_entry(size + n)));
      return {};
    }));
    size += step;
    EXPECT_EQ(test.size(), size);
    EXPECT_TRUE(check(test).ok());
  }
}

TEST(SqlLog, AKeyThatChangedIsAcceptedWhenTheEarlierOneIsNamed) {
  const weir::testing::TemporaryFolder folder;
  const std::string path = folder.path() + "/log.db";
  {
    ASSERT_TRUE(TestLog(path).append(numbered_entry(0)));
  }
  const crypto::PrivateKey key = tlog::test_key(8);
  auto database = store::open_sqlite({.path = path});
  ASSERT_TRUE(database);
  LogOptions options{.origin = tlog::evidence_origin("node")};
  EXPECT_EQ(SqlLog::open(**database, key, options).error().reason(), "evidence.checkpoint");
  options.earlier_keys.push_back(tlog::test_key(7).public_key());
  EXPECT_TRUE(SqlLog::open(**database, key, options));
}

// --- Errors ---

TEST(SqlLogErrors, EntriesThatAreTooLargeOrMalformedFailTheirWorkOnly) {
  TestLog test;
  Entry entry = numbered_entry(0);
  entry.body.set("payload", std::string(70'000, 'x'));
  EXPECT_EQ(test.append(entry).error().reason(), "evidence.too_large");
  EXPECT_EQ(test.append({.kind = "nodot", .actor = "a"}).error().reason(), "evidence.malformed");
  EXPECT_EQ(test.size(), 0u);
}

//= I-11 type=test
TEST(SqlLogErrors, AHeadThatMovedUnderneathFailsTheBatch) {
  TestLog test;
  ASSERT_TRUE(test.append(numbered_entry(0)));
  // As if another writer had advanced the log: the compare finds another size and root.
  ASSERT_TRUE(run(test, "CREATE TRIGGER other_writer BEFORE UPDATE ON evidence_head BEGIN SELECT RAISE(IGNORE); END"));
  const auto result = test.append(numbered_entry(1));
  ASSERT_FALSE(result);
  EXPECT_EQ(test.size(), 1u);
  ASSERT_TRUE(run(test, "DROP TRIGGER other_writer"));
  EXPECT_TRUE(test.append(numbered_entry(1)));
  EXPECT_TRUE(check(test).ok());
}

// Each change that somebody with the database could make, and what start-up says to it.
struct Tampering {
  const char* sql;
  const char* reason;
};
class SqlLogTampered : public ::testing::TestWithParam<Tampering> {};
INSTANTIATE_TEST_SUITE_P(
    Changes, SqlLogTampered,
    ::testing::Values(Tampering{"UPDATE evidence_entry SET leaf = replace(leaf, 'C64', 'C65') WHERE idx = 256",
                                "evidence.root"},
                      Tampering{"DELETE FROM evidence_entry WHERE idx = 259", "evidence.root"},
                      Tampering{"INSERT INTO evidence_entry VALUES (260, '{}')", "evidence.root"},
                      Tampering{"UPDATE evidence_head SET size = 259", "evidence.root"},
                      Tampering{"UPDATE evidence_head SET root = zeroblob(32)", "evidence.checkpoint"},
                      Tampering{"DELETE FROM evidence_checkpoint WHERE size = 260", "evidence.checkpoint"},
                      Tampering{"UPDATE evidence_checkpoint SET note = replace(note, 'node', 'mode') WHERE size = 260",
                                "evidence.checkpoint"},
                      Tampering{"UPDATE evidence_tile SET hashes = zeroblob(32) WHERE id > 255", "evidence.root"},
                      Tampering{"DELETE FROM evidence_tile WHERE id > 255", "evidence.root"}));

//= NDI-TR-2025-05#integrity-check type=test
//= I-11 type=test
TEST_P(SqlLogTampered, DoesNotOpen) {
  const weir::testing::TemporaryFolder folder;
  const std::string path = folder.path() + "/log.db";
  {
    TestLog test(path);
    ASSERT_TRUE(test.database->write([&](Tx& tx) -> Result<> {
      for (std::uint64_t n = 0; n < 260; ++n) WEIR_TRY(test.log->append(tx, numbered_entry(n)));
      return {};
    }));
  }
  auto database = store::open_sqlite({.path = path});
  ASSERT_TRUE(database);
  ASSERT_TRUE((*database)->write([&](Tx& tx) -> Result<> {
    WEIR_TRY(tx.execute(GetParam().sql));
    return {};
  }));
  const crypto::PrivateKey key = tlog::test_key(7);
  const auto opened = SqlLog::open(**database, key, {.origin = tlog::evidence_origin("node")});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().reason(), GetParam().reason);
}

TEST(SqlLogErrors, AnotherHashOrOriginIsAnotherLog) {
  const weir::testing::TemporaryFolder folder;
  const std::string path = folder.path() + "/log.db";
  {
    ASSERT_TRUE(TestLog(path).append(numbered_entry(0)));
  }
  auto database = store::open_sqlite({.path = path});
  const crypto::PrivateKey key = tlog::test_key(7);
  EXPECT_EQ(SqlLog::open(**database, key, {.origin = tlog::evidence_origin("other")}).error().reason(),
            "evidence.checkpoint");
  EXPECT_EQ(
      SqlLog::open(**database, key, {.origin = tlog::evidence_origin("node"), .algorithm = crypto::HashAlgorithm::kSm3})
          .error()
          .reason(),
      "evidence.hash");
}

// --- Fsck ---

//= NDI-TR-2025-03#log-chain type=test
TEST(Fsck, NamesTheRewrittenEntry) {
  TestLog test;
  for (std::uint64_t n = 0; n < 600; ++n) ASSERT_TRUE(test.append(numbered_entry(n)));
  ASSERT_TRUE(check(test).ok());
  for (const std::uint64_t victim : {0ull, 17ull, 255ull, 256ull, 599ull}) {
    const std::string good = *tlog::leaf_of(numbered_entry(victim));
    const std::string bad = *tlog::leaf_of(numbered_entry(victim + 1));
    ASSERT_TRUE(run(test, "UPDATE evidence_entry SET leaf = ? WHERE idx = ?", {bad, victim}));
    const FsckReport report = check(test);
    ASSERT_FALSE(report.ok()) << victim;
    EXPECT_EQ(report.problems[0].entry, victim);
    ASSERT_TRUE(run(test, "UPDATE evidence_entry SET leaf = ? WHERE idx = ?", {good, victim}));
    ASSERT_TRUE(check(test).ok());
  }
}

TEST(Fsck, NoticesWrongTilesTermsAndCheckpoints) {
  for (const char* sql :
       {"UPDATE evidence_tile SET hashes = zeroblob(8192) WHERE id = 0", "DELETE FROM evidence_tile WHERE id = 0",
        "UPDATE evidence_tile SET hashes = zeroblob(32) WHERE id > 255",
        "DELETE FROM evidence_term WHERE term = 'c:C1'",
        "UPDATE evidence_term SET entries = zeroblob(1) WHERE term = 'c:C2'",
        "UPDATE evidence_checkpoint SET note = replace(note, 'A', 'B') WHERE size = 100",
        "DELETE FROM evidence_entry WHERE idx = 100", "UPDATE evidence_head SET root = zeroblob(32)"}) {
    TestLog test;
    for (std::uint64_t n = 0; n < 300; ++n) ASSERT_TRUE(test.append(numbered_entry(n)));
    ASSERT_TRUE(run(test, sql));
    EXPECT_FALSE(check(test).ok()) << sql;
  }
}

}  // namespace
}  // namespace weir::trust::evidence
