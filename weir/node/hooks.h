// Hooks: programs of the operator that do the duties which this node cannot do itself: anonymise, pay, …
//
// A duty is done by the executable `hooks/ACTION` of the data folder, as versioning systems have it. It reads the
// obligation as JSON on its standard input; when it ends with 0, what it wrote is the proof (at most 4000 bytes), and
// the obligation is fulfilled. Otherwise it stays owed and is tried again (docs/operate/hooks.md).
// Thread-safe. Trust: the data folder is the operator's; names of actions come from contracts and are checked.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "weir/base/time.h"
#include "weir/flow/usage/service.h"

namespace weir::node {

class Hooks final : public flow::usage::ObligationHandler {
 public:
  explicit Hooks(std::string folder, Milliseconds longest = Milliseconds(10'000))
      : folder_(std::move(folder)), longest_(longest) {}
  bool handles(std::string_view action) const override;
  // Fails with kUnavailable ("hook.failed": it could not be run, ended with another code, or took too long).
  Result<std::string> perform(const flow::usage::OwedObligation& obligation) override;

 private:
  static std::string program_of(std::string_view action);

  std::string folder_;
  Milliseconds longest_;
};

}  // namespace weir::node
