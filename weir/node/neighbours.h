// Neighbours: how the rooms of the domain see each other: each asks for little, and the node answers from the others.
//
// Thread-safe. Everything that takes a Tx reads only what is in this node's database.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "weir/flow/contract/service.h"
#include "weir/flow/delivery/service.h"
#include "weir/flow/metering/service.h"
#include "weir/flow/usage/service.h"
#include "weir/supply/catalog/service.h"

namespace weir::node {

inline constexpr std::string_view kProtocolPath = "/dsp/2025-1";
inline constexpr std::string_view kDataPath = "/data/v1";

// Another node as the directory has it.
struct KnownNode {
  supply::identifier::NodeId id;
  std::string participant;  // USCC
  std::string base_url;
  crypto::PublicKey key;    // of its identity
};
// Fails with kNotFound if nobody, or nobody active, has the identifier.
using FindNode = std::function<Result<KnownNode>(const supply::identifier::NodeId&)>;

// Who is no node of the space.
struct Outsiders {
  struct Addresses {
    std::string messages;  // base URL of the protocol endpoint
    std::string data;      // of what data lie at, if that is elsewhere
  };
  // Fails with kNotFound.
  std::function<Result<Addresses>(store::Tx& tx, std::string_view id)> find;
  bool anywhere = false;  // the test kit's profile only: whatever address they name is taken
};

// Nodes of the space, and partners if there can be any.
class ContractDirectory final : public flow::contract::Directory {
 public:
  explicit ContractDirectory(FindNode find, std::optional<Outsiders> outsiders = {})
      : find_(std::move(find)), outsiders_(std::move(outsiders)) {}
  Result<flow::contract::Party> find(store::Tx& tx, const flow::contract::PartyId& id) override;
  bool may_call_back(const flow::contract::Party& party, std::string_view address) const override;
  // Whether data may be drawn from, or pushed to, an address that a partner named.
  bool may_move_data(store::Tx& tx, std::string_view partner, std::string_view address);

 private:
  FindNode find_;
  std::optional<Outsiders> outsiders_;
};

class ContractOffers final : public flow::contract::Offers {
 public:
  explicit ContractOffers(supply::catalog::Service& catalog) : catalog_(catalog) {}
  Result<flow::contract::Offer> find(store::Tx& tx, std::string_view offer_id, std::string_view target,
                                     const flow::contract::PartyId& counterpart) override;

 private:
  supply::catalog::Service& catalog_;
};

// Sensitive data wait for a person at their provider, whatever the terms; else what is standard.
class GradedDecider final : public flow::contract::Decider {
 public:
  explicit GradedDecider(supply::catalog::Service& catalog) : catalog_(catalog) {}
  Result<flow::contract::Verdict> decide(store::Tx& tx, const flow::contract::Situation& situation) override;

 private:
  supply::catalog::Service& catalog_;
};

// Agreements in force become terms that are enforced; agreements that end release what was held under them.
class ContractUsage final : public flow::contract::Usage {
 public:
  using Ended = std::function<void(const std::string& agreement)>;
  ContractUsage(flow::usage::Service& usage, std::string self, Ended ended)
      : usage_(usage), self_(std::move(self)), ended_(std::move(ended)) {}
  Result<> check(const wire::Json& terms) override;
  std::optional<Timestamp> end_of(const wire::Json& terms) const override;
  Result<> enforce(store::Tx& tx, const flow::contract::AgreementRecord& agreement) override;
  Result<> change(store::Tx& tx, const flow::contract::AgreementRecord& agreement) override;

 private:
  flow::usage::Service& usage_;
  std::string self_;  // node identifier
  Ended ended_;       // called after the commit
};

class DeliveryNeighbours final : public flow::delivery::Neighbours {
 public:
  DeliveryNeighbours(const Clock& clock, flow::contract::Service& contracts, flow::delivery::Contents& contents,
                     ContractDirectory& directory, FindNode find, flow::metering::Service& metering)
      : clock_(clock),
        contracts_(contracts),
        contents_(contents),
        directory_(directory),
        find_(std::move(find)),
        metering_(metering) {}
  Result<flow::delivery::AgreedDelivery> agreed(store::Tx& tx, const std::string& agreement) override;
  Result<wire::Json> authorize_delivery(store::Tx& tx, const flow::delivery::AgreedDelivery& agreed) override;
  Result<> meter(store::Tx& tx, const flow::delivery::Transfer& transfer, std::uint64_t bytes) override;
  Result<> close_meter(store::Tx& tx, const flow::delivery::Transfer& transfer) override;
  Result<crypto::PublicKey> key_of(store::Tx& tx, const flow::delivery::PeerId& node) override;
  bool may_call(store::Tx& tx, const flow::delivery::PeerId& peer, std::string_view known,
                std::string_view address, flow::delivery::Traffic traffic) override;

 private:
  const Clock& clock_;
  flow::contract::Service& contracts_;
  flow::delivery::Contents& contents_;
  ContractDirectory& directory_;
  FindNode find_;
  flow::metering::Service& metering_;
};

// What a published offer is in a negotiation.
flow::contract::Offer published_offer(const supply::catalog::Product& product, const supply::catalog::Offer& offer);

// Does the duty `delete`: destroys what is held under the agreement.
class DeleteHandler final : public flow::usage::ObligationHandler {
 public:
  explicit DeleteHandler(flow::delivery::Service& delivery) : delivery_(delivery) {}
  bool handles(std::string_view action) const override;
  Result<std::string> perform(const flow::usage::OwedObligation& obligation) override;

 private:
  flow::delivery::Service& delivery_;
};

// A reading of a transfer, as the meter takes it.
flow::metering::Reading reading_of(const flow::delivery::Transfer& transfer, std::uint64_t bytes, Timestamp now);

// Fails with kForbidden ("agreement.not_live") and why.
Result<> check_live(const flow::contract::AgreementRecord& record, Timestamp now);

// One use of held data: what was decided, and, if it is allowed, the data.
struct HeldUse {
  flow::usage::Authorization answer;
  std::unique_ptr<flow::delivery::VaultItem> item;  // only if allowed
};
// I-6: the consumer decides before each use. The data are opened first, so that a use that cannot be served is not
// counted; nothing may leave before this returned, which is when the decision is durable. Product, participant, bytes
// and time of `request` are filled in here. A denial is no error.
// Fails with kForbidden ("agreement.not_live"), kNotFound ("delivery.not_held", "usage.no_terms").
Result<HeldUse> use_held(flow::contract::Service& contracts, flow::usage::Service& usage,
                         flow::delivery::Service& delivery, const std::string& agreement, policy::Request request,
                         const std::string& actor, Timestamp now);

// What became of a message to another node, told to the room that sent it.
Result<> message_answered(flow::contract::Service& contracts, flow::delivery::Service& delivery, store::Tx& tx,
                          const store::OutboxMessage& message, std::string_view answer);
Result<> message_refused(flow::contract::Service& contracts, flow::delivery::Service& delivery, store::Tx& tx,
                         const store::OutboxMessage& message, const Error& error);

// Reads all that changed in a peer's catalogue since the last time. `ask` gets the peer's answer to a path.
Result<> collect_changes(supply::catalog::Service& catalog, const supply::identifier::NodeId& peer,
                         const std::function<Result<wire::Json>(const std::string& path)>& ask);

}  // namespace weir::node
