// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/plan.h"

#include <algorithm>
#include <cmath>

#include "weir/mpc/traffic.h"
#include "weir/use/job/figures.h"

namespace weir::use::job {
namespace {

using wire::Json;

// What computing takes on both sides together, one thread a side: the best of some runs in a release build between two
// processes on a machine of two cores with AVX-512, rounded up: `weir-bench psi --elements=N --others=M --rounds=1`, N
// and M 2^10 or 2^20; `weir-bench join --keys=N --others=M --rounds=1`, 2^10 or 2^16, and what docs/benchmarks.md has
// for 2^20; with Diffie-Hellman what `weir-bench ecdh` has of the processor's time, two powers at the consumer for each
// of its keys and one for each of the provider's. Only bytes are exact; `weir compute status` shows how far from it a
// time was.
struct Rate {
  std::string_view algorithm;
  double fixed_ms;
  double own_ns;       // for each key of the consumer's
  double others_ns;    // for each key of the provider's
  double transfer_ns;  // for each oblivious transfer
};
constexpr Rate kRates[] = {
    {"psi-rr22", 10, 300, 60, 0},
    {"psi-both-rr22", 20, 360, 360, 0},
    {"psi-ecdh-x25519", 2, 14'000, 8'000, 0},
    {"psi-ecdh-sm2", 2, 26'000, 14'000, 0},
    {"psi-kept-x25519", 2, 14'000, 8'000, 0},
    {"psi-kept-sm2", 2, 26'000, 14'000, 0},
    {"psi-size-x25519", 2, 14'000, 8'000, 0},
    {"psi-size-sm2", 2, 26'000, 14'000, 0},
    {"join-psty19", 40, 750, 700, 26},
    {"join-psty19-silent", 220, 750, 700, 34},
};
// What a malicious side is worth: so much longer, or whatever is done at once.
constexpr double kTimesLonger = 2, kAtOnceMs = 1000;

const Rate& rate_of(const Algorithm& algorithm) {
  const auto found = std::find_if(std::begin(kRates), std::end(kRates),
                                  [&](const Rate& each) { return each.algorithm == algorithm.id; });
  return found == std::end(kRates) ? kRates[0] : *found;
}

mpc::Traffic of_intersection(const Algorithm& algorithm, std::size_t own, std::size_t others) {
  if (algorithm.answer == Answer::kBoth) return mpc::psi_both_traffic(own, others);
  if (!algorithm.curve) return mpc::psi_traffic(own, others);
  if (algorithm.answer == Answer::kSize) return mpc::ecdh_size_traffic(*algorithm.curve, own, others);
  return mpc::ecdh_psi_traffic(*algorithm.curve, own, others);
}

mpc::Traffic traffic_of(const Algorithm& algorithm, const Sizes& sizes, const std::optional<Query>& query) {
  if (algorithm.keeps_images) {
    return mpc::ecdh_kept_traffic(*algorithm.curve, static_cast<std::size_t>(sizes.consumer),
                                  static_cast<std::size_t>(sizes.provider), static_cast<std::size_t>(sizes.kept));
  }
  if (!query) {
    const std::size_t buckets =
        algorithm.in_buckets() ? buckets_of(sizes.bucket, sizes.consumer, sizes.provider) : 1;
    const std::size_t own = bucket_size(sizes.consumer, buckets);
    const std::size_t others = bucket_size(sizes.provider, buckets);
    mpc::Traffic out = of_intersection(algorithm, own, others);
    for (std::uint64_t* each : {&out.sent, &out.received, &out.rounds, &out.transfers}) *each *= buckets;
    return out;
  }
  Claim consumer, provider;
  consumer.count = sizes.consumer;
  provider.count = sizes.provider;
  (query->group && query->group->side == Role::kConsumer ? consumer : provider).groups = sizes.groups;
  return mpc::join_traffic(shape_of(algorithm, *query, consumer, provider));
}

}  // namespace

Json to_json(const Estimate& estimate) {
  return Json::object({{"milliseconds", estimate.milliseconds},
                       {"sent", estimate.sent},
                       {"received", estimate.received},
                       {"roundTripMicroseconds", estimate.line.round_trip_us},
                       {"bytesPerSecond", estimate.line.bytes_per_second}});
}

Result<Estimate> parse_estimate(const Json& json) {
  Estimate out;
  WEIR_TRY_LET(out.milliseconds, json.integer("milliseconds"));
  WEIR_TRY_LET(out.sent, json.integer("sent"));
  WEIR_TRY_LET(out.received, json.integer("received"));
  WEIR_TRY_LET(out.line.round_trip_us, json.integer("roundTripMicroseconds"));
  WEIR_TRY_LET(out.line.bytes_per_second, json.integer("bytesPerSecond"));
  return out;
}

Estimate estimate(const Algorithm& algorithm, const Sizes& sizes, const std::optional<Query>& query,
                  const LineSpeed& line) {
  const mpc::Traffic traffic = traffic_of(algorithm, sizes, query);
  const Rate& rate = rate_of(algorithm);
  const auto moved = static_cast<double>(traffic.sent + traffic.received);
  double ms = rate.fixed_ms;
  const auto others = static_cast<double>(sizes.provider - sizes.kept);
  ms += (rate.own_ns * static_cast<double>(sizes.consumer) + rate.others_ns * others +
         rate.transfer_ns * static_cast<double>(traffic.transfers)) / 1e6;
  ms += static_cast<double>(traffic.rounds) * static_cast<double>(line.round_trip_us) / 1e3;
  if (line.bytes_per_second > 0) ms += 1e3 * moved / static_cast<double>(line.bytes_per_second);
  // A figure's channel carries the terms' digest both ways and a goodbye; of an intersection only the buckets count.
  const std::int64_t hello = query ? 42 : 0, bye = query ? 10 : 0;
  return {.milliseconds = std::llround(ms),
          .sent = static_cast<std::int64_t>(traffic.sent) + hello + bye,
          .received = static_cast<std::int64_t>(traffic.received) + hello,
          .line = line};
}

std::optional<std::size_t> choose(std::span<const Candidate> candidates) {
  std::optional<std::size_t> fastest, safest;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (!candidates[i].allowed) continue;
    const auto sooner = [&](const std::optional<std::size_t>& than) {
      return !than || candidates[i].estimate.milliseconds < candidates[*than].estimate.milliseconds;
    };
    if (sooner(fastest)) fastest = i;
    if (candidates[i].algorithm->malicious && sooner(safest)) safest = i;
  }
  if (!safest) return fastest;
  const auto time = [&](std::size_t i) { return static_cast<double>(candidates[i].estimate.milliseconds); };
  return time(*safest) <= std::max(kAtOnceMs, kTimesLonger * time(*fastest)) ? safest : fastest;
}

Text why(std::span<const Candidate> candidates, std::size_t chosen) {
  const auto about = [](const Candidate& each) { return std::to_string(each.estimate.milliseconds) + " ms"; };
  const Candidate& best = candidates[chosen];
  const Candidate* other = nullptr;  // the fastest of the rest
  for (const Candidate& each : candidates) {
    if (!each.allowed || &each == &best) continue;
    if (other == nullptr || each.estimate.milliseconds < other->estimate.milliseconds) other = &each;
  }
  if (other == nullptr) return {"the only one that the terms allow", "条款只允许这一种"};
  const std::string& name = other->algorithm->id;
  if (best.algorithm->malicious && other->estimate.milliseconds < best.estimate.milliseconds) {
    return {"withstands a side that deviates, in about " + about(best) + "; " + name + " takes " + about(*other),
            "可抵御恶意一方，约 " + about(best) + "；" + name + " 约 " + about(*other)};
  }
  return {"the fastest that the terms allow, in about " + about(best) + "; " + name + " takes " + about(*other),
          "条款允许的算法中最快，约 " + about(best) + "；" + name + " 约 " + about(*other)};
}

}  // namespace weir::use::job
