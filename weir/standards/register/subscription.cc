// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/register/subscription.h"

#include <array>

#include "weir/base/bytes.h"
#include "weir/crypto/hash.h"
#include "weir/wire/encoding.h"

namespace weir::standards::registering {

namespace {

using wire::Json;

constexpr std::array<std::string_view, 5> kFilters = {"direction", "committee", "kind", "words", "number"};
constexpr std::size_t kTextBytesMax = 200;

Error bad(std::string message) {
  return Error(Errc::kInvalidArgument, std::move(message)).because("subscription.bad");
}

}  // namespace

Json to_json(const Subscription& subscription) {
  Json filter = Json::object();
  for (const auto& [name, value] : subscription.filter) filter.set(name, value);
  return Json::object({{"id", subscription.id},
                       {"name", subscription.name},
                       {"filter", std::move(filter)},
                       {"time", format_iso8601(subscription.time)},
                       {"actor", subscription.actor}});
}

Result<Subscription> parse_subscription(const Json& json) {
  if (!json.is_object()) return bad("a subscription is an object");
  Subscription out;
  out.name = json.text_or("name", "");
  out.key_digest = json.text_or("key", "");
  if (out.name.empty() || out.name.size() > kTextBytesMax) return bad("a subscription has a name of at most 200 bytes");
  for (const std::string_view name : kFilters) {
    const std::string value = json["filter"].is_object() ? json["filter"].text_or(name, "") : "";
    if (value.size() > kTextBytesMax) return bad("what is chosen by has at most 200 bytes");
    if (!value.empty()) out.filter[std::string(name)] = value;
  }
  return out;
}

std::string digest_of_key(std::string_view key) {
  return wire::encode_hex(crypto::hash(crypto::HashAlgorithm::kSha256, view_of(key)));
}

}  // namespace weir::standards::registering
