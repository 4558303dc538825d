// Codes: the code tables of NDI-TR-2025-06, as types with English and Chinese names.
//
// Thread-safety: pure functions over constants. Trust: parsers take hostile text.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "weir/base/result.h"
#include "weir/base/text.h"

namespace weir::supply::catalog {

// The numbers are the standard's: 1 is "001".
enum class Classification : std::uint8_t { kTopic = 1, kIndustry = 2, kOrganisation = 3, kScenario = 4 };
enum class DataSource : std::uint8_t { kOriginal = 1, kCollected = 2, kTransaction = 3, kOther = 4 };
enum class DeliveryForm : std::uint8_t {
  kDataset = 1,
  kApi = 2,
  kApplication = 3,
  kReport = 4,
  kDataObject = 5,  // data component, capsule
  kOther = 6,
};
enum class Frequency : std::uint8_t {
  kRealTime = 1,
  kDaily = 2,
  kWeekly = 3,
  kMonthly = 4,
  kQuarterly = 5,
  kHalfYearly = 6,
  kYearly = 7,
  kIrregular = 8,
  kHistorical = 9,
};
enum class Quality : std::uint8_t { kA = 1, kB = 2, kC = 3, kD = 4 };
enum class SecurityLevel : std::uint8_t { kPublic = 1, kInternal = 2, kConfidential = 3, kSecret = 4, kTopSecret = 5 };
enum class ServiceKind : std::uint8_t { kCatalog = 1, kApi = 2, kFile = 3, kDatabase = 4, kAnalytics = 5 };

struct CodeRow {
  std::uint8_t number;
  std::string_view code;  // "003"
  std::string_view slug;  // "weekly"
  std::string_view en;
  std::string_view zh;
};

// Specialised for each enumeration above.
template <class Code>
std::span<const CodeRow> code_rows();

const CodeRow& code_row(std::span<const CodeRow> rows, std::uint8_t number);
// Takes the code, the slug, or either name. Fails with kInvalidArgument ("catalog.unknown_code").
Result<std::uint8_t> parse_code(std::span<const CodeRow> rows, std::string_view text);

template <class Code>
const CodeRow& row_of(Code code) {
  return code_row(code_rows<Code>(), static_cast<std::uint8_t>(code));
}
template <class Code>
std::string_view code_of(Code code) {
  return row_of(code).code;
}
template <class Code>
Result<Code> parse_code(std::string_view text) {
  WEIR_TRY_LET(const std::uint8_t number, parse_code(code_rows<Code>(), text));
  return static_cast<Code>(number);
}

// Topics A0000 to D0000 and scenarios S0000 to V0000: a letter and four digits. "00" at the end is a middle class, "000"
// a large one.
struct TopicRow {
  std::string_view code;
  std::string_view en;
  std::string_view zh;
};
std::span<const TopicRow> topics();
// Fails with kInvalidArgument ("catalog.unknown_topic") unless the large class is known.
Result<> check_topic(std::string_view code);
// The name of the code, or of the smallest known class around it.
Text topic_name(std::string_view code);

}  // namespace weir::supply::catalog
