// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/identifier/identifier.h"

#include <algorithm>
#include <array>

#include "weir/base/check.h"

namespace weir::supply::identifier {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*";
constexpr std::string_view kUsccAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
constexpr std::array<int, 17> kUsccWeights = {1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
constexpr std::string_view kDot = "•";
constexpr std::size_t kBase = 32;
constexpr std::size_t kExtensionMax = 32;

Error bad(std::string_view what, std::string_view text) {
  return Error(Errc::kInvalidArgument, std::string(what) + ": '" + std::string(text.substr(0, 80)) + "'")
      .because("identifier.malformed");
}

bool is_alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); }

bool all_alnum(std::string_view text) { return std::all_of(text.begin(), text.end(), is_alnum); }

bool uscc_check_holds(std::string_view text) {
  int sum = 0;
  for (std::size_t i = 0; i < kUsccWeights.size(); ++i) {
    const std::size_t value = kUsccAlphabet.find(text[i]);
    if (value == std::string_view::npos) return false;
    sum += static_cast<int>(value) * kUsccWeights[i];
  }
  return kUsccAlphabet[static_cast<std::size_t>((31 - sum % 31) % 31)] == text[17];
}

std::string random_part(Random& random) {
  std::string out;
  for (int i = 0; i < 8; ++i) out += kAlphabet[random.below(36)];
  return out;
}

// Checks subject, area and check character of the part that forms 2 to 4 share.
Result<> check_common(std::string_view text) {
  WEIR_TRY(SubjectId::parse(text.substr(1, 18)));
  WEIR_TRY(AreaCode::parse(text.substr(19, 4)));
  if (!all_alnum(text.substr(23, 8))) return bad("the random part has a character that is not 0-9 A-Z", text);
  WEIR_TRY_LET(const char check, check_character(text.substr(0, 31)));
  if (check != text[31]) return bad("the check character does not fit; it would be '" + std::string(1, check) + "'", text);
  return {};
}

std::string with_check(std::string body) {
  const auto check = check_character(body);
  WEIR_CHECK(check.ok());
  body += *check;
  return body;
}

// The characters of a UTF-8 text.
std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

//= NDI-TR-2025-04 check character by GB/T 17710 (ISO 7064) MOD 37-2
Result<char> check_character(std::string_view body) {
  int sum = 0;
  for (const char c : body) {
    if (!is_alnum(c)) return bad("a character that is not 0-9 A-Z", body);
    sum = (sum + static_cast<int>(kAlphabet.find(c))) * 2 % 37;
  }
  return kAlphabet[static_cast<std::size_t>((38 - sum) % 37)];
}

Result<SubjectId> SubjectId::parse(std::string_view text) {
  if (text.size() != 18) return bad("a participant identifier has 18 characters", text);
  if (!all_alnum(text)) return bad("a participant identifier has only 0-9 and A-Z", text);
  // The first two characters of a USCC name the registering authority and the kind of entity (GB 32100, table 1).
  constexpr std::string_view kAuthorities = "123456789AN";
  const bool looks_like_uscc = kAuthorities.find(text[0]) != std::string_view::npos && text[1] >= '1' &&
                               (text[1] <= '5' || text[1] == '9') &&
                               std::all_of(text.begin() + 2, text.begin() + 8, [](char c) { return c >= '0' && c <= '9'; });
  if (looks_like_uscc && !uscc_check_holds(text)) {
    return bad("the check character of this unified social credit code does not fit", text);
  }
  return SubjectId(std::string(text));
}

bool SubjectId::is_uscc() const { return uscc_check_holds(text_); }

Result<AreaCode> AreaCode::parse(std::string_view text) {
  const bool digits = text.size() == 4 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return bad("an area code has four digits: a region of GB/T 2260, or 00 and an industry of GB/T 4754", text);
  return AreaCode(std::string(text));
}

Result<NodeId> NodeId::parse(std::string_view text) {
  if (text.size() != kBase) return bad("a platform or connector identifier has 32 characters", text);
  if (text[0] < '1' || text[0] > '5') return bad("the first character of a node identifier is 1 to 5", text);
  WEIR_TRY(check_common(text));
  return NodeId(std::string(text));
}

NodeId NodeId::generate(NodeKind kind, const SubjectId& subject, const AreaCode& area, Random& random) {
  return NodeId(with_check(static_cast<char>(kind) + subject.text() + area.text() + random_part(random)));
}

SubjectId NodeId::subject() const { return *SubjectId::parse(std::string_view(text_).substr(1, 18)); }
AreaCode NodeId::area() const { return *AreaCode::parse(std::string_view(text_).substr(19, 4)); }

Result<ProductId> ProductId::parse(std::string_view text) {
  if (text.size() < kBase) return bad("a product or resource identifier has at least 32 characters", text);
  if (text[0] != '6' && text[0] != '7') return bad("the first character of a product or resource identifier is 6 or 7", text);
  WEIR_TRY(check_common(text.substr(0, kBase)));
  const std::string_view rest = text.substr(kBase);
  if (rest.empty()) return ProductId(std::string(text));
  if (!rest.starts_with(kDot)) return bad("the extension is set off by '•'", text);
  const std::string_view extension = rest.substr(kDot.size());
  const std::size_t count = count_characters(extension);
  const bool printable = std::none_of(extension.begin(), extension.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
  });
  const bool single = extension.find(kDot) == std::string_view::npos;
  if (count < 1 || count > kExtensionMax || extension.size() > 4 * kExtensionMax || !printable || !single) {
    return bad("the extension has 1 to 32 characters without blanks", text);
  }
  return ProductId(std::string(text));
}

Result<ProductId> ProductId::generate(ItemKind kind, const SubjectId& subject, const AreaCode& area, Random& random,
                                      std::string_view extension) {
  std::string text = with_check(static_cast<char>(kind) + subject.text() + area.text() + random_part(random));
  if (!extension.empty()) text += std::string(kDot) + std::string(extension);
  return parse(text);
}

SubjectId ProductId::subject() const { return *SubjectId::parse(std::string_view(text_).substr(1, 18)); }
AreaCode ProductId::area() const { return *AreaCode::parse(std::string_view(text_).substr(19, 4)); }
std::string_view ProductId::extension() const {
  return text_.size() == kBase ? std::string_view() : std::string_view(text_).substr(kBase + kDot.size());
}

Result<ContractId> ContractId::parse(std::string_view text) {
  if (text.size() != 47) return bad("a contract identifier has 47 characters", text);
  if (text[0] != 'C') return bad("a contract identifier begins with C", text);
  if (text[1] < '1' || text[1] > '5') return bad("the second character of a contract identifier is 1 to 5", text);
  WEIR_TRY(SubjectId::parse(text.substr(2, 18)));
  WEIR_TRY(AreaCode::parse(text.substr(20, 4)));
  const std::string_view t = text.substr(24, 14);
  const std::string iso = std::string(t.substr(0, 4)) + "-" + std::string(t.substr(4, 2)) + "-" +
                          std::string(t.substr(6, 2)) + "T" + std::string(t.substr(8, 2)) + ":" +
                          std::string(t.substr(10, 2)) + ":" + std::string(t.substr(12, 2)) + "Z";
  if (!parse_iso8601(iso)) return bad("the time in a contract identifier is YYYYMMDDHHMMSS", text);
  if (!all_alnum(text.substr(38, 8))) return bad("the random part has a character that is not 0-9 A-Z", text);
  WEIR_TRY_LET(const char check, check_character(text.substr(0, 46)));
  if (check != text[46]) return bad("the check character does not fit; it would be '" + std::string(1, check) + "'", text);
  return ContractId(std::string(text));
}

ContractId ContractId::generate(NodeKind kind, const SubjectId& subject, const AreaCode& area, Timestamp time,
                                Random& random) {
  return ContractId(with_check("C" + std::string(1, static_cast<char>(kind)) + subject.text() + area.text() +
                               format_compact(time) + random_part(random)));
}

}  // namespace weir::supply::identifier
