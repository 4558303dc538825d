// Dcat terms: the small pieces that DCAT 3 and the Dataspace Protocol share.
//
// Thread-safety: pure functions. Trust: readers take hostile JSON.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "weir/base/result.h"
#include "weir/wire/json.h"

namespace weir::supply::catalog {

struct DcatTerm {
  std::string_view name;  // in the record
  std::string_view term;
};
inline constexpr DcatTerm kDistributionTerms[] = {
    {"format", "dct:format"},         {"media_type", "dcat:mediaType"},   {"access_url", "dcat:accessURL"},
    {"download_url", "dcat:downloadURL"}, {"bytes", "dcat:byteSize"},
};

// {"en": …, "zh": …} as [{"@language": "en", "@value": …}, …] and back; a plain text reads by its script.
wire::Json language_list(const wire::Json& by_language);
wire::Json language_object(const wire::Json& json);
// The value of {"@value": …}, or the value itself.
wire::Json plain_value(const wire::Json& json);
// An array's items; one for anything else; none for null.
wire::Json::Array as_list(const wire::Json& json);

// A box as WKT, "POLYGON((w s,e s,e n,w n,w s))", and back.
std::string box_text(const std::array<double, 4>& box);
Result<std::array<double, 4>> parse_box(std::string_view text);

// A version as text. Fails with kInvalidArgument ("catalog.malformed").
Result<std::int64_t> parse_version(std::string_view text);

}  // namespace weir::supply::catalog
