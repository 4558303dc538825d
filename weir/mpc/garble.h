// Garble: two parties compute a circuit on shared bits of many rows at once, in a constant number of rounds.
//
// Protocol: Yao 1986 with half-gates (Zahur, Rosulek, Evans, EUROCRYPT 2015) and free XOR (Kolesnikov, Schneider, ICALP
// 2008), over shares: labels of inputs are correlated transfers (ot_extension.h) under the garbler's difference, moved
// by the garbler's own share, and cost no message of their own; the bit that points (point-and-permute) of an output's
// label is a share of it. So a circuit may take what gmw.h made, and gmw.h goes on with what it gives.
// Hash: H(x, i) = AES_i(s(x)) ^ s(x), s(hi, lo) = (hi ^ lo, hi), keyed by the tweak: Guo, Katz, Wang, Weng, Yu,
// "Better Concrete Security for Half-Gates Garbling (in the Multi-instance Setting)", CRYPTO 2020. The rows of a batch,
// at most kBatchRowsMax, share the two keys of a gate; each gate of each batch has its own.
// Learns: nothing but the circuit and how many rows there are; outputs are shares.
// Security: semi-honest. In the ideal-cipher model, with u uses of a key under a difference of 127 unknown bits and q
// hashes in all, p evaluations of AES succeed with 2 u p / 2^127 + u q / 2^128 at most; u <= 256 rows asks for 2^118.
// Not covered: a garbler that makes other tables computes another function, and may learn from what its partner does
// next; an evaluator that deviates spoils its share. The transfers themselves are malicious.
// Messages: once base OT and 32 bytes; for each 2^20 bits of input at most: their transfers (4 bytes each, evaluator ->
// garbler), then 32 bytes an AND and row (garbler -> evaluator), in pieces of 64 KiB or of a gate.
// Rounds: those of the transfers, whatever the circuit's depth.
// Deviations: in the papers each gate of each row has its keys.
// Secrets decide no branch and no address. Thread-safety: one thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "weir/mpc/circuit.h"

namespace weir::mpc {

inline constexpr std::size_t kBatchRowsMax = 256;
// Rows that are garbled at once: as many as keep all wires in the second cache.
std::size_t batch_rows(const Circuit& circuit);
// Rows whose inputs' labels are made at once.
std::size_t yao_rows(const Circuit& circuit);

// A label of each row, for each place of a circuit: at the garbler those of zero, at the evaluator those of the values.
class Labels {
 public:
  Labels(const Circuit& circuit, std::size_t rows) : rows_(rows), blocks_(circuit.places * rows) {}
  std::size_t rows() const { return rows_; }
  std::span<Block> of(std::size_t place) { return std::span(blocks_).subspan(place * rows_, rows_); }

 private:
  std::size_t rows_;
  Blocks blocks_;
};

// Tables go and come in pieces, gates in order; of a gate a block for each row, then another one.
using TakeTables = std::function<Result<>(std::span<const Block>)>;
using GiveTables = std::function<Result<>(std::span<Block>)>;

// The circuit on one batch, whose inputs have labels; `tweak` is the first that is not used, on both sides the same.
// Requires: bit 0 of delta is set; at most kBatchRowsMax rows.
Result<> garble(const Circuit& circuit, Block delta, Block& tweak, Labels& labels, const TakeTables& take);
Result<> evaluate(const Circuit& circuit, Block& tweak, Labels& labels, const GiveTables& give);

class Yao {
 public:
  // The first side garbles.
  static Result<Yao> open(Channel& channel, Random& random, Side side);
  // Shares of the outputs from shares of the inputs, for each input and output the bits of all rows.
  // Requires: the same circuit and number of rows on both sides; an input.
  Result<std::vector<Bits>> compute(const Circuit& circuit, const std::vector<Bits>& shares);

 private:
  Yao(Channel& channel, Random& random) : channel_(&channel), random_(&random) {}
  // Labels of bits of which this side has the share `own`.
  Result<> label_inputs(const Bits& own, std::span<Block> labels);
  Result<> compute_batch(const Circuit& circuit, Labels& labels);

  Channel* channel_;
  Random* random_;
  std::optional<OtSender> sender_;      // the garbler's
  std::optional<OtReceiver> receiver_;  // the evaluator's
  Block scale_;                         // makes bit 0 of the transfers' difference one
  Block delta_;                         // scaled; the garbler's
  Block tweak_;
};

}  // namespace weir::mpc
