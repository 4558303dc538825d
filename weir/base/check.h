// Check: stops the program when the program itself is wrong. Always on, in every build.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace weir {

// Prints the place and the condition to stderr, then aborts.
[[noreturn]] void check_failed(const char* file, int line, const char* condition);

}  // namespace weir

#define WEIR_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::weir::check_failed(__FILE__, __LINE__, #condition))
