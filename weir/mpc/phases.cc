// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/phases.h"

#include <algorithm>
#include <utility>

namespace weir::mpc {

void add_phase(std::vector<Phase>& to, const Phase& phase) {
  const auto found = std::ranges::find(to, phase.name, &Phase::name);
  if (found == to.end()) {
    to.push_back(phase);
    return;
  }
  found->nanoseconds += phase.nanoseconds;
  found->sent += phase.sent;
  found->received += phase.received;
}

void Phases::begin(std::string_view name, std::uint64_t sent, std::uint64_t received) {
  const std::int64_t now = now_();
  if (!name_.empty()) {
    add_phase(ended_, {std::string(name_), now - since_, sent - sent_, received - received_});
  }
  name_ = name;
  since_ = now;
  sent_ = sent;
  received_ = received;
}

std::vector<Phase> Phases::take(std::uint64_t sent, std::uint64_t received) {
  begin({}, sent, received);
  return std::exchange(ended_, {});
}

}  // namespace weir::mpc
