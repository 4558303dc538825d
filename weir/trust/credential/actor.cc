// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/credential/actor.h"

#include <algorithm>

namespace weir::trust::credential {
namespace {

using supply::identifier::NodeId;
using supply::identifier::PersonCode;
using supply::identifier::SubjectId;

constexpr std::size_t kNameMax = 64;
constexpr std::size_t kCertificateNumberMax = 40;

Error malformed(const std::string& what) {
  return Error(Errc::kInvalidArgument, "not an operator: " + what).because("operator.malformed");
}

bool is_name(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  };
  return text.size() >= 2 && text.size() <= kNameMax && text[0] >= 'a' && text[0] <= 'z' &&
         std::all_of(text.begin(), text.end(), fits);
}

bool is_certificate_number(std::string_view text) {
  const auto fits = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'; };
  return !text.empty() && text.size() <= kCertificateNumberMax && std::all_of(text.begin(), text.end(), fits);
}

}  // namespace

//= NDI-TR-2025-03#operator-identifier an operator is USCC, "/", certificate number
Result<OperatorId> OperatorId::parse(std::string_view text) {
  if (is_name(text)) return OperatorId(std::string(text));
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    return malformed("a name has 2 to 64 of a-z, 0-9, '.', '_' and '-', and begins with a letter");
  }
  WEIR_TRY(SubjectId::parse(text.substr(0, slash)));
  const std::string_view number = text.substr(slash + 1);
  if (!is_certificate_number(number)) return malformed("a certificate number has 1 to 40 of 0-9, A-Z and '-'");
  if (PersonCode::parse(number)) {
    return Error(Errc::kInvalidArgument,
                 "a citizen identity number is no part of an operator's identifier: map it first")
        .because("operator.raw_citizen_number");
  }
  return OperatorId(std::string(text));
}

Result<OperatorId> OperatorId::of(const SubjectId& organisation, std::string_view certificate_number,
                                  const crypto::SecretBytes& person_key) {
  const auto person = PersonCode::parse(certificate_number);
  const std::string number =
      person ? supply::identifier::subject_of(*person, person_key).text() : std::string(certificate_number);
  return parse(organisation.text() + "/" + number);
}

std::string_view OperatorId::organisation() const {
  const std::size_t slash = text_.find('/');
  return slash == std::string::npos ? std::string_view() : std::string_view(text_).substr(0, slash);
}

Result<Actor> Actor::parse(std::string_view text) {
  for (const std::string_view prefix : {"node:", "peer:"}) {
    if (!text.starts_with(prefix)) continue;
    WEIR_TRY(NodeId::parse(text.substr(prefix.size())));
    return Actor(std::string(text));
  }
  WEIR_TRY_LET(const OperatorId id, OperatorId::parse(text));
  return Actor(id);
}

}  // namespace weir::trust::credential
