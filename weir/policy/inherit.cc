// SPDX-License-Identifier: Apache-2.0
#include "weir/policy/inherit.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "weir/base/cut.h"
#include "weir/base/limits.h"
#include "weir/policy/odrl.h"
#include "weir/policy/vocabulary.h"

namespace weir::policy {
namespace {

using wire::Json;

Error refused(std::string_view what) {
  return Error(Errc::kInvalidArgument, "policy: " + std::string(what)).because("policy.inheritance");
}

// A parent's rule means the same in the child: what its policy said for all of them is said by itself.
Rule spelled_out(const Policy& policy, RuleKind kind, std::size_t index) {
  const auto& list = kind == RuleKind::kPermission    ? policy.permissions
                     : kind == RuleKind::kProhibition ? policy.prohibitions
                                                      : policy.obligations;
  Rule out = list[index];
  out.id = rule_id(policy, kind, index);
  if (out.actions.empty()) out.actions = policy.actions;
  if (out.targets.empty()) out.targets = policy.targets;
  if (out.assigners.empty()) out.assigners = policy.assigners;
  if (out.assignees.empty()) out.assignees = policy.assignees;
  return out;
}

class Heir {
 public:
  Heir(Policy child, std::span<const Policy> others) : out_(std::move(child)), others_(others) {}

  Result<Policy> run() {
    seen_.push_back(out_.id);
    std::vector<std::string> parents;
    for (const std::string_view parent : terms_in(out_.extra, "inheritFrom")) parents.emplace_back(parent);
    forget();
    for (const std::string& parent : parents) WEIR_TRY(take(parent));
    if (absent_.size() == 1) out_.extra.set("inheritFrom", absent_[0]);
    if (absent_.size() > 1) out_.extra.set("inheritFrom", Json::strings(absent_));
    if (!taken_.empty()) out_.extra.set("dcterms:source", Json::strings(taken_));
    return std::move(out_);
  }

 private:
  void forget() {
    if (!out_.extra.is_object()) return;
    Json rest;
    for (const auto& [name, value] : out_.extra.members()) {
      if (normal_name(name) != "inheritFrom") rest.set(name, value);
    }
    out_.extra = std::move(rest);
  }

  Result<> take(const std::string& id) {
    if (id == seen_.front()) return refused("'" + cut(id, 200) + "' inherits from itself");
    if (std::find(seen_.begin(), seen_.end(), id) != seen_.end()) return {};  // by another way
    seen_.push_back(id);
    const auto found = std::find_if(others_.begin(), others_.end(), [&](const Policy& each) { return each.id == id; });
    if (found == others_.end()) {
      absent_.push_back(id);
      return {};
    }
    if (out_.conflict != found->conflict) {
      return refused("'" + cut(out_.id, 200) + "' and its parent '" + cut(id, 200) +
                     "' settle conflicts in different ways");
    }
    taken_.push_back(id);
    const std::pair<RuleKind, std::vector<Rule> Policy::*> kLists[] = {{RuleKind::kPermission, &Policy::permissions},
                                                                       {RuleKind::kProhibition, &Policy::prohibitions},
                                                                       {RuleKind::kObligation, &Policy::obligations}};
    for (const auto& [kind, list] : kLists) {
      for (std::size_t i = 0; i < ((*found).*list).size(); ++i) {
        if (++rules_ > limits::kPolicyRulesMax) return refused("more than 256 inherited rules");
        (out_.*list).push_back(spelled_out(*found, kind, i));
      }
    }
    for (const std::string& profile : found->profiles) {
      if (std::find(out_.profiles.begin(), out_.profiles.end(), profile) == out_.profiles.end())
        out_.profiles.push_back(profile);
    }
    for (const std::string_view next : terms_in(found->extra, "inheritFrom")) WEIR_TRY(take(std::string(next)));
    return {};
  }

  Policy out_;
  std::span<const Policy> others_;
  std::vector<std::string> seen_;
  std::vector<std::string> taken_;
  std::vector<std::string> absent_;
  std::size_t rules_ = 0;
};

}  // namespace

//= ODRL-2.2#inheritance
Result<Policy> inherit(Policy child, std::span<const Policy> others) { return Heir(std::move(child), others).run(); }

Result<Policy> parse_odrl_document(const Json& json) {
  if (!json.has("@graph")) {
    WEIR_TRY_LET(Policy alone, parse_odrl(json));
    return alone;
  }
  if (!json["@graph"].is_array()) return refused("@graph must be a list of policies");
  constexpr std::size_t kPoliciesMax = 32;
  const Json::Array& nodes = json["@graph"].items();
  if (nodes.empty() || nodes.size() > kPoliciesMax) return refused("@graph must hold 1 to 32 policies");
  std::vector<Policy> policies;
  for (const Json& node : nodes) {
    auto read = parse_odrl(node);
    if (!read) return std::move(read).error().with("@graph[" + std::to_string(policies.size()) + "]");
    policies.push_back(*std::move(read));
  }
  // The one that nobody inherits from is what the document is about.
  const auto is_parent = [&](const Policy& one) {
    return std::any_of(policies.begin(), policies.end(), [&](const Policy& each) {
      const auto parents = terms_in(each.extra, "inheritFrom");
      return !one.id.empty() && std::find(parents.begin(), parents.end(), one.id) != parents.end();
    });
  };
  const auto children =
      std::count_if(policies.begin(), policies.end(), [&](const Policy& each) { return !is_parent(each); });
  if (children != 1) return refused("@graph must hold one policy that no other inherits from");
  const auto child = std::find_if_not(policies.begin(), policies.end(), is_parent);
  return inherit(*child, policies);
}

}  // namespace weir::policy
