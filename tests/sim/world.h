// World: three nodes, the network between them, the people who operate them, and time, all from one seed in one thread.
//
// A step is one thing that happens: a message arrives, a chunk moves, somebody decides, a disk breaks, a machine stops.
// After each step the checker looks at everything. The same seed is the same history. Thread-safety: one thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/machine.h"

namespace weir::sim {

struct Options {
  std::uint64_t seed = 1;
  int steps = 400;
  Bug bug = Bug::kNone;
  bool faults = true;  // of disks, machines and the network
};

// How much of what is to be seen was seen: a simulation in which nothing happens proves nothing.
struct Seen {
  int published = 0, found = 0, concluded = 0, broken_off = 0, delivered = 0, flipped = 0, uses = 0, denied = 0,
      destroyed = 0, expired = 0, crashes = 0, power_cuts = 0, partitions = 0, disk_faults = 0, lost = 0,
      duplicates = 0, late = 0;
  Seen& operator+=(const Seen& other);
  std::string text() const;
};

class World {
 public:
  explicit World(const Options& options);

  // Everything: the steps, then the quiet after them.
  void run();
  const std::vector<Violation>& violations() const { return checker_.violations(); }
  const Seen& seen() const { return seen_; }
  // What happened, a line a step.
  const std::vector<std::string>& trace() const { return trace_; }

 private:
  using Doing = std::function<void()>;

  // ── world.cc: time and machines ──
  void step();
  void quiet();
  void settle_down();
  bool decide_everything();
  void later(Milliseconds delay, std::string what, Doing doing);
  bool next_event(std::optional<Timestamp> until = std::nullopt);
  void after_step();
  void look(Machine& machine);
  void crash(Machine& machine);
  void start(Machine& machine);
  void break_disk(Machine& machine);
  void note(std::string what);
  bool roll(std::uint64_t one_in) { return chance_.below(one_in) == 0; }
  template <class T>
  const T& any(const std::vector<T>& of) {
    return of[chance_.below(of.size())];
  }
  Machine& any_connector() { return *machines_[1 + chance_.below(2)]; }
  Machine& other(const Machine& connector) { return *machines_[connector.name == "provider" ? 2 : 1]; }
  Machine& regional() { return *machines_[0]; }
  Machine* by_id(std::string_view node);
  Machine* by_url(std::string_view url);

  // ── network.cc: messages and data between machines ──
  bool cut(const Machine& a, const Machine& b) const;
  bool lost();
  Milliseconds delay();
  void send_due(Machine& machine);
  void send(Machine& from, const store::OutboxMessage& message);
  void arrive(const std::shared_ptr<struct Flight>& flight);
  void answered(const std::shared_ptr<struct Flight>& flight, const Result<>& outcome, const std::string& answer);
  Result<std::string> hear(Machine& to, const Machine& from, const store::OutboxMessage& message);
  void collect(Machine& machine, const supply::identifier::NodeId& peer, std::int64_t failures);
  template <class T>
  Result<T> call(Machine& from, Machine* to, const std::function<Result<T>()>& ask);
  void move(Machine& machine, const std::string& pid, std::int64_t failures);
  Result<> move_data(Machine& machine, const flow::delivery::Transfer& transfer);
  Result<> pull(Machine& machine, const flow::delivery::Transfer& transfer);
  Result<> end_pull(Machine& machine, const std::string& pid, const Result<>& streamed);
  Result<> push(Machine& machine, const flow::delivery::Transfer& transfer);
  Result<Bytes> take_push_manifest(Machine& to, const Machine& from, const std::string& pid, const std::string& token,
                                   const flow::delivery::Manifest& manifest);
  Result<> drop_inbound(Machine& machine, const std::string& pid);
  Result<> take_push_chunk(Machine& to, const Machine& from, const std::string& pid, const std::string& token,
                           std::uint64_t index, ByteView chunk);
  Result<> serve(Machine& provider, const Machine& peer, const std::string& pid, const std::string& token,
                 std::uint64_t offset, std::uint64_t length, const flow::delivery::RemoteContent::Sink& sink);
  Bytes flipped(ByteView bytes);
  void send_bytes(Machine& provider, const std::string& pid, std::int64_t sending, std::uint64_t bytes);

  // ── people.cc: what operators do ──
  void act();
  void publish(Machine& machine);
  void revise(Machine& machine);
  void deregister(Machine& machine);
  void tell_regional(Machine& machine);
  void search(Machine& machine);
  void request(Machine& machine);
  void make_offer(Machine& machine);
  void negotiate(Machine& machine);
  void change_agreement(Machine& machine);
  void ask_for_data(Machine& machine);
  void change_transfer(Machine& machine);
  void use(Machine& machine);
  void destroy(Machine& machine);
  void misbehave(Machine& machine);
  void pass_time();
  flow::contract::Offer other_terms(flow::contract::Offer offer);
  std::optional<supply::catalog::Product> some_product(Machine& machine);

  Options options_;
  SeededRandom chance_;
  ManualClock clock_;
  Checker checker_;
  std::vector<std::unique_ptr<Machine>> machines_;  // regional, provider, consumer
  std::multimap<std::pair<std::int64_t, std::uint64_t>, std::pair<std::string, Doing>> events_;
  std::uint64_t order_ = 0;
  bool calm_ = false;  // the network and the disks do nothing wrong
  std::set<std::pair<std::string, std::string>> cuts_;
  std::map<std::string, Bytes> contents_;  // by root: what was published
  Seen seen_;
  std::vector<std::string> trace_;
};

}  // namespace weir::sim
