// Channel: a blocking, framed, two-party line for private computing, with byte counts and a transcript.
//
// Every message carries a tag and its length; the reader names both, so a peer that sends another message, or one of
// another size, is found before a byte of it is used. A protocol is a pair of free functions over a Channel& each.
// Thread-safety: one thread at a time, but for the counts. Trust: whatever is received is hostile.
// Format: docs/formats/private-computing.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>

#include "weir/base/bytes.h"
#include "weir/base/result.h"
#include "weir/crypto/hash.h"
#include "weir/mpc/block.h"
#include "weir/mpc/phases.h"

namespace weir::mpc {

// What a message is. Append only; the numbers are sent.
enum class Tag : std::uint16_t {
  kHello = 1,
  kBaseOtPoints = 2,
  kBaseOtReply = 3,
  kExtensionColumns = 4,
  kExtensionChallenge = 5,
  kExtensionCheck = 6,
  kTreeSums = 7,
  kTreeChoices = 8,
  kVoleBase = 9,
  kVoleChallenge = 10,
  kVoleCheck = 11,
  kVoleCommit = 12,
  kVoleOpen = 13,
  kPsiCommit = 14,
  kPsiStore = 15,
  kPsiCoin = 16,
  kPsiImages = 17,
  kBye = 18,
  kShares = 19,
  kProducts = 20,
  kJoinSeed = 21,
  kJoinStore = 22,
  kEcdhPoints = 23,
  kProbe = 24,
  kEqualities = 25,
  kEcdhHave = 26,
  kProgress = 27,
  kSilentTrees = 28,
  kSilentChallenge = 29,
  kSilentCheck = 30,
  kGarbleStart = 33,
  kGarbledTables = 34,
  kSilentChoices = 35,
  kEcdhSecret = 36,
};

// "base_ot_points"
std::string_view name_of(Tag tag);

class Channel {
 public:
  virtual ~Channel() = default;

  // Queues a message; it leaves at the latest with the next flush() or receive().
  Result<> send(Tag tag, ByteView payload);
  // Fails with kCorrupt ("mpc.message") unless the next message is this one, of exactly this size; with kUnavailable if
  // the line broke or the deadline passed.
  Result<> receive(Tag tag, std::span<std::uint8_t> out);
  Result<> flush();

  // Blocks as they lie in memory; all machines that Weir runs on are little-endian.
  Result<> send(Tag tag, std::span<const Block> blocks) { return send(tag, bytes_of(blocks)); }
  Result<> receive(Tag tag, std::span<Block> out) { return receive(tag, bytes_of(out)); }

  // These two may be asked on any thread.
  std::uint64_t sent() const { return sent_; }
  std::uint64_t received() const { return received_; }

  // From now on everything that goes each way is hashed (SHA-256). What one side sent, the other received.
  void keep_transcript();
  struct Transcript {
    crypto::Digest sent{};
    crypto::Digest received{};
  };
  // Requires: it is kept. Ends it.
  Transcript transcript();

  // From now on the time that phases take is measured, by this clock.
  void keep_phases(Stopwatch now) { phases_.emplace(std::move(now)); }
  // A phase begins. Requires: a name that outlives the channel.
  void phase(std::string_view name) {
    if (phases_) phases_->begin(name, sent_, received_);
  }
  // What phases took since they are kept, or since this was asked last.
  std::vector<Phase> phases() { return phases_ ? phases_->take(sent_, received_) : std::vector<Phase>(); }

 protected:
  // The line itself: all of it, or an error.
  virtual Result<> write(ByteView bytes) = 0;
  virtual Result<> read(std::span<std::uint8_t> out) = 0;
  virtual Result<> push() = 0;

 private:
  std::atomic<std::uint64_t> sent_ = 0;
  std::atomic<std::uint64_t> received_ = 0;
  std::optional<crypto::Hasher> out_;
  std::optional<crypto::Hasher> in_;
  std::optional<Phases> phases_;
};

}  // namespace weir::mpc
