// Progress: how far the run of an intersection is, in buckets; what both sides write down after each.
//
// Keys fall into buckets by their first byte. A bucket is one run of the protocol, filled up with random elements to
// the size that no bucket of so many keys passes, so that it tells nothing but the number of keys, which is told
// anyway.
// Formats: docs/formats/jobs.md, docs/formats/private-computing.md. Thread-safety: values and pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/base/result.h"
#include "weir/crypto/hash.h"
#include "weir/mpc/phases.h"
#include "weir/wire/json.h"

namespace weir::use::job {

inline constexpr std::int64_t kBucketKeys = std::int64_t{1} << 20;
inline constexpr std::int64_t kBucketKeysLeast = 16;
inline constexpr std::int64_t kBucketKeysMost = std::int64_t{1} << 24;
inline constexpr std::size_t kBucketsMax = 256;
// Of a side, by an algorithm without buckets: about 100 bytes of memory each.
inline constexpr std::int64_t kWholeKeysMax = std::int64_t{1} << 25;
// How often a bucket is computed, if the line breaks: a consumer that hangs up after the images came might ask of other
// elements each time.
inline constexpr std::int64_t kTriesMax = 5;

// Into how many buckets the keys of two sides fall, if one is to have about so many: a power of two.
std::size_t buckets_of(std::int64_t bucket_keys, std::int64_t consumer, std::int64_t provider);
// Elements in each bucket of a side, fillers among them.
std::size_t bucket_size(std::int64_t keys, std::size_t buckets);

// What the buckets so far came to.
struct Checkpoint {
  std::int64_t done = 0;     // buckets
  std::int64_t matches = 0;  // keys; at the consumer
  std::int64_t lines = 0;    // of its table that have them
  std::int64_t sent = 0;     // bytes
  std::int64_t received = 0;
  std::int64_t milliseconds = 0;
  crypto::Digest sent_hash{};  // of the buckets' transcripts; zeros before the first
  crypto::Digest received_hash{};
  std::vector<mpc::Phase> phases;
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

struct Progress {
  Checkpoint now;
  Checkpoint before;       // one bucket earlier: the other side may not have written down the last one
  std::int64_t begun = 0;  // buckets
  std::int64_t tries = 0;  // connections that computed the last of them, or went back behind it

  // A connection begins with this bucket, or goes on to it.
  void begin(std::int64_t bucket, bool connected);
  friend bool operator==(const Progress&, const Progress&) = default;
};
wire::Json to_json(const Progress& progress);
Result<Progress> parse_progress(const wire::Json& json);

// [{"name", "microseconds", "sent", "received"}]
wire::Json to_json(const std::vector<mpc::Phase>& phases);
Result<std::vector<mpc::Phase>> parse_phases(const wire::Json& json);

// The hash of the buckets so far and one more.
crypto::Digest chained(const crypto::Digest& earlier, const crypto::Digest& bucket);

}  // namespace weir::use::job
