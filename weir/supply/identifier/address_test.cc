// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/identifier/address.h"

#include <gtest/gtest.h>

namespace weir::supply::identifier {
namespace {

const SubjectId kSubject = *SubjectId::parse("91350100M000100Y43");
const AddressPrefix kPrefix = *parse_prefix("2001:db8:17::/48");

//= NDI-TR-2025-04#dns type=test
TEST(Address, ComesBackAsTheIdentifier) {
  SeededRandom random(3);
  for (int i = 0; i < 2000; ++i) {
    const std::string digits = std::to_string(10000 + random.below(10000)).substr(1);
    const AreaCode area = *AreaCode::parse(digits);
    const Identifier id =
        i % 2 == 0
            ? Identifier(NodeId::generate(static_cast<NodeKind>('1' + random.below(5)), kSubject, area, random))
            : Identifier(*ProductId::generate(static_cast<ItemKind>('6' + random.below(2)), kSubject, area, random));
    const SubjectNumber number(static_cast<std::uint32_t>(random.below(kSubjectNumbers)));
    const Address address = *to_address(id, kPrefix, number);
    const AddressParts parts = *take_apart(*parse_address(format(address)));
    EXPECT_EQ(parts.prefix, kPrefix);
    EXPECT_EQ(parts.subject, number);
    EXPECT_EQ(put_together(parts, kSubject), id);
    EXPECT_EQ(*from_label(*to_label(id)), id);
  }
}

TEST(Address, TheExtremesFit) {
  for (const char* body : {"191350100M000100Y43000000000000", "791350100M000100Y439999ZZZZZZZZ"}) {
    const Identifier id = *Identifier::parse(std::string(body) + *check_character(body));
    for (const std::uint32_t number : {0u, kSubjectNumbers - 1}) {
      const Address address = *to_address(id, kPrefix, SubjectNumber(number));
      EXPECT_EQ(put_together(*take_apart(address), kSubject), id);
    }
  }
}

TEST(Address, IsTheWorkedExample) {
  const Identifier id = *Identifier::parse("591350100M000100Y430065ZZZZ9999S");
  EXPECT_EQ(format(*to_address(id, kPrefix, SubjectNumber(0x12345))), "2001:db8:17:1234:5501:690:d72d:f61d");
  EXPECT_EQ(*to_label(id), "591350100m000100y430065zzzz9999");
  const NodeId registrar = *NodeId::parse("291350100M000100Y431100000000011");
  EXPECT_EQ(format(own_prefix(registrar)), "fdce:512b:c333::/48");
}

TEST(Address, AParticipantsAddressesShareTheir68Bits) {
  SeededRandom random(4);
  const AreaCode area = *AreaCode::parse("1100");
  const auto a =
      *to_address(*ProductId::generate(ItemKind::kProduct, kSubject, area, random), kPrefix, SubjectNumber(7));
  const auto b = *to_address(NodeId::generate(NodeKind::kConnector, kSubject, area, random), kPrefix, SubjectNumber(7));
  EXPECT_TRUE(std::equal(a.bytes.begin(), a.bytes.begin() + 8, b.bytes.begin()));
  EXPECT_EQ(a.bytes[8] >> 4, b.bytes[8] >> 4);
}

// Errors.
TEST(Address, RefusesWhatCannotBeOne) {
  const Identifier contract = *Identifier::parse("C491350100M000100Y4335012025060112000000000001K");
  EXPECT_EQ(to_address(contract, kPrefix, SubjectNumber(0)).error().reason(), "identifier.no_address");
  EXPECT_EQ(to_label(contract).error().reason(), "identifier.no_address");
  const Identifier node = *Identifier::parse("591350100M000100Y430065ZZZZ9999S");
  EXPECT_EQ(to_address(node, kPrefix, SubjectNumber(kSubjectNumbers)).error().code(), Errc::kExhausted);

  EXPECT_FALSE(take_apart(*parse_address("2001:db8:17::")).ok());                      // type 0
  EXPECT_FALSE(take_apart(*parse_address("2001:db8:17:0:0d04:1bff:ffff:ffff")).ok());  // the zero bit is set
  EXPECT_FALSE(take_apart(*parse_address("2001:db8:17:0:05ff:f800::")).ok());          // area beyond 9999
  EXPECT_FALSE(take_apart(*parse_address("2001:db8:17:0:0504:1bff:ffff:ffff")).ok());  // random beyond 36^8
  for (const char* text : {"", "1.2.3.4", "::g", "2001:db8::1%eth0", "2001:db8:17::/48"}) {
    EXPECT_FALSE(parse_address(text).ok()) << text;
  }
  for (const char* text : {"", "2001:db8:17::", "2001:db8:17::/64", "2001:db8:17:1::/48"}) {
    EXPECT_FALSE(parse_prefix(text).ok()) << text;
  }
  for (const char* text : {"", "591350100m000100y430065zzzz999", "591350100m000100y430065zzzz999-"}) {
    EXPECT_FALSE(from_label(text).ok()) << text;
  }
}

}  // namespace
}  // namespace weir::supply::identifier
