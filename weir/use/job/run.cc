// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/run.h"

#include <cstring>

#include "weir/mpc/aes.h"
#include "weir/mpc/ecdh_psi.h"
#include "weir/mpc/psi.h"

namespace weir::use::job {
namespace {

Result<crypto::Digest> greet(mpc::Channel& channel, const Job& job) {
  const crypto::Digest own = terms_digest(job);
  crypto::Digest other{};
  WEIR_TRY(channel.send(mpc::Tag::kHello, ByteView(own)));
  WEIR_TRY(channel.receive(mpc::Tag::kHello, std::span<std::uint8_t>(other)));
  if (own == other) return own;
  return Error(Errc::kConflict, "the other side means another job, other sets or another algorithm")
      .because("job.mismatch");
}

mpc::Blocks elements_of(const crypto::Digest& terms, const mpc::Blocks& keys) {
  mpc::Block salt;
  std::memcpy(&salt, terms.data(), sizeof salt);
  mpc::Blocks out(keys.size());
  mpc::Aes(salt).encrypt(keys, out);
  return out;
}

// Of the algorithms that have one; the rest is psi-rr22, as nothing else parses (parse_work).
std::optional<mpc::DhCurve> curve_of(const Job& job) {
  if (job.work.algorithm == "psi-ecdh-x25519") return mpc::DhCurve::kX25519;
  if (job.work.algorithm == "psi-ecdh-sm2") return mpc::DhCurve::kSm2;
  return std::nullopt;
}

}  // namespace

Result<mpc::Blocks> run_consumer(mpc::Channel& channel, Random& random, const Job& job, const mpc::Blocks& keys) {
  WEIR_TRY_LET(const crypto::Digest terms, greet(channel, job));
  const mpc::Blocks elements = elements_of(terms, keys);
  const auto others = static_cast<std::size_t>(job.theirs.count);
  const auto curve = curve_of(job);
  WEIR_TRY_LET(const auto found, curve ? mpc::ecdh_psi_receive(channel, random, *curve, elements, others)
                                       : mpc::psi_receive(channel, random, elements, others));
  WEIR_TRY(channel.send(mpc::Tag::kBye, ByteView()));
  WEIR_TRY(channel.flush());
  mpc::Blocks out;
  out.reserve(found.size());
  for (const std::size_t index : found) out.push_back(keys[index]);
  return out;
}

Result<> run_provider(mpc::Channel& channel, Random& random, const Job& job, const mpc::Blocks& keys) {
  WEIR_TRY_LET(const crypto::Digest terms, greet(channel, job));
  const mpc::Blocks elements = elements_of(terms, keys);
  const auto others = static_cast<std::size_t>(job.theirs.count);
  const auto curve = curve_of(job);
  WEIR_TRY(curve ? mpc::ecdh_psi_send(channel, random, *curve, elements, others)
                 : mpc::psi_send(channel, random, elements, others));
  return channel.receive(mpc::Tag::kBye, std::span<std::uint8_t>());
}

Result<mpc::JoinAnswer> ask_query(mpc::Channel& channel, Random& random, const Job& job, const Figures& figures) {
  WEIR_TRY_LET(const crypto::Digest terms, greet(channel, job));
  const mpc::JoinTable table = table_of(figures, elements_of(terms, figures.set.keys));
  WEIR_TRY_LET(auto answer, mpc::join_ask(channel, random, shape_of(*job.work.query, job.mine, job.theirs), table));
  WEIR_TRY(channel.send(mpc::Tag::kBye, ByteView()));
  WEIR_TRY(channel.flush());
  return answer;
}

Result<> answer_query(mpc::Channel& channel, Random& random, const Job& job, const Figures& figures) {
  WEIR_TRY_LET(const crypto::Digest terms, greet(channel, job));
  const mpc::JoinTable table = table_of(figures, elements_of(terms, figures.set.keys));
  WEIR_TRY(mpc::join_hold(channel, random, shape_of(*job.work.query, job.theirs, job.mine), table));
  return channel.receive(mpc::Tag::kBye, std::span<std::uint8_t>());
}

}  // namespace weir::use::job
