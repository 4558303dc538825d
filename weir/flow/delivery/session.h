// Session: one pull of one content into the vault, by several streams at once, going on where it stopped.
//
// A session hands out ranges of missing chunks, verifies what arrives against the agreed content root, and seals it.
// Thread-safe: streams run on threads of the caller (no thread is made here).
// Trust: the remote side is hostile; nothing unverified reaches the vault.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "weir/flow/delivery/manifest.h"
#include "weir/flow/delivery/vault.h"

namespace weir::flow::delivery {

// The sender's end as a stream sees it. One object a stream.
class RemoteContent {
 public:
  virtual ~RemoteContent() = default;
  struct Sink {
    std::function<Result<>(ByteView)> take;
    // Where the next bytes may be put: what lies there when it is taken costs no copy. Empty: nowhere.
    std::function<std::span<std::uint8_t>()> room = {};
    Result<> operator()(ByteView bytes) const { return take(bytes); }
  };
  // Gives the bytes [offset, offset + length) to the sink in order; fewer only on failure.
  virtual Result<> read(std::uint64_t offset, std::uint64_t length, const Sink& sink) = 0;
};

struct ChunkRange {
  ChunkIndex first;
  std::uint64_t count = 0;
};

class PullSession {
 public:
  // `known` are the chunks that are surely there; the rest is probed.
  // `stream` is held as long as the session lives (Service::open_stream).
  PullSession(std::unique_ptr<VaultItem> item, const std::vector<bool>& known, std::shared_ptr<void> stream = {});

  // The next missing chunks, at most `chunks_max` of them; none when all are taken.
  std::optional<ChunkRange> take(std::uint64_t chunks_max);
  // Returns chunks that were taken and did not arrive.
  void give_back(ChunkRange range);
  // Verifies and seals a chunk, or two that follow each other, or nothing. Fails with kCorrupt
  // ("delivery.chunk_mismatch").
  Result<> accept(ChunkIndex first, ByteView chunks);
  // Makes what was accepted durable and returns which chunks are.
  Result<std::vector<bool>> checkpoint();

  bool complete() const;
  std::uint64_t bytes_done() const { return bytes_done_.load(); }
  // In this session, and what was found that nobody had recorded.
  std::uint64_t bytes_received() const { return bytes_received_.load(); }
  // Of these, what no meter has taken yet.
  std::uint64_t bytes_unmetered() const { return bytes_received_.load() - bytes_metered_.load(); }
  void metered(std::uint64_t bytes) { bytes_metered_ += bytes; }
  std::mutex& recording() { return recording_; }  // held while progress is recorded
  const Manifest& manifest() const { return item_->manifest(); }

 private:
  std::shared_ptr<void> stream_;
  std::unique_ptr<VaultItem> item_;
  mutable std::mutex mutex_;      // guards present_ and taken_
  std::vector<bool> present_;     // accepted
  std::uint64_t missing_ = 0;     // how many of them are not; guarded by mutex_
  std::vector<bool> taken_;       // accepted or on its way
  std::uint64_t scan_from_ = 0;   // every chunk before it is taken; guarded by mutex_
  std::atomic<std::uint64_t> bytes_done_{0};
  std::atomic<std::uint64_t> bytes_received_{0};
  std::atomic<std::uint64_t> bytes_metered_{0};
  std::mutex recording_;
};

// Runs one stream until nothing is left to take, `stop` is set, or something fails; what was taken and did not arrive
// is given back. `accepted` is called after each time that chunks were.
Result<> run_stream(PullSession& session, RemoteContent& remote, std::uint64_t chunks_per_request,
                    const std::atomic<bool>& stop, const std::function<Result<>()>& accepted);

// Bit i of byte i/8, lowest bit first: how presence is stored and sent.
Bytes encode_bitmap(const std::vector<bool>& bits);
// Fails with kInvalidArgument if the length is not that of `count` bits or a bit past the end is set.
Result<std::vector<bool>> decode_bitmap(ByteView bytes, std::uint64_t count);

}  // namespace weir::flow::delivery
