// Usage store: the tables of terms, counters, obligations and payments.
//
// Thread-safety: functions over a Tx.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/flow/usage/usage.h"
#include "weir/store/sql.h"

namespace weir::flow::usage {

store::Migration migration();

}  // namespace weir::flow::usage
