// LPN code: compresses a long sparse vector into a short one that looks random.
//
// Source: Raghuraman, Rindal, Tanguy, "Expand-Convolute Codes for Pseudorandom Correlation Generators from LPN", CRYPTO
// 2023: the systematic dual code of rate 1/2, expander weight 7 in regular segments, convolution with 24 random taps
// (the farthest always set). Security rests on its assumed relative minimum distance of 0.2: noise of at least
// kNoiseMin regular positions gives 128 bits against linear tests. The code itself is public and fixed. No Silver code
// anywhere.
// Thread-safe: pure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "weir/mpc/block.h"

namespace weir::mpc {

inline constexpr std::size_t kNoiseMin = 176;  // 128 / -log2(1 - 2 * 0.2), to the next multiple of 8

// The first half becomes the code word; the second half is used up. Requires: an even count, at least 128, below 2^32.
void compress(std::span<Block> noise);

}  // namespace weir::mpc
