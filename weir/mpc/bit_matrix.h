// Bit matrix: 128 columns of bits turned into rows of 128 bits.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "weir/mpc/block.h"

namespace weir::mpc {

// In place: bit j of block i becomes bit i of block j.
void transpose(std::array<Block, 128>& square);

}  // namespace weir::mpc
