// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/gmw.h"

#include <algorithm>
#include <array>

#include "weir/base/check.h"
#include "weir/mpc/aes.h"

namespace weir::mpc {
namespace {

constexpr Fold kFold = Fold::k4;

std::span<std::uint8_t> bytes_of_words(std::vector<std::uint64_t>& words) {
  return {reinterpret_cast<std::uint8_t*>(words.data()), words.size() * sizeof(std::uint64_t)};
}
ByteView bytes_of_words(const std::vector<std::uint64_t>& words) {
  return {reinterpret_cast<const std::uint8_t*>(words.data()), words.size() * sizeof(std::uint64_t)};
}

void clear_beyond(Bits& bits) {
  if (bits.count % 64 != 0) bits.words.back() &= (std::uint64_t{1} << (bits.count % 64)) - 1;
}

Bits conjoin_own(Bits a, const Bits& b) {
  for (std::size_t i = 0; i < a.words.size(); ++i) a.words[i] &= b.words[i];
  return a;
}

std::span<std::uint8_t> bytes_of_tables(std::vector<std::uint16_t>& tables) {
  return {reinterpret_cast<std::uint8_t*>(tables.data()), tables.size() * sizeof(std::uint16_t)};
}
std::uint64_t four_at(const Bits& bits, std::size_t i) { return bits.words[i / 16] >> (4 * (i % 16)) & 15; }

// `count` bits from `from`, which is a multiple of 128, as choices.
Blocks choices_of(const Bits& bits, std::size_t from, std::size_t count) {
  Blocks out((count + 127) / 128);
  for (std::size_t i = 0; i < (count + 63) / 64; ++i) {
    (i % 2 == 0 ? out[i / 2].lo : out[i / 2].hi) = bits.words[from / 64 + i];
  }
  return out;
}

template <class Base, class Made>
Result<std::unique_ptr<Base>> owned(Result<Made> made) {
  WEIR_TRY(made);
  return std::unique_ptr<Base>(std::make_unique<Made>(*std::move(made)));
}

}  // namespace

Bits operator^(Bits a, const Bits& b) {
  WEIR_CHECK(a.count == b.count);
  for (std::size_t i = 0; i < a.words.size(); ++i) a.words[i] ^= b.words[i];
  return a;
}

Bits concatenate(const std::vector<Bits>& parts) {
  std::size_t count = 0;
  for (const Bits& part : parts) count += part.count;
  Bits out(count);
  std::size_t at = 0;
  for (const Bits& part : parts) {
    // Whole words where they are aligned, or shifted into place: what is beyond a part's count is zero.
    const std::size_t shift = at % 64;
    for (std::size_t w = 0; w < part.words.size(); ++w) {
      const std::size_t to = at / 64 + w;
      out.words[to] |= part.words[w] << shift;
      if (shift > 0 && to + 1 < out.words.size()) out.words[to + 1] |= part.words[w] >> (64 - shift);
    }
    at += part.count;
  }
  return out;
}

Bits slice(const Bits& bits, std::size_t from, std::size_t count) {
  WEIR_CHECK(from + count <= bits.count);
  Bits out(count);
  const std::size_t shift = from % 64;
  for (std::size_t w = 0; w < out.words.size(); ++w) {
    const std::size_t at = from / 64 + w;
    out.words[w] = bits.words[at] >> shift;
    if (shift > 0 && at + 1 < bits.words.size()) out.words[w] |= bits.words[at + 1] << (64 - shift);
  }
  if (count > 0) clear_beyond(out);
  return out;
}

Result<Gmw> Gmw::open(Channel& channel, Random& random, Side side, const std::optional<SilentShape>& silent) {
  Gmw out(channel, random, side);
  for (const bool sends : {side == Side::kFirst, side == Side::kSecond}) {
    if (sends) {
      WEIR_TRY_LET(out.sender_, silent ? owned<CotSender>(SilentOtSender::open(channel, random, *silent))
                                       : owned<CotSender>(OtSender::open(channel, random, kFold)));
    } else {
      WEIR_TRY_LET(out.receiver_, silent ? owned<CotReceiver>(SilentOtReceiver::open(channel, random, *silent))
                                         : owned<CotReceiver>(OtReceiver::open(channel, random, kFold)));
    }
  }
  return out;
}

Bits Gmw::negate(Bits a) const {
  if (side_ == Side::kSecond) return a;
  for (std::uint64_t& word : a.words) word = ~word;
  clear_beyond(a);
  return a;
}

Bits Gmw::random_bits(std::size_t count) {
  Bits out(count);
  random_->fill(bytes_of_words(out.words));
  if (count > 0) clear_beyond(out);
  return out;
}

void Gmw::make_pads(std::span<Block> zeros, Blocks& ones) {
  const Block delta = sender_->delta();
  ones.resize(zeros.size());
  for (std::size_t i = 0; i < ones.size(); ++i) ones[i] = zeros[i] ^ delta;
  hash_blocks(zeros, sent_tweak_);
  hash_blocks(ones, sent_tweak_);
  sent_tweak_ += zeros.size();
}

// The sender's two pads of a transfer, m0 and m1, make its b = m0 ^ m1; with the other's a as choice, m_a = m0 ^ a b.
Result<> Gmw::offer_products(Triples& out) {
  Blocks ones;
  return sender_->extend(*channel_, *random_, out.c.count, [&](std::size_t at, std::span<Block> zeros) -> Result<> {
    make_pads(zeros, ones);
    for (std::size_t i = 0; i < zeros.size(); ++i) {
      const std::size_t word = (at + i) / 64, bit = (at + i) % 64;
      out.b.words[word] |= ((zeros[i].lo ^ ones[i].lo) & 1) << bit;
      out.c.words[word] |= (zeros[i].lo & 1) << bit;
    }
    return {};
  });
}

Result<> Gmw::choose_products(Triples& out) {
  const auto use = [&](std::size_t at, std::span<Block> chosen) -> Result<> {
    hash_blocks(chosen, received_tweak_);
    received_tweak_ += chosen.size();
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      out.c.words[(at + i) / 64] ^= (chosen[i].lo & 1) << ((at + i) % 64);
    }
    return {};
  };
  return receiver_->extend(*channel_, *random_, choices_of(out.a, 0, out.a.count), out.a.count, use);
}

Result<Gmw::Triples> Gmw::triples(std::size_t count) {
  Triples out{random_bits(count), Bits(count), Bits(count)};
  if (side_ == Side::kFirst) {
    WEIR_TRY(offer_products(out));
    WEIR_TRY(choose_products(out));
  } else {
    Triples chosen{out.a, Bits(count), Bits(count)};
    WEIR_TRY(choose_products(chosen));
    WEIR_TRY(offer_products(out));
    out.c = out.c ^ chosen.c;
  }
  out.c = out.c ^ conjoin_own(out.a, out.b);
  return out;
}

Result<std::vector<std::uint64_t>> Gmw::swap_words(const std::vector<std::uint64_t>& words) {
  std::vector<std::uint64_t> theirs(words.size());
  if (side_ == Side::kFirst) WEIR_TRY(channel_->send(Tag::kShares, bytes_of_words(words)));
  WEIR_TRY(channel_->receive(Tag::kShares, bytes_of_words(theirs)));
  if (side_ == Side::kSecond) WEIR_TRY(channel_->send(Tag::kShares, bytes_of_words(words)));
  WEIR_TRY(channel_->flush());
  return theirs;
}

Result<Bits> Gmw::conjoin(const Bits& a, const Bits& b) {
  WEIR_CHECK(a.count == b.count);
  WEIR_TRY_LET(const Triples triple, triples(a.count));
  Bits d = a ^ triple.a;
  Bits e = b ^ triple.b;
  const std::size_t size = d.words.size();
  std::vector<std::uint64_t> own(d.words);
  own.insert(own.end(), e.words.begin(), e.words.end());
  WEIR_TRY_LET(const auto theirs, swap_words(own));
  Bits out = triple.c;
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint64_t dd = own[i] ^ theirs[i];
    const std::uint64_t ee = own[size + i] ^ theirs[size + i];
    out.words[i] ^= (dd & triple.b.words[i]) ^ (ee & triple.a.words[i]);
    if (side_ == Side::kFirst) out.words[i] ^= dd & ee;
  }
  if (out.count > 0) clear_beyond(out);
  return out;
}

// Entry i of a table of sixteen is hidden by bit i of one pad of each of the four transfers: of the first or the second
// as the bits of i say. Who chose by x knows all four for entry x, and of any other entry at least one is unknown to
// it. Where transfers are extended, the tables under way are 80 KiB, which a line takes before they are read: who sends
// columns reads none meanwhile.
Result<Bits> Gmw::equal_fours(const Bits& own) {
  WEIR_CHECK(own.count % 4 == 0);
  return side_ == Side::kFirst ? look_up_fours(own) : offer_fours(own);
}

Result<Bits> Gmw::look_up_fours(const Bits& own) {
  Bits out(own.count / 4);
  std::vector<std::uint16_t> tables;
  const auto look_up = [&](std::size_t from, std::span<Block> pads) -> Result<> {
    hash_blocks(pads, received_tweak_);
    received_tweak_ += pads.size();
    tables.resize(pads.size() / 4);
    WEIR_TRY(channel_->receive(Tag::kEqualities, bytes_of_tables(tables)));
    for (std::size_t i = 0; i < tables.size(); ++i, pads = pads.subspan(4)) {
      const std::size_t place = from / 4 + i;
      const std::uint64_t opened = tables[i] ^ pads[0].lo ^ pads[1].lo ^ pads[2].lo ^ pads[3].lo;
      out.words[place / 64] |= (opened >> four_at(own, place) & 1) << (place % 64);
    }
    return {};
  };
  WEIR_TRY(receiver_->extend(*channel_, *random_, choices_of(own, 0, own.count), own.count, look_up));
  return out;
}

Result<Bits> Gmw::offer_fours(const Bits& own) {
  // Where bit l of the entry's number is set.
  static constexpr std::array<std::uint16_t, 4> kSet = {0xaaaa, 0xcccc, 0xf0f0, 0xff00};
  const Bits out = random_bits(own.count / 4);
  Blocks ones;
  std::vector<std::uint16_t> tables;
  const auto offer = [&](std::size_t from, std::span<Block> zeros) -> Result<> {
    make_pads(zeros, ones);
    tables.resize(zeros.size() / 4);
    for (std::size_t i = 0; i < tables.size(); ++i) {
      const std::size_t place = from / 4 + i;
      std::uint64_t table = std::uint64_t{1} << four_at(own, place);
      table ^= 0 - (out.words[place / 64] >> (place % 64) & 1);
      for (std::size_t l = 0; l < 4; ++l) {
        table ^= (zeros[4 * i + l].lo & ~std::uint64_t{kSet[l]}) ^ (ones[4 * i + l].lo & kSet[l]);
      }
      tables[i] = static_cast<std::uint16_t>(table);
    }
    WEIR_TRY(channel_->send(Tag::kEqualities, ByteView(bytes_of_tables(tables))));
    return channel_->flush();
  };
  WEIR_TRY(sender_->extend(*channel_, *random_, own.count, offer));
  return out;
}

// (m ^ n) z = m z + n (1 - 2m) z: the owner of z has m, and the other chooses with its n.
Result<std::vector<std::uint64_t>> Gmw::sums_of_own(const Bits& bits, const std::vector<std::uint64_t>& numbers,
                                                    std::size_t run) {
  WEIR_CHECK(bits.count == numbers.size() && (bits.count == 0 || bits.count % run == 0));
  std::vector<std::uint64_t> out(bits.count == 0 ? 0 : bits.count / run);
  for (std::size_t at = 0; at < bits.count; at += kTransfersAtOnce) {
    const std::size_t count = std::min(kTransfersAtOnce, bits.count - at);
    WEIR_TRY_LET(Blocks zeros, sender_->extend(*channel_, *random_, count));
    Blocks ones;
    make_pads(zeros, ones);
    std::vector<std::uint64_t> corrections(count);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t number = numbers[at + i];
      const bool own = bits.at(at + i);
      corrections[i] = zeros[i].lo - ones[i].lo + (own ? 0 - number : number);
      out[(at + i) / run] += (own ? number : 0) - zeros[i].lo;
    }
    WEIR_TRY(channel_->send(Tag::kProducts, bytes_of_words(corrections)));
  }
  WEIR_TRY(channel_->flush());
  return out;
}

Result<std::vector<std::uint64_t>> Gmw::sums_of_theirs(const Bits& bits, std::size_t run) {
  WEIR_CHECK(bits.count == 0 || bits.count % run == 0);
  std::vector<std::uint64_t> out(bits.count == 0 ? 0 : bits.count / run);
  for (std::size_t at = 0; at < bits.count; at += kTransfersAtOnce) {
    const std::size_t count = std::min(kTransfersAtOnce, bits.count - at);
    WEIR_TRY_LET(Blocks chosen, receiver_->extend(*channel_, *random_, choices_of(bits, at, count), count));
    hash_blocks(chosen, received_tweak_);
    received_tweak_ += count;
    std::vector<std::uint64_t> corrections(count);
    WEIR_TRY(channel_->receive(Tag::kProducts, bytes_of_words(corrections)));
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t mask = 0 - static_cast<std::uint64_t>(bits.at(at + i));
      out[(at + i) / run] += chosen[i].lo + (corrections[i] & mask);
    }
  }
  return out;
}

Result<Bits> Gmw::reveal_to_first(const Bits& bits) {
  if (side_ == Side::kSecond) {
    WEIR_TRY(channel_->send(Tag::kShares, bytes_of_words(bits.words)));
    WEIR_TRY(channel_->flush());
    return Bits(bits.count);
  }
  Bits theirs(bits.count);
  WEIR_TRY(channel_->receive(Tag::kShares, bytes_of_words(theirs.words)));
  if (theirs.count > 0) clear_beyond(theirs);
  return theirs ^ bits;
}

}  // namespace weir::mpc
