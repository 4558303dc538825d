// Renewal: tokens of data addresses that expire, for connectors outside the space, and how they are renewed.
//
// Source: OAuth 2.0 (RFC 6749 section 6), refresh tokens used once (RFC 9700 section 4.14). Nodes of the space need
// none of this: their tokens are bound to certificates. Format: docs/formats/delivery.md. Thread-safety: functions over
// a Tx. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "weir/base/time.h"
#include "weir/store/sql.h"

namespace weir::flow::delivery {

inline constexpr std::string_view kRenewalTable =
    "CREATE TABLE delivery_token ("
    " pid TEXT PRIMARY KEY, expires INTEGER NOT NULL, refresh_digest TEXT NOT NULL,"
    " refresh_endpoint TEXT NOT NULL, refresh_token TEXT NOT NULL);"
    "CREATE INDEX delivery_token_refresh ON delivery_token (refresh_digest);";

// The giver keeps when its token expires and a digest of what renews it; the receiver, where to renew it and with what.
struct Renewal {
  Timestamp expires{};
  std::string refresh_digest{};
  std::string refresh_endpoint{};
  std::string refresh_token{};
};
Result<> save_renewal(store::Tx& tx, const std::string& pid, const Renewal& renewal);
Result<std::optional<Renewal>> find_renewal(store::Tx& tx, const std::string& pid);
// The transfer whose token this renews.
Result<std::optional<std::string>> find_by_refresh(store::Tx& tx, const std::string& digest);

}  // namespace weir::flow::delivery
