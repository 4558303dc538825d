// Fields: the data of subjects as NDI-TR-2025-03 names them, as one table, and the checks that follow from it.
//
// Format: docs/formats/participant.md. Thread-safety: pure functions. Trust: read_section takes hostile JSON.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "weir/base/result.h"
#include "weir/base/text.h"
#include "weir/wire/json.h"

namespace weir::trust::participant {

//= NDI-TR-2025-03#subjects
enum class SubjectKind : std::uint8_t { kPerson = 1, kOrganisation = 2, kOperator = 3, kConnector = 4, kPlatform = 5 };
std::string_view name_of(SubjectKind kind);  // "person", "organisation", …
Result<SubjectKind> parse_subject_kind(std::string_view text);

enum class Section : std::uint8_t { kBase, kExtended, kAttachment };

enum class FieldType : std::uint8_t {
  kText,
  kCode,      // one of `codes`; a JSON number is read as its digits
  kDate,      // "2026-01-31" or "20260131"
  kTime,      // ISO 8601, "2026-01-31 08:00:00" or 14 digits
  kUscc,      // GB 32100
  kIndustry,  // two digits of GB/T 4754
  kUrl,       // http or https
  kTexts,     // array of texts
};

struct Field {
  std::string_view name;
  FieldType type = FieldType::kText;
  bool required = false;
  std::size_t length_max = 0;   // characters, of each text of an array
  std::string_view codes = {};  // "0|1|2"
  bool personal = false;        // names a natural person: kept masked
  Text label = {};
};

// The fields of one section, in the order in which they are written.
std::span<const Field> fields_of(SubjectKind kind, Section section);

// The section's known fields, in table order, codes as text; what is empty is left out. Fields that the table does not
// know are refused in base and attachment data, and kept in extended data (the published edition may have more).
// Fails with kInvalidArgument naming the field: "field.required", "field.type", "field.length", "field.code",
// "field.format", "field.unknown".
Result<wire::Json> read_section(SubjectKind kind, Section section, const wire::Json& json);

// With the middle of each personal text replaced by '*' ("110105********002X"), and personal dates left out.
wire::Json masked(SubjectKind kind, Section section, const wire::Json& json);
std::string mask(std::string_view text);

}  // namespace weir::trust::participant
