// Circuit: a function of bits as gates, a value that both parties have; what garble.h computes for many rows.
//
// Wires are places of memory that are used again once nobody reads them, so that few are alive at once. Thread-safety:
// values and pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "weir/mpc/gmw.h"

namespace weir::mpc {

struct Gate {
  enum class Kind : std::uint8_t { kXor, kAnd, kNot };
  Kind kind = Kind::kXor;
  std::uint32_t a = 0;  // places; `out` may be one that is read here for the last time
  std::uint32_t b = 0;
  std::uint32_t out = 0;
};

struct Circuit {
  std::size_t inputs = 0;  // in the first places
  std::size_t places = 0;
  std::size_t ands = 0;
  std::vector<Gate> gates;
  std::vector<std::uint32_t> outputs;  // places

  // In the clear: for each input, then for each output, the bits of all rows. The ideal functionality of garble.h.
  std::vector<Bits> evaluate(const std::vector<Bits>& bits) const;
};

// Makes a circuit wire by wire.
class CircuitBuilder {
 public:
  using Wire = std::uint32_t;
  using Number = std::vector<Wire>;  // lowest bit first

  // Requires: no gate yet.
  Wire input();
  Number inputs(std::size_t count);

  Wire exclusive_or(Wire a, Wire b) { return add(Gate::Kind::kXor, a, b); }
  Wire conjoin(Wire a, Wire b) { return add(Gate::Kind::kAnd, a, b); }
  Wire negate(Wire a) { return add(Gate::Kind::kNot, a, a); }

  // Of numbers without sign and of equal width, of n bits, modulo 2^n.
  Number sum(const Number& a, const Number& b);       // n - 1 ANDs
  Number product(const Number& a, const Number& b);   // n^2 - n + 1
  Wire less(const Number& a, const Number& b);        // n
  Wire equal(const Number& a, const Number& b);       // n - 1
  Number choose(Wire bit, const Number& one, const Number& zero);  // n: `one` where the bit is set
  // Requires: 0 < threshold < 2^n. At most n - 1 ANDs.
  Wire at_least(const Number& a, std::uint64_t threshold);

  // What does not lead to an output is left out.
  Circuit build(const Number& outputs) const;

 private:
  Wire add(Gate::Kind kind, Wire a, Wire b);
  Wire wires() const { return static_cast<Wire>(inputs_ + gates_.size()); }

  std::size_t inputs_ = 0;
  std::vector<Gate> gates_;  // each with a wire of its own
};

}  // namespace weir::mpc
