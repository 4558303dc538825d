// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/identifier/identifier.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "weir/supply/identifier/person.h"
#include "weir/supply/identifier/uscc.h"
#include "weir/wire/json.h"

namespace weir::supply::identifier {
namespace {

const wire::Json& vectors() {
  static const wire::Json all = [] {
    std::ifstream file(WEIR_SOURCE_DIR "/tests/vectors/identifier/identifiers.json");
    return *wire::parse_json(std::string(std::istreambuf_iterator<char>(file), {}));
  }();
  return all;
}

const SubjectId kSubject = *SubjectId::parse("91350100M000100Y43");
const AreaCode kArea = *AreaCode::parse("4403");
constexpr std::string_view kAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*";

//= NDI-TR-2025-04#check-character type=test
TEST(Identifier, CheckCharactersAreThoseOfTheStandard) {
  for (const auto& vector : vectors()["check"].items()) {
    EXPECT_EQ(*check_character(*vector.text("body")), vector["check"].as_string()[0]);
  }
}

//= NDI-TR-2025-04#item type=test
//= NDI-TR-2025-04#node type=test
TEST(Identifier, ReadsNodesItemsAndContractsAndGivesThemBack) {
  for (const auto& vector : vectors()["nodes"].items()) {
    const auto id = NodeId::parse(*vector.text("text"));
    ASSERT_TRUE(id.ok()) << vector.dump();
    EXPECT_EQ(id->text(), *vector.text("text"));
    EXPECT_EQ(static_cast<char>(id->kind()), vector["kind"].as_string()[0]);
    EXPECT_EQ(id->area().text(), *vector.text("area"));
    EXPECT_EQ(id->subject(), kSubject);
  }
  for (const auto& vector : vectors()["items"].items()) {
    for (const std::string extension : {"", "•旧编码-0017", "•X"}) {
      const auto id = ProductId::parse(*vector.text("text") + extension);
      ASSERT_TRUE(id.ok()) << vector.dump();
      EXPECT_EQ(id->text(), *vector.text("text") + extension);
      EXPECT_EQ(static_cast<char>(id->kind()), vector["kind"].as_string()[0]);
      EXPECT_EQ(id->area().text(), *vector.text("area"));
      EXPECT_EQ(extension.empty() ? "" : "•" + std::string(id->extension()), extension);
      EXPECT_EQ(Identifier(*id).base().text(), *vector.text("text"));
    }
  }
  for (const auto& vector : vectors()["contracts"].items()) {
    const auto id = ContractId::parse(*vector.text("text"));
    ASSERT_TRUE(id.ok()) << vector.dump();
    EXPECT_EQ(id->text(), *vector.text("text"));
    EXPECT_EQ(format_iso8601(id->time()), *vector.text("time"));
    EXPECT_EQ(id->area().text(), *vector.text("area"));
    EXPECT_EQ(id->subject(), kSubject);
    EXPECT_EQ(id->type(), 'C');
    EXPECT_EQ(id->node_kind(), NodeKind::kBusiness);
  }
}

TEST(Identifier, AnyFormIsToldByItsText) {
  const auto& all = vectors();
  for (const auto& v : all["nodes"].items()) EXPECT_EQ(Identifier::parse(*v.text("text"))->form(), Form::kNode);
  for (const auto& v : all["items"].items()) EXPECT_EQ(Identifier::parse(*v.text("text"))->form(), Form::kItem);
  for (const auto& v : all["contracts"].items()) EXPECT_EQ(Identifier::parse(*v.text("text"))->form(), Form::kContract);
  // An item whose extension makes it as long as a contract is still an item.
  const std::string item = "691350100M000100Y4344031BH95JZY*•ABCDEFGHIJKL";
  ASSERT_EQ(item.size(), 47u);
  EXPECT_EQ(Identifier::parse(item)->form(), Form::kItem);
}

// What must not be read.
TEST(Identifier, RefusesEveryBadVector) {
  for (const auto& vector : vectors()["bad"].items()) {
    const std::string form = *vector.text("form");
    const std::string text = *vector.text("text");
    const auto refused = [&](const auto& result) {
      ASSERT_FALSE(result.ok()) << vector.dump();
      EXPECT_EQ(result.error().code(), Errc::kInvalidArgument) << vector.dump();
    };
    if (form == "uscc")
      refused(Uscc::parse(text));
    else if (form == "organisation")
      refused(OrganisationCode::parse(text));
    else if (form == "person")
      refused(PersonCode::parse(text));
    else if (form == "subject")
      refused(SubjectId::parse(text));
    else if (form == "node")
      refused(NodeId::parse(text));
    else if (form == "item")
      refused(ProductId::parse(text));
    else if (form == "contract")
      refused(ContractId::parse(text));
    else
      FAIL() << form;
  }
}

TEST(Identifier, DetectsEverySingleWrongCharacterOfThe32) {
  const std::string good = "591350100M000100Y430065ZZZZ9999S";
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char c : kAlphabet) {
      if (c == good[at]) continue;
      std::string wrong = good;
      wrong[at] = c;
      EXPECT_FALSE(NodeId::parse(wrong).ok()) << wrong;
      EXPECT_FALSE(Identifier::parse(wrong).ok()) << wrong;
    }
  }
}

TEST(Identifier, DetectsEverySwapOfDifferentNeighbours) {
  const std::string good = "691350100M000100Y4344031BH95JZY*";
  for (std::size_t at = 0; at + 1 < good.size(); ++at) {
    if (good[at] == good[at + 1]) continue;
    std::string wrong = good;
    std::swap(wrong[at], wrong[at + 1]);
    EXPECT_FALSE(Identifier::parse(wrong).ok()) << wrong;
  }
}

//= TC609-6-2025-14#contract-identifier type=test
TEST(Identifier, DetectsEverySingleWrongCharacterOfAContract) {
  const std::string good = "C491350100M000100Y4335012025060112000000000001K";
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char c : kAlphabet) {
      if (c == good[at]) continue;
      std::string wrong = good;
      wrong[at] = c;
      EXPECT_FALSE(ContractId::parse(wrong).ok()) << wrong;
    }
  }
}

TEST(Identifier, GeneratedOnesAreValidAndDiffer) {
  SeededRandom random(1);
  std::set<std::string> seen;
  for (int i = 0; i < 2000; ++i) {
    const NodeId node = NodeId::generate(NodeKind::kConnector, kSubject, kArea, random);
    const ProductId product = *ProductId::generate(ItemKind::kProduct, kSubject, kArea, random, "旧-17");
    const ContractId contract =
        ContractId::generate(NodeKind::kConnector, kSubject, kArea, Timestamp(1780000000123), random);
    EXPECT_EQ(NodeId::parse(node.text())->text(), node.text());
    EXPECT_EQ(ProductId::parse(product.text())->text(), product.text());
    EXPECT_EQ(ContractId::parse(contract.text())->text(), contract.text());
    EXPECT_EQ(contract.time(), Timestamp(1780000000000));
    seen.insert({node.text(), product.text(), contract.text()});
  }
  EXPECT_EQ(seen.size(), 6000u);
}

TEST(Identifier, TheTypeOfContractsIsConfigurable) {
  SeededRandom random(2);
  const ContractId id = ContractId::generate(NodeKind::kBusiness, kSubject, kArea, Timestamp(0), random, '8');
  EXPECT_EQ(id.type(), '8');
  EXPECT_EQ(ContractId::parse(id.text())->type(), '8');
}

// Errors.
TEST(Identifier, ACitizenNumberIsNeverASubjectAndNeverRepeated) {
  const auto refused = SubjectId::parse("370102194912310029");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason(), "identifier.raw_person");
  // 1 in 31 of those that begin like a USCC is one too, and cannot be told apart.
  EXPECT_TRUE(Uscc::parse("110105194912300024").ok() && PersonCode::parse("110105194912300024").ok());
  for (const char* text : {"370102194912310029", "11010519491231002X", "110105194912310021"}) {
    const auto error = SubjectId::parse(text);
    ASSERT_FALSE(error.ok());
    EXPECT_EQ(error.error().message().find(text), std::string_view::npos);
  }
}

//= NDI-TR-2025-04#subject type=test
TEST(Identifier, AMistypedUsccIsNoAssignedCode) {
  EXPECT_FALSE(SubjectId::parse("91310105575958172F").ok());
  EXPECT_TRUE(SubjectId::parse("91310105575958172A")->is_uscc());
  EXPECT_TRUE(SubjectId::parse("ZZZZZZZZZZZZZZZZZZ").ok());
  EXPECT_FALSE(SubjectId::parse("ZZZZZZZZZZZZZZZZZZ")->is_uscc());
}

TEST(Identifier, ErrorsRepeatOnlyShortPrintableText) {
  EXPECT_EQ(NodeId::parse(std::string(200, 'A')).error().message().find("AAAA"), std::string_view::npos);
  EXPECT_EQ(NodeId::parse("\x1b[31m").error().message().find('\x1b'), std::string_view::npos);
}

}  // namespace
}  // namespace weir::supply::identifier
