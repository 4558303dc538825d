// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/identifier/uscc.h"

#include <algorithm>
#include <array>

namespace weir::supply::identifier {
namespace {

constexpr std::string_view kUsccAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
constexpr std::array<int, 17> kUsccWeights = {1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
constexpr std::array<int, 8> kOrganisationWeights = {3, 7, 9, 10, 5, 8, 4, 2};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

Error wrong_uscc(const std::string& what) {
  return Error(Errc::kInvalidArgument, "not a unified social credit code: " + what).because("identifier.uscc");
}

Error wrong_organisation(const std::string& what) {
  return Error(Errc::kInvalidArgument, "not an organisation code: " + what).because("identifier.organisation_code");
}

}  // namespace

Result<OrganisationCode> OrganisationCode::parse(std::string_view text) {
  std::string code(text.substr(0, 11));
  if (code.size() == 10 && code[8] == '-') code.erase(8, 1);
  if (code.size() != 9) return wrong_organisation("it has nine characters");
  int sum = 0;
  for (std::size_t i = 0; i < kOrganisationWeights.size(); ++i) {
    const char c = code[i];
    if (!is_digit(c) && (c < 'A' || c > 'Z')) return wrong_organisation("it has only 0-9 and A-Z");
    sum += (is_digit(c) ? c - '0' : c - 'A' + 10) * kOrganisationWeights[i];
  }
  constexpr std::string_view kChecks = "0X987654321";  // of 11 - sum mod 11, where 10 is X and 11 is 0
  if (code[8] != kChecks[static_cast<std::size_t>(sum % 11)])
    return wrong_organisation("its check character does not fit");
  return OrganisationCode(std::move(code));
}

bool looks_like_uscc(std::string_view text) {
  // GB 32100, table 1: who registers, and what kind of entity.
  constexpr std::string_view kAuthorities = "123456789ANY";
  constexpr std::string_view kEntities = "123459";
  return text.size() == 18 && kAuthorities.find(text[0]) != std::string_view::npos &&
         kEntities.find(text[1]) != std::string_view::npos && std::all_of(text.begin() + 2, text.begin() + 8, is_digit);
}

//= GB 32100#check
Result<Uscc> Uscc::parse(std::string_view text) {
  if (text.size() != 18) return wrong_uscc("it has 18 characters");
  if (!looks_like_uscc(text)) return wrong_uscc("it begins with authority, kind of entity and six digits of a region");
  int sum = 0;
  for (std::size_t i = 0; i < kUsccWeights.size(); ++i) {
    const std::size_t value = kUsccAlphabet.find(text[i]);
    if (value == std::string_view::npos) return wrong_uscc("it has only 0-9 and A-Z without I, O, S, V and Z");
    sum += static_cast<int>(value) * kUsccWeights[i];
  }
  if (text[17] != kUsccAlphabet[static_cast<std::size_t>((31 - sum % 31) % 31)]) {
    return wrong_uscc("its check character does not fit");
  }
  return Uscc(std::string(text));
}

}  // namespace weir::supply::identifier
