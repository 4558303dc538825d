// A grading as JSON.
// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/grade/grade.h"

namespace weir::supply::grade {

namespace {

using wire::Json;

struct ElementName {
  std::string_view name;
  std::string Elements::*member;
};
constexpr ElementName kElements[] = {
    {"field", &Elements::field},       {"group", &Elements::group}, {"region", &Elements::region},
    {"precision", &Elements::precision}, {"scale", &Elements::scale}, {"depth", &Elements::depth},
    {"coverage", &Elements::coverage}, {"importance", &Elements::importance},
};

Error malformed(std::string what) { return Error(Errc::kInvalidArgument, "grade: " + what).because("grade.malformed"); }

Result<Assessment> parse_assessment(const Json& json) {
  Assessment assessment;
  if (const Json& impacts = json["impacts"]; !impacts.is_null()) {
    if (!impacts.is_array()) return malformed("impacts is not an array");
    for (const Json& item : impacts.items()) {
      WEIR_TRY_LET(const AffectedObject object, parse_affected_object(item.text_or("object", "")));
      WEIR_TRY_LET(const Severity severity, parse_severity(item.text_or("severity", "")));
      assessment.impacts.push_back({object, severity, item.text_or("why", "")});
    }
  }
  for (const auto& [name, member] : kElements) assessment.elements.*member = json["elements"].text_or(name, "");
  if (const Json& sub_grade = json["chosen_sub_grade"]; !sub_grade.is_null()) {
    if (!sub_grade.is_integer() || sub_grade.as_integer() < 1 || sub_grade.as_integer() > 4) {
      return malformed("chosen_sub_grade is not 1 to 4");
    }
    assessment.sub_grade = static_cast<int>(sub_grade.as_integer());
  }
  assessment.sensitive_personal = json.boolean_or("sensitive_personal", false);
  return assessment;
}

Result<Grading> parse_stated(const Json& json, std::string_view by) {
  WEIR_TRY_LET(const Level level, parse_level(json.text_or("level", "")));
  const std::int64_t sub_grade = json.integer_or("sub_grade", 0);
  const bool fits = level == Level::kGeneral ? sub_grade >= 1 && sub_grade <= 4 : sub_grade == 0;
  if (!fits) return malformed("sub_grade does not fit the level");
  if (by.size() > 128) return malformed("stated_by is longer than 128 bytes");
  return stated(level, static_cast<int>(sub_grade), by);
}

}  // namespace

Json to_json(const Grading& grading) {
  Json out = Json::object();
  out.set("level", name_of(grading.level));
  if (grading.sub_grade != 0) out.set("sub_grade", grading.sub_grade);
  out.set("security_level", grading.security_level);
  if (!grading.stated_by.empty()) out.set("stated_by", grading.stated_by);
  const Assessment& assessment = grading.assessment;
  Json impacts = Json::array();
  for (const Impact& impact : assessment.impacts) {
    Json item = Json::object({{"object", name_of(impact.object)}, {"severity", name_of(impact.severity)}});
    if (!impact.why.empty()) item.set("why", impact.why);
    impacts.push(std::move(item));
  }
  if (impacts.size() > 0) out.set("impacts", std::move(impacts));
  Json elements = Json::object();
  for (const auto& [name, member] : kElements) {
    if (!(assessment.elements.*member).empty()) elements.set(name, assessment.elements.*member);
  }
  if (elements.size() > 0) out.set("elements", std::move(elements));
  if (assessment.sub_grade) out.set("chosen_sub_grade", *assessment.sub_grade);
  if (assessment.sensitive_personal) out.set("sensitive_personal", true);
  Json reasons = Json::array();
  for (const Reason& reason : grading.reasons) {
    reasons.push(Json::object({{"rule", reason.rule}, {"en", reason.why.en}, {"zh", reason.why.zh}}));
  }
  out.set("reasons", std::move(reasons));
  return out;
}

Result<Grading> parse_grading(const Json& json) {
  if (!json.is_object()) return malformed("not an object");
  if (const std::string by = json.text_or("stated_by", ""); !by.empty()) {
    WEIR_TRY_LET(Grading grading, parse_stated(json, by));
    grading.reasons.clear();
    if (json["reasons"].is_array()) {
      for (const Json& item : json["reasons"].items()) {
        grading.reasons.push_back({item.text_or("rule", ""), {item.text_or("en", ""), item.text_or("zh", "")}});
      }
    }
    return grading;
  }
  WEIR_TRY_LET(const Assessment assessment, parse_assessment(json));
  WEIR_TRY_LET(Grading grading, assess(assessment));
  const std::string claimed = json.text_or("level", name_of(grading.level));
  if (claimed != name_of(grading.level) || json.integer_or("sub_grade", grading.sub_grade) != grading.sub_grade) {
    return Error(Errc::kInvalidArgument, "the level claimed is not the one that follows from the impacts")
        .because("grade.mismatch")
        .advise("Leave level and sub_grade out; they are computed from the impacts.");
  }
  return grading;
}

}  // namespace weir::supply::grade
