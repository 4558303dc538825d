// Address: identifiers as IPv6 addresses and as DNS labels, and back.
//
// Address: prefix(48) of the registering node, then 20 bits of participant number, one zero bit, 3 bits of type, 14 of
// area, 42 of the random part. One to one: the check character is computed again, and only the participant's number
// needs the registry that gave it (docs/formats/identifiers.md; docs/decisions/0050-identifiers-as-addresses.md).
// A DNS label needs no registry: the 31 characters before the check character, in lower case.
// Thread-safety: values and pure functions. Trust: parse and take_apart take hostile input.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "weir/base/result.h"
#include "weir/base/strong.h"
#include "weir/supply/identifier/identifier.h"

namespace weir::supply::identifier {

struct Address {
  std::array<std::uint8_t, 16> bytes{};
  friend auto operator<=>(const Address&, const Address&) = default;
};
std::string format(const Address& address);  // RFC 5952
// Reads any text form of an IPv6 address. Fails with kInvalidArgument ("identifier.address").
Result<Address> parse_address(std::string_view text);

// The 48 bits under which one registering node numbers its participants.
struct AddressPrefix {
  std::array<std::uint8_t, 6> bytes{};
  friend auto operator<=>(const AddressPrefix&, const AddressPrefix&) = default;
};
// The prefix of a node that was given none: unique local (RFC 4193), fd and 40 bits of SHA-256 of its identifier.
AddressPrefix own_prefix(const NodeId& registrar);
// "2001:db8:17::/48". Fails with kInvalidArgument unless the length is 48 and the rest is zero.
Result<AddressPrefix> parse_prefix(std::string_view text);
std::string format(const AddressPrefix& prefix);

// Given by the registrar, one a participant, from 0.
using SubjectNumber = Strong<std::uint32_t, struct SubjectNumberTag>;
inline constexpr std::uint32_t kSubjectNumbers = 1u << 20;

// What an address says by itself.
struct AddressParts {
  AddressPrefix prefix{};
  SubjectNumber subject{};
  char type = '1';  // of NodeKind and ItemKind
  AreaCode area;
  std::string random;
};

// The address of a node, product or resource; an extension is not part of it. Fails with kInvalidArgument
// ("identifier.no_address") for contracts, which do not fit; with kExhausted if the number is beyond kSubjectNumbers.
Result<Address> to_address(const Identifier& id, const AddressPrefix& prefix, SubjectNumber number);
// Fails with kInvalidArgument ("identifier.address") if the bits could not come from to_address.
Result<AddressParts> take_apart(const Address& address);
// The identifier, once the registry has said whose number it is:
// put_together(*take_apart(*to_address(id, prefix, number)), id.subject()) == id.base().
Identifier put_together(const AddressParts& parts, const SubjectId& subject);

// "591350100m000100y430065zzzz9999": the label of a node, product or resource. Fails with kInvalidArgument for
// contracts.
Result<std::string> to_label(const Identifier& id);
// Either case. Fails with kInvalidArgument.
Result<Identifier> from_label(std::string_view label);

}  // namespace weir::supply::identifier
