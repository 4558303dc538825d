// Subscription: what of the registers somebody wants to hear of, under an address that a calendar or a feed reader can
// ask without a token.
//
// The key of the address is shown once and kept as its SHA-256; what it opens is deadlines and events of standards, no
// more. Format: docs/formats/standards-register.md. Thread-safety: values. Trust: parse takes hostile JSON.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "weir/base/result.h"
#include "weir/base/time.h"
#include "weir/wire/json.h"

namespace weir::standards::registering {

struct Subscription {
  std::int64_t id = 0;
  std::string name;
  std::map<std::string, std::string> filter;  // "direction", "committee", "kind", "words", "number"
  std::string key_digest;                     // hex
  Timestamp time;
  std::string actor;
};
// Without the key's digest.
wire::Json to_json(const Subscription& subscription);
// Fails with kInvalidArgument ("subscription.bad"), naming the member.
Result<Subscription> parse_subscription(const wire::Json& json);
// SHA-256 of a key, hex.
std::string digest_of_key(std::string_view key);

}  // namespace weir::standards::registering
