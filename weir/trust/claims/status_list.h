// StatusList: which credentials of an issuer were revoked, one bit each.
//
// Bitstring Status List 1.0, and StatusList2021 that came before it. Format: docs/formats/claims.md.
// Thread-safety: values and pure functions. Trust: lists are hostile; what they unpack to is bounded, and a list
// proves nothing unless it is the issuer's: check_status verifies that first.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "weir/base/bytes.h"
#include "weir/trust/claims/credential.h"

namespace weir::trust::claims {

// So many that an index tells little of whose it is.
inline constexpr std::int64_t kStatusEntries = 131'072;

class StatusList {
 public:
  explicit StatusList(std::int64_t entries = kStatusEntries) : bits_(static_cast<std::size_t>((entries + 7) / 8)) {}
  // Multibase "u", then base64url of GZIP; without "u" as StatusList2021 has it.
  // Fails with kInvalidArgument ("claims.malformed").
  static Result<StatusList> decode(std::string_view text);
  std::string encode(Profile profile) const;

  std::int64_t entries() const { return static_cast<std::int64_t>(bits_.size()) * 8; }
  // Fails with kInvalidArgument ("claims.malformed") beyond the end.
  Result<bool> get(std::int64_t index) const;
  // Requires: within the list (checked).
  void set(std::int64_t index);

 private:
  Bytes bits_;
};

//= DCP-1.0#revocation
// Whether the bit of `entry` is set in the list, which must be a credential of the same issuer as the one that refers
// to it, valid now. Fails as read_credential and verify_credential do.
Result<bool> status_of(std::string_view list_token, const StatusEntry& entry, const Document& issuer, Timestamp now);

struct NewStatusList {
  Profile profile = Profile::kVc20;
  std::string url;  // where it is served, which is its id
  Did issuer;
  const StatusList& bits;
  Timestamp now{};
  Milliseconds length{300'000};  // how long it may be kept
  std::string kid;
};
std::string make_status_list(const crypto::PrivateKey& key, const NewStatusList& list);
// The entry of a credential in such a list.
StatusEntry status_entry(Profile profile, std::string url, std::int64_t index);

}  // namespace weir::trust::claims
