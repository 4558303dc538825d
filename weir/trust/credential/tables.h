// Tables: how operators and tokens lie in the database. Inside this room only.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/store/sql.h"
#include "weir/trust/credential/service.h"

namespace weir::trust::credential {

struct Account {
  OperatorId id;
  std::string name;
  Scopes scopes;
  bool disabled = false;
  std::string password;  // kept text; empty if there is none
  Timestamp password_set{};
  bool must_change = false;
  std::vector<std::string> previous;  // kept texts, latest first
  std::int64_t failures = 0;          // in a row
  std::int64_t lock_outs = 0;         // in a row
  Timestamp locked_until{};
  Timestamp created{};
};

namespace tables {

extern const std::string_view kVersion1;

// Fails with kNotFound ("operator.unknown").
Result<Account> load(store::Tx& tx, std::string_view id);
Result<std::vector<Account>> load_all(store::Tx& tx);
// Whether there was none yet.
Result<bool> insert(store::Tx& tx, const Account& account);
Result<> update(store::Tx& tx, const Account& account);

Result<std::vector<TokenInfo>> tokens_where(store::Tx& tx, std::string_view where, store::ParamList params);
Result<> insert(store::Tx& tx, const TokenInfo& token, ByteView hash);

}  // namespace tables
}  // namespace weir::trust::credential
