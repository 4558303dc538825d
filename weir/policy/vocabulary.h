// Vocabulary: what the names in a policy mean, in ODRL 2.2, in TC609-6-2025-14 and in the IDS examples.
//
// Terms of TC609 without an ODRL counterpart carry the profile prefix "urn:weir:tc609:". The whole table is in
// docs/formats/policy.md. Thread-safety: pure functions over constant tables.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/text.h"
#include "weir/policy/policy.h"

namespace weir::policy {

inline constexpr std::string_view kOdrlPrefix = "http://www.w3.org/ns/odrl/2/";
inline constexpr std::string_view kProfile = "urn:weir:tc609:";

// The attribute by which a request states what collections its asset or party is part of.
inline constexpr std::string_view kPartOf = "partOf";

// Actions that this node asks decisions for and duties that it knows how to do, by their names in the tree.
namespace actions {
inline constexpr std::string_view kUse = "use";
inline constexpr std::string_view kRead = "read";
inline constexpr std::string_view kDistribute = "distribute";
inline constexpr std::string_view kDelete = "delete";
inline constexpr std::string_view kCompensate = "compensate";
inline constexpr std::string_view kInform = "inform";
inline constexpr std::string_view kAnonymize = "anonymize";
inline constexpr std::string_view kStore = "archive";
inline constexpr std::string_view kAccess = "urn:weir:tc609:access";
inline constexpr std::string_view kDownload = "urn:weir:tc609:download";
inline constexpr std::string_view kProcess = "urn:weir:tc609:process";
inline constexpr std::string_view kCompute = "urn:weir:tc609:compute";
inline constexpr std::string_view kDeliver = "urn:weir:tc609:delivery";
inline constexpr std::string_view kJointDevelop = "urn:weir:tc609:jointDevelop";
inline constexpr std::string_view kLog = "urn:weir:tc609:logRecordSend";
}  // namespace actions

using ActionId = std::uint16_t;
inline constexpr ActionId kUnknownAction = 0xFFFF;
inline constexpr std::size_t kActionsMax = 128;

enum class Timing : std::uint8_t { kBefore, kDuring, kAfter };
std::string_view name_of(Timing timing);  // "before", "during", "after"

//= ODRL-2.2#actions
struct ActionTerm {
  std::string_view name;      // in the tree: ODRL term or profile IRI
  std::string_view included;  // the action it is part of; empty at the top
  std::string_view tc609;     // as TC609-6-2025-14 prints it; empty if it has no such action
  std::string_view en;        // "be read", as in "may be read"
  std::string_view zh;
  Timing timing;              // when a duty with this action falls due unless it says so itself
  bool standing;              // as a duty: done once for the agreement, not once for each use
};
std::span<const ActionTerm> action_terms();
// By the name in the tree or an alias ("idsc:READ"); kUnknownAction if it is in no table.
ActionId find_action(std::string_view name);
const ActionTerm& action_term(ActionId id);
// Whether `wide` is `narrow` or includes it (use includes read). Requires: both known.
bool includes(ActionId wide, ActionId narrow);
// Whether a permission of `wide` permits `narrow`: as includes(), but a permission to use is none to pass on (distribute,
// grantUse, nextPolicy, export), which must be named. docs/decisions/0041-use-is-not-passing-on.md
bool permits(ActionId wide, ActionId narrow);

enum class Operand : std::uint8_t {
  kUnknown,
  kDateTime,
  kElapsedTime,
  kTimeInterval,
  kDelayPeriod,
  kCount,
  kFrequency,
  kDataSize,
  kPayAmount,
  kPrivacyBudget,
  kSpatial,
  kNetworkAddress,
  kPhysicalAddress,
  kPurpose,
  kRecipient,
  kEvent,
  kConnector,
  kSecurityLevel,
  kRole,
  kParticipantRegion,
  kDataRecord,
  kDataField,
  kValueExpression,
  kApplication,
  kAlgorithm,
  kModel,
  kEnvironment,
  kEncryptMode,
  kDelivery,
  kIndustry,
  kState,
  kArtifactState,
  kLanguage,
  kFileFormat,
  kStated,  // any other left operand of ODRL 2.2: known only if the request states it
};

enum class ValueType : std::uint8_t { kText, kNumber, kTime, kDuration, kBytes, kRate, kAddress, kRegion };

struct OperandTerm {
  Operand operand;
  std::string_view name;   // in the tree
  std::string_view tc609;  // as TC609-6-2025-14 prints it ("dateRecord"); empty if it has no such constraint
  ValueType type;
  bool counted;            // its value comes from a durable counter, or a ledger
  std::string_view en;     // "purpose"
  std::string_view zh;
};
std::span<const OperandTerm> operand_terms();
// By the name in the tree or an alias ("idsc:CONNECTOR", "vcard:hasRole"); nothing if it is in no table.
const OperandTerm* find_operand(std::string_view name);
const OperandTerm& operand_term(Operand operand);  // Requires: not kUnknown.

std::string_view name_of(Operator op);               // "lteq"
std::string_view code_of(Operator op);               // "11"
std::string_view name_of(PolicyKind kind);           // "Set", "Offer", "Agreement"
std::string_view name_of(RuleKind kind);             // "permission", …
std::optional<Operator> find_operator(std::string_view name_or_code);

// Names of TC609-6-2025-14 to names in the tree and back; misprints and their corrections are both read.
std::string action_from_tc609(std::string_view name);
std::string action_to_tc609(std::string_view name);
std::string operand_from_tc609(std::string_view name);
std::string operand_to_tc609(std::string_view name);
// Whether the standard itself has the name; what it has not travels as an extension.
bool tc609_has_action(std::string_view tree_name);
bool tc609_has_operand(std::string_view tree_name);

// "odrl:read" and "http://www.w3.org/ns/odrl/2/read" become "read"; "tc609:x" becomes "urn:weir:tc609:x".
std::string normal_name(std::string_view written);

// A member of what a reader kept, under ODRL's prefix or without: whether it is there, and the texts and ids it holds.
bool has_term(const wire::Json& extra, std::string_view term);
std::vector<std::string_view> terms_in(const wire::Json& extra, std::string_view term);

// When a duty falls due: from its `event` constraint (lt, eq, gt policyUsage), else by its action.
Timing timing_of(const Rule& duty);

// The code of an execution environment ("tee" and "05" give "05"); the text itself if it is neither.
std::string_view environment_code(std::string_view text);

}  // namespace weir::policy
