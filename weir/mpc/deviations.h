// Deviations: one side of a protocol alone, for tests, against a party that deviates at one message or another.
//
// The other side is a script: what an honest one said in a run with the same seeds, but for one message; it goes on as
// if nothing had happened. Before each message the process forks, once for each way to deviate: the child plays it out
// and judges how the side under test ended, so what came before is computed once. There are no threads and no waiting:
// where the script has nothing more to say, the deadline has passed. A child that hangs is killed, one that crashes is
// reported.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "weir/mpc/two_parties.h"

namespace weir::mpc {

// What one side said, message by message, heads and payloads.
using Script = std::vector<Bytes>;

enum class Deviation {
  kShorter,  // a byte less, in the head too or not
  kLonger,   // a byte more, or a head that claims 2^60 of them
  kFlip,     // one bit of the payload
  kReplay,   // the message before it once more
  kSwap,     // the next message first
  kStall,    // nothing more comes
  kHangUp,
};
inline constexpr Deviation kDeviations[] = {Deviation::kShorter, Deviation::kLonger, Deviation::kFlip,
                                            Deviation::kReplay,  Deviation::kSwap,   Deviation::kStall,
                                            Deviation::kHangUp};
std::string_view name_of(Deviation kind);

struct Deviated {
  std::size_t message = 0;
  Tag tag = Tag::kHello;
  Deviation kind = Deviation::kHangUp;
  bool alike = false;  // of the same tag and length as the messages before and after it
  // Another one at the next message.
  bool in_turn() const { return message * 3 % std::size(kDeviations) == static_cast<std::size_t>(kind); }
};

// Which deviations are tried: all at each message; of those that are alike, each meets a flip and one more, in turn.
using Selection = std::function<bool(const Deviated&)>;
inline bool all_of_them(const Deviated& what) {
  return !what.alike || what.in_turn() || what.kind == Deviation::kFlip;
}
// Where messages are thousands: one at each, and one at a sixteenth of those that are alike.
inline bool one_in_turn(const Deviated& what) { return what.in_turn() && (!what.alike || what.message % 16 == 0); }

class DeviatingChannel final : public Channel {
 public:
  DeviatingChannel(Script script, Selection selected);

  // In a child: what was done, and the end of it with a complaint, or none.
  const std::optional<Deviated>& deviated() const { return deviated_; }
  [[noreturn]] void end(const std::string& complaint) const;
  // In the parent: how often it forked, and what children complained of.
  std::size_t tried() const { return tried_; }
  const std::vector<std::string>& complaints() const { return complaints_; }
  // MiB of the child that needed most.
  long peak() const { return peak_; }

 private:
  Result<> write(ByteView) override { return {}; }
  Result<> push() override { return {}; }
  Result<> read(std::span<std::uint8_t> out) override;
  // True in a child.
  bool fork_for(const Deviated& what);
  bool applies(const Deviated& what) const;
  bool alike(std::size_t n) const;
  void deviate();

  Script script_;
  Selection selected_;
  std::size_t message_ = 0;
  std::size_t taken_ = 0;  // of that message
  std::optional<Deviated> deviated_;
  bool stalled_ = false;
  bool hung_up_ = false;
  int pipe_ = -1;
  std::size_t tried_ = 0;
  long peak_ = 0;
  std::vector<std::string> complaints_;
};

// The most memory that this process took.
long peak_mib();

// A complaint if the error is not what such a deviation is to be found by: "mpc.check" where it lies in values alone.
std::string complaint_about(const Deviated& what, const Error& error);

// What `other` says to `party`; calls `before` on the other's thread ahead of each of its messages.
template <class Other, class Party>
Script script_of(Other&& other, Party&& party, const std::function<void()>& before = {}) {
  Script out;
  const auto [said, heard] = both(other, party, [&](std::size_t n, Bytes& piece) {
    if (n % 2 == 0 && before) before();
    if (n % 2 == 0) out.emplace_back();
    out.back().insert(out.back().end(), piece.begin(), piece.end());
  });
  if (!said || !heard) out.clear();
  return out;
}

struct DeviationsTried {
  std::size_t count = 0;
  std::vector<std::string> complaints;
};

// Plays `party`, which was the second of script_of(), against all deviations; `judge(what, result)` gives "" or a
// complaint.
template <class Party, class Judge>
DeviationsTried try_deviations(const Script& script, Party&& party, Judge&& judge, Selection selected = all_of_them) {
  constexpr long kMoreMiB = 64;  // than the honest run takes
  DeviatingChannel channel(script, std::move(selected));
  SeededRandom random(2);
  const auto result = party(static_cast<Channel&>(channel), static_cast<Random&>(random));
  if (channel.deviated()) channel.end(judge(*channel.deviated(), result));
  DeviationsTried out{channel.tried(), channel.complaints()};
  if (script.empty() || !result) out.complaints.push_back("the honest run failed");
  if (channel.peak() > peak_mib() + kMoreMiB) out.complaints.push_back("a child took too much memory");
  return out;
}

}  // namespace weir::mpc
