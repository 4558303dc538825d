// SignalingParts: what the two halves of Signaling have in common. For these files only.
//
// Thread-safety: pure functions over a Tx.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "weir/node/signaling.h"

namespace weir::node {

// The one space whose agreements this node carries out.
inline constexpr std::string_view kDataspace = "weir";

// A plane in the outbox: it may call itself what a node is called.
inline std::string peer_of(const std::string& plane) { return std::string(kPlaneLane) + plane; }

Result<> save_flow(store::Tx& tx, const DataFlow& flow);
Result<std::optional<DataFlow>> select_flow(store::Tx& tx, std::string_view where, const store::Params& params);

}  // namespace weir::node
