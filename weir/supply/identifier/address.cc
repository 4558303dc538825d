// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/identifier/address.h"

#include <arpa/inet.h>

#include <algorithm>

#include "weir/base/check.h"
#include "weir/base/text.h"
#include "weir/crypto/hash.h"

namespace weir::supply::identifier {
namespace {

constexpr std::string_view kDigits36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr unsigned kRandomBits = 42;
constexpr unsigned kAreaBits = 14;
constexpr unsigned kTypeBits = 3;
constexpr std::uint64_t kRandomValues = 2821109907456;  // 36^8
constexpr std::uint64_t kAreaValues = 10000;

Error wrong(const std::string& what) {
  return Error(Errc::kInvalidArgument, "not the address of an identifier: " + what).because("identifier.address");
}

Error no_address() {
  return Error(Errc::kInvalidArgument, "only nodes, products and resources have an address or a label")
      .because("identifier.no_address");
}

std::uint64_t read_base36(std::string_view text) {
  std::uint64_t value = 0;
  for (const char c : text) value = value * 36 + kDigits36.find(c);
  return value;
}

std::string write_base36(std::uint64_t value) {
  std::string text(8, '0');
  for (std::size_t i = 8; i > 0; --i, value /= 36) text[i - 1] = kDigits36[value % 36];
  return text;
}

Identifier complete(const std::string& body) {
  const auto check = check_character(body);
  WEIR_CHECK(check.ok());
  const auto id = Identifier::parse(body + *check);
  WEIR_CHECK(id.ok());
  return *id;
}

}  // namespace

std::string format(const Address& address) {
  char text[INET6_ADDRSTRLEN];
  WEIR_CHECK(::inet_ntop(AF_INET6, address.bytes.data(), text, sizeof text) != nullptr);
  return text;
}

Result<Address> parse_address(std::string_view text) {
  Address address;
  if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos ||
      ::inet_pton(AF_INET6, std::string(text).c_str(), address.bytes.data()) != 1) {
    return wrong("it is not written as IPv6");
  }
  return address;
}

AddressPrefix own_prefix(const NodeId& registrar) {
  const crypto::Digest digest = crypto::hash(crypto::HashAlgorithm::kSha256, view_of(registrar.text()));
  AddressPrefix prefix;
  prefix.bytes[0] = 0xfd;
  std::copy_n(digest.begin(), 5, prefix.bytes.begin() + 1);
  return prefix;
}

Result<AddressPrefix> parse_prefix(std::string_view text) {
  if (!text.ends_with("/48")) return wrong("the prefix of a registry is 48 bits long");
  WEIR_TRY_LET(const Address address, parse_address(text.substr(0, text.size() - 3)));
  if (std::any_of(address.bytes.begin() + 6, address.bytes.end(), [](std::uint8_t b) { return b != 0; })) {
    return wrong("a prefix has nothing behind its 48 bits");
  }
  AddressPrefix prefix;
  std::copy_n(address.bytes.begin(), 6, prefix.bytes.begin());
  return prefix;
}

std::string format(const AddressPrefix& prefix) {
  Address address;
  std::copy(prefix.bytes.begin(), prefix.bytes.end(), address.bytes.begin());
  return format(address) + "/48";
}

//= NDI-TR-2025-04#ipv6 identifiers map to IPv6
Result<Address> to_address(const Identifier& id, const AddressPrefix& prefix, SubjectNumber number) {
  if (id.form() == Form::kContract) return no_address();
  if (number.value() >= kSubjectNumbers) {
    return Error(Errc::kExhausted, "this registry has no more participant numbers")
        .because("identifier.subject_numbers");
  }
  const std::string_view text = id.text();
  std::uint64_t low = static_cast<std::uint64_t>(text[0] - '0');
  low = (low << kAreaBits) | static_cast<std::uint64_t>(std::stoi(std::string(text.substr(19, 4))));
  low = (low << kRandomBits) | read_base36(text.substr(23, 8));  // 59 bits; the 60th stays zero
  low |= static_cast<std::uint64_t>(number.value() & 0xf) << 60;
  const std::uint32_t high = number.value() >> 4;
  Address address;
  std::copy(prefix.bytes.begin(), prefix.bytes.end(), address.bytes.begin());
  address.bytes[6] = static_cast<std::uint8_t>(high >> 8);
  address.bytes[7] = static_cast<std::uint8_t>(high);
  for (std::size_t i = 0; i < 8; ++i) address.bytes[8 + i] = static_cast<std::uint8_t>(low >> (56 - 8 * i));
  return address;
}

Result<AddressParts> take_apart(const Address& address) {
  std::uint64_t low = 0;
  for (std::size_t i = 0; i < 8; ++i) low = (low << 8) | address.bytes[8 + i];
  const std::uint64_t random = low & ((1ull << kRandomBits) - 1);
  const std::uint64_t area = (low >> kRandomBits) & ((1ull << kAreaBits) - 1);
  const std::uint64_t type = (low >> (kRandomBits + kAreaBits)) & ((1ull << kTypeBits) - 1);
  const bool spare = ((low >> 59) & 1) != 0;
  if (spare || type == 0 || area >= kAreaValues || random >= kRandomValues) return wrong("a field is out of its range");
  const std::string digits = std::to_string(area);
  WEIR_TRY_LET(AreaCode code, AreaCode::parse(std::string(4 - digits.size(), '0') + digits));
  AddressParts parts{.area = std::move(code), .random = write_base36(random)};
  std::copy_n(address.bytes.begin(), 6, parts.prefix.bytes.begin());
  const std::uint32_t high = static_cast<std::uint32_t>(address.bytes[6] << 8 | address.bytes[7]);
  parts.subject = SubjectNumber(high << 4 | static_cast<std::uint32_t>(low >> 60));
  parts.type = static_cast<char>('0' + type);
  return parts;
}

Identifier put_together(const AddressParts& parts, const SubjectId& subject) {
  return complete(parts.type + subject.text() + parts.area.text() + parts.random);
}

//= NDI-TR-2025-04#dns identifiers map to DNS
Result<std::string> to_label(const Identifier& id) {
  if (id.form() == Form::kContract) return no_address();
  return to_lower_ascii(id.text().substr(0, 31));
}

Result<Identifier> from_label(std::string_view label) {
  if (label.size() != 31) return wrong("the label of an identifier has 31 characters");
  std::string body(label);
  std::transform(body.begin(), body.end(), body.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  WEIR_TRY_LET(const char check, check_character(body));
  return Identifier::parse(body + check);
}

}  // namespace weir::supply::identifier
