// PSI: two parties learn which of their elements they share; the receiver learns it, the sender nothing.
//
// Protocol: Raghuraman and Rindal, "Blazing Fast PSI from Improved OKVS and Subfield VOLE", CCS 2022, figure 7: both
// evaluate one random function (oprf.h) where they hold the same element; the sender sends its images in random order.
// Elements: 128-bit digests of the parties' keys, made with one salt for both; collisions have probability n^2 / 2^128.
// Learns: the receiver the intersection, and how many elements the sender has; the sender how many the receiver has.
// Not hidden: both counts. Not covered: what repeated runs with changing sets tell (see use/job).
// Security: 128 bits computational, malicious, ideal-cipher model (hash_blocks as the outer random oracle).
// What a party that deviates may still do: choose its input when it sends it. Of a sender each image is one element,
// whatever it says; one that is spoilt is an element nobody has, so the receiver's answer lacks it and is never wrong
// otherwise. A receiver may ask of as many elements as its store has places, 1.3 m (overfitting: Garimella and others,
// CRYPTO 2021). Either may stop at any message; the receiver then may know the answer and the sender never does.
// Messages for n and m elements: VOLE of 1.3 m; receiver -> sender 16 * 1.3 m; sender -> receiver 16 n. Rounds: VOLE's
// and two.
// Deviations: the images are 128 bits also where fewer would do.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "weir/mpc/ot_extension.h"

namespace weir::mpc {

// Requires (both): distinct elements; `others`: the count that the other side announced.
Result<> psi_send(Channel& channel, Random& random, std::span<const Block> elements, std::size_t others);
// The indices of the receiver's elements that the sender has too, ascending.
Result<std::vector<std::size_t>> psi_receive(Channel& channel, Random& random, std::span<const Block> elements,
                                             std::size_t others);

// Both learn it: two runs with the roles turned, secrets of their own in each. `first` receives in the first run.
// Learns: each the intersection, and how many elements the other has.
// Security: that of a run, for each. Not covered: a party that runs another program may bring another set to each of
// the runs, or leave after its own: what one learned proves not what the other did. Who receives second brings its set
// to the first run before it learned anything; who receives first knows the intersection when it brings its own to the
// second.
// Messages: of one run after the other.
Result<std::vector<std::size_t>> psi_both(Channel& channel, Random& random, std::span<const Block> elements,
                                          std::size_t others, bool first);

// The ideal functionality, for tests.
std::vector<std::size_t> ideal_psi(std::span<const Block> receiver, std::span<const Block> sender);

}  // namespace weir::mpc
