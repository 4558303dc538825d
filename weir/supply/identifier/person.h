// PersonCode: a citizen identity number (GB 11643), and the participant identifier that stands for it.
//
// The number itself never leaves: it has no text() and goes into no identifier, no log and no evidence. What others see
// is the mapped SubjectId: 'P' and 17 characters of HMAC(key, number), so only who has the key can tell whose it is.
// Format: docs/formats/identifiers.md. Thread-safety: values and pure functions. Trust: parse takes hostile text.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "weir/base/result.h"
#include "weir/crypto/secret.h"
#include "weir/supply/identifier/identifier.h"

namespace weir::supply::identifier {

class PersonCode {
 public:
  // Fails with kInvalidArgument ("identifier.person"); the message never repeats the number.
  static Result<PersonCode> parse(std::string_view text);
  // The number, for the one place that shows it to the person or to an authority.
  const std::string& expose(crypto::SecretAccess) const { return text_; }
  friend bool operator==(const PersonCode&, const PersonCode&) = default;

 private:
  explicit PersonCode(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

inline constexpr std::size_t kPersonKeyBytesMin = 32;

// The same person under the same key is the same subject, on every node that has the key; about 88 bits, so that two
// persons never share one in practice. Requires: key.size() >= kPersonKeyBytesMin.
SubjectId subject_of(const PersonCode& person, const crypto::SecretBytes& key,
                     crypto::HashAlgorithm algorithm = crypto::HashAlgorithm::kSm3);

}  // namespace weir::supply::identifier
