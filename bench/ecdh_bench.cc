// ecdh: what a core does of the powers that an intersection by Diffie-Hellman is made of, beside OpenSSL in the same
// run.
//
// Budget on Zen 5: 250 k powers a second on X25519, 100 k on SM2 (crypto_mb 291 k and 116 k, OpenSSL 41 k and 4 k). A
// ladder of X25519 is 255 steps of 940 instructions on eight points, of which 396 multiply 52 bits; a processor that
// does one of these a cycle (Zen 4) cannot do more than 290 k a second at 3.7 GHz.
// SPDX-License-Identifier: Apache-2.0
#include "bench/two_processes.h"
#include "weir/mpc/diffie_hellman.h"
#include "weir/mpc/isa.h"

namespace weir::bench {
namespace {

// How many points a second the best of some rounds raised.
Result<double> rate_of(const mpc::DhSecret& secret, ByteView points, std::size_t count, std::int64_t rounds) {
  double best = 0;
  for (std::int64_t round = 0; round < rounds; ++round) {
    Result<Bytes> raised = Bytes();
    const double time = cpu_microseconds_of([&] { raised = secret.raise(points); });
    if (!raised) return raised.error();
    best = std::max(best, static_cast<double>(count) / time * 1e6);
  }
  return best;
}

}  // namespace

Result<Figures> run_ecdh(const Options& options) {
  const auto count = static_cast<std::size_t>(options.number("points", 8192));
  const auto rounds = options.number("rounds", 9);
  const mpc::Blocks elements = random_blocks(count, 1);
  const bool lanes = mpc::isa() == mpc::Isa::kAvx512;
  SystemRandom random;
  Figures out;
  const std::pair<mpc::DhCurve, std::string> curves[] = {{mpc::DhCurve::kX25519, "x25519"},
                                                         {mpc::DhCurve::kSm2, "sm2"}};
  for (const auto& [curve, name] : curves) {
    const mpc::DhSecret secret = mpc::DhSecret::random(curve, random);
    const Bytes points = secret.hide(elements);
    const std::size_t few = std::max<std::size_t>(1, count / 8) * mpc::point_bytes(curve);
    double openssl = 0;
    {
      const mpc::IsaOverride without(mpc::Isa::kPortable);
      WEIR_TRY_LET(openssl, rate_of(secret, ByteView(points).first(few), few / mpc::point_bytes(curve), rounds));
    }
    WEIR_TRY_LET(const double here, rate_of(secret, points, count, rounds));
    const double goal = curve == mpc::DhCurve::kX25519 ? 250e3 : 100e3;
    out.push_back({name + "_powers_a_core", here, "1/s", name + "_openssl", openssl,
                   lanes ? std::optional(at_least(goal)) : std::nullopt});
    double hashed = 0;
    for (std::int64_t round = 0; round < rounds; ++round) {
      const double time = cpu_microseconds_of([&] { (void)secret.hide(elements); });
      hashed = std::max(hashed, static_cast<double>(count) / time * 1e6);
    }
    out.push_back({name + "_hashed_and_raised_a_core", hashed, "1/s", name + "_openssl", openssl, std::nullopt});
  }
  return out;
}

}  // namespace weir::bench
