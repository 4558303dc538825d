// Test support: a log in a database of its own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "weir/tlog/test_support.h"
#include "weir/trust/evidence/archive.h"
#include "weir/trust/evidence/log.h"

namespace weir::trust::evidence {

struct TestLog {
  // `place`: a path, or the address of a server.
  explicit TestLog(const std::string& place = ":memory:",
                   crypto::HashAlgorithm algorithm = crypto::HashAlgorithm::kSha256)
      : key(tlog::test_key(7)), options{.origin = tlog::evidence_origin("node"), .algorithm = algorithm} {
    auto opened = place.starts_with("postgres") ? store::open_postgres(place) : store::open_sqlite({.path = place});
    EXPECT_TRUE(opened) << opened.error().message();
    database = *std::move(opened);
    auto log_opened = SqlLog::open(*database, key, options);
    EXPECT_TRUE(log_opened) << log_opened.error().message();
    if (log_opened) log = *std::move(log_opened);
  }

  Result<> append(const Entry& entry) {
    return database->write([&](store::Tx& tx) -> Result<> {
      WEIR_TRY(log->append(tx, entry));
      return {};
    });
  }
  template <class T, class Function>
  T read(Function&& function) {
    auto out = store::sql_read<T>(*database, function);
    EXPECT_TRUE(out) << out.error().message();
    return *std::move(out);
  }
  std::uint64_t size() {
    return read<tlog::TreeSize>([&](store::Tx& tx) { return Archive(options.algorithm).size(tx); }).value();
  }

  crypto::PrivateKey key;
  LogOptions options;
  std::unique_ptr<store::Database> database;
  std::unique_ptr<SqlLog> log;
};

// Entry n of a life of many contracts: contract n/4, product n%3.
inline Entry numbered_entry(std::uint64_t n) {
  constexpr std::string_view kKinds[] = {"contract.requested", "contract.agreed", "delivery.requested",
                                         "usage.allowed"};
  return {.kind = std::string(kKinds[n % 4]),
          .time = Timestamp(1767225600000 + static_cast<std::int64_t>(n) * 1000),
          .actor = "node:node",
          .contract = "C" + std::to_string(n / 4),
          .product = "P" + std::to_string(n % 3),
          .process = "process-" + std::to_string(n / 2),
          .participants = {"A" + std::to_string(n % 5), "B"},
          .body = wire::Json::object({{"n", static_cast<std::int64_t>(n)}})};
}

}  // namespace weir::trust::evidence
