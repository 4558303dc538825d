// Policy: usage terms as one syntax tree, whichever form they were written in.
//
// Read and written as ODRL JSON-LD (odrl.h) and as the strategy JSON of TC609-6-2025-14/-15 (tc609.h). The tree keeps
// what it does not understand, so that reading and writing one form loses nothing. Names of actions and operands are
// text: the ODRL term ("use", "count"), else an IRI; vocabulary.h says what they mean.
// Format: docs/formats/policy.md. Thread-safety: values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weir/crypto/suite.h"
#include "weir/wire/json.h"

namespace weir::policy {

enum class PolicyKind : std::uint8_t { kSet, kOffer, kAgreement };
enum class RuleKind : std::uint8_t { kPermission, kProhibition, kObligation };

// The twelve operators of ODRL 2.2; the values are the codes 01 to 12 of TC609-6-2025-14.
enum class Operator : std::uint8_t {
  kEq = 1,
  kGt = 2,
  kGteq = 3,
  kHasPart = 4,
  kIsA = 5,
  kIsAllOf = 6,
  kIsAnyOf = 7,
  kIsNoneOf = 8,
  kIsPartOf = 9,
  kLt = 10,
  kLteq = 11,
  kNeq = 12,
};

// A value as it was written. `type` is empty for plain text, "@id" for an IRI, else "xsd:integer" and the like.
struct Literal {
  std::string text;
  std::string type;
  friend bool operator==(const Literal&, const Literal&) = default;
};

enum class ConstraintKind : std::uint8_t { kAtom, kAnd, kOr, kXone, kAndSequence };

struct Constraint {
  ConstraintKind kind = ConstraintKind::kAtom;
  std::string id;
  // An atom: left operand, operator, right operand.
  std::string left;
  Operator op = Operator::kEq;
  std::vector<Literal> right;
  bool right_is_list = false;    // written as an array, even if of one value
  std::string right_reference;   // rightOperandReference: a place to ask; never evaluated here
  std::string unit;
  std::string datatype;
  // A tree: the operands of and, or, xone, andSequence.
  std::vector<Constraint> parts;
  wire::Json extra;  // null, or the members not understood
  friend bool operator==(const Constraint&, const Constraint&) = default;
};

struct Action {
  std::string name;  // "use", "urn:weir:tc609:jointDevelop"
  std::vector<Constraint> refinements;
  wire::Json extra;
  friend bool operator==(const Action&, const Action&) = default;
};

// An asset or a party: an id, or a collection narrowed by refinements.
struct Entity {
  std::string id;
  std::vector<std::string> types;  // "AssetCollection"; empty if it was written as a bare id
  std::vector<Constraint> refinements;
  bool is_source = false;  // the id was a collection's `source`
  wire::Json extra;
  friend bool operator==(const Entity&, const Entity&) = default;
};

// A permission, a prohibition, or a duty. Constraints hold together (and).
struct Rule {
  std::string id;  // may be empty: see rule_id()
  std::vector<Action> actions;
  std::vector<Entity> targets;
  std::vector<Entity> assigners;
  std::vector<Entity> assignees;
  std::vector<Constraint> constraints;
  std::vector<Rule> duties;        // of a permission: what must be done to use it
  std::vector<Rule> remedies;      // of a prohibition: what must be done when it was broken
  std::vector<Rule> consequences;  // of a duty: what must be done when it was not (breach liability)
  wire::Json extra;
  friend bool operator==(const Rule&, const Rule&) = default;
};

struct Policy {
  std::string id;
  PolicyKind kind = PolicyKind::kSet;
  std::vector<std::string> profiles;
  // Shared by the rules that do not say otherwise.
  std::vector<Entity> targets;
  std::vector<Entity> assigners;
  std::vector<Entity> assignees;
  std::vector<Action> actions;
  std::vector<Rule> permissions;
  std::vector<Rule> prohibitions;
  std::vector<Rule> obligations;
  std::string conflict;  // as written: "perm", "prohibit", "invalid" or empty. A prohibition always wins here (I-3).
  wire::Json extra;
  friend bool operator==(const Policy&, const Policy&) = default;
};

// The id by which decisions, counters and evidence name a rule: its own, or "<policy id>#permission-1".
std::string rule_id(const Policy& policy, RuleKind kind, std::size_t index);
// Of the index-th duty, remedy or consequence under `parent`: its own id, or "<parent>/duty-1".
std::string sub_rule_id(std::string_view parent, const Rule& rule, std::string_view role, std::size_t index);

// Hash of the canonical ODRL form (RFC 8785), lower-case hex. Both parties of an agreement compute the same.
std::string policy_hash(const Policy& policy, crypto::HashAlgorithm algorithm);

// The same policy for one product and two parties: the agreement made from an offer.
Policy make_agreement(Policy offer, std::string id, std::string target, std::string assigner, std::string assignee);

// Small builders, so that code that makes terms reads like the terms.
Constraint constraint(std::string left, Operator op, std::string value, std::string type = {});
Constraint constraint(std::string left, Operator op, const std::vector<std::string>& values);
Constraint all_of(std::vector<Constraint> parts);
Constraint any_of(std::vector<Constraint> parts);
Rule rule(std::string action, std::vector<Constraint> constraints = {});

}  // namespace weir::policy
