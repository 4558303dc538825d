// Machine: one simulated node: the rooms of the house on a disk that fails, joined as a real node joins them.
//
// What survives a crash is the disk: a folder for SQLite under FaultyVfs, and MemoryFiles. Everything else is in Rooms
// and dies with it. Thread-safety: one thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/checker.h"
#include "tests/support/faulty_vfs.h"
#include "tests/support/temporary_folder.h"
#include "weir/flow/metering/service.h"
#include "weir/node/duties.h"
#include "weir/node/group_commit.h"
#include "weir/node/neighbours.h"
#include "weir/node/news.h"
#include "weir/node/post.h"
#include "weir/store/memory_files.h"
#include "weir/trust/evidence/archive.h"
#include "weir/trust/evidence/log.h"

namespace weir::sim {

// Mistakes that a test makes on purpose, to see the checker find them.
enum class Bug : std::uint8_t {
  kNone,
  kForgetsEvidence,      // a suspension is not written down
  kInventsEvidence,      // a use is written down that was not made
  kLosesDisk,            // a power cut takes what was synced, and the node goes on from what it finds
  kDecidesWithoutRules,  // evidence of a decision does not say which rules made it
  kForgetsMeter,         // data leave and are not metered
  kUsesUnasked,          // held data are used without a decision
  kAltersAgreement,      // one party rewrites what it signed
  kStealsIdentifier,     // a node takes another's product for its own
  kForgetsChange,        // the regional node skips what a connector publishes
  kForgetsArrival,       // the consumer's meter is wrong
  kLosesMessages,        // a message is taken from the outbox and never sent
};

inline constexpr std::uint32_t kSimChunk = flow::delivery::kChunkBytesMin;

class Machine {
 public:
  struct World {
    ManualClock& clock;
    node::FindNode find;
    Checker& checker;
    Bug bug = Bug::kNone;
  };
  Machine(std::string name, supply::identifier::NodeId id, std::uint64_t seed, World world);
  ~Machine();

  // Opens what is on the disk; fails as a start of a node does.
  Result<> start();
  void crash(bool power_lost);
  bool up() const { return rooms != nullptr; }

  // What lies in its tables now. Require: up.
  std::vector<flow::contract::NegotiationRecord> negotiations() const;
  std::vector<flow::contract::AgreementRecord> agreements() const;
  std::vector<flow::delivery::Transfer> transfers() const;

  std::string url() const { return "https://" + name + ".example"; }
  std::string protocol_address() const { return url() + std::string(node::kProtocolPath); }
  // What the checker is told after each commit.
  void report();

  const std::string name;
  const supply::identifier::NodeId id;
  World world;
  SeededRandom random;
  crypto::PrivateKey key;
  crypto::SecretBytes master;
  store::MemoryFiles files;
  weir::testing::TemporaryFolder folder;
  weir::testing::FaultyVfs disk;
  std::uint64_t starts = 0;  // which life this is: what a former one began is nobody's

  // Writes evidence, except where the test makes a mistake.
  class Pen final : public trust::evidence::Log {
   public:
    Pen(trust::evidence::Log& log, Bug bug) : log_(log), bug_(bug) {}
    Result<trust::evidence::EntryIndex> append(store::Tx& tx, const trust::evidence::Entry& entry) override;

   private:
    trust::evidence::Log& log_;
    Bug bug_;
  };

  struct Rooms {
    Rooms(Machine& machine, std::unique_ptr<store::Database> database);
    Result<> open(Machine& machine);

    node::GroupCommit commits;
    node::WakingSql sql;
    std::unique_ptr<trust::evidence::SqlLog> log;
    std::unique_ptr<Pen> pen;
    trust::evidence::Archive archive;
    std::unique_ptr<supply::catalog::Service> catalog;
    std::unique_ptr<flow::metering::Service> metering;
    std::unique_ptr<flow::usage::Service> usage;
    std::unique_ptr<node::ContractDirectory> directory;
    std::unique_ptr<node::ContractOffers> offers;
    std::unique_ptr<node::ContractUsage> contract_usage;
    flow::contract::StandardDecider decider;
    std::unique_ptr<flow::contract::Service> contracts;
    std::unique_ptr<flow::delivery::Contents> contents;
    std::unique_ptr<flow::delivery::Vault> vault;
    std::unique_ptr<node::DeliveryNeighbours> neighbours;
    std::unique_ptr<flow::delivery::Service> delivery;
    std::unique_ptr<node::DeleteHandler> delete_handler;
    std::unique_ptr<node::Duties> duties;
    std::vector<node::AlarmTask> tasks;

    bool news = true;                  // something was committed since it was last looked
    Timestamp next_look{};             // when something falls due without any news
    std::set<std::string> busy_lanes;  // messages on their way
    std::set<std::string> moving;      // transfers to go on with
    std::set<supply::identifier::NodeId> to_collect;
    using Session = std::shared_ptr<flow::delivery::PullSession>;
    std::map<std::string, Session> pulls;
    std::map<std::string, Session> inbound;
  };
  std::unique_ptr<Rooms> rooms;

 private:
  Result<> read_all(std::vector<std::string>& leaves, std::size_t from, View& view);
  std::size_t reported_ = 0;                    // entries
  std::map<std::string, Bytes> disk_at_start_;  // for kLosesDisk
};

}  // namespace weir::sim
