// Area: what a region code (GB/T 2260) or an industry code (GB/T 4754-2017) stands for.
//
// Thread-safety: pure functions over tables that are compiled in (data/README.md).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "weir/base/text.h"
#include "weir/supply/identifier/identifier.h"

namespace weir::supply::identifier {

// The name of a region by 2, 4 or 6 digits; "4403" and "440300" are the same. The Chinese name is whole
// ("广东省深圳市"); the English one is the province's, with the rest in Chinese. Fails with kNotFound
// ("identifier.unknown_region").
Result<Text> region_name(std::string_view code);
// The name of a division by its two digits. Fails with kNotFound ("identifier.unknown_industry").
Result<Text> industry_name(std::string_view code);
// Either, as the area of an identifier. Fails with kNotFound if neither table has it: no identifier is assigned there.
Result<Text> describe(const AreaCode& area);

// The area of a region by 4 or 6 digits, or of an industry by its letter and digits ("I65") or its digits alone ("65").
// Fails with kInvalidArgument, or with kNotFound if the tables do not have it.
Result<AreaCode> area_of_region(std::string_view code);
Result<AreaCode> area_of_industry(std::string_view code);

}  // namespace weir::supply::identifier
