// Delivery service: the use cases of both sides. The only file of this room with effects.
//
// Provider: answers a transfer request, opens its data plane to exactly this peer and process, meters, takes the
// receipt. Consumer: asks, pulls (or is pushed to) into the vault, signs the receipt, lets the data be used within the
// terms, and destroys them. Every transition, its evidence entry and its message commit together (I-1, I-2). I-5:
// content is opened only with a live agreement and a decision; what was sent is metered. Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "weir/base/random.h"
#include "weir/base/time.h"
#include "weir/crypto/sign.h"
#include "weir/flow/delivery/contents.h"
#include "weir/flow/delivery/planes.h"
#include "weir/flow/delivery/renewal.h"
#include "weir/flow/delivery/session.h"
#include "weir/flow/delivery/store.h"
#include "weir/flow/delivery/transfer.h"
#include "weir/flow/delivery/vault.h"
#include "weir/store/outbox.h"
#include "weir/trust/evidence/evidence.h"

namespace weir::flow::delivery {

// What delivery needs to know of an agreement.
struct AgreedDelivery {
  std::string agreement;
  std::string contract;
  PeerId provider;
  PeerId consumer;
  std::string peer_address;  // the other side's protocol endpoint
  std::string product;
  ContentRoot root;
  std::uint64_t size = 0;
};

enum class Traffic { kMessages, kData };

// The neighbours, as delivery sees them; the node adapts contract, usage, metering and the directory to it.
class Neighbours {
 public:
  virtual ~Neighbours() = default;
  // Fails with kNotFound, or with kForbidden ("agreement.not_live") and why: suspended, expired, terminated.
  virtual Result<AgreedDelivery> agreed(store::Tx& tx, const std::string& agreement) = 0;
  // Decides whether this delivery may take place; the decision goes into the evidence. Fails with kForbidden and the
  // rules' words.
  virtual Result<wire::Json> authorize_delivery(store::Tx& tx, const AgreedDelivery& agreed) = 0;
  virtual Result<> meter(store::Tx& tx, const Transfer& transfer, std::uint64_t bytes) = 0;
  // Nothing more will be metered for the transfer. Closing twice is fine.
  virtual Result<> close_meter(store::Tx& tx, const Transfer& transfer) = 0;
  virtual Result<crypto::PublicKey> key_of(store::Tx& tx, const PeerId& node) = 0;
  // Whether this node may send messages, or move data, to an address that `peer` named (decision 0083); `known` is
  // where it was found before.
  virtual bool may_call(store::Tx& tx, const PeerId& peer, std::string_view known, std::string_view address,
                        Traffic traffic) = 0;
};

struct Self {
  supply::identifier::NodeId node;
  std::string protocol_address;  // base URL of this node's Dataspace Protocol endpoint
  std::string data_address;      // base URL of this node's data plane
  const crypto::PrivateKey* key = nullptr;
};

// One opened content on the provider's side.
struct OpenedContent {
  Transfer transfer;
  Content content;
};
struct OpenedData {
  Transfer transfer;
  std::unique_ptr<store::File> data;
  std::shared_ptr<void> stream;  // while it lives, the transfer's meter stays open
};

struct TokenGrant {
  std::string token;
  std::string refresh_token{};  // empty: it does not expire
  Milliseconds expires_in{0};
};

//= NDI-TR-2025-02#transfer
class Service {
 public:
  struct Deps {
    store::Sql& sql;
    trust::evidence::Log& log;
    Clock& clock;
    Random& random;
    Neighbours& neighbours;
    Contents& contents;
    Vault& vault;
    Self self;
    // Called after a commit that changed the state of a transfer: `pid` is ready to be pulled or pushed, or must stop.
    std::function<void(const std::string& pid)> wake = [](const std::string&) {};
    // Whether a request that may be served waits for start() instead of being started at once.
    bool held = false;
    Milliseconds token_lifetime{600'000};  // of a token for a connector outside the space
    Milliseconds foreign_pause{500};  // before an answer to a connector outside the space (decision 0084)
    Planes* planes = nullptr;         // none: no transfer is shared with another plane
  };
  explicit Service(Deps deps) : deps_(std::move(deps)) {}

  // ── consumer ──
  // Asks for the data of an agreement. Returns the process id. A transfer that is already under way, or a copy that is
  // held, is returned instead of a second one.
  Result<std::string> request(const std::string& agreement, std::string_view format, const std::string& actor);
  // Opens the vault for what is still missing. `manifest` is what the sender claims; it must have the agreed root.
  Result<std::unique_ptr<PullSession>> open_pull(const std::string& pid, const Manifest& manifest);
  // Makes what came durable, records it, and meters what came since the last time.
  Result<> record_progress(const std::string& pid, PullSession& session);
  // All chunks are verified, durable and recorded: signs the receipt and tells the provider.
  Result<Receipt> complete(const std::string& pid);
  // The vault item that holds an agreement's data. Fails with kNotFound ("delivery.not_held"). Every use needs a
  // decision of flow/usage first: the caller of this is the node's use case, nothing else.
  Result<std::unique_ptr<VaultItem>> held(const std::string& agreement);
  // Destroys every copy of the agreement's data and proves it: the decision is durable before the first byte goes, the
  // proof after the last. Safe to repeat. Returns how many copies were destroyed.
  Result<std::size_t> destroy(const std::string& agreement, std::string_view reason, const std::string& actor);
  // The transfers whose copies are destroyed, as their holder signed; empty while one of the agreement's is not.
  Result<std::vector<std::string>> destroyed(const std::string& agreement);

  // ── provider ──
  // Who may read what: state, peer and token are checked. Fails with kNotFound for a foreign or unknown process.
  Result<OpenedContent> open_content(const std::string& pid, const PeerId& peer,
                                     std::string_view token);
  // The same without the manifest: for each of many ranges.
  Result<OpenedData> open_data(const std::string& pid, const PeerId& peer, std::string_view token);
  // Bytes may leave, and be recorded, while what this returns lives; the service must outlive it.
  std::shared_ptr<void> open_stream(const std::string& pid);
  // Whether bytes may still leave under what was opened. Fails if the transfer or its agreement was stopped meanwhile.
  Result<> may_send(const std::string& pid);
  // Before bytes leave they are written down (I-5); record_sent() says how many did, through the socket. Fails with
  // kConflict ("delivery.wrong_state") unless the transfer is STARTED, and if the agreement does not live.
  Result<std::int64_t> begin_sending(const std::string& pid, std::uint64_t bytes);
  // Once for each begin_sending(); a second time changes nothing.
  Result<> record_sent(const std::string& pid, std::int64_t sending, std::uint64_t bytes);
  // At a start: nobody knows how much of what was begun had left, so all of it counts as sent.
  Result<> settle_sending();
  // For a foreign connector, which shows nothing but the token of the data address.
  Result<OpenedData> open_for_bearer(const std::string& pid, std::string_view token);
  // A new token for the refresh token that came with the last one; both are good once. Fails with kUnauthenticated
  // ("delivery.refresh"), whatever the reason.
  Result<TokenGrant> renew(std::string_view refresh_token);
  // Begins a delivery that waits.
  Result<> start(const std::string& pid, const std::string& actor);
  // The consumer's signed word that it destroyed the data.
  Result<> take_destruction_proof(const PeerId& peer, const wire::Json& proof);

  // ── receiver of tokens that expire ──
  Result<std::optional<Renewal>> renewal(const std::string& pid);
  Result<> renewed(const std::string& pid, const std::string& token, const std::string& refresh_token);

  // ── receiver of a push ──
  Result<Transfer> open_inbound(const std::string& pid, const PeerId& peer, std::string_view token);

  // ── receiver of a push from who knows nothing of chunks ──
  Result<Transfer> open_push(const std::string& pid, std::string_view token);

  // ── by order of a control plane, within its write: docs/formats/signaling.md ──
  Result<Transfer> take_order(store::Tx& tx, const Order& order);
  // Opens the doors, for the first time or again; what the other side is to be given, if there is something new.
  Result<std::vector<DataAddress>> open_order(store::Tx& tx, const std::string& pid,
                                              const std::vector<DataAddress>& address);
  // Suspension, completion or termination; nothing if it is over already.
  Result<> close_order(store::Tx& tx, const std::string& pid, MessageKind kind, std::string_view reason);
  // ── carried by a data plane, within the write of what it said ──
  // It is prepared, has started, goes on, or has moved everything. Says so to the other side, with the address that is
  // for it. Fails with kInvalidArgument ("delivery.wrong_state").
  Result<> carried(store::Tx& tx, const std::string& pid, Signal done, const std::vector<DataAddress>& address);
  // It refused: the delivery ends, and the other side hears it if it has asked.
  Result<> not_carried(store::Tx& tx, const std::string& pid, const std::string& why);
  // The agreement is suspended or over: so is what data planes carry under it.
  Result<> stop_carried(const std::string& agreement, MessageKind kind, std::string_view reason);
  // After the write in which one of these changed a transfer.
  void changed(const std::string& pid);
  // The transfer that a refresh token renews. Fails as renew().
  Result<Transfer> renewable(std::string_view refresh_token);

  // ── both ──
  // A transfer request from a peer. Answers with the TransferProcess; the same request again answers the same
  // (idempotent on the peer and its consumerPid).
  Result<wire::Json> receive_request(const PeerId& peer, const TransferMessage& message);
  // Any other message about process `pid`.
  Result<wire::Json> receive(const PeerId& peer, const std::string& pid,
                             const TransferMessage& message);
  Result<wire::Json> status_for(const PeerId& peer, const std::string& pid);
  Result<> suspend(const std::string& pid, std::string_view reason, const std::string& actor);
  Result<> resume(const std::string& pid, const std::string& actor);
  Result<> terminate(const std::string& pid, std::string_view reason, const std::string& actor);
  // Says that it is done, whatever has come: for processes whose data go another way.
  Result<> finish(const std::string& pid, const std::string& actor);
  Result<> set_rate(const std::string& pid, std::int64_t bytes_per_second, const std::string& actor);
  // The process ran into something that will not pass by itself: remembered for people.
  Result<> note_error(const std::string& pid, const Error& error);
  // The answer of the peer to a message of this room, within the write that marks it delivered.
  Result<> answered(store::Tx& tx, const store::OutboxMessage& message, std::string_view response);
  // The peer refused the request of this transfer for good: it is over, and says why.
  // Runs in the transaction that sets its message aside.
  Result<> refused(store::Tx& tx, const std::string& pid, const Error& error);
  Result<Transfer> get(const std::string& pid);
  Result<Page> list(const std::string& cursor, std::size_t limit);
  // What to go on with after a start.
  Result<std::vector<Transfer>> unfinished();
  // Closes the meter of a transfer that is over, once its last stream has told what left.
  void settle(const std::string& pid);

 private:
  Result<> start_as_provider(store::Tx& tx, Transfer& transfer, const wire::Json& decision,
                             const TransferMessage& message, const std::string& actor);
  // What renews the token of a data address, if anything does, at one of the peer's addresses.
  Result<> take_renewal(store::Tx& tx, const Transfer& transfer, const DataAddress& address);
  // A token for what is to be pulled; its digest is in `transfer`, which the caller updates.
  Result<TokenGrant> grant(store::Tx& tx, Transfer& transfer);
  Result<> take_receipt(store::Tx& tx, Transfer& transfer, const TransferMessage& message);
  Result<> add_sent(store::Tx& tx, const std::string& pid, std::int64_t sending, std::uint64_t bytes);
  Result<bool> take_late_receipt(store::Tx& tx, Transfer& transfer, const TransferMessage& message);
  Result<> send(store::Tx& tx, const Transfer& transfer, const TransferMessage& message);
  // The data plane for it; empty: this node. Fails with kInvalidArgument ("delivery.format") if neither knows the form.
  Result<std::string> carrier(store::Tx& tx, const AgreedDelivery& agreed, std::string_view format);
  // What the other side, or this one, did to a transfer, said to the data plane that carries it.
  Result<> pass_on(store::Tx& tx, const Transfer& transfer, MessageKind kind, TransferState before,
                   const std::vector<DataAddress>& address);
  Result<> record(store::Tx& tx, const Transfer& transfer, std::string_view kind, const std::string& actor,
                  wire::Json body);
  Result<> change(const std::string& pid, MessageKind kind, std::string_view reason, const std::string& actor);
  Result<> finish_destruction(const Transfer& transfer, std::string_view reason, const std::string& actor);

  Result<Transfer> check_inbound(Transfer transfer, std::string_view token);
  // Fails unless the agreement of a transfer lives, as this node or the control plane that ordered it knows it.
  Result<> check_agreement(store::Tx& tx, const Transfer& transfer);
  // For the provider's side: state, peer and token are right, the agreement lives.
  Result<Transfer> admit(const std::string& pid, const PeerId& peer, std::string_view token);
  Result<> check_address(store::Tx& tx, const PeerId& peer, std::string_view known, std::string_view address,
                         Traffic traffic);

  Deps deps_;
  std::mutex streams_mutex_;  // guards streams_
  std::map<std::string, int> streams_;  // transfer -> streams that are open now
  std::mutex vault_mutex_;  // guards that no vault item is made while, or after, its destruction is decided
};

wire::Json to_json(const Transfer& transfer);  // for the API: no tokens

}  // namespace weir::flow::delivery
