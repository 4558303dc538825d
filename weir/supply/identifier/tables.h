// Tables: the text of data/*.csv, compiled in. Lines are sorted by code; read with area.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace weir::supply::identifier::tables {

extern const std::string_view kRegions;
extern const std::string_view kIndustries;

}  // namespace weir::supply::identifier::tables
