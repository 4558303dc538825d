// Uuid: names as UUIDs (RFC 9562, version 5): the same name in the same space is the same UUID, everywhere.
//
// SHA-1 is what the version is defined by; nothing is secured by it. Thread-safety: pure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "weir/base/result.h"

namespace weir::crypto {

inline constexpr std::string_view kUuidOfUrls = "6ba7b811-9dad-11d1-80b4-00c04fd430c8";
inline constexpr std::string_view kUuidOfDomains = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

// Requires: `space` is a UUID (checked).
std::string name_uuid(std::string_view space, std::string_view name);

}  // namespace weir::crypto
