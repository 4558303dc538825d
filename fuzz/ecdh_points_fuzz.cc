// Points from the other side of an intersection from Diffie-Hellman: refused, or raised to the same bytes whatever the
// processor can, by a secret that comes off again.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/check.h"
#include "weir/mpc/diffie_hellman.h"
#include "weir/mpc/isa.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  using namespace weir::mpc;
  if (size == 0) return 0;
  const DhCurve curve = data[0] % 2 == 0 ? DhCurve::kX25519 : DhCurve::kSm2;
  const std::size_t count = std::min<std::size_t>((size - 1) / point_bytes(curve), 20);
  const ByteView points(data + 1, count * point_bytes(curve));
  SeededRandom random(1);
  const DhSecret secret = DhSecret::random(curve, random);
  const auto raised = secret.raise(points);
  if (!raised) WEIR_CHECK(raised.error().reason() == "mpc.message");
  for (const Isa isa : available_isas()) {
    const IsaOverride only(isa);
    const auto again = secret.raise(points);
    WEIR_CHECK(again.ok() == raised.ok());
    if (raised) WEIR_CHECK(*again == *raised);
  }
  if (!raised) return 0;
  // What a secret gave is a point, on X25519 of the group of prime order: there the secret comes off again.
  const auto twice = secret.raise(*raised);
  WEIR_CHECK(twice.ok());
  const auto back = secret.undo().raise(*twice);
  WEIR_CHECK(back.ok());
  if (curve == DhCurve::kSm2) WEIR_CHECK(*back == *raised);
  return 0;
}
