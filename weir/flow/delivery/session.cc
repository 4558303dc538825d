// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/delivery/session.h"

#include <algorithm>

#include "weir/base/check.h"

namespace weir::flow::delivery {

PullSession::PullSession(std::unique_ptr<VaultItem> item, const std::vector<bool>& known, std::shared_ptr<void> stream)
    : stream_(std::move(stream)), item_(std::move(item)) {
  present_ = item_->probe(known);
  taken_ = present_;
  for (std::uint64_t i = 0; i < present_.size(); ++i) {
    if (present_[i]) {
      const std::uint64_t length = manifest().length_of(ChunkIndex(i));
      bytes_done_ += length;
      // It came before a crash, and nothing was written down of it.
      if (i >= known.size() || !known[i]) bytes_received_ += length;
    } else {
      ++missing_;
    }
  }
}

std::optional<ChunkRange> PullSession::take(std::uint64_t chunks_max) {
  const std::scoped_lock lock(mutex_);
  std::uint64_t first = scan_from_;
  while (first < taken_.size() && taken_[first]) ++first;
  scan_from_ = first;
  if (first == taken_.size()) return std::nullopt;
  std::uint64_t end = first;
  while (end < taken_.size() && end - first < chunks_max && !taken_[end]) taken_[end++] = true;
  return ChunkRange{ChunkIndex(first), end - first};
}

void PullSession::give_back(ChunkRange range) {
  const std::scoped_lock lock(mutex_);
  for (std::uint64_t i = range.first.value(); i < range.first.value() + range.count; ++i) taken_[i] = present_[i];
  scan_from_ = std::min(scan_from_, range.first.value());
}

Result<> PullSession::accept(ChunkIndex index, ByteView chunk) {
  WEIR_TRY(manifest().verify(index, chunk));
  WEIR_TRY(item_->write_chunk(index, chunk));
  const std::scoped_lock lock(mutex_);
  if (!present_[index.value()]) {
    present_[index.value()] = true;
    --missing_;
    bytes_done_ += chunk.size();
  }
  bytes_received_ += chunk.size();
  return {};
}

Result<std::vector<bool>> PullSession::checkpoint() {
  std::vector<bool> before;
  {
    const std::scoped_lock lock(mutex_);
    before = present_;
  }
  WEIR_TRY(item_->sync());
  return before;
}

bool PullSession::complete() const {
  const std::scoped_lock lock(mutex_);
  return missing_ == 0;
}

Result<> run_stream(PullSession& session, RemoteContent& remote, std::uint64_t chunks_per_request,
                    const std::atomic<bool>& stop, const std::function<Result<>()>& each_chunk) {
  WEIR_CHECK(chunks_per_request > 0);
  const Manifest& manifest = session.manifest();
  Bytes chunk;
  while (const auto range = session.take(chunks_per_request)) {
    std::uint64_t next = range->first.value();
    const std::uint64_t end = next + range->count;
    const std::uint64_t offset = manifest.offset_of(range->first);
    const std::uint64_t length =
        manifest.offset_of(ChunkIndex(end - 1)) + manifest.length_of(ChunkIndex(end - 1)) - offset;
    chunk.clear();
    const auto sink = [&](ByteView bytes) -> Result<> {
      while (!bytes.empty()) {
        if (stop.load()) return Error(Errc::kUnavailable, "stopped").because("delivery.stopped");
        if (next == end) return Error(Errc::kCorrupt, "more bytes than asked for").because("delivery.too_many_bytes");
        const std::size_t want = manifest.length_of(ChunkIndex(next));
        // A whole chunk in one piece needs no copy.
        ByteView whole;
        if (chunk.empty() && bytes.size() >= want) {
          whole = bytes.first(want);
          bytes = bytes.subspan(want);
        } else {
          const std::size_t count = std::min(bytes.size(), want - chunk.size());
          chunk.insert(chunk.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
          bytes = bytes.subspan(count);
          if (chunk.size() < want) continue;
          whole = chunk;
        }
        WEIR_TRY(session.accept(ChunkIndex(next), whole));
        chunk.clear();
        ++next;
        WEIR_TRY(each_chunk());
      }
      return {};
    };
    Result<> read = remote.read(offset, length, sink);
    if (read && next != end) read = Error(Errc::kUnavailable, "the sender stopped early").because("delivery.short");
    if (!read) {
      session.give_back({ChunkIndex(next), end - next});
      return read;
    }
    if (stop.load()) return Error(Errc::kUnavailable, "stopped").because("delivery.stopped");
  }
  return {};
}

Bytes encode_bitmap(const std::vector<bool>& bits) {
  Bytes out((bits.size() + 7) / 8);
  for (std::size_t i = 0; i < bits.size(); ++i) {
    if (bits[i]) out[i / 8] = static_cast<std::uint8_t>(out[i / 8] | 1u << (i % 8));
  }
  return out;
}

Result<std::vector<bool>> decode_bitmap(ByteView bytes, std::uint64_t count) {
  const Error bad = Error(Errc::kInvalidArgument, "not a bitmap of " + std::to_string(count) + " bits");
  if (bytes.size() != (count + 7) / 8) return bad;
  std::vector<bool> out(count);
  for (std::size_t i = 0; i < count; ++i) out[i] = ((bytes[i / 8] >> (i % 8)) & 1) != 0;
  if (encode_bitmap(out) != copy_of(bytes)) return bad;
  return out;
}

}  // namespace weir::flow::delivery
