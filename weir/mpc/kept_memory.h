// KeptMemory: while one of these lives, large memory that is given back waits to be taken again.
//
// The kernel zeroes new pages, which costs a third of an intersection's time where each step and each bucket asks for
// its own. What waits goes when the last of these goes. Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace weir::mpc {

class KeptMemory {
 public:
  KeptMemory();
  ~KeptMemory();
  KeptMemory(const KeptMemory&) = delete;
  KeptMemory& operator=(const KeptMemory&) = delete;
};

}  // namespace weir::mpc
