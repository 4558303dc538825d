// EcdhPsi: private intersection from Diffie-Hellman, for slow lines, sets of unequal size, and suites that name their
// curve.
//
// Protocol: the oblivious random function F_b(x) = 128 bits of H(x)^b (Jarecki, Kiayias, Krawczyk, ASIACRYPT 2014;
// RFC 9497; before it Meadows, S&P 1986, and Huberman, Franklin, Hogg, EC 1999): the receiver sends H(x)^a, the sender
// gives back H(x)^(ab) in the same order, the receiver takes a off again. The sender's images F_b(y) come in random
// order, and the receiver compares.
// Learns: the receiver the intersection, and how many elements the sender has; the sender how many the receiver has.
// Security: 128 bits, semi-honest, decisional Diffie-Hellman with the hash as random oracle. On X25519 the hash reaches
// half of the curve's points; Elligator 2 can be inverted, so the oracle can be programmed to any of them all the same.
// Not covered: a receiver that sends points of its choice has b applied to them, one for each element it announced; a
// sender may answer with anything.
// Messages for n and m elements, points of 32 (X25519) or 33 (SM2) bytes: receiver -> sender n points, sender ->
// receiver n points, in pieces of 1024; sender -> receiver 16 m, in pieces of 16384. Rounds: one for two pieces of
// points.
// Work: 2 n powers at the receiver, n + m at the sender.
//
// A sender whose set is the larger one and stays keeps b, and the receiver the images: a run costs n then (Kiss, Liu,
// Schneider, Asokan, Pinkas, PoPETs 2017, section 4). What that tells over several runs under one b: the receiver may
// compare what it learned of an element in one run with the images of any other. The sender sees no more than in one
// run, n of each. Whoever gets hold of b can try elements on images. So b belongs to one set under one agreement:
// elements are to be salted with both.
// Deviations: none of RFC 9497's second hash and proof; images are cut to 128 bits.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "weir/mpc/channel.h"
#include "weir/mpc/diffie_hellman.h"

namespace weir::mpc {

// Requires (both): distinct elements; `others`: the count that the other side announced.
Result<> ecdh_psi_send(Channel& channel, Random& random, DhCurve curve, std::span<const Block> elements,
                       std::size_t others);
// The indices of the receiver's elements that the sender has too, ascending.
Result<std::vector<std::size_t>> ecdh_psi_receive(Channel& channel, Random& random, DhCurve curve,
                                                  std::span<const Block> elements, std::size_t others);

// How many elements they share, and not which (De Cristofaro, Gasti, Tsudik, CANS 2012, figure 1): the sender gives the
// receiver's points back in random order, once it has all of them.
// Learns: the receiver the size of the intersection, and how many elements the sender has; the sender how many the
// receiver has. Security and work as above, semi-honest.
// Not covered: a receiver that runs another program may send one element several times under other secrets, as often as
// tells them apart, and so read from the size which of a few elements the sender has.
// Messages: those above, but no point comes back before the last was sent. Rounds: one.
// Deviations: X25519 or SM2 for a group modulo a prime, no second hash over what is compared, images of 128 bits.
Result<> ecdh_size_send(Channel& channel, Random& random, DhCurve curve, std::span<const Block> elements,
                        std::size_t others);
Result<std::size_t> ecdh_size_receive(Channel& channel, Random& random, DhCurve curve, std::span<const Block> elements,
                                      std::size_t others);

// ── what is kept ──

// The sender's elements in the order of their images: random to who has not the secret, and the same each time, so that
// evaluating and sending may be taken up where they broke off.
void order_for_images(const DhSecret& secret, std::span<Block> elements);
Blocks ecdh_images(const DhSecret& secret, std::span<const Block> elements);
// What images under this secret are known by; tells nothing of it.
Block name_of(const DhSecret& secret);

// Images that a receiver keeps from one run to the next.
class KeptImages {
 public:
  virtual ~KeptImages() = default;
  // How many there are under the secret of that name, from the first on; those under another go.
  virtual Result<std::size_t> open(Block name) = 0;
  // The next ones; they need not be there after a crash before close().
  virtual Result<> add(std::span<const Block> images) = 0;
  virtual Result<> close() = 0;
  // All of them, some at a time.
  virtual Result<> each(const std::function<void(std::span<const Block>)>& take) = 0;
};

// First the images that the receiver lacks of `total`; `elements` is asked for the sender's, in any order, if it lacks
// some.
// Messages: sender -> receiver 16 (the name); receiver -> sender 8 (how many it has); the images as above. Rounds: one.
Result<> ecdh_send_images(Channel& channel, const DhSecret& secret, std::size_t total,
                          const std::function<Result<Blocks>()>& elements);
// What came stays, also if the run breaks off.
Result<> ecdh_receive_images(Channel& channel, KeptImages& images, std::size_t total);
// Then, over this line or another one, the points, behind the name once more: fails with kConflict ("mpc.images") if
// the receiver has not all of `total` under it. Indices as of ecdh_psi_receive().
Result<> ecdh_psi_send_kept(Channel& channel, const DhSecret& secret, std::size_t others);
Result<std::vector<std::size_t>> ecdh_psi_receive_kept(Channel& channel, Random& random, DhCurve curve,
                                                       std::span<const Block> elements, KeptImages& images,
                                                       std::size_t total);

}  // namespace weir::mpc
