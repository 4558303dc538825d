// Uscc: the unified social credit code of an organisation (GB 32100) and the organisation code inside it (GB 11714).
//
// For both: format(*parse(s)) == s, except that an organisation code may be written with a hyphen.
// Thread-safety: values and pure functions. Trust: parse takes hostile text.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "weir/base/result.h"
#include "weir/supply/identifier/identifier.h"

namespace weir::supply::identifier {

// Nine characters: eight and their check character (MOD 11-10-X of GB 11714).
class OrganisationCode {
 public:
  // Reads "M000100Y4" and "M000100Y-4". Fails with kInvalidArgument ("identifier.organisation_code").
  static Result<OrganisationCode> parse(std::string_view text);
  const std::string& text() const { return text_; }  // without hyphen
  friend auto operator<=>(const OrganisationCode&, const OrganisationCode&) = default;

 private:
  explicit OrganisationCode(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// authority(1) entity(1) division(6) organisation(9) check(1), without I O S V Z.
class Uscc {
 public:
  // Fails with kInvalidArgument ("identifier.uscc"), saying which part is wrong. The organisation code's own check
  // character is not required to fit: registers hold codes, converted from older ones, where it does not.
  static Result<Uscc> parse(std::string_view text);
  const std::string& text() const { return text_; }
  char authority() const { return text_[0]; }
  char entity() const { return text_[1]; }
  std::string_view division() const { return std::string_view(text_).substr(2, 6); }  // GB/T 2260, see area.h
  Result<OrganisationCode> organisation() const {
    return OrganisationCode::parse(std::string_view(text_).substr(8, 9));
  }
  SubjectId subject() const { return *SubjectId::parse(text_); }
  friend auto operator<=>(const Uscc&, const Uscc&) = default;

 private:
  explicit Uscc(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// Whether authority, entity and division are such as a USCC has: 18 characters that look so and fail their check
// character are a mistyped USCC, not somebody's assigned code.
bool looks_like_uscc(std::string_view text);

}  // namespace weir::supply::identifier
