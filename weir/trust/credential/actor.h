// Actor: who did something, as evidence names it, and the operators who can be one.
//
// Thread-safety: values. Trust: parse takes hostile text.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "weir/base/result.h"
#include "weir/supply/identifier/identifier.h"
#include "weir/supply/identifier/person.h"

namespace weir::trust::credential {

// An operator (经办人): a local name ("anna", "nightly-export"), or USCC "/" certificate number (NDI-TR-2025-03). A
// citizen number in that place is mapped as persons are (identifier/person.h), because this text goes into logs and
// evidence.
class OperatorId {
 public:
  // Names: a-z first, then a-z, 0-9, '.', '_', '-', 2 to 64 in all. Fails with kInvalidArgument ("operator.malformed"),
  // and with "operator.raw_citizen_number" if the number was not mapped.
  static Result<OperatorId> parse(std::string_view text);
  // Maps the certificate number if it is a citizen number.
  static Result<OperatorId> of(const supply::identifier::SubjectId& organisation, std::string_view certificate_number,
                               const crypto::SecretBytes& person_key);
  const std::string& text() const { return text_; }
  // Whom the operator acts for; empty for a local name.
  std::string_view organisation() const;
  friend auto operator<=>(const OperatorId&, const OperatorId&) = default;

 private:
  explicit OperatorId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

//= TC609-6-2025-13#traceable
// What services take, so that no use case can be called by nobody.
class Actor {
 public:
  Actor(const OperatorId& id) : text_(id.text()) {}  // NOLINT: implicit by design
  static Actor node(const supply::identifier::NodeId& self) { return Actor("node:" + self.text()); }
  static Actor peer(const supply::identifier::NodeId& other) { return Actor("peer:" + other.text()); }
  // An applicant that nobody knows yet.
  static Actor applicant(std::string_view application) { return Actor("applicant:" + std::string(application)); }
  // Reads what the HTTP face calls an actor. Fails with kInvalidArgument.
  static Result<Actor> parse(std::string_view text);
  const std::string& text() const { return text_; }
  friend bool operator==(const Actor&, const Actor&) = default;

 private:
  explicit Actor(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace weir::trust::credential
