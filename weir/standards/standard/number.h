// StandardNumber: the number of a standard, read once and held as its parts.
//
// GB, GB/T, GB/Z, industry (YD/T, GM/T …), group (T/ISC), local (DB11/T) and enterprise numbers; ISO, IEC, ISO/IEC with
// type, draft stage, part and amendment; ITU-T with twin and supplement; documents of committees (TC609-6-2025-16) and
// of the national data infrastructure (NDI-TR-2025-04). Format: docs/formats/standard-number.md. Law: for every text
// that parses, parse(parse(text)->text()) is the same number. Thread-safety: values. Trust: parse takes hostile text.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "weir/base/result.h"

namespace weir::standards::standard {

enum class Family : std::uint8_t {
  kNational,       // GB, GB/T, GB/Z
  kIndustry,       // YD/T, GM/T, JR/T …
  kGroup,          // T/ISC …
  kLocal,          // DB11/T …
  kEnterprise,     // Q/…
  kInternational,  // ISO, IEC, ISO/IEC, and with IEEE or SAE
  kItu,            // ITU-T
  kCommittee,      // TC609-…: technical documents of a national committee
  kNdi,            // NDI-TR-…
  kPlan,           // 20153699-T-469: a project in the national plan
  kPlaceholder,    // PRJ-…: a real project that has no number yet
};
std::string_view name_of(Family family);

class StandardNumber {
 public:
  // Takes full-width signs, any dash, missing or further spaces, "GBT" for "GB/T", and letters of either case.
  // Fails with kInvalidArgument: "standard.empty", "standard.unknown_body" (nobody's number that we know),
  // "standard.bad_number" (says what was expected), "standard.bad_year", "standard.no_number_yet" (GB/T XXXXX-XXXX).
  static Result<StandardNumber> parse(std::string_view text);

  // The canonical form: "GB/T 43697-2024", "ISO/IEC 27001:2022/Amd 1:2024", "ITU-T Y.3500 (08/2014)".
  const std::string& text() const { return text_; }
  Family family() const { return family_; }
  // Who issues it and as what: "GB", "GB/T", "YD/T", "T", "ISO/IEC", "ISO/IEC TS", "ITU-T", "TC609".
  const std::string& kind() const { return kind_; }
  // The same document in any edition, also while it is a draft: "GB/T 43697", "ISO/IEC 27001", "ITU-T Y.3500".
  const std::string& undated() const { return undated_; }
  // 0 if the number names no edition.
  int year() const { return year_; }
  int month() const { return month_; }  // ITU-T only, else 0
  // "DIS", "FDIS", "CD", "DAM" …; empty for what is published.
  const std::string& draft() const { return draft_; }
  // What this amends or corrects: "ISO/IEC 27001:2022" of its Amd 1; empty if it stands alone.
  const std::string& amends() const { return amends_; }
  // Of ISO, IEC or ITU: what a national standard may adopt.
  bool is_international() const { return family_ == Family::kInternational || family_ == Family::kItu; }
  bool is_chinese() const { return !is_international(); }

  friend bool operator==(const StandardNumber& a, const StandardNumber& b) { return a.text_ == b.text_; }
  friend auto operator<=>(const StandardNumber& a, const StandardNumber& b) { return a.text_ <=> b.text_; }

 private:
  friend struct NumberReader;
  StandardNumber() = default;
  std::string text_;
  std::string kind_;
  std::string undated_;
  std::string draft_;
  std::string amends_;
  Family family_ = Family::kNational;
  int year_ = 0;
  int month_ = 0;
};

// As people order them: serials and parts by value ("GB/T 9-2000" before "GB/T 10-2000"), then by edition.
bool before(const StandardNumber& a, const StandardNumber& b);

}  // namespace weir::standards::standard

template <>
struct std::hash<weir::standards::standard::StandardNumber> {
  std::size_t operator()(const weir::standards::standard::StandardNumber& number) const noexcept {
    return std::hash<std::string>{}(number.text());
  }
};
