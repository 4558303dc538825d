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

Result<> PullSession::accept(ChunkIndex first, ByteView chunks) {
  const std::size_t length = std::min<std::size_t>(chunks.size(), manifest().chunk_bytes);
  if (chunks.size() > length) {
    WEIR_TRY(manifest().verify_two(first, chunks.first(length), chunks.subspan(length)));
  } else {
    WEIR_TRY(manifest().verify(first, chunks));
  }
  WEIR_TRY(item_->write_chunks(first, chunks));
  const std::scoped_lock lock(mutex_);
  bytes_received_ += chunks.size();
  for (std::uint64_t i = first.value(), left = chunks.size(); left > 0; ++i) {
    const std::uint64_t bytes = manifest().length_of(ChunkIndex(i));
    left -= bytes;
    if (present_[i]) continue;
    present_[i] = true;
    --missing_;
    bytes_done_ += bytes;
  }
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

namespace {

Error stopped() { return Error(Errc::kUnavailable, "stopped").because("delivery.stopped"); }

// What one request brings: gathered until two chunks are whole, which are verified, sealed and written together.
class Gathering {
 public:
  Gathering(PullSession& session, ChunkRange range, Bytes& memory)
      : session_(session), next_(range.first.value()), end_(next_ + range.count), memory_(memory) {}

  std::uint64_t offset() const { return session_.manifest().offset_of(ChunkIndex(next_)); }
  std::uint64_t length() const { return bytes_of(end_ - next_); }
  ChunkRange missing() const { return {ChunkIndex(next_), end_ - next_}; }

  // True if chunks were accepted. Takes as much of `bytes` as belongs together.
  Result<bool> take(ByteView& bytes) {
    if (next_ == end_) return Error(Errc::kCorrupt, "more bytes than asked for").because("delivery.too_many_bytes");
    const std::span<std::uint8_t> place = room();
    const ByteView taken = bytes.first(std::min(bytes.size(), place.size()));
    if (taken.data() != place.data()) std::copy(taken.begin(), taken.end(), place.begin());
    held_ += taken.size();
    bytes = bytes.subspan(taken.size());
    if (taken.size() < place.size()) return false;
    WEIR_TRY(accept(std::min(end_ - next_, together())));
    return true;
  }

  // For the rest of what belongs together.
  std::span<std::uint8_t> room() {
    const std::size_t want = bytes_of(std::min(end_ - next_, together()));
    if (memory_.size() < want) memory_.resize(want);
    return std::span(memory_).subspan(held_, want - held_);
  }

  // The line is lost: a chunk that is whole need not come again.
  Result<> keep_whole() {
    if (next_ == end_ || held_ < bytes_of(1)) return {};
    return accept(1);
  }

 private:
  // Large chunks come one by one, so that memory stays what it is.
  std::uint64_t together() const { return session_.manifest().chunk_bytes <= kChunkBytes ? 2 : 1; }

  std::uint64_t bytes_of(std::uint64_t count) const {
    if (count == 0) return 0;
    return (count - 1) * session_.manifest().chunk_bytes + session_.manifest().length_of(ChunkIndex(next_ + count - 1));
  }

  // Of two, the first is kept if only the second is wrong.
  Result<> accept(std::uint64_t count) {
    Result<> accepted = session_.accept(ChunkIndex(next_), ByteView(memory_).first(bytes_of(count)));
    if (!accepted && count > 1) {
      WEIR_TRY(session_.accept(ChunkIndex(next_), ByteView(memory_).first(bytes_of(1))));
      ++next_;
    } else if (accepted) {
      next_ += count;
    }
    held_ = 0;
    return accepted;
  }

  PullSession& session_;
  std::uint64_t next_;
  std::uint64_t end_;
  Bytes& memory_;
  std::size_t held_ = 0;  // bytes of memory_
};

}  // namespace

Result<> run_stream(PullSession& session, RemoteContent& remote, std::uint64_t chunks_per_request,
                    const std::atomic<bool>& stop, const std::function<Result<>()>& accepted) {
  WEIR_CHECK(chunks_per_request > 0);
  Bytes memory;
  while (const auto range = session.take(chunks_per_request)) {
    Gathering gathering(session, *range, memory);
    const auto take = [&](ByteView bytes) -> Result<> {
      while (!bytes.empty()) {
        if (stop.load()) return stopped();
        WEIR_TRY_LET(const bool whole, gathering.take(bytes));
        if (whole) WEIR_TRY(accepted());
      }
      return {};
    };
    const RemoteContent::Sink sink{.take = take, .room = [&] { return gathering.room(); }};
    Result<> read = remote.read(gathering.offset(), gathering.length(), sink);
    if (read && gathering.missing().count > 0) {
      read = Error(Errc::kUnavailable, "the sender stopped early").because("delivery.short");
    }
    if (!read) {
      if (read.error().code() == Errc::kUnavailable) static_cast<void>(gathering.keep_whole());
      session.give_back(gathering.missing());
      return read;
    }
    if (stop.load()) return stopped();
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
