// Free port: for a node that was given none.
//
// Thread-safety: stateless.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "weir/base/random.h"
#include "weir/base/result.h"

namespace weir::adapters::http {

// A port of 127.0.0.1 that nobody listens on, from 10000 to 32767: below those that systems lend to outgoing
// connections (Linux from 32768, RFC 6335 from 49152), so that it is still free when the node starts again.
// Unavailable if a hundred tries found none.
Result<std::uint16_t> free_port(Random& random);

}  // namespace weir::adapters::http
