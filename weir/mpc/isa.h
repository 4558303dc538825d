// Isa: which instructions the inner loops use: the best that this processor has, or fewer for a test.
//
// Each kernel has a portable body and may have faster ones; all are tested equal. Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

namespace weir::mpc {

enum class Isa {
  kPortable,
  kAesNi,   // AES-NI, PCLMULQDQ, SSE4.1
  kAvx512,  // VAES, VPCLMULQDQ, AVX-512 F, BW, DQ, VL, IFMA
};

std::string_view name_of(Isa isa);
// What runs now.
Isa isa();
// All that this processor can run, the portable one first.
std::vector<Isa> available_isas();

// Lowers what runs, for a test or a benchmark, as long as it lives. Requires: available.
class IsaOverride {
 public:
  explicit IsaOverride(Isa isa);
  IsaOverride(const IsaOverride&) = delete;
  IsaOverride& operator=(const IsaOverride&) = delete;
  ~IsaOverride();

 private:
  Isa before_;
};

}  // namespace weir::mpc
