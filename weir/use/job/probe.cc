// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/probe.h"

#include <algorithm>
#include <cstring>

namespace weir::use::job {
namespace {

constexpr int kTrips = 5;
constexpr std::uint32_t kFirst = 512u << 10;
constexpr std::int64_t kTooShort = 20'000'000;  // nanoseconds: then the bytes were too few to tell

struct Question {
  std::uint32_t there = 0;  // bytes that come with it
  std::uint32_t back = 0;   // bytes of the answer; nothing either way is goodbye
};

Result<> put(mpc::Channel& channel, const Question& question) {
  Bytes head(8);
  for (std::size_t i = 0; i < 4; ++i) {
    head[i] = static_cast<std::uint8_t>(question.there >> (24 - 8 * i));
    head[4 + i] = static_cast<std::uint8_t>(question.back >> (24 - 8 * i));
  }
  WEIR_TRY(channel.send(mpc::Tag::kProbe, ByteView(head)));
  if (question.there > 0) WEIR_TRY(channel.send(mpc::Tag::kProbe, ByteView(Bytes(question.there))));
  return channel.flush();
}

// Nanoseconds until the answer is there.
Result<std::int64_t> ask(mpc::Channel& channel, const mpc::Stopwatch& now, const Question& question) {
  Bytes answer(question.back);
  const std::int64_t start = now();
  WEIR_TRY(put(channel, question));
  WEIR_TRY(channel.receive(mpc::Tag::kProbe, std::span<std::uint8_t>(answer)));
  return now() - start;
}

}  // namespace

Result<LineSpeed> probe(mpc::Channel& channel, const mpc::Stopwatch& now) {
  std::int64_t trip = INT64_MAX;
  for (int i = 0; i < kTrips; ++i) {
    WEIR_TRY_LET(const std::int64_t took, ask(channel, now, {8, 8}));
    trip = std::min(trip, took);
  }
  std::int64_t rate = 0;
  for (const std::uint32_t size : {kFirst, kProbeBytesMax}) {
    WEIR_TRY_LET(const std::int64_t there, ask(channel, now, {size, 8}));
    WEIR_TRY_LET(const std::int64_t back, ask(channel, now, {8, size}));
    const std::int64_t moving = std::max<std::int64_t>(there + back - 2 * trip, 1);
    rate = static_cast<std::int64_t>(2e9 * size / static_cast<double>(moving));
    if (there + back > kTooShort) break;
  }
  WEIR_TRY(put(channel, {}));
  return LineSpeed{.round_trip_us = trip / 1000, .bytes_per_second = rate};
}

Result<> answer_probe(mpc::Channel& channel) {
  for (int i = 0; i < kProbesMax; ++i) {
    std::array<std::uint8_t, 8> head{};
    WEIR_TRY(channel.receive(mpc::Tag::kProbe, std::span<std::uint8_t>(head)));
    Question question;
    for (std::size_t k = 0; k < 4; ++k) {
      question.there = question.there << 8 | head[k];
      question.back = question.back << 8 | head[4 + k];
    }
    if (question.there == 0 && question.back == 0) return {};
    if (question.there > kProbeBytesMax || question.back > kProbeBytesMax) break;
    Bytes given(question.there);
    if (question.there > 0) WEIR_TRY(channel.receive(mpc::Tag::kProbe, std::span<std::uint8_t>(given)));
    WEIR_TRY(channel.send(mpc::Tag::kProbe, ByteView(Bytes(question.back))));
    WEIR_TRY(channel.flush());
  }
  return Error(Errc::kCorrupt, "this is more than a probe").because("mpc.message");
}

}  // namespace weir::use::job
