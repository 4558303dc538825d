// The provider's half of the service, and the door for a push.
// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "weir/base/log.h"
#include "weir/flow/delivery/service.h"
#include "weir/flow/delivery/service_parts.h"
#include "weir/wire/encoding.h"

namespace weir::flow::delivery {

using wire::Json;

// ── provider ──

Result<> Service::start_as_provider(store::Tx& tx, Transfer& transfer, const Json& decision,
                                    const TransferMessage& message, const std::string& actor) {
  TransferMessage start{
      .kind = MessageKind::kStart,
      .id = deps_.random.uuid(),
      .provider_pid = transfer.pid,
      .consumer_pid = transfer.peer_pid};
  if (transfer.format == kPullFormat) {
    WEIR_TRY_LET(TokenGrant granted, grant(tx, transfer));
    const std::string_view door = transfer.foreign() ? "/pull/" : "/transfers/";
    start.data_address.push_back({.endpoint = deps_.self.data_address + std::string(door) + transfer.pid,
                                  .token = std::move(granted.token),
                                  .refresh_endpoint = deps_.self.data_address + "/token",
                                  .refresh_token = std::move(granted.refresh_token),
                                  .expires_in = granted.expires_in.count() / 1000});
  } else {
    transfer.endpoint = message.data_address.front().endpoint;
    transfer.token = message.data_address.front().token;
  }
  transfer.state = TransferState::kStarted;
  WEIR_TRY(update(tx, transfer));
  WEIR_TRY(record(tx, transfer, "delivery.started", actor,
                  Json::object({{"format", transfer.format},
                                {"bytes", static_cast<std::int64_t>(transfer.size)},
                                {"decision", decision}})));
  return send(tx, transfer, start);
}

Result<> Service::check_address(store::Tx& tx, const PeerId& peer, std::string_view known, std::string_view address,
                                Traffic traffic) {
  if (deps_.neighbours.may_call(tx, peer, known, address, traffic)) return {};
  return Error(Errc::kForbidden, "that address is not one of the participant's").because("delivery.callback");
}

Result<Json> Service::receive_request(const PeerId& peer, const TransferMessage& message) {
  std::optional<Error> refused;
  std::optional<Transfer> made;
  WEIR_TRY(deps_.sql.write([&](store::Tx& tx) -> Result<> {
    refused.reset();
    WEIR_TRY_LET(made, find_by_peer(tx, peer, message.consumer_pid));
    if (made) return {};
    WEIR_TRY_LET(const AgreedDelivery agreed, deps_.neighbours.agreed(tx, message.agreement));
    if (agreed.consumer != peer || agreed.provider != deps_.self.node) {
      return Error(Errc::kNotFound, "no such agreement").because("contract.no_agreement");  // as if it were not there
    }
    WEIR_TRY(check_address(tx, peer, agreed.peer_address, message.callback_address, Traffic::kMessages));
    WEIR_TRY_LET(std::string carrier, this->carrier(tx, agreed, message.format));
    const bool own_push = message.format == kPushFormat && carrier.empty();
    if (own_push && message.data_address.empty()) {
      return Error(Errc::kInvalidArgument, "format must be HttpData-PULL, or HttpData-PUSH with a dataAddress")
          .because("delivery.format");
    }
    if (own_push) {
      WEIR_TRY(check_address(tx, peer, agreed.peer_address, message.data_address.front().endpoint, Traffic::kData));
    }
    const Timestamp now = deps_.clock.now();
    Transfer transfer{.pid = deps_.random.uuid(),
                      .peer_pid = message.consumer_pid,
                      .role = Role::kProvider,
                      .peer = peer,
                      .carried_by = std::move(carrier),
                      .peer_address = message.callback_address,
                      .agreement = message.agreement,
                      .contract = agreed.contract,
                      .product = agreed.product,
                      .format = message.format,
                      .root = agreed.root,
                      .size = agreed.size,
                      .created = now,
                      .updated = now};
    WEIR_TRY(insert(tx, transfer));
    WEIR_TRY(record(tx, transfer, "delivery.requested", "peer:" + peer.text(),
                    Json::object({{"format", message.format}})));
    const Result<Json> allowed = deps_.neighbours.authorize_delivery(tx, agreed);
    if (allowed && !transfer.carried_by.empty()) {
      WEIR_TRY(deps_.planes->tell(tx, transfer, Signal::kStart, message.data_address, ""));
    } else if (allowed && !deps_.held) {
      WEIR_TRY(start_as_provider(tx, transfer, *allowed, message, "node:" + deps_.self.node.text()));
    } else if (allowed) {
      // It waits for start().
    } else if (allowed.error().code() == Errc::kForbidden) {
      // The refusal is a fact of its own and must stay in the log: commit it, then say no.
      transfer.state = TransferState::kTerminated;
      transfer.error = allowed.error().message();
      WEIR_TRY(update(tx, transfer));
      WEIR_TRY(record(tx, transfer, "delivery.terminated", "node:" + deps_.self.node.text(),
                      reasons_json(transfer.error)));
      refused = allowed.error();
    } else {
      return Error(allowed.error());
    }
    made = std::move(transfer);
    return {};
  }));
  if (refused) return Error(*refused);
  if (made->format == kPushFormat && made->state == TransferState::kStarted) deps_.wake(made->pid);
  return process_json(made->pid, made->peer_pid, made->state);
}

//= I-5
//= NDI-TR-2025-05#delivery-pull
Result<Transfer> Service::admit(const std::string& pid, const PeerId& peer, std::string_view token) {
  std::optional<Renewal> renewal;
  WEIR_TRY_LET(Transfer transfer, store::sql_read<Transfer>(deps_.sql, [&](store::Tx& tx) -> Result<Transfer> {
                 WEIR_TRY_LET(Transfer found, load(tx, pid));
                 if (found.peer != peer || found.role != Role::kProvider) return no_process();
                 WEIR_TRY(check_agreement(tx, found));
                 if (!found.foreign()) return found;  // its tokens do not expire
                 WEIR_TRY_LET(renewal, find_renewal(tx, pid));
                 return found;
               }));
  if (transfer.state != TransferState::kStarted) {
    return Error(Errc::kConflict, "the transfer is " + std::string(name_of(transfer.state)) + ", not STARTED")
        .because("delivery.wrong_state");
  }
  if (!crypto::equal_constant_time(view_of(digest_of_token(token)), view_of(transfer.token_digest))) {
    return Error(Errc::kUnauthenticated, "this token does not open this transfer").because("delivery.token");
  }
  if (renewal && renewal->expires <= deps_.clock.now()) {
    return Error(Errc::kUnauthenticated, "this token has expired")
        .because("delivery.token_expired")
        .advise("renew it with the refresh token that came with it");
  }
  return transfer;
}

Result<OpenedContent> Service::open_content(const std::string& pid, const PeerId& peer, std::string_view token) {
  WEIR_TRY_LET(Transfer transfer, admit(pid, peer, token));
  WEIR_TRY_LET(Content content, deps_.contents.open(transfer.root));
  return OpenedContent{std::move(transfer), std::move(content)};
}

Result<OpenedData> Service::open_data(const std::string& pid, const PeerId& peer, std::string_view token) {
  auto stream = open_stream(pid);  // first: what is admitted now may be over a moment later
  WEIR_TRY_LET(Transfer transfer, admit(pid, peer, token));
  WEIR_TRY_LET(auto data, deps_.contents.open_data(transfer.root));
  return OpenedData{std::move(transfer), std::move(data), std::move(stream)};
}

std::shared_ptr<void> Service::open_stream(const std::string& pid) {
  {
    const std::scoped_lock lock(streams_mutex_);
    ++streams_[pid];
  }
  // Nothing is owned: the pointer stands for the stream, and its end is what matters.
  return std::shared_ptr<void>(this, [this, pid](void*) {
    {
      const std::scoped_lock lock(streams_mutex_);
      if (--streams_[pid] == 0) streams_.erase(pid);
    }
    settle(pid);
  });
}

void Service::settle(const std::string& pid) {
  const auto transfer = get(pid);
  if (!transfer || !is_final(transfer->state)) return;
  {
    const std::scoped_lock lock(streams_mutex_);
    if (streams_.contains(pid)) return;
  }
  const Result<> closed = deps_.sql.write([&](store::Tx& tx) -> Result<> {
    // What left could not be written down: the meter waits for the next start, which counts it.
    WEIR_TRY_LET(const bool sending, is_sending(tx, pid));
    return sending ? Result<>() : deps_.neighbours.close_meter(tx, *transfer);
  });
  if (!closed) log::warning("meter.not_closed", {{"transfer", pid}, {"error", closed.error().message()}});
}

//= I-5
Result<> Service::may_send(const std::string& pid) {
  return deps_.sql.read([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(const Transfer transfer, load(tx, pid));
    if (transfer.state != TransferState::kStarted) {
      return Error(Errc::kConflict, "the transfer is " + std::string(name_of(transfer.state)) + ", not STARTED")
          .because("delivery.wrong_state");
    }
    return check_agreement(tx, transfer);
  });
}

Result<OpenedData> Service::open_for_bearer(const std::string& pid, std::string_view token) {
  WEIR_TRY_LET(const Transfer found, get(pid));
  if (!found.foreign()) return no_process();
  return open_data(pid, found.peer, token);
}

Result<> Service::start(const std::string& pid, const std::string& actor) {
  WEIR_TRY(deps_.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(Transfer transfer, load(tx, pid));
    const bool waits = transfer.role == Role::kProvider && transfer.state == TransferState::kRequested;
    if (!waits || transfer.format != kPullFormat) {
      return Error(Errc::kInvalidArgument, "this delivery does not wait to be started").because("delivery.wrong_state");
    }
    WEIR_TRY_LET(const AgreedDelivery agreed, deps_.neighbours.agreed(tx, transfer.agreement));
    WEIR_TRY_LET(const Json decision, deps_.neighbours.authorize_delivery(tx, agreed));
    transfer.updated = deps_.clock.now();
    return start_as_provider(tx, transfer, decision, {}, actor);
  }));
  deps_.wake(pid);
  return {};
}

Result<std::int64_t> Service::begin_sending(const std::string& pid, std::uint64_t bytes) {
  return store::sql_write<std::int64_t>(deps_.sql, [&](store::Tx& tx) -> Result<std::int64_t> {
    WEIR_TRY_LET(const Transfer transfer, load(tx, pid));
    if (transfer.role != Role::kProvider || transfer.state != TransferState::kStarted) {
      return Error(Errc::kConflict, "the transfer is " + std::string(name_of(transfer.state)) + ", not STARTED")
          .because("delivery.wrong_state");
    }
    WEIR_TRY(check_agreement(tx, transfer));
    return insert_sending(tx, pid, bytes);
  });
}

Result<> Service::add_sent(store::Tx& tx, const std::string& pid, std::int64_t sending, std::uint64_t bytes) {
  WEIR_TRY_LET(const bool open, remove_sending(tx, sending));
  if (!open || bytes == 0) return {};
  WEIR_TRY_LET(Transfer transfer, load(tx, pid));
  transfer.bytes_moved += bytes;
  WEIR_TRY(update(tx, transfer));
  return deps_.neighbours.meter(tx, transfer, bytes);
}

Result<> Service::record_sent(const std::string& pid, std::int64_t sending, std::uint64_t bytes) {
  return deps_.sql.write([&](store::Tx& tx) { return add_sent(tx, pid, sending, bytes); });
}

Result<> Service::settle_sending() {
  WEIR_TRY_LET(const auto open, store::sql_read<std::vector<Sending>>(deps_.sql, all_sending));
  if (open.empty()) return {};
  return deps_.sql.write([&](store::Tx& tx) -> Result<> {
    for (const Sending& each : open) WEIR_TRY(add_sent(tx, each.pid, each.id, each.bytes));
    return {};
  });
}

Result<> Service::take_receipt(store::Tx& tx, Transfer& transfer, const TransferMessage& message) {
  if (message.receipt.empty()) return {};
  const Receipt& receipt = message.receipt.front();
  const bool about_this = receipt.agreement == transfer.agreement && receipt.provider_pid == transfer.pid &&
                          receipt.consumer_pid == transfer.peer_pid && receipt.content_root == format(transfer.root) &&
                          receipt.bytes == transfer.size && receipt.receiver == transfer.peer.text();
  if (!about_this) {
    return Error(Errc::kInvalidArgument, "the receipt is about something else").because("delivery.receipt");
  }
  WEIR_TRY_LET(const crypto::PublicKey key, deps_.neighbours.key_of(tx, transfer.peer));
  WEIR_TRY_LET(const crypto::Signature signature, crypto::parse_signature(receipt.signature));
  WEIR_TRY(key.verify(view_of(receipt.canonical_bytes()), signature));
  transfer.receipt = delivery::to_json(receipt).canonical();
  return {};
}

// Whether it is new. What was suspended is thereby done; what was terminated stays so, with a receipt.
Result<bool> Service::take_late_receipt(store::Tx& tx, Transfer& transfer, const TransferMessage& message) {
  const bool stopped = transfer.state == TransferState::kSuspended;
  if (!stopped && transfer.state != TransferState::kTerminated) {
    WEIR_TRY_LET(transfer.state, next_state(transfer.state, message.kind, Role::kConsumer));
  }
  if (!transfer.receipt.empty()) return false;
  WEIR_TRY(take_receipt(tx, transfer, message));
  if (stopped) transfer.state = TransferState::kCompleted;
  transfer.updated = deps_.clock.now();
  WEIR_TRY(update(tx, transfer));
  Json body = Json::object({{"receipt", *wire::parse_json(transfer.receipt)}});
  const std::string_view kind = stopped ? "delivery.completed" : "delivery.receipt_taken";
  WEIR_TRY(record(tx, transfer, kind, "peer:" + transfer.peer.text(), std::move(body)));
  return true;
}

Result<> Service::take_destruction_proof(const PeerId& peer, const Json& proof) {
  WEIR_TRY_LET(const std::string pid, proof.text("providerPid"));
  WEIR_TRY_LET(const std::string signature_text, proof.text("signature"));
  WEIR_TRY_LET(const std::string time_text, proof.text("time"));
  WEIR_TRY_LET(const Timestamp time, parse_iso8601(time_text));
  WEIR_TRY_LET(const crypto::Signature signature, crypto::parse_signature(signature_text));
  return deps_.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(Transfer transfer, load(tx, pid));
    if (transfer.peer != peer || transfer.role != Role::kProvider) return no_process();
    if (transfer.custody == Custody::kDestroyed) return {};
    WEIR_TRY_LET(const crypto::PublicKey key, deps_.neighbours.key_of(tx, peer));
    Json signed_proof = proof_body(transfer, peer, proof.text_or("reason", ""), time);
    WEIR_TRY(key.verify(view_of(signed_proof.canonical()), signature));
    signed_proof.set("signature", signature_text);  // and nothing else that came with it
    transfer.custody = Custody::kDestroyed;
    transfer.updated = deps_.clock.now();
    WEIR_TRY(update(tx, transfer));
    return record(tx, transfer, "delivery.destroyed", "peer:" + peer.text(), Json::object({{"proof", signed_proof}}));
  });
}

// ── receiver of a push ──

//= NDI-TR-2025-05#delivery-push
Result<Transfer> Service::open_inbound(const std::string& pid, const PeerId& peer, std::string_view token) {
  WEIR_TRY_LET(Transfer transfer, get(pid));
  if (transfer.peer != peer || transfer.foreign()) return no_process();
  return check_inbound(std::move(transfer), token);
}

Result<Transfer> Service::open_push(const std::string& pid, std::string_view token) {
  WEIR_TRY_LET(Transfer transfer, get(pid));
  if (!transfer.foreign()) return no_process();
  return check_inbound(std::move(transfer), token);
}

Result<Transfer> Service::check_inbound(Transfer transfer, std::string_view token) {
  if (transfer.role != Role::kConsumer || transfer.format != kPushFormat) return no_process();
  if (transfer.state != TransferState::kStarted) {
    return Error(Errc::kConflict, "the transfer is " + std::string(name_of(transfer.state)) + ", not STARTED")
        .because("delivery.wrong_state");
  }
  if (!crypto::equal_constant_time(view_of(digest_of_token(token)), view_of(transfer.token_digest))) {
    return Error(Errc::kUnauthenticated, "this token does not open this transfer").because("delivery.token");
  }
  return transfer;
}

}  // namespace weir::flow::delivery
