// JobNeighbours: how jobs see agreements, terms and meters.
//
// Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "weir/flow/contract/service.h"
#include "weir/flow/metering/service.h"
#include "weir/flow/usage/service.h"
#include "weir/use/job/service.h"

namespace weir::node {

class JobNeighbours final : public use::job::Neighbours {
 public:
  // `self` is this node's identifier.
  JobNeighbours(std::string self, const Clock& clock, flow::contract::Service& contracts, flow::usage::Service& usage,
                flow::metering::Service& metering)
      : self_(std::move(self)), clock_(clock), contracts_(contracts), usage_(usage), metering_(metering) {}
  Result<use::job::Agreed> agreed(store::Tx& tx, const std::string& agreement) override;
  Result<bool> ended(store::Tx& tx, const std::string& agreement) override;
  Result<use::job::Ruling> preview(const use::job::Job& job, const use::job::Privacy& privacy) override;
  Result<use::job::Ruling> authorize(store::Tx& tx, const use::job::Job& job, const use::job::Privacy& privacy,
                                       const std::string& actor) override;
  Result<> meter(store::Tx& tx, const use::job::Job& job) override;

 private:
  const std::string self_;
  const Clock& clock_;
  flow::contract::Service& contracts_;
  flow::usage::Service& usage_;
  flow::metering::Service& metering_;
};

}  // namespace weir::node
