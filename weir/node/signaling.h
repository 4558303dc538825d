// Signaling: Data Plane Signaling, both ways: this node moves data at the order of control planes that an operator
// registered, and has data planes that an operator registered move data for it.
//
// A data flow is one transfer of flow/delivery; this file keeps what the protocol adds to it: whose it is, by which
// name, and its state. Who is not registered, or asks about what is another's, learns nothing. Messages go to the
// registered endpoint only. Format: docs/formats/signaling.md. Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "weir/adapters/http/client.h"
#include "weir/adapters/signaling/message.h"
#include "weir/base/random.h"
#include "weir/base/time.h"
#include "weir/flow/contract/service.h"
#include "weir/flow/delivery/service.h"
#include "weir/store/outbox.h"
#include "weir/supply/catalog/service.h"

namespace weir::node {

inline constexpr std::string_view kSignalingPath = "/signaling/v1";
inline constexpr std::string_view kPlaneLane = "plane:";  // of the outbox: what is for a plane

using adapters::signaling::Plane;

struct RegisteredPlane {
  Plane plane = Plane::kControl;
  std::string id{};
  std::string endpoint{};
  std::vector<std::string> profiles{};
  std::vector<std::string> labels{};
  std::vector<std::string> products{};  // empty: all; "NAME=PRODUCT" if a control plane calls it otherwise
  bool agreements = false;  // of a control plane: its agreements are read, and bind here
  std::string authorization_out{};
  Timestamp created{};
};
wire::Json to_json(const RegisteredPlane& plane);  // without secrets

// One data flow: the protocol's side of a transfer.
struct DataFlow {
  std::string pid{};       // of the transfer; as a data plane also the flow's id
  Plane other = Plane::kControl;
  std::string plane{};     // who orders it, or carries it
  std::string name{};      // the control plane's process, or the data plane's flow id
  adapters::signaling::State state = adapters::signaling::State::kInitialized;
  std::string profile{};
  std::string participant{};
  std::string counter_party{};
  std::string dataset{};  // as the control plane calls it
  std::string waiting{};  // the data address of a start that waits for its agreement, as JSON
};

store::Migration signaling_migration();

class Signaling final : public flow::delivery::Planes {
 public:
  struct Deps {
    store::Sql& sql;
    const Clock& clock;
    Random& random;
    adapters::http::Client& client;  // to whom is no node of the space
    supply::catalog::Service& catalog;
    flow::contract::Service& contracts;
    flow::contract::Usage& terms;
    flow::delivery::Neighbours& neighbours;
    std::string self;  // node identifier
    // What this node is called by a peer.
    std::function<std::string(store::Tx& tx, std::string_view peer)> own_name;
    // A transfer has something to move. Called on the committing thread: touches no database.
    std::function<void(const std::string& pid)> wake;
  };
  explicit Signaling(Deps deps) : deps_(std::move(deps)) {}
  // Before anything else is called.
  void use(flow::delivery::Service& delivery) { delivery_ = &delivery; }

  // ── who is registered ──
  // Fails with kInvalidArgument ("signaling.malformed").
  Result<> put(Plane plane, const adapters::signaling::Registration& registration);
  Result<> remove(Plane plane, const std::string& id);
  Result<RegisteredPlane> find(store::Tx& tx, Plane plane, const std::string& id);  // kNotFound
  Result<std::vector<RegisteredPlane>> list(Plane plane);
  // Who sends this Authorization. Fails with kUnauthenticated ("signaling.unknown").
  Result<std::string> recognise(Plane plane, std::string_view authorization);

  // ── as a data plane, for a control plane ──
  using Status = adapters::signaling::StatusMessage;
  Result<Status> prepare(const std::string& control, const adapters::signaling::FlowMessage& message);
  Result<Status> start(const std::string& control, const adapters::signaling::FlowMessage& message);
  // Started, suspend, resume, terminate, completed. Fails with kNotFound for another's flow as for none.
  Result<Status> notice(const std::string& control, const std::string& pid, adapters::signaling::Step step,
                        const adapters::signaling::NoticeMessage& message);
  Result<Status> status(const std::string& control, const std::string& pid);
  Result<DataFlow> flow_of(const std::string& pid);

  // ── as a control plane, for a data plane ──
  // Prepared, started or completed.
  Result<> reported(const std::string& data, const std::string& pid, adapters::signaling::Step step,
                    const Status& message);
  // Something went wrong that will not pass: noted for people, and nothing else.
  Result<> errored(const std::string& data, const std::string& pid, const Status& message);
  Result<wire::Json> agreement(const std::string& data, const std::string& pid);

  // ── the outbox ──
  Result<adapters::http::ClientResponse> send(const store::OutboxMessage& message);
  Result<> answered(store::Tx& tx, const store::OutboxMessage& message, std::string_view answer);
  Result<> refused(store::Tx& tx, const store::OutboxMessage& message, const Error& error);

  // ── for flow/delivery ──
  Result<> vouches(store::Tx& tx, const flow::delivery::Transfer& transfer) override;
  Result<> moved(store::Tx& tx, const flow::delivery::Transfer& transfer) override;
  Result<> failed(store::Tx& tx, const flow::delivery::Transfer& transfer, std::string_view why) override;
  Result<std::string> carrier(store::Tx& tx, std::string_view product, std::string_view format) override;
  Result<> tell(store::Tx& tx, const flow::delivery::Transfer& transfer, flow::delivery::Signal signal,
                const std::vector<flow::delivery::DataAddress>& address, std::string_view reason) override;

 private:
  Result<flow::delivery::Order> order_of(store::Tx& tx, const RegisteredPlane& control,
                                         const adapters::signaling::FlowMessage& message,
                                         flow::delivery::Role role);
  // Opens a flow that was prepared or started, at once or when its agreement is here.
  Result<Status> open(store::Tx& tx, DataFlow& flow, flow::delivery::Role role,
                      const std::vector<flow::delivery::DataAddress>& address);
  Result<Status> take_up(store::Tx& tx, DataFlow& flow, flow::delivery::Role role,
                         const adapters::signaling::FlowMessage& message);
  Result<> take_agreement(store::Tx& tx, DataFlow& flow, std::string_view answer);
  Result<> bind(store::Tx& tx, const DataFlow& flow, const flow::delivery::Transfer& transfer,
                flow::contract::Agreement agreement);
  Result<> give_up(store::Tx& tx, DataFlow& flow, std::string_view why);
  Result<DataFlow> begin(store::Tx& tx, const std::string& control, const adapters::signaling::FlowMessage& message,
                         flow::delivery::Role role);
  Result<> call_back(store::Tx& tx, const DataFlow& flow, std::string_view what, Status status);
  Status status_of(const DataFlow& flow);
  Result<> follow(store::Tx& tx, DataFlow& flow, adapters::signaling::State state,
                  const std::vector<flow::delivery::DataAddress>& address, bool resumed);
  // Of this plane's; any other is as if it were not there.
  Result<DataFlow> flow_of(store::Tx& tx, Plane other, const std::string& plane, const std::string& pid);

  Deps deps_;
  flow::delivery::Service* delivery_ = nullptr;
};

class Claims;
//= DPS-1.0#token-renewal
// Whether who asks for a new token, and shows this, is the counterparty that its refresh token is bound to (profile
// Token Renewal). Fails with kUnauthenticated ("delivery.refresh").
Result<> may_renew(Signaling& signaling, Claims& claims, const flow::delivery::Transfer& transfer,
                   std::string_view bearer, Timestamp now);

}  // namespace weir::node
