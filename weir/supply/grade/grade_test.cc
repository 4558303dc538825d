// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/grade/grade.h"

#include <gtest/gtest.h>

namespace weir::supply::grade {
namespace {

using O = AffectedObject;
using S = Severity;

Grading graded(std::vector<Impact> impacts) { return *assess({.impacts = std::move(impacts)}); }

//= GB/T 43697-2024#matrix type=test
TEST(Grade, EveryCellOfTheMatrix) {
  struct Cell {
    O object;
    Level general, serious, especially_serious;
  };
  constexpr Level kG = Level::kGeneral, kI = Level::kImportant, kC = Level::kCore;
  for (const Cell& cell : {Cell{O::kNationalSecurity, kI, kC, kC}, Cell{O::kEconomy, kG, kI, kC},
                           Cell{O::kSocialOrder, kG, kI, kC}, Cell{O::kPublicInterest, kG, kI, kC},
                           Cell{O::kOrganisationRights, kG, kG, kG}, Cell{O::kPersonalRights, kG, kG, kG}}) {
    EXPECT_EQ(level_of(cell.object, S::kGeneralHarm), cell.general) << name_of(cell.object);
    EXPECT_EQ(level_of(cell.object, S::kSeriousHarm), cell.serious) << name_of(cell.object);
    EXPECT_EQ(level_of(cell.object, S::kEspeciallySeriousHarm), cell.especially_serious) << name_of(cell.object);
  }
}

//= GB/T 43697-2024#higher type=test
TEST(Grade, TheHigherOfAllFindingsCounts) {
  const Grading grading = graded({{O::kPersonalRights, S::kEspeciallySeriousHarm, ""},
                                  {O::kEconomy, S::kSeriousHarm, "prices"},
                                  {O::kSocialOrder, S::kGeneralHarm, ""}});
  EXPECT_EQ(grading.level, Level::kImportant);
  EXPECT_EQ(grading.sub_grade, 0);
  EXPECT_EQ(grading.security_level, "004");
  ASSERT_EQ(grading.reasons.size(), 3u);
  EXPECT_EQ(grading.reasons[0].rule, "gbt43697.matrix.economy.serious");
  EXPECT_EQ(grading.reasons[0].why.en, "serious harm to the running of the economy makes it important data: prices");
  EXPECT_EQ(grading.reasons[0].why.zh, "对经济运行造成严重危害，属于重要数据：prices");
}

//= GB/T 43697-2024#sub-grades type=test
TEST(Grade, GeneralDataIsSubGradedBySeverity) {
  EXPECT_EQ(graded({}).sub_grade, 1);
  EXPECT_EQ(graded({{O::kPersonalRights, S::kGeneralHarm, ""}}).sub_grade, 2);
  EXPECT_EQ(graded({{O::kOrganisationRights, S::kSeriousHarm, ""}}).sub_grade, 3);
  EXPECT_EQ(graded({{O::kPersonalRights, S::kEspeciallySeriousHarm, ""}}).sub_grade, 4);
  EXPECT_EQ(graded({{O::kPublicInterest, S::kGeneralHarm, ""}}).sub_grade, 4);
  EXPECT_EQ(assess({.impacts = {}, .sensitive_personal = true})->sub_grade, 4);
}

TEST(Grade, ASubGradeCanBeRaisedButNotLowered) {
  EXPECT_EQ(assess({.impacts = {{O::kPersonalRights, S::kSeriousHarm, ""}}, .sub_grade = 1})->sub_grade, 3);
  EXPECT_EQ(assess({.impacts = {{O::kPersonalRights, S::kSeriousHarm, ""}}, .sub_grade = 4})->sub_grade, 4);
}

TEST(Grade, SecurityLevelsFollow) {
  EXPECT_EQ(graded({}).security_level, "001");
  EXPECT_EQ(graded({{O::kPersonalRights, S::kGeneralHarm, ""}}).security_level, "002");
  EXPECT_EQ(graded({{O::kPersonalRights, S::kSeriousHarm, ""}}).security_level, "003");
  EXPECT_EQ(graded({{O::kNationalSecurity, S::kSeriousHarm, ""}}).security_level, "005");
}

TEST(Grade, MixingNeverLowers) {
  const Grading low = graded({});
  const Grading high = graded({{O::kEconomy, S::kSeriousHarm, ""}});
  EXPECT_EQ(combine({low, high}).level, Level::kImportant);
  EXPECT_EQ(combine({high, low}).reasons.front().rule, "gbt43697.higher");
}

//= TC609-6-2025-13#grading type=test
TEST(Grade, DefaultTermsTightenWithTheGrade) {
  const DefaultTerms open = default_terms(graded({}));
  EXPECT_EQ(open.redistribution, Redistribution::kAllowed);
  EXPECT_FALSE(open.log_each_use);
  const DefaultTerms personal = default_terms(graded({{O::kPersonalRights, S::kEspeciallySeriousHarm, ""}}));
  EXPECT_TRUE(personal.needs_approval);
  EXPECT_EQ(personal.redistribution, Redistribution::kProhibited);
  const DefaultTerms important = default_terms(graded({{O::kEconomy, S::kSeriousHarm, ""}}));
  EXPECT_TRUE(important.offer_outside);
  EXPECT_TRUE(important.needs_approval && important.log_each_use && important.encrypted && important.compute_only);
  EXPECT_EQ(important.redistribution, Redistribution::kProhibited);
}

TEST(Grade, CoreDataIsNeverOffered) {
  const auto offered = may_be_offered(graded({{O::kNationalSecurity, S::kSeriousHarm, ""}}));
  ASSERT_FALSE(offered);
  EXPECT_EQ(offered.error().code(), Errc::kForbidden);
  EXPECT_EQ(offered.error().reason(), "grade.never_offered");
  EXPECT_TRUE(may_be_offered(graded({{O::kEconomy, S::kSeriousHarm, ""}})));
}

TEST(Grade, JsonComesBackAsItWas) {
  const Assessment assessment{.impacts = {{O::kEconomy, S::kSeriousHarm, "prices"}, {O::kPersonalRights, S::kGeneralHarm, ""}},
                              .elements = {.field = "grid", .group = "households", .scale = "10 million"},
                              .sub_grade = 3,
                              .sensitive_personal = true};
  const Grading grading = *assess(assessment);
  EXPECT_EQ(*parse_grading(to_json(grading)), grading);
  const Grading said = stated(Level::kGeneral, 2, "data.example.gov");
  EXPECT_EQ(*parse_grading(to_json(said)), said);
}

TEST(Grade, NamesComeBack) {
  for (const Level level : {Level::kGeneral, Level::kImportant, Level::kCore}) EXPECT_EQ(*parse_level(name_of(level)), level);
  for (int i = 1; i <= 6; ++i) EXPECT_EQ(*parse_affected_object(name_of(static_cast<O>(i))), static_cast<O>(i));
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(*parse_severity(name_of(static_cast<S>(i))), static_cast<S>(i));
}

// --- Error paths ---

TEST(GradeErrors, SubGradeOutOfRange) {
  EXPECT_EQ(assess({.impacts = {}, .sub_grade = 5}).error().reason(), "grade.sub_grade");
  EXPECT_EQ(assess({.impacts = {}, .sub_grade = 0}).error().reason(), "grade.sub_grade");
}

TEST(GradeErrors, TooLong) {
  EXPECT_EQ(assess({.impacts = {}, .elements = {.field = std::string(513, 'a')}}).error().reason(), "grade.too_long");
  EXPECT_EQ(assess({.impacts = {{O::kEconomy, S::kGeneralHarm, std::string(2049, 'a')}}}).error().reason(), "grade.too_long");
  EXPECT_EQ(assess({.impacts = std::vector<Impact>(33, {O::kEconomy, S::kGeneralHarm, ""})}).error().reason(), "grade.too_long");
}

TEST(GradeErrors, ALowerClaimIsRefused) {
  wire::Json json = to_json(graded({{O::kNationalSecurity, S::kSeriousHarm, ""}}));
  json.set("level", "general");
  EXPECT_EQ(parse_grading(json).error().reason(), "grade.mismatch");
}

TEST(GradeErrors, MalformedJson) {
  for (const std::string_view text :
       {R"([])", R"({"impacts":{}})", R"({"impacts":[{"object":"moon","severity":"general"}]})",
        R"({"impacts":[{"object":"economy","severity":"bad"}]})", R"({"chosen_sub_grade":9})",
        R"({"stated_by":"x","level":"general","sub_grade":0})", R"({"stated_by":"x","level":"core","sub_grade":2})",
        R"({"stated_by":"x","level":"odd"})"}) {
    const auto parsed = parse_grading(*wire::parse_json(text));
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().reason(), "grade.malformed") << text;
  }
}

}  // namespace
}  // namespace weir::supply::grade
