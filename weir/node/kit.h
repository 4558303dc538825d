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
#include <string>
#include <vector>

#include "weir/adapters/http/router.h"
#include "weir/flow/contract/service.h"
#include "weir/node/config/config.h"

namespace weir::node {
class Node;
}

namespace weir::node::kit {

inline constexpr std::string_view kProfile = "tck";
inline constexpr std::string_view kParticipant = "TCK_PARTICIPANT";

bool is_on(const config::Config& config);
// In the profile: fails with kInvalidArgument ("kit.address") unless the node listens on a loopback address.
Result<> check(const config::Config& config);
std::string url(const config::Config& config);
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
