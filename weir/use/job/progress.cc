// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/progress.h"

#include <algorithm>

#include "weir/mpc/okvs.h"
#include "weir/tlog/entry.h"

namespace weir::use::job {
namespace {

using wire::Json;

constexpr auto kHash = crypto::HashAlgorithm::kSha256;

Json checkpoint_json(const Checkpoint& point) {
  return Json::object({{"done", point.done},
                       {"matches", point.matches},
                       {"lines", point.lines},
                       {"sent", point.sent},
                       {"received", point.received},
                       {"milliseconds", point.milliseconds},
                       {"sentHash", tlog::format_digest(kHash, point.sent_hash)},
                       {"receivedHash", tlog::format_digest(kHash, point.received_hash)},
                       {"phases", to_json(point.phases)}});
}

Result<crypto::Digest> parse_hash(const Json& json, const char* name) {
  WEIR_TRY_LET(const std::string text, json.text(name));
  WEIR_TRY_LET(const auto parsed, tlog::parse_digest(text));
  return parsed.digest;
}

Result<Checkpoint> parse_checkpoint(const Json& json) {
  Checkpoint out;
  WEIR_TRY_LET(out.done, json.integer("done"));
  WEIR_TRY_LET(out.matches, json.integer("matches"));
  WEIR_TRY_LET(out.lines, json.integer("lines"));
  WEIR_TRY_LET(out.sent, json.integer("sent"));
  WEIR_TRY_LET(out.received, json.integer("received"));
  WEIR_TRY_LET(out.milliseconds, json.integer("milliseconds"));
  WEIR_TRY_LET(out.sent_hash, parse_hash(json, "sentHash"));
  WEIR_TRY_LET(out.received_hash, parse_hash(json, "receivedHash"));
  WEIR_TRY_LET(out.phases, parse_phases(json["phases"]));
  return out;
}

}  // namespace

std::size_t buckets_of(std::int64_t bucket_keys, std::int64_t consumer, std::int64_t provider) {
  std::size_t out = 1;
  while (out < kBucketsMax && std::max(consumer, provider) / static_cast<std::int64_t>(out) > bucket_keys) out *= 2;
  return out;
}

std::size_t bucket_size(std::int64_t keys, std::size_t buckets) {
  return mpc::fullest_part(static_cast<std::size_t>(keys), buckets);
}

void Progress::begin(std::int64_t bucket, bool connected) {
  if (bucket >= begun) {
    begun = bucket + 1;
    tries = 1;
  } else if (connected) {
    ++tries;
  }
}

Json to_json(const Progress& progress) {
  return Json::object({{"now", checkpoint_json(progress.now)},
                       {"before", checkpoint_json(progress.before)},
                       {"begun", progress.begun},
                       {"tries", progress.tries}});
}

Result<Progress> parse_progress(const Json& json) {
  Progress out;
  WEIR_TRY_LET(out.now, parse_checkpoint(json["now"]));
  WEIR_TRY_LET(out.before, parse_checkpoint(json["before"]));
  WEIR_TRY_LET(out.begun, json.integer("begun"));
  WEIR_TRY_LET(out.tries, json.integer("tries"));
  return out;
}

Json to_json(const std::vector<mpc::Phase>& phases) {
  Json out = Json::array();
  for (const mpc::Phase& each : phases) {
    out.push(Json::object({{"name", each.name},
                           {"microseconds", each.nanoseconds / 1000},
                           {"sent", static_cast<std::int64_t>(each.sent)},
                           {"received", static_cast<std::int64_t>(each.received)}}));
  }
  return out;
}

Result<std::vector<mpc::Phase>> parse_phases(const Json& json) {
  std::vector<mpc::Phase> out;
  for (const Json& each : json.is_array() ? json.items() : Json::Array{}) {
    mpc::Phase phase;
    WEIR_TRY_LET(phase.name, each.text("name"));
    WEIR_TRY_LET(const std::int64_t microseconds, each.integer("microseconds"));
    WEIR_TRY_LET(const std::int64_t sent, each.integer("sent"));
    WEIR_TRY_LET(const std::int64_t received, each.integer("received"));
    phase.nanoseconds = microseconds * 1000;
    phase.sent = static_cast<std::uint64_t>(sent);
    phase.received = static_cast<std::uint64_t>(received);
    out.push_back(std::move(phase));
  }
  return out;
}

crypto::Digest chained(const crypto::Digest& earlier, const crypto::Digest& bucket) {
  return crypto::hash(kHash, {view_of("weir/bucket-transcript/1"), ByteView(earlier), ByteView(bucket)});
}

}  // namespace weir::use::job
