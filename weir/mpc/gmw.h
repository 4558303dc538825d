// Gmw: two parties compute on bits and numbers that neither of them knows, many at once.
//
// Protocol: Goldreich, Micali, Wigderson, STOC 1987, with the triples of Beaver, CRYPTO 1991, made from random
// oblivious transfers in both directions (Asharov, Lindell, Schneider, Zohner, CCS 2013, section 5.3); products of a
// shared bit and a number from correlated ones (ABY, NDSS 2015, section IV).
// Equality of bits that each side has, four at a time, by one transfer of one in sixteen, made of four of one in two
// (Naor and Pinkas, STOC 1999); of shares again, until one bit is left (after Couteau, ACNS 2018).
// A bit is shared as the exclusive or of both shares, a number as their sum modulo 2^64.
// Learns: nothing but how many bits and numbers there are.
// Security: 128 bits computational, semi-honest: a party that deviates may spoil results, and may learn from how its
// partner goes on. The transfers themselves are malicious (ot_extension.h, silent_ot.h). Messages of another kind or
// length end the run; wrong values in shares, products and tables do not.
// Messages, a transfer being 4 bytes (Fold k4) or, silent, 0.3: a triple 2 of them and no more; an AND 2 bits each way;
// a product one and 8 bytes; an equality of four bits 4 and 2 bytes. Rounds: one for each layer of ANDs or equalities,
// and those of the transfers.
// Thread-safety: one thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "weir/mpc/silent_ot.h"

namespace weir::mpc {

// Shares of `count` bits, packed 64 to a word, the first in bit 0; what is beyond the count is zero.
struct Bits {
  Bits() = default;
  explicit Bits(std::size_t bits) : count(bits), words((bits + 63) / 64) {}
  bool at(std::size_t i) const { return (words[i / 64] >> (i % 64) & 1) != 0; }
  void set(std::size_t i, bool bit) {
    if (bit) words[i / 64] |= std::uint64_t{1} << (i % 64);
  }
  friend bool operator==(const Bits&, const Bits&) = default;

  std::size_t count = 0;
  std::vector<std::uint64_t> words;
};
Bits operator^(Bits a, const Bits& b);  // Requires: equal counts.
Bits concatenate(const std::vector<Bits>& parts);
Bits slice(const Bits& bits, std::size_t from, std::size_t count);

enum class Side : std::uint8_t { kFirst, kSecond };

inline constexpr std::size_t kTransfersAtOnce = std::size_t{1} << 18;

class Gmw {
 public:
  // With silent transfers of this shape, or with extended ones.
  static Result<Gmw> open(Channel& channel, Random& random, Side side, const std::optional<SilentShape>& silent = {});

  Side side() const { return side_; }
  // Shares of the complement.
  Bits negate(Bits a) const;
  // Shares of bits that neither party knows, random if one party's are.
  Bits random_bits(std::size_t count);
  Result<Bits> conjoin(const Bits& a, const Bits& b);  // a & b
  // Each side names its own bits, not shares: shares of whether four of them in a row are the same on both sides.
  // Requires: a count that four divides.
  Result<Bits> equal_fours(const Bits& own);
  // Shares of sum_i bit_i * number_i over each run of `run` bits. One side knows the numbers, the other names none.
  Result<std::vector<std::uint64_t>> sums_of_own(const Bits& bits, const std::vector<std::uint64_t>& numbers,
                                                 std::size_t run);
  Result<std::vector<std::uint64_t>> sums_of_theirs(const Bits& bits, std::size_t run);
  // Shows the bits to the first party.
  Result<Bits> reveal_to_first(const Bits& bits);

 private:
  Gmw(Channel& channel, Random& random, Side side) : channel_(&channel), random_(&random), side_(side) {}
  struct Triples {
    Bits a;
    Bits b;
    Bits c;
  };
  Result<Triples> triples(std::size_t count);
  // Of the sender's transfers: its pads for 0, in place, and for 1.
  void make_pads(std::span<Block> zeros, Blocks& ones);
  Result<> offer_products(Triples& out);   // as sender: c ^= its part of a' * b
  Result<> choose_products(Triples& out);  // as receiver
  Result<Bits> look_up_fours(const Bits& own);
  Result<Bits> offer_fours(const Bits& own);
  // First the one side sends, then the other, so that no two long messages wait for each other.
  Result<std::vector<std::uint64_t>> swap_words(const std::vector<std::uint64_t>& words);

  Channel* channel_;
  Random* random_;
  Side side_;
  std::unique_ptr<CotSender> sender_;
  std::unique_ptr<CotReceiver> receiver_;
  std::uint64_t sent_tweak_ = 0;
  std::uint64_t received_tweak_ = 0;
};

}  // namespace weir::mpc
