// Cut: a text shortened so that it stays text.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weir {

// At most `bytes_max` bytes and then "…", never half a character: half of one would make the whole answer, or the whole
// entry of a log, unreadable.
std::string cut(std::string_view text, std::size_t bytes_max);

}  // namespace weir
