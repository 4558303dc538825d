// Aes: raw AES-128 on single blocks, for protocols that build on the bare permutation. Never for messages: see seal.h.
//
// Source: FIPS 197. Thread-safe: pure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "weir/base/bytes.h"

namespace weir::crypto {

// Each block of 16 bytes by itself. Requires: a key of 16 bytes; equal sizes, multiples of 16; in and out are the same
// or apart.
void aes128_blocks(ByteView key, ByteView in, std::span<std::uint8_t> out);

}  // namespace weir::crypto
