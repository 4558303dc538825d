// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/delivery/service.h"


#include "weir/base/cut.h"
#include "weir/flow/delivery/service_parts.h"

namespace weir::flow::delivery {
namespace {

using wire::Json;

std::string_view path_end(MessageKind kind) {
  switch (kind) {
    case MessageKind::kRequest: return "/request";
    case MessageKind::kStart: return "/start";
    case MessageKind::kSuspension: return "/suspension";
    case MessageKind::kCompletion: return "/completion";
    case MessageKind::kTermination: return "/termination";
  }
  return "";
}

std::string_view evidence_kind(MessageKind kind) {
  switch (kind) {
    case MessageKind::kRequest: return "delivery.requested";
    case MessageKind::kStart: return "delivery.started";
    case MessageKind::kSuspension: return "delivery.suspended";
    case MessageKind::kCompletion: return "delivery.completed";
    case MessageKind::kTermination: return "delivery.terminated";
  }
  return "";
}

}  // namespace

Result<> Service::send(store::Tx& tx, const Transfer& transfer, const TransferMessage& message) {
  if (!transfer.ordered_by.empty()) {
    // What else happens to it here, the control plane asks about.
    if (message.kind == MessageKind::kCompletion) return deps_.planes->moved(tx, transfer);
    if (message.kind == MessageKind::kTermination) return deps_.planes->failed(tx, transfer, transfer.error);
    return {};
  }
  std::string path = "/transfers";
  if (message.kind != MessageKind::kRequest) path += "/" + wire::escape_url(transfer.peer_pid);
  path += path_end(message.kind);
  const bool pauses = message.kind != MessageKind::kRequest && !transfer.peer.is_node();
  const Timestamp now = deps_.clock.now();
  WEIR_TRY(store::enqueue(tx, {.lane = transfer.pid,
                               .peer = transfer.peer.text(),
                               .address = transfer.peer_address,
                               .path = std::move(path),
                               .body = delivery::to_json(message).dump(),
                               .not_before = pauses ? after(now, deps_.foreign_pause) : now}));
  return {};
}

Result<> Service::record(store::Tx& tx, const Transfer& transfer, std::string_view kind, const std::string& actor,
                         Json body) {
  body.set("agreement", transfer.agreement).set("contentRoot", format(transfer.root));
  WEIR_TRY(deps_.log.append(tx, {.kind = std::string(kind),
                                 .time = deps_.clock.now(),
                                 .actor = actor,
                                 .contract = transfer.contract,
                                 .product = transfer.product,
                                 .process = transfer.pid,
                                 .participants = {deps_.self.node.text(), transfer.peer.text()},
                                 .body = std::move(body)}));
  return {};
}

// ── consumer ──

Result<std::string> Service::request(const std::string& agreement, std::string_view format, const std::string& actor) {
  return store::sql_write<std::string>(deps_.sql, [&](store::Tx& tx) -> Result<std::string> {
    WEIR_TRY_LET(const AgreedDelivery agreed, deps_.neighbours.agreed(tx, agreement));
    if (agreed.consumer != deps_.self.node) {
      return Error(Errc::kForbidden, "this node is not the consumer of the agreement").because("delivery.not_consumer");
    }
    WEIR_TRY_LET(std::string carrier, this->carrier(tx, agreed, format));
    WEIR_TRY_LET(const auto earlier, of_agreement(tx, agreement));
    for (const Transfer& t : earlier) {
      const bool usable = t.custody == Custody::kHeld || !is_final(t.state);
      if (t.role == Role::kConsumer && t.ordered_by.empty() && usable && t.custody < Custody::kDestroying) return t.pid;
    }
    const Timestamp now = deps_.clock.now();
    Transfer transfer{.pid = deps_.random.uuid(),
                      .role = Role::kConsumer,
                      .peer = agreed.provider,
                      .carried_by = std::move(carrier),
                      .peer_address = agreed.peer_address,
                      .agreement = agreement,
                      .contract = agreed.contract,
                      .product = agreed.product,
                      .format = std::string(format),
                      .root = agreed.root,
                      .size = agreed.size,
                      .created = now,
                      .updated = now};
    TransferMessage message{.kind = MessageKind::kRequest,
                            .consumer_pid = transfer.pid,
                            .agreement = agreement,
                            .format = transfer.format,
                            .callback_address = deps_.self.protocol_address};
    const bool carried = !transfer.carried_by.empty();
    if (format == kPushFormat && !carried) {
      const std::string token = fresh_token(deps_.random);
      transfer.token_digest = digest_of_token(token);
      const std::string_view door = transfer.foreign() ? "/push/" : "/inbound/";
      message.data_address.push_back({deps_.self.data_address + std::string(door) + transfer.pid, token});
    }
    WEIR_TRY(insert(tx, transfer));
    WEIR_TRY(record(tx, transfer, "delivery.requested", actor, Json::object({{"format", format}})));
    WEIR_TRY(carried ? deps_.planes->tell(tx, transfer, Signal::kPrepare, {}, "") : send(tx, transfer, message));
    return transfer.pid;
  });
}

Result<std::unique_ptr<PullSession>> Service::open_pull(const std::string& pid, const Manifest& manifest) {
  auto stream = open_stream(pid);  // the meter stays open until what came is recorded
  WEIR_TRY_LET(Transfer transfer, get(pid));
  if (transfer.role != Role::kConsumer || transfer.state != TransferState::kStarted) {
    return Error(Errc::kConflict, "the transfer is " + std::string(name_of(transfer.state)) + ", not STARTED")
        .because("delivery.wrong_state");
  }
  // A foreign provider agrees on no content root: what came is what there is, and is named by what it is.
  const bool unnamed = transfer.foreign() && transfer.root == ContentRoot{};
  if (!unnamed && manifest.root() != transfer.root) {
    return Error(Errc::kCorrupt, "the sender's manifest is not that of the agreed content")
        .because("delivery.other_content")
        .advise("the sender offers other bytes than were agreed; terminate the transfer and ask the provider");
  }
  WEIR_TRY_LET(const auto known, transfer.progress.empty()
                                     ? Result<std::vector<bool>>(std::vector<bool>(manifest.chunk_count()))
                                     : decode_bitmap(transfer.progress, manifest.chunk_count()));
  const std::scoped_lock lock(vault_mutex_);
  WEIR_TRY(deps_.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(transfer, load(tx, pid));
    if (transfer.state != TransferState::kStarted || transfer.custody > Custody::kReceiving) {
      return Error(Errc::kConflict, "the transfer was stopped").because("delivery.wrong_state");
    }
    WEIR_TRY(check_agreement(tx, transfer));
    transfer.custody = Custody::kReceiving;
    transfer.size = manifest.size;
    transfer.root = manifest.root();
    transfer.error.clear();
    return update(tx, transfer);
  }));
  WEIR_TRY_LET(auto item, deps_.vault.create(pid, manifest));
  return std::make_unique<PullSession>(std::move(item), known, std::move(stream));
}

Result<> Service::record_progress(const std::string& pid, PullSession& session) {
  const std::scoped_lock lock(session.recording());
  const std::uint64_t received = session.bytes_unmetered();
  // What came counts as received whether or not the disk takes it.
  const auto durable = session.checkpoint();
  const std::uint64_t done = session.bytes_done();
  WEIR_TRY(deps_.sql.write([&](store::Tx& tx) -> Result<> {
    if (durable) WEIR_TRY(update_progress(tx, pid, encode_bitmap(*durable), done));
    if (received == 0) return {};
    WEIR_TRY_LET(const Transfer transfer, load(tx, pid));
    return deps_.neighbours.meter(tx, transfer, received);
  }));
  session.metered(received);
  return durable ? Result<>() : Result<>(durable.error());
}

Result<Receipt> Service::complete(const std::string& pid) {
  auto receipt_of = store::sql_write<Receipt>(deps_.sql, [&](store::Tx& tx) -> Result<Receipt> {
    WEIR_TRY_LET(Transfer transfer, load(tx, pid));
    WEIR_TRY_LET(transfer.state, next_state(transfer.state, MessageKind::kCompletion, Role::kConsumer));
    const Timestamp now = deps_.clock.now();
    Receipt receipt{.agreement = transfer.agreement,
                    .contract = transfer.contract,
                    .provider_pid = transfer.peer_pid,
                    .consumer_pid = transfer.pid,
                    .product = transfer.product,
                    .content_root = format(transfer.root),
                    .bytes = transfer.size,
                    .receiver = deps_.self.node.text(),
                    .time = now};
    receipt.signature = crypto::format(deps_.self.key->sign(view_of(receipt.canonical_bytes())));
    transfer.custody = Custody::kHeld;
    transfer.bytes_moved = transfer.size;
    transfer.receipt = delivery::to_json(receipt).canonical();
    transfer.updated = now;
    WEIR_TRY(update(tx, transfer));
    WEIR_TRY(record(tx, transfer, "delivery.completed", "node:" + deps_.self.node.text(),
                    Json::object({{"receipt", delivery::to_json(receipt)}})));
    WEIR_TRY(send(tx, transfer,
                  {.kind = MessageKind::kCompletion,
                   .provider_pid = transfer.peer_pid,
                   .consumer_pid = transfer.pid,
                   .receipt = {receipt}}));
    return receipt;
  });
  if (receipt_of) settle(pid);
  return receipt_of;
}

Result<std::unique_ptr<VaultItem>> Service::held(const std::string& agreement) {
  WEIR_TRY_LET(const auto transfers, store::sql_read<std::vector<Transfer>>(deps_.sql, [&](store::Tx& tx) {
                 return of_agreement(tx, agreement);
               }));
  for (const Transfer& transfer : transfers) {
    if (transfer.custody == Custody::kHeld) return deps_.vault.open(transfer.pid);
  }
  return Error(Errc::kNotFound, "no data of this agreement are held here")
      .because("delivery.not_held")
      .advise("fetch them first: weir fetch AGREEMENT");
}

Result<std::size_t> Service::destroy(const std::string& agreement, std::string_view reason, const std::string& actor) {
  std::vector<Transfer> to_destroy;
  std::vector<std::string> cut;
  WEIR_TRY(deps_.sql.write([&](store::Tx& tx) -> Result<> {
    to_destroy.clear();
    cut.clear();
    WEIR_TRY_LET(auto transfers, of_agreement(tx, agreement));
    for (Transfer& transfer : transfers) {
      const bool holds = transfer.custody == Custody::kReceiving || transfer.custody == Custody::kHeld;
      if (transfer.role != Role::kConsumer || (!holds && transfer.custody != Custody::kDestroying)) continue;
      if (holds) {
        transfer.custody = Custody::kDestroying;
        transfer.error = reason;  // if somebody else has to finish, the proof still says why
        transfer.updated = deps_.clock.now();
        if (!is_final(transfer.state)) {
          cut.push_back(transfer.pid);
          transfer.state = TransferState::kTerminated;
          WEIR_TRY(send(tx, transfer,
                        {.kind = MessageKind::kTermination,
                         .provider_pid = transfer.peer_pid,
                         .consumer_pid = transfer.pid,
                         .reasons = {std::string(reason)}}));
        }
        WEIR_TRY(update(tx, transfer));
        WEIR_TRY(record(tx, transfer, "delivery.destroying", actor, reasons_json(reason)));
      }
      to_destroy.push_back(std::move(transfer));
    }
    return {};
  }));
  for (const std::string& pid : cut) {
    deps_.wake(pid);  // a stream that still draws must end
    settle(pid);
  }
  for (const Transfer& transfer : to_destroy) WEIR_TRY(finish_destruction(transfer, reason, actor));
  return to_destroy.size();
}

Result<std::vector<std::string>> Service::destroyed(const std::string& agreement) {
  using Pids = std::vector<std::string>;
  return store::sql_read<Pids>(deps_.sql, [&](store::Tx& tx) -> Result<Pids> {
    WEIR_TRY_LET(const auto transfers, of_agreement(tx, agreement));
    Pids out;
    for (const Transfer& transfer : transfers) {
      const bool copied =
          transfer.role == Role::kProvider ? transfer.bytes_moved > 0 : transfer.custody != Custody::kNone;
      if (copied && transfer.custody != Custody::kDestroyed) return Pids();
      if (copied) out.push_back(transfer.pid);
    }
    return out;
  });
}

//= TC609-6-2025-14#destruction-proof
Result<> Service::finish_destruction(const Transfer& transfer, std::string_view reason, const std::string& actor) {
  const std::scoped_lock lock(vault_mutex_);
  WEIR_TRY(deps_.vault.destroy(transfer.pid));
  return deps_.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(Transfer current, load(tx, transfer.pid));
    if (current.custody == Custody::kDestroyed) return {};
    const Timestamp now = deps_.clock.now();
    current.custody = Custody::kDestroyed;
    current.progress.clear();
    current.updated = now;
    WEIR_TRY(update(tx, current));
    const Json body = proof_body(current, deps_.self.node, current.error.empty() ? reason : current.error, now);
    Json proof = body;
    proof.set("signature", crypto::format(deps_.self.key->sign(view_of(body.canonical()))));
    WEIR_TRY(record(tx, current, "delivery.destroyed", actor, Json::object({{"proof", proof}})));
    if (current.foreign()) return {};  // the protocol has no word for it
    WEIR_TRY(store::enqueue(tx, {.lane = current.pid,
                                 .peer = current.peer.text(),
                                 .address = current.peer_address,
                                 .path = "/transfers/" + current.peer_pid + "/destruction",
                                 .body = proof.dump(),
                                 .not_before = now}));
    return {};
  });
}

// ── both ──

Result<Json> Service::receive(const PeerId& peer, const std::string& pid, const TransferMessage& message) {
  bool changed = false;
  Json answer;
  WEIR_TRY(deps_.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(Transfer transfer, load(tx, pid));
    const std::string& own = transfer.role == Role::kProvider ? message.provider_pid : message.consumer_pid;
    const std::string& theirs = transfer.role == Role::kProvider ? message.consumer_pid : message.provider_pid;
    const bool theirs_known = transfer.peer_pid.empty() || transfer.peer_pid == theirs;
    const bool known = transfer.peer == peer && transfer.ordered_by.empty() && own == pid && theirs_known;
    if (!known) return no_process();
    const Role sender = other(transfer.role);
    const bool starts = message.kind == MessageKind::kStart;
    bool heard = false;
    if (!message.id.empty()) {
      WEIR_TRY_LET(heard, is_heard(tx, pid, message.id));
    }
    // The same message again: the state it leads to is reached already, or was left since; answer as before.
    const bool repeated = heard ||
                          (starts && transfer.state == TransferState::kStarted && transfer.peer_pid == theirs) ||
                          (message.kind == MessageKind::kCompletion && transfer.state == TransferState::kCompleted) ||
                          (message.kind == MessageKind::kSuspension && transfer.state == TransferState::kSuspended) ||
                          (message.kind == MessageKind::kTermination && transfer.state == TransferState::kTerminated);
    // The receiver had everything before it heard that this side stopped: its receipt counts all the same.
    const bool crossed = message.kind == MessageKind::kCompletion && transfer.role == Role::kProvider &&
                         !message.receipt.empty() && transfer.state != TransferState::kStarted;
    // It was ended here before the peer had a name for it: now the peer can be told.
    const bool ended_before = starts && transfer.state == TransferState::kTerminated && transfer.peer_pid.empty();
    if (ended_before) {
      transfer.peer_pid = theirs;
      WEIR_TRY(update(tx, transfer));
      WEIR_TRY(send(tx, transfer, {.kind = MessageKind::kTermination,
                                   .provider_pid = theirs,
                                   .consumer_pid = pid,
                                   .reasons = {transfer.error}}));
    } else if (!repeated && crossed) {
      WEIR_TRY_LET(changed, take_late_receipt(tx, transfer, message));
    } else if (!repeated) {
      const TransferState before = transfer.state;
      WEIR_TRY_LET(transfer.state, next_state(transfer.state, message.kind, sender));
      transfer.peer_pid = theirs;
      if (!message.id.empty()) WEIR_TRY(insert_heard(tx, pid, message.id));
      if (starts && !message.data_address.empty() && transfer.carried_by.empty()) {
        WEIR_TRY(check_address(tx, peer, transfer.peer_address, message.data_address.front().endpoint, Traffic::kData));
        transfer.endpoint = message.data_address.front().endpoint;
        transfer.token = message.data_address.front().token;
        WEIR_TRY(take_renewal(tx, transfer, message.data_address.front()));
      }
      if (message.kind == MessageKind::kCompletion && transfer.role == Role::kProvider) {
        WEIR_TRY(take_receipt(tx, transfer, message));
      }
      if (message.kind == MessageKind::kTermination || message.kind == MessageKind::kSuspension) {
        transfer.error = message.reasons.empty() ? message.code : cut(message.reasons.front(), 500);
      }
      transfer.updated = deps_.clock.now();
      WEIR_TRY(update(tx, transfer));
      Json body = reasons_json(transfer.error);
      if (!transfer.receipt.empty()) body.set("receipt", *wire::parse_json(transfer.receipt));
      WEIR_TRY(record(tx, transfer, evidence_kind(message.kind), "peer:" + peer.text(), std::move(body)));
      WEIR_TRY(pass_on(tx, transfer, message.kind, before, message.data_address));
      changed = true;
    }
    answer = process_json(provider_pid(transfer), consumer_pid(transfer), transfer.state);
    return {};
  }));
  if (changed) {
    deps_.wake(pid);
    settle(pid);
  }
  return answer;
}

Result<Json> Service::status_for(const PeerId& peer, const std::string& pid) {
  WEIR_TRY_LET(const Transfer transfer, get(pid));
  if (transfer.peer != peer || !transfer.ordered_by.empty()) return no_process();
  return process_json(provider_pid(transfer), consumer_pid(transfer), transfer.state);
}

Result<> Service::change(const std::string& pid, MessageKind kind, std::string_view reason, const std::string& actor) {
  WEIR_TRY(deps_.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(Transfer transfer, load(tx, pid));
    const TransferState before = transfer.state;
    WEIR_TRY_LET(transfer.state, next_state(transfer.state, kind, transfer.role));
    if (kind != MessageKind::kStart) transfer.error = reason;
    WEIR_TRY(pass_on(tx, transfer, kind, before, {}));
    if (kind == MessageKind::kStart && !transfer.carried_by.empty()) return {};  // when the data plane goes on
    transfer.updated = deps_.clock.now();
    WEIR_TRY(update(tx, transfer));
    WEIR_TRY(record(tx, transfer, evidence_kind(kind), actor, reasons_json(reason)));
    if (transfer.peer_pid.empty() && transfer.ordered_by.empty()) return {};
    TransferMessage message{
        .kind = kind, .provider_pid = provider_pid(transfer), .consumer_pid = consumer_pid(transfer)};
    if (kind != MessageKind::kTermination) message.id = deps_.random.uuid();
    if (!reason.empty() && kind != MessageKind::kStart) message.reasons.emplace_back(reason);
    return send(tx, transfer, message);
  }));
  deps_.wake(pid);
  settle(pid);
  return {};
}

//= NDI-TR-2025-05#stop
Result<> Service::suspend(const std::string& pid, std::string_view reason, const std::string& actor) {
  return change(pid, MessageKind::kSuspension, reason, actor);
}
Result<> Service::resume(const std::string& pid, const std::string& actor) {
  return change(pid, MessageKind::kStart, "", actor);
}
Result<> Service::terminate(const std::string& pid, std::string_view reason, const std::string& actor) {
  return change(pid, MessageKind::kTermination, reason, actor);
}
Result<> Service::finish(const std::string& pid, const std::string& actor) {
  return change(pid, MessageKind::kCompletion, "", actor);
}

Result<> Service::answered(store::Tx& tx, const store::OutboxMessage& message, std::string_view response) {
  if (message.path != "/transfers/request") return {};
  Result<Transfer> transfer = load(tx, message.lane);
  if (!transfer || !transfer->peer_pid.empty()) return {};
  // The answer is hostile; what is wrong with it is the peer's loss.
  const auto json = wire::parse_json(response);
  const std::string pid = json ? json->text_or("providerPid", "") : "";
  if (pid.empty() || pid.size() > kPidBytesMax) return {};
  transfer->peer_pid = pid;
  return update(tx, *transfer);
}

//= TC609-6-2025-11#rate-limit
Result<> Service::set_rate(const std::string& pid, std::int64_t bytes_per_second, const std::string& actor) {
  if (bytes_per_second < 0) {
    return Error(Errc::kInvalidArgument, "a rate cannot be negative")
        .because("delivery.rate")
        .advise("0 lifts the limit");
  }
  return deps_.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(Transfer transfer, load(tx, pid));
    transfer.rate_bytes_per_second = bytes_per_second;
    transfer.updated = deps_.clock.now();
    WEIR_TRY(update(tx, transfer));
    return record(tx, transfer, "delivery.rate_changed", actor, Json::object({{"bytesPerSecond", bytes_per_second}}));
  });
}

Result<> Service::note_error(const std::string& pid, const Error& error) {
  return deps_.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(Transfer transfer, load(tx, pid));
    if (transfer.custody == Custody::kDestroying) return {};  // there it says why it is destroyed
    transfer.error = error.message();
    transfer.updated = deps_.clock.now();
    return update(tx, transfer);
  });
}

Result<> Service::refused(store::Tx& tx, const std::string& pid, const Error& error) {
  WEIR_TRY_LET(Transfer transfer, load(tx, pid));
  if (is_final(transfer.state)) return {};
  transfer.state = TransferState::kTerminated;
  transfer.error = error.message();
  transfer.updated = deps_.clock.now();
  WEIR_TRY(update(tx, transfer));
  WEIR_TRY(deps_.neighbours.close_meter(tx, transfer));
  return record(tx, transfer, "delivery.terminated", "peer:" + transfer.peer.text(), reasons_json(transfer.error));
}

Result<Transfer> Service::get(const std::string& pid) {
  return store::sql_read<Transfer>(deps_.sql, [&](store::Tx& tx) { return load(tx, pid); });
}

Result<Page> Service::list(const std::string& cursor, std::size_t limit) {
  return store::sql_read<Page>(deps_.sql, [&](store::Tx& tx) { return delivery::list(tx, cursor, limit); });
}

Result<std::vector<Transfer>> Service::unfinished() {
  return store::sql_read<std::vector<Transfer>>(deps_.sql, [&](store::Tx& tx) { return delivery::unfinished(tx); });
}

Json to_json(const Transfer& transfer) {
  Json out = Json::object({{"id", transfer.pid},
                           {"role", transfer.role == Role::kProvider ? "provider" : "consumer"},
                           {"state", name_of(transfer.state)},
                           {"peer", transfer.peer.text()},
                           {"peerProcess", transfer.peer_pid},
                           {"agreement", transfer.agreement},
                           {"contract", transfer.contract},
                           {"product", transfer.product},
                           {"format", transfer.format},
                           {"contentRoot", format(transfer.root)},
                           {"size", static_cast<std::int64_t>(transfer.size)},
                           {"bytesMoved", static_cast<std::int64_t>(transfer.bytes_moved)},
                           {"rateBytesPerSecond", transfer.rate_bytes_per_second},
                           {"custody", name_of(transfer.custody)},
                           {"created", format_iso8601(transfer.created)},
                           {"updated", format_iso8601(transfer.updated)}});
  if (!transfer.receipt.empty()) {
    if (auto receipt = wire::parse_json(transfer.receipt)) out.set("receipt", *std::move(receipt));
  }
  if (!transfer.error.empty()) out.set("error", transfer.error);
  return out;
}

}  // namespace weir::flow::delivery
