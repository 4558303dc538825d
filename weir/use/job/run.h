// Run: the computation of a job over a channel, one function a side.
//
// First message both ways: the digest of the job's terms (job.h): a side that means another job, other claims or
// another normalisation is found before a byte that depends on data. Then the protocol over AES_s(key), a permutation
// of the keys by the first 128 bits s of the terms' digest; then the consumer says goodbye.
// An intersection is computed bucket by bucket (progress.h). Both sides say how many they have behind them, and go on
// with the first that one of them lacks; after each, both have written it down before the next begins. Where both
// learn, the provider is the first to receive and to write down; a run that ended at the consumer has ended at both.
// Where images are kept, they are the first part of two, and the points the second; elements are salted with
// images_digest() instead.
// Learns: what the protocol says (mpc/psi.h, mpc/join.h), and no more. Format: docs/formats/private-computing.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "weir/mpc/channel.h"
#include "weir/mpc/ecdh_psi.h"
#include "weir/use/job/figures.h"
#include "weir/use/job/job.h"

namespace weir::use::job {

// What a side brings to an intersection, and keeps of it.
class Side {
 public:
  virtual ~Side() = default;
  // The keys of a bucket, ascending by their bytes, each once.
  virtual Result<mpc::Blocks> open(std::size_t bucket, std::size_t buckets) = 0;
  // Of a side that learns: these keys of the bucket that was opened last are shared, ascending places. What was written
  // from `line` on is overwritten; returns behind which line it ends now, durably.
  virtual Result<std::int64_t> keep(std::span<const std::size_t> found, std::int64_t line) = 0;
  // Durable when it returns.
  virtual Result<> note(const Progress& progress) = 0;
  // Of an algorithm that keeps images: the provider's secret, and what the consumer keeps.
  virtual Result<mpc::DhSecret> secret(mpc::DhCurve curve) = 0;
  virtual mpc::KeptImages& images() = 0;
  // Since the line was opened.
  virtual std::int64_t milliseconds() = 0;
};

// From job.progress to the end of all buckets. Fails with kConflict: "job.mismatch" if the other side means something
// else, or has other buckets behind it; "job.bucket_full" if more keys fall into one than hashes do; with kForbidden
// ("job.too_many_tries") where the other side learns, if a bucket was computed kTriesMax times; else as the protocol
// and the side do.
Result<Checkpoint> run_intersection(mpc::Channel& channel, Random& random, const Job& job, Side& side);

// A job whose work has a query. Fail with kConflict ("job.mismatch"); else as the protocol does.
Result<mpc::JoinAnswer> ask_query(mpc::Channel& channel, Random& random, const Job& job, const Figures& figures);
Result<> answer_query(mpc::Channel& channel, Random& random, const Job& job, const Figures& figures);

}  // namespace weir::use::job
