// Kit: profile "tck", in which this node is the scripted counterpart of the official Dataspace Protocol test kit.
//
// The kit expects a connector that, by the id of a dataset or agreement, plays one fixed part of a conversation: it
// offers, agrees, terminates, or keeps silent. In this profile, and only in it, nothing is decided alone: a script
// plays the operator and says the next word through the same use cases. The profile also makes the data that the kit
// asks about, has two web hooks, speaks plain HTTP, and lets anybody in as one partner. It refuses to run on any
// address but this machine's own, and says loudly that it runs.
// Page: docs/interop/dsp-tck.md. Owns a thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weir/adapters/http/router.h"
#include "weir/flow/contract/service.h"
#include "weir/node/config/config.h"
#include "weir/trust/claims/issuer.h"

namespace weir::node {
class Node;
}

namespace weir::node::kit {

inline constexpr std::string_view kProfile = "tck";
// Profile "dcp-tck": the test kit of the Decentralized Claims Protocol, for which nothing is scripted (kit_claims.cc).
inline constexpr std::string_view kClaimsProfile = "dcp-tck";
inline constexpr std::string_view kParticipant = "TCK_PARTICIPANT";

// Profile "dps-tck": the test kit of Data Plane Signaling. As "tck", with other products and agreements and no script.
inline constexpr std::string_view kSignalingProfile = "dps-tck";

// Either of the two in which anybody is the kit.
bool is_on(const config::Config& config);
bool is_on_for_signaling(const config::Config& config);
bool is_on_for_claims(const config::Config& config);
// Either: plain HTTP, on this machine only.
bool speaks_plainly(const config::Config& config);
// In either profile: fails with kInvalidArgument ("kit.address") unless the node listens on a loopback address.
Result<> check(const config::Config& config);
std::string url(const config::Config& config);
// The kit as a member of this node's space, so that there is somebody to issue credentials to.
std::optional<trust::claims::Member> member(const config::Config& config, const trust::claims::Did& did,
                                            const std::string& node);
// Makes the kit known as a partner, asks its issuer for credentials, and writes what the kit is to be run with.
Result<> prepare_claims(Node& node);
// A token service, which the kit asks for access to this node's credentials.
void add_claims_routes(adapters::http::Router& router, Node& node);

// Who everybody is taken for: the kit in its profile, else nobody.
std::string open_to(const config::Config& config);
// Leaves every decision to the script.
flow::contract::Decider& decider();
// What is published, and the one dataset that the kit names by itself, whatever it was configured with.
std::unique_ptr<flow::contract::Offers> offers(flow::contract::Offers& published);
inline constexpr std::string_view kNamedByKit = "ACN0102";

// One word of a script: said once, when the process is in this state.
struct Cue {
  std::string state;  // "REQUESTED"
  std::string word;   // "offer", "agree", "finalize"; "accept", "counter", "verify"; "start", "suspend", "complete"
};
// By the id of the dataset (negotiations) or the agreement (transfers).
using Scripts = std::map<std::string, std::vector<Cue>, std::less<>>;

struct Seeds {
  Scripts scripts;
  wire::Json properties = wire::Json::object();  // what the kit is to be configured with
};
// Publishes the products and writes the agreements that the kit asks about.
Result<Seeds> seed(Node& node);
Result<Seeds> seed_signaling(Node& node);

class Counterpart {
 public:
  static Result<std::unique_ptr<Counterpart>> start(Node& node);
  ~Counterpart();
  void add_routes(adapters::http::Router& router);

 private:
  struct State;
  explicit Counterpart(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weir::node::kit
