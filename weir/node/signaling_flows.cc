// The data plane's side: what control planes order.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "weir/adapters/dsp/message.h"
#include "weir/adapters/http/url.h"
#include "weir/crypto/hash.h"
#include "weir/flow/contract/store.h"
#include "weir/flow/delivery/store.h"
#include "weir/node/claims.h"
#include "weir/node/neighbours.h"
#include "weir/node/signaling.h"
#include "weir/node/signaling_parts.h"
#include "weir/trust/claims/token.h"
#include "weir/wire/encoding.h"

namespace weir::node {

using adapters::signaling::FlowMessage;
using adapters::signaling::NoticeMessage;
using adapters::signaling::State;
using adapters::signaling::Step;
using flow::delivery::DataAddress;
using flow::delivery::MessageKind;
using flow::delivery::Order;
using flow::delivery::Role;
using flow::delivery::Transfer;

namespace {

// A refresh token is bound to the receiver's DID; without one there is nothing to bind it to.
std::vector<DataAddress> as_given(std::vector<DataAddress> address, const DataFlow& flow, std::string_view type) {
  for (DataAddress& one : address) {
    one.type = type;
    if (!trust::claims::Did::parse(flow.counter_party)) one.refresh_token.clear();
  }
  return address;
}

Result<> check_taken(const DataFlow& flow, const std::vector<DataAddress>& address) {
  if (address.empty()) return {};
  const DataAddress& one = address.front();
  WEIR_TRY(adapters::signaling::check_address(flow.profile, one, adapters::http::may_be_called(one.endpoint)));
  if (!one.refresh_token.empty() && !adapters::http::may_be_called(one.refresh_endpoint)) {
    return Error(Errc::kInvalidArgument, "dataAddress.refreshEndpoint: must be https").because("signaling.address");
  }
  return {};
}

// An address to pull from that names no place of its own for that renews where its data lie.
std::vector<DataAddress> as_taken(std::vector<DataAddress> address) {
  for (DataAddress& one : address) {
    if (!one.refresh_token.empty() && one.refresh_endpoint.empty()) one.refresh_endpoint = one.endpoint;
  }
  return address;
}

// The same again is no step: the answer may have been lost.
Result<State> next_of(State state, Step step) {
  const bool again = (step == Step::kStarted && state == State::kStarted) ||
                     (step == Step::kResume && state == State::kStarted) ||
                     (step == Step::kSuspend && state == State::kSuspended) ||
                     (step == Step::kComplete && state == State::kCompleted) ||
                     (step == Step::kTerminate && state == State::kTerminated);
  return again ? Result<State>(state) : next_state(state, step);
}

// The product that a control plane means, if it may have it moved; else nothing.
std::string product_of(const RegisteredPlane& control, const std::string& dataset) {
  if (control.products.empty()) return dataset;
  for (const std::string& one : control.products) {
    const std::size_t equals = one.rfind('=');
    const bool renamed = equals != std::string::npos;
    if (dataset == (renamed ? one.substr(0, equals) : one)) return renamed ? one.substr(equals + 1) : one;
  }
  return "";
}

}  // namespace

Signaling::Status Signaling::status_of(const DataFlow& flow) {
  return {.message_id = deps_.random.uuid(), .flow = flow.pid, .state = flow.state};
}

Result<Order> Signaling::order_of(store::Tx& tx, const RegisteredPlane& control, const FlowMessage& message,
                                  Role role) {
  const std::string_view format = adapters::signaling::format_of(message.profile);
  if (format.empty()) {
    return Error(Errc::kInvalidArgument, "profile: this node serves http-pull and http-push")
        .because("signaling.profile");
  }
  Order order{.control_plane = control.id,
              .role = role,
              .peer = flow::delivery::PeerId(message.counter_party),
              .agreement = message.agreement,
              .product = message.dataset,
              .format = format};
  if (role == Role::kConsumer) return order;
  // One answer for what is not there and for what this control plane may not have moved.
  const Error none = Error(Errc::kNotFound, "no such dataset").because("catalog.no_product");
  const auto id = supply::identifier::ProductId::parse(product_of(control, message.dataset));
  if (!id) return none;
  order.product = id->text();
  const auto product = deps_.catalog.find(tx, *id);
  if (!product && product.error().code() != Errc::kNotFound) return Error(product.error());
  if (!product || product->node.text() != deps_.self) return none;
  const auto& content = product->description.content;
  if (product->status != supply::catalog::Status::kPublished || !content) return none;
  WEIR_TRY_LET(order.root, flow::delivery::parse_content_root(content->hash_algorithm + ":" + content->root));
  order.size = static_cast<std::uint64_t>(content->bytes);
  return order;
}

Result<DataFlow> Signaling::begin(store::Tx& tx, const std::string& control, const FlowMessage& message, Role role) {
  WEIR_TRY_LET(const RegisteredPlane by, find(tx, Plane::kControl, control));
  WEIR_TRY_LET(const auto known, select_flow(tx, "role = ? AND plane = ? AND name = ?",
                                             {static_cast<std::int64_t>(Plane::kControl), control, message.process}));
  if (known) return Error(Errc::kConflict, "there is a data flow for this process").because("signaling.exists");
  const auto record = deps_.contracts.get_agreement(tx, message.agreement);
  if (record && record->pid != peer_of(control)) {
    return Error(Errc::kConflict, "this node knows another agreement of that id").because("signaling.agreement");
  }
  WEIR_TRY_LET(const Order order, order_of(tx, by, message, role));
  WEIR_TRY_LET(const Transfer transfer, delivery_->take_order(tx, order));
  return DataFlow{.pid = transfer.pid,
                  .other = Plane::kControl,
                  .plane = control,
                  .name = message.process,
                  .profile = message.profile,
                  .participant = message.participant,
                  .counter_party = message.counter_party,
                  .dataset = message.dataset};
}

Result<Signaling::Status> Signaling::open(store::Tx& tx, DataFlow& flow, Role role,
                                          const std::vector<DataAddress>& address) {
  const bool consumer = role == Role::kConsumer;
  WEIR_TRY_LET(flow.state, next_state(flow.state, consumer ? Step::kPrepared : Step::kStarted));
  flow.waiting.clear();
  WEIR_TRY(save_flow(tx, flow));
  Status out = status_of(flow);
  const bool pushed = adapters::signaling::format_of(flow.profile) == flow::delivery::kPushFormat;
  // Who is pushed to may be sent data from now on; who pulls hears first from where.
  if (consumer && !pushed) return out;
  WEIR_TRY_LET(auto given, delivery_->open_order(tx, flow.pid, address));
  out.data_address = as_given(std::move(given), flow,
                              pushed ? adapters::signaling::kHttpPush : adapters::signaling::kHttpPull);
  tx.after_commit([wake = deps_.wake, pid = flow.pid] { wake(pid); });
  return out;
}

Result<Signaling::Status> Signaling::take_up(store::Tx& tx, DataFlow& flow, Role role, const FlowMessage& message) {
  WEIR_TRY_LET(const RegisteredPlane by, find(tx, Plane::kControl, flow.plane));
  if (!by.agreements) return open(tx, flow, role, message.data_address);
  WEIR_TRY_LET(flow.state, next_state(flow.state, role == Role::kConsumer ? Step::kPrepare : Step::kStart));
  if (!message.data_address.empty()) flow.waiting = message.data_address.front().as_written;
  WEIR_TRY(save_flow(tx, flow));
  WEIR_TRY(store::enqueue(tx, {.lane = std::string(kPlaneLane) + flow.pid,
                               .peer = peer_of(flow.plane),
                               .path = "/transfers/" + wire::escape_url(flow.name) + "/agreement"}));
  return status_of(flow);
}

Result<Signaling::Status> Signaling::prepare(const std::string& control, const FlowMessage& message) {
  if (!message.data_address.empty()) {
    return Error(Errc::kInvalidArgument, "dataAddress: has no place in a prepare").because("signaling.address");
  }
  return store::sql_write<Status>(deps_.sql, [&](store::Tx& tx) -> Result<Status> {
    WEIR_TRY_LET(DataFlow flow, begin(tx, control, message, Role::kConsumer));
    return take_up(tx, flow, Role::kConsumer, message);
  });
}

Result<Signaling::Status> Signaling::start(const std::string& control, const FlowMessage& message) {
  const std::string_view format = adapters::signaling::format_of(message.profile);
  if (!format.empty() && (format == flow::delivery::kPullFormat) != message.data_address.empty()) {
    return Error(Errc::kInvalidArgument, "dataAddress: comes with the start of a push, and with no other")
        .because("signaling.address");
  }
  return store::sql_write<Status>(deps_.sql, [&](store::Tx& tx) -> Result<Status> {
    WEIR_TRY_LET(DataFlow flow, begin(tx, control, message, Role::kProvider));
    WEIR_TRY(check_taken(flow, message.data_address));
    return take_up(tx, flow, Role::kProvider, message);
  });
}

Result<Signaling::Status> Signaling::notice(const std::string& control, const std::string& pid, Step step,
                                            const NoticeMessage& message) {
  WEIR_TRY_LET(Status out, store::sql_write<Status>(deps_.sql, [&](store::Tx& tx) -> Result<Status> {
    WEIR_TRY_LET(DataFlow flow, flow_of(tx, Plane::kControl, control, pid));
    WEIR_TRY_LET(const Transfer transfer, flow::delivery::load(tx, pid));
    const bool consumer = transfer.role == Role::kConsumer;
    const bool pulls = transfer.format == flow::delivery::kPullFormat;
    if (step == Step::kStarted && !consumer) {
      return Error(Errc::kConflict, "a provider is not told that it has started").because("signaling.wrong_state");
    }
    if (!message.data_address.empty() && consumer != pulls) {
      return Error(Errc::kInvalidArgument, "dataAddress: this side gives one, and takes none")
          .because("signaling.address");
    }
    WEIR_TRY(check_taken(flow, message.data_address));
    WEIR_TRY_LET(const State next, next_of(flow.state, step));
    if (next == flow.state) return status_of(flow);  // said before
    flow.state = next;
    WEIR_TRY(save_flow(tx, flow));
    Status status = status_of(flow);
    if (step == Step::kStarted || step == Step::kResume) {
      // A receiver of a push was open before.
      if (transfer.state == flow::delivery::TransferState::kStarted) return status;
      WEIR_TRY_LET(auto address, delivery_->open_order(tx, pid, as_taken(message.data_address)));
      status.data_address = as_given(std::move(address), flow,
                                     pulls ? adapters::signaling::kHttpPull : adapters::signaling::kHttpPush);
      return status;
    }
    const MessageKind kind = step == Step::kSuspend    ? MessageKind::kSuspension
                             : step == Step::kComplete ? MessageKind::kCompletion
                                                       : MessageKind::kTermination;
    WEIR_TRY(delivery_->close_order(tx, pid, kind, message.reason));
    return status;
  }));
  delivery_->changed(pid);
  return out;
}

Result<Signaling::Status> Signaling::status(const std::string& control, const std::string& pid) {
  return store::sql_read<Status>(deps_.sql, [&](store::Tx& tx) -> Result<Status> {
    WEIR_TRY_LET(const DataFlow flow, flow_of(tx, Plane::kControl, control, pid));
    return status_of(flow);
  });
}

Result<> may_renew(Signaling& signaling, Claims& claims, const Transfer& transfer, std::string_view bearer,
                   Timestamp now) {
  using trust::claims::Did;
  const Error no = Error(Errc::kUnauthenticated, "this refresh token is another's").because("delivery.refresh");
  WEIR_TRY_LET(const DataFlow flow, signaling.flow_of(transfer.pid));
  const auto client = Did::parse(flow.counter_party);
  const auto own = Did::parse(flow.participant);
  const auto jwt = trust::claims::read_jwt(bearer);
  if (!client || !own || !jwt) return no;
  const auto speaker = trust::claims::speaker_of(*jwt);
  if (!speaker || *speaker != *client) return no;
  WEIR_TRY_LET(const auto document, claims.world().resolve(*client));
  WEIR_TRY_LET(const auto token, trust::claims::verify_id_token(*jwt, document, *own, now));
  const auto digest = crypto::hash(crypto::HashAlgorithm::kSha256, view_of(token.access_token));
  return wire::encode_hex(digest) == transfer.token_digest ? Result<>() : Result<>(no);
}

// ── the agreement, as the control plane has it ──

Result<> Signaling::bind(store::Tx& tx, const DataFlow& flow, const Transfer& transfer,
                         flow::contract::Agreement agreement) {
  if (agreement.id != transfer.agreement || agreement.target != flow.dataset) {
    return Error(Errc::kInvalidArgument, "it is about something else").because("signaling.agreement");
  }
  WEIR_TRY(deps_.terms.check(agreement.terms));
  const auto known = deps_.contracts.get_agreement(tx, agreement.id);
  if (!known) {
    const Timestamp now = deps_.clock.now();
    const bool provides = transfer.role == Role::kProvider;
    agreement.target = transfer.product;
    if (provides) agreement.content_root = format(transfer.root);
    flow::contract::AgreementRecord record{
        .agreement = std::move(agreement),
        .pid = peer_of(flow.plane),
        .role = provides ? flow::contract::Role::kProvider : flow::contract::Role::kConsumer,
        .peer = flow::contract::PartyId(flow.counter_party),
        .state = flow::contract::AgreementState::kActive,
        .created = now,
        .updated = now};
    record.hash = hash_of(record.agreement, crypto::HashAlgorithm::kSha256);
    record.until = deps_.terms.end_of(record.agreement.terms);
    if (record.agreement.valid_until) {
      const Timestamp said = *record.agreement.valid_until;
      record.until = record.until ? std::min(*record.until, said) : said;
    }
    WEIR_TRY(flow::contract::insert(tx, record));
    WEIR_TRY(deps_.terms.enforce(tx, record));
  }
  WEIR_TRY(vouches(tx, transfer));
  if (transfer.role == Role::kConsumer) return {};
  WEIR_TRY(deps_.neighbours.authorize_delivery(
      tx, {.agreement = transfer.agreement,
           .provider = flow::delivery::PeerId(flow.participant),
           .consumer = transfer.peer,
           .product = transfer.product,
           .root = transfer.root,
           .size = transfer.size}));
  return {};
}

Result<> Signaling::take_agreement(store::Tx& tx, DataFlow& flow, std::string_view answer) {
  const bool waits = flow.state == State::kPreparing || flow.state == State::kStarting;
  if (!waits) return {};  // it was ended meanwhile
  WEIR_TRY_LET(const Transfer transfer, flow::delivery::load(tx, flow.pid));
  const auto read = [&]() -> Result<> {
    WEIR_TRY_LET(const wire::Json json, wire::parse_json(answer));
    WEIR_TRY_LET(const wire::Json plain, adapters::dsp::compact(json));
    WEIR_TRY_LET(auto agreement, flow::contract::parse_agreement(plain));
    return bind(tx, flow, transfer, std::move(agreement));
  }();
  if (!read && read.error().code() == Errc::kUnavailable) return read;
  if (!read) return give_up(tx, flow, "its agreement: " + std::string(read.error().message()));
  std::vector<DataAddress> address;
  if (!flow.waiting.empty()) {
    WEIR_TRY_LET(const wire::Json written, wire::parse_json(flow.waiting));
    address.push_back(flow::delivery::parse_data_address(written));
  }
  WEIR_TRY_LET(Status status, open(tx, flow, transfer.role, address));
  const bool prepared = transfer.role == Role::kConsumer;
  return call_back(tx, flow, prepared ? "prepared" : "started", std::move(status));
}

Result<> Signaling::give_up(store::Tx& tx, DataFlow& flow, std::string_view why) {
  if (is_final(flow.state)) return {};
  flow.state = State::kTerminated;
  flow.waiting.clear();
  WEIR_TRY(save_flow(tx, flow));
  WEIR_TRY(delivery_->close_order(tx, flow.pid, MessageKind::kTermination, why.substr(0, 500)));
  Status status = status_of(flow);
  status.error = why.substr(0, 500);
  return call_back(tx, flow, "errored", std::move(status));
}

// ── for flow/delivery ──

Result<> Signaling::vouches(store::Tx& tx, const Transfer& transfer) {
  const auto control = find(tx, Plane::kControl, transfer.ordered_by);
  if (control) {
    const auto record = deps_.contracts.get_agreement(tx, transfer.agreement);
    return record ? check_live(*record, deps_.clock.now()) : Result<>();
  }
  if (control.error().code() != Errc::kNotFound) return Error(control.error());
  return Error(Errc::kForbidden, "the control plane that ordered this is registered no more")
      .because("agreement.not_live");
}

Result<> Signaling::call_back(store::Tx& tx, const DataFlow& flow, std::string_view what, Status status) {
  WEIR_TRY(store::enqueue(tx, {.lane = std::string(kPlaneLane) + flow.pid,
                               .peer = peer_of(flow.plane),
                               .path = "/transfers/" + wire::escape_url(flow.name) + "/dataflow/" + std::string(what),
                               .body = to_json(status).dump()}));
  return {};
}

// The sender of a push, or who pulled, is done; who was pushed to hears it from its control plane.
Result<> Signaling::moved(store::Tx& tx, const Transfer& transfer) {
  const bool told = (transfer.role == Role::kConsumer) == (transfer.format == flow::delivery::kPullFormat);
  if (!told) return {};
  WEIR_TRY_LET(auto flow, select_flow(tx, "pid = ?", {transfer.pid}));
  if (!flow || is_final(flow->state)) return {};
  WEIR_TRY_LET(flow->state, next_state(flow->state, Step::kComplete));
  WEIR_TRY(save_flow(tx, *flow));
  return call_back(tx, *flow, "completed", status_of(*flow));
}

Result<> Signaling::failed(store::Tx& tx, const Transfer& transfer, std::string_view why) {
  WEIR_TRY_LET(auto flow, select_flow(tx, "pid = ?", {transfer.pid}));
  if (!flow || is_final(flow->state)) return {};
  flow->state = State::kTerminated;
  WEIR_TRY(save_flow(tx, *flow));
  Status status = status_of(*flow);
  status.error = why.substr(0, 500);
  return call_back(tx, *flow, "errored", std::move(status));
}

}  // namespace weir::node
