// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/checker.h"

#include <algorithm>

#include "weir/base/check.h"

namespace weir::sim {
namespace {

using flow::contract::AgreementState;
using flow::delivery::Custody;
using flow::delivery::TransferState;
using trust::evidence::Entry;
using wire::Json;

constexpr std::size_t kViolationsMax = 20;

bool ended(AgreementState state) {
  return state == AgreementState::kExpired || state == AgreementState::kTerminated ||
         state == AgreementState::kDestroyed;
}

bool names_a_rule(const Json& reasons) {
  if (!reasons.is_array()) return false;
  return std::any_of(reasons.items().begin(), reasons.items().end(),
                     [](const Json& reason) { return !reason.text_or("rule", "").empty(); });
}

std::optional<std::int64_t> find_count(const Json& json) {
  if (json.is_object() && json.text_or("leftOperand", "") == "count") {
    const Json& right = json["rightOperand"];
    if (right.is_integer()) return right.as_integer();
    if (right.is_string()) return std::stoll(right.as_string());
  }
  if (json.is_array()) {
    for (const Json& item : json.items()) {
      if (const auto found = find_count(item)) return found;
    }
  }
  if (json.is_object()) {
    for (const auto& [name, member] : json.members()) {
      if (const auto found = find_count(member)) return found;
    }
  }
  return std::nullopt;
}

template <class Map>
const typename Map::mapped_type* find(const Map& map, const std::string& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

std::int64_t count_of(const std::map<std::string, std::int64_t>& map, const std::string& key) {
  const std::int64_t* found = find(map, key);
  return found == nullptr ? 0 : *found;
}

}  // namespace

std::optional<std::int64_t> Checker::limit_of(const std::string& agreement_object) {
  const auto json = wire::parse_json(agreement_object);
  return json ? find_count(*json) : std::nullopt;
}

void Checker::fail(std::string invariant, std::string what) {
  if (violations_.size() < kViolationsMax) violations_.push_back({std::move(invariant), std::move(what)});
}

// ── what a node committed ──

void Checker::take(Node& node, const std::string& name, const std::string& leaf) {
  const auto entry = trust::evidence::parse_entry(leaf);
  if (!entry) return fail("I-1", name + ": an entry cannot be read: " + std::string(entry.error().message()));
  if (const std::string wrong = node.told.take(*entry); !wrong.empty())
    fail("I-1", name + ": " + entry->kind + ": " + wrong);
  if (entry->kind == "usage.allowed") ++node.allowed[entry->contract];
  if (entry->kind == "delivery.started" && names_a_rule(entry->body["decision"]["reasons"])) {
    node.decided.insert(entry->process);
  }
  check_decision(name, *entry);
  node.leaves.push_back(leaf);
}

//= I-4 type=test
void Checker::check_decision(const std::string& name, const Entry& entry) {
  const bool decides =
      entry.kind == "usage.allowed" || entry.kind == "usage.denied" || entry.kind == "usage.conditional";
  if (decides) {
    const Json& reasons = entry.body["reasons"];
    const bool by_rule = entry.kind != "usage.denied" || entry.body.text_or("deniedBy", "") != "default";
    if (reasons.size() == 0) fail("I-4", name + ": " + entry.kind + " says not why");
    if (by_rule && !names_a_rule(reasons)) fail("I-4", name + ": " + entry.kind + " names no rule");
  }
  if (entry.body.has("decision") && !names_a_rule(entry.body["decision"]["reasons"])) {
    fail("I-4", name + ": " + entry.kind + " of " + entry.process + " names no rule");
  }
}

//= I-1 type=test
void Checker::check_state(Node& node, const std::string& name, const View& view) {
  if (const std::string differs = difference(node.told.facts(), view.facts); !differs.empty())
    fail("I-1", name + ": " + differs);
  // What a meter said, it does not take back.
  for (const auto& [process, bytes] : node.view.metered) {
    if (count_of(view.metered, process) < bytes) fail("I-2", name + ": the meter of " + process + " lost a reading");
  }
  node.view = view;
}

void Checker::committed(const std::string& name, std::span<const std::string> leaves, const View& view) {
  Node& node = nodes_[name];
  for (const std::string& leaf : leaves) take(node, name, leaf);
  check_state(node, name, view);
}

//= I-2 type=test
void Checker::reopened(const std::string& name, std::span<const std::string> leaves, const View& view) {
  Node& node = nodes_[name];
  if (leaves.size() < node.leaves.size()) {
    return fail("I-2",
                name + ": " + std::to_string(node.leaves.size() - leaves.size()) + " acknowledged entries are lost");
  }
  for (std::size_t i = 0; i < node.leaves.size(); ++i) {
    if (leaves[i] != node.leaves[i])
      return fail("I-2", name + ": entry " + std::to_string(i) + " is another one now");
  }
  for (const std::string& leaf : leaves.subspan(node.leaves.size())) take(node, name, leaf);
  check_state(node, name, view);
}

//= I-11 type=test
void Checker::checkpoint(const std::string& name, const tlog::Checkpoint& latest, const Prove& prove) {
  std::optional<tlog::Checkpoint>& seen = nodes_[name].checkpoint;
  if (seen && *seen == latest) return;
  if (seen) {
    const auto proof =
        latest.size >= seen->size ? prove(seen->size, latest.size) : Result<tlog::Proof>(tlog::Proof());
    const Result<> follows = proof ? tlog::verify_progress(*seen, latest, *proof) : Result<>(proof.error());
    if (!follows) {
      fail("I-11", name + ": checkpoint " + std::to_string(latest.size.value()) + " after " +
                       std::to_string(seen->size.value()) + ": " + std::string(follows.error().message()));
    }
  }
  seen = latest;
}

// ── what was seen from outside ──

void Checker::check_live(const std::string& invariant, const std::string& name, const View& view,
                         const std::string& agreement, Timestamp now) {
  const View::Agreement* found = find(view.agreements, agreement);
  if (found == nullptr || found->state != AgreementState::kActive) {
    return fail(invariant, name + ": agreement " + agreement + " is not in force");
  }
  if (found->valid_until && *found->valid_until <= now)
    fail(invariant, name + ": agreement " + agreement + " ran out");
}

//= I-5 type=test
void Checker::left(const std::string& name, const std::string& process, std::int64_t bytes, Timestamp now) {
  Node& node = nodes_[name];
  node.left[process] += bytes;
  const View::Transfer* transfer = find(node.view.transfers, process);
  if (transfer == nullptr || transfer->state != TransferState::kStarted) {
    return fail("I-5", name + ": bytes left of transfer " + process + ", which is not started");
  }
  if (!node.decided.contains(process))
    fail("I-5", name + ": bytes left of transfer " + process + " without a decision");
  check_live("I-5", name, node.view, transfer->agreement, now);
}

void Checker::arrived(const std::string& name, const std::string& process, std::int64_t bytes) {
  nodes_[name].arrived[process] += bytes;
}

void Checker::at_rest(const std::string& name) {
  Node& node = nodes_[name];
  for (const auto& [process, bytes] : node.view.sending) {
    if (node.view.closed.contains(process)) fail("meters", name + ": the meter of " + process + " closed too early");
  }
  for (const auto& [process, bytes] : node.left) {
    const std::int64_t metered = count_of(node.view.metered, process) + count_of(node.view.sending, process);
    if (metered < bytes) {
      fail("I-5", name + ": " + std::to_string(bytes) + " bytes left of transfer " + process + ", the meter says " +
                      std::to_string(metered));
    }
  }
}

//= I-6 type=test
void Checker::used(const std::string& name, const std::string& agreement, Timestamp now) {
  Node& node = nodes_[name];
  const std::int64_t uses = ++node.used[agreement];
  check_live("I-6", name, node.view, agreement, now);
  const View::Agreement* found = find(node.view.agreements, agreement);
  if (found == nullptr) return;
  if (uses > count_of(node.allowed, found->contract)) {
    fail("I-6", name + ": use " + std::to_string(uses) + " of " + agreement + " without a decision");
  }
  const auto limit = limit_of(found->object);
  if (limit && uses > *limit) {
    fail("I-6",
         name + ": use " + std::to_string(uses) + " of " + agreement + ", agreed are " + std::to_string(*limit));
  }
}

// ── across nodes ──

const Checker::Node* Checker::peer_of(const std::string& identifier) const {
  const std::string* const name = find(names_, identifier);
  return name == nullptr ? nullptr : find(nodes_, *name);
}

void Checker::across() {
  std::map<std::string, const View::Agreement*> agreements;
  std::map<std::string, std::string> owners;
  for (const auto& [name, node] : nodes_) {
    for (const auto& [id, agreement] : node.view.agreements) {
      const auto [other, fresh] = agreements.emplace(id, &agreement);
      if (!fresh && (other->second->object != agreement.object || other->second->hash != agreement.hash)) {
        fail("same-bytes", name + ": agreement " + id + " is another one than at the other party");
      }
    }
    for (const auto& [id, product] : node.view.products) {
      if (product.origin.empty() && !owners.emplace(id, name).second) {
        fail("unique-ids", "product " + id + " is of both " + name + " and " + owners[id]);
      }
      if (product.published == 0) continue;
      const auto [known, fresh] = versions_.emplace(id + " " + std::to_string(product.published), product.hash);
      if (known->second != product.hash) fail("unique-ids", name + ": product " + known->first + " changed");
    }
  }
}

void Checker::quiet(const std::string& regional) {
  for (const auto& [name, node] : nodes_) {
    if (node.view.waiting != 0) fail("quiet", name + ": messages still wait");
    quiet_negotiations(name, node);
    quiet_agreements(name, node);
    quiet_transfers(name, node);
  }
  quiet_catalogue(regional);
}

void Checker::quiet_negotiations(const std::string& name, const Node& node) {
  for (const auto& [pid, one] : node.view.negotiations) {
    if (!is_final(one.state)) {
      fail("quiet",
           name + ": negotiation " + pid + " never ends: " + std::string(flow::contract::name_of(one.state)));
    }
    const Node* peer = peer_of(one.peer);
    const View::Negotiation* theirs = peer == nullptr ? nullptr : find(peer->view.negotiations, one.peer_pid);
    if (theirs == nullptr) {
      if (one.state == flow::contract::State::kFinalized)
        fail("quiet", name + ": negotiation " + pid + " has no other side");
      continue;
    }
    if (theirs->state != one.state) {
      fail("quiet", name + ": negotiation " + pid + " is " + std::string(flow::contract::name_of(one.state)) +
                        " here and " + std::string(flow::contract::name_of(theirs->state)) + " there");
    }
  }
}

void Checker::quiet_agreements(const std::string& name, const Node& node) {
  for (const auto& [id, one] : node.view.agreements) {
    if (const Facts::Terms* terms = find(node.view.facts.terms, one.contract)) {
      const std::string expected = ended(one.state)                          ? "ended"
                                   : one.state == AgreementState::kSuspended ? "suspended"
                                                                             : "enabled";
      if (terms->state != expected) fail("quiet", name + ": the terms of " + id + " are " + terms->state);
    }
    for (const auto& [other_name, other] : nodes_) {
      const View::Agreement* theirs = other_name == name ? nullptr : find(other.view.agreements, id);
      if (theirs == nullptr) continue;
      const bool same = theirs->state == one.state || (ended(theirs->state) && ended(one.state));
      if (!same || (!ended(one.state) && theirs->suspended_by != one.suspended_by)) {
        fail("quiet", name + ": agreement " + id + " is " + std::string(flow::contract::name_of(one.state)) +
                          " here and " + std::string(flow::contract::name_of(theirs->state)) + " there");
      }
    }
  }
}

void Checker::quiet_transfers(const std::string& name, const Node& node) {
  for (const auto& [pid, one] : node.view.transfers) {
    const std::string state(flow::delivery::name_of(one.state));
    if (!is_final(one.state)) fail("quiet", name + ": transfer " + pid + " never ends: " + state);
    const View::Agreement* agreement = find(node.view.agreements, one.agreement);
    const bool holds = one.custody == Custody::kHeld || one.custody == Custody::kDestroying;
    if (holds && agreement != nullptr && ended(agreement->state)) {
      fail("quiet", name + ": transfer " + pid + " is held after its agreement ended");
    }
    const Node* peer = peer_of(one.peer);
    const View::Transfer* theirs = peer == nullptr ? nullptr : find(peer->view.transfers, one.peer_pid);
    if (theirs == nullptr) {
      if (one.state != TransferState::kTerminated) fail("quiet", name + ": transfer " + pid + " has no other side");
      continue;
    }
    // Who was done before it heard that the other had stopped, is done; its receipt tells.
    const bool crossed = is_final(one.state) && is_final(theirs->state) && (one.receipt && theirs->receipt);
    if (theirs->state != one.state && !crossed) {
      fail("quiet", name + ": transfer " + pid + " is " + state + " here and " +
                        std::string(flow::delivery::name_of(theirs->state)) + " there");
    }
    if (one.role != flow::delivery::Role::kConsumer) continue;
    if (one.custody == Custody::kDestroyed && theirs->custody != Custody::kDestroyed) {
      fail("quiet", name + ": the proof that " + pid + " was destroyed never came");
    }
    const std::int64_t in = count_of(node.view.metered, pid);
    const std::int64_t out = count_of(peer->view.metered, one.peer_pid);
    const std::int64_t came = count_of(node.arrived, pid);
    const bool done = one.state == TransferState::kCompleted;
    if (in > out || in > came || (done && in < one.size)) {
      fail("meters", name + ": transfer " + pid + " of " + std::to_string(one.size) +
                         " bytes: " + std::to_string(out) + " metered out, " + std::to_string(in) + " metered in, " +
                         std::to_string(came) + " arrived");
    }
    if (done && !theirs->receipt) fail("quiet", name + ": the receipt of " + pid + " never came");
  }
}

void Checker::quiet_catalogue(const std::string& regional) {
  std::map<std::string, std::string> offered;
  for (const auto& [name, node] : nodes_) {
    for (const auto& [id, product] : node.view.products) {
      const bool is_public = product.origin.empty() && product.published != 0 && !product.deregistered;
      if (is_public) offered[id] = std::to_string(product.published) + " " + product.hash;
    }
  }
  std::map<std::string, std::string> known;
  for (const auto& [id, product] : nodes_[regional].view.products) {
    if (!product.deregistered) known[id] = std::to_string(product.published) + " " + product.hash;
  }
  for (const auto& [id, version] : offered) {
    const std::string* found = find(known, id);
    if (found == nullptr || *found != version)
      fail("catalogue", "product " + id + " is not at the regional node as it is offered");
  }
  for (const auto& [id, version] : known) {
    if (!offered.contains(id)) fail("catalogue", "product " + id + " is at the regional node and not offered");
  }
}

}  // namespace weir::sim
