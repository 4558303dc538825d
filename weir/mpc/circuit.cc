// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/circuit.h"

#include "weir/base/check.h"

namespace weir::mpc {
namespace {

Bits conjoined(Bits a, const Bits& b) {
  for (std::size_t i = 0; i < a.words.size(); ++i) a.words[i] &= b.words[i];
  return a;
}

Bits negated(Bits a) {
  for (std::uint64_t& word : a.words) word = ~word;
  if (a.count % 64 != 0) a.words.back() &= (std::uint64_t{1} << (a.count % 64)) - 1;
  return a;
}

}  // namespace

std::vector<Bits> Circuit::evaluate(const std::vector<Bits>& bits) const {
  WEIR_CHECK(bits.size() == inputs);
  std::vector<Bits> at(bits);
  at.resize(places);
  for (const Gate& gate : gates) {
    switch (gate.kind) {
      case Gate::Kind::kXor: at[gate.out] = at[gate.a] ^ at[gate.b]; break;
      case Gate::Kind::kAnd: at[gate.out] = conjoined(at[gate.a], at[gate.b]); break;
      case Gate::Kind::kNot: at[gate.out] = negated(at[gate.a]); break;
    }
  }
  std::vector<Bits> out;
  for (const std::uint32_t place : outputs) out.push_back(at[place]);
  return out;
}

CircuitBuilder::Wire CircuitBuilder::input() {
  WEIR_CHECK(gates_.empty());
  return static_cast<Wire>(inputs_++);
}

CircuitBuilder::Number CircuitBuilder::inputs(std::size_t count) {
  Number out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(input());
  return out;
}

CircuitBuilder::Wire CircuitBuilder::add(Gate::Kind kind, Wire a, Wire b) {
  WEIR_CHECK(a < wires() && b < wires() && (kind == Gate::Kind::kNot || a != b));
  gates_.push_back({kind, a, b, wires()});
  return gates_.back().out;
}

// A carry c becomes c ^ (a ^ c)(b ^ c).
CircuitBuilder::Number CircuitBuilder::sum(const Number& a, const Number& b) {
  WEIR_CHECK(a.size() == b.size() && !a.empty());
  Number out = {exclusive_or(a[0], b[0])};
  if (a.size() == 1) return out;
  Wire carry = conjoin(a[0], b[0]);
  for (std::size_t k = 1; k < a.size(); ++k) {
    const Wire ac = exclusive_or(a[k], carry);
    out.push_back(exclusive_or(ac, b[k]));
    if (k + 1 < a.size()) carry = exclusive_or(carry, conjoin(ac, exclusive_or(b[k], carry)));
  }
  return out;
}

CircuitBuilder::Number CircuitBuilder::product(const Number& a, const Number& b) {
  WEIR_CHECK(a.size() == b.size() && !a.empty());
  Number out;
  for (const Wire bit : a) out.push_back(conjoin(bit, b[0]));
  for (std::size_t k = 1; k < b.size(); ++k) {
    Number high(out.begin() + static_cast<std::ptrdiff_t>(k), out.end()), row;
    for (std::size_t i = 0; i < high.size(); ++i) row.push_back(conjoin(a[i], b[k]));
    high = sum(high, row);
    std::copy(high.begin(), high.end(), out.begin() + static_cast<std::ptrdiff_t>(k));
  }
  return out;
}

// The carry of ~a + b.
CircuitBuilder::Wire CircuitBuilder::less(const Number& a, const Number& b) {
  WEIR_CHECK(a.size() == b.size() && !a.empty());
  Wire carry = conjoin(negate(a[0]), b[0]);
  for (std::size_t k = 1; k < a.size(); ++k) {
    const Wire left = negate(exclusive_or(a[k], carry));
    carry = exclusive_or(carry, conjoin(left, exclusive_or(b[k], carry)));
  }
  return carry;
}

CircuitBuilder::Wire CircuitBuilder::equal(const Number& a, const Number& b) {
  WEIR_CHECK(a.size() == b.size() && !a.empty());
  Wire out = negate(exclusive_or(a[0], b[0]));
  for (std::size_t k = 1; k < a.size(); ++k) out = conjoin(out, negate(exclusive_or(a[k], b[k])));
  return out;
}

CircuitBuilder::Number CircuitBuilder::choose(Wire bit, const Number& one, const Number& zero) {
  WEIR_CHECK(one.size() == zero.size());
  Number out;
  for (std::size_t k = 0; k < one.size(); ++k) {
    out.push_back(exclusive_or(zero[k], conjoin(bit, exclusive_or(one[k], zero[k]))));
  }
  return out;
}

// From the lowest bit of the threshold that is set: at a bit that is set both are wanted, at another one either.
CircuitBuilder::Wire CircuitBuilder::at_least(const Number& a, std::uint64_t threshold) {
  WEIR_CHECK(threshold > 0 && (a.size() >= 64 || threshold < std::uint64_t{1} << a.size()));
  std::size_t k = 0;
  while ((threshold >> k & 1) == 0) ++k;
  Wire out = a[k++];
  for (; k < a.size(); ++k) {
    const bool set = k < 64 && (threshold >> k & 1) != 0;
    const Wire both = conjoin(a[k], out);
    out = set ? both : exclusive_or(exclusive_or(a[k], out), both);
  }
  return out;
}

Circuit CircuitBuilder::build(const Number& outputs) const {
  constexpr std::uint32_t kNobody = UINT32_MAX, kAlways = UINT32_MAX - 1;
  std::vector<std::uint32_t> last(wires(), kNobody);  // gate that reads it
  for (const Wire wire : outputs) last[wire] = kAlways;
  for (std::size_t g = gates_.size(); g-- > 0;) {
    if (last[inputs_ + g] == kNobody) continue;
    for (const Wire wire : {gates_[g].a, gates_[g].b}) {
      if (last[wire] == kNobody) last[wire] = static_cast<std::uint32_t>(g);
    }
  }
  Circuit out{.inputs = inputs_, .places = inputs_, .ands = 0, .gates = {}, .outputs = {}};
  std::vector<std::uint32_t> place(wires()), spare;
  for (std::size_t i = 0; i < inputs_; ++i) place[i] = static_cast<std::uint32_t>(i);
  for (std::uint32_t g = 0; g < gates_.size(); ++g) {
    if (last[inputs_ + g] == kNobody) continue;
    Gate gate = gates_[g];
    if (last[gate.a] == g) spare.push_back(place[gate.a]);
    if (last[gate.b] == g && gate.b != gate.a) spare.push_back(place[gate.b]);
    if (spare.empty()) spare.push_back(static_cast<std::uint32_t>(out.places++));
    place[gate.out] = spare.back();
    spare.pop_back();
    out.gates.push_back({gate.kind, place[gate.a], place[gate.b], place[gate.out]});
    out.ands += gate.kind == Gate::Kind::kAnd ? 1 : 0;
  }
  for (const Wire wire : outputs) out.outputs.push_back(place[wire]);
  return out;
}

}  // namespace weir::mpc
