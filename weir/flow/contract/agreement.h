// Agreement: what two parties agreed on, the bytes they sign, and their signatures.
//
// The agreement is an ODRL agreement as the Dataspace Protocol 2025-1 sends it, with members of TC609-6-2025-14 added.
// Both parties sign the hash of the same canonical bytes (RFC 8785), each together with its own name and time, so that a
// signature can be checked by somebody who was never shown the terms. Any change voids the signatures.
// Format: docs/formats/contract.md. Thread-safety: values and pure functions.
// Trust: parse functions take hostile JSON; nothing they return is authenticated until verify().
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/result.h"
#include "weir/base/strong.h"
#include "weir/base/time.h"
#include "weir/crypto/sign.h"
#include "weir/wire/json.h"

namespace weir::flow::contract {

// How the directory calls a counterpart: a node identifier (NDI-TR-2025-04), or the participant id under which a
// foreign connector is known.
using PartyId = Strong<std::string, struct PartyIdTag>;

// Terms on the table: an ODRL offer for one product.
struct Offer {
  std::string id{};
  std::string target{};                       // the product
  wire::Json terms = wire::Json::object();    // see terms_of
  std::int64_t product_version = 0;           // 0: not said
  std::string content_root{};                 // of the product version; empty: not said
  std::string period{};                       // ISO 8601 duration of the agreement ("P30D"); empty: no end
  std::optional<Timestamp> valid_until{};     // until when it may be accepted
  friend bool operator==(const Offer&, const Offer&) = default;
};

wire::Json to_json(const Offer& offer);
// `where` is put before the names of members in errors: "offer". Fails with kInvalidArgument ("contract.malformed").
Result<Offer> parse_offer(const wire::Json& json, std::string_view where);

// The part of a policy that says what may, must and must not be done: all members except who, what and when
// (@id, @type, @context, target, assigner, assignee, timestamp and the members that Weir adds). Members whose value is an
// empty list of rules or constraints are left out: they say nothing.
wire::Json terms_of(const wire::Json& policy);
// Whether both mean the same product on the same terms: equal canonical bytes. What one side left open (version, content
// root) the other may fill in.
bool same_terms(const Offer& a, const Offer& b);
// SHA-256 of the canonical terms, in hex: what evidence says instead of the terms.
std::string terms_digest(const Offer& offer);

struct Agreement {
  std::string id{};
  std::string contract_id{};  // 47 characters; empty if the provider is a foreign connector
  PartyId provider{};
  PartyId consumer{};
  std::string provider_entity{};  // USCC of the participant behind the node; empty if foreign
  std::string consumer_entity{};
  std::string provider_pid{};
  std::string consumer_pid{};
  std::string target{};
  std::int64_t product_version = 0;
  std::string content_root{};
  wire::Json terms = wire::Json::object();
  std::optional<Timestamp> time{};         // when the provider agreed; only foreign connectors leave it out
  std::optional<Timestamp> valid_until{};  // no end if not set
  wire::Json object{};                     // the agreement as it is sent and signed
};

// Fills `object` from the other members.
Agreement make_agreement(Agreement fields);
// Fails with kInvalidArgument ("contract.malformed"), naming the member.
Result<Agreement> parse_agreement(const wire::Json& json);

// "sha256:<hex>" of the canonical bytes of the object.
std::string hash_of(const Agreement& agreement, crypto::HashAlgorithm algorithm);
// The hash that belongs to a signature algorithm: SM3 to SM2, SHA-256 to the others.
crypto::HashAlgorithm hash_for(crypto::SignatureAlgorithm algorithm);

//= TC609-6-2025-14#signature
// One party's signature: entityId, algorithm, signature and signatoryTime on the wire, and the node that signed.
struct PartySignature {
  PartyId node{};
  std::string entity{};
  Timestamp time{};
  crypto::Signature signature{};
};

wire::Json to_json(const PartySignature& signature);
Result<PartySignature> parse_party_signature(const wire::Json& json, std::string_view where);

// The canonical JSON that `entity` signs at `time`: it holds the agreement's hash, its ids, and who signs when.
std::string signed_bytes(const Agreement& agreement, const PartyId& node, std::string_view entity, Timestamp time,
                         crypto::HashAlgorithm algorithm);
PartySignature sign(const Agreement& agreement, const crypto::PrivateKey& key, const PartyId& node,
                    std::string_view entity, Timestamp time);
// Fails with kUnauthenticated: "contract.wrong_signer" if it is not `node` and `entity` that signed,
// "signature.invalid" if the bytes or the key differ.
Result<> verify(const PartySignature& signature, const Agreement& agreement, const crypto::PublicKey& key,
                const PartyId& node, std::string_view entity);

}  // namespace weir::flow::contract
