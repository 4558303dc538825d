// Primal code: to each row ten elements of a base are added, at public random places: primal LPN's matrix.
//
// Source: the local linear code of "Ferret" (Yang, Weng, Lan, Zhang, Wang, CCS 2020, section 7). Words 10 i to 10 i + 9
// of a public stream, 32 bits each, scaled to the size of the base, are the places of row i.
// Thread-safe: pure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "weir/mpc/block.h"

namespace weir::mpc {

// The rows from number `first` on. Requires: eight divides `first`; a base that is not empty, of less than 2^28.
void add_places(std::span<const Block> base, std::uint64_t first, std::span<Block> rows);

}  // namespace weir::mpc
