// Store: the rows of this room. docs/formats/claims.md. For the services of this room.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "weir/store/sql.h"
#include "weir/trust/claims/token.h"

namespace weir::trust::claims {

store::Migration migration();

// Takes note that the token was used. Fails with kUnauthenticated ("claims.replayed") the second time.
Result<> use_once(store::Sql& sql, const IdToken& token, Timestamp now);

}  // namespace weir::trust::claims
