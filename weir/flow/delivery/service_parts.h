// ServiceParts: what the two halves of the service have in common. Inside this room only.
//
// Thread-safety: pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "weir/crypto/hash.h"
#include "weir/flow/delivery/store.h"
#include "weir/wire/encoding.h"
#include "weir/wire/json.h"

namespace weir::flow::delivery {

// 256 random bits as text.
std::string fresh_token(Random& random);

inline Error no_process() {
  return Error(Errc::kNotFound, "no such transfer process").because("delivery.no_process");
}

inline std::string digest_of_token(std::string_view token) {
  return wire::encode_hex(crypto::hash(crypto::HashAlgorithm::kSha256, view_of(token)));
}

inline std::string provider_pid(const Transfer& t) { return t.role == Role::kProvider ? t.pid : t.peer_pid; }
inline std::string consumer_pid(const Transfer& t) { return t.role == Role::kConsumer ? t.pid : t.peer_pid; }

// A destruction proof's signed bytes: RFC 8785, docs/formats/destruction-proof.md.
inline wire::Json proof_body(const Transfer& transfer, const PeerId& holder,
                             std::string_view reason, Timestamp time) {
  return wire::Json::object({{"agreement", transfer.agreement},
                             {"consumerPid", consumer_pid(transfer)},
                             {"contentRoot", format(transfer.root)},
                             {"contract", transfer.contract},
                             {"holder", holder.text()},
                             {"product", transfer.product},
                             {"providerPid", provider_pid(transfer)},
                             {"reason", reason},
                             {"time", format_iso8601(time)},
                             {"type", "weir.destruction.v1"}});
}

inline wire::Json reasons_json(std::string_view reason) {
  return reason.empty() ? wire::Json::object() : wire::Json::object({{"reason", reason}});
}

}  // namespace weir::flow::delivery
