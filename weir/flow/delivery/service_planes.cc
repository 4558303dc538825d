// What a delivery does by order of a control plane, and what a data plane does for it.
// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/delivery/service.h"
#include "weir/flow/delivery/service_parts.h"

namespace weir::flow::delivery {

using wire::Json;

Result<> Service::check_agreement(store::Tx& tx, const Transfer& transfer) {
  if (!transfer.ordered_by.empty()) {
    if (deps_.planes != nullptr) return deps_.planes->vouches(tx, transfer);
    return Error(Errc::kForbidden, "nobody answers for this agreement").because("agreement.not_live");
  }
  WEIR_TRY(deps_.neighbours.agreed(tx, transfer.agreement));
  return {};
}

// ── by order of a control plane ──

Result<Transfer> Service::take_order(store::Tx& tx, const Order& order) {
  // What this node agreed on itself is not to be mixed up with what it only hears of.
  WEIR_TRY_LET(const auto others, of_agreement(tx, order.agreement));
  for (const Transfer& other : others) {
    if (other.ordered_by == order.control_plane) continue;
    return Error(Errc::kConflict, "this node knows another agreement of that id").because("signaling.agreement");
  }
  const Timestamp now = deps_.clock.now();
  Transfer transfer{.pid = deps_.random.uuid(),
                    .role = order.role,
                    .peer = order.peer,
                    .ordered_by = order.control_plane,
                    .agreement = order.agreement,
                    .product = order.product,
                    .format = std::string(order.format),
                    .root = order.root,
                    .size = order.size,
                    .created = now,
                    .updated = now};
  WEIR_TRY(insert(tx, transfer));
  WEIR_TRY(record(tx, transfer, "delivery.requested", "plane:" + order.control_plane,
                  Json::object({{"format", order.format}})));
  return transfer;
}

Result<std::vector<DataAddress>> Service::open_order(store::Tx& tx, const std::string& pid,
                                                     const std::vector<DataAddress>& address) {
  WEIR_TRY_LET(Transfer transfer, load(tx, pid));
  std::vector<DataAddress> out;
  if (is_final(transfer.state)) return out;
  const bool gives = (transfer.role == Role::kProvider) == (transfer.format == kPullFormat);
  if (gives && transfer.role == Role::kProvider) {
    WEIR_TRY_LET(TokenGrant granted, grant(tx, transfer));
    out.push_back({.endpoint = deps_.self.data_address + "/pull/" + pid,
                   .token = std::move(granted.token),
                   .refresh_endpoint = deps_.self.data_address + "/token",
                   .refresh_token = std::move(granted.refresh_token),
                   .expires_in = granted.expires_in.count() / 1000});
  } else if (gives && transfer.token_digest.empty()) {
    const std::string token = fresh_token(deps_.random);
    transfer.token_digest = digest_of_token(token);
    out.push_back({.endpoint = deps_.self.data_address + "/push/" + pid, .token = token});
  } else if (!gives && !address.empty()) {
    transfer.endpoint = address.front().endpoint;
    transfer.token = address.front().token;
    WEIR_TRY(save_renewal(tx, pid, {.refresh_endpoint = address.front().refresh_endpoint,
                                    .refresh_token = address.front().refresh_token}));
  }
  transfer.state = TransferState::kStarted;
  transfer.updated = deps_.clock.now();
  WEIR_TRY(update(tx, transfer));
  WEIR_TRY(record(tx, transfer, "delivery.started", "plane:" + transfer.ordered_by,
                  Json::object({{"format", transfer.format},
                                {"bytes", static_cast<std::int64_t>(transfer.size)},
                                {"decision", Json::object({{"controlPlane", transfer.ordered_by}})}})));
  return out;
}

Result<> Service::close_order(store::Tx& tx, const std::string& pid, MessageKind kind, std::string_view reason) {
  WEIR_TRY_LET(Transfer transfer, load(tx, pid));
  if (is_final(transfer.state)) return {};
  const bool suspends = kind == MessageKind::kSuspension;
  if (suspends) {
    WEIR_TRY_LET(transfer.state, next_state(transfer.state, kind, transfer.role));
  } else {
    transfer.state = kind == MessageKind::kCompletion ? TransferState::kCompleted : TransferState::kTerminated;
  }
  transfer.error = reason;
  transfer.updated = deps_.clock.now();
  WEIR_TRY(update(tx, transfer));
  const std::string_view what = suspends                              ? "delivery.suspended"
                                : kind == MessageKind::kCompletion ? "delivery.completed"
                                                                      : "delivery.terminated";
  WEIR_TRY(record(tx, transfer, what, "plane:" + transfer.ordered_by, reasons_json(reason)));
  return {};
}

// ── carried by a data plane ──

Result<std::string> Service::carrier(store::Tx& tx, const AgreedDelivery& agreed, std::string_view format) {
  std::string out;
  if (deps_.planes != nullptr) {
    WEIR_TRY_LET(out, deps_.planes->carrier(tx, agreed.product, format));
  }
  if (!out.empty()) return out;
  if (agreed.provider.is_node() && agreed.root == ContentRoot{}) {
    return Error(Errc::kConflict, "the product of this agreement has no content to deliver")
        .because("delivery.no_content");
  }
  if (format == kPullFormat || format == kPushFormat) return out;
  return Error(Errc::kInvalidArgument, "unknown transfer format '" + std::string(format) + "'")
      .because("delivery.format")
      .advise("use HttpData-PULL or HttpData-PUSH");
}

Result<> Service::pass_on(store::Tx& tx, const Transfer& transfer, MessageKind kind, TransferState before,
                          const std::vector<DataAddress>& address) {
  if (transfer.carried_by.empty()) return {};
  const auto tell = [&](Signal signal) { return deps_.planes->tell(tx, transfer, signal, address, transfer.error); };
  switch (kind) {
    case MessageKind::kRequest: return {};
    case MessageKind::kStart: return tell(before == TransferState::kSuspended ? Signal::kResume : Signal::kStarted);
    case MessageKind::kSuspension: return tell(Signal::kSuspend);
    case MessageKind::kCompletion: return tell(Signal::kCompleted);
    case MessageKind::kTermination: return tell(Signal::kTerminate);
  }
  return {};
}

Result<> Service::carried(store::Tx& tx, const std::string& pid, Signal done,
                          const std::vector<DataAddress>& address) {
  WEIR_TRY_LET(Transfer transfer, load(tx, pid));
  if (is_final(transfer.state)) return {};  // the answer crossed the end
  const std::string actor = "plane:" + transfer.carried_by;
  if (done == Signal::kPrepare) {
    const bool waits = transfer.role == Role::kConsumer && transfer.state == TransferState::kRequested;
    if (!waits || !transfer.peer_pid.empty()) return {};
    return send(tx, transfer,
                {.kind = MessageKind::kRequest,
                 .consumer_pid = pid,
                 .agreement = transfer.agreement,
                 .format = transfer.format,
                 .callback_address = deps_.self.protocol_address,
                 .data_address = address});
  }
  // A consumer's data plane says that it started because it was told to.
  if (done == Signal::kStart && transfer.role == Role::kConsumer) return {};
  // It goes on because the other side said so, which has changed the state already.
  if (done == Signal::kResume && transfer.state != TransferState::kSuspended) return {};
  const bool over = done == Signal::kCompleted;
  const MessageKind kind = over ? MessageKind::kCompletion : MessageKind::kStart;
  if (!over) WEIR_TRY(deps_.neighbours.agreed(tx, transfer.agreement));
  WEIR_TRY_LET(transfer.state, next_state(transfer.state, kind, transfer.role));
  transfer.updated = deps_.clock.now();
  WEIR_TRY(update(tx, transfer));
  WEIR_TRY(record(tx, transfer, over ? "delivery.completed" : "delivery.started", actor,
                  Json::object({{"format", transfer.format}, {"dataPlane", transfer.carried_by}})));
  TransferMessage message{
      .kind = kind, .provider_pid = provider_pid(transfer), .consumer_pid = consumer_pid(transfer)};
  if (!over) {
    message.id = deps_.random.uuid();
    message.data_address = address;
  }
  return send(tx, transfer, message);
}

Result<> Service::not_carried(store::Tx& tx, const std::string& pid, const std::string& why) {
  WEIR_TRY_LET(Transfer transfer, load(tx, pid));
  if (is_final(transfer.state)) return {};
  transfer.state = TransferState::kTerminated;
  transfer.error = why;
  transfer.updated = deps_.clock.now();
  WEIR_TRY(update(tx, transfer));
  WEIR_TRY(deps_.neighbours.close_meter(tx, transfer));
  WEIR_TRY(record(tx, transfer, "delivery.terminated", "plane:" + transfer.carried_by, reasons_json(why)));
  if (transfer.peer_pid.empty()) return {};
  // What went wrong inside is not for the other side.
  return send(tx, transfer,
              {.kind = MessageKind::kTermination,
               .provider_pid = provider_pid(transfer),
               .consumer_pid = consumer_pid(transfer),
               .reasons = {"the data cannot be moved"}});
}

Result<> Service::stop_carried(const std::string& agreement, MessageKind kind, std::string_view reason) {
  WEIR_TRY_LET(const auto transfers, store::sql_read<std::vector<Transfer>>(deps_.sql, [&](store::Tx& tx) {
                 return of_agreement(tx, agreement);
               }));
  for (const Transfer& transfer : transfers) {
    if (transfer.carried_by.empty() || is_final(transfer.state)) continue;
    if (kind == MessageKind::kSuspension && transfer.state != TransferState::kStarted) continue;
    WEIR_TRY(change(transfer.pid, kind, reason, "node:" + deps_.self.node.text()));
  }
  return {};
}

void Service::changed(const std::string& pid) {
  deps_.wake(pid);
  settle(pid);
}

Result<Transfer> Service::renewable(std::string_view refresh_token) {
  return store::sql_read<Transfer>(deps_.sql, [&](store::Tx& tx) -> Result<Transfer> {
    WEIR_TRY_LET(const auto pid, find_by_refresh(tx, digest_of_token(refresh_token)));
    if (!pid) return Error(Errc::kUnauthenticated, "this refresh token renews nothing").because("delivery.refresh");
    return load(tx, *pid);
  });
}

}  // namespace weir::flow::delivery
