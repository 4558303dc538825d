// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/peer/channel.h"

namespace weir::adapters::peer {

constexpr std::size_t kGather = 64u << 10;

Result<> PeerChannel::write(ByteView bytes) {
  if (waiting_.size() + bytes.size() > kGather) WEIR_TRY(push());
  if (bytes.size() > kGather) return line_->write(bytes);
  waiting_.insert(waiting_.end(), bytes.begin(), bytes.end());
  return {};
}

Result<> PeerChannel::push() {
  WEIR_TRY(line_->write(waiting_));
  waiting_.clear();
  return {};
}

Result<> PeerChannel::read(std::span<std::uint8_t> out) { return line_->read(out); }

}  // namespace weir::adapters::peer
