// Limits: every bound of the node in one place (I-10). Meeting one is kExhausted, with its name.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

//= I-10
namespace weir::limits {

inline constexpr std::size_t kJsonBytesMax = 16u << 20;
inline constexpr std::size_t kJsonDepthMax = 64;
inline constexpr std::size_t kHttpHeaderBytesMax = 32u << 10;
inline constexpr std::size_t kHttpBodyBytesMax = 16u << 20;
inline constexpr std::size_t kEvidenceEntryBytesMax = 65535;  // C2SP tlog-tiles: a 16-bit length
inline constexpr std::size_t kPageSizeDefault = 50;
inline constexpr std::size_t kPageSizeMax = 1000;
inline constexpr std::size_t kConnectionsMax = 1024;
inline constexpr std::size_t kWorkQueueMax = 4096;
inline constexpr std::size_t kWriteBatchMax = 1024;
inline constexpr std::size_t kPolicyRulesMax = 256;
inline constexpr std::size_t kConstraintDepthMax = 16;
inline constexpr std::size_t kTextBytesMax = 64u << 10;

}  // namespace weir::limits
