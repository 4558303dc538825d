// Duties: what a node does by itself: what falls due, what an agreement's end asks of it, and what was under way when
// it last stopped. Nothing here makes a thread: whoever has the clock asks for tasks() and runs what is due.
//
// Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "weir/flow/contract/service.h"
#include "weir/flow/delivery/service.h"
#include "weir/flow/usage/service.h"
#include "weir/node/alarm.h"

namespace weir::node {

class Duties {
 public:
  struct Parts {
    const Clock& clock;
    flow::contract::Service& contracts;
    flow::usage::Service& usage;
    flow::delivery::Service& delivery;
    std::string self;  // node identifier
  };
  explicit Duties(Parts parts) : parts_(std::move(parts)) {}

  // The agreement is over, or a copy made under it is gone: what is held under it, if it is over, is to be destroyed.
  void agreement_ended(const std::string& agreement);
  std::vector<AlarmTask> tasks();
  // At a start, before anybody is answered: what may have left unmetered is metered, transfers to go on with are given
  // to `go_on`, and what is held under agreements that ended is to be destroyed.
  Result<> take_up(const std::function<void(const std::string& pid)>& go_on);

 private:
  Result<> destroy_ended();
  Result<> end(const std::string& agreement);

  Result<std::optional<Timestamp>> next_obligation();

  Parts parts_;
  Timestamp ran_{INT64_MIN / 2};  // when obligations were last gone through; of the caller's thread alone
  std::mutex mutex_;             // guards ended_
  std::set<std::string> ended_;  // agreements whose data are to be destroyed
};

// What follows when moving the data of a transfer failed: the failure is noted, and if trying again cannot help, both
// sides are told that it is over and why. Whether to try again later.
bool again_after(flow::delivery::Service& service, const flow::delivery::Transfer& transfer, const Error& error);

}  // namespace weir::node
