// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/evidence/archive.h"

#include <gtest/gtest.h>

#include "weir/tlog/tile.h"
#include "weir/trust/evidence/test_support.h"

namespace weir::trust::evidence {
namespace {

using store::Tx;

constexpr std::uint64_t kEntries = 1100;

class ArchiveOfMany : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    test_ = new TestLog;
    std::uint64_t n = 0;
    for (const std::uint64_t step : {1ull, 3ull, 600ull, 300ull, 196ull}) {
      ASSERT_TRUE(test_->database->write([&](Tx& tx) -> Result<> {
        for (std::uint64_t i = 0; i < step; ++i) WEIR_TRY(test_->log->append(tx, numbered_entry(n++)));
        return {};
      }));
    }
    ASSERT_EQ(n, kEntries);
  }
  static void TearDownTestSuite() {
    delete test_;
    test_ = nullptr;
  }

  // All pages of a query, as indexes.
  static std::vector<std::int64_t> all(Query query) {
    std::vector<std::int64_t> out;
    for (int pages = 0; pages < 2000; ++pages) {
      const EntryPage page = test_->read<EntryPage>([&](Tx& tx) { return Archive().search(tx, query); });
      EXPECT_LE(page.entries.size(), query.limit);
      for (const StoredEntry& stored : page.entries) out.push_back(stored.index.value());
      if (page.next_cursor.empty()) return out;
      query.cursor = page.next_cursor;
    }
    ADD_FAILURE() << "pages without end";
    return out;
  }

  // What the search must find, by looking at everything.
  template <class Predicate>
  static void expect_found(Query query, Predicate&& wanted) {
    std::vector<std::int64_t> expected;
    for (std::uint64_t n = 0; n < kEntries; ++n) {
      if (wanted(n, numbered_entry(n))) expected.push_back(static_cast<std::int64_t>(n));
    }
    for (const std::size_t limit : {1ul, 7ul, 256ul, 1000ul}) {
      query.limit = limit;
      query.order = Order::kOldestFirst;
      EXPECT_EQ(all(query), expected) << "limit " << limit;
      query.order = Order::kNewestFirst;
      const std::vector<std::int64_t> backwards(expected.rbegin(), expected.rend());
      EXPECT_EQ(all(query), backwards) << "limit " << limit;
    }
  }

  static TestLog* test_;
};
TestLog* ArchiveOfMany::test_ = nullptr;

TEST_F(ArchiveOfMany, FindsByEachThingAnEntryIsAbout) {
  expect_found({.contract = "C3"}, [](auto, const Entry& e) { return e.contract == "C3"; });
  expect_found({.contract = "C274"}, [](auto, const Entry& e) { return e.contract == "C274"; });
  expect_found({.contract = "none"}, [](auto, const Entry&) { return false; });
  expect_found({.product = "P1"}, [](auto, const Entry& e) { return e.product == "P1"; });
  expect_found({.process = "process-127"}, [](auto, const Entry& e) { return e.process == "process-127"; });
  expect_found({.participant = "A4"}, [](auto, const Entry& e) { return e.participants[0] == "A4"; });
  expect_found({.kind = "usage.allowed"}, [](auto, const Entry& e) { return e.kind == "usage.allowed"; });
  expect_found({.kind = "contract."}, [](auto, const Entry& e) { return e.kind.starts_with("contract."); });
}

TEST_F(ArchiveOfMany, FindsByTimeAndByAllTogether) {
  const Timestamp from(1767225600000 + 500'000);
  const Timestamp before(1767225600000 + 900'000);
  expect_found({}, [](auto, const Entry&) { return true; });
  expect_found({.from = from, .before = before}, [](auto n, const Entry&) { return n >= 500 && n < 900; });
  expect_found({.from = from}, [](auto n, const Entry&) { return n >= 500; });
  expect_found({.product = "P1", .kind = "contract.", .before = before},
               [](auto n, const Entry& e) { return e.product == "P1" && e.kind.starts_with("contract.") && n < 900; });
}

TEST_F(ArchiveOfMany, EveryEntryIsProvenUnderEveryCheckpoint) {
  const Archive archive;
  for (const std::uint64_t size : {1ull, 4ull, 604ull, 904ull, 1100ull}) {
    const std::string note = test_->read<std::string>([&](Tx& tx) -> Result<std::string> {
      WEIR_TRY_LET(const CheckpointPage page, archive.checkpoints(tx, std::to_string(size + 1), 1));
      return page.checkpoints.at(0).note;
    });
    const auto checkpoint = tlog::open_checkpoint(note, {test_->log->key()});
    ASSERT_TRUE(checkpoint);
    ASSERT_EQ(checkpoint->size.value(), size);
    for (std::uint64_t n = 0; n < size; n += size / 7 + 1) {
      const auto proof = test_->read<tlog::Proof>([&](Tx& tx) {
        return archive.prove_inclusion(tx, EntryIndex(static_cast<std::int64_t>(n)), tlog::TreeSize(size));
      });
      const auto hash = tlog::leaf_hash(checkpoint->algorithm(), view_of(*tlog::leaf_of(numbered_entry(n))));
      EXPECT_TRUE(tlog::verify_inclusion(checkpoint->algorithm(), tlog::LeafIndex(n), checkpoint->size, hash,
                                         checkpoint->root, proof));
    }
    const auto steps = test_->read<tlog::Proof>(
        [&](Tx& tx) { return archive.prove_consistency(tx, tlog::TreeSize(size), tlog::TreeSize(kEntries)); });
    const auto latest = tlog::open_checkpoint(
        test_->read<std::string>([&](Tx& tx) { return archive.latest_checkpoint(tx); }), {test_->log->key()});
    EXPECT_TRUE(tlog::verify_progress(*checkpoint, *latest, steps));
  }
}

TEST_F(ArchiveOfMany, OneEntrysProofIsATextThatVerifiesAlone) {
  const auto proof = test_->read<tlog::InclusionProof>([&](Tx& tx) { return Archive().proof_of(tx, EntryIndex(300)); });
  const auto again = tlog::parse_proof(tlog::format(proof));
  ASSERT_TRUE(again);
  EXPECT_TRUE(tlog::verify_proof(*again, view_of(*tlog::leaf_of(numbered_entry(300))), {test_->log->key()}));
}

TEST_F(ArchiveOfMany, ServesTheTilesThatItsSizeHas) {
  const Archive archive;
  std::vector<tlog::Digest> leaves;
  for (const tlog::Tile& tile : tlog::tiles_of(tlog::TreeSize(kEntries))) {
    const auto bytes = test_->read<Bytes>([&](Tx& tx) { return archive.resource(tx, tlog::tile_path(tile)); });
    EXPECT_EQ(bytes.size(), tile.width * 32u) << tlog::tile_path(tile);
    if (tile.level > 0) continue;
    const auto bundle =
        test_->read<Bytes>([&](Tx& tx) { return archive.resource(tx, tlog::entries_path(tile.index, tile.width)); });
    const auto entries = tlog::decode_entries(bundle);
    ASSERT_TRUE(entries);
    ASSERT_EQ(entries->size(), tile.width);
    for (std::size_t i = 0; i < tile.width; ++i) {
      const auto hash = tlog::leaf_hash(tlog::HashAlgorithm::kSha256, entries->at(i));
      EXPECT_TRUE(std::equal(hash.begin(), hash.end(), bytes.begin() + static_cast<std::ptrdiff_t>(i) * 32));
    }
  }
}

TEST_F(ArchiveOfMany, ExportsLinesThatRecomputeTheRoot) {
  tlog::ExportVerifier verifier({});
  ASSERT_TRUE(test_->database->read([&](Tx& tx) -> Result<> {
    return Archive().export_lines(tx, {}, [&](std::string_view line) {
      EXPECT_TRUE(verifier.take(line));
      return true;
    });
  }));
  const auto report = std::move(verifier).finish();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->entries, kEntries);
  EXPECT_EQ(report->checkpoints, 5u);
  // No certificates were given, so nobody vouches for the signatures; nothing else is wrong.
  EXPECT_EQ(report->problems.size(), 5u);
}

TEST(Archive, AStoryHoldsTheNegotiationThatCameBeforeTheContractHadItsName) {
  TestLog test;
  const auto entry = [](const char* kind, const char* contract, const char* process) {
    return Entry{.kind = kind, .actor = "node:node", .contract = contract, .process = process};
  };
  for (const Entry& e : {entry("contract.requested", "", "n1"), entry("contract.requested", "", "n2"),
                         entry("contract.agreed", "C1", "n1"), entry("contract.agreed", "C2", "n2"),
                         entry("contract.verified", "C1", "n1"), entry("contract.finalized", "C1", "n1"),
                         entry("delivery.requested", "C1", "t1"), entry("delivery.started", "C1", "t1")}) {
    ASSERT_TRUE(test.append(e));
  }
  const Replay replay = test.read<Replay>([&](Tx& tx) { return Archive().replay(tx, "C1"); });
  std::vector<std::int64_t> indexes;
  for (const StoredEntry& stored : replay.entries) indexes.push_back(stored.index.value());
  EXPECT_EQ(indexes, (std::vector<std::int64_t>{0, 2, 4, 5, 6, 7}));
  EXPECT_TRUE(replay.story.legal());
  EXPECT_EQ(replay.story.missing.size(), 3u);
}

// --- Errors ---

TEST(ArchiveErrors, WhatIsNotThereIsNotFound) {
  TestLog test;
  ASSERT_TRUE(test.append(numbered_entry(0)));
  const Archive archive;
  const auto reason = [&](auto&& function) {
    std::string out;
    const auto result = test.database->read([&](Tx& tx) -> Result<> {
      WEIR_TRY(function(tx));
      return {};
    });
    return result ? std::string("ok") : std::string(result.error().reason());
  };
  EXPECT_EQ(reason([&](Tx& tx) { return archive.get(tx, EntryIndex(1)); }), "evidence.no_entry");
  EXPECT_EQ(reason([&](Tx& tx) { return archive.get(tx, EntryIndex(-1)); }), "evidence.no_entry");
  EXPECT_EQ(reason([&](Tx& tx) { return archive.replay(tx, "C9"); }), "evidence.no_contract");
  EXPECT_EQ(reason([&](Tx& tx) { return archive.replay(tx, ""); }), "evidence.no_contract");
  EXPECT_EQ(reason([&](Tx& tx) { return archive.proof_of(tx, EntryIndex(1)); }), "evidence.no_entry");
  EXPECT_EQ(reason([&](Tx& tx) { return archive.prove_consistency(tx, tlog::TreeSize(1), tlog::TreeSize(2)); }),
            "evidence.no_checkpoint");
  for (const char* path : {"tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1", "tile/entries/000", "x", ""}) {
    EXPECT_EQ(reason([&](Tx& tx) { return archive.resource(tx, path); }), "evidence.no_resource") << path;
  }
  EXPECT_EQ(reason([&](Tx& tx) { return archive.search(tx, {.cursor = "x"}); }), "evidence.cursor");
  EXPECT_EQ(reason([&](Tx& tx) { return archive.search(tx, {.cursor = "-1"}); }), "evidence.cursor");
  EXPECT_EQ(reason([&](Tx& tx) { return archive.search(tx, {.limit = 0}); }), "evidence.limit");
  EXPECT_EQ(reason([&](Tx& tx) { return archive.search(tx, {.limit = 1001}); }), "evidence.limit");
  EXPECT_EQ(reason([&](Tx& tx) { return archive.search(tx, {.cursor = "99999999"}); }), "ok");
}

TEST(ArchiveErrors, AnEmptyLogHasNoCheckpoint) {
  TestLog test;
  const auto result = test.database->read([&](Tx& tx) -> Result<> {
    WEIR_TRY(Archive().latest_checkpoint(tx));
    return {};
  });
  EXPECT_EQ(result.error().code(), Errc::kNotFound);
}

}  // namespace
}  // namespace weir::trust::evidence
