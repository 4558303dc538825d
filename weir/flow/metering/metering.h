// Metering: how much moved, under which agreement, between whom: readings taken where the bytes pass.
//
// A reading is written once a (process, sequence); the totals are sums of readings and nothing else, so a bill can be
// recomputed by anybody who has them. Format: docs/formats/metering.md. Thread-safety: values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "weir/base/result.h"
#include "weir/base/time.h"
#include "weir/wire/json.h"

namespace weir::flow::metering {

enum class Direction : std::int32_t { kOut = 1, kIn = 2 };
std::string_view name_of(Direction direction);  // "out", "in"

struct Reading {
  std::string process{};       // transfer or job
  std::int64_t sequence = 0;   // within the process, from 1
  Direction direction = Direction::kOut;
  std::string agreement{};
  std::string contract{};
  std::string product{};
  std::string peer{};          // node identifier
  std::int64_t quantity = 0;
  std::string unit = "bytes";
  Timestamp time{};
};
wire::Json to_json(const Reading& reading);

// What is left empty matches everything.
struct Selection {
  std::string agreement{};
  std::string product{};
  std::string peer{};
  std::string process{};
  std::optional<Timestamp> from{};    // at or after
  std::optional<Timestamp> before{};  // before
};

struct Total {
  std::string key{};  // what it was grouped by
  Direction direction = Direction::kOut;
  std::string unit{};
  std::int64_t quantity = 0;
  std::int64_t readings = 0;
  Timestamp first{};
  Timestamp last{};
};

// kParticipant is who runs the peer: the subject within its node identifier (NDI-TR-2025-04).
enum class GroupBy : std::uint8_t { kAgreement, kProduct, kPeer, kProcess, kParticipant };
Result<GroupBy> parse_group_by(std::string_view name);

// Column names of FinOps FOCUS 1.0 where there is one: ChargePeriodStart, ChargePeriodEnd, ConsumedQuantity, ConsumedUnit,
// ResourceId (product), SubAccountId (agreement), x_Peer, x_Direction, x_Process, x_Sequence. A cell that a spreadsheet
// would take for a formula gets an apostrophe before it.
std::string to_focus_csv(const std::vector<Reading>& readings);
// The same rows as a list of objects.
wire::Json to_focus_json(const std::vector<Reading>& readings);

}  // namespace weir::flow::metering
