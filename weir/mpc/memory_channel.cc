// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/memory_channel.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>

namespace weir::mpc {

struct MemoryChannel::Pipe {
  std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  std::deque<Bytes> pieces;
  std::size_t taken_of_first = 0;
  std::size_t most = SIZE_MAX;  // of pieces
  bool closed = false;
};

std::pair<std::unique_ptr<MemoryChannel>, std::unique_ptr<MemoryChannel>> MemoryChannel::pair(
    std::chrono::milliseconds patience) {
  const auto there = std::make_shared<Pipe>();
  const auto back = std::make_shared<Pipe>();
  return {std::unique_ptr<MemoryChannel>(new MemoryChannel(back, there, patience)),
          std::unique_ptr<MemoryChannel>(new MemoryChannel(there, back, patience))};
}

MemoryChannel::MemoryChannel(std::shared_ptr<Pipe> in, std::shared_ptr<Pipe> out, std::chrono::milliseconds patience)
    : in_(std::move(in)), out_(std::move(out)), patience_(patience) {}

MemoryChannel::~MemoryChannel() { close(); }

void MemoryChannel::close() {
  for (Pipe* pipe : {in_.get(), out_.get()}) {
    const std::scoped_lock lock(pipe->mutex);
    pipe->closed = true;
    pipe->changed.notify_all();
  }
}

void MemoryChannel::narrow(std::size_t pieces) {
  const std::scoped_lock lock(out_->mutex);
  out_->most = pieces;
}

Result<> MemoryChannel::write(ByteView bytes) {
  Bytes piece = copy_of(bytes);
  if (change_) change_(written_++, piece);
  if (piece.empty() && !bytes.empty()) close();
  std::unique_lock lock(out_->mutex);
  if (!out_->changed.wait_for(lock, patience_, [&] { return out_->closed || out_->pieces.size() < out_->most; })) {
    return Error(Errc::kUnavailable, "the other side does not read").because("mpc.deadline");
  }
  if (out_->closed) return Error(Errc::kUnavailable, "the line is closed").because("mpc.line");
  if (!piece.empty()) out_->pieces.push_back(std::move(piece));
  out_->changed.notify_all();
  return {};
}

Result<> MemoryChannel::read(std::span<std::uint8_t> out) {
  std::unique_lock lock(in_->mutex);
  while (!out.empty()) {
    if (!in_->changed.wait_for(lock, patience_, [&] { return in_->closed || !in_->pieces.empty(); })) {
      return Error(Errc::kUnavailable, "the other side stays silent").because("mpc.deadline");
    }
    if (in_->pieces.empty()) return Error(Errc::kUnavailable, "the line is closed").because("mpc.line");
    const Bytes& first = in_->pieces.front();
    const std::size_t count = std::min(out.size(), first.size() - in_->taken_of_first);
    std::copy_n(first.begin() + static_cast<std::ptrdiff_t>(in_->taken_of_first), count, out.begin());
    out = out.subspan(count);
    in_->taken_of_first += count;
    if (in_->taken_of_first == first.size()) {
      in_->pieces.pop_front();
      in_->taken_of_first = 0;
      in_->changed.notify_all();
    }
  }
  return {};
}

Result<> MemoryChannel::push() { return {}; }

}  // namespace weir::mpc
