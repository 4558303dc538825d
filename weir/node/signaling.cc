// Who is registered, and the control plane's side.
// SPDX-License-Identifier: Apache-2.0
#include "weir/node/signaling.h"

#include <algorithm>

#include "weir/adapters/dsp/message.h"
#include "weir/adapters/http/url.h"
#include "weir/base/log.h"
#include "weir/crypto/hash.h"
#include "weir/flow/contract/message.h"
#include "weir/flow/contract/store.h"
#include "weir/flow/delivery/store.h"
#include "weir/node/signaling_parts.h"
#include "weir/wire/encoding.h"

namespace weir::node {

using adapters::http::ClientRequest;
using adapters::http::ClientResponse;
using adapters::http::Method;
using adapters::signaling::FlowMessage;
using adapters::signaling::NoticeMessage;
using adapters::signaling::Registration;
using adapters::signaling::State;
using adapters::signaling::Step;
using flow::delivery::DataAddress;
using flow::delivery::Signal;
using flow::delivery::Transfer;
using wire::Json;

namespace {

constexpr std::size_t kSecretBytesMin = 16;
constexpr std::string_view kPlaneColumns =
    "role, id, endpoint, profiles, labels, products, agreements, authorization_out, created";
constexpr std::string_view kFlowColumns = "pid, role, plane, name, state, profile, participant, counter_party, dataset,"
    " waiting";
// Stands in a path for the name that the data plane gives to the flow, which may not be known yet.
constexpr std::string_view kName = "/dataflows/:id";

Error malformed(std::string message) {
  return Error(Errc::kInvalidArgument, std::move(message)).because("signaling.malformed");
}

std::string digest_of(std::string_view authorization) {
  return wire::encode_hex(crypto::hash(crypto::HashAlgorithm::kSha256, view_of(authorization)));
}

std::vector<std::string> list_of(const std::string& text) {
  const auto json = wire::parse_json(text);
  const auto texts = json ? Json::object({{"list", *json}}).texts("list") : Result<std::vector<std::string>>({});
  return texts ? *texts : std::vector<std::string>();
}

RegisteredPlane plane_of(const store::Row& row) {
  return {.plane = row[0].integer() == 1 ? Plane::kControl : Plane::kData,
          .id = row[1].text(),
          .endpoint = row[2].text(),
          .profiles = list_of(row[3].text()),
          .labels = list_of(row[4].text()),
          .products = list_of(row[5].text()),
          .agreements = row[6].integer() != 0,
          .authorization_out = row[7].text(),
          .created = row[8].time()};
}

Result<std::vector<RegisteredPlane>> planes(store::Tx& tx, std::string_view where, const store::Params& params) {
  WEIR_TRY_LET(const auto rows, tx.query("SELECT " + std::string(kPlaneColumns) + " FROM signaling_plane WHERE " +
                                             std::string(where) + " ORDER BY id",
                                         params));
  std::vector<RegisteredPlane> out;
  for (const store::Row& row : rows) out.push_back(plane_of(row));
  return out;
}

Error unknown_plane() { return Error(Errc::kNotFound, "no such plane is registered").because("signaling.no_plane"); }

}  // namespace

// ── tables ──

store::Migration signaling_migration() {
  return {.module = "signaling",
          .versions = {"CREATE TABLE signaling_plane (role INTEGER NOT NULL, id TEXT NOT NULL, endpoint TEXT NOT NULL,"
                       " profiles TEXT NOT NULL, labels TEXT NOT NULL, products TEXT NOT NULL,"
                       " agreements INTEGER NOT NULL, authorization_in TEXT NOT NULL,"
                       " authorization_out TEXT NOT NULL, created BIGINT NOT NULL,"
                       " PRIMARY KEY (role, id));"
                       "CREATE UNIQUE INDEX signaling_plane_in ON signaling_plane (role, authorization_in);"
                       "CREATE TABLE signaling_flow (pid TEXT PRIMARY KEY, role INTEGER NOT NULL, plane TEXT NOT NULL,"
                       " name TEXT NOT NULL, state INTEGER NOT NULL, profile TEXT NOT NULL, participant TEXT NOT NULL,"
                       " counter_party TEXT NOT NULL, dataset TEXT NOT NULL, waiting TEXT NOT NULL);"
                       "CREATE UNIQUE INDEX signaling_flow_name ON signaling_flow (plane, name) WHERE role = 1;"}};
}

Result<> save_flow(store::Tx& tx, const DataFlow& flow) {
  WEIR_TRY(tx.execute("DELETE FROM signaling_flow WHERE pid = ?", {flow.pid}));
  WEIR_TRY(tx.execute("INSERT INTO signaling_flow (" + std::string(kFlowColumns) +
                          ") VALUES (?,?,?,?,?,?,?,?,?,?)",
                      {flow.pid, static_cast<std::int64_t>(flow.other), flow.plane, flow.name,
                       static_cast<std::int64_t>(flow.state), flow.profile, flow.participant, flow.counter_party,
                       flow.dataset, flow.waiting}));
  return {};
}

Result<std::optional<DataFlow>> select_flow(store::Tx& tx, std::string_view where, const store::Params& params) {
  WEIR_TRY_LET(const auto rows, tx.query("SELECT " + std::string(kFlowColumns) + " FROM signaling_flow WHERE " +
                                             std::string(where),
                                         params));
  if (rows.empty()) return std::optional<DataFlow>();
  const store::Row& row = rows.front();
  WEIR_TRY_LET(const State state, adapters::signaling::parse_state(row[4].integer()));
  return std::optional(DataFlow{.pid = row[0].text(),
                                .other = row[1].integer() == 1 ? Plane::kControl : Plane::kData,
                                .plane = row[2].text(),
                                .name = row[3].text(),
                                .state = state,
                                .profile = row[5].text(),
                                .participant = row[6].text(),
                                .counter_party = row[7].text(),
                                .dataset = row[8].text(),
                                .waiting = row[9].text()});
}

Result<DataFlow> Signaling::flow_of(store::Tx& tx, Plane other, const std::string& plane, const std::string& pid) {
  WEIR_TRY_LET(auto flow, select_flow(tx, "pid = ?", {pid}));
  if (flow && flow->other == other && flow->plane == plane) return *std::move(flow);
  return Error(Errc::kNotFound, "no such data flow").because("signaling.no_flow");
}

Result<DataFlow> Signaling::flow_of(const std::string& pid) {
  return store::sql_read<DataFlow>(deps_.sql, [&](store::Tx& tx) -> Result<DataFlow> {
    WEIR_TRY_LET(auto flow, select_flow(tx, "pid = ?", {pid}));
    if (flow) return *std::move(flow);
    return Error(Errc::kNotFound, "no such data flow").because("signaling.no_flow");
  });
}

// ── who is registered ──

Json to_json(const RegisteredPlane& plane) {
  const bool data = plane.plane == Plane::kData;
  Json out = Json::object({{data ? "dataplaneId" : "controlplaneId", plane.id},
                           {"endpoint", plane.endpoint},
                           {"products", Json::strings(plane.products)},
                           {"created", format_iso8601(plane.created)}});
  if (!data) out.set("agreements", plane.agreements);
  if (data) out.set("profiles", Json::strings(plane.profiles)).set("labels", Json::strings(plane.labels));
  return out;
}

Result<> Signaling::put(Plane plane, const Registration& registration) {
  WEIR_TRY_LET(const std::string endpoint, flow::contract::parse_address(registration.endpoint));
  if (!adapters::http::may_be_called(endpoint)) {
    return malformed("endpoint: must be https; plain http is for this machine only");
  }
  if (registration.authorization_in.size() < kSecretBytesMin) {
    return malformed("authorizationIn: must be at least " + std::to_string(kSecretBytesMin) + " characters");
  }
  const std::string digest = digest_of(registration.authorization_in);
  const auto role = static_cast<std::int64_t>(plane);
  return deps_.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(const auto taken, planes(tx, "role = ? AND authorization_in = ? AND id <> ?",
                                          {role, digest, registration.id}));
    if (!taken.empty()) return malformed("authorizationIn: is used by another plane");
    WEIR_TRY(tx.execute("DELETE FROM signaling_plane WHERE role = ? AND id = ?", {role, registration.id}));
    WEIR_TRY(tx.execute("INSERT INTO signaling_plane (" + std::string(kPlaneColumns) +
                            ", authorization_in) VALUES (?,?,?,?,?,?,?,?,?,?)",
                        {role, registration.id, endpoint, Json::strings(registration.profiles).dump(),
                         Json::strings(registration.labels).dump(), Json::strings(registration.products).dump(),
                         static_cast<std::int64_t>(registration.agreements), registration.authorization_out,
                         deps_.clock.now(), digest}));
    return {};
  });
}

Result<> Signaling::remove(Plane plane, const std::string& id) {
  return deps_.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(const std::int64_t gone, tx.execute("DELETE FROM signaling_plane WHERE role = ? AND id = ?",
                                                     {static_cast<std::int64_t>(plane), id}));
    return gone == 0 ? Result<>(unknown_plane()) : Result<>();
  });
}

Result<RegisteredPlane> Signaling::find(store::Tx& tx, Plane plane, const std::string& id) {
  WEIR_TRY_LET(auto found, planes(tx, "role = ? AND id = ?", {static_cast<std::int64_t>(plane), id}));
  if (found.empty()) return unknown_plane();
  return std::move(found.front());
}

Result<std::vector<RegisteredPlane>> Signaling::list(Plane plane) {
  return store::sql_read<std::vector<RegisteredPlane>>(
      deps_.sql, [&](store::Tx& tx) { return planes(tx, "role = ?", {static_cast<std::int64_t>(plane)}); });
}

Result<std::string> Signaling::recognise(Plane plane, std::string_view authorization) {
  const Error unknown = Error(Errc::kUnauthenticated, "this Authorization is of no plane that is registered here")
                            .because("signaling.unknown")
                            .advise("ask the operator of this node to register it");
  if (authorization.empty()) return unknown;
  // By digest: how long it takes says nothing about the secret.
  WEIR_TRY_LET(const auto found, store::sql_read<std::vector<RegisteredPlane>>(deps_.sql, [&](store::Tx& tx) {
                 return planes(tx, "role = ? AND authorization_in = ?",
                               {static_cast<std::int64_t>(plane), digest_of(authorization)});
               }));
  if (found.empty()) return unknown;
  return found.front().id;
}

// ── as a control plane ──

Result<std::string> Signaling::carrier(store::Tx& tx, std::string_view product, std::string_view format) {
  WEIR_TRY_LET(const auto all, planes(tx, "role = ?", {static_cast<std::int64_t>(Plane::kData)}));
  const auto has = [](const std::vector<std::string>& list, std::string_view one) {
    return std::ranges::find(list, one) != list.end();
  };
  const std::string_view profile = adapters::signaling::profile_of(format);
  for (const RegisteredPlane& plane : all) {
    const bool serves = has(plane.profiles, profile) || has(plane.profiles, format);
    if (serves && (plane.products.empty() || has(plane.products, product))) return plane.id;
  }
  return std::string();
}

Result<> Signaling::tell(store::Tx& tx, const Transfer& transfer, Signal signal,
                         const std::vector<DataAddress>& address, std::string_view reason) {
  store::OutboxMessage message{.lane = std::string(kPlaneLane) + transfer.pid, .peer = peer_of(transfer.carried_by)};
  const std::string id = deps_.random.uuid();
  if (signal == Signal::kPrepare || signal == Signal::kStart) {
    const std::string profile(adapters::signaling::profile_of(transfer.format));
    WEIR_TRY(save_flow(tx, {.pid = transfer.pid,
                            .other = Plane::kData,
                            .plane = transfer.carried_by,
                            .name = transfer.pid,
                            .profile = profile}));
    message.path = signal == Signal::kPrepare ? "/dataflows/prepare" : "/dataflows/start";
    message.body = to_json(FlowMessage{.message_id = id,
                                       .participant = deps_.own_name(tx, transfer.peer.text()),
                                       .counter_party = transfer.peer.text(),
                                       .dataspace = std::string(kDataspace),
                                       .process = transfer.pid,
                                       .agreement = transfer.agreement,
                                       .dataset = transfer.product,
                                       .profile = profile,
                                       .data_address = address})
                       .dump();
  } else {
    const auto end = [&]() -> std::string_view {
      switch (signal) {
        case Signal::kStarted: return "/started";
        case Signal::kSuspend: return "/suspend";
        case Signal::kResume: return "/resume";
        case Signal::kTerminate: return "/terminate";
        default: return "/completed";
      }
    };
    message.path = std::string(kName) + std::string(end());
    const bool stops = signal == Signal::kSuspend || signal == Signal::kTerminate;
    NoticeMessage notice{.message_id = id, .data_address = address, .reason = std::string(stops ? reason : "")};
    message.body = to_json(notice).dump();
  }
  WEIR_TRY(store::enqueue(tx, message));
  return {};
}

// What the data plane said of a flow, and what the delivery makes of it.
Result<> Signaling::follow(store::Tx& tx, DataFlow& flow, State state, const std::vector<DataAddress>& address,
                           bool resumed) {
  const auto go = [&](Step step, Signal signal) -> Result<> {
    WEIR_TRY_LET(flow.state, next_state(flow.state, step));
    WEIR_TRY(save_flow(tx, flow));
    return delivery_->carried(tx, flow.pid, signal, address);
  };
  switch (state) {
    case State::kInitialized:
    case State::kSuspended: return save_flow(tx, flow);
    case State::kPreparing:
    case State::kStarting: {
      WEIR_TRY_LET(flow.state, next_state(flow.state, state == State::kPreparing ? Step::kPrepare : Step::kStart));
      return save_flow(tx, flow);
    }
    case State::kPrepared: return go(Step::kPrepared, Signal::kPrepare);
    case State::kStarted:
      return resumed ? go(Step::kResume, Signal::kResume) : go(Step::kStarted, Signal::kStart);
    case State::kCompleted: return go(Step::kComplete, Signal::kCompleted);
    case State::kTerminated: break;
  }
  return Error(Errc::kInvalidArgument, "the data plane ended the flow").because("signaling.ended");
}

Result<> Signaling::reported(const std::string& data, const std::string& pid, Step step, const Status& message) {
  const State state = step == Step::kPrepared  ? State::kPrepared
                      : step == Step::kStarted ? State::kStarted
                                               : State::kCompleted;
  WEIR_TRY(deps_.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(DataFlow flow, flow_of(tx, Plane::kData, data, pid));
    if (message.state != state) return malformed("state: must be " + std::string(name_of(state)));
    if (flow.state == state) return {};  // said before
    if (!message.flow.empty()) flow.name = message.flow;
    return follow(tx, flow, state, message.data_address, false);
  }));
  delivery_->changed(pid);
  return {};
}

Result<> Signaling::errored(const std::string& data, const std::string& pid, const Status& message) {
  WEIR_TRY_LET(const DataFlow flow, store::sql_read<DataFlow>(deps_.sql, [&](store::Tx& tx) {
                 return flow_of(tx, Plane::kData, data, pid);
               }));
  log::warning("signaling.errored", {{"plane", flow.plane}, {"transfer", pid}, {"error", message.error}});
  const std::string what = message.error.empty() ? "an error" : message.error.substr(0, 500);
  return delivery_->note_error(pid, Error(Errc::kUnavailable, "its data plane: " + what));
}

Result<Json> Signaling::agreement(const std::string& data, const std::string& pid) {
  return store::sql_read<Json>(deps_.sql, [&](store::Tx& tx) -> Result<Json> {
    WEIR_TRY_LET(const DataFlow flow, flow_of(tx, Plane::kData, data, pid));
    WEIR_TRY_LET(const Transfer transfer, flow::delivery::load(tx, pid));
    WEIR_TRY_LET(const auto record, deps_.contracts.get_agreement(tx, transfer.agreement));
    const Json plain = adapters::dsp::for_foreigners(Json::object({{"agreement", record.agreement.object}}));
    return adapters::signaling::agreement_response(plain["agreement"]);
  });
}

// ── the outbox ──

Result<ClientResponse> Signaling::send(const store::OutboxMessage& message) {
  const bool to_data = message.path.starts_with("/dataflows/");
  const Plane plane = to_data ? Plane::kData : Plane::kControl;
  std::string path = message.path;
  WEIR_TRY_LET(const RegisteredPlane to, store::sql_read<RegisteredPlane>(deps_.sql, [&](store::Tx& tx) {
                 return find(tx, plane, message.peer.substr(kPlaneLane.size()));
               }));
  if (path.starts_with(kName)) {
    WEIR_TRY_LET(const DataFlow flow, flow_of(message.lane.substr(kPlaneLane.size())));
    path = "/dataflows/" + wire::escape_url(flow.name) + path.substr(kName.size());
  }
  const Method method = message.body.empty() ? Method::kGet : Method::kPost;
  ClientRequest request{.method = method, .url = to.endpoint + path, .body = message.body};
  request.headers.set("Content-Type", "application/json");
  if (!to.authorization_out.empty()) request.headers.set("Authorization", to.authorization_out);
  return deps_.client.request(request);
}

Result<> Signaling::answered(store::Tx& tx, const store::OutboxMessage& message, std::string_view answer) {
  const bool agreement = message.path.ends_with("/agreement");
  if (!agreement && !message.path.starts_with("/dataflows/")) return {};
  const std::string pid = message.lane.substr(kPlaneLane.size());
  WEIR_TRY_LET(auto found, select_flow(tx, "pid = ?", {pid}));
  if (!found) return {};
  if (agreement) return take_agreement(tx, *found, answer);
  const std::string_view end = std::string_view(message.path).substr(message.path.rfind('/') + 1);
  const bool asks = end == "prepare" || end == "start" || end == "resume";
  if (!asks) {
    const Step step = end == "started"     ? Step::kStarted
                      : end == "suspend"   ? Step::kSuspend
                      : end == "terminate" ? Step::kTerminate
                                           : Step::kComplete;
    // It may have said more of itself meanwhile; what it was told it took.
    const auto next = next_state(found->state, step);
    if (next) found->state = *next;
    return save_flow(tx, *found);
  }
  Result<> taken;
  const auto json = wire::parse_json(answer);
  const auto status = json ? adapters::signaling::parse_status(*json) : Result<Status>(Error(json.error()));
  if (status) {
    if (!status->flow.empty()) found->name = status->flow;
    taken = follow(tx, *found, status->state, status->data_address, end == "resume");
  } else {
    taken = Error(status.error());
  }
  // An answer that makes no sense ends it; asking again would bring the same.
  if (!taken && taken.error().code() == Errc::kUnavailable) return taken;
  return taken ? Result<>() : refused(tx, message, taken.error());
}

Result<> Signaling::refused(store::Tx& tx, const store::OutboxMessage& message, const Error& error) {
  const std::string pid = message.lane.substr(kPlaneLane.size());
  if (message.path.ends_with("/agreement")) {
    WEIR_TRY_LET(auto flow, select_flow(tx, "pid = ?", {pid}));
    return flow ? give_up(tx, *flow, "its agreement is not to be had: " + std::string(error.message())) : Result<>();
  }
  if (!message.path.starts_with("/dataflows/")) return {};
  log::warning("signaling.refused", {{"plane", message.peer}, {"transfer", pid}, {"error", error.message()}});
  if (message.path != "/dataflows/prepare" && message.path != "/dataflows/start") return {};
  WEIR_TRY_LET(auto found, select_flow(tx, "pid = ?", {pid}));
  if (found && !is_final(found->state)) {
    found->state = State::kTerminated;
    WEIR_TRY(save_flow(tx, *found));
  }
  return delivery_->not_carried(tx, pid, "its data plane: " + std::string(error.message()));
}

}  // namespace weir::node
