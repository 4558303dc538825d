// Evidence: what one entry costs durably beside the disk's own price, what group commit makes of many, how fast the
// tree grows.
//
// Budget: one entry durable <= 3 fdatasyncs; 100 000 entries a second in batches. An entry: 40 us of fdatasync, 30 us
// of Ed25519, and what is left for JSON, SQL and three dirty pages (entry, head, checkpoint).
// SPDX-License-Identifier: Apache-2.0
#include "bench/bench.h"
#include "tests/support/temporary_folder.h"
#include "weir/store/sql.h"
#include "weir/tlog/tree.h"
#include "weir/trust/evidence/archive.h"
#include "weir/trust/evidence/log.h"

namespace weir::bench {

namespace {

using store::Tx;
using store::Work;
using trust::evidence::Archive;
using trust::evidence::Entry;
using trust::evidence::EntryIndex;
using trust::evidence::SqlLog;

// Six entries a process and two processes a contract, as a negotiation and a delivery write them.
Entry entry_of(std::int64_t n) {
  return {.kind = n % 12 < 6 ? "contract.offered" : "delivery.started",
          .time = Timestamp(1767225600000 + n),
          .actor = "node:5911100001234567890111010000ABCDEFGH7",
          .contract = "C5911100001234567890111010020260101000000" + std::to_string(10'000'000 + n / 12),
          .product = "6911100001234567890111010000ABCD" + std::to_string(n % 97),
          .process = "0b7f7a52-6f2e-4c1a-9d3b-" + std::to_string(100'000'000'000 + n / 6),
          .participants = {"5911100001234567890111010000ABCDEFGH7",
                           "5911100009876543210111010000ABCDEFGH" + std::to_string(n % 10)},
          .body = wire::Json::object(
              {{"agreementHash", "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
               {"state", static_cast<std::int64_t>(n % 7)}})};
}

struct Latencies {
  DiskProbe raw;
  std::vector<double> entry;
};

Result<Latencies> single_entries(const std::string& folder, std::int64_t rounds, store::Database& database, SqlLog& log,
                                 std::int64_t& next) {
  WEIR_TRY_LET(DiskProbe raw, DiskProbe::open(folder));
  Latencies out{.raw = std::move(raw), .entry = {}};
  for (std::int64_t i = 0; i < rounds; ++i) {
    WEIR_TRY(out.raw.measure());
    const Entry entry = entry_of(next++);
    Result<> done;
    out.entry.push_back(microseconds_of([&] {
      done = database.write([&](Tx& tx) -> Result<> {
        WEIR_TRY(log.append(tx, entry));
        return {};
      });
    }));
    WEIR_TRY(std::move(done));
  }
  return out;
}

Result<double> entries_in_batches(std::int64_t count, store::Database& database, SqlLog& log, std::int64_t& next) {
  double time = 0;
  std::int64_t done = 0;
  while (done < count) {
    std::vector<Entry> entries;
    for (std::size_t i = 0; i < limits::kWriteBatchMax; ++i) entries.push_back(entry_of(next++));
    std::vector<Work> works;
    for (const Entry& entry : entries) {
      works.push_back([&log, &entry](Tx& tx) -> Result<> {
        WEIR_TRY(log.append(tx, entry));
        return {};
      });
    }
    std::vector<Result<>> results;
    time += microseconds_of([&] { results = database.write_batch(works); });
    for (auto& result : results) WEIR_TRY(std::move(result));
    done += static_cast<std::int64_t>(entries.size());
  }
  return static_cast<double>(done) / time * 1e6;
}

double leaves_per_second(std::int64_t count) {
  tlog::Frontier frontier(crypto::HashAlgorithm::kSha256);
  const Bytes leaf(350, 7);
  const double time = microseconds_of([&] {
    for (std::int64_t i = 0; i < count; ++i) frontier.append(tlog::leaf_hash(frontier.algorithm(), leaf));
  });
  return static_cast<double>(count) / time * 1e6;
}

// The same bytes, hashed and not made into a tree.
double hashes_per_second(std::int64_t count) {
  const Bytes leaf(351, 7);
  const Bytes node(65, 7);
  std::uint8_t sink = 0;
  const double time = microseconds_of([&] {
    for (std::int64_t i = 0; i < count; ++i) {
      sink ^= crypto::hash(crypto::HashAlgorithm::kSha256, leaf)[0];
      sink ^= crypto::hash(crypto::HashAlgorithm::kSha256, node)[0];
    }
  });
  return static_cast<double>(count) / (time + sink * 1e-9) * 1e6;
}

Result<double> microseconds_of_proof(std::int64_t rounds, store::Database& database, std::int64_t size) {
  const Archive archive;
  std::vector<double> samples;
  for (std::int64_t i = 0; i < rounds; ++i) {
    Result<> done;
    samples.push_back(microseconds_of([&] {
      done = database.read([&](Tx& tx) -> Result<> {
        WEIR_TRY(archive.proof_of(tx, EntryIndex(i * 7919 % size)));
        return {};
      });
    }));
    WEIR_TRY(std::move(done));
  }
  return quantile(samples, 0.5);
}

Result<double> microseconds_of_search(std::int64_t rounds, store::Database& database, std::int64_t size) {
  const Archive archive;
  std::vector<double> samples;
  for (std::int64_t i = 0; i < rounds; ++i) {
    const Entry entry = entry_of(i * 7919 % size);
    Result<> done;
    samples.push_back(microseconds_of([&] {
      done = database.read([&](Tx& tx) -> Result<> {
        WEIR_TRY_LET(const auto page, archive.search(tx, {.contract = entry.contract}));
        if (page.entries.empty()) return Error(Errc::kNotFound, "an entry was not found again");
        return {};
      });
    }));
    WEIR_TRY(std::move(done));
  }
  return quantile(samples, 0.5);
}

// What a start takes: every entry is read and hashed before the node signs on.
double milliseconds_to_open(const std::string& url, const crypto::PrivateKey& key) {
  return microseconds_of([&] {
    const auto database = store::open_database(url);
    WEIR_CHECK(database.ok() && SqlLog::open(**database, key, {.origin = tlog::evidence_origin("bench")}).ok());
  }) / 1e3;
}

}  // namespace

Result<Figures> run_evidence(const Options& options) {
  const testing::TemporaryFolder temporary;
  const std::string& folder = temporary.path();
  const std::int64_t rounds = options.number("rounds", 2000);
  const std::int64_t entries = options.number("entries", 300'000);
  const std::string url = options.text("database", "sqlite:" + folder + "/weir.db");
  WEIR_TRY_LET(const auto database, store::open_database(url));
  SystemRandom random;
  const auto key = crypto::PrivateKey::generate(crypto::SignatureAlgorithm::kEd25519, random);
  WEIR_TRY_LET(const auto log, SqlLog::open(*database, key, {.origin = tlog::evidence_origin("bench")}));

  std::int64_t next = 0;
  WEIR_TRY_LET(const Latencies one, single_entries(folder, rounds, *database, *log, next));
  WEIR_TRY_LET(const double batches, entries_in_batches(entries, *database, *log, next));
  WEIR_TRY_LET(const Latencies later, single_entries(folder, rounds, *database, *log, next));
  WEIR_TRY_LET(const double proof, microseconds_of_proof(rounds, *database, next));
  WEIR_TRY_LET(const double search, microseconds_of_search(rounds, *database, next));
  const double opened = milliseconds_to_open(url, key);
  return Figures{
      {"one_entry_durable_p50", quantile(one.entry, 0.5), "us", "pwrite_fdatasync_p50", one.raw.p50(),
       ratio_at_most(3)},
      {"one_entry_durable_p99", quantile(one.entry, 0.99), "us", "pwrite_fdatasync_p99", one.raw.p99()},
      {"entries_in_batches_of_1024", batches, "1/s", "", 0, at_least(100e3)},
      {"one_entry_in_large_log_p50", quantile(later.entry, 0.5), "us", "pwrite_fdatasync_p50",
       later.raw.p50()},
      {"merkle_leaves", leaves_per_second(entries), "1/s", "raw_hashes_of_the_same_bytes", hashes_per_second(entries)},
      {"inclusion_proof_p50", proof, "us", "", 0, at_most(500)},
      {"search_by_contract_p50", search, "us", "", 0, at_most(500)},
      {"open_log_of_" + std::to_string(next) + "_and_verify", opened, "ms", "raw_hashes_of_the_same_bytes",
       1e3 * static_cast<double>(next) / hashes_per_second(entries)},
  };
}

}  // namespace weir::bench
