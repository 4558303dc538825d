// SPDX-License-Identifier: Apache-2.0
#include "weir/store/sql.h"
namespace weir::store {
Result<std::unique_ptr<Database>> open_postgres(const std::string&) { return Error(Errc::kUnavailable, "not built in"); }
}  // namespace weir::store
