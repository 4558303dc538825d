// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/identifier/identifier.h"

#include <algorithm>

#include "weir/base/check.h"
#include "weir/base/text.h"
#include "weir/supply/identifier/person.h"
#include "weir/supply/identifier/uscc.h"

namespace weir::supply::identifier {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*";
constexpr std::string_view kDot = "•";
constexpr std::size_t kSubjectSize = 18;
constexpr std::size_t kBase = 32;
constexpr std::size_t kContractSize = 47;
constexpr std::size_t kExtensionMax = 32;

Error bad(std::string_view what) {
  return Error(Errc::kInvalidArgument, std::string(what)).because("identifier.malformed");
}

Error bad(std::string_view what, std::string_view text) {
  // Repeated only if short and printable: what is no identifier may be anything.
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (text.size() > 80 || !printable) return bad(what);
  return bad(std::string(what) + ": '" + std::string(text) + "'");
}

bool is_alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); }

bool all_alnum(std::string_view text) { return std::all_of(text.begin(), text.end(), is_alnum); }

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
  if (check != text[31]) return bad("the check character does not fit", text);
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

//= NDI-TR-2025-04#check-character check character by GB/T 17710 (ISO 7064) MOD 37-2
Result<char> check_character(std::string_view body) {
  int sum = 0;
  for (const char c : body) {
    if (!is_alnum(c)) return bad("a character that is not 0-9 A-Z", body);
    sum = (sum + static_cast<int>(kAlphabet.find(c))) * 2 % 37;
  }
  return kAlphabet[static_cast<std::size_t>((38 - sum) % 37)];
}

//= NDI-TR-2025-04#subject
Result<SubjectId> SubjectId::parse(std::string_view text) {
  // The text is not repeated: it may be a citizen number that got here by mistake.
  if (text.size() != kSubjectSize) return bad("a participant identifier has 18 characters");
  if (!all_alnum(text)) return bad("a participant identifier has only 0-9 and A-Z");
  const auto uscc = Uscc::parse(text);
  if (!uscc && PersonCode::parse(text)) {
    return Error(Errc::kInvalidArgument, "a citizen identity number is no participant identifier: map it first")
        .because("identifier.raw_person");
  }
  if (!uscc && looks_like_uscc(text)) return Error(uscc.error());
  return SubjectId(std::string(text));
}

bool SubjectId::is_uscc() const { return looks_like_uscc(text_); }

Result<AreaCode> AreaCode::parse(std::string_view text) {
  const bool digits =
      text.size() == 4 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits)
    return bad("an area code has four digits: a region of GB/T 2260, or 00 and an industry of GB/T 4754", text);
  return AreaCode(std::string(text));
}

//= NDI-TR-2025-04#node
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

//= NDI-TR-2025-04#item
Result<ProductId> ProductId::parse(std::string_view text) {
  if (text.size() < kBase) return bad("a product or resource identifier has at least 32 characters", text);
  if (text[0] != '6' && text[0] != '7')
    return bad("the first character of a product or resource identifier is 6 or 7", text);
  WEIR_TRY(check_common(text.substr(0, kBase)));
  const std::string_view rest = text.substr(kBase);
  if (rest.empty()) return ProductId(std::string(text));
  if (!rest.starts_with(kDot)) return bad("the extension is set off by '•'", text);
  const std::string_view extension = rest.substr(kDot.size());
  const std::size_t count = count_characters(extension);
  const bool printable = is_utf8(extension) && std::none_of(extension.begin(), extension.end(), [](char c) {
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
//= NDI-TR-2025-04#legacy
std::string_view ProductId::extension() const {
  return text_.size() == kBase ? std::string_view() : std::string_view(text_).substr(kBase + kDot.size());
}

namespace {

// "20250601120000" as a time.
Result<Timestamp> read_compact(std::string_view t) {
  const std::string day =
      std::string(t.substr(0, 4)) + "-" + std::string(t.substr(4, 2)) + "-" + std::string(t.substr(6, 2));
  return parse_iso8601(day + "T" + std::string(t.substr(8, 2)) + ":" + std::string(t.substr(10, 2)) + ":" +
                       std::string(t.substr(12, 2)) + "Z");
}

}  // namespace

//= TC609-6-2025-14#contract-identifier a contract identifier has 47 characters
Result<ContractId> ContractId::parse(std::string_view text) {
  if (text.size() != kContractSize) return bad("a contract identifier has 47 characters", text);
  if (!is_alnum(text[0])) return bad("the first character of a contract identifier is 0-9 or A-Z", text);
  if (text[1] < '1' || text[1] > '5') return bad("the second character of a contract identifier is 1 to 5", text);
  WEIR_TRY(SubjectId::parse(text.substr(2, 18)));
  WEIR_TRY(AreaCode::parse(text.substr(20, 4)));
  if (!read_compact(text.substr(24, 14))) return bad("the time in a contract identifier is YYYYMMDDHHMMSS", text);
  if (!all_alnum(text.substr(38, 8))) return bad("the random part has a character that is not 0-9 A-Z", text);
  WEIR_TRY_LET(const char check, check_character(text.substr(0, 46)));
  if (check != text[46]) return bad("the check character does not fit", text);
  return ContractId(std::string(text));
}

ContractId ContractId::generate(NodeKind kind, const SubjectId& subject, const AreaCode& area, Timestamp time,
                                Random& random, char type) {
  WEIR_CHECK(is_alnum(type));
  std::string text = with_check(std::string{type, static_cast<char>(kind)} + subject.text() + area.text() +
                                format_compact(time) + random_part(random));
  WEIR_CHECK(text.size() == kContractSize);
  return ContractId(std::move(text));
}

SubjectId ContractId::subject() const { return *SubjectId::parse(std::string_view(text_).substr(2, 18)); }
AreaCode ContractId::area() const { return *AreaCode::parse(std::string_view(text_).substr(20, 4)); }
Timestamp ContractId::time() const { return *read_compact(std::string_view(text_).substr(24, 14)); }

Result<Identifier> Identifier::parse(std::string_view text) {
  // Only an item has a '•', and only a contract has 47 characters without one.
  if (text.size() == kContractSize && text.substr(kBase, kDot.size()) != kDot) {
    WEIR_TRY_LET(const ContractId id, ContractId::parse(text));
    return Identifier(id);
  }
  if (!text.empty() && (text[0] == '6' || text[0] == '7')) {
    WEIR_TRY_LET(const ProductId id, ProductId::parse(text));
    return Identifier(id);
  }
  WEIR_TRY_LET(const NodeId id, NodeId::parse(text));
  return Identifier(id);
}

Identifier Identifier::base() const { return Identifier(form_, form_ == Form::kItem ? text_.substr(0, kBase) : text_); }

SubjectId Identifier::subject() const {
  return *SubjectId::parse(std::string_view(text_).substr(form_ == Form::kContract ? 2 : 1, 18));
}

AreaCode Identifier::area() const {
  return *AreaCode::parse(std::string_view(text_).substr(form_ == Form::kContract ? 20 : 19, 4));
}

}  // namespace weir::supply::identifier
