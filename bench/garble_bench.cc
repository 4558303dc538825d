// garble: AND gates a second, garbled and evaluated for many rows at once; in memory, then between two processes over
// TCP on this machine, one thread a party.
//
// Budget: garbling an AND takes four blocks of AES, evaluating it two, so the processor's AES is the limit in memory;
// between processes it is the line, 32 bytes an AND. Peer: emp garbles 29 M ANDs a second in memory and 22 to 25 M over
// a line. Circuits: products of 32 bits, sums and comparisons of 64; a sum takes two transfers an AND for its inputs.
// SPDX-License-Identifier: Apache-2.0
#include "bench/two_processes.h"
#include "weir/mpc/aes.h"
#include "weir/mpc/garble.h"

namespace weir::bench {
namespace {

using mpc::Block;
using mpc::Blocks;
using mpc::Circuit;

Circuit circuit_of(const std::string& name) {
  mpc::CircuitBuilder make;
  const std::size_t width = name == "product" ? 32 : 64;
  const auto a = make.inputs(width), b = make.inputs(width);
  if (name == "product") return make.build(make.product(a, b));
  if (name == "less") return make.build({make.less(a, b)});
  return make.build(make.sum(a, b));
}

// Blocks of AES a second, the keys fixed and all of it in the first cache.
double aes_a_second(std::int64_t rounds) {
  const mpc::Aes aes(Block{1, 2});
  Blocks blocks(512);
  constexpr std::size_t kTimes = 2000;
  double best = 0;
  for (std::int64_t round = 0; round < rounds; ++round) {
    const double time = cpu_microseconds_of([&] {
      for (std::size_t i = 0; i < kTimes; ++i) aes.encrypt(blocks, blocks);
    });
    best = std::max(best, static_cast<double>(kTimes * blocks.size()) / time * 1e6);
  }
  return best;
}

struct InMemory {
  double garbled = 0;    // ANDs a second
  double both = 0;       // garbled, then evaluated
};

InMemory in_memory(const Circuit& circuit, std::size_t gates, std::int64_t rounds) {
  const std::size_t rows = mpc::batch_rows(circuit);
  const std::size_t times = std::max<std::size_t>(1, gates / circuit.ands / rows);
  mpc::Labels zeros(circuit, rows), values(circuit, rows);
  Blocks tables(2 * circuit.ands * rows);
  const Block delta{0x123456789abcdef1, 0xfedcba9876543210};
  const auto fresh = [&](mpc::Labels& labels) {
    for (std::size_t w = 0; w < circuit.inputs; ++w) std::ranges::copy(random_blocks(rows, w), labels.of(w).begin());
  };
  InMemory out;
  for (std::int64_t round = 0; round < rounds; ++round) {
    Block tweak{9, 9}, evaluators{9, 9};
    std::size_t filled = 0;
    double garbling = 0, evaluating = 0;
    for (std::size_t i = 0; i < times; ++i) {
      fresh(zeros);
      fresh(values);
      filled = 0;
      garbling += cpu_microseconds_of([&] {
        (void)mpc::garble(circuit, delta, tweak, zeros, [&](std::span<const Block> some) -> Result<> {
          if (i + 1 == times) std::ranges::copy(some, tables.begin() + static_cast<std::ptrdiff_t>(filled));
          filled += some.size();
          return {};
        });
      });
      evaluating += cpu_microseconds_of([&] {
        (void)mpc::evaluate(circuit, evaluators, values, [&](std::span<Block> some) -> Result<> {
          std::copy_n(tables.begin(), some.size(), some.begin());
          return {};
        });
      });
    }
    const double ands = static_cast<double>(times * circuit.ands * rows);
    out.garbled = std::max(out.garbled, ands / garbling * 1e6);
    out.both = std::max(out.both, ands / (garbling + evaluating) * 1e6);
  }
  return out;
}

struct OverTheLine {
  double a_second = 0;
  double bytes = 0;  // an AND
};

Result<OverTheLine> over_the_line(const Circuit& circuit, std::size_t gates, std::int64_t rounds) {
  const std::size_t rows = std::max<std::size_t>(1, gates / circuit.ands);
  const std::vector<mpc::Bits> shares(circuit.inputs, mpc::Bits(rows));
  OverTheLine out;
  const auto wait = [](mpc::Channel& channel, bool leads) -> Result<> {
    Bytes byte(1);
    if (!leads) WEIR_TRY(channel.receive(mpc::Tag::kProbe, std::span<std::uint8_t>(byte)));
    WEIR_TRY(channel.send(mpc::Tag::kProbe, ByteView(byte)));
    WEIR_TRY(channel.flush());
    return leads ? channel.receive(mpc::Tag::kProbe, std::span<std::uint8_t>(byte)) : Result<>();
  };
  const auto here = [&](mpc::Channel& channel) -> Result<> {
    SystemRandom random;
    WEIR_TRY_LET(mpc::Yao yao, mpc::Yao::open(channel, random, mpc::Side::kFirst));
    for (std::int64_t round = 0; round < rounds; ++round) {
      WEIR_TRY(wait(channel, true));
      const auto before = channel.sent() + channel.received();
      Result<> done;
      const double time = microseconds_of([&] {
        const auto got = yao.compute(circuit, shares);
        done = got ? wait(channel, true) : Result<>(got.error());
      });
      WEIR_TRY(done);
      const double ands = static_cast<double>(rows * circuit.ands);
      out.a_second = std::max(out.a_second, ands / time * 1e6);
      out.bytes = static_cast<double>(channel.sent() + channel.received() - before) / ands;
    }
    return {};
  };
  const auto there = [&](mpc::Channel& channel) -> Result<> {
    SystemRandom random;
    WEIR_TRY_LET(mpc::Yao yao, mpc::Yao::open(channel, random, mpc::Side::kSecond));
    for (std::int64_t round = 0; round < rounds; ++round) {
      WEIR_TRY(wait(channel, false));
      WEIR_TRY(yao.compute(circuit, shares));
      WEIR_TRY(wait(channel, false));
    }
    return {};
  };
  WEIR_TRY(two_processes(here, there));
  return out;
}

// Bytes a second over the same kind of line, as messages of 64 KiB.
Result<double> line_a_second(std::size_t bytes) {
  const Blocks piece(4096);
  const std::size_t times = std::max<std::size_t>(1, bytes / (piece.size() * sizeof(Block)));
  const auto here = [&](mpc::Channel& channel) -> Result<> {
    for (std::size_t i = 0; i < times; ++i) WEIR_TRY(channel.send(mpc::Tag::kProbe, std::span<const Block>(piece)));
    WEIR_TRY(channel.flush());
    Bytes byte(1);
    return channel.receive(mpc::Tag::kBye, std::span<std::uint8_t>(byte));
  };
  const auto there = [&](mpc::Channel& channel) -> Result<> {
    Blocks got(piece.size());
    for (std::size_t i = 0; i < times; ++i) WEIR_TRY(channel.receive(mpc::Tag::kProbe, std::span<Block>(got)));
    WEIR_TRY(channel.send(mpc::Tag::kBye, ByteView(Bytes(1))));
    return channel.flush();
  };
  WEIR_TRY_LET(const TwoRuns ran, two_processes(here, there));
  return static_cast<double>(times * piece.size() * sizeof(Block)) / ran.seconds;
}

}  // namespace

Result<Figures> run_garble(const Options& options) {
  const auto gates = static_cast<std::size_t>(options.number("gates", 1 << 24));
  const auto rounds = options.number("rounds", 5);
  const bool full = gates >= 1 << 22;
  const double aes = aes_a_second(rounds);
  Figures out;
  for (const std::string name : {"product", "sum", "less"}) {
    const Circuit circuit = circuit_of(name);
    const InMemory memory = in_memory(circuit, gates, rounds);
    WEIR_TRY_LET(const OverTheLine two, over_the_line(circuit, gates, rounds));
    WEIR_TRY_LET(const double line, line_a_second(gates * 32));
    const auto goal = full ? std::optional(at_least(100e6)) : std::nullopt;
    out.push_back({name + "_garbled_in_memory", memory.garbled, "1/s", "emp_garbling_published", 29e6, goal});
    out.push_back({name + "_garbled_beside_aes", memory.garbled, "1/s", "aes_blocks_by_four", aes / 4, {}});
    out.push_back({name + "_with_evaluation", memory.both, "1/s", "aes_blocks_by_six", aes / 6, {}});
    out.push_back({name + "_two_processes", two.a_second, "1/s", "line_by_its_bytes", line / two.bytes, {}});
    out.push_back({name + "_bytes", two.bytes, "B", "emp_garbling_published", 32, {}});
  }
  return out;
}

}  // namespace weir::bench
