// Time, machines, and the course of a history.
// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/world.h"

#include "weir/base/check.h"

namespace weir::sim {
namespace {

using flow::delivery::TransferState;
using store::MemoryFiles;
using supply::identifier::NodeId;
using supply::identifier::NodeKind;
using weir::testing::FaultyVfs;

const Timestamp kStart = *parse_iso8601("2026-03-01T08:00:00Z");
constexpr Milliseconds kAlarmLongest{60'000};
constexpr Milliseconds kSoon{10LL * 60'000};  // what the quiet waits for: retries, not the end of a contract
constexpr int kQuietRounds = 40;

NodeId make_id(NodeKind kind, std::string_view subject, Random& random) {
  return NodeId::generate(kind, *supply::identifier::SubjectId::parse(subject),
                          *supply::identifier::AreaCode::parse("1100"), random);
}

}  // namespace

Seen& Seen::operator+=(const Seen& o) {
  published += o.published, found += o.found, concluded += o.concluded, broken_off += o.broken_off;
  delivered += o.delivered, flipped += o.flipped, uses += o.uses, denied += o.denied, destroyed += o.destroyed;
  expired += o.expired, crashes += o.crashes, power_cuts += o.power_cuts, partitions += o.partitions;
  disk_faults += o.disk_faults, lost += o.lost, duplicates += o.duplicates, late += o.late;
  return *this;
}

std::string Seen::text() const {
  std::string out;
  const auto add = [&](const char* name, int count) {
    out += std::string(name) + " " + std::to_string(count) + ", ";
  };
  add("published", published), add("found", found), add("concluded", concluded), add("broken off", broken_off);
  add("delivered", delivered), add("flipped", flipped), add("uses", uses), add("denied", denied);
  add("destroyed", destroyed), add("expired", expired), add("crashes", crashes), add("power cuts", power_cuts);
  add("partitions", partitions), add("disk faults", disk_faults), add("lost", lost), add("duplicates", duplicates);
  return out + "late " + std::to_string(late);
}

World::World(const Options& options) : options_(options), chance_(options.seed * 2654435761u + 1), clock_(kStart) {
  const auto find = [this](const NodeId& id) -> Result<node::KnownNode> {
    Machine* const machine = by_id(id.text());
    if (machine == nullptr) return Error(Errc::kNotFound, "nobody has that identifier").because("node.unknown");
    return node::KnownNode{.id = machine->id,
                           .participant = machine->id.subject().text(),
                           .base_url = machine->url(),
                           .key = machine->key.public_key()};
  };
  const auto add = [&](const char* name, NodeKind kind, const char* subject) {
    machines_.push_back(std::make_unique<Machine>(name, make_id(kind, subject, chance_),
                                                  options.seed * 8 + machines_.size(),
                                                  Machine::World{clock_, find, checker_, options.bug}));
    checker_.introduce(name, machines_.back()->id.text());
    start(*machines_.back());
  };
  add("regional", NodeKind::kRegional, "12110000MB0000019M");
  add("provider", NodeKind::kConnector, "91350100M000100Y43");
  add("consumer", NodeKind::kConnector, "91440300708461136T");
}

Machine* World::by_id(std::string_view node) {
  for (const auto& machine : machines_) {
    if (machine->id.text() == node) return machine.get();
  }
  return nullptr;
}

Machine* World::by_url(std::string_view url) {
  for (const auto& machine : machines_) {
    if (url.starts_with(machine->url() + "/") || url == machine->url()) return machine.get();
  }
  return nullptr;
}

void World::note(std::string what) {
  trace_.push_back(std::to_string(clock_.now().value() - kStart.value()) + " " + std::move(what));
}

// ── events ──

void World::later(Milliseconds delay, std::string what, Doing doing) {
  events_.emplace(std::pair(after(clock_.now(), delay).value(), order_++),
                  std::pair(std::move(what), std::move(doing)));
}

bool World::next_event(std::optional<Timestamp> until) {
  if (events_.empty()) return false;
  auto first = events_.extract(events_.begin());
  const Timestamp at(first.key().first);
  if (until && at > *until) {
    events_.insert(std::move(first));
    return false;
  }
  if (at > clock_.now()) clock_.set(at);
  note(first.mapped().first);
  first.mapped().second();
  return true;
}

void World::run() {
  for (std::size_t i = 1; i < machines_.size(); ++i) publish(*machines_[i]);
  for (int i = 0; i < options_.steps && checker_.violations().empty(); ++i) {
    step();
    after_step();
  }
  if (checker_.violations().empty()) quiet();
}

void World::step() {
  if (!roll(4) && next_event()) return;
  clock_.advance(Milliseconds(chance_.below(500)));
  act();
}

void World::after_step() {
  for (const auto& machine : machines_) {
    if (!machine->up()) continue;
    look(*machine);
    checker_.at_rest(machine->name);
  }
  checker_.across();
}

// What the alarm, the dispatcher and the transfers of a node do when something was committed or fell due.
void World::look(Machine& machine) {
  Machine::Rooms& rooms = *machine.rooms;
  if (!rooms.news && clock_.now() < rooms.next_look) return;
  rooms.news = false;
  rooms.next_look = after(clock_.now(), kAlarmLongest);
  for (const node::AlarmTask& task : rooms.tasks) {
    const auto due = task.next();
    if (due && *due && **due <= clock_.now()) {
      const Result<> ran = task.run(clock_.now());
      if (!ran) rooms.next_look = std::min(rooms.next_look, after(clock_.now(), Milliseconds(1000)));
      if (ran && task.name == "agreements") ++seen_.expired;
    }
    if (due && *due && **due > clock_.now()) rooms.next_look = std::min(rooms.next_look, **due);
  }
  send_due(machine);
  for (const std::string& pid : std::exchange(rooms.moving, {})) {
    later(delay(), "move " + pid, [this, &machine, pid, life = machine.starts] {
      if (machine.up() && machine.starts == life) move(machine, pid, 0);
    });
  }
  for (const NodeId& peer : std::exchange(rooms.to_collect, {})) {
    later(delay(), "collect from " + peer.text(), [this, &machine, peer, life = machine.starts] {
      if (machine.up() && machine.starts == life) collect(machine, peer, 0);
    });
  }
  // A store that takes no more writes says so, and somebody starts the node again.
  if (const Result<> health = rooms.commits.database().health();
      !health && health.error().reason() == "store.read_only") {
    later(Milliseconds(chance_.below(2000)), "restart " + machine.name, [this, &machine, life = machine.starts] {
      if (machine.up() && machine.starts == life) crash(machine);
    });
  }
}

// ── machines ──

void World::crash(Machine& machine) {
  const bool power_lost = roll(2);
  ++(power_lost ? seen_.power_cuts : seen_.crashes);
  machine.crash(power_lost);
  later(Milliseconds(chance_.below(calm_ ? 10 : 30'000)), "start " + machine.name,
        [this, &machine] { start(machine); });
}

void World::start(Machine& machine) {
  if (machine.up()) return;
  const Result<> started = machine.start();
  if (!started) {
    note(machine.name + " does not start: " + std::string(started.error().message()));
    checker_.unexpected("I-11", machine.name + " does not start: " + std::string(started.error().message()));
    return;
  }
  tell_regional(machine);  // as a node does when its doors open
}

void World::break_disk(Machine& machine) {
  ++seen_.disk_faults;
  const bool full = roll(3);
  if (roll(2)) {
    const auto op = roll(2) ? FaultyVfs::Op::kSync : FaultyVfs::Op::kWrite;
    machine.disk.fail(full ? FaultyVfs::Op::kWrite : op, 1 + chance_.below(12),
                      full ? FaultyVfs::Fault::kNoSpace : FaultyVfs::Fault::kIo);
  } else {
    machine.files.fail(static_cast<MemoryFiles::Op>(chance_.below(MemoryFiles::kOps)), 1 + chance_.below(8),
                       full ? MemoryFiles::Fault::kNoSpace : MemoryFiles::Fault::kIo);
  }
  later(Milliseconds(chance_.below(20'000)), "space on " + machine.name, [&machine] {
    machine.disk.heal();
    machine.files.heal();
  });
}

// ── the quiet after the storm ──

void World::settle_down() {
  for (int i = 0; i < 20'000 && checker_.violations().empty(); ++i) {
    Timestamp soonest = after(clock_.now(), kSoon);
    for (const auto& machine : machines_) {
      if (machine->up()) soonest = std::min(soonest, machine->rooms->next_look);
    }
    if (!next_event(soonest)) {
      std::int64_t waiting = 0;
      for (const auto& machine : machines_) {
        if (!machine->up()) continue;
        static_cast<void>(machine->rooms->sql
                              .read([&](store::Tx& tx) -> Result<> {
                                WEIR_TRY_LET(const std::int64_t here, store::waiting(tx));
                                waiting += here;
                                return {};
                              })
                              .ok());
      }
      if (waiting == 0 && events_.empty()) return;
      clock_.set(std::max(clock_.now(), soonest));
    }
    after_step();
  }
}

// Everything that waits for a person is decided. Whether anything was.
bool World::decide_everything() {
  bool acted = false;
  for (std::size_t i = 1; i < machines_.size(); ++i) {
    if (!machines_[i]->up()) continue;
    Machine::Rooms& rooms = *machines_[i]->rooms;
    for (const auto& record : machines_[i]->negotiations()) {
      const auto& n = record.negotiation;
      if (is_final(n.state) || !flow::contract::is_turn_of(n.role, n.state)) continue;
      acted = true;
      if (record.held && rooms.contracts->approve(n.pid, "person").ok()) continue;
      static_cast<void>(rooms.contracts->terminate(n.pid, "cannot", {}, "person").ok());
    }
    for (const auto& transfer : machines_[i]->transfers()) {
      if (transfer.state != TransferState::kSuspended) continue;
      acted = true;
      static_cast<void>(rooms.delivery->terminate(transfer.pid, "nobody goes on", "person").ok());
    }
  }
  after_step();
  return acted;
}

void World::quiet() {
  note("quiet");
  calm_ = true;
  cuts_.clear();
  for (const auto& machine : machines_) {
    machine->disk.heal();
    machine->files.heal();
    start(*machine);
  }
  for (int round = 0; round < kQuietRounds && checker_.violations().empty(); ++round) {
    settle_down();
    if (!decide_everything()) break;
  }
  settle_down();
  if (!checker_.violations().empty()) return;
  checker_.quiet(regional().name);
  for (const auto& machine : machines_) {
    for (const auto& record : machine->negotiations()) {
      if (record.negotiation.role != flow::contract::Role::kConsumer) continue;
      const bool concluded = record.negotiation.state == flow::contract::State::kFinalized;
      ++(concluded ? seen_.concluded : seen_.broken_off);
      if (concluded && !machine->rooms->contracts->check_signatures(record.negotiation.agreement)) {
        checker_.unexpected("same-bytes", "the signatures of " + record.negotiation.agreement + " do not hold");
      }
    }
  }
}

}  // namespace weir::sim
