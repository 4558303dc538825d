// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/garble.h"

#include <algorithm>

#include "weir/base/check.h"
#include "weir/mpc/aes.h"
#include "weir/mpc/isa.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define WEIR_VAES __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,vaes")))
#endif

namespace weir::mpc {
namespace {

constexpr std::size_t kTablePiece = 4096;                       // blocks sent at once, or those of one gate
constexpr std::size_t kInputsAtOnce = std::size_t{1} << 20;     // bits whose labels are made at once
constexpr std::size_t kBatchBlocks = std::size_t{48} << 10;     // labels of a batch: three quarters of a MiB
constexpr std::size_t kRowsUnit = 64;

// The rows of one gate, and its two keys.
struct Half {
  std::span<const Block> a;
  std::span<const Block> b;
  std::span<Block> out;
  Block first;  // tweaks
  Block second;
};

Block sigma(Block x) { return {x.hi, x.hi ^ x.lo}; }
Block if_bit(Block label, Block value) { return mask_of((label.lo & 1) != 0) & value; }

// blocks[i] = H(blocks[i], tweak).
void hash(std::span<Block> blocks, Block tweak) {
  std::array<Block, 2 * kBatchRowsMax> hashed;
  for (Block& block : blocks) block = sigma(block);
  Aes(tweak).encrypt(blocks, std::span(hashed).first(blocks.size()));
  for (std::size_t i = 0; i < blocks.size(); ++i) blocks[i] ^= hashed[i];
}

void garble_and_plain(const Half& half, Block delta, std::span<Block> table) {
  const std::size_t rows = half.a.size();
  std::array<Block, 2 * kBatchRowsMax> a, b;  // hashes of labels of zero, then of one
  for (std::size_t i = 0; i < rows; ++i) {
    a[i] = half.a[i];
    b[i] = half.b[i];
    a[rows + i] = a[i] ^ delta;
    b[rows + i] = b[i] ^ delta;
  }
  hash(std::span(a).first(2 * rows), half.first);
  hash(std::span(b).first(2 * rows), half.second);
  for (std::size_t i = 0; i < rows; ++i) {
    const Block left = half.a[i], right = half.b[i];
    const Block generator = a[i] ^ a[rows + i] ^ if_bit(right, delta);
    const Block differ = b[i] ^ b[rows + i];
    table[i] = generator;
    table[rows + i] = differ ^ left;
    half.out[i] = a[i] ^ if_bit(left, generator) ^ b[i] ^ if_bit(right, differ);
  }
}

void evaluate_and_plain(const Half& half, std::span<const Block> table) {
  const std::size_t rows = half.a.size();
  std::array<Block, 2 * kBatchRowsMax> a, b;
  std::ranges::copy(half.a, a.begin());
  std::ranges::copy(half.b, b.begin());
  hash(std::span(a).first(rows), half.first);
  hash(std::span(b).first(rows), half.second);
  for (std::size_t i = 0; i < rows; ++i) {
    const Block left = half.a[i], right = half.b[i];
    half.out[i] = a[i] ^ if_bit(left, table[i]) ^ b[i] ^ if_bit(right, table[rows + i] ^ left);
  }
}

#if defined(__x86_64__)

constexpr std::size_t kLanes = 4;             // rows of a register
constexpr std::size_t kGroup = 2 * kLanes;    // rows at once

struct WideKey {
  __m512i rounds[11];
};

WEIR_VAES inline void widen(const Aes& aes, WideKey& out) {
  for (std::size_t i = 0; i < 11; ++i) {
    out.rounds[i] =
        _mm512_broadcast_i32x4(_mm_load_si128(reinterpret_cast<const __m128i*>(&aes.round_keys()[i])));
  }
}

WEIR_VAES inline __m512i wide_sigma(__m512i x) {
  const __m512i high = _mm512_set_epi64(-1, 0, -1, 0, -1, 0, -1, 0);
  return _mm512_ternarylogic_epi64(_mm512_shuffle_epi32(x, _MM_PERM_BADC), x, high, 0x78);  // a ^ (b & c)
}

// All ones in the lanes whose bit 0 is set.
WEIR_VAES inline __m512i wide_mask(__m512i x) {
  return _mm512_srai_epi32(_mm512_slli_epi32(_mm512_shuffle_epi32(x, _MM_PERM_AAAA), 31), 31);
}

template <std::size_t kCount>
WEIR_VAES inline void wide_encrypt(__m512i (&a)[kCount], const WideKey& key_a, __m512i (&b)[kCount],
                                   const WideKey& key_b) {
  for (std::size_t i = 0; i < kCount; ++i) {
    a[i] = _mm512_xor_si512(a[i], key_a.rounds[0]);
    b[i] = _mm512_xor_si512(b[i], key_b.rounds[0]);
  }
  for (std::size_t round = 1; round < 10; ++round) {
    const __m512i left = key_a.rounds[round], right = key_b.rounds[round];
    for (std::size_t i = 0; i < kCount; ++i) a[i] = _mm512_aesenc_epi128(a[i], left);
    for (std::size_t i = 0; i < kCount; ++i) b[i] = _mm512_aesenc_epi128(b[i], right);
  }
  for (std::size_t i = 0; i < kCount; ++i) {
    a[i] = _mm512_aesenclast_epi128(a[i], key_a.rounds[10]);
    b[i] = _mm512_aesenclast_epi128(b[i], key_b.rounds[10]);
  }
}

WEIR_VAES inline __m512i wide_at(std::span<const Block> blocks, std::size_t at) {
  return _mm512_loadu_si512(blocks.data() + at);
}

// Requires (both): kGroup divides the rows.
WEIR_VAES void garble_and_wide(const Half& half, Block delta_block, std::span<Block> table) {
  const std::size_t rows = half.a.size();
  WideKey key_a, key_b;
  widen(Aes(half.first), key_a);
  widen(Aes(half.second), key_b);
  const __m512i delta = _mm512_broadcast_i32x4(_mm_load_si128(reinterpret_cast<const __m128i*>(&delta_block)));
  const __m512i turned = wide_sigma(delta);
  for (std::size_t at = 0; at < rows; at += kGroup) {
    __m512i a[4], b[4];  // for each register of rows: labels of zero, of one
    for (std::size_t i = 0; i < 2; ++i) {
      a[2 * i] = wide_sigma(wide_at(half.a, at + i * kLanes));
      b[2 * i] = wide_sigma(wide_at(half.b, at + i * kLanes));
      a[2 * i + 1] = _mm512_xor_si512(a[2 * i], turned);
      b[2 * i + 1] = _mm512_xor_si512(b[2 * i], turned);
    }
    __m512i ha[4] = {a[0], a[1], a[2], a[3]}, hb[4] = {b[0], b[1], b[2], b[3]};
    wide_encrypt(ha, key_a, hb, key_b);
    for (std::size_t i = 0; i < 2; ++i) {
      const __m512i left = wide_at(half.a, at + i * kLanes), right = wide_at(half.b, at + i * kLanes);
      const __m512i left_mask = wide_mask(left), right_mask = wide_mask(right);
      const __m512i zeros = _mm512_ternarylogic_epi64(_mm512_xor_si512(ha[2 * i], a[2 * i]), hb[2 * i], b[2 * i], 0x96);
      // What s() adds to both cancels but for that of delta.
      const __m512i of_a = _mm512_ternarylogic_epi64(ha[2 * i], ha[2 * i + 1], turned, 0x96);
      const __m512i of_b = _mm512_ternarylogic_epi64(hb[2 * i], hb[2 * i + 1], turned, 0x96);
      const __m512i generator = _mm512_ternarylogic_epi64(of_a, right_mask, delta, 0x78);
      const __m512i evaluator = _mm512_xor_si512(of_b, left);
      _mm512_storeu_si512(table.data() + at + i * kLanes, generator);
      _mm512_storeu_si512(table.data() + rows + at + i * kLanes, evaluator);
      const __m512i half_out = _mm512_ternarylogic_epi64(zeros, left_mask, generator, 0x78);
      _mm512_storeu_si512(half.out.data() + at + i * kLanes,
                          _mm512_ternarylogic_epi64(half_out, right_mask, of_b, 0x78));
    }
  }
}

WEIR_VAES void evaluate_and_wide(const Half& half, std::span<const Block> table) {
  const std::size_t rows = half.a.size();
  WideKey key_a, key_b;
  widen(Aes(half.first), key_a);
  widen(Aes(half.second), key_b);
  for (std::size_t at = 0; at < rows; at += kGroup) {
    __m512i a[2], b[2];
    for (std::size_t i = 0; i < 2; ++i) {
      a[i] = wide_sigma(wide_at(half.a, at + i * kLanes));
      b[i] = wide_sigma(wide_at(half.b, at + i * kLanes));
    }
    __m512i ha[2] = {a[0], a[1]}, hb[2] = {b[0], b[1]};
    wide_encrypt(ha, key_a, hb, key_b);
    for (std::size_t i = 0; i < 2; ++i) {
      const std::size_t row = at + i * kLanes;
      const __m512i left = wide_at(half.a, row), right = wide_at(half.b, row);
      const __m512i hashes = _mm512_ternarylogic_epi64(_mm512_xor_si512(ha[i], a[i]), hb[i], b[i], 0x96);
      const __m512i evaluator = _mm512_xor_si512(wide_at(table, rows + row), left);
      const __m512i half_out = _mm512_ternarylogic_epi64(hashes, wide_mask(left), wide_at(table, row), 0x78);
      _mm512_storeu_si512(half.out.data() + row,
                          _mm512_ternarylogic_epi64(half_out, wide_mask(right), evaluator, 0x78));
    }
  }
}

WEIR_VAES void add_wide(std::span<Block> out, std::span<const Block> a, std::span<const Block> b) {
  for (std::size_t at = 0; at < out.size(); at += kLanes) {
    _mm512_storeu_si512(out.data() + at, _mm512_xor_si512(wide_at(a, at), wide_at(b, at)));
  }
}

#endif

bool goes_wide(std::size_t rows) {
#if defined(__x86_64__)
  return isa() == Isa::kAvx512 && rows % kGroup == 0;
#else
  return rows == 0;
#endif
}

void garble_and(const Half& half, Block delta, std::span<Block> table) {
#if defined(__x86_64__)
  if (goes_wide(half.a.size())) return garble_and_wide(half, delta, table);
#endif
  garble_and_plain(half, delta, table);
}

void evaluate_and(const Half& half, std::span<const Block> table) {
#if defined(__x86_64__)
  if (goes_wide(half.a.size())) return evaluate_and_wide(half, table);
#endif
  evaluate_and_plain(half, table);
}

void add(std::span<Block> out, std::span<const Block> a, std::span<const Block> b) {
#if defined(__x86_64__)
  if (goes_wide(out.size())) return add_wide(out, a, b);
#endif
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = a[i] ^ b[i];
}

Block next(Block& tweak) {
  const Block out = tweak;
  ++tweak.lo;
  return out;
}

// Gates in order; `conjoin(half)` does the ANDs, and `turn` is what a complement adds to a label.
template <class Conjoin>
Result<> run_gates(const Circuit& circuit, Block& tweak, Labels& labels, Block turn, Conjoin&& conjoin) {
  WEIR_CHECK(labels.rows() <= kBatchRowsMax);
  for (const Gate& gate : circuit.gates) {
    const std::span<Block> a = labels.of(gate.a), b = labels.of(gate.b), out = labels.of(gate.out);
    switch (gate.kind) {
      case Gate::Kind::kXor: add(out, a, b); break;
      case Gate::Kind::kNot:
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = a[i] ^ turn;
        break;
      case Gate::Kind::kAnd: {
        const Block first = next(tweak), second = next(tweak);
        WEIR_TRY(conjoin(Half{a, b, out, first, second}));
        break;
      }
    }
  }
  return {};
}

std::size_t gates_of_piece(std::size_t rows) { return std::max<std::size_t>(1, kTablePiece / (2 * rows)); }

Bits pointers(std::span<const Block> labels) {
  Bits out(labels.size());
  for (std::size_t w = 0; w < out.words.size(); ++w) {
    const auto some = labels.subspan(64 * w, std::min<std::size_t>(64, labels.size() - 64 * w));
    for (std::size_t i = some.size(); i-- > 0;) out.words[w] = out.words[w] << 1 | (some[i].lo & 1);
  }
  return out;
}

Blocks packed(const Bits& bits) {
  Blocks out((bits.count + 127) / 128);
  for (std::size_t w = 0; w < bits.words.size(); ++w) (w % 2 == 0 ? out[w / 2].lo : out[w / 2].hi) = bits.words[w];
  return out;
}

}  // namespace

std::size_t batch_rows(const Circuit& circuit) {
  const std::size_t fit = kBatchBlocks / std::max<std::size_t>(1, circuit.places) / kRowsUnit * kRowsUnit;
  return std::clamp(fit, kRowsUnit, kBatchRowsMax);
}

std::size_t yao_rows(const Circuit& circuit) {
  const std::size_t batch = batch_rows(circuit);
  return std::max<std::size_t>(1, kInputsAtOnce / circuit.inputs / batch) * batch;
}

Result<> garble(const Circuit& circuit, Block delta, Block& tweak, Labels& labels, const TakeTables& take) {
  WEIR_CHECK((delta.lo & 1) != 0);
  const std::size_t gate = 2 * labels.rows();
  Blocks tables(gate * std::min(circuit.ands, gates_of_piece(labels.rows())));
  std::size_t filled = 0;
  WEIR_TRY(run_gates(circuit, tweak, labels, delta, [&](const Half& half) -> Result<> {
    garble_and(half, delta, std::span(tables).subspan(filled, gate));
    filled += gate;
    if (filled < tables.size()) return {};
    filled = 0;
    return take(tables);
  }));
  return filled > 0 ? take(std::span(tables).first(filled)) : Result<>();
}

Result<> evaluate(const Circuit& circuit, Block& tweak, Labels& labels, const GiveTables& give) {
  const std::size_t gate = 2 * labels.rows();
  std::size_t left = circuit.ands, at = 0;
  Blocks tables;
  return run_gates(circuit, tweak, labels, {}, [&](const Half& half) -> Result<> {
    if (at == tables.size()) {
      tables.resize(gate * std::min(left, gates_of_piece(labels.rows())));
      at = 0;
      WEIR_TRY(give(tables));
    }
    evaluate_and(half, std::span<const Block>(tables).subspan(at, gate));
    at += gate;
    --left;
    return {};
  });
}

// The transfers' difference has a random bit 0. Scaled by a public number of the field it is as random but for that
// bit, and so are the labels.
Result<Yao> Yao::open(Channel& channel, Random& random, Side side) {
  Yao out(channel, random);
  std::array<Block, 2> start;
  if (side == Side::kFirst) {
    WEIR_TRY_LET(out.sender_, OtSender::open(channel, random, Fold::k4));
    do {
      start = {random_block(random), random_block(random)};
      out.delta_ = multiply(start[0], out.sender_->delta());
    } while ((out.delta_.lo & 1) == 0);
    WEIR_TRY(channel.send(Tag::kGarbleStart, std::span<const Block>(start)));
    WEIR_TRY(channel.flush());
  } else {
    WEIR_TRY_LET(out.receiver_, OtReceiver::open(channel, random, Fold::k4));
    WEIR_TRY(channel.receive(Tag::kGarbleStart, std::span<Block>(start)));
  }
  out.scale_ = start[0];
  out.tweak_ = start[1];
  return out;
}

// q = t ^ x' delta for the evaluator's share x'; moved by the garbler's x delta, t is the label of x ^ x'.
Result<> Yao::label_inputs(const Bits& own, std::span<Block> labels) {
  std::ranges::fill(labels, Block{});
  const auto take = [&](std::size_t from, std::span<Block> transfers) -> Result<> {
    const auto out = labels.subspan(from, transfers.size());
    add_multiples(out, scale_, transfers);
    for (std::size_t i = 0; sender_ && i < out.size(); ++i) out[i] ^= mask_of(own.at(from + i)) & delta_;
    return {};
  };
  if (sender_) return sender_->extend(*channel_, *random_, own.count, take);
  return receiver_->extend(*channel_, *random_, packed(own), own.count, take);
}

Result<> Yao::compute_batch(const Circuit& circuit, Labels& labels) {
  if (sender_) {
    return garble(circuit, delta_, tweak_, labels, [&](std::span<const Block> tables) {
      return channel_->send(Tag::kGarbledTables, tables);
    });
  }
  return evaluate(circuit, tweak_, labels, [&](std::span<Block> tables) {
    return channel_->receive(Tag::kGarbledTables, tables);
  });
}

Result<std::vector<Bits>> Yao::compute(const Circuit& circuit, const std::vector<Bits>& shares) {
  WEIR_CHECK(circuit.inputs > 0 && shares.size() == circuit.inputs);
  const std::size_t rows = shares[0].count;
  const std::size_t batch = batch_rows(circuit);
  const std::size_t chunk = yao_rows(circuit);
  Blocks inputs(circuit.inputs * std::min(rows, chunk));  // batch by batch, in it input by input
  Labels labels(circuit, batch);
  std::vector<std::vector<Bits>> parts(circuit.outputs.size());
  for (std::size_t from = 0; from < rows; from += chunk) {
    const std::size_t end = std::min(from + chunk, rows);
    std::vector<Bits> own;
    for (std::size_t at = from; at < end; at += batch) {
      for (const Bits& each : shares) own.push_back(slice(each, at, std::min(batch, end - at)));
    }
    WEIR_TRY(label_inputs(concatenate(own), std::span(inputs).first(circuit.inputs * (end - from))));
    for (std::size_t at = from; at < end; at += batch) {
      const std::size_t width = std::min(batch, end - at);
      if (width < batch) labels = Labels(circuit, width);
      const auto of_batch = std::span(inputs).subspan(circuit.inputs * (at - from), circuit.inputs * width);
      std::ranges::copy(of_batch, labels.of(0).data());
      WEIR_TRY(compute_batch(circuit, labels));
      for (std::size_t o = 0; o < parts.size(); ++o) parts[o].push_back(pointers(labels.of(circuit.outputs[o])));
    }
  }
  WEIR_TRY(channel_->flush());
  std::vector<Bits> out;
  for (const auto& each : parts) out.push_back(concatenate(each));
  return out;
}

}  // namespace weir::mpc
