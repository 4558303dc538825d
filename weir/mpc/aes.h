// Aes: AES-128 over many blocks at once, and what the protocols make of it: streams, seed trees, hashes.
//
// stream:  the PRG of a seed: AES_seed(0), AES_seed(1), ...
// double:  G(s) = (P0(s) ^ s, P1(s) ^ s) with two public keys (ideal permutations), for seed trees.
// hash:    H(x, i) = P(P(x) ^ i) ^ P(x), the tweakable correlation-robust TMMO of Guo, Katz, Wang, Yu,
//          "Efficient and Secure Multiparty Computation from Fixed-Key Block Ciphers", S&P 2020, section 7.4.
// Constant time on processors with AES instructions; elsewhere as OpenSSL does it. Thread-safe: values and pure
// functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "weir/mpc/block.h"

namespace weir::mpc {

class Aes {
 public:
  explicit Aes(Block key);
  // Requires: equal sizes; they may be the same blocks.
  void encrypt(std::span<const Block> in, std::span<Block> out) const;
  // For loops that keep more than the blocks in registers. Requires: a processor with AES.
  const std::array<Block, 11>& round_keys() const { return round_keys_; }

 private:
  Block key_;
  std::array<Block, 11> round_keys_{};  // empty where the processor has no AES
};

// The endless stream of a seed, piece by piece.
class Prg {
 public:
  explicit Prg(Block seed, std::uint64_t from = 0) : aes_(seed), at_(from) {}
  void fill(std::span<Block> out);
  Block next();

 private:
  Aes aes_;
  std::uint64_t at_;
};

// children[2i], children[2i + 1] = G(parents[i]); gives the sums of all left and of all right ones. Requires: twice as
// many children; no overlap.
std::array<Block, 2> double_seeds(std::span<const Block> parents, std::span<Block> children);

// blocks[i] = H(blocks[i], first + i).
void hash_blocks(std::span<Block> blocks, std::uint64_t first);
// blocks[i] = H(blocks[i], tweaks[i]). Requires: equal sizes.
void hash_blocks(std::span<Block> blocks, std::span<const Block> tweaks);

}  // namespace weir::mpc
