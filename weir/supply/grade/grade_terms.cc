// The terms that follow from a grade unless somebody chooses stricter ones.
// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/grade/grade.h"

namespace weir::supply::grade {

namespace {

DefaultTerms core_terms() {
  DefaultTerms terms;
  terms.offer_outside = false;
  terms.needs_approval = true;
  terms.notify_each_use = true;
  terms.compute_only = true;
  terms.reasons.push_back({"grade.core.stays", {"core data is never offered to another participant", "核心数据不得对外提供"}});
  return terms;
}

DefaultTerms important_terms() {
  DefaultTerms terms;
  terms.needs_approval = true;
  terms.notify_each_use = true;
  terms.compute_only = true;
  terms.days_max = 365;
  terms.reasons.push_back({"grade.important.approval",
                           {"each contract over important data is approved by a person", "重要数据的每份合同须经人工审批"}});
  terms.reasons.push_back({"grade.important.kept_close",
                           {"it is not passed on, each use is logged, it is encrypted; computing on it where it is, is advised",
                            "不得转授，逐次记录使用，全程加密；建议可用不可见，在原处计算"}});
  return terms;
}

DefaultTerms general_terms(int sub_grade) {
  DefaultTerms terms;
  terms.needs_approval = sub_grade >= 4;
  terms.redistribution = sub_grade <= 1 ? Redistribution::kAllowed : Redistribution::kProhibited;
  terms.log_each_use = sub_grade >= 2;
  terms.encrypted = sub_grade >= 3;
  terms.delete_after = sub_grade >= 2;
  const std::string number = std::to_string(sub_grade);
  terms.reasons.push_back({"grade.general." + number,
                           {"the usual terms of general data, sub-grade " + number, "一般数据" + number + "级的默认条款"}});
  return terms;
}

}  // namespace

DefaultTerms default_terms(const Grading& grading) {
  switch (grading.level) {
    case Level::kCore: return core_terms();
    case Level::kImportant: return important_terms();
    case Level::kGeneral: return general_terms(grading.sub_grade);
  }
  return core_terms();
}

Result<> may_be_offered(const Grading& grading) {
  if (default_terms(grading).offer_outside) return {};
  return Error(Errc::kForbidden, "core data is never offered to another participant")
      .because("grade.never_offered")
      .advise("Take the offer off the product, or have the data graded again.");
}

}  // namespace weir::supply::grade
