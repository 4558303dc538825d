// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/identifier/person.h"

#include <array>

#include "weir/base/check.h"
#include "weir/base/time.h"
#include "weir/crypto/hash.h"

namespace weir::supply::identifier {
namespace {

constexpr std::array<int, 17> kWeights = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
constexpr std::string_view kChecks = "10X98765432";
// GB/T 2260, with 83 for permits of residents of Taiwan.
constexpr std::string_view kProvinces =
    " 11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83 ";
constexpr std::string_view kDigits36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kPersonLabel = "weir person subject v1:";

Error wrong(const std::string& what) {
  return Error(Errc::kInvalidArgument, "not a citizen identity number: " + what).because("identifier.person");
}

// The remainder of a big-endian number by 36, and the quotient left in place.
unsigned divide_by_36(crypto::Digest& number) {
  unsigned rest = 0;
  for (std::uint8_t& byte : number) {
    const unsigned value = rest * 256 + byte;
    byte = static_cast<std::uint8_t>(value / 36);
    rest = value % 36;
  }
  return rest;
}

}  // namespace

//= GB 11643#check
Result<PersonCode> PersonCode::parse(std::string_view text) {
  if (text.size() != 18) return wrong("it has 18 characters");
  int sum = 0;
  for (std::size_t i = 0; i < kWeights.size(); ++i) {
    if (text[i] < '0' || text[i] > '9') return wrong("its first 17 characters are digits");
    sum += (text[i] - '0') * kWeights[i];
  }
  if (text[17] != kChecks[static_cast<std::size_t>(sum % 11)]) return wrong("its check character does not fit");
  if (kProvinces.find(std::string{' ', text[0], text[1], ' '}) == std::string_view::npos) {
    return wrong("its first two digits are no province");
  }
  if (text.substr(6, 2) < "18" || text.substr(6, 2) > "20") return wrong("its date of birth is in no likely century");
  const std::string birth =
      std::string(text.substr(6, 4)) + "-" + std::string(text.substr(10, 2)) + "-" + std::string(text.substr(12, 2));
  if (!parse_iso8601(birth)) return wrong("its date of birth is no date");
  return PersonCode(std::string(text));
}

//= NDI-TR-2025-04#person a natural person's identifier is the encrypted citizen number mapped to 18 characters
SubjectId subject_of(const PersonCode& person, const crypto::SecretBytes& key, crypto::HashAlgorithm algorithm) {
  WEIR_CHECK(key.size() >= kPersonKeyBytesMin);
  const crypto::SecretAccess access("map a person to a subject");
  crypto::Digest number =
      crypto::hmac(algorithm, key.expose(access), view_of(std::string(kPersonLabel) + person.expose(access)));
  std::string text(18, 'P');
  for (std::size_t i = 17; i > 0; --i) text[i] = kDigits36[divide_by_36(number)];
  const auto subject = SubjectId::parse(text);
  WEIR_CHECK(subject.ok());
  return *subject;
}

}  // namespace weir::supply::identifier
