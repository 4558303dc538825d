// Run: the computation of a job over a channel, one function a side.
//
// First message both ways: the digest of the job's terms (job.h): a side that means another job, other claims or
// another normalisation is found before a byte that depends on data. Then the protocol over AES_s(key), a permutation
// of the keys by the first 128 bits s of the terms' digest; then the consumer says goodbye.
// Learns: what the protocol says (mpc/psi.h, mpc/join.h), and no more. Format: docs/formats/private-computing.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "weir/mpc/channel.h"
#include "weir/use/job/figures.h"
#include "weir/use/job/job.h"

namespace weir::use::job {

// Fail with kConflict ("job.mismatch") if the other side means something else; else as the protocol does.
Result<mpc::Blocks> run_consumer(mpc::Channel& channel, Random& random, const Job& job, const mpc::Blocks& keys);
Result<> run_provider(mpc::Channel& channel, Random& random, const Job& job, const mpc::Blocks& keys);

// The same for a job whose work has a query.
Result<mpc::JoinAnswer> ask_query(mpc::Channel& channel, Random& random, const Job& job, const Figures& figures);
Result<> answer_query(mpc::Channel& channel, Random& random, const Job& job, const Figures& figures);

}  // namespace weir::use::job
