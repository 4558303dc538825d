// Grade: how much harm the data could do, by the matrix of GB/T 43697-2024, and the terms that follow from it.
//
// Three levels (core, important, general) from the object that would be affected and how badly; the higher of all
// findings counts. General data is sub-graded 1 to 4. The security level 001-005 of NDI-TR-2025-06 is mapped.
// Format: docs/formats/product.md. Thread-safety: values and pure functions. Trust: parse_grading takes hostile JSON.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/result.h"
#include "weir/base/text.h"
#include "weir/wire/json.h"

namespace weir::supply::grade {

enum class Level : std::uint8_t { kGeneral = 1, kImportant = 2, kCore = 3 };

// What a leak, falsification, destruction or misuse of the data would hurt.
enum class AffectedObject : std::uint8_t {
  kNationalSecurity = 1,
  kEconomy = 2,
  kSocialOrder = 3,
  kPublicInterest = 4,
  kOrganisationRights = 5,
  kPersonalRights = 6,
};
enum class Severity : std::uint8_t { kGeneralHarm = 1, kSeriousHarm = 2, kEspeciallySeriousHarm = 3 };

// The stable lower-case names ("core", "national_security", "serious") and what people read.
std::string_view name_of(Level level);
std::string_view name_of(AffectedObject object);
std::string_view name_of(Severity severity);
Text text_of(Level level);
Text text_of(AffectedObject object);
Text text_of(Severity severity);
Result<Level> parse_level(std::string_view name);
Result<AffectedObject> parse_affected_object(std::string_view name);
Result<Severity> parse_severity(std::string_view name);

//= TC609-6-2025-13#grading
// One cell of the matrix.
Level level_of(AffectedObject object, Severity severity);

struct Impact {
  AffectedObject object;
  Severity severity;
  std::string why;  // in the grader's own words; may be empty
  friend bool operator==(const Impact&, const Impact&) = default;
};

// The elements that the grader looked at. Recorded as said; they do not change the result.
struct Elements {
  std::string field;       // business field or industry
  std::string group;       // whom or what the data is about
  std::string region;
  std::string precision;
  std::string scale;
  std::string depth;       // how far it is processed, fused, inferred
  std::string coverage;
  std::string importance;
  friend bool operator==(const Elements&, const Elements&) = default;
};

// What is known when data is graded.
struct Assessment {
  std::vector<Impact> impacts;
  Elements elements;
  // 1 (public) to 4 (sensitive) of general data, if the grader says so; else it follows from the impacts. Never lower
  // than what follows.
  std::optional<int> sub_grade;
  // Sensitive personal information raises general data to sub-grade 4.
  bool sensitive_personal = false;
  friend bool operator==(const Assessment&, const Assessment&) = default;
};

struct Reason {
  std::string rule;  // "gbt43697.matrix.economy.serious"
  Text why;
  friend bool operator==(const Reason&, const Reason&) = default;
};

//= GB/T 43697-2024#sub-grades
// The answer, with everything it was made from.
struct Grading {
  Level level = Level::kGeneral;
  int sub_grade = 1;            // 1 to 4; 0 unless general
  std::string security_level;   // "001" to "005"
  std::string stated_by;        // who stated the level without a matrix behind it; empty if it was assessed
  Assessment assessment;
  std::vector<Reason> reasons;  // the deciding ones first
  friend bool operator==(const Grading&, const Grading&) = default;
};

// Fails with kInvalidArgument if a sub-grade is not 1 to 4 ("grade.sub_grade") or a text is too long ("grade.too_long").
Result<Grading> assess(const Assessment& assessment);
// A grade as stated by somebody else, without a matrix behind it: of catalogs that were loaded.
// Requires: sub_grade 1 to 4 if general, else 0 (checked).
Grading stated(Level level, int sub_grade, std::string_view by);

// A grading of data made from several sources: the higher of them (never lowered by mixing).
Grading combine(const std::vector<Grading>& sources);

// What may be offered by default. The composition turns it into a policy; nothing here is enforced by itself.
enum class Redistribution : std::uint8_t { kAllowed, kProhibited };
struct DefaultTerms {
  bool offer_outside = true;        // false: never offered to another participant, kForbidden
  bool needs_approval = false;      // a person agrees to each contract
  Redistribution redistribution = Redistribution::kProhibited;
  bool log_each_use = true;
  bool encrypted = true;            // at rest and in use at the consumer's
  bool notify_each_use = false;
  bool compute_only = false;        // recommended: the data stays, only results leave
  bool delete_after = true;         // when the agreement ends
  std::optional<int> days_max;      // longest agreement
  std::vector<Reason> reasons;
};
DefaultTerms default_terms(const Grading& grading);

// Fails with kForbidden ("grade.never_offered") if data of this grade may not be offered outside.
Result<> may_be_offered(const Grading& grading);

wire::Json to_json(const Grading& grading);
// Computes the grading anew; fails with kInvalidArgument, "grade.malformed" or "grade.mismatch" if the JSON claims
// another one.
Result<Grading> parse_grading(const wire::Json& json);

}  // namespace weir::supply::grade
