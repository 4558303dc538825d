// The network between the machines: messages of the outboxes, and data. It loses, delays, doubles and disorders.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>

#include "tests/sim/world.h"
#include "weir/adapters/http/problem.h"
#include "weir/flow/delivery/session.h"

namespace weir::sim {

using flow::delivery::ChunkIndex;
using flow::delivery::Custody;
using flow::delivery::Manifest;
using flow::delivery::Role;
using flow::delivery::Transfer;
using flow::delivery::TransferState;
using store::OutboxMessage;
using wire::Json;

// A message on its way, and what its sender waits for.
struct Flight {
  Machine* from;
  std::uint64_t life;
  Machine* to;
  OutboxMessage message;
  bool settled = false;
};

namespace {

constexpr Milliseconds kTimeout{30'000};
constexpr Milliseconds kAfterBadWrite{200};

Error unreachable() { return Error(Errc::kUnavailable, "no answer").because("http.unreachable"); }

// An error as it looks after it went through HTTP.
Error as_seen(const Error& error) {
  const int status = adapters::http::status_of(error);
  return Error(adapters::http::errc_of_status(status), std::string(error.message())).because(error.reason());
}

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

bool World::cut(const Machine& a, const Machine& b) const {
  return cuts_.contains({a.name, b.name}) || cuts_.contains({b.name, a.name});
}

bool World::lost() {
  const bool out = !calm_ && options_.faults && roll(10);
  if (out) ++seen_.lost;
  return out;
}

Milliseconds World::delay() {
  if (!calm_ && options_.faults && roll(12)) {
    ++seen_.late;
    return Milliseconds(chance_.below(90'000));
  }
  return Milliseconds(1 + chance_.below(200));
}

// ── messages ──

void World::send_due(Machine& machine) {
  Machine::Rooms& rooms = *machine.rooms;
  std::vector<OutboxMessage> due;
  static_cast<void>(rooms.sql
                        .read([&](store::Tx& tx) -> Result<> {
                          WEIR_TRY_LET(due, store::due(tx, clock_.now(), 256));
                          WEIR_TRY_LET(const auto next, store::next_due(tx, clock_.now()));
                          if (next) rooms.next_look = std::min(rooms.next_look, *next);
                          return {};
                        })
                        .ok());
  for (const OutboxMessage& message : due) {
    if (!rooms.busy_lanes.insert(message.lane).second) continue;
    if (options_.bug == Bug::kLosesMessages && message.path.ends_with("/completion")) {
      static_cast<void>(rooms.sql.write([&](store::Tx& tx) { return store::delivered(tx, message.id); }).ok());
      continue;
    }
    send(machine, message);
  }
}

void World::send(Machine& from, const OutboxMessage& message) {
  Machine* const to = by_url(message.address);
  const auto flight = std::make_shared<Flight>(Flight{&from, from.starts, to, message});
  later(kTimeout, "timeout of " + message.path, [this, flight] { answered(flight, unreachable(), ""); });
  if (to == nullptr || to->id.text() != message.peer) return;  // TLS: the certificate is another's
  if (!lost()) later(delay(), from.name + " says " + message.path, [this, flight] { arrive(flight); });
  if (!calm_ && options_.faults && roll(12)) {
    ++seen_.duplicates;
    later(delay(), from.name + " says again " + message.path, [this, flight] { arrive(flight); });
  }
}

void World::arrive(const std::shared_ptr<Flight>& flight) {
  if (!flight->to->up() || cut(*flight->from, *flight->to)) {
    later(delay(), "refused", [this, flight] { answered(flight, unreachable(), ""); });
    return;
  }
  const auto heard = hear(*flight->to, *flight->from, flight->message);
  if (!heard) note("  " + std::string(heard.error().message()));
  if (lost()) return;
  const Result<> outcome = heard ? Result<>() : Result<>(as_seen(heard.error()));
  later(delay(), "answer to " + flight->message.path,
        [this, flight, outcome, answer = heard ? *heard : std::string()] { answered(flight, outcome, answer); });
}

void World::answered(const std::shared_ptr<Flight>& flight, const Result<>& outcome, const std::string& answer) {
  Machine& from = *flight->from;
  if (flight->settled || !from.up() || from.starts != flight->life) return;
  if (outcome && cut(from, *flight->to)) return;
  flight->settled = true;
  Machine::Rooms& rooms = *from.rooms;
  node::PostHooks hooks;
  hooks.answered = [&](store::Tx& tx, const OutboxMessage& message, std::string_view text) {
    return node::message_answered(*rooms.contracts, *rooms.delivery, tx, message, text);
  };
  hooks.refused = [&](store::Tx& tx, const OutboxMessage& message, const Error& error) {
    return node::message_refused(*rooms.contracts, *rooms.delivery, tx, message, error);
  };
  const bool durable = node::settle(rooms.sql, clock_.now(), {}, hooks, flight->message, outcome, answer);
  const auto free_lane = [&from, life = from.starts, lane = flight->message.lane] {
    if (!from.up() || from.starts != life) return;
    from.rooms->busy_lanes.erase(lane);
    from.rooms->news = true;
  };
  if (durable) return free_lane();
  later(kAfterBadWrite, "lane of " + from.name, free_lane);
}

// What the routes of a node do with a message of another node.
Result<std::string> World::hear(Machine& to, const Machine& from, const OutboxMessage& message) {
  Machine::Rooms& rooms = *to.rooms;
  const std::string base = message.address.substr(to.url().size());
  const std::string path = base + message.path;
  if (path == "/peer/v1/catalog/changed") {
    WEIR_TRY(rooms.catalog->add_peer(from.id));
    rooms.to_collect.insert(from.id);
    rooms.news = true;
    return std::string("{}");
  }
  const Error no_route = Error(Errc::kNotFound, "no such address").because("http.no_route");
  if (base != node::kProtocolPath) return no_route;
  const std::string& rest = message.path;
  if (rest.starts_with("/negotiations") || rest.starts_with("/agreements")) {
    WEIR_TRY_LET(const auto reply,
                 rooms.contracts->receive(flow::contract::PartyId(from.id.text()), rest, message.body));
    return reply.body.dump();
  }
  using flow::delivery::MessageKind;
  WEIR_TRY_LET(const Json body, wire::parse_json(message.body));
  if (rest == "/transfers/request") {
    WEIR_TRY_LET(const auto parsed, flow::delivery::parse_message(MessageKind::kRequest, body));
    WEIR_TRY_LET(const Json answer, rooms.delivery->receive_request(from.id, parsed));
    return answer.dump();
  }
  static const std::map<std::string, MessageKind> kKinds = {{"start", MessageKind::kStart},
                                                            {"suspension", MessageKind::kSuspension},
                                                            {"completion", MessageKind::kCompletion},
                                                            {"termination", MessageKind::kTermination}};
  const std::string word = last_part(rest);
  if (!rest.starts_with("/transfers/")) return no_route;
  const std::string pid = last_part(rest.substr(0, rest.rfind('/')));
  if (word == "destruction") {
    WEIR_TRY(rooms.delivery->take_destruction_proof(from.id, body));
    return std::string();
  }
  const auto kind = kKinds.find(word);
  if (kind == kKinds.end()) return no_route;
  WEIR_TRY_LET(const auto parsed, flow::delivery::parse_message(kind->second, body));
  WEIR_TRY_LET(const Json answer, rooms.delivery->receive(from.id, pid, parsed));
  return answer.dump();
}

// ── questions that are answered at once, or not at all ──

template <class T>
Result<T> World::call(Machine& from, Machine* to, const std::function<Result<T>()>& ask) {
  if (to == nullptr || !to->up() || cut(from, *to) || lost()) return unreachable();
  auto answer = ask();
  if (lost()) return unreachable();
  if (!answer) return as_seen(answer.error());
  return answer;
}

void World::collect(Machine& machine, const supply::identifier::NodeId& peer, std::int64_t failures) {
  const auto ask = [&](const std::string& path) {
    Machine* const from = by_id(peer.text());
    return call<Json>(machine, from, [&]() -> Result<Json> {
      const std::int64_t after = std::stoll(path.substr(path.rfind('=') + 1));
      // Small pages, so that a collection takes several.
      WEIR_TRY_LET(auto batch, from->rooms->catalog->changes_since(after, 2));
      if (options_.bug == Bug::kForgetsChange && !batch.changes.empty()) batch.changes.pop_back();
      return supply::catalog::to_json(batch);
    });
  };
  const Result<> collected = node::collect_changes(*machine.rooms->catalog, peer, ask);
  if (collected) return;
  note("  not collected: " + std::string(collected.error().message()));
  const Milliseconds pause = node::backoff(failures, Milliseconds(1000), Milliseconds(600'000));
  later(pause, "collect again from " + peer.text(), [this, &machine, peer, failures, life = machine.starts] {
    if (machine.up() && machine.starts == life) collect(machine, peer, failures + 1);
  });
}

// ── data ──

Bytes World::flipped(ByteView bytes) {
  Bytes out = copy_of(bytes);
  if (!out.empty() && !calm_ && options_.faults && roll(10)) {
    ++seen_.flipped;
    out[chance_.below(out.size())] ^= 1;
  }
  return out;
}

void World::send_bytes(Machine& provider, const std::string& pid, std::int64_t sending, std::uint64_t bytes) {
  if (bytes > 0) checker_.left(provider.name, pid, static_cast<std::int64_t>(bytes), clock_.now());
  const Result<> metered =
      provider.rooms->delivery->record_sent(pid, sending, options_.bug == Bug::kForgetsMeter ? 0 : bytes);
  if (!metered) note("  meter late: " + std::string(metered.error().message()));
}

// A range of a content, as the data plane gives it.
Result<> World::serve(Machine& provider, const Machine& peer, const std::string& pid, const std::string& token,
                      std::uint64_t offset, std::uint64_t length, const flow::delivery::RemoteContent::Sink& sink) {
  Machine::Rooms& rooms = *provider.rooms;
  WEIR_TRY_LET(const auto opened, rooms.delivery->open_data(pid, peer.id, token));
  WEIR_TRY_LET(const std::int64_t sending, rooms.delivery->begin_sending(pid, length));
  Bytes bytes(length);
  WEIR_TRY_LET(const std::size_t got, opened.data->read_at(offset, bytes));
  bytes.resize(got);
  // The connection may break after any byte.
  const bool broken = !calm_ && options_.faults && roll(12);
  if (broken) bytes.resize(chance_.below(bytes.size() + 1));
  const Result<> sunk = sink(flipped(bytes));
  send_bytes(provider, pid, sending, bytes.size());
  WEIR_TRY(sunk);
  return broken ? Result<>(unreachable()) : Result<>();
}

void World::move(Machine& machine, const std::string& pid, std::int64_t failures) {
  const auto transfer = machine.rooms->delivery->get(pid);
  if (!transfer) return;
  const Result<> moved = move_data(machine, *transfer);
  if (moved) return;
  note("  " + std::string(moved.error().message()));
  if (!node::again_after(*machine.rooms->delivery, *transfer, moved.error())) return;
  const Milliseconds pause = node::backoff(failures, Milliseconds(500), Milliseconds(60'000));
  later(pause, "again " + pid, [this, &machine, pid, failures, life = machine.starts] {
    if (machine.up() && machine.starts == life) move(machine, pid, failures + 1);
  });
}

Result<> World::move_data(Machine& machine, const Transfer& transfer) {
  Machine::Rooms& rooms = *machine.rooms;
  if (transfer.custody == Custody::kDestroying) {
    WEIR_TRY(rooms.delivery->destroy(transfer.agreement, "finished after a restart", "node"));
    return {};
  }
  const bool pulls = transfer.format == flow::delivery::kPullFormat;
  if (transfer.state != TransferState::kStarted) {
    // What runs is told to stop, and keeps what it has.
    if (rooms.pulls.contains(transfer.pid)) return end_pull(machine, transfer.pid, {});
    if (rooms.inbound.contains(transfer.pid)) return drop_inbound(machine, transfer.pid);
    return {};
  }
  if (transfer.role == Role::kConsumer && pulls && transfer.custody < Custody::kHeld) return pull(machine, transfer);
  if (transfer.role == Role::kProvider && !pulls) return push(machine, transfer);
  return {};
}

namespace {

class SimContent final : public flow::delivery::RemoteContent {
 public:
  using Read = std::function<Result<>(std::uint64_t offset, std::uint64_t length, const Sink& sink)>;
  explicit SimContent(Read read) : read_(std::move(read)) {}
  Result<> read(std::uint64_t offset, std::uint64_t length, const Sink& sink) override {
    return read_(offset, length, sink);
  }

 private:
  Read read_;
};

}  // namespace

// One or two chunks of a pull; the rest comes later.
Result<> World::pull(Machine& machine, const Transfer& transfer) {
  Machine::Rooms& rooms = *machine.rooms;
  const std::string& pid = transfer.pid;
  Machine* const provider = by_url(transfer.endpoint);
  const std::string their_pid = last_part(transfer.endpoint);
  auto& session = rooms.pulls[pid];
  if (!session) {
    const auto manifest = call<Manifest>(machine, provider, [&]() -> Result<Manifest> {
      WEIR_TRY_LET(const auto opened, provider->rooms->delivery->open_content(their_pid, machine.id, transfer.token));
      return opened.content.manifest;
    });
    if (!manifest) {
      rooms.pulls.erase(pid);
      return manifest.error();
    }
    auto opened = rooms.delivery->open_pull(pid, *manifest);
    if (!opened) {
      rooms.pulls.erase(pid);
      return opened.error();
    }
    session = *std::move(opened);
  }
  const auto running = session;
  std::atomic<bool> halt{false};
  const std::uint64_t most = 1 + chance_.below(3);
  std::uint64_t chunks = 0;
  const auto each_chunk = [&]() -> Result<> {
    if (++chunks == most) halt = true;
    return {};
  };
  SimContent remote([&](std::uint64_t offset, std::uint64_t length, const auto& sink) -> Result<> {
    if (provider == nullptr || !provider->up() || cut(machine, *provider) || lost()) return unreachable();
    const Result<> served = serve(*provider, machine, their_pid, transfer.token, offset, length, sink);
    return served || served.error().reason() == "delivery.stopped" ? served : Result<>(as_seen(served.error()));
  });
  const std::uint64_t before = running->bytes_received();
  const Result<> streamed = flow::delivery::run_stream(*running, remote, 1 + chance_.below(3), halt, each_chunk);
  checker_.arrived(machine.name, pid, static_cast<std::int64_t>(running->bytes_received() - before));
  const bool paused = !streamed && streamed.error().reason() == "delivery.stopped" && !running->complete();
  if (!paused) return end_pull(machine, pid, streamed);
  if (roll(3)) WEIR_TRY(rooms.delivery->record_progress(pid, *running));
  rooms.moving.insert(pid);
  rooms.news = true;
  return {};
}

// As node/transfers ends a pull: what came is kept, and what is whole is completed.
Result<> World::end_pull(Machine& machine, const std::string& pid, const Result<>& streamed) {
  Machine::Rooms& rooms = *machine.rooms;
  const auto session = rooms.pulls[pid];
  rooms.pulls.erase(pid);
  if (options_.bug == Bug::kForgetsArrival) session->metered(session->bytes_unmetered());
  const Result<> recorded = rooms.delivery->record_progress(pid, *session);
  WEIR_TRY_LET(const Transfer now, rooms.delivery->get(pid));
  if (now.state != TransferState::kStarted) return recorded;
  if (!session->complete()) WEIR_TRY(streamed);
  WEIR_TRY(recorded);
  if (!session->complete()) return Error(Errc::kUnavailable, "the transfer is not whole yet");
  WEIR_TRY(rooms.delivery->complete(pid));
  ++seen_.delivered;
  return {};
}

Result<> World::push(Machine& machine, const Transfer& transfer) {
  Machine::Rooms& rooms = *machine.rooms;
  const auto stream = rooms.delivery->open_stream(transfer.pid);
  Machine* const to = by_url(transfer.endpoint);
  const std::string their_pid = last_part(transfer.endpoint);
  WEIR_TRY_LET(const auto content, rooms.contents->open(transfer.root));
  WEIR_TRY_LET(const Bytes bitmap, call<Bytes>(machine, to, [&] {
                 return take_push_manifest(*to, machine, their_pid, transfer.token, content.manifest);
               }));
  WEIR_TRY_LET(const auto present, flow::delivery::decode_bitmap(bitmap, content.manifest.chunk_count()));
  int chunks = 0;
  for (std::uint64_t i = 0; i < present.size(); ++i) {
    if (present[i]) continue;
    if (++chunks > 2) break;
    WEIR_TRY_LET(const Transfer now, rooms.delivery->get(transfer.pid));
    if (now.state != TransferState::kStarted) return {};
    WEIR_TRY_LET(const std::int64_t sending,
                 rooms.delivery->begin_sending(transfer.pid, content.manifest.length_of(ChunkIndex(i))));
    Bytes chunk(content.manifest.length_of(ChunkIndex(i)));
    WEIR_TRY(content.data->read_at(content.manifest.offset_of(ChunkIndex(i)), chunk));
    const Result<bool> put = call<bool>(machine, to, [&]() -> Result<bool> {
      WEIR_TRY(take_push_chunk(*to, machine, their_pid, transfer.token, i, flipped(chunk)));
      return true;
    });
    send_bytes(machine, transfer.pid, sending, chunk.size());
    WEIR_TRY(put);
  }
  if (chunks > 2) {
    rooms.moving.insert(transfer.pid);
    rooms.news = true;
  }
  return {};
}

// As node/data_plane takes a push.
Result<Bytes> World::take_push_manifest(Machine& to, const Machine& from, const std::string& pid,
                                        const std::string& token, const Manifest& manifest) {
  Machine::Rooms& rooms = *to.rooms;
  WEIR_TRY(rooms.delivery->open_inbound(pid, from.id, token));
  auto session = rooms.inbound[pid];
  if (!session) {
    WEIR_TRY_LET(session, rooms.delivery->open_pull(pid, manifest));
    rooms.inbound[pid] = session;
  }
  WEIR_TRY_LET(const auto present, session->checkpoint());
  if (session->complete() && rooms.inbound.erase(pid) != 0) {
    WEIR_TRY(rooms.delivery->record_progress(pid, *session));
    WEIR_TRY(rooms.delivery->complete(pid));
    ++seen_.delivered;
  }
  return flow::delivery::encode_bitmap(present);
}

Result<> World::drop_inbound(Machine& machine, const std::string& pid) {
  const Machine::Rooms::Session session = machine.rooms->inbound.extract(pid).mapped();
  return session ? machine.rooms->delivery->record_progress(pid, *session) : Result<>();
}

Result<> World::take_push_chunk(Machine& to, const Machine& from, const std::string& pid, const std::string& token,
                                std::uint64_t index, ByteView chunk) {
  Machine::Rooms& rooms = *to.rooms;
  if (const auto admitted = rooms.delivery->open_inbound(pid, from.id, token); !admitted) {
    if (admitted.error().reason() == "delivery.wrong_state" && rooms.inbound.contains(pid)) {
      static_cast<void>(drop_inbound(to, pid).ok());
    }
    return Error(admitted.error());
  }
  const auto session = rooms.inbound[pid];
  if (!session) return Error(Errc::kConflict, "send the manifest first").because("delivery.no_manifest");
  WEIR_TRY(session->accept(ChunkIndex(index), chunk));
  checker_.arrived(to.name, pid, static_cast<std::int64_t>(chunk.size()));
  if (!session->complete() || rooms.inbound.erase(pid) == 0) return {};
  WEIR_TRY(rooms.delivery->record_progress(pid, *session));
  WEIR_TRY(rooms.delivery->complete(pid));
  ++seen_.delivered;
  return {};
}

}  // namespace weir::sim
