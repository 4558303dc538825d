// Checker: the invariants of the house, asked of what a simulation saw.
//
// It is told of every commit of every node, of every byte that left and every use that was made, and keeps what is
// wrong by the invariant's name. It knows nothing of the simulation, so that a broken history can be made by hand.
// Thread-safety: one thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "tests/sim/history.h"
#include "weir/tlog/checkpoint.h"

namespace weir::sim {

struct Violation {
  std::string invariant;  // "I-6"
  std::string what;
};

class Checker {
 public:
  using Prove = std::function<Result<tlog::Proof>(tlog::TreeSize from, tlog::TreeSize to)>;

  // Tables call a node by its identifier, people by its name.
  void introduce(const std::string& node, const std::string& identifier) { names_[identifier] = node; }

  // ── what a node committed ──
  // New entries of its log, in order, and what its tables say with them. I-1, I-4.
  void committed(const std::string& node, std::span<const std::string> leaves, const View& view);
  // The log as it is found after a restart, whole: begins with all that was ever seen of it. I-2.
  void reopened(const std::string& node, std::span<const std::string> leaves, const View& view);
  // The latest checkpoint, with what the log itself proves. I-11.
  void checkpoint(const std::string& node, const tlog::Checkpoint& latest, const Prove& prove);

  // ── what was seen from outside ──
  // Bytes of a transfer left the provider. I-5.
  void left(const std::string& node, const std::string& process, std::int64_t bytes, Timestamp now);
  // Bytes of a transfer came to the consumer, and were what was agreed.
  void arrived(const std::string& node, const std::string& process, std::int64_t bytes);
  // Data held under an agreement were handed to a user. I-6.
  void used(const std::string& node, const std::string& agreement, Timestamp now);
  // Nothing is under way at the node: what left has its reading. I-5.
  void at_rest(const std::string& node);

  // ── across nodes ──
  // After each step: agreements are byte for byte the same, product ids are unique, versions never change.
  void across();
  // After everything healed, and everybody decided: both sides of everything agree.
  void quiet(const std::string& regional);

  // Something that the simulation itself saw go wrong.
  void unexpected(std::string invariant, std::string what) { fail(std::move(invariant), std::move(what)); }

  const std::vector<Violation>& violations() const { return violations_; }
  // Nodes hold on to at most this many uses of an agreement; nothing if its terms do not count.
  static std::optional<std::int64_t> limit_of(const std::string& agreement_object);

 private:
  struct Node {
    std::vector<std::string> leaves{};
    Told told{};
    View view{};
    std::optional<tlog::Checkpoint> checkpoint{};
    std::set<std::string> decided{};                // transfers whose start has a decision
    std::map<std::string, std::int64_t> allowed{};  // contract -> uses allowed
    std::map<std::string, std::int64_t> used{};     // agreement -> uses made
    std::map<std::string, std::int64_t> left{};     // process -> bytes
    std::map<std::string, std::int64_t> arrived{};
  };
  void take(Node& node, const std::string& name, const std::string& leaf);
  void check_decision(const std::string& name, const trust::evidence::Entry& entry);
  void check_state(Node& node, const std::string& name, const View& view);
  void check_live(const std::string& invariant, const std::string& name, const View& view,
                  const std::string& agreement, Timestamp now);
  void quiet_negotiations(const std::string& name, const Node& node);
  void quiet_agreements(const std::string& name, const Node& node);
  void quiet_transfers(const std::string& name, const Node& node);
  void quiet_catalogue(const std::string& regional);
  void fail(std::string invariant, std::string what);

  const Node* peer_of(const std::string& identifier) const;

  std::map<std::string, Node> nodes_;
  std::map<std::string, std::string> names_;
  std::map<std::string, std::string> versions_;  // "id version" -> hash, of published ones
  std::vector<Violation> violations_;
};

}  // namespace weir::sim
