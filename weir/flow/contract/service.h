// Contract service: the use cases of both sides. The only file of this room with effects.
//
// Every transition is one write: the state, its evidence entry and the message to the other side commit together (I-1,
// I-2). What this side says next by itself is in the same write as what it heard, so that a whole negotiation costs the
// consumer three commits and the provider two. Nothing polls: `wake` says that the outbox or the next deadline changed.
// Thread-safe, as far as what it is given is.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/random.h"
#include "weir/base/time.h"
#include "weir/crypto/sign.h"
#include "weir/flow/contract/contract.h"
#include "weir/flow/contract/notice.h"
#include "weir/flow/contract/store.h"
#include "weir/store/outbox.h"
#include "weir/supply/identifier/identifier.h"
#include "weir/trust/evidence/evidence.h"

namespace weir::flow::contract {

// ── what this room needs of its neighbours; the node adapts them ──

// A counterpart as the directory knows it.
struct Party {
  PartyId id{};
  std::string entity{};    // USCC of the participant; empty if foreign
  std::string address{};   // base URL of its protocol endpoint: "https://host/dsp/2025-1"
  std::optional<crypto::PublicKey> key{};  // none: a foreign connector that does not sign
};

// Whether two addresses have the same scheme, host and port.
bool same_origin(std::string_view a, std::string_view b);

class Directory {
 public:
  virtual ~Directory() = default;
  // Fails with kNotFound if nobody, or nobody active, has the name.
  virtual Result<Party> find(store::Tx& tx, const PartyId& id) = 0;
  // Whether messages for `party` may go to an address that it named itself. By default only to the origin (scheme, host
  // and port) that the directory has: nobody makes this node talk to a third one.
  virtual bool may_call_back(const Party& party, std::string_view address) const;
};

class Offers {
 public:
  virtual ~Offers() = default;
  // What this node publishes for the product, if `counterpart` may see it: by the offer's id, else an offer for
  // `target`. Fails with kNotFound.
  virtual Result<Offer> find(store::Tx& tx, std::string_view offer_id, std::string_view target,
                             const PartyId& counterpart) = 0;
};

// Enforcement of the terms (flow/usage).
class Usage {
 public:
  virtual ~Usage() = default;
  // Whether this node could enforce the terms at all. Fails with kInvalidArgument and why not.
  virtual Result<> check(const wire::Json& terms) = 0;
  // The moment from which on the terms permit nothing any more: an agreement under them ends then, on each side.
  virtual std::optional<Timestamp> end_of(const wire::Json&) const { return std::nullopt; }
  // The agreement came into force.
  virtual Result<> enforce(store::Tx& tx, const AgreementRecord& agreement) = 0;
  // It was suspended, resumed, or ended: its state says which.
  virtual Result<> change(store::Tx& tx, const AgreementRecord& agreement) = 0;
};

// What to say when it is this side's turn.
struct Verdict {
  enum class Kind : std::uint8_t {
    kProceed,  // agree, accept, verify or finalise, whichever it is
    kCounter,  // with other terms
    kHold,     // a person decides
    kRefuse,   // terminate
  };
  Kind kind = Kind::kHold;
  Offer counter{};
  std::string code{};  // of a refusal
  std::vector<std::string> reasons{};  // of a refusal or a hold
};
struct Situation {
  const Negotiation& negotiation;
  const Offer* published = nullptr;  // provider: what is published for the product, if anything
};
class Decider {
 public:
  virtual ~Decider() = default;
  virtual Result<Verdict> decide(store::Tx& tx, const Situation& situation) = 0;
};
// What needs no person: the provider agrees to what is published and holds the rest; the consumer accepts what it asked
// for and holds the rest; who accepted is answered, what was signed is finished.
Verdict standard_verdict(const Situation& situation);
class StandardDecider final : public Decider {
 public:
  Result<Verdict> decide(store::Tx&, const Situation& situation) override { return standard_verdict(situation); }
};

struct Self {
  supply::identifier::NodeId node;
  std::string entity;             // USCC
  std::string protocol_address;   // base URL of this node's protocol endpoint
  const crypto::PrivateKey* key;
};

struct Options {
  Milliseconds patience{14LL * 24 * 3600 * 1000};  // after that long without a word a negotiation is given up
  bool unsigned_peers = false;  // whether agreements with connectors that do not sign are made
  Milliseconds foreign_pause{500};  // before an answer to a connector outside the space (decision 0084)
};

struct Reply {
  bool created = false;  // 201, else 200
  wire::Json body;       // a ContractNegotiation, or {} for a notice
};

//= NDI-TR-2025-02#contract-negotiate
class Service {
 public:
  struct Deps {
    store::Sql& sql;
    trust::evidence::Log& log;
    const Clock& clock;
    Random& random;
    Directory& directory;
    Offers& offers;
    Usage& usage;
    Decider& decider;
    Self self;
    Options options = {};
    std::function<void()> wake = [] {};
  };
  explicit Service(Deps deps) : deps_(std::move(deps)) {}

  // ── begin; both return this side's process id ──
  Result<std::string> request(const PartyId& provider, const Offer& offer, const std::string& actor);
  Result<std::string> offer(const PartyId& consumer, const Offer& offer, const std::string& actor);

  // ── go on; all fail with kNotFound ("contract.no_process") or kInvalidArgument ("contract.wrong_state") ──
  // Other terms: a request of the consumer, an offer of the provider.
  Result<> counter(const std::string& pid, const Offer& offer, const std::string& actor);
  Result<> accept(const std::string& pid, const std::string& actor);    // consumer
  Result<> agree(const std::string& pid, const std::string& actor);     // provider
  Result<> verify(const std::string& pid, const std::string& actor);    // consumer
  Result<> finalize(const std::string& pid, const std::string& actor);  // provider
  Result<> terminate(const std::string& pid, const std::string& code, const std::vector<std::string>& reasons,
                     const std::string& actor);
  // What waits for a person: goes on with whatever is next, or terminates. Fails with kConflict ("contract.not_held").
  Result<> approve(const std::string& pid, const std::string& actor);
  Result<> reject(const std::string& pid, const std::vector<std::string>& reasons, const std::string& actor);

  // ── hear ──
  // A message from `peer`, whom TLS has authenticated, to `path` below the protocol's base: "/negotiations/request",
  // "/negotiations/{pid}/agreement/verification", "/agreements/{id}/notices", …. The same message again gets the same
  // answer and changes nothing. Fails with kNotFound for processes that are unknown or foreign, alike.
  Result<Reply> receive(const PartyId& peer, std::string_view path, std::string_view body);
  // GET /negotiations/{pid}.
  Result<wire::Json> status_for(const PartyId& peer, const std::string& pid);
  // The answer of the peer to a message of this room, within the write that marks it delivered: the first one names the
  // peer's process, without which nothing more can be said to it.
  Result<> answered(store::Tx& tx, const store::OutboxMessage& message, std::string_view response);
  // The peer refused a message for good: kept for people, and the negotiation ends if it can.
  // Runs in the transaction that sets the message aside.
  Result<> refused(store::Tx& tx, const store::OutboxMessage& message, const Error& error);

  // ── agreements ──
  Result<> terminate_agreement(const std::string& id, const std::string& code, const std::vector<std::string>& reasons,
                               const std::string& actor);
  Result<> suspend_agreement(const std::string& id, const std::vector<std::string>& reasons, const std::string& actor);
  // Only who suspended resumes. Fails with kForbidden ("contract.suspended_by_peer").
  Result<> resume_agreement(const std::string& id, const std::string& actor);
  // The data are gone, as their holder signed; `transfer` is the last that was proven. Safe to repeat.
  Result<> mark_destroyed(store::Tx& tx, const std::string& id, const std::string& transfer, const std::string& actor);
  Result<> mark_destroyed(const std::string& id, const std::string& transfer, const std::string& actor);

  // ── time ──
  // Ends what ran out at `now`, at most `limit` of each kind; returns how many.
  Result<std::size_t> expire(Timestamp now, std::size_t limit = 256);
  Result<std::optional<Timestamp>> next_expiry();

  // ── look ──
  Result<NegotiationRecord> get(const std::string& pid);
  Result<State> state_of(const std::string& pid);  // cheap enough to be asked after every commit
  Result<Page<NegotiationRecord>> list(const ListQuery& query);
  Result<Page<NegotiationRecord>> list_held(const ListQuery& query);
  Result<AgreementRecord> get_agreement(const std::string& id);
  Result<AgreementRecord> get_agreement(store::Tx& tx, const std::string& id) { return find_agreement(tx, id); }
  Result<AgreementRecord> get_by_contract(const std::string& contract_id);
  Result<Page<AgreementRecord>> agreements(const ListQuery& query);
  // Checks both signatures of an agreement again, with the keys of the directory.
  Result<> check_signatures(const std::string& id);

  // ── templates ──
  // A new template, or a new version of one that has the same id.
  Result<Template> create_template(Template contract_template, const std::string& actor);
  Result<std::vector<Template>> templates();
  // An offer for `target` from a template; version 0 is the latest.
  Result<Offer> offer_from_template(const std::string& id, std::int64_t version, const std::string& target,
                                    const wire::Json& values);

 private:
  Result<std::string> begin(const PartyId& peer, Role role, const Offer& offer, const std::string& actor);
  Result<> proceed(const std::string& pid, std::optional<MessageKind> kind, bool held_only, const std::string& actor);
  Result<Reply> receive_first(const PartyId& peer, const Message& message, const wire::Json& body);
  Result<Reply> receive_next(const PartyId& peer, const std::string& pid, const Message& message,
                             const wire::Json& body);
  Result<Reply> receive_notice(const PartyId& peer, const std::string& id, const wire::Json& body);
  Result<> send_notice(const std::string& id, NoticeKind kind, const std::string& code,
                       const std::vector<std::string>& reasons, const std::string& actor);
  Result<> expire_agreement(const std::string& id, Timestamp now);
  Result<> give_up(const std::string& pid, Timestamp now);
  Deps deps_;
};

}  // namespace weir::flow::contract
