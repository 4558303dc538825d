// Odrl: policies as ODRL 2.2 in compact JSON-LD, the form of the Dataspace Protocol 2025-1.
//
// Reads what is found in the wild: "odrl:" prefixes and full IRIs, single values for arrays, {"@id"} and {"@value"}
// objects, {"@list"}, uid for @id, party and asset collections with refinements. Members not understood are kept.
// For every policy p: parse_odrl(to_odrl(p)) == p. Format: docs/formats/policy.md.
// Thread-safety: pure functions. Trust: parse_odrl takes hostile input; its errors name the place.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "weir/base/result.h"
#include "weir/policy/policy.h"
#include "weir/wire/json.h"

namespace weir::policy {

// Fails with kInvalidArgument ("policy.malformed") or kExhausted ("policy.too_large"). An unknown action or operand is
// no error here: it reads, and decisions deny because of it.
Result<Policy> parse_odrl(const wire::Json& json);

// Without @context: the Dataspace Protocol puts it on the message. Schema-clean for DSP if every rule has one action.
wire::Json to_odrl(const Policy& policy);
// A document of its own, with @context.
wire::Json to_odrl_document(const Policy& policy);

// One action a rule, as the schema of DSP 2025-1 demands; rules with several become several.
Policy one_action_a_rule(const Policy& policy);

}  // namespace weir::policy
