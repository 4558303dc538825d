// Peer: how a delivery names the other side: a node of the space, or a connector of another world by its participant
// id.
//
// Thread-safety: values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "weir/supply/identifier/identifier.h"

namespace weir::flow::delivery {

class PeerId {
 public:
  PeerId(const supply::identifier::NodeId& node) : text_(node.text()) {}
  explicit PeerId(std::string participant) : text_(std::move(participant)) {}
  const std::string& text() const { return text_; }
  // A node has a certificate, keeps manifests and signs receipts; a foreign connector does none of these.
  bool is_node() const { return supply::identifier::NodeId::parse(text_).ok(); }
  friend bool operator==(const PeerId&, const PeerId&) = default;

 private:
  std::string text_;
};

}  // namespace weir::flow::delivery
