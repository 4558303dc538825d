// Oprf: one party evaluates a random function at its elements; the other may evaluate it anywhere.
//
// Protocol: Raghuraman and Rindal, "Blazing Fast PSI from Improved OKVS and Subfield VOLE", CCS 2022, figure 6
// (malicious), over GF(2^128): the asker sends a key-value store of hashed elements hidden by VOLE values.
// Learns: the asker the images of its elements, nothing else; the server how many elements the asker has.
// Security: 128 bits computational, malicious, ideal-cipher model (hash_blocks as the outer random oracle).
// Deviating: an asker may ask of as many elements as its store has places; a server's coin is fixed before it sees the
// store, and its correlations are checked, so the asker has the right images or none.
// Messages for n elements: VOLE of 1.3 n; asker -> server 16 * 1.3 n; two coins. Rounds: VOLE's and two.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "weir/mpc/okvs.h"
#include "weir/mpc/ot_extension.h"

namespace weir::mpc {

// What lets its holder evaluate the function.
class OprfKey {
 public:
  OprfKey(OkvsShape shape, Block seed, Blocks keys, Block delta, Block coin)
      : shape_(shape), seed_(seed), keys_(std::move(keys)), delta_(delta), coin_(coin) {}
  // images[i] = F(elements[i]). Requires: equal sizes.
  void evaluate(std::span<const Block> elements, std::span<Block> images) const;

 private:
  OkvsShape shape_;
  Block seed_;
  Blocks keys_;
  Block delta_;
  Block coin_;
};

// What the asker has: the images in the order in which it looked them up.
struct OprfImages {
  OkvsKeys order;
  Blocks images;
  // In the order of the elements.
  Blocks in_order() const;
};

// `others`: how many elements the asker announced.
Result<OprfKey> oprf_serve(Channel& channel, Random& random, std::size_t others,
                           const std::function<void()>& meanwhile = {});
// Requires: distinct elements.
Result<OprfImages> oprf_ask(Channel& channel, Random& random, std::span<const Block> elements);

}  // namespace weir::mpc
