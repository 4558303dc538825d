// Slow line: a relay that lets bytes through at a rate, and late.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace weir::bench {

struct LineLimits {
  double megabits = 0;       // a second, each way; 0: as the machine does it
  double round_trip_ms = 0;
};

// Relays between two connected sockets until one of them ends.
void relay(int first, int second, const LineLimits& limits);

}  // namespace weir::bench
