// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/credential/actor.h"

#include <gtest/gtest.h>

namespace weir::trust::credential {
namespace {

using supply::identifier::NodeId;
using supply::identifier::SubjectId;

const SubjectId kOrganisation = *SubjectId::parse("91350100M000100Y43");
const NodeId kNode = *NodeId::parse("591350100M000100Y430065ZZZZ9999S");

//= NDI-TR-2025-03#operator-identifier type=test
TEST(OperatorId, IsALocalNameOrUsccAndCertificateNumber) {
  for (const char* text :
       {"anna", "nightly-export", "a.b_c-1", "91350100M000100Y43/G12345678", "91350100M000100Y43/1-2"}) {
    const auto id = OperatorId::parse(text);
    ASSERT_TRUE(id.ok()) << text;
    EXPECT_EQ(id->text(), text);
  }
  EXPECT_EQ(OperatorId::parse("91350100M000100Y43/G12345678")->organisation(), "91350100M000100Y43");
  EXPECT_EQ(OperatorId::parse("anna")->organisation(), "");
}

TEST(OperatorId, MapsCitizenNumbers) {
  const crypto::SecretBytes key(Bytes(32, 9));
  const auto id = OperatorId::of(kOrganisation, "11010519491231002X", key);
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(id->text().find("1101051949"), std::string::npos);
  EXPECT_TRUE(id->text().starts_with("91350100M000100Y43/P"));
  EXPECT_EQ(OperatorId::of(kOrganisation, "G12345678", key)->text(), "91350100M000100Y43/G12345678");
}

TEST(Actor, SaysWhatKindOfActorItIs) {
  EXPECT_EQ(Actor(*OperatorId::parse("anna")).text(), "anna");
  EXPECT_EQ(Actor::node(kNode).text(), "node:" + kNode.text());
  EXPECT_EQ(Actor::peer(kNode).text(), "peer:" + kNode.text());
  for (const std::string text : {"anna", "91350100M000100Y43/G1", "node:591350100M000100Y430065ZZZZ9999S",
                                 "peer:591350100M000100Y430065ZZZZ9999S"}) {
    EXPECT_EQ(Actor::parse(text)->text(), text);
  }
}

// Errors.
TEST(OperatorId, RefusesWhatIsNeither) {
  for (const char* text : {"", "a", "Anna", "1anna", "an na", "anna\n", "91350100M000100Y42/G1", "91350100M000100Y43/",
                           "91350100M000100Y43/g1", "91350100M000100Y43/A/B", "/G1"}) {
    EXPECT_EQ(OperatorId::parse(text).error().code(), Errc::kInvalidArgument) << text;
  }
  EXPECT_FALSE(OperatorId::parse("a" + std::string(64, 'b')).ok());
  EXPECT_FALSE(OperatorId::parse("91350100M000100Y43/" + std::string(41, 'A')).ok());
}

TEST(OperatorId, RefusesACitizenNumberAsItIs) {
  const auto refused = OperatorId::parse("91350100M000100Y43/11010519491231002X");
  EXPECT_EQ(refused.error().reason(), "operator.raw_citizen_number");
  EXPECT_EQ(refused.error().message().find("1949"), std::string_view::npos);
}

TEST(Actor, RefusesWhatNamesNobody) {
  for (const char* text : {"", "node:", "peer:x", "anonymous!", "applicant:1"})
    EXPECT_FALSE(Actor::parse(text).ok()) << text;
}

}  // namespace
}  // namespace weir::trust::credential
