// Decide: may this be done, why, and what must be done with it.
//
// Default deny; a prohibition beats a permission; what cannot be evaluated denies (I-3); every decision names the
// rules that made it (I-4). Pure: the request carries the time and every counter (I-9).
// Thread-safety: pure functions over an immutable Program.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/base/text.h"
#include "weir/base/time.h"
#include "weir/policy/compile.h"
#include "weir/policy/vocabulary.h"

namespace weir::policy {

inline constexpr std::int64_t kCounterUnknown = -1;

// What somebody wants to do now. Empty text means "not known", and a constraint on it denies.
// The views must outlive the call.
struct Request {
  Timestamp now;
  std::string_view action;
  std::string_view product;      // matched against targets
  std::string_view participant;  // matched against assignees
  std::string_view operator_id;
  std::string_view role;
  std::string_view participant_region;
  std::string_view recipient;  // of a distribution
  std::string_view connector;
  std::string_view security_level;
  std::string_view purpose;
  std::string_view region;            // GB/T 2260 code, or an IRI
  std::string_view address;           // IP address of the user
  std::string_view physical_address;
  std::string_view application;       // id; its code was verified against the hash
  std::string_view application_hash;
  std::string_view algorithm;
  std::string_view algorithm_hash;
  std::string_view model;
  std::string_view environment;       // "05" or "tee"
  std::string_view encrypt_mode;      // "02"
  std::string_view delivery;          // "01" file, "02" stream, "03" API, "04" other
  std::span<const std::string_view> fields;  // columns asked for
  std::int64_t uses = 1;              // how many uses this is
  std::optional<std::int64_t> bytes;  // how much will be released
  std::optional<Timestamp> agreed_at;
  // Values for operands that have no member above, by their name in the tree ("event", "ex:dayOfWeek").
  std::span<const std::pair<std::string_view, std::string_view>> attributes;
  // Parallel to Program::counters(); missing or kCounterUnknown means not known. A use not yet made counts as 0.
  std::span<const std::int64_t> counters;
  // Ids of duties already done.
  std::span<const std::string_view> fulfilled;
};

enum class Effect : std::uint8_t { kDeny, kAllowIf, kAllow };
std::string_view name_of(Effect effect);  // "deny", "allow_if", "allow"

enum class DeniedBy : std::uint8_t {
  kNothing,
  kDefault,      // no rule permits it
  kProhibition,  // a rule forbids it
  kConstraint,   // a rule would permit it, but a constraint does not hold
  kUnknown,      // a rule could not be evaluated
};
std::string_view name_of(DeniedBy by);  // "", "default", "prohibition", "constraint", "unknown"

// Which rule, and which of its constraints or duties. Turned into words by reasons().
struct Finding {
  enum class Kind : std::uint8_t { kPermits, kForbids, kUnmet, kUnknown, kDutyOpen, kNone };
  Kind kind;
  std::uint16_t rule;
  std::uint16_t item;  // constraint node or duty; 0xFFFF if none
};

inline constexpr std::size_t kDutiesMax = 48;

//= I-4
//= TC609-6-2025-15#evidence
struct Decision {
  Effect effect = Effect::kDeny;
  DeniedBy denied_by = DeniedBy::kDefault;
  std::uint16_t permission = 0xFFFF;  // the rule that allowed; its counters are the ones to consume
  std::uint16_t duty_count = 0;
  std::array<std::uint16_t, kDutiesMax> duties = {};  // first duty_count: what must be done; see obligations()
  std::vector<Finding> findings;      // of a denial or a condition; empty for a plain allow

  bool allowed() const { return effect == Effect::kAllow; }
};

// No allocation when the answer is a plain allow.
Decision decide(const Program& program, const Request& request);

struct Reason {
  Finding::Kind kind;
  std::string rule;  // id; empty for "no rule permits it"
  Text why;
};
// The decision in words. `program` and `request` must be those of the decision.
std::vector<Reason> reasons(const Program& program, const Request& request, const Decision& decision);
// One sentence after the other.
Text words_of(std::span<const Reason> reasons);

struct Obligation {
  std::string id;      // of the duty
  std::string rule;    // of the rule it hangs on; its own id for an obligation of the policy
  std::string action;  // name in the tree
  Timing when;
  bool met;            // a precondition that is already fulfilled
  bool standing;       // done once for the agreement, not once for each use
  std::vector<Constraint> parameters;  // refinements and constraints
  std::vector<Entity> targets;         // what it is done to and who does it, if the duty says so itself
  std::vector<Entity> assignees;
  std::vector<std::string> consequences;  // ids of duties that follow if it is not done
  wire::Json extra;    // "informedParty" and the like
};
std::vector<Obligation> obligations(const Program& program, const Decision& decision);
// A duty, remedy or consequence by its id; nothing if the program has none such.
std::optional<Obligation> find_obligation(const Program& program, std::string_view id);
// What a broken prohibition asks for; nothing if the program has no prohibition of that id.
std::optional<std::vector<Obligation>> remedies_of(const Program& program, std::string_view rule);

// By when a duty must be done if it starts at `start`: from dateTime, elapsedTime or delayPeriod in its parameters.
std::optional<Timestamp> due_time(const Obligation& obligation, Timestamp start);

// What an allowed use adds, by place in Program::counters(): 1 use, the bytes, the time.
struct Consumption {
  std::uint16_t counter;
  std::int64_t value;  // new value for kFirstUse and kLastUse; to be added for the others
};
// The counters of the rule that allowed, and of the prohibitions that watch the same action.
std::vector<Consumption> consumption(const Program& program, const Request& request, const Decision& decision);

// {"effect", "denied_by", "reasons": [{"rule", "kind", "en", "zh"}], "obligations": […]}: for evidence and the API.
wire::Json to_json(const Program& program, const Request& request, const Decision& decision);

}  // namespace weir::policy
