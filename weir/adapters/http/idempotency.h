// Idempotency: a write that is sent again with the same Idempotency-Key is answered again, not done again.
//
// A key belongs to its caller and route. The same key with another body is refused (422, "idempotency.body_differs");
// one whose first request still runs is told to come back (409, "idempotency.in_progress").
// After a crash in the middle a key is free again when its lease ends: what happened before is then up to the
// handler, whose own state decides. Answers below 500 are kept, except 429. Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "weir/adapters/http/http.h"
#include "weir/base/time.h"
#include "weir/store/sql.h"

namespace weir::adapters::http {

struct StoredResponse {
  int status = 0;
  std::string content_type;
  std::string location;
  std::string body;
};

struct IdempotencyKey {
  std::string caller;  // Principal::actor()
  std::string route;   // "POST /api/v1/products"
  std::string key;
  std::string body_hash;  // hex
};

class IdempotencyStore {
 public:
  virtual ~IdempotencyStore() = default;
  // The stored answer; or nothing, and the key is taken by the caller, who must finish or release it.
  virtual Result<std::optional<StoredResponse>> begin(const IdempotencyKey& key) = 0;
  virtual Result<> finish(const IdempotencyKey& key, const StoredResponse& response) = 0;
  virtual Result<> release(const IdempotencyKey& key) = 0;
};

store::Migration idempotency_migration();

struct IdempotencyOptions {
  Milliseconds keep{24 * 3600 * 1000};
  Milliseconds lease{60 * 1000};
};
std::unique_ptr<IdempotencyStore> make_idempotency_store(store::Sql& sql, const Clock& clock,
                                                         IdempotencyOptions options = {});
// Forgets what is past its time; returns how many. For the node's housekeeping.
Result<std::int64_t> expire_idempotency(store::Sql& sql, const Clock& clock);

}  // namespace weir::adapters::http
