// A Result or an Error cannot be dropped silently.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/result.h"

namespace weir {

Result<int> number();
Result<> nothing();
Error error();

Result<> use() {
  WEIR_TRY(nothing());
  WEIR_TRY_LET(const int n, number());
  (void)n;
#if defined(WEIR_MISUSE_DROP_VALUE)
  number();
#elif defined(WEIR_MISUSE_DROP_VOID)
  nothing();
#elif defined(WEIR_MISUSE_DROP_ERROR)
  error();
#endif
  return {};
}

}  // namespace weir
