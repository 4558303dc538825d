// The matrix, and the grading that follows from it.
// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/grade/grade.h"

#include <algorithm>
#include <utility>

#include "weir/base/check.h"

namespace weir::supply::grade {

namespace {

constexpr std::size_t kElementBytesMax = 512;
constexpr std::size_t kWhyBytesMax = 2048;
constexpr std::size_t kImpactsMax = 32;

// How sensitive general data is after one finding: 2 to 4. Rights of organisations and persons by severity; whatever
// hurts the economy, order or the public at all is the most sensitive general data.
int sub_grade_of(const Impact& impact) {
  const bool rights =
      impact.object == AffectedObject::kOrganisationRights || impact.object == AffectedObject::kPersonalRights;
  return rights ? static_cast<int>(impact.severity) + 1 : 4;
}

// The order in which findings count: level first, then sub-grade.
int weight(const Impact& impact) {
  return static_cast<int>(level_of(impact.object, impact.severity)) * 10 + sub_grade_of(impact);
}

std::string security_level(Level level, int sub_grade) {
  if (level == Level::kCore) return "005";
  if (level == Level::kImportant) return "004";
  return sub_grade >= 3 ? "003" : sub_grade == 2 ? "002" : "001";
}

Reason reason_of(const Impact& impact) {
  const Text object = text_of(impact.object);
  const Text severity = text_of(impact.severity);
  const Text level = text_of(level_of(impact.object, impact.severity));
  Reason reason;
  reason.rule = "gbt43697.matrix." + std::string(name_of(impact.object)) + "." + std::string(name_of(impact.severity));
  reason.why.en = severity.en + " to " + object.en + " makes it " + level.en;
  reason.why.zh = "对" + object.zh + "造成" + severity.zh + "，属于" + level.zh;
  if (!impact.why.empty()) {
    reason.why.en += ": " + impact.why;
    reason.why.zh += "：" + impact.why;
  }
  return reason;
}

Result<> check_lengths(const Assessment& assessment) {
  const Elements& e = assessment.elements;
  for (const std::string* text : {&e.field, &e.group, &e.region, &e.precision, &e.scale, &e.depth, &e.coverage, &e.importance}) {
    if (text->size() > kElementBytesMax) {
      return Error(Errc::kInvalidArgument, "a grading element is longer than 512 bytes").because("grade.too_long");
    }
  }
  for (const Impact& impact : assessment.impacts) {
    if (impact.why.size() > kWhyBytesMax) {
      return Error(Errc::kInvalidArgument, "the reason of an impact is longer than 2048 bytes").because("grade.too_long");
    }
  }
  if (assessment.impacts.size() > kImpactsMax) {
    return Error(Errc::kInvalidArgument, "more than 32 impacts").because("grade.too_long");
  }
  return {};
}

// Sub-grade of general data: what follows from the findings, or what the grader said if that is higher.
int sub_grade_of(const Assessment& assessment, std::vector<Reason>& reasons) {
  int sub_grade = 1;
  for (const Impact& impact : assessment.impacts) sub_grade = std::max(sub_grade, sub_grade_of(impact));
  if (assessment.sensitive_personal && sub_grade < 4) {
    sub_grade = 4;
    reasons.push_back({"gbt43697.sensitive_personal",
                       {"sensitive personal information is general data of sub-grade 4 at least", "敏感个人信息至少为一般数据4级"}});
  }
  if (assessment.sub_grade.value_or(0) > sub_grade) {
    sub_grade = *assessment.sub_grade;
    reasons.push_back({"grade.stated_sub_grade", {"the grader chose a higher sub-grade", "评估人选择了更高的子级"}});
  }
  return sub_grade;
}

}  // namespace

//= GB/T 43697-2024#matrix
// National security: core, core, important; economy, order, public interest: core, important, general; rights: general.
Level level_of(AffectedObject object, Severity severity) {
  switch (object) {
    case AffectedObject::kNationalSecurity:
      return severity == Severity::kGeneralHarm ? Level::kImportant : Level::kCore;
    case AffectedObject::kEconomy:
    case AffectedObject::kSocialOrder:
    case AffectedObject::kPublicInterest:
      return severity == Severity::kEspeciallySeriousHarm ? Level::kCore
             : severity == Severity::kSeriousHarm         ? Level::kImportant
                                                          : Level::kGeneral;
    case AffectedObject::kOrganisationRights:
    case AffectedObject::kPersonalRights:
      return Level::kGeneral;
  }
  return Level::kCore;  // not an enumerator: the safest answer
}

//= GB/T 43697-2024#higher
Result<Grading> assess(const Assessment& assessment) {
  WEIR_TRY(check_lengths(assessment));
  if (assessment.sub_grade && (*assessment.sub_grade < 1 || *assessment.sub_grade > 4)) {
    return Error(Errc::kInvalidArgument, "a sub-grade is 1, 2, 3 or 4").because("grade.sub_grade");
  }
  Grading grading;
  grading.assessment = assessment;
  std::vector<Impact> impacts = assessment.impacts;
  std::stable_sort(impacts.begin(), impacts.end(), [](const Impact& a, const Impact& b) { return weight(a) > weight(b); });
  for (const Impact& impact : impacts) {
    grading.level = std::max(grading.level, level_of(impact.object, impact.severity));
    grading.reasons.push_back(reason_of(impact));
  }
  if (impacts.empty()) {
    grading.reasons.push_back({"gbt43697.no_harm", {"no harm was found, so it is general data", "未发现危害，属于一般数据"}});
  }
  grading.sub_grade = grading.level == Level::kGeneral ? sub_grade_of(assessment, grading.reasons) : 0;
  grading.security_level = security_level(grading.level, grading.sub_grade);
  return grading;
}

Grading stated(Level level, int sub_grade, std::string_view by) {
  WEIR_CHECK(level == Level::kGeneral ? sub_grade >= 1 && sub_grade <= 4 : sub_grade == 0);
  Grading grading;
  grading.level = level;
  grading.sub_grade = sub_grade;
  grading.security_level = security_level(level, sub_grade);
  grading.stated_by = by;
  grading.reasons.push_back(
      {"grade.stated", {"stated by " + std::string(by) + ", not assessed here", "由" + std::string(by) + "声明，未在本节点评估"}});
  return grading;
}

Grading combine(const std::vector<Grading>& sources) {
  WEIR_CHECK(!sources.empty());
  const auto highest = std::max_element(sources.begin(), sources.end(), [](const Grading& a, const Grading& b) {
    return std::pair(a.level, a.sub_grade) < std::pair(b.level, b.sub_grade);
  });
  Grading combined = stated(highest->level, highest->sub_grade, "weir");
  combined.reasons = {{"gbt43697.higher", {"the highest grade of its sources", "就高从严：取来源数据的最高级别"}}};
  combined.reasons.insert(combined.reasons.end(), highest->reasons.begin(), highest->reasons.end());
  return combined;
}

}  // namespace weir::supply::grade
