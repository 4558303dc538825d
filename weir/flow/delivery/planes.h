// Planes: what a delivery says to, and hears of, the planes that it is shared with (Data Plane Signaling).
//
// Either a control plane orders this node to move data, and speaks with the other side itself; or a data plane moves
// them for this node. The node answers for both: docs/formats/signaling.md. Thread-safety: as the Tx.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/flow/delivery/store.h"

namespace weir::flow::delivery {

// What a control plane orders.
struct Order {
  std::string control_plane;
  Role role = Role::kProvider;
  PeerId peer;
  std::string agreement;
  std::string product;
  std::string_view format;
  ContentRoot root{};  // provider
  std::uint64_t size = 0;
};

enum class Signal : std::uint8_t { kPrepare, kStart, kStarted, kSuspend, kResume, kTerminate, kCompleted };

class Planes {
 public:
  virtual ~Planes() = default;

  // ── of a transfer that a control plane ordered ──
  // Whether it still answers for the agreement. Fails with kForbidden ("agreement.not_live").
  virtual Result<> vouches(store::Tx& tx, const Transfer& transfer) = 0;
  // All of it has come, or gone.
  virtual Result<> moved(store::Tx& tx, const Transfer& transfer) = 0;
  // It will not go on by itself.
  virtual Result<> failed(store::Tx& tx, const Transfer& transfer, std::string_view why) = 0;

  // ── of a transfer that a data plane carries ──
  // The data plane for a delivery; empty: this node itself.
  virtual Result<std::string> carrier(store::Tx& tx, std::string_view product, std::string_view format) = 0;
  virtual Result<> tell(store::Tx& tx, const Transfer& transfer, Signal signal,
                        const std::vector<DataAddress>& address, std::string_view reason) = 0;
};

}  // namespace weir::flow::delivery
