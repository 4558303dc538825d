// SPDX-License-Identifier: Apache-2.0
// What `weir policy check` finds and `weir policy explain` says, of the constructs of ODRL beyond a plain rule.
#include <gmock/gmock.h>

#include "weir/policy/conflict.h"
#include "weir/policy/explain.h"
#include "weir/policy/report.h"
#include "weir/policy/test_help.h"
#include "weir/policy/validate.h"

namespace weir::policy {
namespace {

using test::odrl;
using ::testing::HasSubstr;

// The slugs of the report, those of errors with an exclamation mark.
std::vector<std::string> found(std::string_view document, std::string_view now = "2026-06-01") {
  std::vector<std::string> out;
  const wire::Json said = report(odrl(document), test::at(now));
  for (const wire::Json& problem : said["problems"].items()) {
    EXPECT_FALSE(problem.text_or("en", "").empty() || problem.text_or("zh", "").empty());
    out.push_back(problem.text_or("slug", "") + (problem.text_or("severity", "") == "error" ? "!" : ""));
  }
  return out;
}

std::string with(std::string_view constraints) {
  return R"({"permission": [{"action": "use", "constraint": [)" + std::string(constraints) + "]}]}";
}

using Slugs = std::vector<std::string>;

// --- Terms that can never be met ---

TEST(Check, PlacesThatLieApartCannotBothBeWhereItIsUsed) {
  const auto places = [](std::string_view a, std::string_view b) {
    return found(with(R"({"leftOperand": "spatial", "operator": "isPartOf", "rightOperand": ")" + std::string(a) +
                      R"("}, {"leftOperand": "spatial", "operator": "eq", "rightOperand": ")" + std::string(b) +
                      R"("})"));
  };
  EXPECT_EQ(places("35", "440300"), Slugs{"conflict.contradiction!"});
  EXPECT_EQ(places("35", "350200"), Slugs{});
  EXPECT_EQ(places("350200", "35"), Slugs{});
}

TEST(Check, ASequenceOfDatesWrittenBackwards) {
  const auto sequence = [](std::string_view a, std::string_view b) {
    return found(
        with(R"({"andSequence": {"@list": [{"leftOperand": "dateTime", "operator": "gteq", "rightOperand": ")" +
             std::string(a) + R"("}, {"leftOperand": "dateTime", "operator": "gt", "rightOperand": ")" +
             std::string(b) + R"("}]}})"));
  };
  EXPECT_EQ(sequence("2026-01-01", "2026-02-01"), Slugs{"policy.sequence"});
  EXPECT_EQ(sequence("2026-02-01", "2026-01-01"), (Slugs{"policy.sequence", "conflict.contradiction!"}));
}

TEST(Check, ExactlyOneOfTwoThatAreTheSame) {
  const std::string research = R"({"leftOperand": "purpose", "operator": "eq", "rightOperand": "research"})";
  const std::string sale = R"({"leftOperand": "purpose", "operator": "eq", "rightOperand": "sale"})";
  EXPECT_EQ(found(with(R"({"xone": [)" + research + "," + research + "]}")), Slugs{"conflict.contradiction!"});
  EXPECT_EQ(found(with(R"({"xone": [)" + research + "," + sale + "]}")), Slugs{});
}

TEST(Check, ARefinementThatContradictsAConstraint) {
  EXPECT_EQ(found(R"({"permission": [{"action": {"rdf:value": {"@id": "use"}, "refinement": [
    {"leftOperand": "count", "operator": "gt", "rightOperand": "5"}]},
    "constraint": [{"leftOperand": "count", "operator": "lt", "rightOperand": "3"}]}]})"),
            Slugs{"conflict.contradiction!"});
}

TEST(Check, AnOperatorThatSaysNothingOfItsOperand) {
  EXPECT_EQ(found(with(R"({"leftOperand": "dateTime", "operator": "hasPart", "rightOperand": "2026-01-01"})")),
            Slugs{"policy.never_known"});
  EXPECT_EQ(found(with(R"({"leftOperand": "resolution", "operator": "lteq", "rightOperand": "300"})")),
            Slugs{"policy.stated_only"});
}

TEST(Check, ADutyToDoWhatIsForbidden) {
  EXPECT_EQ(
      found(
          R"({"permission": [{"action": "print", "duty": [{"action": "inform"}]}],
            "prohibition": [{"action": "inform"}]})"),
      Slugs{"conflict.contradiction!"});
  EXPECT_EQ(
      found(
          R"({"permission": [{"action": "print", "duty": [{"action": "inform"}]}],
            "prohibition": [{"action": "sell"}]})"),
      Slugs{});
  EXPECT_EQ(found(R"({"permission": [{"action": "print"}], "obligation": [{"action": "anonymize"}],
    "prohibition": [{"action": "modify"}, {"action": "anonymize"}]})"),
            Slugs{"conflict.contradiction!"});
}

// --- Rules that nothing reaches ---

constexpr std::string_view kReadButNotUse =
    R"("permission": [{"action": "read"}], "prohibition": [{"action": "use"}]})";

TEST(Check, SaysWhichRuleDoesNothingByTheStrategyOfThePolicy) {
  EXPECT_EQ(found("{" + std::string(kReadButNotUse)), Slugs{"conflict.unreachable!"});
  EXPECT_EQ(found(R"({"conflict": "prohibit", )" + std::string(kReadButNotUse)), Slugs{"conflict.unreachable!"});
  EXPECT_EQ(found(R"({"conflict": "perm", )" + std::string(kReadButNotUse)),
            (Slugs{"policy.conflict_strategy", "conflict.authorisation"}));
  EXPECT_EQ(found(R"({"conflict": "perm", "permission": [{"action": "use"}], "prohibition": [{"action": "read"}]})"),
            (Slugs{"policy.conflict_strategy", "conflict.unreachable"}));
  EXPECT_EQ(found(R"({"conflict": "invalid", )" + std::string(kReadButNotUse)),
            (Slugs{"policy.void!", "conflict.unreachable!"}));
  EXPECT_EQ(found(R"({"conflict": "first", "permission": [{"action": "read"}]})"), Slugs{"policy.void!"});
}

TEST(Check, ACollectionMayHoldWhatAnotherRuleIsAbout) {
  const auto about = [](std::string_view target) {
    return found(
        R"({"permission": [{"action": "read", "target": "urn:p"}], "prohibition": [{"action": "read", "target": )" +
        std::string(target) + "}]}");
  };
  EXPECT_EQ(about(R"("urn:q")"), Slugs{});
  EXPECT_EQ(about(R"({"@type": "AssetCollection", "source": "urn:q"})"), Slugs{"conflict.authorisation"});
}

// --- In words ---

TEST(Explain, SaysWhatIsNarrowedAndToWhom) {
  const Text words = explain(odrl(R"({"permission": [{
    "action": {"rdf:value": {"@id": "print"}, "refinement": [
      {"leftOperand": "resolution", "operator": "lteq", "rightOperand": "1200",
      "unit": "http://dbpedia.org/resource/Dots_per_inch"}]},
    "target": {"@type": "AssetCollection", "source": "urn:maps", "refinement": [
      {"leftOperand": "language", "operator": "eq", "rightOperand": "zh"}]},
    "assignee": {"@type": "PartyCollection", "@id": "urn:staff", "refinement": [
      {"leftOperand": "vcard:hasRole", "operator": "eq", "rightOperand": "editor"}]}}]})"));
  EXPECT_EQ(words.en,
            "May be printed if the resolution is at most 1200 Dots_per_inch, of any part of urn:maps (only if the "
            "language is zh), "
            "by any part of urn:staff (only if the role of the user is editor).");
  EXPECT_EQ(words.zh,
            "可打印：分辨率 不超过 1200 Dots_per_inch，对象为 集合 urn:maps 的任一成员（仅限：语言 为 zh），使用方 "
            "集合 urn:staff "
            "的任一成员（仅限：使用者角色 为 editor）。");
}

TEST(Explain, SaysWhatFollowsWhatAndForWhom) {
  const Text words = explain(odrl(R"({"permission": [{"action": "use", "duty": [{"action": "delete", "consequence": [
      {"action": {"rdf:value": {"@id": "compensate"}, "refinement": [{"leftOperand": "payAmount", "operator": "eq",
        "rightOperand": "5.00", "unit": "EUR", "dc:frequency": {"@id": "freq:monthly"}}]}, "compensatedParty": "urn:a",
       "consequence": [{"action": "inform", "informedParty": "urn:court"}]}]}]}],
    "prohibition": [{"action": "sell", "remedy": [{"action": "delete", "consequence": [{"action": "inform"}]}]}]})"));
  EXPECT_EQ(
      words.en,
      "May be used. After use it must be deleted. If that is not done it must be paid for to urn:a for 5.00 EUR every "
      "1 month. "
      "If that is not done it must be reported to urn:court. May not be sold. If that happens it must be deleted. "
      "If that is not done it must be reported.");
  EXPECT_THAT(words.zh, HasSubstr("收款方 urn:a"));
}

TEST(Explain, SaysHowConflictsEndAndWhatIsInherited) {
  EXPECT_THAT(explain(odrl(R"({"conflict": "perm", "permission": [{"action": "use"}]})")).en,
              HasSubstr("it is permitted."));
  EXPECT_THAT(explain(odrl(R"({"inheritFrom": "urn:far", "permission": [{"action": "use"}]})")).en,
              HasSubstr("inherits the rules of urn:far"));
  EXPECT_THAT(explain(odrl("{\"conflict\": \"invalid\", " + std::string(kReadButNotUse))).en, HasSubstr("void"));
}

}  // namespace
}  // namespace weir::policy
