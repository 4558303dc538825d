// Collector: reads what changed in the catalogues of other nodes, when they say so, one after the other.
//
// Incremental: each peer has a cursor (supply/catalog/sync.h); a peer that cannot be read now is read later, with a
// growing pause, and at the next start. Thread-safe. Owns one thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "weir/supply/identifier/identifier.h"

namespace weir::node {

class Node;

class Collector {
 public:
  explicit Collector(Node& node);
  ~Collector();
  void collect(const supply::identifier::NodeId& peer);
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::node
